"""A ball in two dimensions, and its point furthest along a gradient."""

import ipywidgets as widgets
import numpy as np

from helpers.i18n import _
from helpers.live.display import slider
from helpers.live.explorers import Explorer
from helpers.plotting import plane
from helpers.plotting.raster import quiet
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, VERMILION

ROUND_FROM = 30  # from this p on the ball is drawn as the square, p = ∞


class BallExplorer(Explorer):
    """A gradient that turns, and the support point of a ball that answers.

    Its `controls` are `p`, of the ball of all w with `‖w‖_p ≤ 1`, and `angle`, of the
    gradient in degrees. Its `ball` names three of them: diamond, disc and square.
    """

    def _description(self):
        return _(
            "A picture with sliders: a gradient, the ball of a norm, and the point of "
            "the ball that lies furthest along the gradient. Beside it the two entries "
            "of that point, for every angle of the gradient."
        )

    def _make_sliders(self):
        return {
            "angle": slider(_("Angle of the gradient (°)"), 30, 0, 360, 1),
            "p": slider(_("Exponent p of the norm"), 2.0, 0, np.log10(ROUND_FROM)),
        }

    def _make_choices(self):
        named = [(_("disc"), 2.0), (_("diamond"), 1.0), (_("square"), ROUND_FROM)]
        style = {"button_width": "auto"}
        self.ball = widgets.ToggleButtons(options=named, style=style)
        self.ball.observe(self._choose, "value")
        return [self.ball]

    def _choose(self, change):
        if change["new"] is not None:
            self.values["p"] = float(change["new"])
            self._controls["p"].show(self.values["p"])
            self._redraw()

    def _use(self, name, number):
        super()._use(name, number)
        if name == "p":
            named = [value for _name, value in self.ball.options]
            self.ball.value = number if number in named else None

    def _make_figure(self):
        ax = self._add_plane(1.45, _("The ball, and the gradient g"))
        look = {"color": GREY, "linewidth": 0.8}
        ax.axhline(0, **look)
        ax.axvline(0, **look)
        self._ball = self.raster.moving(ax.fill([0], [0], color=BLUE, alpha=0.12)[0])
        self._edge = self.raster.line(ax, BLUE, linewidth=1.6)
        across = _("no point of the ball lies beyond this line")
        self._across = self.raster.line(ax, GREY, ":", linewidth=1.6, label=across)
        self._gradient = self.raster.line(
            ax, VERMILION, "--", "", linewidth=3, label=_("direction of the gradient g")
        )
        support = {"markersize": 12, "label": _("support point s")}
        self._support = self.raster.line(ax, BLACK, "", "o", **support)
        corner = {"loc": "upper left", "bbox_to_anchor": (0.55, 0.99)}
        self._add_entries()
        lines = [self._gradient, self._support, self._across, *self._entries]
        self.raster.figure.legend(handles=lines, fontsize=10, frameon=False, **corner)

    def _add_entries(self):
        ax = self.raster.figure.add_axes((0.56, 0.11, 0.42, 0.5))
        quiet(ax, _("The entries of s, by angle"))
        ax.set(xlim=(0, 360), ylim=(-1.15, 1.15), xticks=range(0, 361, 90))
        looks = {
            _("first entry of s"): (BLUE, "-", "o"),
            _("second entry of s"): (GREEN, "--", "s"),
        }
        self._entries = [
            self.raster.line(ax, color, dash, "", label=name, linewidth=2)
            for name, (color, dash, _marker) in looks.items()
        ]
        self._marks = [
            self.raster.line(ax, color, "", marker, markersize=8)
            for color, _dash, marker in looks.values()
        ]

    def _draw(self, angle, p):
        p = np.inf if p >= ROUND_FROM else p
        turns = np.radians(np.append(np.linspace(0, 360, 361), angle))
        directions = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
        # A corner's point is chosen by rounding where two are equally far.
        supports = plane.lp_support(directions, p)
        g, s = directions[-1], supports[-1]
        edge = directions[:-1] / plane.lp_norm(directions[:-1], p)[:, None]
        self._ball.set_xy(edge)
        self._edge.set_data(*edge.T)
        self._gradient.set_data([0, 1.25 * g[0]], [0, 1.25 * g[1]])
        self._support.set_data([s[0]], [s[1]])
        along = 2 * np.array([-g[1], g[0]])
        self._across.set_data(*np.transpose([s - along, s + along]))
        for line, entries in zip(self._entries, supports[:-1].T, strict=True):
            line.set_data(np.arange(361), entries)
        for mark, entry in zip(self._marks, s, strict=True):
            mark.set_data([angle], [entry])
        text = _(
            "The gradient points to {angle:.0f}°. In the ball with p = {p} the support "
            "point is ({first:.2f}, {second:.2f})."
        )
        p = "∞" if np.isinf(p) else f"{p:.3g}"
        first, second = s.round(2) + 0.0  # no −0.00
        return text.format(angle=angle, p=p, first=first, second=second)
