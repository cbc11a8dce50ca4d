"""Figures drawn again and again, quickly, into PNGs."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image


class Raster:
    """A figure whose still parts are drawn once, and its moving ones each time.

    Args:
        width: Width in inches.
        height: Height in inches.

    Attributes:
        figure: `matplotlib.figure.Figure`; its moving artists go through `moving`.
    """

    def __init__(self, width, height):
        self.figure = Figure(figsize=(width, height), dpi=100, facecolor="white")
        self._canvas = FigureCanvasAgg(self.figure)
        self._moving = []
        self._background = self._limits = self._palette = None

    def moving(self, artist):
        """Marks an artist as one that is drawn anew each time, and returns it."""
        artist.set_animated(True)
        self._moving.append(artist)
        return artist

    def line(self, ax, color, linestyle="-", marker="", **look):
        """A moving line that has no points yet."""
        look = {"color": color, "linestyle": linestyle, "marker": marker, **look}
        return self.moving(ax.plot([], [], **look)[0])

    def png(self):
        """The figure as it is now, as PNG bytes."""
        limits = [(*ax.get_xlim(), *ax.get_ylim()) for ax in self.figure.axes]
        moved = limits != self._limits
        if moved:
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self.figure.bbox)
            self._limits = limits
        self._canvas.restore_region(self._background)
        for artist in self._moving:
            artist.axes.draw_artist(artist)
        image = Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")
        # A palette makes the PNG a third as large, and four times as fast to write.
        # With its legends a figure shows some ten colours; the rest smooth the edges.
        if moved:
            self._palette = image.quantize(128, Image.Quantize.FASTOCTREE)
        indexed = image.quantize(palette=self._palette, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        indexed.save(buffer, format="PNG", compress_level=3)
        return buffer.getvalue()


def quiet(ax, title):
    """Gives axes the calm look of the panels."""
    # With y given, matplotlib need not look for a free place at each drawing.
    ax.set_title(title, fontsize=11, loc="left", y=1.0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#999999")
    ax.tick_params(labelsize=9.5, color="#999999", length=3)
    ax.grid(alpha=0.25)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(nbins=5, steps=[1, 2, 5, 10])
