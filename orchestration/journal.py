"""What a run has to say while it works, and what each of its steps found, for whoever started it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

_Report = TypeVar("_Report")


@dataclass
class Journal:
    """Collects the reports of a run's steps; `say` shows one line of progress."""

    say: Callable[[str], None] = lambda _: None
    reports: list[object] = field(default_factory=list)

    def latest(self, kind: type[_Report]) -> _Report | None:
        """The last report of one kind, or None when that step had nothing to do or did not run."""
        return next((report for report in reversed(self.reports) if isinstance(report, kind)), None)


_current: ContextVar[Journal | None] = ContextVar("journal", default=None)


@contextmanager
def keeping(journal: Journal) -> Iterator[Journal]:
    """Steps run inside this block speak to `journal`."""
    token = _current.set(journal)
    try:
        yield journal
    finally:
        _current.reset(token)


def tell(text: str) -> None:
    """One line of progress; silent where nobody listens."""
    journal = _current.get()
    if journal is not None:
        journal.say(text)


def record(report: _Report) -> _Report:
    """Hand a step's report to the run's journal, and back to the caller."""
    journal = _current.get()
    if journal is not None:
        journal.reports.append(report)
    return report
