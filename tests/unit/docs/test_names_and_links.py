"""Files, identifiers, printed labels and links of the documents exist."""

import re
import struct
from functools import cache
from pathlib import Path

import pytest

from orchestration.demo.home_files import HEADERS
from orchestration.home import Home
from tests.unit.docs.pages import DOCUMENTS, README, ROOT, blocks, section, spans

PICTURE = "reports/example-statement.png"
CODE = ("orchestration", "reports", "dbt_project", "templates")
# Typed by the reader, not by us: their own names in examples.
EXAMPLES = {"usage", "demo-home"}
# Made by bootstrap.py; not there where the tests run from another environment.
INSTALLED = {".venv", ".tools"}


@cache
def source_text() -> str:
    """All of the code, to look names up in."""
    kinds = {".py", ".sql", ".yml", ".yaml", ".j2", ".md", ".json"}
    files = [path for part in CODE for path in sorted((ROOT / part).rglob("*")) if path.suffix in kinds]
    return "\n".join(path.read_text(encoding="utf-8") for path in [*files, ROOT / "Makefile", ROOT / "bootstrap.py"])


def is_known(name: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", source_text()) is not None


def home_paths() -> set[str]:
    """Every path that Home names, relative to it."""
    home = Home(Path("/h"))
    names = [name for name, item in vars(Home).items() if isinstance(item, property)]
    return {getattr(home, name).relative_to(home.root).as_posix() for name in names}


def is_path(span: str) -> bool:
    return re.fullmatch(r"[\w.<>*-]+(/[\w.<>*-]+)*/?", span) is not None and (
        "/" in span or re.search(r"\.(md|py|csv|yaml|sqlite|duckdb|lock|json|parquet|pdf)$", span) is not None
    )


def path_exists(path: str) -> bool:
    """Whether a path is one of the checkout, of a home, or of the home of the reader's example."""
    path = path.rstrip("/")
    head, _, rest = path.partition("/")
    if head in EXAMPLES and rest:
        path = rest
    if head in INSTALLED:
        return f'"{head}"' in (ROOT / "bootstrap.py").read_text(encoding="utf-8")
    if (ROOT / path).exists() or any(path == known or path.startswith(f"{known}/*") for known in home_paths()):
        return True
    inside = any(path.startswith(f"{known}/") for known in home_paths() | {"reference", "inbox", "statements"})
    words = [word for word in path.split("/") if not re.search(r"[<*]|YYYY|\d{4}-\d\d", word)]
    # Below a known folder each word must be one that the code writes.
    return (inside or len(words) == 1) and all(is_known(word) or is_reference(word) for word in words)


def is_reference(word: str) -> bool:
    return f"{word}.csv" in HEADERS or word in HEADERS


def named_paths(text: str) -> set[str]:
    return {span for span in spans(text) if is_path(span) and not span.startswith((".jsonl", ".csv"))}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_named_files_exist(name: str) -> None:
    examples = {"monday.jsonl", "export.csv", "inbox/NAME", "inbox/<name>"}
    assert [path for path in sorted(named_paths(DOCUMENTS[name]) - examples) if not path_exists(path)] == []


def test_the_list_of_a_home_names_real_paths() -> None:
    (listing,) = [block for block in blocks(README, "text") if block.startswith("tallyhouse.yaml")]
    paths = re.findall(r"(?<![\w/])(?:[\w.-]+/)+[\w.*<>-]*|^[\w.]+(?=  )", listing, re.MULTILINE)
    assert [path for path in paths if path != "inbox/<source>/" and not path_exists(path)] == []
    assert {"tallyhouse.yaml", "data/raw/", "data/ledger-backups/", "messages/"} <= set(paths)


def test_an_invented_file_is_found() -> None:
    assert not path_exists("data/nowhere.sqlite")
    assert not path_exists("orchestration/nowhere.py")
    assert path_exists("usage/data/quarantine")


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_named_identifiers_exist_in_the_code(name: str) -> None:
    """Columns, marts, jobs, sensors, settings, environment variables: whatever is written with underscores."""
    found = {
        word
        for span in spans(DOCUMENTS[name])
        for word in re.findall(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+", span)
        if not is_path(span) or "/" not in span
    }
    assert found
    assert [word for word in sorted(found) if not is_known(word) and word != "PIP_INDEX_URL"] == []


def test_jobs_and_sensors_are_those_of_dagster() -> None:
    from orchestration.assets import jobs

    text = section("Dagster")
    described = re.search(r"Jobs: (.*?)\.\s", text, re.DOTALL)
    assert described
    assert set(re.findall(r"`(\w+)`", described[1])) == set(jobs.jobs())
    sensors = (ROOT / "orchestration" / "sensors.py").read_text(encoding="utf-8")
    for name in re.findall(r'name="(\w+)"', sensors):
        assert f"`{name}`" in text


def test_the_closing_table_is_the_one_that_is_printed() -> None:
    (table,) = [block for block in blocks(README, "text") if block.startswith("This run landed")]
    printed = (ROOT / "orchestration" / "console.py").read_text(encoding="utf-8")
    labels = [line[:23].rstrip() for line in table.splitlines() if line[:23].strip()]
    assert len(labels) >= 9
    missing = [label for label in labels if f'"{label}"' not in printed and not label.startswith("Spend of ")]
    assert missing == []
    assert 'f"Spend of {' in printed
    fates = {
        name: int(count.replace(",", "")) for name, count in re.findall(r"^  ([a-z ]+?) {2,}([\d,]+)", table, re.M)
    }
    delivered = re.search(r"Rows delivered +([\d,]+)", table)
    assert delivered
    assert int(delivered[1].replace(",", "")) == sum(fates.values())


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_links_and_their_anchors_resolve(name: str) -> None:
    broken = []
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", DOCUMENTS[name]):
        target, _, anchor = link.partition("#")
        path = ROOT / target if target else ROOT / name
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


def test_the_picture_is_small_and_wide() -> None:
    assert f"]({PICTURE})" in README
    content = (ROOT / PICTURE).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < 250_000
    width, height = struct.unpack(">II", content[16:24])
    assert width > height > 600


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_code_spans_end_on_their_line(name: str) -> None:
    prose = re.sub(r"^ *```\w*\n.*?^ *```", "", DOCUMENTS[name], flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if line.count("`") % 2] == []
