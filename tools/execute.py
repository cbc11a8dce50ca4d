"""Run notebooks and store their outputs: `python tools/execute.py NOTEBOOK…`.

What changes from run to run without meaning anything (times, the state of widgets,
the version of Python) is not stored. Of an explorer its picture is stored and not its
script, which Jupyter runs only in notebooks that it trusts, and GitHub never.
"""

import argparse
import base64
import io
import pathlib
import shutil
import time

import nbformat
from nbclient import NotebookClient
from PIL import Image

from helpers._support import i18n

# nbval would miss the script.
UNCOMPARED = "nbval-ignore-output"
FONTS = "".join(
    f'@font-face {{ font-family: "{code}"; src: url(data:font/ttf;base64,{font}) }}'
    for code, language in i18n.LANGUAGES.items()
    if language.font
    for font in [base64.b64encode((i18n.ASSETS / language.font).read_bytes()).decode()]
)
PAGE = (
    f"<style>{FONTS} body {{ margin: 12px; width: 880px; color: black; "
    f"font: 15px DejaVu Sans, {', '.join(i18n.LANGUAGES)}, sans-serif }}</style>"
)


def execute(path):
    """Run one notebook from top to bottom, in its own folder, and store it."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    photograph(notebook)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def photograph(notebook):
    """Puts pictures in the place of the explorers' scripts."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "explorer" in output.get("metadata", {}):
                png, sentence = picture(output.data.pop("text/html"))
                output.data["image/png"] = base64.b64encode(png).decode()
                alt = f"{output.data['text/plain']} {sentence}"
                output.metadata["image/png"] = {"alt": alt, "width": 904}
                tags = cell.metadata.get("tags", [])
                cell.metadata["tags"] = sorted({*tags, UNCOMPARED})


def picture(explorer):
    """An explorer's HTML as Chromium draws it: a PNG, and its sentence."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(
            viewport={"width": 904, "height": 600}, device_scale_factor=2
        )
        page.set_content(PAGE)
        # What is drawn before its letters are there is drawn with none.
        page.evaluate("Promise.all([...document.fonts].map((font) => font.load()))")
        page.evaluate(
            "text => document.body.append("
            "document.createRange().createContextualFragment(text))",
            explorer,
        )
        # Sliders that cannot be moved would only promise something.
        page.locator(".controls").evaluate("controls => controls.remove()")
        page.wait_for_timeout(200)
        sentence = page.locator("[aria-live]").inner_text()
        image = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        browser.close()
    buffer = io.BytesIO()
    few = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), sentence


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=pathlib.Path)
    notebooks = parser.parse_args().notebooks
    if not shutil.which("chromium"):
        parser.error("pictures of the explorers need Debian's chromium")
    for path in notebooks:
        start = time.perf_counter()
        execute(path)
        print(f"{path}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
