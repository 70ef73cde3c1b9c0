"""What was written, counted while writing: the yardstick of the end-to-end tests."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class SourceTally:
    """Lines of one source. delivered = events + repeats + redelivered + quarantined + not_usage, exactly.

    events: distinct usage events. repeats: readable rows of an event already counted (a streamed message's
    other lines, an earlier state of a grown file). redelivered: all rows of a file that came twice.
    quarantined: rows that cannot be read. not_usage: session lines that bear no usage.
    """

    files: int
    delivered: int
    events: int
    repeats: int
    redelivered: int
    quarantined: int
    not_usage: int


@dataclass(frozen=True)
class DemoSummary:
    """The example company in numbers; `irregularities` names each planted fault with its file."""

    first_day: date
    last_day: date
    by_source: dict[str, SourceTally]
    departments: int
    projects: int
    people: int
    failed_events: int
    untagged_events: int
    unknown_model_events: int
    doubled_day: date
    doubled_events: int
    late_day: date
    late_events: int
    over_budget_last_month: str
    crossing_this_month: tuple[str, ...]
    irregularities: tuple[str, ...]

    def _sum(self, field: str) -> int:
        return sum(int(getattr(tally, field)) for tally in self.by_source.values())

    @property
    def files(self) -> int:
        return self._sum("files")

    @property
    def delivered(self) -> int:
        return self._sum("delivered")

    @property
    def events(self) -> int:
        return self._sum("events")

    @property
    def duplicates(self) -> int:
        """Rows that say again what was already counted, whatever the reason."""
        return self._sum("repeats") + self._sum("redelivered")

    @property
    def quarantined(self) -> int:
        return self._sum("quarantined")

    @property
    def not_usage(self) -> int:
        return self._sum("not_usage")
