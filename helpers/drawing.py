"""A small rasterizer whose pictures have the same bytes on every machine.

It computes with integers only. The random numbers are made from the raw output of
PCG64, which NumPy keeps the same from version to version; `Generator` and Pillow
make no such promise for their numbers and shapes.
"""

import math

import numpy as np

ONE = 4096  # The fixed-point 1 of `sin` and `cos`.
_SINES = [round(ONE * math.sin(math.radians(degree))) for degree in range(360)]


def sin(degrees):
    """Sine of a whole number of degrees, as an integer of which `ONE` is 1."""
    return _SINES[degrees % 360]


def cos(degrees):
    """Cosine of a whole number of degrees, as an integer of which `ONE` is 1."""
    return _SINES[(degrees + 90) % 360]


def away(point, degrees, distance):
    """The point at `distance` in a direction: 0 is right, 90 is down."""
    x, y = point
    return x + distance * cos(degrees) // ONE, y + distance * sin(degrees) // ONE


def shade(color, percent):
    """A colour made darker (`percent` < 100) or lighter (> 100)."""
    return tuple(min(255, channel * percent // 100) for channel in color)


def mix(first, second, part, whole):
    """The colour at `part` of the way from `first` to `second`, of `whole` parts."""
    pairs = zip(first, second, strict=True)
    return tuple((a * (whole - part) + b * part) // whole for a, b in pairs)


def hue_color(hue, saturation, value):
    """The RGB colour of a hue in degrees; saturation and value are 0 to 255."""
    low = value * (255 - saturation) // 255
    sector, part = divmod(hue % 360, 60)
    up = low + (value - low) * part // 60
    down = value - (value - low) * part // 60
    return (
        (value, up, low),
        (down, value, low),
        (low, value, up),
        (low, down, value),
        (up, low, value),
        (value, low, down),
    )[sector]


class Draws:
    """Random integers that depend on the key alone.

    Args:
        *key: Non-negative integers, for example the split and the index of a picture.
    """

    def __init__(self, *key):
        self._bits = np.random.PCG64(np.random.SeedSequence(key))

    def between(self, low, high):
        """An integer from `low` to `high`, both included."""
        raw = int(self._bits.random_raw()) >> 32
        return low + (raw * (high - low + 1) >> 32)

    def chance(self, percent):
        """True in `percent` of 100 calls."""
        return self.between(1, 100) <= percent

    def pick(self, options):
        """One of a sequence."""
        return options[self.between(0, len(options) - 1)]

    def vary(self, color, amount):
        """A colour near `color`: each channel moves by at most `amount`."""
        moved = (channel + self.between(-amount, amount) for channel in color)
        return tuple(min(255, max(0, channel)) for channel in moved)

    def hue(self, saturation, value):
        """A colour of any hue; its saturation and value lie in the two ranges."""
        hue = self.between(0, 359)
        return hue_color(hue, self.between(*saturation), self.between(*value))

    def octets(self, count):
        """An array of `count` random bytes."""
        raw = self._bits.random_raw(-(-count // 8))
        return raw.astype("<u8").view(np.uint8)[:count]


class Canvas:
    """A square picture, drawn at twice its size and averaged: smooth edges.

    Coordinates are integers in half pixels: x to the right, y down.

    Args:
        size: Width and height of the finished picture, in pixels.
    """

    def __init__(self, size):
        self.extent = 2 * size
        self.pixels = np.zeros((self.extent, self.extent, 3), np.uint8)

    def finished(self, draws, amount):
        """The picture, grainy like a photograph.

        Args:
            draws: Where the noise comes from.
            amount: The noise is at most ± this power of two, alike in the channels.

        Returns:
            A uint8 array `(size, size, 3)`: each pixel the mean of four, plus noise.
        """
        size = self.extent // 2
        noise = draws.octets(size * size).reshape(size, size, 1) % (2 * amount)
        total = noise.astype(np.int16) * 4 + np.int16(2 - 4 * amount)
        total = np.broadcast_to(total, (size, size, 3)).copy()
        for row in (0, 1):
            for column in (0, 1):
                total += self.pixels[row::2, column::2]
        return np.clip(total >> 2, 0, 255).astype(np.uint8)

    def gradient(self, top, bottom, first, last):
        """Fill the rows from `top` to `bottom` with colours from `first` to `last`."""
        height = max(1, bottom - top)
        rows = np.arange(max(0, top), min(self.extent, bottom))
        part = (rows - top)[:, None]
        colors = (np.array(first) * (height - part) + np.array(last) * part) // height
        self.pixels[rows] = colors.astype(np.uint8)[:, None]

    def rectangle(self, left, top, right, bottom, color):
        """Fill a rectangle, clipped to the picture."""
        self.pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = color

    def speckle(self, draws, amount):
        """Add coarse noise of at most ± `amount` (a power of two) to the channels."""
        size = self.extent // 4
        noise = draws.octets(3 * size * size).reshape(size, size, 3) % (2 * amount)
        noise = noise.repeat(4, 0).repeat(4, 1).astype(np.int16) - amount
        self.pixels = np.clip(self.pixels + noise, 0, 255).astype(np.uint8)

    def polygon(self, points, color):
        """Fill a convex polygon.

        Args:
            points: Its corners in order, pairs of integers.
            color: RGB, three integers from 0 to 255.
        """
        start = np.array(points)
        end = np.roll(start, -1, 0)
        flat = start[:, 1] == end[:, 1]
        start, end = start[~flat], end[~flat]
        if not len(start):
            return
        top = max(0, start[:, 1].min())
        bottom = max(top, min(self.extent, start[:, 1].max()))
        # Rows are sampled at their centres, so the unit here is half a row.
        rows = 2 * np.arange(top, bottom)[:, None] + 1 - 2 * start[:, 1]
        run, rise = (end - start).T
        crossing = start[:, 0] + rows * run // (2 * rise)
        inside = (rows * np.sign(rise) > 0) & (np.abs(rows) < 2 * np.abs(rise))
        left = np.where(inside, crossing, self.extent).min(1, initial=self.extent)
        right = np.where(inside, crossing + 1, 0).max(1, initial=0)
        self._fill(top, left, right, color)

    def ellipse(self, center, across, down, color, tilt=0):
        """Fill an ellipse with half axes `across` and `down`, turned by `tilt`."""
        x, y = center
        points = []
        for degrees in range(0, 360, 15):
            u, v = across * cos(degrees), down * sin(degrees)
            points.append(
                (
                    x + (u * cos(tilt) - v * sin(tilt)) // ONE**2,
                    y + (u * sin(tilt) + v * cos(tilt)) // ONE**2,
                )
            )
        self.polygon(points, color)

    def disc(self, center, radius, color):
        """Fill a disc."""
        x, y = center
        top = max(0, y - radius)
        bottom = max(top, min(self.extent, y + radius))
        # NumPy's square root of an integer is exact wherever the integer is a square.
        rise = 2 * (np.arange(top, bottom) - y) + 1
        half = np.sqrt(4 * radius**2 - rise**2).astype(np.int64) // 2
        self._fill(top, x - half, x + half + 1, color)

    def _fill(self, top, left, right, color):
        """Fill one span in each row, from the row `top` down."""
        color = np.array(color, np.uint8)
        left, right = np.maximum(left, 0).tolist(), np.maximum(right, 0).tolist()
        rows = self.pixels[top : top + len(left)]
        for row, first, last in zip(rows, left, right, strict=True):
            row[first:last] = color

    def limb(self, points, radii, color):
        """Fill a chain of rounded, tapering limbs through `points`."""
        for point, radius in zip(points, radii, strict=True):
            self.disc(point, radius, color)
        for i in range(len(points) - 1):
            (x0, y0), (x1, y1) = points[i : i + 2]
            r0, r1 = radii[i : i + 2]
            length = max(1, math.isqrt((x1 - x0) ** 2 + (y1 - y0) ** 2))
            across = np.array([y0 - y1, x1 - x0])
            first, second = across * r0 // length, across * r1 // length
            start, end = np.array(points[i]), np.array(points[i + 1])
            corners = [start + first, end + second, end - second, start - first]
            self.polygon(corners, color)
