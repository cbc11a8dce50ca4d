"""A notebook in a browser, as a learner sees it."""

import os
import pathlib
import shutil

import pytest

ARTIFACTS = pathlib.Path(__file__).parents[1] / "artifacts"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PANEL = ".live-clock"


def launch(playwright):
    """Debian's Chromium, without a window."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=ARGUMENTS
    )


def missing():
    if shutil.which("chromium") is None:
        return "Debian's chromium is not installed"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return None


@pytest.fixture(scope="module")
def browser():
    why = missing()
    if why and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


class NotebookPage:
    """A notebook open in JupyterLab.

    Args:
        browser: Playwright's browser.
        url: Address of the notebook.
        width: Width of the window in pixels.
        height: Height of the window in pixels.
    """

    def __init__(self, browser, url, width=1280, height=900):
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.goto(url)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)

    def run_all(self, timeout=600_000):
        """Runs all cells and waits until the last one has its number."""
        self.page.set_default_timeout(15_000)
        # Before its kernel is there, JupyterLab would ask which one to take.
        self.page.wait_for_selector("text=/\\| Idle/", timeout=60_000)
        self.page.click(".lm-MenuBar-itemLabel:text-is('Run')")
        self.page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
        select = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt"
        self.page.wait_for_function(
            """selector => {
                const prompts = [...document.querySelectorAll(selector)];
                // A folded cell has none; what cannot be run is never reached.
                const last = prompts.at(-1);
                return last && /\\d/.test(last.textContent);
            }""",
            arg=select,
            timeout=timeout,
        )

    def explorer(self):
        """The explorer, which is no widget."""
        return self.page.locator("[data-explorer]").first

    def run_cell(self, index):
        """Runs the cell with this number once more."""
        self.page.locator(".jp-CodeCell .jp-InputArea-editor").nth(index).click()
        self.page.keyboard.press("Control+Enter")

    def new_view(self, index):
        """Opens the output of the cell with this number in a view of its own."""
        area = self.page.locator(".jp-CodeCell .jp-Cell-outputArea").nth(index)
        area.scroll_into_view_if_needed()
        area.locator(".widget-image").click(button="right")
        self.page.click(".lm-Menu-itemLabel:has-text('Create New View')")
        self.page.wait_for_selector(f".jp-LinkedOutputView {PANEL}")

    def panels(self):
        """How many live panels are on the page."""
        return self.page.locator(PANEL).count()

    def panel(self, index=0):
        """The live panel with this number."""
        play = self.page.locator(PANEL).nth(index)
        play.scroll_into_view_if_needed(timeout=60_000)
        box = play.locator("xpath=ancestor::div[contains(@class, 'widget-vbox')][1]")
        return PanelOnPage(self.page, box)


class PanelOnPage:
    """A live panel on a page."""

    def __init__(self, page, box):
        self.page, self.box = page, box

    def play(self):
        """Presses the clock's button: play, or pause."""
        self.box.locator(PANEL).click()

    def label(self):
        """What the clock's button would do."""
        return self.box.locator(PANEL).get_attribute("aria-label")

    def button(self, index):
        """The button with this number, after the play button's own."""
        return self.box.locator(f"button.widget-button:not({PANEL})").nth(index)

    def slider(self, label):
        return self.box.locator(".widget-slider").filter(has_text=label)

    def press_handle(self, label):
        """Presses the mouse on a slider's handle, and returns the slider's box."""
        slider = self.slider(label)
        handle = slider.locator(".noUi-handle").bounding_box()
        x = handle["x"] + handle["width"] / 2
        self.page.mouse.move(x, handle["y"] + handle["height"] / 2)
        self.page.mouse.down()
        return slider.locator(".noUi-target").bounding_box()

    def drag_to(self, track, share, steps=12):
        """Moves the pressed handle to a share of the track's length."""
        x = track["x"] + share * track["width"]
        self.page.mouse.move(x, track["y"] + track["height"] / 2, steps=steps)

    def type(self, index, text):
        """Types into the text box with this number."""
        box = self.box.locator("input[type=text]").nth(index)
        box.fill(text)
        box.press("Enter")

    def text(self):
        return self.box.inner_text()

    def overlaps(self):
        """Pairs of visible parts that cover one another, and parts that are cut off."""
        return self.box.evaluate(
            """box => {
                const selectors = 'button.widget-button, .widget-slider,'
                    + ' .widget-text, .widget-html-content > span, .widget-hprogress,'
                    + ' .widget-image';
                const parts = [...box.querySelectorAll(selectors)]
                    .filter(p => p.offsetWidth && p.offsetHeight
                        && !p.parentElement.closest(selectors));
                const area = box.closest('.jp-OutputArea-output')
                    .getBoundingClientRect();
                const wrong = [];
                const name = p => p.className + ' ' + p.textContent.slice(0, 30);
                parts.forEach((p, i) => {
                    const a = p.getBoundingClientRect();
                    if (a.right > area.right + 1 || a.left < area.left - 1)
                        wrong.push('cut off: ' + name(p));
                    if (p.scrollWidth > p.clientWidth + 2 && p.clientWidth)
                        wrong.push('too narrow: ' + name(p));
                    parts.slice(i + 1).forEach(q => {
                        const b = q.getBoundingClientRect();
                        const across = Math.min(a.right, b.right)
                            - Math.max(a.left, b.left);
                        const down = Math.min(a.bottom, b.bottom)
                            - Math.max(a.top, b.top);
                        if (across > 2 && down > 2)
                            wrong.push('overlap: ' + name(p) + ' / ' + name(q));
                    });
                });
                return wrong;
            }"""
        )
