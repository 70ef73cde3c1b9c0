"""What a statement charges, from the lines of monthly_charges to the rows that are printed.

A printed row is the exact sum of its lines in cents, less than one off, so that the column adds up to what is charged:
the cents of many lines, added up, would be several cents off.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from reports import formats
from reports.corrections import of_scope
from reports.formats import CENT, amount, apportion, rounded
from reports.values import COST_KINDS, ZERO, Balance, ChargeLine, Correction, Payment, Scope, TaxRate

MOST_ROWS = 6
MOST_PAYMENTS = 6
PREPAID = "prepaid_credit"
PROMOTIONAL = "promotional_credit"
_NAMES = {"usage": "{} usage at list price", "markup": "Markups on {}", "discount": "Discounts on {}"}


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
    month: date,
    currency: str,
    carried: Sequence[Correction] = (),
    balance: Balance | None = None,
) -> Charges:
    """The rows of one scope. `carried` are the scope's corrections of earlier months, charged with this one."""
    wholes = _kinds_in_cents(lines)
    net = _net_rows(lines, wholes)
    corrections = _correction_rows(carried)
    taxes = [_tax_row(line.tax, line.base or ZERO, line.cents) for line in lines if line.tax]
    prepaid = [_credit_row(line) for line in lines if line.kind == PREPAID]
    spend = _total(wholes.values())
    before_tax = _total(line.cents for line in lines if line.tax is None and line.kind != PREPAID)
    charged = _total(line.cents for line in lines if line.is_charged) + _added(corrections)
    due = None
    rows = list(net)
    if taxes and len(net) > 1 and net[-1].kind != "sum":
        rows.append(SumRow("Net amount", "", before_tax, "sum"))
    rows += taxes
    if corrections or prepaid:
        with_tax = before_tax + _added(taxes)
        rows.append(SumRow(f"Charge for {formats.full_month(month)}", "", with_tax, "sum"))
    rows += [*corrections, *prepaid]
    name = f"Amount charged, {currency}" if corrections or prepaid else f"Total, {currency}"
    rows.append(SumRow(name, "", charged, "total" if balance is None else "sum"))
    if balance is not None:
        due = charged + balance.opening - _total(payment.amount for payment in balance.payments)
        rows += [*_balance_rows(balance), SumRow(f"Balance due, {currency}", "", due, "total")]
    return Charges(
        rows=tuple(rows),
        bridge=_bridge(spend, lines, taxes, corrections, charged=charged, balance=balance, due=due),
        models=_usage_rows(
            lines, lambda line: (line.model or "Unknown model", formats.provider(line.provider)), wholes["usage"]
        ),
        features=_usage_rows(lines, lambda line: (line.feature or "No feature named", ""), wholes["usage"]),
        spend=spend,
        charged=charged,
        due=due,
        kinds=frozenset(line.kind for line in lines) | ({"correction"} if corrections else frozenset()),
    )


def carried(corrections: Iterable[Correction], scope: Scope, month: date) -> tuple[Correction, ...]:
    """The corrections that this scope's statement of the month carries from earlier ones."""
    return tuple(line for line in of_scope(tuple(corrections), scope) if line.month != month.replace(day=1))


def tax_on(base: Decimal, rate: TaxRate) -> Decimal:
    """Tax on an amount in cents, half away from zero on the cent."""
    return rounded(base * rate.percent / rate.percent_of, CENT)


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal("0.00"))


def _added(rows: Iterable[SumRow]) -> Decimal:
    return _total(row.amount for row in rows if row.kind != "memo")


def _kinds_in_cents(lines: Sequence[ChargeLine]) -> dict[str, Decimal]:
    """Usage, markups and discounts as a whole, in cents that add up to the spend that is charged."""
    exact = [_exact(line for line in lines if line.kind == kind) for kind in COST_KINDS]
    spend = _total(line.cents for line in lines if line.kind in COST_KINDS)
    return dict(zip(COST_KINDS, apportion(exact, spend, CENT), strict=True))


def _net_rows(lines: Sequence[ChargeLine], wholes: Mapping[str, Decimal]) -> list[SumRow]:
    """Usage, markups and discounts by provider, and promotional credits."""
    rows = [
        row
        for kind, whole in wholes.items()
        for row in _by_provider([line for line in lines if line.kind == kind], _NAMES[kind], whole)
    ]
    if any(line.kind in ("markup", "discount") for line in lines):
        rows.append(SumRow("Spend", "", _total(wholes.values()), "sum"))
    return [*rows, *(_credit_row(line) for line in lines if line.kind == PROMOTIONAL)]


def _by_provider(lines: Sequence[ChargeLine], named: str, whole: Decimal) -> list[SumRow]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        name = formats.provider(line.provider)
        sums[name] = sums.get(name, ZERO) + line.amount
    ordered = sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))
    if len(ordered) > MOST_ROWS:
        rest = ordered[MOST_ROWS - 1 :]
        ordered[MOST_ROWS - 1 :] = [(f"{len(rest)} others", _total(exact for _, exact in rest))]
    amounts = apportion([exact for _, exact in ordered], whole, CENT)
    return [SumRow(named.format(name), "", cents) for (name, _), cents in zip(ordered, amounts, strict=True)]


def _exact(lines: Iterable[ChargeLine]) -> Decimal:
    return _total(line.amount for line in lines)


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
    """The corrections of closed months and the tax on them, each rounded on its own."""
    if not carried:
        return []
    bases: dict[TaxRate, Decimal] = {}
    for line in carried:
        for rate in line.taxes:
            bases[rate] = bases.get(rate, ZERO) + line.after - line.before
    whole = rounded(sum((line.after - line.before for line in carried), ZERO), CENT)
    rows = [SumRow("Corrections to closed months", "", whole)]
    for rate in sorted(bases, key=lambda rate: (rate.contained, rate.jurisdiction, rate.name, rate.percent)):
        base = rounded(bases[rate], CENT)
        row = _tax_row(rate, base, tax_on(base, rate))
        rows.append(SumRow(f"{row.name} on corrections", row.note, row.amount, row.kind))
    return rows


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


def _usage_rows(
    lines: Sequence[ChargeLine], key: Callable[[ChargeLine], tuple[str, str]], whole: Decimal
) -> tuple[UsageRow, ...]:
    """Usage at list price by `key`, the dearest first and the rest as one row; together `whole`, in cents."""
    groups: dict[tuple[str, str], list[ChargeLine]] = {}
    for line in lines:
        if line.kind == "usage":
            groups.setdefault(key(line), []).append(line)
    ordered = sorted(groups.items(), key=lambda item: (-_exact(item[1]), item[0]))
    kept, rest = (
        (ordered, []) if len(ordered) <= MOST_ROWS + 2 else (ordered[: MOST_ROWS + 1], ordered[MOST_ROWS + 1 :])
    )
    rows = [_usage_row(name, note, group) for (name, note), group in kept]
    if rest:
        others = [line for _, group in rest for line in group]
        rows.append(replace(_usage_row(f"{len(rest)} others", "", others), rest=True))
    amounts = apportion([row.amount for row in rows], whole, CENT)
    return tuple(replace(row, amount=cents) for row, cents in zip(rows, amounts, strict=True))


def _usage_row(name: str, note: str, lines: Sequence[ChargeLine]) -> UsageRow:
    return UsageRow(
        name, note, sum(line.requests or 0 for line in lines), sum(line.tokens or 0 for line in lines), _exact(lines)
    )
