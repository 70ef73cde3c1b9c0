"""What must be right before a run can be: settings, tables, folders, what was issued, PDF, mail; and what to do."""

import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from orchestration.closing.verify import verify_closed
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.settings import Settings, secret

_TIGHT_DISK_BYTES = 2 * 1024**3
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "weasyprint", "apprise", "genai-prices")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: fine, or what to do about it."""

    topic: str
    ok: bool
    detail: str


def examine(home: Home, settings: Settings) -> list[Finding]:
    """Look at everything a run depends on, without changing anything."""
    findings = [
        Finding("settings", True, f"{settings.organisation.name}, {settings.timezone}, {settings.currency}"),
        Finding("packages", True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)),
        *_tables(home),
        *_currency(home, settings),
        *_sources(settings),
        _roles(home, settings),
        *_unread_folders(home, settings),
        *_refused(home, settings),
        Finding("closed months", *verify_closed(home)),
        _writable(home),
        _disk(home),
        _pdf(),
    ]
    route = settings.notifications.email_url
    findings.append(
        Finding(
            "mail",
            route is not None,
            route.split(":", 1)[0] if route else "no route: set notifications.email_url; messages are kept until then",
        )
    )
    if not settings.notifications.operators:
        findings.append(Finding("operators", False, "nobody hears of a failed run: set notifications.operators"))
    return findings


def _tables(home: Home) -> Iterator[Finding]:
    from orchestration.prices import current_book
    from orchestration.reference import PRICE_OVERRIDES, TABLES

    for table in TABLES:
        try:
            told = f"{len(table.read(home))} rows"
            if table is PRICE_OVERRIDES:
                told = current_book(home).label
            yield Finding(table.file, True, told)
        except TallyhouseError as error:
            yield Finding(table.file, False, str(error))


def _currency(home: Home, settings: Settings) -> Iterator[Finding]:
    """Whether budgets are in the currency that figures are in, and whether every landed day has an exchange rate."""
    from orchestration.landing import receipts
    from orchestration.reference import FX_RATES, Rates, check_money
    from orchestration.reference.currencies import PRICE_CURRENCY

    try:
        check_money(home, settings.currency)
        told = f"prices and figures in {settings.currency}"
        if settings.currency != PRICE_CURRENCY:
            landed = [date.fromisoformat(day) for item in receipts(home) for file in item.files for day in file.days]
            rates = Rates(FX_RATES.read(home), settings.currency)
            told = f"prices in {PRICE_CURRENCY}, figures in {settings.currency}"
            if landed:
                told += f", at rates from {rates.on(PRICE_CURRENCY, min(landed)).rate_date} on"
        yield Finding("currency", True, told)
    except TallyhouseError as error:
        yield Finding("currency", False, str(error))


def _sources(settings: Settings) -> Iterator[Finding]:
    if not settings.sources:
        yield Finding("sources", False, "there are none: add one under `sources` in tallyhouse.yaml")
    for source in settings.sources.values():
        if source.is_fetched:
            assert source.api_key_env is not None
            known = secret(source.api_key_env) is not None
            told = "holds its key" if known else "is not set: put an admin key of the provider into it"
            yield Finding(f"source {source.name}", known, f"{source.api_key_env} {told}")
            continue
        if source.dsn_env is not None:
            known = secret(source.dsn_env) is not None
            told = "holds its connection string" if known else "is not set: put the connection string into it"
            yield Finding(f"source {source.name}", known, f"{source.dsn_env} {told}")
            continue
        if source.objects is not None:
            names = (source.key_env or "AWS_ACCESS_KEY_ID", source.secret_env or "AWS_SECRET_ACCESS_KEY")
            unset = [name for name in names if secret(name) is None]
            told = f"{source.objects} with {' and '.join(names)}" if not unset else f"{unset[0]} is not set"
            yield Finding(f"source {source.name}", not unset, told)
            continue
        exists = source.path.is_dir()
        yield Finding(
            f"source {source.name}", exists, str(source.path) if exists else f"{source.path} does not exist: make it"
        )


def _roles(home: Home, settings: Settings) -> Finding:
    """Whether what was landed is counted once."""
    from orchestration.landing import receipts
    from orchestration.roles import refuse_overlaps

    try:
        refuse_overlaps(settings, receipts(home))
    except TallyhouseError as error:
        return Finding("roles", False, str(error))
    return Finding("roles", True, "no two sources count the same account on the same days")


def _unread_folders(home: Home, settings: Settings) -> Iterator[Finding]:
    """Logs that somebody dropped where no source reads."""
    read = {source.path for source in settings.sources.values()}
    for folder in sorted(home.inbox.iterdir()) if home.inbox.is_dir() else ():
        # The empty one that a new home begins with is no mistake of anybody's.
        filled = folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))
        if filled and not any(path == folder or folder in path.parents for path in read):
            yield Finding(
                f"inbox/{folder.name}",
                False,
                f"no source reads it: add {folder.name} to `sources` in tallyhouse.yaml",
            )


def _refused(home: Home, settings: Settings) -> Iterator[Finding]:
    """Files that the last landing refused as a whole and nobody has mended."""
    from orchestration.landing import refusals

    for refusal in refusals(home, settings):
        yield Finding(f"refused {refusal.path}", False, f"{refusal.reason} {refusal.next_step}")


def _pdf() -> Finding:
    """Whether the system has what WeasyPrint draws with; asked as drawing asks."""
    from reports.pdf import PangoMissing, check_pango

    try:
        check_pango()
    except PangoMissing as error:
        return Finding("PDF", False, str(error))
    return Finding("PDF", True, "the system has what WeasyPrint draws statements with")


def _writable(home: Home) -> Finding:
    ok = os.access(home.root, os.W_OK | os.X_OK)
    return Finding("home", ok, str(home.root) if ok else f"{home.root} cannot be written to: correct its owner")


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(home.root).free
    ok = free >= _TIGHT_DISK_BYTES
    return Finding("disk", ok, f"{free / 1024**3:,.1f} GiB free" + ("" if ok else "; make room before the next run"))
