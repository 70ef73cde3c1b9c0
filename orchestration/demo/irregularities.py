"""What goes wrong in real logs, planted on known days."""

from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.demo.season import bank_holidays, months_back


@dataclass(frozen=True)
class Calendar:
    """On which day each irregularity lies; all follow from the last day of data."""

    doubled: date
    late: date
    late_arrival: date
    grown: date
    redelivered: date
    torn: date
    wrong_encoding: date
    negative: date
    midnight: date
    csv_from: date

    @property
    def csv_days(self) -> frozenset[date]:
        """A week that another team exported, as CSV instead of JSONL."""
        return frozenset(self.csv_from + timedelta(days=n) for n in range(7))


def calendar(until: date) -> Calendar:
    """The days of the irregularities for data that ends on `until`."""
    doubled = months_back(until, 1) + timedelta(days=15)
    while doubled.weekday() >= 5 or doubled in bank_holidays(doubled.year):
        doubled += timedelta(days=1)
    midnight = until - timedelta(days=12)
    while midnight.weekday() > 2:
        midnight -= timedelta(days=1)
    return Calendar(
        doubled=doubled,
        late=until - timedelta(days=10),
        late_arrival=until - timedelta(days=3),
        grown=until - timedelta(days=15),
        redelivered=until - timedelta(days=20),
        torn=until - timedelta(days=25),
        wrong_encoding=until - timedelta(days=40),
        negative=until - timedelta(days=33),
        midnight=midnight,
        csv_from=months_back(until, 10) + timedelta(days=6),
    )


def torn(line: str) -> str:
    """The beginning of a line whose end never arrived."""
    return line[: len(line) * 2 // 3]


def wrong_encoding(line: str) -> str:
    """The same line with a Latin-1 é in the channel: one byte that is no UTF-8."""
    return line.replace('"channel":"', '"channel":"caf\udce9 ', 1)


def negative(line: str) -> str:
    """The same line with a count below zero."""
    return line.replace('"uncached_input_tokens":', '"uncached_input_tokens":-', 1)
