"""`tallyhouse explain`: the models that the marts are made of, for one event's days, in a warehouse of their own."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date
from pathlib import Path
from typing import Any

from orchestration.closing.overview import ClosedMonth, closed_overview
from orchestration.errors import SettingsError
from orchestration.explaining.find import DeliveredRow, find_rows
from orchestration.explaining.lines import (
    ConvertedPart,
    Line,
    StepLine,
    check,
    converted_parts,
    cost_lines,
    step_lines,
)
from orchestration.home import Home
from orchestration.lock import writer
from orchestration.marts.day_rates import DayRate, DayRates, day_rates
from orchestration.marts.manifest import Manifest, read_manifest
from orchestration.marts.plan import Plan, StaleDay
from orchestration.reference import FX_RATES
from orchestration.settings import Settings


@dataclass(frozen=True)
class Explanation:
    """One event and how its cost came about. `event`: its row of int_usage_priced, every column.

    `day_state`: whether the day is published as it is explained here. `book`: the pinned price book in words;
    `book_known_at`: when it was first made here, None for one from before this was kept.
    `override_line`: the line of price_overrides.csv that the price is from, where the file still has it. `hint`: the
    nearest known prices of an unknown model. `closed`: the month of the day as it was issued, where it is closed.
    `lines` are in the price book's currency, all else in the reporting one; where that is another, `rate` is the day's
    and `converted` what became of each part.
    """

    event: Mapping[str, Any]
    rows: tuple[DeliveredRow, ...]
    lines: tuple[Line, ...]
    steps: tuple[StepLine, ...]
    day_state: str
    book: str
    override_line: int | None
    hint: str | None
    closed: ClosedMonth | None
    timezone: str
    converted: tuple[ConvertedPart, ...] = ()
    rate: DayRate | None = None
    book_known_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything, exact."""
        found = asdict(self)
        found["event"] = {name: value for name, value in self.event.items() if value is not None}
        return found


def explain_event(home: Home, settings: Settings, event_id: str, *, source: str | None = None) -> Explanation:
    """Price one event again with the marts' own SQL, at its day's pinned price book, and take its cost apart.

    Nothing is published or built. Raises SettingsError when no landed row has the id or when it is not counted, and
    TallyhouseError should the lines not add up to what the SQL says.
    """
    from orchestration.landing import receipts
    from orchestration.marts.books import books_for
    from orchestration.marts.inputs import build_variables
    from orchestration.pipeline import plan_build
    from orchestration.prices import current_book
    from orchestration.prices.discounts import steps_of
    from orchestration.prices.known import read_known

    with writer(home, doing="explain", now=settings.now):
        landed = receipts(home)
        rows = find_rows(home, settings, landed, event_id, source=source)
        days = sorted({row.at.replace(tzinfo=UTC).astimezone(settings.zone).date() for row in rows})
        manifest = read_manifest(home)
        newest = current_book(home)
        pins = _pins(home, manifest, days, newest.version)
        labels = dict(manifest.price_books) if manifest else {}
        rates = day_rates(
            home,
            currency=settings.currency,
            rates=FX_RATES.read(home),
            manifest=manifest,
            today=settings.today,
        )
        plan = _plan_of(pins, rates)
        books, labels = books_for(home, plan, landed, published=labels)
        variables = build_variables(
            home=home, settings=settings, plan=plan, manifest=manifest, receipts=landed, books=books
        )
        event = _priced(home, variables, event_id, {row.source for row in rows})
        stale = {item.day: item.why for item in plan_build(home, settings).days}
    discounts = {version: files["discounts"] for version, files in books.items()}
    steps = step_lines(event, steps_of(discounts, [item.day for item in plan.days]))
    lines = cost_lines(event)
    check(event, lines, steps)
    version = event["price_version"]
    return Explanation(
        event=event,
        rows=tuple(rows),
        lines=tuple(lines),
        steps=tuple(steps),
        day_state=_day_state(event["usage_date"], manifest, stale),
        book=f"{version} ({labels[version]})" if labels[version] != version else version,
        override_line=_override_line(home, event),
        hint=_hint(books[version]["models"], event),
        closed=_closed(home, manifest, event),
        timezone=settings.timezone,
        converted=tuple(converted_parts(event, lines)),
        rate=next((item.rate for item in plan.days if item.day == event["usage_date"]), None),
        book_known_at=known.known_at if (known := read_known(home.prices, version)) else None,
    )


def _closed(home: Home, manifest: Manifest | None, event: Mapping[str, Any]) -> ClosedMonth | None:
    month = event["usage_date"].replace(day=1)
    return next((item for item in closed_overview(home, manifest) if item.month == month), None)


def _pins(home: Home, manifest: Manifest | None, days: Sequence[date], newest: str) -> dict[date, str]:
    """Each day's price book, as the next build would have it."""
    from orchestration.marts.pins import read_pins

    kept = read_pins(home)
    published = manifest.days if manifest else {}
    return {day: published[day].price_version if day in published else kept.get(day, newest) for day in days}


def _plan_of(pins: Mapping[date, str], rates: DayRates | None) -> Plan:
    days = tuple(
        StaleDay(
            day=day,
            fingerprint="",
            price_version=pins[day],
            why="explained",
            rate=rates.of(day) if rates else None,
        )
        for day in sorted(pins)
    )
    return Plan(days=days, months=(), first_day=None, data_until=None, not_due_rows=0)


def _priced(home: Home, variables: Mapping[str, object], event_id: str, sources: set[str]) -> dict[str, Any]:
    import duckdb

    from orchestration.marts.dbt_build import dbt_views

    with tempfile.TemporaryDirectory(prefix="tallyhouse-explain-") as folder:
        warehouse = Path(folder) / "warehouse.duckdb"
        dbt_views(home, variables, select="+int_usage_priced", warehouse=warehouse)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            connection.execute("set enable_progress_bar = false")
            result = connection.execute(
                "select * from intermediate.int_usage_priced where event_id = ? and list_contains(?, source)",
                [event_id, sorted(sources)],
            )
            names = [column[0] for column in result.description or ()]
            found = result.fetchall()
    if len(found) != 1:
        raise SettingsError(
            f"The event {event_id!r} was delivered, but it is not counted: newer answers of its source do not have it.",
            "See tallyhouse status for what each source delivered.",
        )
    return dict(zip(names, found[0], strict=True))


def _day_state(day: date, manifest: Manifest | None, stale: Mapping[date, str]) -> str:
    if manifest is None or day not in manifest.days:
        return "not published yet: this is what the next run would say"
    if day in stale:
        return f"published, but stale ({stale[day]}): this is what the next run would say"
    return "published"


def _override_line(home: Home, event: Mapping[str, Any]) -> int | None:
    """The row of price_overrides.csv with the model and the days of the price; it may have been changed since."""
    from orchestration.reference import PRICE_OVERRIDES

    if event["band_origin"] != "override":
        return None
    names = {event["model"].lower(), (event["price_id"] or "").partition("/")[2].lower()}
    span = event["band_valid_from"].date(), event["band_valid_to"].date()
    rows = PRICE_OVERRIDES.rows(home.reference / PRICE_OVERRIDES.file)
    found = [line for line, row in rows if row.model.lower() in names and (row.valid_from, row.valid_to) == span]
    return found[0] if len(found) == 1 else None


def _hint(models: Path, event: Mapping[str, Any]) -> str | None:
    from orchestration.prices.store import read_names

    asked = event["raw_provider"] or None, event["raw_model"] or None
    return next((name.hint for name in read_names(models) if (name.raw_provider, name.raw_model) == asked), None)
