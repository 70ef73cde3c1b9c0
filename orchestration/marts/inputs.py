"""What one dbt build is told: files, days with their pins, offsets, months. Bytes only; no figure is made here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from orchestration.home import Home
from orchestration.landing.receipts import Receipt
from orchestration.marts.calendar import (
    month_end,
    month_of,
    next_month,
    offset_spans,
    utc_dates,
    utc_month_days,
)
from orchestration.marts.charges import Charges
from orchestration.marts.feeds import Fed, feeds
from orchestration.marts.manifest import Manifest
from orchestration.marts.plan import Plan, StaleDay
from orchestration.mirrors import mirror_roots
from orchestration.prices.discounts import steps_of
from orchestration.reference import TABLES
from orchestration.roles import role_rows
from orchestration.settings import FETCHED_KINDS, Settings
from orchestration.sources.shape import quoted

# A mapped source is written in the own format's columns, so it is read as that.
RELATION_OF_KIND = {
    "events": "events",
    "mapped": "events",
    "litellm": "litellm",
    # Only fetched another way: the same rows.
    "litellm_db": "litellm",
    "claude_code": "claude_code",
    "otlp": "otlp",
    "bedrock": "bedrock",
    "openrouter": "openrouter",
    "openai": "openai",
    "anthropic": "anthropic",
    "langfuse": "langfuse",
}


def build_variables(
    *,
    home: Home,
    settings: Settings,
    plan: Plan,
    manifest: Manifest | None,
    receipts: Sequence[Receipt],
    books: Mapping[str, Mapping[str, Path]],
    charges: Charges | None = None,
) -> dict[str, object]:
    """dbt's `--vars` for this plan (see dbt_project.yml for their shapes)."""
    charged = charges or Charges()
    days = [item.day for item in plan.days]
    globs = _globs(home, receipts)
    fetched = fetched_members(receipts, plan, settings.today)
    spans = offset_spans(days[0], days[-1], settings.zone) if days else []
    roots = mirror_roots(settings.sources)
    to_read = _dates_to_read(home, receipts, globs, utc_dates(days, settings.zone), roots)
    return {
        "currency": settings.currency,
        "days": [_day(item) for item in plan.days],
        "utc_offsets": [{"to_at": span.to_at.isoformat(), "seconds": span.seconds} for span in spans],
        "raw_files": _raw_files(home, receipts, to_read, fetched=fetched),
        "fetched_members": [
            {"landing": item.receipt.landing, "file": item.number} for item in fetched if item.file.landed
        ],
        "discounts": [
            step.variables()
            for step in steps_of({version: files["discounts"] for version, files in books.items()}, days)
        ],
        "price_books": {version: {name: str(path) for name, path in files.items()} for version, files in books.items()},
        "reference": {
            table.name: {"path": str(path), "columns": table.columns_of(path)}
            for table in TABLES
            if (path := home.reference / table.file).exists()
        },
        "source_roles": role_rows(settings),
        "source_accounts": {name: source.account for name, source in settings.sources.items() if source.account},
        "mirrors": {name: {"root": root, "steps": steps} for name, (root, steps) in roots.items()},
        "months": [item.month.isoformat() for item in plan.months],
        "published_daily_files": [
            str(path) for path in _published_files(home, plan, manifest, mart="daily_usage", rebuilt=set(days))
        ],
        "published_credit_files": [
            str(path)
            for path in _published_files(home, plan, manifest, mart="daily_credits", rebuilt=set(days))
            if path.exists()
        ],
        **charged.variables(_credit_days(home, plan, manifest, charged)),
        "published_utc_files": _billable_files(home, settings, plan, manifest, mart="daily_utc_usage"),
        "published_control_files": _billable_files(home, settings, plan, manifest, mart="daily_control_usage"),
        "bill_rates": [
            {"rate_day": day.isoformat(), "fx_rate": rate.rate, "fx_date": rate.rate_date.isoformat()}
            for day, rate in {day: rate for item in plan.months for day, rate in item.rates.items()}.items()
        ],
        "reconcile": settings.reconcile.variables(),
        "data_until": plan.data_until.isoformat() if plan.data_until else "0001-01-01",
        "over_until": (month_of(settings.today) - timedelta(days=1)).isoformat(),
    }


def _day(item: StaleDay) -> dict[str, str | None]:
    return {
        "usage_date": item.day.isoformat(),
        "price_version": item.price_version,
        # What nothing is converted with has no date.
        "fx_rate": item.rate.rate if item.rate else "1",
        "fx_date": item.rate.rate_date.isoformat() if item.rate else None,
    }


def fetched_members(receipts: Sequence[Receipt], plan: Plan, today: date) -> list[Fed]:
    """The fetched files that this plan's days and months are built from: the newest generation of each window."""
    days = {item.day.isoformat() for item in plan.days}
    months = {item.month for item in plan.months}
    return [
        item
        for item in feeds(receipts)
        if item.window is not None
        and (
            (item.feed == "usage" and not days.isdisjoint(item.file.days))
            or (item.feed == "costs" and month_of(item.window) in months and item.window <= today)
        )
    ]


def _raw_files(
    home: Home, receipts: Sequence[Receipt], dates: set[date], *, fetched: Sequence[Fed]
) -> dict[str, list[str]]:
    """The landed files of these UTC dates by relation. Named one by one: DuckDB then opens no others.

    A file of fetched rows may hold several windows and generations; `fetched_members` says which of them count.
    """
    files: dict[str, set[str]] = defaultdict(set)
    wanted: dict[tuple[str, str], set[date]] = defaultdict(set)
    for item in fetched:
        assert item.window is not None
        wanted[item.receipt.source, item.receipt.landing].add(item.window)
    for receipt in receipts:
        is_fetched = receipt.kind in FETCHED_KINDS
        for part in receipt.parts:
            if _utc_date(part) in (wanted.get((receipt.source, receipt.landing), ()) if is_fetched else dates):
                files[RELATION_OF_KIND[receipt.kind]].add(str(home.root / part))
    return {relation: sorted(paths) for relation, paths in files.items()}


def _utc_date(part: str) -> date:
    return date.fromisoformat(Path(part).parent.name.removeprefix("utc_date="))


def _globs(home: Home, receipts: Sequence[Receipt]) -> dict[str, list[str]]:
    globs: dict[str, set[str]] = defaultdict(set)
    for receipt in receipts:
        # A fetched row's id holds its time: no other date has a row of that event.
        if receipt.parts and receipt.kind not in FETCHED_KINDS:
            globs[RELATION_OF_KIND[receipt.kind]].add(str(home.raw / receipt.source / "*" / "*.parquet"))
    return {relation: sorted(paths) for relation, paths in globs.items()}


def _dates_to_read(
    home: Home,
    receipts: Sequence[Receipt],
    globs: Mapping[str, Iterable[str]],
    window: set[date],
    mirrors: Mapping[str, tuple[str, int]],
) -> set[date]:
    """The window's UTC dates, and every other date with a row of an event that has a row in the window.

    An event may have been delivered on several dates (a message that grows over midnight, a record sent again days
    later, or by a source that mirrors its own): it is counted once only if all its rows are seen together.
    """
    landed = {_utc_date(part) for receipt in receipts for part in receipt.parts}
    inside, outside = landed & window, landed - window
    if not inside or not outside or not globs:
        return inside
    import duckdb

    roots = " ".join(f"when {quoted(name)} then {quoted(root)}" for name, (root, _) in mirrors.items())
    root = f"case source {roots} else source end" if roots else "source"
    selects = " union all ".join(
        f"select {root} as root, event_id, utc_date "
        "from read_parquet(?, hive_partitioning = true, hive_types = {'utc_date': date})"
        for _ in globs
    )
    query = f"""
        with ids as ({selects}),
        inside as (select distinct root, event_id from ids where utc_date in (select unnest(?::date[])))
        select distinct ids.utc_date from ids semi join inside using (root, event_id)
    """
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        rows = connection.execute(query, [*(list(paths) for paths in globs.values()), sorted(inside)]).fetchall()
    return inside | {row[0] for row in rows}


def _billable_files(home: Home, settings: Settings, plan: Plan, manifest: Manifest | None, *, mart: str) -> list[str]:
    """Published files of the days that are not rebuilt, of the plan's months and of their UTC days."""
    if manifest is None:
        return []
    snapshot = home.current_marts.resolve()
    rebuilt = {item.day for item in plan.days}
    spans = [(month, month_end(month)) for month in (item.month for item in plan.months)]
    spans += [utc_month_days(first, settings.zone) for first, _ in spans]
    days = {day for day in manifest.days if any(first <= day <= last for first, last in spans)} - rebuilt
    return [str(path) for day in sorted(days) if (path := snapshot / mart / f"{day}.parquet").exists()]


def _published_files(home: Home, plan: Plan, manifest: Manifest | None, *, mart: str, rebuilt: set[date]) -> list[Path]:
    if manifest is None:
        return []
    snapshot = home.current_marts.resolve()
    return [
        snapshot / mart / f"{day}.parquet"
        for month in (item.month for item in plan.months)
        for day in sorted(manifest.days)
        if month <= day < next_month(month) and day not in rebuilt
    ]


def _credit_days(home: Home, plan: Plan, manifest: Manifest | None, charges: Charges) -> list[Path]:
    """Published days of months that are not rebuilt, from the first day of any grant in money on."""
    if manifest is None or charges.first_day is None:
        return []
    rebuilt = {item.month for item in plan.months}
    snapshot = home.current_marts.resolve()
    return [
        snapshot / "daily_usage" / f"{day}.parquet"
        for day in sorted(manifest.days)
        if day >= charges.first_day and month_of(day) not in rebuilt
    ]
