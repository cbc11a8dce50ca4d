"""Drawn horses and humans, in the shape of Laurence Moroney's `horses_or_humans`.

300×300 RGB pictures, 1027 for training and 256 for testing, label 0 for a horse and 1
for a human. Scene, colours, size, place and direction do not depend on the label; what
is drawn does.

A picture is made at twice its size and averaged, for smooth edges. It depends on its
split and number, and on the versions of NumPy and Pillow, alone.
"""

import colorsys
import copy

import numpy as np
from PIL import Image, ImageColor, ImageDraw

SIZE = 300
# Width and height of a canvas.
EXTENT = 2 * SIZE
CLASSES = ("horses", "humans")
# Pictures of each class in each split, as in the original.
COUNTS = {"train": (500, 527), "test": (128, 128)}
COATS = ("#7a4a28", "#a86434", "#3e2c24", "#ece6dc", "#969496", "#cea276", "#626c5e")
SKINS = ("#fad6b6", "#e8ba94", "#c48c64", "#8c5c3e", "#5c3c2c")
HAIR = ("#1e1816", "#54341e", "#965e32", "#e2be6e", "#969698")


def draw(split, index):
    """Draw one picture of the data set.

    Args:
        split: `"train"` or `"test"`.
        index: Its number in the split, from 0.

    Returns:
        The picture, a uint8 array `(300, 300, 3)`, and its label, 0 or 1.
    """
    label = int(index >= COUNTS[split][0])
    canvas = _Canvas(np.random.default_rng([list(COUNTS).index(split), index]))
    canvas.pick((_field, _field, _street))(canvas)
    for _ in range(canvas.between(1, 4)):
        canvas.pick((_tree, _ball, _board, _board))(canvas)
    (horse, human)[label](canvas)
    if canvas.chance(0.4):
        canvas.pick((_grass, _ball))(canvas)
    return canvas.finished(), label


class _Canvas:
    """A picture in the making, and the dice of which it is made."""

    # From the units in which shapes are given to those of the picture.
    map, foot, scale = np.eye(2), (0, 0), 1

    def __init__(self, rng):
        self.rng = rng
        self.image = Image.new("RGB", (EXTENT, EXTENT))
        self.draw = ImageDraw.Draw(self.image)

    def with_figure(self, width, height, scales):
        """The same canvas, in units of a figure on it: its feet at 0, 0; y down."""
        figure = copy.copy(self)
        figure.scale = self.rng.uniform(*scales)
        tilt = np.radians(self.rng.uniform(-5, 5))
        turn = [[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]]
        side = self.pick((-1, 1))
        figure.map = figure.scale * np.array([[side, 0], [0, 1]]) @ turn
        # The whole figure is in the picture; a tail or a hat may leave it.
        left, right = np.multiply(width if side > 0 else width[::-1], figure.scale)
        x = self.rng.uniform(left, EXTENT - right)
        figure.foot = x, self.rng.uniform(min(570, height * figure.scale), 580)
        return figure

    def between(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability):
        return self.rng.random() < probability

    def pick(self, options):
        return options[self.between(0, len(options) - 1)]

    def color(self, saturation=(0.05, 0.3), value=(0.3, 0.85)):
        hue = self.rng.random()
        saturation, value = self.rng.uniform(*saturation), self.rng.uniform(*value)
        return np.multiply(colorsys.hsv_to_rgb(hue, saturation, value), 255)

    def near(self, color, amount=12):
        """A colour near one that is written as `#rrggbb`."""
        shift = self.rng.integers(-amount, amount + 1, 3)
        return np.clip(ImageColor.getrgb(color) + shift, 0, 255)

    def rectangle(self, left, top, right, bottom, color):
        self.draw.rectangle((left, top, right, bottom), _rgb(color))

    def polygon(self, points, color):
        points = np.asarray(points) @ self.map + self.foot
        self.draw.polygon(np.ravel(points).tolist(), _rgb(color))

    def disc(self, center, radius, color):
        """A disc, or with a pair of radii an ellipse."""
        self.limb([center], [radius], color)

    def limb(self, points, radii, color):
        """A thick line through points, with a radius at each."""
        points = np.asarray(points) @ self.map + self.foot
        radii, color = np.multiply(radii, self.scale), _rgb(color)
        for point, radius in zip(points, radii, strict=True):
            self.draw.ellipse((*(point - radius), *(point + radius)), color)
        for i in range(len(points) - 1):
            along = points[i + 1] - points[i]
            across = np.array([-along[1], along[0]]) / (np.hypot(*along) or 1)
            first, last = radii[i] * across, radii[i + 1] * across
            ends = points[[i, i, i + 1, i + 1]] + [-first, first, last, -last]
            self.draw.polygon(np.ravel(ends).tolist(), color)

    def gradient(self, top, bottom, first, last):
        """A band whose colour changes from its top to its bottom."""
        share = (np.arange(int(top), int(bottom)) - top) / (bottom - top)
        colors = first + share[:, None] * (np.array(last) - first)
        column = Image.fromarray(np.clip(colors, 0, 255).astype(np.uint8)[:, None])
        size = EXTENT, len(colors)
        self.image.paste(column.resize(size, Image.Resampling.NEAREST), (0, int(top)))

    def finished(self):
        """The picture as an array, grainy like a photograph."""
        image = np.asarray(self.image.reduce(2), float)
        grain = self.rng.normal(scale=self.pick((2, 5, 10, 20)), size=(SIZE, SIZE, 1))
        return np.clip(image + grain, 0, 255).round().astype(np.uint8)


def _rgb(color):
    return tuple(int(channel) for channel in np.clip(color, 0, 255))


def _away(point, degrees, distance):
    """The point at a distance in a direction: 0 is right, 90 is down."""
    angle = np.radians(degrees)
    return np.array(point) + distance * np.array([np.cos(angle), np.sin(angle)])


def _field(canvas):
    horizon, sky = canvas.between(200, 420), canvas.near("#b0b8c4", 40)
    canvas.gradient(0, horizon, sky, (sky + 255) / 2)
    hills, grass = canvas.color(), canvas.near("#8c9070", 40)
    for _ in range(3):
        center = canvas.between(0, EXTENT), horizon + 40
        radii = canvas.between(120, 260), canvas.between(60, 140)
        canvas.disc(center, radii, hills)
    canvas.gradient(horizon, EXTENT, grass, grass * canvas.rng.uniform(0.6, 1.2))


def _street(canvas):
    sky, road = canvas.color(value=(0.55, 0.92)), canvas.between(400, 490)
    canvas.gradient(0, road, sky, sky * 1.1)
    x = -canvas.between(0, 60)
    while x < EXTENT:
        wide, top = canvas.between(90, 170), canvas.between(40, 260)
        house = canvas.color()
        canvas.rectangle(x, top, x + wide, road, house)
        pane = house * canvas.pick((0.6, 1.4))
        for y in range(top + 24, road - 50, 64):
            for left in range(x + 16, x + wide - 30, 44):
                canvas.rectangle(left, y, left + 24, y + 36, pane)
        x += wide
    asphalt = canvas.color(value=(0.25, 0.6))
    canvas.rectangle(0, road, EXTENT, EXTENT, asphalt)
    for x in range(-60, EXTENT, 120):
        canvas.rectangle(x, road + 60, x + 60, road + 72, asphalt * 1.5)


def _tree(canvas):
    foot = canvas.between(0, EXTENT), canvas.between(400, 540)
    top = _away(foot, 270, canvas.between(120, 240))
    canvas.limb([foot, top], [18, 12], canvas.near("#684a32", 20))
    leaves = canvas.pick(("#547448", "#a67e54", "#405c54"))
    for _ in range(5):
        center = top + canvas.rng.integers(-50, 50, 2)
        canvas.disc(center, canvas.between(36, 62), canvas.near(leaves, 20))


def _ball(canvas):
    center = canvas.between(20, 580), canvas.between(440, 580)
    color, radius = canvas.color((0.1, 0.4), (0.35, 0.9)), canvas.between(18, 42)
    canvas.disc(center, radius, color)
    canvas.disc(center, (radius, radius // 3), color * 0.7)


def _board(canvas):
    """A box, a wall or a sign: something with corners."""
    left, top = canvas.between(-40, 560), canvas.between(20, 500)
    right, bottom = left + canvas.between(40, 180), top + canvas.between(30, 180)
    color = canvas.color((0.05, 0.4), (0.3, 0.9))
    canvas.rectangle(left, top, right, bottom, color)
    inner = canvas.between(6, 14)
    left, top, right, bottom = left + inner, top + inner, right - inner, bottom - inner
    canvas.rectangle(left, top, right, bottom, color * 0.7)


def _grass(canvas):
    """A tuft in front."""
    x, y = canvas.between(0, EXTENT), canvas.between(570, 610)
    color = canvas.near("#5a823c", 40)
    for lean in range(-40, 41, 10):
        tip = _away((x + lean, y), 270 + lean, canvas.between(40, 90))
        canvas.polygon([(x + lean - 6, y), tip, (x + lean + 6, y)], color)


def _cloth(canvas, vivid):
    """The colour of a cloth, with this probability a vivid one."""
    saturation = (0.8, 1) if canvas.chance(vivid) else (0.1, 0.4)
    return canvas.color(saturation, (0.4, 0.95))


def horse(canvas):
    """A horse somewhere in the picture."""
    canvas = canvas.with_figure((480, 840), 1080, (0.32, 0.43))
    coat, mane = canvas.near(canvas.pick(COATS)), canvas.near(canvas.pick(HAIR))
    sock = canvas.pick((coat, coat * 0.6, np.array([240, 236, 228])))
    stride = canvas.pick((0, 8, 18, 30))
    tail = [(-430, -660)]
    for turn in (190, 170, 150, canvas.between(100, 140)):
        tail.append(_away(tail[-1], turn, 100))
    canvas.limb(tail, [34, 52, 60, 54, 30], mane)
    for x, phase in ((-270, -1), (290, 1)):
        _leg(canvas, (x, -520), phase * stride, coat * 0.74, coat * 0.74)
    canvas.limb([(-300, -590), (0, -570), (270, -600)], [180, 168, 172], coat)
    neck = canvas.pick((-62, -52, -40, -20, 24))
    poll = _away((330, -660), neck, 400)
    canvas.limb([(310, -640), poll], [150, 84], coat)
    for x, phase in ((-330, 1), (230, -1)):
        _leg(canvas, (x, -520), phase * stride, coat, sock)
    _horse_head(canvas, neck, poll, coat, mane)
    if canvas.chance(0.4):
        cloth = _cloth(canvas, 0.3)
        canvas.limb([(-170, -600), (0, -590), (110, -600)], [160, 160, 155], cloth)
        canvas.limb([(-110, -770), (0, -755), (60, -790)], [30, 34, 26], (70, 42, 26))


def _leg(canvas, root, swing, coat, sock):
    bend = canvas.between(-6, 12) + abs(swing) // 2
    knee = _away(root, 90 - swing, 270)
    ankle = _away(knee, 90 - swing + bend, 220)
    canvas.limb([root, knee, ankle], [100, 52, 38], coat)
    canvas.limb([(knee + ankle) / 2, ankle], [42, 40], sock)
    hoof = _away(ankle, 84 - swing + bend, 42)
    canvas.limb([ankle, hoof], [42, 50], (52, 44, 40))


def _horse_head(canvas, neck, poll, coat, mane):
    nod = canvas.between(38, 58) + max(0, neck) // 2
    nose = _away(poll, nod, 250)
    crest = [_away(poll, neck + 180, 60 * i) for i in range(7)]
    crest = [_away(p, neck - 90, 84 + 10 * i) for i, p in enumerate(crest)]
    canvas.limb(crest, [34, 46, 50, 54, 54, 50, 44], mane)
    for turn in (-112, -78):
        base = _away(poll, turn, 60)
        sides = (_away(base, turn + side, 36) for side in (90, -90))
        canvas.polygon([*sides, _away(poll, turn, 178)], coat * 0.86)
    canvas.limb([poll, nose], [94, 62], coat)
    canvas.disc(nose, 58, coat * 0.82)
    canvas.limb([_away(poll, -100, 70), _away(poll, -20, 84)], [42, 26], mane)
    canvas.disc(_away(poll, 20, 70), 22, (20, 16, 16))
    canvas.disc(_away(nose, 20, 30), 12, coat * 0.45)


def human(canvas):
    """A human somewhere in the picture."""
    canvas = canvas.with_figure((240, 240), 1060, (0.39, 0.535))
    skin, hair = canvas.near(canvas.pick(SKINS)), canvas.near(canvas.pick(HAIR))
    vivid = float(canvas.chance(0.94))
    shirt, cloth = _cloth(canvas, vivid), _cloth(canvas, vivid)
    stride, raised = canvas.pick((6, 14, 26, 36)), canvas.pick((0, 0, 110, 140))
    _arm(canvas, (-92, -735), 90 + canvas.between(8, 34), shirt, skin)
    if canvas.chance(0.5):
        for x in (-30, 30):
            canvas.limb([(x, -920), (x * 4 / 3, -760)], [92, 78], hair)
    for x, phase in ((-48, 1), (48, -1)):
        knee = _away((x, -470), 90 - phase * stride, 215)
        ankle = _away(knee, 90 - phase * stride + abs(stride) / 2, 205)
        canvas.limb([(x, -470), knee, ankle], [66, 52, 42], cloth)
        shoe = canvas.near("#604030", 60)
        canvas.limb([ankle, np.add(ankle, (56, 14))], [38, 30], shoe)
    canvas.limb([(0, -735), (0, -480)], [96, 84], shirt)
    canvas.limb([(-66, -725), (66, -725)], [52, 52], shirt)
    if canvas.chance(0.35):
        skirt = [(-84, -520), (84, -520), (170, -260), (-170, -260)]
        canvas.polygon(skirt, canvas.pick((cloth, shirt)))
    else:
        canvas.limb([(-40, -470), (0, -440), (40, -470)], [62, 60, 62], cloth)
    _arm(canvas, (92, -735), 90 - canvas.between(8, 34) - raised, shirt, skin)
    _human_head(canvas, skin, hair)


def _arm(canvas, root, direction, shirt, skin):
    elbow = _away(root, direction, 160)
    hand = _away(elbow, direction + canvas.between(-40, 40), 150)
    canvas.limb([root, elbow], [44, 36], shirt)
    canvas.limb([elbow, hand], [32, 36], skin)


def _human_head(canvas, skin, hair):
    canvas.limb([(0, -800), (0, -860)], [38, 38], skin)
    canvas.limb([(0, -930), (0, -905)], [92, 84], skin)
    canvas.limb([(-66, -975), (0, -1008), (66, -975)], [40, 44, 40], hair)
    look = canvas.between(-14, 22)
    for x in (look - 32, look + 34):
        canvas.disc((x, -922), 14, (30, 24, 24))
    mouth = [(look - 26, -872), (look, -862), (look + 28, -872)]
    canvas.limb(mouth, [8, 9, 8], (190, 70, 74))
    if canvas.chance(0.3):
        hat = canvas.color((0.7, 0.7), (0.5, 0.9))
        canvas.limb([(-60, -1010), (60, -1010)], [52, 52], hat)
        canvas.limb([(-140, -980), (140, -980)], [20, 20], hat * 0.75)
