"""The explorers under a hand: mouse, finger and keys, in a page of their own, in
JupyterLab with a kernel that is busy, gone or was never there, and in Notebook 7."""

import base64
import pathlib
import shutil

import pytest
from page import ARTIFACTS, NotebookPage
from server import Lab, notebook_of, until

from helpers._support import i18n
from helpers.live import explorers

pytest_plugins = ["page"]

ROOT = pathlib.Path(__file__).parents[2]
KINDS = [
    "BallExplorer",
    "ConditionalGradientExplorer",
    "GradientCentralizationExplorer",
]
COLORS = {"light": ("white", "black"), "dark": ("#131416", "#cfd0d0")}
SENTENCE, PROBLEM = "[aria-live]", "[role=alert]"
# Frames with a new picture in a second of dragging around, and the fastest of three.
PICTURES = """async knob => {
    // A made-up pointer cannot be captured.
    knob.setPointerCapture = () => {};
    const fire = (type, x, y) => knob.dispatchEvent(new PointerEvent(type, {
        clientX: x, clientY: y, pointerId: 7, bubbles: true, cancelable: true }));
    const box = knob.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    let count = 0;
    new MutationObserver(() => count++).observe(
        knob, { attributeFilter: ['transform'] });
    const frame = () => new Promise(requestAnimationFrame);
    const rates = [];
    fire('pointerdown', x, y);
    for (let round = 0; round < 3; round++) {
        const start = performance.now();
        count = 0;
        for (let i = 0; performance.now() < start + 1000; i++) {
            fire('pointermove', x + 30 * Math.cos(i / 9), y + 30 * Math.sin(i / 9));
            await frame();
        }
        rates.push(count * 1000 / (performance.now() - start));
    }
    fire('pointerup', x, y);
    return Math.max(...rates);
}"""
# Words that stick out of the page or of one another's place.
CUT_OFF = """host => {
    const wrong = [];
    const page = document.documentElement.clientWidth;
    const parts = [...host.shadowRoot.querySelectorAll(
        'figcaption, text, .axis, .legend li, .controls span, input, button, p')];
    for (const part of parts) {
        const box = part.getBoundingClientRect();
        if (!box.width) continue;
        const name = part.textContent || part.getAttribute('aria-label');
        if (box.left < -1 || box.right > page + 1) wrong.push('outside: ' + name);
        if (part.tagName !== 'text' && part.scrollWidth > part.clientWidth + 1
            && part.clientWidth) wrong.push('cut off: ' + name);
        if (part.tagName === 'text') {
            const size = parseFloat(getComputedStyle(part).fontSize)
                * part.ownerSVGElement.getBoundingClientRect().width / 360;
            if (size < 10) wrong.push('small: ' + name);
        }
    }
    const words = parts.filter(p => !p.matches('.controls > *'));
    words.forEach((p, i) => words.slice(i + 1).forEach(q => {
        const [a, b] = [p, q].map(each => each.getBoundingClientRect());
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 2 && down > 4) wrong.push(p.textContent + ' / ' + q.textContent);
    }));
    return wrong;
}"""


def page_of(content, theme="light"):
    """A page with letters of all languages."""
    fonts = "".join(
        f'@font-face {{ font-family: "{code}"; src: url(data:font/ttf;base64,{data}) }}'
        for code, each in i18n.LANGUAGES.items()
        if each.font
        for data in [base64.b64encode((i18n.ASSETS / each.font).read_bytes()).decode()]
    )
    ground, ink = COLORS[theme]
    families = ", ".join(i18n.LANGUAGES)
    style = f"background: {ground}; color: {ink}; font: 16px Arial, {families}"
    head = f"<!doctype html><meta charset=utf-8><style>{fonts}"
    return f"{head} body {{ {style}; margin: 16px }}</style>{content}"


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens explorers from disk, without a network."""
    contexts = []

    def open_(*kinds, width=1280, language="en", theme="light", touch=False):
        i18n.set_language(language)
        content = "".join(getattr(explorers, kind)().html() for kind in kinds)
        i18n.set_language("en")
        path = tmp_path / "page.html"
        path.write_text(page_of(content, theme), "utf-8")
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, offline=True, has_touch=touch)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector(".knob")
        return page

    yield open_
    for context in contexts:
        context.close()


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, locator, across, up):
    x, y = middle(locator)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y - up, steps=8)
    page.mouse.up()
    page.wait_for_timeout(100)


def handle(scope, name):
    return scope.get_by_role("slider", name=name).and_(scope.locator(".handle"))


def box(scope, name):
    return scope.locator(f'input[inputmode][aria-label="{name}"]')


def number(scope, name):
    return float(box(scope, name).input_value().replace("−", "-"))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", COLORS)
def test_every_word_has_its_place(opened, language, width, theme):
    page = opened(*KINDS, width=width, language=language, theme=theme)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for host in page.locator("[data-explorer]").all():
        assert host.evaluate(CUT_OFF) == []
    ARTIFACTS.mkdir(exist_ok=True)
    name = f"explorers_{language}_{width}_{theme}.png"
    page.screenshot(path=ARTIFACTS / name, full_page=True)
    assert page.errors == []


def test_what_is_seen_is_dragged(opened):
    page = opened("BallExplorer")
    drag(page, handle(page, "Tip of the gradient"), -300, 10)
    angle = number(page, "Angle of the gradient (°)")
    assert 135 < angle < 180
    assert f"points to {angle:g}°" in page.locator(SENTENCE).inner_text()
    # The edge can be taken anywhere: here at its right end.
    disc = page.locator(".rim").bounding_box()  # with its breadth, a twelfth
    x, y = disc["x"] + 0.96 * disc["width"], disc["y"] + disc["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 0.25 * disc["width"], y)
    page.mouse.up()
    until(lambda: number(page, "Radius of the ball λ") < 0.6)

    page = opened("ConditionalGradientExplorer")
    before = page.locator(SENTENCE).inner_text()
    drag(page, handle(page, "Start"), 60, -120)
    assert page.locator(SENTENCE).inner_text() != before
    assert number(page, "Start, entry 2") < 0
    drag(page, handle(page, "Edge of the ball"), 60, -60)
    assert number(page, "Radius of the ball λ") > 2
    assert page.get_by_role("checkbox").is_checked()
    slider = page.get_by_role("slider", name="Step size").and_(page.locator("input"))
    slider.press("ArrowRight")
    assert not page.get_by_role("checkbox").is_checked()

    page = opened("GradientCentralizationExplorer")
    drag(page, handle(page, "Mean μ of the inputs"), 41, 40)
    first, second = (number(page, f"Mean μ of the inputs, entry {i}") for i in (1, 2))
    assert first == second > 2 and "diverges" in page.locator(SENTENCE).inner_text()


def test_a_finger_does_it_too(opened):
    page = opened("BallExplorer", width=390, touch=True)
    x, y = middle(handle(page, "Tip of the gradient"))
    client = page.context.new_cdp_session(page)
    for kind, across in (("Start", 0), ("Move", -40), ("Move", -90), ("End", None)):
        points = [] if across is None else [{"x": x + across, "y": y}]
        event = {"type": f"touch{kind}", "touchPoints": points}
        client.send("Input.dispatchTouchEvent", event)
    until(lambda: number(page, "Angle of the gradient (°)") > 45)
    assert page.evaluate("scrollY") == 0


def test_keys_move_what_has_the_focus(opened):
    page = opened("ConditionalGradientExplorer")
    start = handle(page, "Start")
    start.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    until(lambda: box(page, "Start, entry 1").input_value() == "−1.1")
    assert box(page, "Start, entry 2").input_value() == "0.65"
    until(lambda: start.get_attribute("aria-valuetext") == "−1.1, 0.65")
    handle(page, "Edge of the ball").press("ArrowUp")
    assert box(page, "Radius of the ball λ").input_value() == "1.55"
    # The page stays where it is.
    assert page.evaluate("scrollY") == 0


def test_the_named_balls_and_their_exponent_go_together(opened):
    page = opened("BallExplorer")
    exponent = box(page, "Exponent p of the norm")
    for name, p, said in (
        ("diamond", "1", "(1, 0)"),
        ("square", "30", "p = ∞"),
        ("disc", "2", "(0.866, 0.5)"),
    ):
        page.get_by_role("button", name=name).click()
        assert exponent.input_value() == p
        until(lambda said=said: said in page.locator(SENTENCE).inner_text())
        pressed = page.locator("button[aria-pressed=true]")
        assert pressed.all_inner_texts() == [name]
    exponent.fill("3")
    exponent.press("Enter")
    until(lambda: page.locator("button[aria-pressed=true]").count() == 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_value_is_explained_and_changes_nothing(opened, kind):
    page = opened(kind)
    before = page.locator(SENTENCE).inner_text()
    for field in page.locator("input[inputmode]").all():
        shown = field.input_value()
        for typed in ("x", "-77", "1e9", " "):
            field.fill(typed)
            field.press("Enter")
            message = page.locator(PROBLEM).inner_text()
            assert f"“{typed}”" in message and "is not a number from" in message
            assert field.get_attribute("aria-label") in message
            assert field.input_value() == shown
    page.wait_for_timeout(100)
    assert page.locator(SENTENCE).inner_text() == before
    field.fill("1.2")
    field.press("Enter")
    assert page.locator(PROBLEM).inner_text() == ""
    until(lambda: page.locator(SENTENCE).inner_text() != before)


def test_what_a_screen_reader_finds(opened):
    page = opened(*KINDS)
    for host in page.locator("[data-explorer]").all():
        names = host.locator("svg[role=group]").evaluate_all(
            "all => all.map(svg => svg.getAttribute('aria-label'))"
        )
        assert len(names) >= 2 and all(names)
        sliders = host.get_by_role("slider").all()
        assert all(slider.get_attribute("aria-label") for slider in sliders)
        assert len(sliders) >= 3
        sentence = host.locator(SENTENCE)
        sliders[0].press("ArrowRight")
        until(lambda s=sentence: s.get_attribute("aria-busy") == "true")
        until(lambda s=sentence: s.get_attribute("aria-busy") == "false")


def test_several_on_a_page_do_not_disturb_one_another(opened):
    page = opened("BallExplorer", "BallExplorer")
    first, second = page.locator("[data-explorer]").all()
    second.get_by_role("button", name="square").click()
    until(lambda: "p = ∞" in second.locator(SENTENCE).inner_text())
    assert "p = 2" in first.locator(SENTENCE).inner_text()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    try:
        lab.wait()
        yield lab
    finally:
        lab.stop()


CELLS = [
    "import helpers\nhelpers.setup('en')\nfrom helpers import live",
    *(f"live.{kind}()" for kind in KINDS),
    "live.BallExplorer()",
    "while True:\n    pass",
]


def test_in_jupyterlab_while_the_kernel_is_busy(lab, browser):
    lab.add("explorers.ipynb", notebook_of(CELLS))
    page = NotebookPage(browser, lab.url("explorers.ipynb"))
    errors = []
    page.page.on("pageerror", lambda error: errors.append(str(error)))
    page.page.set_default_timeout(15_000)
    page.page.wait_for_selector("text=/\\| Idle/", timeout=60_000)
    page.page.click(".lm-MenuBar-itemLabel:text-is('Run')")
    page.page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
    hosts = page.page.locator("[data-explorer]")
    until(lambda: hosts.locator(".graphs").count() == 4, 120)
    page.page.wait_for_selector("text=/\\| Busy/", timeout=60_000)
    for host in hosts.all():
        knob = host.locator(".handle").last
        knob.scroll_into_view_if_needed()
        rate = knob.evaluate(PICTURES)
        print(f"{host.get_attribute('data-explorer')}: {rate:.0f} pictures a second")
        assert rate >= 50
    # Keys belong to the slider, and to no cell.
    active = ".jp-Cell.jp-mod-active"
    slider = hosts.nth(1).locator("input[type=range]").first
    slider.focus()
    cell, before = page.page.locator(active).inner_text(), slider.input_value()
    for key in ("ArrowRight", "ArrowUp"):
        page.page.keyboard.press(key)
    assert slider.input_value() != before
    knob = hosts.nth(1).locator(".handle").last
    knob.focus()
    where = knob.get_attribute("transform")
    page.page.keyboard.press("ArrowRight")
    until(lambda: knob.get_attribute("transform") != where)
    assert page.page.locator(active).inner_text() == cell
    assert page.page.locator(".jp-Cell").count() == len(CELLS)

    # Saved, and opened again: the kernel that made it is gone.
    page.page.keyboard.press("Control+s")
    saved = lab.notebooks / "explorers.ipynb"
    until(lambda: saved.read_text("utf-8").count("text/html") == 4)
    lab.stop_kernels()
    page.page.reload()
    until(lambda: hosts.locator(".graphs").count() == 4, 60)
    square = hosts.first.get_by_role("button", name="square")
    square.click()
    until(lambda: "p = ∞" in hosts.first.locator(SENTENCE).inner_text())
    page.page.screenshot(path=ARTIFACTS / "explorers_reopened.png")
    assert errors == []
    page.page.close()


def test_a_fresh_clone_shows_the_picture(lab, browser):
    """Nothing of it was run here, so JupyterLab trusts no script in it."""
    shutil.copy(ROOT / "notebooks/zh/one_rule.ipynb", lab.notebooks / "fresh.ipynb")
    page = NotebookPage(browser, lab.url("fresh.ipynb"))
    cell = page.page.locator(".jp-CodeCell").filter(has_text="live.BallExplorer()")
    shown = cell.locator(".jp-OutputArea-output img")
    shown.wait_for(timeout=30_000)
    assert shown.evaluate("image => image.naturalWidth") > 800
    page.page.close()


def test_in_notebook_7(lab, browser):
    lab.add("explorers_7.ipynb", notebook_of(CELLS[:3]))
    page = NotebookPage(browser, lab.url("explorers_7.ipynb", "notebooks"))
    page.page.set_default_timeout(15_000)
    until(lambda: lab.running("explorers_7.ipynb"))
    for cell in range(3):
        page.run_cell(cell)
    host = page.page.locator("[data-explorer]").first
    until(lambda: host.locator(".knob").count() > 0)
    host.get_by_role("button", name="diamond").click()
    until(lambda: "p = 1 " in host.locator(SENTENCE).inner_text())
    page.page.close()
