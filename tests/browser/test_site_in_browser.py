"""The lessons as pages from disk, on a telephone and on a screen, and their search."""

import re

import pytest
from conftest import require
from page import ARTIFACTS

from helpers._support import i18n

pytest_plugins = ["page"]

# A word of the lessons, and one that none of them has.
WORDS = {
    "en": ("momentum", "zeppelin"),
    "th": ("เกรเดียนต์", "เรือเหาะ"),
    "zh": ("梯度中心化", "飞艇维修"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the site lies on the disk."""
    require("sphinx", "it comes with `pip install -e .[site]`")
    from website import build

    folder = tmp_path_factory.mktemp("site")
    assert build.build(folder)
    return folder.as_uri()


def opened(browser, address, path, width, scheme="light"):
    """A page from disk, without a network, that asks for nothing from elsewhere."""
    size = {"width": width, "height": 900}
    page = browser.new_page(viewport=size, offline=True, color_scheme=scheme)
    page.elsewhere, page.errors = [], []
    here = (address, "data:", "blob:")
    page.on(
        "request",
        lambda each: each.url.startswith(here) or page.elsewhere.append(each.url),
    )
    page.on("requestfailed", lambda each: page.elsewhere.append(each.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"{address}/{path}")
    return page


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("name", ["index", "one_rule", "gradient_centralization"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_is_no_wider_than_its_window(browser, address, language, name, width):
    page = opened(browser, address, f"{language}/{name}.html", width)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pictures = page.locator("article img")
    assert pictures.count() > 0
    sizes = pictures.evaluate_all("all => all.map(one => one.clientWidth)")
    assert max(sizes) <= width
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"site_{language}_{name}_{width}.png")
    assert page.elsewhere == page.errors == []
    page.close()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_explorers_and_formulas_work_without_a_network(
    browser, address, language, scheme
):
    place = f"{language}/gradient_centralization.html"
    page = opened(browser, address, place, 1280, scheme)
    host = page.locator("[data-explorer]")
    # From the moment when the page has been read.
    assert (
        page.evaluate(
            "const [n] = performance.getEntriesByType('navigation');"
            "n.domInteractive - n.responseEnd"
        )
        < 1000
        and host.locator(".knob").count() == 2
    )
    sentence = host.locator("[aria-live]").inner_text()
    knob = host.locator(".handle").last
    knob.press("Shift+ArrowRight")
    page.wait_for_timeout(200)
    assert host.locator("[aria-live]").inner_text() != sentence
    page.wait_for_selector("mjx-container svg", timeout=20_000)
    asked = page.locator(".math").count()
    page.wait_for_function("document.querySelectorAll('mjx-container').length > 3")
    assert asked > 0 and page.locator("mjx-merror").count() == 0
    # Ink and ground differ in both schemes.
    colors = page.evaluate(
        "[getComputedStyle(document.querySelector('[data-explorer]')).color,"
        " getComputedStyle(document.body).backgroundColor]"
    )
    ink, ground = (sum(map(int, re.findall(r"\d+", each)[:3])) for each in colors)
    assert (ink < 200 < 600 < ground) if scheme == "light" else (ground < 200 < ink)
    host.scroll_into_view_if_needed()
    page.screenshot(path=ARTIFACTS / f"site_explorer_{language}_{scheme}.png")
    assert page.elsewhere == page.errors == []
    page.close()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_search_finds_what_is_there_and_nothing_else(browser, address, language):
    for word, some in zip(WORDS[language], (True, False), strict=True):
        page = opened(browser, address, f"{language}/search.html?q={word}", 1280)
        page.wait_for_selector(".search-summary:not(:empty)")
        page.wait_for_timeout(500)
        assert (page.locator("#search-results li").count() > 0) == some
        page.close()


def test_the_other_language_is_one_click_away(browser, address):
    page = opened(browser, address, "en/one_rule.html", 1280)
    page.click(".languages a[lang=th]")
    page.wait_for_url(f"{address}/th/one_rule.html")
    assert page.locator("html").get_attribute("lang") == "th"
    page.close()
