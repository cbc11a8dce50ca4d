"""A ball in two dimensions, and its point furthest along a gradient."""

import ipywidgets as widgets
import numpy as np

from helpers._support.i18n import _
from helpers.live import plane
from helpers.live.display import slider
from helpers.live.explorers import Explorer
from helpers.plotting.style import BLACK, BLUE, GREEN, GREY, VERMILION

ROUND_FROM = 30  # from this p on the ball is drawn as the square, p = ∞


class BallExplorer(Explorer):
    """A gradient that turns, and the support point of a ball that answers.

    Its `controls` are `p`, of the ball of all w with `‖w‖_p ≤ 1`, and `angle`, of the
    gradient in degrees. Its `ball` names three of them: diamond, disc and square.
    """

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
            self._controls["p"].show(change["new"])
            super()._use("p", change["new"])

    def _use(self, name, value):
        super()._use(name, value)
        if name == "p":
            named = [p for _name, p in self.ball.options]
            self.ball.value = value if value in named else None

    def _make_figure(self):
        self.text = _(
            "A picture with sliders: a gradient, the ball of a norm, and the point of "
            "the ball that lies furthest along the gradient. Beside it the two entries "
            "of that point, for every angle of the gradient."
        )
        line = self.raster.line
        ax = self._add_plane(1.45, _("The ball, and the gradient g"))
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.axvline(0, color=GREY, linewidth=0.8)
        self._ball = self._add_ball(ax, BLUE)
        label = _("no point of the ball lies beyond this line")
        self._across = line(ax, GREY, ":", linewidth=1.6, label=label)
        label = _("direction of the gradient g")
        self._gradient = line(ax, VERMILION, "--", linewidth=3, label=label)
        label = _("support point s")
        self._support = line(ax, BLACK, "", "o", markersize=12, label=label)
        limits = {"xlim": (0, 360), "ylim": (-1.15, 1.15), "xticks": range(0, 361, 90)}
        ax = self._add_beside(0.11, 0.5, _("The entries of s, by angle"), **limits)
        self._entries = [
            line(ax, BLUE, linewidth=2, label=_("first entry of s")),
            line(ax, GREEN, "--", linewidth=2, label=_("second entry of s")),
        ]
        self._marks = [
            line(ax, BLUE, "", "o", markersize=8),
            line(ax, GREEN, "", "s", markersize=8),
        ]
        lines = [self._gradient, self._support, self._across, *self._entries]
        self._add_legend(lines, 0.99)

    def _draw(self, angle, p):
        p = np.inf if p >= ROUND_FROM else p
        turns = np.radians(np.append(np.linspace(0, 360, 361), angle))
        directions = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
        # A corner's point is chosen by rounding where two are equally far.
        supports = plane.lp_support(directions, p)
        g, s = directions[-1], supports[-1]
        norms = np.linalg.norm(directions, p, axis=-1, keepdims=True)
        self._ball.set_xy((directions / norms)[:-1])
        self._gradient.set_data([0, 1.25 * g[0]], [0, 1.25 * g[1]])
        self._support.set_data(s[:1], s[1:])
        along = 2 * np.array([-g[1], g[0]])
        self._across.set_data(*np.transpose([s - along, s + along]))
        for line, mark, entries in zip(
            self._entries, self._marks, supports.T, strict=True
        ):
            line.set_data(np.arange(361), entries[:-1])
            mark.set_data([angle], entries[-1:])
        text = _(
            "The gradient points to {angle:.0f}°. In the ball with p = {p} the support "
            "point is ({first:.2f}, {second:.2f})."
        )
        p = "∞" if np.isinf(p) else f"{p:.3g}"
        first, second = s.round(2) + 0.0  # no −0.00
        return text.format(angle=angle, p=p, first=first, second=second)
