"""--home, --json and --debug stand on either side of a command; the nearest one to its end wins."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli import app
from orchestration.home import Home

Call = Callable[..., Any]


@pytest.mark.parametrize(
    "words",
    [
        ("--home", "HOME", "--json", "alerts", "list"),
        ("alerts", "--home", "HOME", "--json", "list"),
        ("alerts", "list", "--home", "HOME", "--json"),
        ("--json", "alerts", "list", "--home", "HOME"),
        ("--home", "/nowhere", "alerts", "list", "--json", "--home", "HOME"),
    ],
)
def test_home_and_json_stand_on_either_side(call: Call, home: Home, words: tuple[str, ...]) -> None:
    said = call(*(home.root if word == "HOME" else word for word in words))
    assert (said.code, json.loads(said.out)) == (0, []), said.err


def test_every_command_takes_the_common_options() -> None:
    import typer

    def leaves(command: Any) -> list[Any]:
        below = getattr(command, "commands", {})
        return [leaf for child in below.values() for leaf in leaves(child)] if below else [command]

    for command in leaves(typer.main.get_command(app)):
        options = {option for item in command.params for option in item.opts}
        assert {"--home", "--json", "--debug"} <= options, command.name


def test_one_command_leaves_nothing_to_the_next(call: Call, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.root.parent)
    assert call("--home", home.root, "--json", "alerts", "list").code == 0
    assert call("alerts", "list").code == 2


def test_debug_shows_the_trace_on_either_side_and_keeps_the_exit_code(call: Call, tmp_path: Path) -> None:
    plain = call("status", "--home", tmp_path)
    assert plain.code == 2 and "Traceback" not in plain.err
    for words in (("--debug", "status"), ("status", "--debug")):
        said = call(*words, "--home", tmp_path)
        assert said.code == 2 and "Traceback" in said.err and "There is no tallyhouse.yaml" in said.err


def test_doctor_and_init_speak_json(call: Call, home: Home, tmp_path: Path) -> None:
    findings = json.loads(call("doctor", "--json", "--home", home.root).out)
    assert {"topic", "ok", "detail"} == set(findings[0])
    written = json.loads(call("init", tmp_path / "new", "--json").out)
    assert written == {"events": None, "folder": str(tmp_path / "new")}


def test_doctor_asks_for_the_libraries_that_drawing_needs(
    call: Call, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_pdf() -> dict[str, object]:
        found: dict[str, object]
        (found,) = (
            item for item in json.loads(call("doctor", "--json", "--home", home.root).out) if item["topic"] == "PDF"
        )
        return found

    assert of_pdf()["ok"] is True
    monkeypatch.setattr("weasyprint.text.ffi.harfbuzz_subset", None)
    hidden = of_pdf()
    assert hidden["ok"] is False and "libharfbuzz-subset0" in str(hidden["detail"])


def test_doctor_names_a_folder_that_no_source_reads_once_something_lies_in_it(call: Call, home: Home) -> None:
    dropped = home.root / "inbox" / "gateway" / "2026"
    dropped.mkdir(parents=True)
    assert "inbox/gateway" not in call("doctor", "--home", home.root).out
    (dropped / "spend.jsonl").write_text("{}\n", encoding="utf-8")
    assert "no source reads it: add gateway to" in call("doctor", "--home", home.root).out


def test_a_folder_that_cannot_be_a_home_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    said = call("init", tmp_path / "file")
    assert said.code == 2 and "is a file" in said.err


def test_help_begins_with_what_a_new_user_needs(call: Call) -> None:
    names = [line.split()[1] for line in call("--help").out.split("Commands")[1].splitlines() if line.startswith("│ ")]
    assert [name for name in names if name in ("init", "run", "report", "close", "status")] == [
        "init", "run", "report", "close", "status",
    ]  # fmt: skip


def test_help_needs_less_than_half_a_second_of_work_and_nothing_heavy() -> None:
    code = (
        "import sys, resource\n"
        "from orchestration.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print('USED', used.ru_utime + used.ru_stime)\n"
        "print('HEAVY', sorted({'duckdb', 'dagster', 'dbt', 'yaml', 'pydantic', 'apprise'} & set(sys.modules)))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "HEAVY []" in out
    assert float(out.split("USED ")[1].split()[0]) < 0.5
