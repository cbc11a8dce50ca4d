"""Drawn horses and humans: a TFDS data set that needs no network.

It has the shape of Laurence Moroney's `horses_or_humans`: 300×300 RGB pictures, 1027
for training and 256 for testing, label 0 for a horse and 1 for a human. Scene,
colours, size, place and direction do not depend on the label; what is drawn does.
"""

import io

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from helpers import scenes
from helpers.drawing import ONE, Canvas, Draws, away, cos, shade, sin

SIZE = 300
CLASSES = ("horses", "humans")
# Pictures of each class in each split, as in the original.
COUNTS = {"train": (500, 527), "test": (128, 128)}

_COATS = (
    (122, 74, 40),
    (168, 100, 52),
    (62, 44, 36),
    (40, 38, 42),
    (236, 230, 220),
    (150, 148, 150),
    (206, 170, 118),
    (232, 214, 176),
    (98, 92, 94),
    (198, 194, 190),
)
_SKINS = ((250, 214, 182), (232, 186, 148), (196, 140, 98), (140, 92, 62), (92, 60, 44))
_HAIR = ((30, 24, 22), (84, 52, 30), (150, 94, 44), (226, 190, 110), (150, 150, 152))


class _Figure:
    """Maps a figure's own units (its feet at 0, 0; y down) to the canvas."""

    def __init__(self, canvas, draws, back, front, height, scales):
        self.canvas = canvas
        self.scale = draws.between(*scales)
        self.side = draws.pick((-1, 1))
        self.tilt = draws.between(-5, 5)
        # The whole figure is in the picture; a tail or a hat may leave it.
        left, right = (back, front) if self.side > 0 else (front, back)
        x = draws.between(self.long(left), canvas.extent - self.long(right))
        y = draws.between(min(570, self.long(height)), 580)
        self.foot = x, y

    def at(self, point):
        x, y = point[0] * self.side, point[1]
        turned_x = (x * cos(self.tilt) - y * sin(self.tilt)) * self.scale
        turned_y = (x * sin(self.tilt) + y * cos(self.tilt)) * self.scale
        unit = 1000 * ONE
        return self.foot[0] + turned_x // unit, self.foot[1] + turned_y // unit

    def long(self, length):
        return max(2, length * self.scale // 1000)

    def limb(self, points, radii, color):
        radii = [self.long(radius) for radius in radii]
        self.canvas.limb([self.at(point) for point in points], radii, color)

    def disc(self, point, radius, color):
        self.canvas.disc(self.at(point), self.long(radius), color)

    def polygon(self, points, color):
        self.canvas.polygon([self.at(point) for point in points], color)


def draw(split, index):
    """Draw one picture of the data set.

    Args:
        split: `"train"` or `"test"`.
        index: Its number in the split, from 0.

    Returns:
        The picture, a uint8 array `(300, 300, 3)`, and its label, 0 or 1.
    """
    label = int(index >= COUNTS[split][0])
    draws = Draws(list(COUNTS).index(split), index)
    canvas = Canvas(SIZE)
    scenes.background(canvas, draws)
    scenes.clutter(canvas, draws, draws.between(1, 4))
    (_horse, _human)[label](canvas, draws)
    if draws.chance(40):
        scenes.foreground(canvas, draws)
    return canvas.finished(draws, draws.pick((2, 4, 8))), label


def _horse(canvas, draws):
    figure = _Figure(canvas, draws, 480, 840, 1080, (320, 430))
    coat = draws.vary(draws.pick(_COATS), 6)
    dark = shade(coat, 74)
    mane = draws.vary(draws.pick(_HAIR), 6)
    stride = draws.pick((0, 8, 18, 30))
    hoof = draws.vary((52, 44, 40), 10)
    sock = draws.pick((coat, coat, (240, 236, 228), shade(coat, 60)))
    hip, chest = (-300, -590), (270, -600)

    _tail(figure, draws, (-430, -660), mane)
    for root, phase, color in (((-270, -520), -1, dark), ((290, -520), 1, dark)):
        _horse_leg(figure, draws, root, phase * stride, color, color, hoof)
    figure.limb([hip, (0, -570), chest], [180, 168, 172], coat)
    neck = draws.pick((-62, -52, -40, -20, 24))
    poll = away((330, -660), neck, 400)
    nose = away(poll, draws.between(38, 58) + max(0, neck) // 2, 250)
    figure.limb([(310, -640), poll], [150, 84], coat)
    for root, phase in (((-330, -520), 1), ((230, -520), -1)):
        _horse_leg(figure, draws, root, phase * stride, coat, sock, hoof)
    _horse_head(figure, draws, neck, poll, nose, coat, mane)
    if draws.chance(40):
        _saddle(figure, _clothes(draws, 30))


def _saddle(figure, cloth):
    figure.limb([(-170, -600), (0, -590), (110, -600)], [160, 160, 155], cloth)
    figure.limb([(-110, -770), (0, -755), (60, -790)], [30, 34, 26], (70, 42, 26))


def _clothes(draws, vivid):
    """The colour of a cloth, which is vivid in so many of 100 cases."""
    if draws.chance(vivid):
        return draws.hue((200, 255), (150, 250))
    return draws.hue((20, 110), (60, 220))


def _horse_leg(figure, draws, root, swing, coat, sock, hoof):
    bend = draws.between(-6, 12) + abs(swing) // 2
    knee = away(root, 90 - swing, 270)
    ankle = away(knee, 90 - swing + bend, 220)
    toe = away(ankle, 84 - swing + bend, 42)
    figure.limb([root, knee, ankle], [100, 52, 38], coat)
    figure.limb([away(knee, 90 - swing + bend, 120), ankle], [42, 40], sock)
    figure.limb([ankle, toe], [42, 50], hoof)


def _horse_head(figure, draws, neck, poll, nose, coat, mane):
    crest = [away(poll, neck + 180, 60 * i) for i in range(7)]
    crest = [away(point, neck - 90, 84 + 10 * i) for i, point in enumerate(crest)]
    figure.limb(crest, [34, 46, 50, 54, 54, 50, 44], mane)
    for turn in (-112, -78):
        base = away(poll, turn, 60)
        tip = away(poll, turn, 178)
        side = [away(base, turn + 90, 36), tip, away(base, turn - 90, 36)]
        figure.polygon(side, shade(coat, 86))
    figure.limb([poll, nose], [94, 62], coat)
    figure.disc(nose, 58, shade(coat, 82))
    if draws.chance(40):
        middle = away(poll, -60, 20)
        figure.limb([middle, away(nose, -60, 20)], [22, 16], (242, 238, 230))
    figure.limb([away(poll, -100, 70), away(poll, -20, 84)], [42, 26], mane)
    figure.disc(away(poll, 20, 70), 24, (250, 250, 250))
    figure.disc(away(poll, 22, 76), 16, (20, 16, 16))
    figure.disc(away(nose, 20, 30), 12, shade(coat, 45))


def _tail(figure, draws, root, color):
    swish = draws.between(100, 150)
    points, radii = [root], [34]
    for step, radius in enumerate((52, 60, 54, 30)):
        points.append(away(points[-1], 200 - step * (200 - swish) // 3 - 10, 120))
        radii.append(radius)
    figure.limb(points, radii, color)


def _human(canvas, draws):
    figure = _Figure(canvas, draws, 240, 240, 1060, (390, 535))
    skin = draws.vary(draws.pick(_SKINS), 8)
    hair = draws.vary(draws.pick(_HAIR), 6)
    vivid = 100 * draws.chance(94)
    shirt, cloth = _clothes(draws, vivid), _clothes(draws, vivid)
    shoe = draws.vary(draws.pick(((40, 36, 40), (120, 70, 40), (230, 230, 230))), 10)
    stride = draws.pick((6, 14, 26, 36))
    shoulder, waist = (0, -735), (0, -480)
    raised = draws.pick((0, 0, 110, 140))
    long_hair = draws.chance(50)

    _arm(figure, draws, (-92, -735), 90 + draws.between(8, 34), shirt, skin)
    if long_hair:
        figure.limb([(-30, -920), (-40, -760)], [92, 78], hair)
        figure.limb([(30, -920), (40, -760)], [92, 78], hair)
    for root, phase in (((-48, -470), 1), ((48, -470), -1)):
        _human_leg(figure, draws, root, phase * stride, cloth, shoe)
    figure.limb([shoulder, waist], [96, 84], shirt)
    figure.limb([(-66, -725), (66, -725)], [52, 52], shirt)
    if draws.chance(35):
        skirt = [(-84, -520), (84, -520), (170, -260), (-170, -260)]
        figure.polygon(skirt, cloth if draws.chance(50) else shirt)
    else:
        figure.limb([(-40, -470), (0, -440), (40, -470)], [62, 60, 62], cloth)
    _arm(figure, draws, (92, -735), 90 - draws.between(8, 34) - raised, shirt, skin)
    _human_head(figure, draws, skin, hair)


def _arm(figure, draws, root, direction, shirt, skin):
    elbow = away(root, direction, 160)
    hand = away(elbow, direction + draws.between(-40, 40), 150)
    figure.limb([root, elbow], [44, 36], shirt)
    figure.limb([elbow, hand], [32, 26], skin)
    figure.disc(hand, 36, skin)


def _human_leg(figure, draws, root, swing, cloth, shoe):
    knee = away(root, 90 - swing, 215)
    ankle = away(knee, 90 - swing + draws.between(0, 10) + abs(swing) // 2, 205)
    figure.limb([root, knee, ankle], [66, 52, 42], cloth)
    figure.limb([ankle, (ankle[0] + 56, ankle[1] + 14)], [38, 30], shoe)


def _human_head(figure, draws, skin, hair):
    figure.limb([(0, -800), (0, -860)], [38, 38], skin)
    figure.limb([(0, -930), (0, -905)], [92, 84], skin)
    figure.limb([(-66, -975), (0, -1008), (66, -975)], [40, 44, 40], hair)
    look = draws.between(-14, 22)
    for x in (-32, 34):
        figure.disc((x + look, -922), 14, (30, 24, 24))
    mouth = [(-26 + look, -872), (look, -862), (28 + look, -872)]
    figure.limb(mouth, [8, 9, 8], (190, 70, 74))
    if draws.chance(30):
        hat = draws.hue((180, 180), (120, 230))
        figure.limb([(-60, -1010), (60, -1010)], [52, 52], hat)
        figure.limb([(-140, -980), (140, -980)], [20, 20], shade(hat, 75))


class DrawnHorsesOrHumans(tfds.core.GeneratorBasedBuilder):
    """Pictures of horses and humans, drawn by this program."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First pictures."}  # noqa: RUF012

    # TFDS would look there for checksums of downloads. To find it, TFDS 4.9.10 needs
    # importlib_resources, a package that it does not ask for.
    code_path = None

    # Called as `progress(done, total)` after each picture.
    progress = None

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="Horses and humans, drawn from a seed.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(
                        shape=(SIZE, SIZE, 3), dtype=np.uint8, encoding_format="png"
                    ),
                    "label": tfds.features.ClassLabel(names=list(CLASSES)),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in COUNTS}

    def _generate_examples(self, split):
        total = sum(map(sum, COUNTS.values()))
        before = 0 if split == "train" else sum(COUNTS["train"])
        for index in range(sum(COUNTS[split])):
            image, label = draw(split, index)
            if self.progress is not None:
                self.progress(before + index + 1, total)
            # The fastest compression: a fifth of the time for a tenth more bytes.
            png = tf.io.encode_png(image, compression=1).numpy()
            yield index, {"image": io.BytesIO(png), "label": label}
