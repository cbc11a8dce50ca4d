"""The blocks of a Markdown text that are translated, each by itself.

A block is a heading, a paragraph, a list item, a row of a table or a summary of
`<details>`. Code, and formulas that stand alone, are none.
"""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

# What a program writes into a text, such as the row of badges, is left alone.
GENERATED = re.compile(r"<!-- begin (\w+) -->.*?<!-- end \1 -->", re.DOTALL)
PARSER = MarkdownIt("commonmark").enable("table")
FORMULA_ALONE = re.compile(r"\$\$[^$]*\$\$", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
SUMMARY = re.compile(r"(?P<prefix>.*<summary>)(?P<text>.+)(?P<suffix></summary>.*)")
BADGES = r"(?:\s*\|\s*<!-- badges .*)?"
ROW = re.compile(rf"(?P<prefix>\s*\|?\s*)(?P<text>.*?)(?P<suffix>{BADGES}\s*\|?\s*)")


@dataclass(frozen=True)
class Block:
    """Lines `start` to `end` (exclusive) of a text: `prefix`, `text`, `suffix`.

    `prefix` and `suffix` are Markdown's signs; `text` is for translation.
    """

    start: int
    end: int
    prefix: str
    text: str
    suffix: str = ""


def find_blocks(markdown):
    """The blocks of a Markdown text, in order.

    Args:
        markdown: String.

    Returns:
        List of `Block`.
    """
    lines = markdown.split("\n")
    blocks = []
    in_table = False
    for token in PARSER.parse(markdown):
        if token.type in ("table_open", "table_close"):
            in_table = token.type == "table_open"
        elif token.type == "tr_open":
            row = ROW.fullmatch(lines[token.map[0]])
            blocks.append(Block(*token.map, **row.groupdict()))
        elif token.type == "inline" and not in_table:
            blocks.append(_prose(token, lines))
        elif token.type == "html_block":
            blocks += _summaries(token, lines)
    generated = _generated_lines(markdown)
    return [
        block
        for block in blocks
        if _has_words(block.text) and block.start not in generated
    ]


def translate(markdown, lookup):
    """A Markdown text with each block's text replaced.

    Args:
        markdown: String.
        lookup: Callable from the text of a block to its translation.
    """
    lines = markdown.split("\n")
    for block in reversed(find_blocks(markdown)):
        line = block.prefix + lookup(block.text) + block.suffix
        lines[block.start : block.end] = [line]
    return "\n".join(lines)


def _prose(token, lines):
    first, *_ = token.content.split("\n")
    start, end = token.map
    prefix = lines[start][: lines[start].index(first)]
    text = " ".join(line.strip() for line in token.content.split("\n"))
    return Block(start, end, prefix, text)


def _summaries(token, lines):
    start, end = token.map
    for number in range(start, end):
        if match := SUMMARY.fullmatch(lines[number]):
            yield Block(number, number + 1, **match.groupdict())


def _has_words(text):
    """Whether anything is left to translate beside formulas and HTML's tags."""
    rest = TAG.sub("", FORMULA_ALONE.sub("", text))
    return any(sign.isalpha() for sign in rest)


def _generated_lines(markdown):
    numbers = set()
    for match in GENERATED.finditer(markdown):
        start = markdown.count("\n", 0, match.start())
        numbers.update(range(start, start + match[0].count("\n") + 1))
    return numbers
