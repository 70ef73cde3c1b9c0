"""Progress in a pipe: one line for each step."""

import io

import pytest
from rich.console import Console

from orchestration import console


def test_a_step_is_told_once_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(console, "error_stream", lambda: Console(file=stream, soft_wrap=True))
    with console.working() as say:
        for text in (
            "Looking for new files",
            "Landing chat, 0 %",
            "Landed chat, 40 %",
            "Landing chat, 40 %",
            "Landed chat, 60 %",
            "Landed chat, 60 %",
            "Landing gateway, 60 %",
            "Landed gateway, 100 %",
            "Publishing",
        ):
            say(text)
    assert stream.getvalue().splitlines() == [
        "Looking for new files …",
        "Landing chat …",
        "Landing gateway …",
        "Publishing …",
    ]


def test_a_terminal_sees_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(console, "error_stream", lambda: Console(file=stream, force_terminal=True, width=80))
    with console.working() as say:
        say("Landing chat, 40 %")
    assert "40 %" in stream.getvalue()
