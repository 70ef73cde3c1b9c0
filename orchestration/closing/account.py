"""What each scope owes: charges and payments of the months in order, closed ones as they were issued.

A scope has a balance where payments are kept for it. A closed month keeps what it charged and which payments it
counted; a payment that is entered later, or otherwise, is one of the first month that is open.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.closing.book import read_records
from orchestration.closing.freeze import MARTS, folder_of
from orchestration.closing.issued import closed_months
from orchestration.closing.records import Record
from orchestration.home import Home
from orchestration.marts.calendar import month_of, next_month
from orchestration.marts.manifest import read_snapshot_manifest
from orchestration.reference import PAYMENTS
from orchestration.reference import Payment as PaymentRow
from orchestration.settings import Settings

if TYPE_CHECKING:
    from reports.statement import Balance, Correction, Payment, Scope

ACCOUNT = "account.json"
_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Account:
    """One scope in one month, in cents. `balance` is None where no payments are kept for the scope."""

    charged: Decimal
    balance: "Balance | None"

    @property
    def due(self) -> Decimal | None:
        if self.balance is None:
            return None
        return self.balance.opening + self.charged - sum((paid.amount for paid in self.balance.payments), _ZERO)


def accounts(
    home: Home,
    settings: Settings,
    month: date,
    *,
    marts: Path,
    scopes: "Sequence[Scope]",
    corrections: "Sequence[Correction]" = (),
) -> "dict[Scope, Account]":
    """The account of each scope as its statement of the month prints it, drawn from `marts` with these corrections."""
    rows = PAYMENTS.read(home)
    closed = {when: record for when, record in closed_months(home).items() if when != month}
    books = {when: _read(folder_of(home, when, record.revision), when) for when, record in closed.items()}
    start = settings.billing.opening_month or _first_month(home, month, closed)
    known = read_snapshot_manifest(marts)
    before = [when for when in sorted(known.months if known else ()) if start <= when < month]
    found = {}
    for scope in scopes:
        charged = charged_in(marts, month, scope, settings.currency, corrections)
        balance = None
        if _is_kept(scope, rows, settings):
            opened = {when: charged_in(marts, when, scope, settings.currency) for when in before if when not in books}
            mine = [row for row in rows if row.paid_on >= start and _is_of(row, scope)]
            issued = {when: book.get(_key(scope), Issued()) for when, book in books.items() if when >= start}
            balance = balance_of(month, mine, issued, opened)
        found[scope] = Account(charged, balance)
    return found


def with_a_balance(home: Home, month: date) -> set[str]:
    """Departments that owed something, or were owed it, after the last closed month before this one, or pay in it."""
    paying = {
        row.scope for row in PAYMENTS.read(home) if row.scope_type == "department" and month_of(row.paid_on) == month
    }
    last = max((when for when in closed_months(home) if when < month), default=None)
    if last is None:
        return paying
    books = _read(folder_of(home, last, closed_months(home)[last].revision), last)
    owing = {key.partition(":")[2] for key, book in books.items() if key.startswith("department:") and book.due}
    return (paying | owing) - {""}


def _first_month(home: Home, month: date, closed: Mapping[date, Record]) -> date:
    """The first month that was ever closed, also when it is open again; where none is, `month` may come before it."""
    ever = min((record.month for record in read_records(home)), default=month)
    return ever if closed else min(ever, month)


def charged_in(
    marts: Path, month: date, scope: "Scope", currency: str, corrections: "Sequence[Correction]" = ()
) -> Decimal:
    """What the scope's statement of a month charges, with the corrections that it carries."""
    from reports.charges import carried, settle
    from reports.queries import read_charges

    lines = read_charges(marts, month, scope)
    return settle(lines, currency=currency, carried=carried(corrections, scope, month)).charged


def issued_charges_of(folder: Path, month: date) -> "dict[Scope, Decimal]":
    """What each statement of the month frozen in `folder` charged, in cents: the organisation's first."""
    from reports.statement import Scope

    def named(key: str) -> Scope:
        kind, _, name = key.partition(":")
        return Scope("department", name) if kind == "department" else Scope("organisation")

    return {named(key): book.charged for key, book in _read(folder, month).items() if key != "department:"}


def carried_charge(folder: Path, month: date, scope: "Scope") -> Decimal:
    """What a scope's statement of the month frozen in `folder` charged beyond the month's own lines."""
    from reports.charges import settle
    from reports.queries import read_charges

    own = settle(read_charges(folder / MARTS, month, scope), currency="").charged
    return _read(folder, month).get(_key(scope), Issued(own)).charged - own


def write_accounts(folder: Path, found: "Mapping[Scope, Account]") -> None:
    """Keep the accounts of the month frozen in `folder`."""
    plain = {
        _key(scope): {
            "charged": str(account.charged),
            "due": None if account.due is None else str(account.due),
            "payments": [
                {"payment_id": paid.payment_id, "paid_on": paid.paid_on.isoformat(), "amount": str(paid.amount)}
                for paid in (account.balance.payments if account.balance else ())
            ],
        }
        for scope, account in found.items()
    }
    (folder / ACCOUNT).write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")


@dataclass(frozen=True)
class Issued:
    """What a closed month's statement said of a scope; amounts of payments by their id."""

    charged: Decimal = _ZERO
    due: Decimal | None = None
    payments: Mapping[str, tuple[date, Decimal]] | None = None


def _read(folder: Path, month: date) -> dict[str, Issued]:
    path = folder / ACCOUNT
    if not path.exists():
        return _before_accounts(folder, month)
    return {
        key: Issued(
            charged=Decimal(plain["charged"]),
            due=None if plain["due"] is None else Decimal(plain["due"]),
            payments={
                paid["payment_id"]: (date.fromisoformat(paid["paid_on"]), Decimal(paid["amount"]))
                for paid in plain["payments"]
            },
        )
        for key, plain in json.loads(path.read_text(encoding="utf-8")).items()
    }


def _before_accounts(folder: Path, month: date) -> dict[str, Issued]:
    """A month that was closed before there were accounts charged its spend in cents."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(
            "select case when grouping(department) = 1 then 'organisation' else 'department:' || department end, "
            "round(coalesce(sum(effective_cost), 0), 2) from read_parquet(?) group by rollup (department)",
            [(folder / MARTS / "monthly_usage" / f"{month:%Y-%m}.parquet").as_posix()],
        ).fetchall()
    return {key: Issued(charged=charged) for key, charged in rows}


def balance_of(
    month: date, rows: Sequence[PaymentRow], issued: Mapping[date, Issued], opened: Mapping[date, Decimal]
) -> "Balance":
    """One scope's balance in a month. `rows` are its payments, `issued` its closed months but this one, `opened` what
    its earlier open months charge by today's figures.
    """
    from reports.statement import Balance

    earlier = {when: book for when, book in issued.items() if when < month}
    last = max(earlier, default=None)
    opening = sum((book.charged for book in earlier.values()), _ZERO) + sum(opened.values(), _ZERO)
    opening -= sum((amount for book in earlier.values() for _, amount in (book.payments or {}).values()), _ZERO)
    mine: list[Payment] = []
    for payment in _uncounted(rows, issued):
        when = month_of(payment.paid_on)
        while when in issued:
            when = next_month(when)
        if when == month:
            mine.append(payment)
        elif when < month:
            opening -= payment.amount
    printed = earlier[last].due if last is not None and next_month(last) == month else None
    return Balance(
        opening=opening,
        payments=tuple(mine),
        restated=_ZERO if printed is None else opening - printed,
        closed_until=last,
        open_months=tuple(sorted(opened)),
    )


def _uncounted(rows: Sequence[PaymentRow], issued: Mapping[date, Issued]) -> "list[Payment]":
    """What payments.csv says beyond what closed months counted: further payments, and changes of counted ones."""
    from reports.statement import Payment

    counted: dict[str, Payment] = {}
    for book in issued.values():
        for payment_id, (paid_on, amount) in (book.payments or {}).items():
            before = counted.get(payment_id, Payment(payment_id, paid_on, _ZERO, f"correction of {payment_id}"))
            counted[payment_id] = replace(before, amount=before.amount + amount)
    found = []
    for row in rows:
        whole = row.amount.quantize(_CENT, ROUND_HALF_UP)
        known = counted.pop(row.payment_id, None)
        reference = row.reference if known is None else known.reference
        amount = whole if known is None else whole - known.amount
        if amount:
            found.append(Payment(row.payment_id, row.paid_on, amount, reference, row.statement))
    found += [replace(payment, amount=-payment.amount) for payment in counted.values() if payment.amount]
    return sorted(found, key=lambda payment: (payment.paid_on, payment.payment_id))


def _is_kept(scope: "Scope", rows: Sequence[PaymentRow], settings: Settings) -> bool:
    """The organisation's with any payment or a seller; departments' where any of them pays for itself."""
    if scope.kind == "organisation":
        return bool(rows) or settings.billing.seller is not None
    return any(row.scope_type == "department" for row in rows)


def _is_of(row: PaymentRow, scope: "Scope") -> bool:
    """The organisation's charges hold the departments', and so do its payments."""
    return scope.kind == "organisation" or (row.scope_type, row.scope) == (scope.kind, scope.name)


def _key(scope: "Scope") -> str:
    return scope.kind if scope.kind == "organisation" else f"{scope.kind}:{scope.name}"
