"""Which days and months a run would build, and why: fingerprints against the published manifest.

The one staleness mechanism. A day's fingerprint is what it is built from: the events of its raw files (their content,
whatever the files are called), its pinned price book and the reference rows in force on that day.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from orchestration.landing.receipts import Receipt
from orchestration.marts.bills import Bills
from orchestration.marts.calendar import month_end, month_of, next_month
from orchestration.marts.charges import Charges
from orchestration.marts.day_rates import DayRate, DayRates
from orchestration.marts.feeds import Fed, feeds, superseded_rows
from orchestration.marts.manifest import LAYOUT, Manifest
from orchestration.reference import FIRST_DAY, LAST_DAY, Budget, Divided, InForce, Rates, budgets_hash, shared_in
from orchestration.reference.in_force import Dated


@dataclass(frozen=True)
class StaleDay:
    """A day to build: `why` is for people, `price_version` the book it is pinned to.

    `rate`: what turns its prices into the reporting currency; None where they are in it.
    """

    day: date
    fingerprint: str
    price_version: str
    why: str
    rate: DayRate | None = None


@dataclass(frozen=True)
class StaleMonth:
    """A month to build, because one of its days, its own tables or its last complete day changed.

    `owed_until`: the last day for which it owes fees and shared costs: its last one once the calendar has left it,
    whether that day has usage or not.
    `rates`: what bills of its UTC days are converted with; none without a bill, or where prices are not converted.
    """

    month: date
    fingerprint: str
    data_until: date
    owed_until: date
    why: str
    rates: Mapping[date, DayRate] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What is to be built; empty when the published snapshot is what the facts say.

    `not_due_rows` are of days that have not begun, `superseded_rows` of fetched windows that were fetched again since;
    `landed_rows` are all rows of usage by the day they are of, repeated ones included.
    """

    days: tuple[StaleDay, ...]
    months: tuple[StaleMonth, ...]
    first_day: date | None
    data_until: date | None
    not_due_rows: int
    superseded_rows: int = 0
    landed_rows: Mapping[date, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.days and not self.months


def make_plan(
    *,
    receipts: Sequence[Receipt],
    manifest: Manifest | None,
    rows_in_force: Sequence[Dated],
    budgets: Sequence[Budget],
    divided: Sequence[Divided] = (),
    newest_book: str,
    today: date,
    rebuild: tuple[date, date] | None = None,
    pins: Mapping[date, str] | None = None,
    mark: Callable[[str, date], str] = lambda source, day: "",
    repin: Mapping[date, str] | None = None,
    charges: Charges | None = None,
    bills: Bills | None = None,
    rates: DayRates | None = None,
    exchange: Rates | None = None,
) -> Plan:
    """Compare what each day would be built from with what is published.

    `rebuild` adds every day with events from its first to its last date (inclusive), stale or not; pins stay. Days
    after `today` are not due and wait; their rows are counted in `not_due_rows`.
    `mark`: what the settings make of a source's events on a day (its role, what it mirrors); '' where that is nothing.
    `rows_in_force`: what the reference tables say of days (see `day_rows`).
    `pins`: the books that days were first built with, for days that are no longer published.
    `repin`: the books that published days are moved to, whatever they are pinned to, each at the rate in force now.
    `bills`: what a month's reconciliation is made from beside its days and its cost reports.
    `charges`: what a month's charges are made from beside its days.
    `rates`: the days' exchange rates, where prices are in another currency than figures. Raises NoRateError for a due
    day that has none.
    `divided`: shared costs and commitments, of the months in which they are in force.
    `exchange`: fx_rates.csv, for what months hold in other currencies.
    """
    fed = feeds(receipts)
    contents, rows = _contents_by_day(receipts, fed, mark)
    costs, costs_not_due = _costs_by_month(fed, today)
    published_days = manifest.days if manifest else {}
    # A published day that nothing feeds any more became empty: it is built once more, to be without rows.
    due = sorted(day for day in {*contents, *published_days} if day <= today)
    not_due = costs_not_due + sum(count for day, count in rows.items() if day > today)
    published_months = manifest.months if manifest else {}
    same_layout = manifest is not None and manifest.layout == LAYOUT
    in_force = InForce(rows_in_force)

    fingerprints: dict[date, str] = {}
    stale_days = []
    for day in due:
        before = published_days.get(day)
        pin = before.price_version if before else (pins or {}).get(day, newest_book)
        pin = (repin or {}).get(day, pin)
        rate = rates.of(day, anew=day in (repin or {})) if rates else None
        parts: list[object] = [LAYOUT, sorted(contents.get(day, ())), pin, in_force.on(day)]
        if rates and rate:
            parts += [rates.currency, rate.stamp]
        fingerprint = _digest(parts)
        fingerprints[day] = fingerprint
        if before is None:
            why = "new day"
        elif not same_layout:
            why = "the marts have new columns"
        elif day in (repin or {}):
            why = "repriced"
        elif before.fingerprint != fingerprint:
            why = "its events, its reference tables or its sources' roles changed"
            if rate and [before.fx_rate, before.fx_date] != rate.stamp:
                why = "its exchange rate is another"
        elif any(date.fromisoformat(ahead) <= today for ahead in before.ahead):
            why = "records of its events that were stamped ahead of the clock are due"
        elif rebuild and rebuild[0] <= day <= rebuild[1]:
            why = "asked for"
        else:
            continue
        stale_days.append(StaleDay(day=day, fingerprint=fingerprint, price_version=pin, why=why, rate=rate))

    data_until = min(due[-1], today - timedelta(days=1)) if due else None
    stale_months = _stale_months(
        fingerprints=fingerprints,
        rebuilt={item.day for item in stale_days},
        published={month: value.fingerprint for month, value in published_months.items()},
        budgets=budgets,
        divided=divided,
        in_force=in_force,
        exchange=exchange,
        data_until=data_until,
        today=today,
        costs=costs,
        charges=charges or Charges(),
        bills=bills,
        bill_rate=(lambda day: rates.of_bill(day, anew=day in (repin or {}))) if rates else lambda day: None,
    )
    return Plan(
        days=tuple(stale_days),
        months=tuple(stale_months),
        first_day=due[0] if due else None,
        data_until=data_until,
        not_due_rows=not_due,
        superseded_rows=superseded_rows(fed),
        landed_rows={day: count for day, count in rows.items() if day <= today},
    )


def _stale_months(
    *,
    fingerprints: Mapping[date, str],
    rebuilt: set[date],
    published: Mapping[date, str],
    budgets: Sequence[Budget],
    divided: Sequence[Divided],
    in_force: InForce,
    exchange: Rates | None,
    data_until: date | None,
    today: date,
    costs: Mapping[date, set[str]],
    charges: Charges,
    bills: Bills | None,
    bill_rate: Callable[[date], DayRate | None],
) -> Iterable[StaleMonth]:
    days_of: dict[date, list[str]] = defaultdict(list)
    for day, fingerprint in fingerprints.items():
        days_of[month_of(day)].append(f"{day}={fingerprint}")
    touched = {month_of(day) for day in rebuilt}
    known = {*days_of, *costs, *published}
    if bills is not None and known:
        known |= {month for month in bills.months if month >= min(known)}
    for month in _without_gaps(known, divided, today):
        lines = days_of[month]
        before = month - timedelta(days=1)
        until = min(month_end(month), max(data_until or before, before))
        owed_until = max(until, month_end(month)) if month_end(month) < today else until
        # The row in force on that day is the month's budget; its other days make no difference.
        last = max(until, month)
        budgeted = [
            replace(budget, valid_from=FIRST_DAY, valid_to=LAST_DAY)
            for budget in budgets
            if budget.valid_from <= last < budget.valid_to
        ]
        reported: list[object] = [sorted(costs[month])] if month in costs else []
        own_rates: dict[date, DayRate] = {}
        if bills is not None:
            edges = [f"{day}={fingerprints[day]}" for day in bills.neighbours(month) if day in fingerprints]
            reported += [bills.of(month), edges]
            if month in costs or bills.bill(month):
                own_rates = {day: rate for day in bills.days(month) if (rate := bill_rate(day))}
                reported += [[day.isoformat(), *rate.stamp] for day, rate in own_rates.items()]
        shared = shared_in(month, divided)
        # Cost centres and exchange rates are those of that day, also when it has no usage.
        last = max(owed_until, month)
        foreign = sorted({row.currency for row in shared} - {""}) if exchange else []
        rates = [repr(exchange.find(code, last)) for code in foreign] if exchange else []
        shares = [[sorted(map(repr, shared)), in_force.on(last), *rates]] if shared else []
        shares += [["owed until", owed_until.isoformat()]] if shared and owed_until != until else []
        charged = charges.of(month, fingerprints)
        fingerprint = _digest(
            [LAYOUT, sorted(lines), budgets_hash(budgeted), until.isoformat(), *reported, *shares, *charged]
        )
        if published.get(month) != fingerprint or month in touched:
            other = (
                "its budgets, shared costs, commitments, credits, taxes, last complete day or a provider's bill changed"
            )
            why = "its days changed" if month in touched else other
            yield StaleMonth(
                month=month, fingerprint=fingerprint, data_until=until, owed_until=owed_until, why=why, rates=own_rates
            )


def _without_gaps(known: Iterable[date], divided: Sequence[Divided], today: date) -> Iterator[date]:
    """The known months in order, with those between them, and those after them that are over and owe something.

    A month without usage is closed in its turn, and owes its fees and shared costs like any other.
    """
    months = set(known)
    if not months:
        return
    month, last = min(months), max(months)
    while month <= last or (month_end(month) < today and shared_in(month, divided)):
        yield month
        month = next_month(month)


def _contents_by_day(
    receipts: Sequence[Receipt], fed: Sequence[Fed], mark: Callable[[str, date], str]
) -> tuple[dict[date, set[str]], dict[date, int]]:
    """For each local day the content hashes of what was delivered for it, and the landed rows.

    A set: the same events delivered again in another file change nothing.
    """
    contents: dict[date, set[str]] = defaultdict(set)
    rows: dict[date, int] = defaultdict(int)
    for item in fed:
        if item.feed == "usage":
            source = item.receipt.source
            for text, part in item.file.days.items():
                day = date.fromisoformat(text)
                contents[day].add(f"{source}{mark(source, day)}:{part.hash}")
                rows[day] += part.rows
    for receipt in receipts:
        for text, link in receipt.linked_days.items():
            contents[date.fromisoformat(text)].add(f"{receipt.source}:linked:{link}")
    return contents, rows


def _costs_by_month(fed: Sequence[Fed], today: date) -> tuple[dict[date, set[str]], int]:
    """For each month the content hashes of the cost reports of its UTC dates, and the rows of dates after today."""
    contents: dict[date, set[str]] = defaultdict(set)
    not_due = 0
    for item in fed:
        if item.feed != "costs" or not item.file.landed:
            continue
        assert item.window is not None
        if item.window > today:
            not_due += item.file.landed
            continue
        for part in item.file.days.values():
            contents[month_of(item.window)].add(f"{item.receipt.source}:{item.window}:{part.hash}")
    return contents, not_due


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
