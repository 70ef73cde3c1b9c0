"""What the documents say is what the code does: commands, options, exit codes, settings, tables, files, names."""

import json
import re
import shlex
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import duckdb
import jsonschema
import pytest
import typer
import yaml
from pydantic import BaseModel

from orchestration import errors
from orchestration.cli import app
from orchestration.demo.home_files import HEADERS, write_blank
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.prices import current_book
from orchestration.reference import read_budgets, read_departments, read_organisation
from orchestration.settings import Settings, Source, load_settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
DOCUMENTS = {"README.md": README, "DECISIONS.md": DECISIONS, "CHANGELOG.md": (ROOT / "CHANGELOG.md").read_text("utf-8")}
PICTURE = "reports/example-statement.png"
CODE = ("orchestration", "reports", "dbt_project", "templates")
# Typed by the reader, not by us: their own names in examples.
EXAMPLES = {"usage", "demo-home"}
# Made by bootstrap.py; not there where the tests run from another environment.
INSTALLED = {".venv", ".tools"}
# Filled in before the settings are checked, so that they are no field of them.
ONLY_IN_THE_FILE = {"notifications.email_url_env"}
SET_FOR_THE_READER = {"now", "sources.NAME.name"}

Column = dict[str, str]


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


@cache
def source_text() -> str:
    """All of the code, to look names up in."""
    kinds = {".py", ".sql", ".yml", ".yaml", ".j2", ".md", ".json"}
    files = [path for part in CODE for path in sorted((ROOT / part).rglob("*")) if path.suffix in kinds]
    return "\n".join(path.read_text(encoding="utf-8") for path in [*files, ROOT / "Makefile", ROOT / "bootstrap.py"])


def is_known(name: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", source_text()) is not None


# Commands and options


def command_lines(text: str) -> Iterator[str]:
    """Every `tallyhouse …` that stands in a block or a span and could be typed."""
    typed = [line for block in blocks(text, "sh") for line in block.splitlines()] + spans(text)
    for line in typed:
        line = line.split("  #")[0].strip()
        if re.match(r"(\.venv/bin/)?tallyhouse \S", line):
            yield line


def parse(line: str) -> tuple[str, ...]:
    """The words of the command that a line is parsed as; raises click's usage error when it is none."""
    context: Any = typer.main.get_command(app).make_context("tallyhouse", shlex.split(line)[1:])
    words: tuple[str, ...] = ()
    while hasattr(context.command, "commands"):
        rest = [*context._protected_args, *context.args]
        # A group alone, such as `tallyhouse alerts`, prints its help.
        if not rest:
            return words
        name, command, rest = context.command.resolve_command(context, rest)
        if hasattr(command, "commands") and not rest:
            return (*words, name)
        context, words = command.make_context(name, rest, parent=context), (*words, name)
    return words


def command_tree() -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every command with the options of its own."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], set[str]]]:
        below = getattr(command, "commands", {})
        if not below or not words:
            yield words, {option for item in command.params for option in item.opts if option.startswith("--")}
        for name, child in below.items():
            yield from walk(child, (*words, name))

    yield from walk(typer.main.get_command(app), ())


@pytest.mark.parametrize("line", sorted({line for text in DOCUMENTS.values() for line in command_lines(text)}))
def test_a_command_line_is_understood(line: str) -> None:
    assert parse(line) is not None


@pytest.mark.parametrize(
    "line", ["tallyhouse run --home x", "tallyhouse backfill --from 2026-10-01", "tallyhouse gone"]
)
def test_a_wrong_command_line_is_found(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|Missing"):
        parse(line)


def test_every_command_stands_in_the_table() -> None:
    described = {parse(cell.strip("`")) for cell in first_cells(section("Commands")) if "tallyhouse" in cell}
    assert described == {words for words, _ in command_tree() if words}


def test_every_option_is_described_and_no_other() -> None:
    described = set(re.findall(r"(?<![\w-])--[a-z]+", " ".join([*spans(README), *command_lines(README)])))
    foreign = {"--strict"}  # mypy's
    assert described - foreign == {option for _, options in command_tree() for option in options}


def test_exit_codes_are_those_of_the_errors() -> None:
    ours = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, TallyhouseError)]
    described = [cell for cell in first_cells(section("Commands")) if cell.isdecimal()]
    assert described == ["0", *sorted({str(item.exit_code) for item in ours})]


def test_help_names_the_exit_codes_of_the_readme() -> None:
    epilog = app.info.epilog
    assert isinstance(epilog, str)
    assert re.findall(r"(?<=[ :])\d(?= )", epilog) == [
        cell for cell in first_cells(section("Commands")) if cell.isdecimal()
    ]


# Settings and tables


def setting_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_keys(inner, f"{prefix}{name}.")
        elif Source in get_args(inner):
            yield from setting_keys(Source, f"{prefix}{name}.NAME.")
        else:
            yield f"{prefix}{name}"


def test_every_setting_is_described_and_no_other() -> None:
    described = {key for cell in first_cells(section("A home")) for key in re.findall(r"`([^`]+)`", cell)}
    assert described == set(setting_keys(Settings)) - SET_FOR_THE_READER | ONLY_IN_THE_FILE


def test_the_example_settings_are_valid(tmp_path: Path) -> None:
    (example,) = blocks(README, "yaml")
    home = Home(tmp_path)
    home.settings_file.write_text(example, encoding="utf-8")
    settings = load_settings(home)
    assert set(settings.sources) == set(yaml.safe_load(example)["sources"])
    mapped = settings.sources["completions"]
    (rows,) = [block for block in blocks(README, "text") if block.startswith("TIMESTAMP,")]
    assert set(rows.splitlines()[0].split(",")) == set(mapped.mapping.values())


def test_defaults_are_those_of_the_settings(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings_file.write_text("organisation: {name: Example Ltd}\nsources: {events: {kind: events}}\n", "utf-8")
    settings = load_settings(home)
    table = section("A home")
    for key, value in {
        "timezone": settings.timezone,
        "currency": settings.currency,
        "sources.NAME.timezone": settings.sources["events"].timezone,
        "notifications.sender": settings.notifications.sender,
        "schedules.nightly": settings.schedules.nightly,
        "schedules.statement_at": settings.schedules.statement_at,
        "schedules.statement_working_day": str(settings.schedules.statement_working_day),
    }.items():
        (row,) = [line for line in table.splitlines() if line.startswith("|") and f"`{key}`" in line.split("|")[1]]
        assert value in row.split("|")[3], key


def test_example_tables_are_accepted(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home)
    by_header = {header: name for name, header in HEADERS.items()}
    written = set()
    for block in blocks(README, "csv"):
        name = by_header[block.splitlines()[0]]
        (home.reference / name).write_text(block, encoding="utf-8")
        written.add(name)
    assert written == {"budgets.csv"}
    assert len(read_budgets(home)) == 2


def test_the_tables_of_a_new_home_are_accepted_with_the_rows_of_their_page(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_blank(home)
    page = (home.reference / "README.md").read_text(encoding="utf-8")
    by_header = {header: name for name, header in HEADERS.items()}
    written = set()
    for body in re.findall(r"(?:^    .+\n)+", page, re.MULTILINE):
        rows = re.sub(r"^    ", "", body, flags=re.MULTILINE)
        name = by_header[rows.splitlines()[0]]
        (home.reference / name).write_text(rows, encoding="utf-8")
        written.add(name)
    assert written == set(HEADERS)
    assert read_budgets(home)
    assert read_organisation(home)
    assert read_departments(home)
    assert "1 override" in current_book(home).label


def test_the_example_event_keeps_the_schema() -> None:
    schema = json.loads((ROOT / "orchestration/sources/events/event.schema.json").read_text(encoding="utf-8"))
    (line,) = blocks(README, "json")
    jsonschema.validate(json.loads(line), schema, format_checker=jsonschema.FormatChecker())


def test_the_example_query_runs_on_the_published_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (query,) = blocks(README, "sql")
    mart = re.search(r"data/marts/current/(\w+)/", query)
    assert mart
    models = [
        model
        for path in (ROOT / "dbt_project/models/marts").rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        if model["name"] == mart[1]
    ]
    columns: list[Column] = models[0]["columns"]
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "marts" / "current" / mart[1]
    folder.mkdir(parents=True)
    empty = ", ".join(f'cast(null as {column["data_type"]}) as "{column["name"]}"' for column in columns)
    with duckdb.connect() as connection:
        connection.execute(f"copy (select {empty} where false) to '{folder}/2026-10.parquet'")
        assert connection.execute(query).fetchall() == []


# Files, names, links


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
