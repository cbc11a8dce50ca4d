"""Backgrounds and clutter of the drawn pictures; none knows what stands in front."""

from helpers.drawing import away, mix, shade


def _muted(draws, low=70, high=220):
    return draws.hue((5, 60), (low, high))


def background(canvas, draws):
    """Fill the canvas with a field, a room, a street, a colour gradient or noise."""
    draws.pick((_field, _room, _street, _plain, _noise))(canvas, draws)


def _field(canvas, draws):
    horizon = draws.between(200, 420)
    sky = draws.vary(draws.pick(((160, 190, 220), (216, 196, 176), (96, 104, 136))), 16)
    canvas.gradient(0, horizon, sky, mix(sky, (255, 255, 255), 1, 2))
    hills = _muted(draws)
    for _ in range(3):
        center = draws.between(0, 600), horizon + 40
        canvas.ellipse(center, draws.between(120, 260), draws.between(60, 140), hills)
    grass = draws.vary(
        draws.pick(((118, 146, 92), (168, 160, 116), (138, 118, 98))), 16
    )
    canvas.gradient(horizon, 600, grass, shade(grass, draws.between(60, 120)))


def _room(canvas, draws):
    wall, floor = _muted(draws), _muted(draws)
    skirting = draws.between(360, 480)
    canvas.rectangle(0, 0, 600, skirting, wall)
    step = draws.pick((0, 40, 60))
    for x in range(0, 600, step or 600):
        canvas.rectangle(x, 0, x + step // 2, skirting, shade(wall, 93))
    canvas.gradient(skirting, 600, floor, shade(floor, 75))
    canvas.rectangle(0, skirting - 12, 600, skirting, shade(wall, 65))
    x, y = draws.between(20, 420), draws.between(20, 120)
    wide, high = draws.between(90, 180), draws.between(90, 180)
    canvas.rectangle(x, y, x + wide, y + high, shade(wall, 55))
    canvas.rectangle(x + 10, y + 10, x + wide - 10, y + high - 10, _muted(draws))


def _street(canvas, draws):
    sky = _muted(draws, 140, 235)
    road = draws.between(400, 490)
    canvas.gradient(0, road, sky, shade(sky, 110))
    x = -draws.between(0, 60)
    while x < 600:
        wide, top = draws.between(90, 170), draws.between(40, 260)
        house = _muted(draws)
        canvas.rectangle(x, top, x + wide, road, house)
        pane = shade(house, draws.pick((60, 140)))
        for y in range(top + 24, road - 50, 64):
            for left in range(x + 16, x + wide - 30, 44):
                canvas.rectangle(left, y, left + 24, y + 36, pane)
        x += wide
    asphalt = _muted(draws, 60, 160)
    canvas.rectangle(0, road, 600, 600, asphalt)
    for x in range(draws.between(-60, 0), 600, 120):
        canvas.rectangle(x, road + 60, x + 60, road + 72, shade(asphalt, 150))


def _plain(canvas, draws):
    canvas.gradient(0, 600, _muted(draws, 40, 235), _muted(draws, 40, 235))


def _noise(canvas, draws):
    canvas.gradient(0, 600, _muted(draws), _muted(draws))
    canvas.speckle(draws, 16)


def clutter(canvas, draws, count):
    """Draw `count` things that stand behind."""
    things = (_tree, _fence, _ball, _box, _cloud, _post)
    for _ in range(count):
        draws.pick(things)(canvas, draws)


def foreground(canvas, draws):
    """Draw a low thing that stands in front."""
    draws.pick((_tuft, _ball, _stone))(canvas, draws)


def _tree(canvas, draws):
    foot = draws.between(0, 600), draws.between(400, 540)
    top = away(foot, 270, draws.between(120, 240))
    canvas.limb([foot, top], [18, 12], draws.vary((104, 74, 50), 20))
    leaves = draws.vary(draws.pick(((84, 116, 72), (166, 126, 84), (64, 92, 84))), 16)
    for _ in range(5):
        center = top[0] + draws.between(-50, 50), top[1] + draws.between(-50, 40)
        canvas.disc(center, draws.between(36, 62), draws.vary(leaves, 10))


def _fence(canvas, draws):
    y, wood = draws.between(380, 470), draws.vary((170, 140, 110), 50)
    start, end = draws.between(-50, 250), draws.between(350, 650)
    for rail in (0, 44):
        canvas.rectangle(start, y + rail, end, y + rail + 14, wood)
    for x in range(start, end, 70):
        canvas.rectangle(x, y - 26, x + 18, y + 90, shade(wood, 85))


def _ball(canvas, draws):
    center = draws.between(20, 580), draws.between(440, 580)
    radius = draws.between(18, 42)
    color = draws.hue((30, 110), (90, 230))
    canvas.disc(center, radius, color)
    canvas.ellipse(center, radius, radius // 3, shade(color, 70), draws.between(0, 179))


def _box(canvas, draws):
    x, y = draws.between(-20, 520), draws.between(380, 500)
    side = draws.between(60, 110)
    color = draws.hue((20, 90), (90, 220))
    canvas.rectangle(x, y, x + side, y + side, color)
    canvas.rectangle(x, y + side * 2 // 5, x + side, y + side // 2, shade(color, 65))


def _cloud(canvas, draws):
    x, y = draws.between(0, 600), draws.between(20, 150)
    color = draws.vary((235, 235, 240), 18)
    for step in range(-2, 3):
        radius = 44 - 8 * abs(step) + draws.between(-6, 6)
        canvas.disc((x + 36 * step, y), radius, color)


def _post(canvas, draws):
    x, top = draws.between(10, 590), draws.between(150, 330)
    canvas.rectangle(x - 6, top, x + 6, draws.between(460, 560), _muted(draws, 40, 120))
    color = draws.hue((20, 100), (90, 230))
    canvas.rectangle(x - 44, top - 40, x + 44, top + 20, color)


def _stone(canvas, draws):
    center = draws.between(0, 600), draws.between(560, 600)
    color = draws.vary((140, 136, 130), 40)
    canvas.ellipse(center, draws.between(30, 70), draws.between(20, 44), color)


def _tuft(canvas, draws):
    x, y = draws.between(0, 600), draws.between(570, 610)
    color = draws.vary((90, 130, 60), 40)
    for lean in range(-40, 41, 10):
        tip = away((x + lean, y), 270 + lean, draws.between(40, 90))
        canvas.polygon([(x + lean - 6, y), tip, (x + lean + 6, y)], color)
