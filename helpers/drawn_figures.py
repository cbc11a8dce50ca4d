"""The horses and the humans of the drawn pictures, limb by limb."""

import numpy as np

# Width and height of a canvas.
EXTENT = 600
COATS = ("#7a4a28", "#a86434", "#3e2c24", "#ece6dc", "#969496", "#cea276", "#626c5e")
SKINS = ("#fad6b6", "#e8ba94", "#c48c64", "#8c5c3e", "#5c3c2c")
HAIR = ("#1e1816", "#54341e", "#965e32", "#e2be6e", "#969698")


def away(point, degrees, distance):
    """The point at a distance in a direction: 0 is right, 90 is down."""
    angle = np.radians(degrees)
    return np.array(point) + distance * np.array([np.cos(angle), np.sin(angle)])


class _Figure:
    """Maps a figure's own units (its feet at 0, 0; y down) to the canvas."""

    def __init__(self, canvas, width, height, scales):
        self.canvas = canvas
        self.scale = canvas.rng.uniform(*scales)
        tilt = np.radians(canvas.rng.uniform(-5, 5))
        turn = [[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]]
        side = canvas.pick((-1, 1))
        self.map = self.scale * np.array([[side, 0], [0, 1]]) @ turn
        # The whole figure is in the picture; a tail or a hat may leave it.
        left, right = width if side > 0 else width[::-1]
        x = canvas.rng.uniform(left * self.scale, EXTENT - right * self.scale)
        self.foot = x, canvas.rng.uniform(min(570, height * self.scale), 580)

    def limb(self, points, radii, color):
        points = np.asarray(points) @ self.map + self.foot
        self.canvas.limb(points, np.multiply(radii, self.scale), color)

    def disc(self, point, radius, color):
        self.limb([point], [radius], color)

    def polygon(self, points, color):
        self.canvas.polygon(np.asarray(points) @ self.map + self.foot, color)


def _cloth(canvas, vivid):
    """The colour of a cloth, with this probability a vivid one."""
    saturation = (0.8, 1) if canvas.chance(vivid) else (0.1, 0.4)
    return canvas.color(saturation, (0.4, 0.95))


def horse(canvas):
    """A horse somewhere in the picture."""
    figure = _Figure(canvas, (480, 840), 1080, (0.32, 0.43))
    coat, mane = canvas.near(canvas.pick(COATS)), canvas.near(canvas.pick(HAIR))
    sock = canvas.pick((coat, coat * 0.6, np.array([240, 236, 228])))
    stride = canvas.pick((0, 8, 18, 30))
    tail = [(-430, -660)]
    for turn in (190, 170, 150, canvas.between(100, 140)):
        tail.append(away(tail[-1], turn, 100))
    figure.limb(tail, [34, 52, 60, 54, 30], mane)
    for x, phase in ((-270, -1), (290, 1)):
        _leg(figure, (x, -520), phase * stride, coat * 0.74, coat * 0.74)
    figure.limb([(-300, -590), (0, -570), (270, -600)], [180, 168, 172], coat)
    neck = canvas.pick((-62, -52, -40, -20, 24))
    poll = away((330, -660), neck, 400)
    figure.limb([(310, -640), poll], [150, 84], coat)
    for x, phase in ((-330, 1), (230, -1)):
        _leg(figure, (x, -520), phase * stride, coat, sock)
    _horse_head(figure, neck, poll, coat, mane)
    if canvas.chance(0.4):
        cloth = _cloth(canvas, 0.3)
        figure.limb([(-170, -600), (0, -590), (110, -600)], [160, 160, 155], cloth)
        figure.limb([(-110, -770), (0, -755), (60, -790)], [30, 34, 26], (70, 42, 26))


def _leg(figure, root, swing, coat, sock):
    bend = figure.canvas.between(-6, 12) + abs(swing) // 2
    knee = away(root, 90 - swing, 270)
    ankle = away(knee, 90 - swing + bend, 220)
    figure.limb([root, knee, ankle], [100, 52, 38], coat)
    figure.limb([(knee + ankle) / 2, ankle], [42, 40], sock)
    hoof = away(ankle, 84 - swing + bend, 42)
    figure.limb([ankle, hoof], [42, 50], (52, 44, 40))


def _horse_head(figure, neck, poll, coat, mane):
    nod = figure.canvas.between(38, 58) + max(0, neck) // 2
    nose = away(poll, nod, 250)
    crest = [away(poll, neck + 180, 60 * i) for i in range(7)]
    crest = [away(p, neck - 90, 84 + 10 * i) for i, p in enumerate(crest)]
    figure.limb(crest, [34, 46, 50, 54, 54, 50, 44], mane)
    for turn in (-112, -78):
        base = away(poll, turn, 60)
        sides = (away(base, turn + side, 36) for side in (90, -90))
        figure.polygon([*sides, away(poll, turn, 178)], coat * 0.86)
    figure.limb([poll, nose], [94, 62], coat)
    figure.disc(nose, 58, coat * 0.82)
    figure.limb([away(poll, -100, 70), away(poll, -20, 84)], [42, 26], mane)
    figure.disc(away(poll, 20, 70), 22, (20, 16, 16))
    figure.disc(away(nose, 20, 30), 12, coat * 0.45)


def human(canvas):
    """A human somewhere in the picture."""
    figure = _Figure(canvas, (240, 240), 1060, (0.39, 0.535))
    skin, hair = canvas.near(canvas.pick(SKINS)), canvas.near(canvas.pick(HAIR))
    vivid = float(canvas.chance(0.94))
    shirt, cloth = _cloth(canvas, vivid), _cloth(canvas, vivid)
    stride, raised = canvas.pick((6, 14, 26, 36)), canvas.pick((0, 0, 110, 140))
    _arm(figure, (-92, -735), 90 + canvas.between(8, 34), shirt, skin)
    if canvas.chance(0.5):
        for x in (-30, 30):
            figure.limb([(x, -920), (x * 4 / 3, -760)], [92, 78], hair)
    for x, phase in ((-48, 1), (48, -1)):
        knee = away((x, -470), 90 - phase * stride, 215)
        ankle = away(knee, 90 - phase * stride + abs(stride) / 2, 205)
        figure.limb([(x, -470), knee, ankle], [66, 52, 42], cloth)
        figure.limb(
            [ankle, np.add(ankle, (56, 14))], [38, 30], canvas.near("#604030", 60)
        )
    figure.limb([(0, -735), (0, -480)], [96, 84], shirt)
    figure.limb([(-66, -725), (66, -725)], [52, 52], shirt)
    if canvas.chance(0.35):
        skirt = [(-84, -520), (84, -520), (170, -260), (-170, -260)]
        figure.polygon(skirt, canvas.pick((cloth, shirt)))
    else:
        figure.limb([(-40, -470), (0, -440), (40, -470)], [62, 60, 62], cloth)
    _arm(figure, (92, -735), 90 - canvas.between(8, 34) - raised, shirt, skin)
    _human_head(figure, skin, hair)


def _arm(figure, root, direction, shirt, skin):
    elbow = away(root, direction, 160)
    hand = away(elbow, direction + figure.canvas.between(-40, 40), 150)
    figure.limb([root, elbow], [44, 36], shirt)
    figure.limb([elbow, hand], [32, 36], skin)


def _human_head(figure, skin, hair):
    canvas = figure.canvas
    figure.limb([(0, -800), (0, -860)], [38, 38], skin)
    figure.limb([(0, -930), (0, -905)], [92, 84], skin)
    figure.limb([(-66, -975), (0, -1008), (66, -975)], [40, 44, 40], hair)
    look = canvas.between(-14, 22)
    for x in (look - 32, look + 34):
        figure.disc((x, -922), 14, (30, 24, 24))
    mouth = [(look - 26, -872), (look, -862), (look + 28, -872)]
    figure.limb(mouth, [8, 9, 8], (190, 70, 74))
    if canvas.chance(0.3):
        hat = canvas.color((0.7, 0.7), (0.5, 0.9))
        figure.limb([(-60, -1010), (60, -1010)], [52, 52], hat)
        figure.limb([(-140, -980), (140, -980)], [20, 20], hat * 0.75)
