"""A month's reconciliation as the published marts have it. The marts decide, nothing is computed here."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import SettingsError, TallyhouseError
from orchestration.home import Home
from orchestration.marts.calendar import next_month
from orchestration.marts.manifest import read_manifest
from orchestration.reconciling.verdicts import State, bills_check, state_of
from orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# As the marts name them, in the order in which they are told.
CAUSES = (
    "unpriced", "missing_days", "days_not_billed", "price", "time_zone", "credits", "fees", "adjustments", "exchange",
    "rounding",
)  # fmt: skip
_AMOUNTS = ("billed", "computed", "variance", "unexplained")


@dataclass(frozen=True)
class Compared:
    """A model's or an account's figures; None where nothing is compared. Causes of no amount are left out."""

    billed: Decimal | None
    computed: Decimal | None
    variance: Decimal | None
    unexplained: Decimal | None
    causes: dict[str, Decimal]
    verdict: str
    events: int
    unpriced_events: int


@dataclass(frozen=True)
class ModelRow:
    """One model of an account; '' is what the bill does not tell apart."""

    model: str
    figures: Compared


@dataclass(frozen=True)
class AccountRow:
    """One account of a provider, and its models. `missing` and `not_billed` are UTC days.

    Amounts are in `currency`. `bill_amount` is in that of the bill, and `fx_rates` are the dates and rates it was
    converted with. `reported` and `invoiced` are what either bill charges for usage.
    """

    provider: str
    account: str
    currency: str
    bill_currency: str
    bill: str
    bill_amount: Decimal | None
    fx_rates: tuple[str, ...]
    reported: Decimal | None
    invoiced: Decimal | None
    figures: Compared
    tolerance: Decimal | None
    invoice_variance: Decimal | None
    missing: tuple[str, ...]
    not_billed: tuple[str, ...]
    is_required: bool
    why_not: str
    is_met: bool
    models: tuple[ModelRow, ...]

    @property
    def name(self) -> str:
        return f"{self.provider} ({self.account})" if self.account else self.provider


@dataclass(frozen=True)
class Month:
    """A month's accounts; costs are computed in `currency`. `is_over`: whether the month has ended.

    `is_met` and `summary` are the close check.
    """

    month: date
    currency: str
    state: State
    revision: int | None
    is_over: bool
    is_met: bool
    summary: str
    accounts: tuple[AccountRow, ...]


def read_month(home: Home, settings: Settings, month: date | None) -> Month:
    """What is published of the month, by default the last full one.

    Raises TallyhouseError before the first publish, SettingsError when the month has neither usage nor a bill.
    """
    from orchestration.closing.issued import closed_months
    from orchestration.statements import last_full_month

    manifest = read_manifest(home)
    if manifest is None or not manifest.months:
        raise TallyhouseError("Nothing is published yet.", "Run first: tallyhouse run")
    chosen = month or last_full_month(settings, manifest)
    if chosen is None or chosen not in manifest.months:
        known = ", ".join(f"{item:%Y-%m}" for item in sorted(manifest.months))
        named = f"{chosen:%B %Y}" if chosen else "any month before the current one"
        raise SettingsError(f"There is no usage in {named}.", f"Published months: {known}.")
    closed = closed_months(home).get(chosen)
    check = bills_check(manifest, chosen)
    return Month(
        month=chosen,
        currency=manifest.currency,
        state=state_of(manifest, chosen, closed),
        revision=closed.revision if closed else None,
        is_over=next_month(chosen) <= settings.today,
        is_met=check.met,
        summary=check.detail,
        accounts=_accounts(home.current_marts.resolve(), chosen),
    )


def _accounts(snapshot: Path, month: date) -> tuple[AccountRow, ...]:
    import duckdb

    name = f"{month:%Y-%m}.parquet"
    with duckdb.connect(config={"threads": 1}) as connection:
        models: dict[tuple[str, str], list[ModelRow]] = {}
        for row in _rows(connection, snapshot / "monthly_reconciliation_models" / name, last="model"):
            of_account = models.setdefault((row["provider"], row["provider_account"]), [])
            of_account.append(ModelRow(row["model"], _compared(row)))
        found = []
        for row in _rows(connection, snapshot / "monthly_reconciliation" / name, last="currency"):
            key = row["provider"], row["provider_account"]
            found.append(
                AccountRow(
                    provider=row["provider"],
                    account=row["provider_account"],
                    currency=row["currency"],
                    bill_currency=row["bill_currency"],
                    bill=row["bill"],
                    bill_amount=row["bill_amount"],
                    fx_rates=_split(row["fx_rates"]),
                    reported=row["reported"],
                    invoiced=row["invoiced"],
                    figures=_compared(row),
                    tolerance=row["tolerance"],
                    invoice_variance=row["invoice_variance"],
                    missing=_split(row["missing_dates"]),
                    not_billed=_split(row["dates_not_billed"]),
                    is_required=row["is_required"],
                    why_not=row["why_not"],
                    is_met=row["is_met"],
                    # Of an account with bills in two currencies the models are told once.
                    models=tuple(models.pop(key, ())),
                )
            )
    return tuple(found)


def _rows(connection: "DuckDBPyConnection", path: Path, *, last: str) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found = connection.execute(
        f"select * from read_parquet(?) order by provider, provider_account, computed desc nulls last, {last}",
        [str(path)],
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _compared(row: dict[str, Any]) -> Compared:
    return Compared(
        **{name: row[name] for name in _AMOUNTS},
        causes={name: row[name] for name in CAUSES if row[name]},
        verdict=row["verdict"],
        events=row["events"],
        unpriced_events=row["unpriced_events"],
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()
