"""The lessons as pages, on a telephone and on a screen, and their search."""

import functools
import http.server
import threading

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
    """Where a server on loopback serves the site."""
    require("sphinx", "it comes with `pip install -e .[site]`")
    from website import build

    folder = tmp_path_factory.mktemp("site")
    assert build.build(folder)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def opened(browser, address, path, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    # Badges and formulas come from elsewhere, where a test does not go.
    elsewhere = lambda url: not url.startswith(address)  # noqa: E731
    page.route(elsewhere, lambda route: route.abort())
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
