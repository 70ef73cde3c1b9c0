"""The documents at the top of the checkout, and what stands in them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "DECISIONS.md", "CHANGELOG.md")}
README = DOCUMENTS["README.md"]


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks of one language, without the indent of the list they stand in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


def spans(text: str) -> list[str]:
    """Code spans outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```\w*\n.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))


def section(title: str) -> str:
    """One chapter of the README."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README has no chapter {title!r}"
    return found[1]


def first_cells(table: str) -> list[str]:
    """The first column of a Markdown table, without its head."""
    return [line.split("|")[1].strip() for line in table.splitlines() if re.match(r"\| (?!key|command|exit)", line)]


def command_lines(text: str) -> Iterator[str]:
    """Every `tallyhouse …` that stands in a block or a span and could be typed."""
    typed = [line for block in blocks(text, "sh") for line in block.splitlines()] + spans(text)
    for line in typed:
        line = line.split("  #")[0].strip()
        if re.match(r"(\.venv/bin/)?tallyhouse \S", line):
            yield line
