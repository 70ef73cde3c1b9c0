"""The commands, options and exit codes of the documents are those of the command line."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from orchestration import errors
from orchestration.cli import app
from orchestration.errors import TallyhouseError
from tests.unit.docs.pages import DOCUMENTS, README, command_lines, first_cells, section, spans


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
    "line", ["tallyhouse run --until x", "tallyhouse backfill --from 2026-10-01", "tallyhouse gone"]
)
def test_a_wrong_command_line_is_found(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|Missing"):
        parse(line)


def test_every_command_stands_in_the_table() -> None:
    described = {parse(cell.strip("`")) for cell in first_cells(section("Commands")) if "tallyhouse" in cell}
    assert described == {words for words, _ in command_tree() if words}


def test_every_option_is_described_and_no_other() -> None:
    described = set(re.findall(r"(?<![\w-])--[a-z-]+", " ".join([*spans(README), *command_lines(README)])))
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
