"""The figures of a month a second time: plain Python and Decimals, from the inbox and the price package alone.

Written from the documentation, not from the SQL: it reads tallyhouse.yaml, the raw files (recompute_reading) and the
reference tables, and asks for prices outside the product (recompute_prices). It imports nothing of the product.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import yaml

from tests.end_to_end.recompute_prices import PARTS, PackagePrices, Quote, holds
from tests.end_to_end.recompute_reading import TOKENS, Record, records

COUNTS = ("requests", "failed_requests", *TOKENS, "total_tokens", "web_search_calls")
COSTS = (*PARTS, "effective_cost", "estimated_cost")
KEYS = ("department", "cost_centre", "project", "provider", "model", "service_tier", "is_priced")
_STANDARD = ("", "default", "auto", "standard_only")


class Prices(Protocol):
    """Where a second opinion on prices comes from."""

    def quote(self, record: Record, at: datetime, tier: str) -> Quote: ...


@dataclass
class Month:
    """Measures by KEYS; a cost is None where nothing of it is known. `duplicates` leaves re-sent files out."""

    rows: dict[tuple[Any, ...], dict[str, Any]]
    active_days: dict[tuple[Any, ...], int]
    events: int
    duplicates: int


def recompute(home: Path, month: date, prices: Prices | None = None) -> Month:
    """Everything that `month` (its first day) holds by the home's inbox and reference tables.

    `prices`: the price package with the home's overrides, unless given.
    """
    settings = yaml.safe_load((home / "tallyhouse.yaml").read_text(encoding="utf-8"))
    zone = ZoneInfo(settings["timezone"])
    delivered: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records(home, settings["sources"]):
        delivered[record.source, record.event_id].append(record)
    people, prices = Reference(home), prices or PackagePrices(_table(home, "price_overrides.csv"))
    convert = Conversion(home, settings.get("currency", "USD"))
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    days: dict[tuple[Any, ...], set[date]] = defaultdict(set)
    found = Month(rows, {}, 0, 0)
    with localcontext() as context:
        context.prec = 80
        for told in delivered.values():
            first = min(record.at for record in told)
            day = first.astimezone(zone).date()
            if day.replace(day=1) != month:
                continue
            largest = max(told, key=lambda record: (record.answer, record.at))
            key, measures = _measured(largest, first, day, people, prices, convert)
            _add(rows.setdefault(key, dict.fromkeys((*COUNTS, *COSTS))), measures)
            days[key].add(day)
            found.events += 1
            found.duplicates += len(told) - 1
    found.active_days = {key: len(active) for key, active in days.items()}
    return found


def _add(total: dict[str, Any], measures: dict[str, Any]) -> None:
    for name, value in measures.items():
        if value is not None:
            total[name] = value if total[name] is None else total[name] + value


# Whose it was ---------------------------------------------------------------------------------------------------------


def _table(home: Path, name: str) -> list[dict[str, str]]:
    with (home / "reference" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Reference:
    """The organisation and its departments as dated rows."""

    def __init__(self, home: Path) -> None:
        self._members: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for row in _table(home, "organisation.csv"):
            self._members[row["member_type"], row["member"]].append(row)
        self._departments = _table(home, "departments.csv")

    def owner(self, said: dict[str, str], day: date) -> tuple[str, str]:
        """Department and cost centre: the event's own word, then its user's, key's, project's, team's."""
        member = next((row for row in self._asked(said, day) if row["department"]), None)
        department = said.get("department") or (member["department"] if member else "")
        centre = said.get("cost_centre") or (member["cost_centre"] if member and not said.get("department") else "")
        if not centre:
            own = (row for row in self._departments if row["department"] == department and holds(row, day))
            centre = next((row["cost_centre"] for row in own), "")
        return department, centre

    def _asked(self, said: dict[str, str], day: date) -> Iterator[dict[str, str]]:
        # A team is asked for only by the event's own word or by what stands before it, which also names a department.
        for kind, name in (("user", "user_id"), ("api_key", "api_key"), ("project", "project"), ("team", "team")):
            yield from (row for row in self._members[kind, said.get(name, "")] if holds(row, day))


class Conversion:
    """Dollars in the reporting currency: at the newest rate of a day, to the 18th decimal, half up."""

    def __init__(self, home: Path, currency: str) -> None:
        self._rates = None
        if currency != "USD":
            known = (row for row in _table(home, "fx_rates.csv") if row["currency"] == "USD")
            self._rates = sorted((date.fromisoformat(row["rate_date"]), Decimal(row["rate"])) for row in known)

    def __call__(self, dollars: Decimal, day: date) -> Decimal:
        if self._rates is None:
            return dollars
        rate = [value for since, value in self._rates if since <= day][-1]
        return (dollars * rate).quantize(Decimal(1).scaleb(-18), ROUND_HALF_UP)


def _measured(
    record: Record, first: datetime, day: date, people: Reference, prices: Prices, convert: "Conversion"
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """One event's key and measures; `first` is the moment it counts at."""
    given = record.said.get("service_tier", "").lower()
    tier = "standard" if given in _STANDARD else given
    quote = prices.quote(record, first, tier)
    costs = quote.costs
    department, centre = people.owner(record.said, day)
    key = (department, centre, record.said.get("project", ""), quote.provider, quote.model, tier, costs is not None)
    measures: dict[str, Any] = {
        "requests": 1,
        "failed_requests": int(record.failed),
        **record.tokens,
        "total_tokens": sum(record.tokens.values()),
        "web_search_calls": record.searches,
        "estimated_cost": None if record.estimate is None else convert(record.estimate, day),
    }
    if costs is not None:
        costs = {part: convert(cost, day) for part, cost in costs.items()}
        measures |= {**costs, "effective_cost": sum(costs.values(), Decimal(0))}
    return key, measures
