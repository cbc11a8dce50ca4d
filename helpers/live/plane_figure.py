"""What the figures of the explorers share."""

from matplotlib.patches import FancyArrowPatch

from helpers.live.raster import Raster, quiet


class PlaneFigure:
    """A graph of the plane on the left, narrower graphs on the right."""

    def __init__(self, half_width):
        self.summary = ""
        self.raster = Raster(9.2, 4.4)
        place = (0.05, 0.11, 0.43, 0.81)
        self.plane = self.raster.figure.add_axes(place)
        # One unit is as long upwards as sideways.
        half_height = half_width * (4.4 * place[3]) / (9.2 * place[2])
        self.plane.set_xlim(-half_width, half_width)
        self.plane.set_ylim(-half_height, half_height)

    def beside(self, bottom, height, title):
        ax = self.raster.figure.add_axes((0.56, bottom, 0.42, height))
        quiet(ax, title)
        return ax

    def path(self, ax, color, linestyle, marker, label=None, size=4):
        (line,) = ax.plot(
            [],
            [],
            color=color,
            linestyle=linestyle,
            marker=marker,
            markersize=size,
            linewidth=1.5,
            label=label,
        )
        return self.raster.moving(line)

    def arrow(self, ax, color):
        arrow = FancyArrowPatch(
            (0, 0),
            (1, 1),
            arrowstyle="-|>",
            mutation_scale=18,
            linewidth=3,
            shrinkA=0,
            shrinkB=0,
            color=color,
            alpha=0.8,
            zorder=3,
        )
        return self.raster.moving(ax.add_patch(arrow))

    def moving_line(self, ax, **style):
        return self.raster.moving(ax.plot([], [], **style)[0])
