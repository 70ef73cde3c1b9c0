"""What a statement charges, from the lines of monthly_charges to the rows that are printed: sums of cents.

The mart's lines are in cents so that a provider and a model of it are less than a cent off. Features lie across them:
their rows are rounded from the exact sums, to the same whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from reports import formats
from reports.corrections import of_scope, part_name
from reports.formats import CENT, amount, apportion, rounded
from reports.values import COST_KINDS, PARTS, ZERO, Balance, ChargeLine, Correction, Payment, Scope, TaxRate

MOST_ROWS = 6
MOST_USAGE_ROWS = 10
MOST_PAYMENTS = 6
PREPAID = "prepaid_credit"
PROMOTIONAL = "promotional_credit"
COMMITMENTS = ("commitment", "commitment_unused")
# What is divided among several, in the order in which it is printed.
DIVIDED = (COMMITMENTS, ("untagged_share",), ("shared",))
_DIVIDED = {kind for kinds in DIVIDED for kind in kinds}


@dataclass(frozen=True)
class SumRow:
    """One row of the sum that ends in what is due. A memo is shown and added nowhere."""

    name: str
    note: str
    amount: Decimal
    kind: Literal["line", "sum", "total", "memo"] = "line"


@dataclass(frozen=True)
class UsageRow:
    """Usage at list price of one model or feature; `rest` sums up the cheaper ones."""

    name: str
    note: str
    requests: int
    tokens: int
    amount: Decimal
    rest: bool = False


@dataclass(frozen=True)
class Charges:
    """Everything of the charges page that is a figure. `charged` is the month's, `due` what is owed with the balance.

    `bridge` leads from spend to the last of them, on the cover; empty where they are the same.
    """

    rows: tuple[SumRow, ...]
    bridge: tuple[SumRow, ...]
    models: tuple[UsageRow, ...]
    features: tuple[UsageRow, ...]
    spend: Decimal
    charged: Decimal
    due: Decimal | None
    kinds: frozenset[str]

    @property
    def usage(self) -> Decimal:
        """Usage at list price."""
        return sum((row.amount for row in self.models), ZERO)


def settle(
    lines: Sequence[ChargeLine],
    *,
    currency: str,
    carried: Sequence[Correction] = (),
    balance: Balance | None = None,
    rules: Mapping[str, str] | None = None,
) -> Charges:
    """The rows of one scope. `carried` are the scope's corrections of earlier months, charged with this one.

    `rules`: by which rule a department's shares are divided, in words, by shared_id.
    """
    net = _net_rows(lines, rules or {})
    corrections = _correction_rows(carried)
    taxes = [_tax_row(line.tax, line.base or ZERO, line.cents) for line in lines if line.tax]
    prepaid = [_credit_row(line) for line in lines if line.kind == PREPAID]
    spend = _total(line.cents for line in lines if line.kind in COST_KINDS)
    before_tax = _total(line.cents for line in lines if line.tax is None and line.kind != PREPAID)
    charged = _total(line.cents for line in lines if line.is_charged) + _added(corrections)
    models = _usage_rows(lines, lambda line: (line.model or "Unknown model", formats.provider(line.provider)), _cents)
    features = _usage_rows(lines, lambda line: (line.feature or "No feature named", ""), _exact)
    due = None
    rows = list(net)
    if taxes and len(net) > 1 and net[-1].kind != "sum":
        rows.append(SumRow("Net amount", "", before_tax, "sum"))
    rows += taxes
    if corrections or prepaid:
        with_tax = before_tax + _added(taxes)
        rows.append(SumRow("Amount with tax" if taxes else "Net amount", "", with_tax, "sum"))
    rows += [*corrections, *prepaid]
    name = f"Amount charged, {currency}" if corrections or prepaid else f"Total, {currency}"
    rows.append(SumRow(name, "", charged, "total" if balance is None else "sum"))
    if balance is not None:
        due = charged + balance.opening - _total(payment.amount for payment in balance.payments)
        rows += [*_balance_rows(balance), SumRow(f"Balance due, {currency}", "", due, "total")]
    return Charges(
        rows=tuple(rows),
        bridge=_bridge(spend, lines, taxes, corrections, charged=charged, balance=balance, due=due),
        models=models,
        features=_in_cents(features, _total(row.amount for row in models)),
        spend=spend,
        charged=charged,
        due=due,
        kinds=frozenset(line.kind for line in lines) | ({"correction"} if corrections else frozenset()),
    )


def carried(corrections: Iterable[Correction], scope: Scope, month: date) -> tuple[Correction, ...]:
    """The corrections that this scope's statement of the month carries from earlier ones."""
    return tuple(line for line in of_scope(tuple(corrections), scope) if line.month != month.replace(day=1))


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal("0.00"))


def _added(rows: Iterable[SumRow]) -> Decimal:
    return _total(row.amount for row in rows if row.kind != "memo")


def _net_rows(lines: Sequence[ChargeLine], rules: Mapping[str, str]) -> list[SumRow]:
    """Usage, markups and discounts by provider, promotional credits, and what is divided."""
    rows = [
        row
        for kind, named in (
            ("usage", "{} usage at list price"),
            ("markup", "Markups on {}"),
            ("discount", "Discounts on {}"),
        )
        for row in _by_provider([line for line in lines if line.kind == kind], named)
    ]
    if any(line.kind in ("markup", "discount", *_DIVIDED) for line in lines):
        rows.append(SumRow("Spend", "", _total(row.amount for row in rows), "sum"))
    rows += [_credit_row(line) for line in lines if line.kind == PROMOTIONAL]
    for kinds in DIVIDED:
        rows += _at_most(_divided_rows([line for line in lines if line.kind in kinds], rules), "{}")
    return rows


def _divided_rows(lines: Sequence[ChargeLine], rules: Mapping[str, str]) -> list[SumRow]:
    """A row for each thing that is divided; what nobody used of a commitment is said beside it."""
    rows = []
    for shared_id in dict.fromkeys(line.shared_id for line in lines):
        mine = [line for line in lines if line.shared_id == shared_id]
        unused = _total(line.cents for line in mine if line.kind == "commitment_unused")
        whole = _total(line.cents for line in mine)
        note = f"share {rules[shared_id]}" if shared_id in rules else ""
        if unused:
            note = "unused" if unused == whole else f"{amount(unused)} of it unused"
        rows.append(SumRow(mine[0].shared_name, note, whole))
    return rows


def _by_provider(lines: Sequence[ChargeLine], named: str) -> list[SumRow]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        name = formats.provider(line.provider)
        sums[name] = sums.get(name, Decimal("0.00")) + line.cents
    return _at_most([SumRow(named.format(name), "", cents) for name, cents in sums.items()], named)


def _at_most(rows: Sequence[SumRow], named: str) -> list[SumRow]:
    """The largest first, and what is beyond MOST_ROWS as one row."""
    ordered = sorted(rows, key=lambda row: (-abs(row.amount), row.name))
    if len(ordered) <= MOST_ROWS:
        return ordered
    kept, rest = ordered[: MOST_ROWS - 1], ordered[MOST_ROWS - 1 :]
    return [*kept, SumRow(named.format(f"{len(rest)} others"), "", _total(row.amount for row in rest))]


def _credit_row(line: ChargeLine) -> SumRow:
    what = "Promotional" if line.kind == PROMOTIONAL else "Prepaid"
    left = line.left_after
    note = "" if left is None else "used up" if left <= 0 else f"{amount(rounded(left, CENT))} left"
    return SumRow(f"{what} credit {line.grant_id}", note, line.cents)


def _tax_row(rate: TaxRate, base: Decimal, cents: Decimal) -> SumRow:
    name = f"{rate.name} {rate.percent.normalize():f}%"
    if rate.contained:
        return SumRow(f"{name} contained", f"{rate.jurisdiction}, in {amount(base)}", cents, "memo")
    if rate.percent_of != 100:
        base = base - rounded(base * (rate.percent_of - 100) / rate.percent_of, CENT)
    return SumRow(name, f"{rate.jurisdiction}, on {amount(base)}", cents)


def _correction_rows(carried: Sequence[Correction]) -> list[SumRow]:
    """By how much the charges of closed months would be others, in the cents of their own statements."""
    sums: dict[tuple[int, str], Decimal] = {}
    for line in carried:
        if line.kind in PARTS:
            name = "Corrections to closed months" if line.kind == "spend" else f"{part_name(line)} on corrections"
            key = (PARTS.index(line.kind), name)
            sums[key] = sums.get(key, ZERO) + line.change
    memo = PARTS.index("tax_contained")
    return [
        SumRow(name, "", rounded(cents, CENT), "memo" if kind == memo else "line")
        for (kind, name), cents in sorted(sums.items())
        if cents
    ]


def _balance_rows(balance: Balance) -> list[SumRow]:
    rows = [SumRow("Opening balance", _opening_note(balance), balance.opening - balance.restated)]
    if balance.restated:
        rows.append(SumRow("Restated since the statement before", "", balance.restated))
    kept = list(balance.payments)
    rest: list[Payment] = []
    if len(kept) > MOST_PAYMENTS:
        kept, rest = kept[: MOST_PAYMENTS - 1], kept[MOST_PAYMENTS - 1 :]
    for payment in kept:
        what = "Payment" if payment.amount > 0 else "Paid back"
        note = payment.reference or payment.payment_id
        rows.append(SumRow(f"{what} {formats.full_day(payment.paid_on)}", note, -payment.amount))
    if rest:
        rows.append(SumRow(f"{len(rest)} more payments", "", -_total(payment.amount for payment in rest)))
    return rows


def _opening_note(balance: Balance) -> str:
    parts = [f"as issued until {formats.full_month(balance.closed_until)}"] if balance.closed_until else []
    if balance.open_months:
        first, last = balance.open_months[0], balance.open_months[-1]
        named = formats.full_month(first)
        if last != first:
            named += f" to {formats.full_month(last)}"
        parts.append(f"{named} not closed: as known today")
    return "; ".join(parts)


def _bridge(
    spend: Decimal,
    lines: Sequence[ChargeLine],
    taxes: Sequence[SumRow],
    corrections: Sequence[SumRow],
    *,
    charged: Decimal,
    balance: Balance | None,
    due: Decimal | None,
) -> tuple[SumRow, ...]:
    """From spend to what is charged or due, one row for each kind of step."""
    last = charged if due is None else due
    if last == spend:
        return ()
    steps = [
        ("Promotional credits", _total(line.cents for line in lines if line.kind == PROMOTIONAL)),
        ("Commitments", _total(line.cents for line in lines if line.kind in COMMITMENTS)),
        ("Shares of untagged usage", _total(line.cents for line in lines if line.kind == "untagged_share")),
        ("Shared costs", _total(line.cents for line in lines if line.kind == "shared")),
        ("Tax", _added(taxes)),
        ("Corrections", _added(corrections)),
        ("Prepaid credits", _total(line.cents for line in lines if line.kind == PREPAID)),
    ]
    if balance is not None:
        steps.append(("Opening balance", balance.opening))
        steps.append(("Payments", -_total(payment.amount for payment in balance.payments)))
    return (
        SumRow("Spend", "", spend),
        *(SumRow(name, "", cents) for name, cents in steps if cents),
        SumRow("Amount charged" if due is None else "Balance due", "", last, "total"),
    )


def _cents(line: ChargeLine) -> Decimal:
    return line.cents


def _exact(line: ChargeLine) -> Decimal:
    return line.amount


def _in_cents(rows: Sequence[UsageRow], whole: Decimal) -> tuple[UsageRow, ...]:
    amounts = apportion([row.amount for row in rows], whole, CENT)
    return tuple(replace(row, amount=cents) for row, cents in zip(rows, amounts, strict=True))


def _usage_rows(
    lines: Sequence[ChargeLine],
    key: Callable[[ChargeLine], tuple[str, str]],
    amount_of: Callable[[ChargeLine], Decimal],
) -> tuple[UsageRow, ...]:
    """Usage at list price by `key`, the dearest first and the rest as one row."""
    sums: dict[tuple[str, str], UsageRow] = {}
    for line in lines:
        if line.kind == "usage":
            name, note = key(line)
            row = sums.get((name, note), UsageRow(name, note, 0, 0, Decimal("0.00")))
            sums[name, note] = UsageRow(
                name,
                note,
                row.requests + (line.requests or 0),
                row.tokens + (line.tokens or 0),
                row.amount + amount_of(line),
            )
    ordered = sorted(sums.values(), key=lambda row: (-row.amount, row.name, row.note))
    if len(ordered) <= MOST_USAGE_ROWS + 1:
        return tuple(ordered)
    kept, rest = ordered[:MOST_USAGE_ROWS], ordered[MOST_USAGE_ROWS:]
    others = UsageRow(
        f"{len(rest)} others", "", sum(row.requests for row in rest), sum(row.tokens for row in rest),
        _total(row.amount for row in rest), rest=True,
    )  # fmt: skip
    return (*kept, others)
