"""One file that cannot be meant stops nothing else, and is told until it is mended."""

import json

from orchestration.home import Home
from tests.support.homes import command

MAPPED = (
    "  trace:\n    kind: mapped\n    mapping: {event_at: TIMESTAMP, output_tokens: Generated}\n"
    "    constants: {provider: openai, model: gpt-4o}\n"
)


def test_a_refused_file_is_counted_shown_and_told_by_the_exit_code(home: Home) -> None:
    text = home.settings_file.read_text(encoding="utf-8")
    assert "sources:\n" in text
    home.settings_file.write_text(text.replace("sources:\n", f"sources:\n{MAPPED}"), encoding="utf-8")
    folder = home.inbox / "trace"
    folder.mkdir()
    (folder / "good.csv").write_text("TIMESTAMP,Generated\n2026-11-12 10:00:00,7\n")
    bad = folder / "bad.csv"
    bad.write_text("When,Generated\n2026-11-12 10:00:00,7\n2026-11-12 10:00:01,7\n")

    first = command(home, "run")
    assert first.code == 5, first.err
    assert "1 row from 1 file" in first.out
    assert "\n  refused" in first.out and "2 in 1 file" in first.out
    assert "inbox/trace/bad.csv has no column 'TIMESTAMP'" in first.out

    again = command(home, "run")
    assert again.code == 5 and again.out.startswith("Nothing to do: everything else")
    assert "bad.csv has no column" in again.out
    assert "bad.csv has no column" in command(home, "status").out
    planned = command(home, "run", "--plan")
    assert planned.code == 0 and planned.out.startswith("Nothing to do.") and "bad.csv has no column" in planned.out
    assert [item["path"] for item in json.loads(command(home, "run", "--plan", "--json").out)["refused"]] == [
        "inbox/trace/bad.csv"
    ]
    doctor = command(home, "doctor")
    assert doctor.code == 8 and "refused inbox/trace/bad.csv" in doctor.out

    bad.write_text(bad.read_text().replace("When", "TIMESTAMP"))
    mended = command(home, "run")
    assert mended.code == 0 and "\n  refused" not in mended.out
