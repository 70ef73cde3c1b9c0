"""How a reconciliation looks: by provider and model, and what to do next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal

from rich.markup import escape
from rich.table import Table

from orchestration.console import out, print_json
from orchestration.reconciling.month import AccountRow, Compared, Month
from reports.currency import cents, sign

CAUSE_WORDS = {
    "unpriced": "unpriced usage",
    "missing_days": "days without usage",
    "days_not_billed": "days not billed",
    "price": "other prices",
    "time_zone": "UTC month",
    "credits": "credits",
    "fees": "fees",
    "adjustments": "own markups and discounts",
    "exchange": "exchange rate",
    "rounding": "rounding",
}
_BILLS = {"report": "cost report", "invoice": "invoices"}
_STYLES = {"agrees": "green", "explained": "bold yellow", "differs": "bold red"}
_SHOWN = 40
_DAYS_SHOWN = 5


def print_month(found: Month, as_json: bool) -> None:
    """Billed, computed, variance, causes and verdict by provider and model; then what to do."""
    if as_json:
        print_json(asdict(found))
        return
    console = out()
    console.print(f"[bold]{found.month:%B %Y}[/] is {_standing(found)}: {escape(found.summary)}.")
    if not found.accounts:
        console.print("There is neither usage nor a bill.")
    for row in (row for row in found.accounts if row.bill):
        tolerance = f", tolerance {_money(row.tolerance)}" if row.tolerance is not None else ""
        bill = f"{_BILLS[row.bill]} in {escape(row.bill_currency)}{_converted(row)}"
        console.print(f"\n[bold]{escape(row.name)}[/], {bill}{tolerance}")
        console.print(_table(row))
        if len(row.models) > _SHOWN:
            console.print(f"and {len(row.models) - _SHOWN} more models; all of them with --json")
        for line in next_steps(row, found.month):
            console.print(f"  {escape(line)}")
    unbilled = [row for row in found.accounts if not row.bill]
    if unbilled:
        told = ", ".join(f"{row.name or 'no provider named'} {_money(row.figures.computed)}" for row in unbilled)
        console.print(f"\n[bold]No bill[/], computed: {escape(told)}")
        console.print("  Enter the invoice in reference/invoices.csv, or fetch the provider's cost report.")
        required = [row.name for row in unbilled if row.is_required]
        if required:
            console.print(f"  The settings want one of {escape(', '.join(required))} (reconcile.required).")


def next_steps(row: AccountRow, month: date) -> Iterator[str]:
    """What to do about an account, the largest cause first."""
    span = f"--from {month:%Y-%m}-01 --to {_last(month)}"
    steps = {
        "unpriced": f"Usage without a price (events: {row.figures.unpriced_events:,}): give {_unpriced(row)} one in "
        f"reference/price_overrides.csv, then: tallyhouse reprice {span}",
        "missing_days": f"Billed, but without any usage in our data: {_days(row.missing, row.bill)} (UTC). Look for "
        "the logs of that time and drop them into the inbox, then: tallyhouse run",
        "days_not_billed": f"Used, but not on the bill: {_days(row.not_billed, row.bill)} (UTC). Fetch the cost report "
        "again, or enter the invoice of that time.",
        "price": "The provider reports the same quantities at another price. What the newest price book would change: "
        f"tallyhouse reprice {span} --plan; a contract belongs in reference/price_overrides.csv",
        "adjustments": "The bill is without our markups or discounts: if they are the provider's, correct "
        "reference/discounts.csv.",
    }
    known = {name: amount for name, amount in row.figures.causes.items() if name in steps}
    yield from (steps[name] for name in sorted(known, key=lambda name: -abs(known[name])))
    if row.figures.verdict == "differs" and _is_beyond(row.invoice_variance, row.tolerance):
        yield (
            f"The invoice charges {_money(row.invoice_variance)} more than the cost report: ask the provider which of "
            "the two holds, and correct reference/invoices.csv if it is a slip."
        )
    if row.figures.unexplained and row.figures.verdict != "agrees":
        yield (
            "Nothing shows where the unexplained amount comes from. Usage that another client or key causes is not in "
            "the logs; the provider's usage report as a source with role: control tells usage and price apart."
        )
    if row.invoiced is not None and row.reported is not None and row.invoice_variance is None:
        other = {"report": "invoices are", "invoice": "cost report is"}[row.bill]
        yield f"The {other} of fewer days with usage, and not compared."
    if row.why_not == "currency":
        yield (
            f"Not compared: the bill is in {row.currency}, which is neither your currency nor that of prices, or "
            "reference/fx_rates.csv has no rate for its day."
        )
    if row.why_not == "period":
        yield "Not compared: a line begins in an earlier month. Enter one line for each month that it is of."


def _converted(row: AccountRow) -> str:
    """What the bill is in its own currency, and at which rates it was converted."""
    if not row.fx_rates:
        return ""
    dates, rates = zip(*(text.split(" ") for text in row.fx_rates), strict=True)
    low, high = min(rates, key=Decimal), max(rates, key=Decimal)
    at = f"{low} of {dates[0]}" if len(rates) == 1 else f"{low} to {high} of {dates[0]} to {dates[-1]}"
    return f", {_money(row.bill_amount, row.bill_currency)} at {at}"


def _table(row: AccountRow) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("Model", overflow="fold")  # whole: a cut name may be another model's too
    for name in ("Billed", "Computed", "Variance", "Unexplained"):
        table.add_column(name, justify="right")
    table.add_column("Causes")
    table.add_column("Verdict")
    for model in row.models[:_SHOWN]:
        table.add_row(escape(model.model or "not told apart by model"), *_cells(model.figures, row.currency))
    table.add_row("Total", *_cells(row.figures, row.currency))
    return table


def _cells(figures: Compared, currency: str) -> Sequence[str]:
    style = _STYLES.get(figures.verdict)
    verdict = f"[{style}]{figures.verdict}[/]" if style else figures.verdict
    return (
        _money(figures.billed, currency),
        _money(figures.computed),
        _signed(figures.variance),
        _signed(figures.unexplained),
        causes_in_words(figures.causes) or "–",
        verdict,
    )


def causes_in_words(causes: Mapping[str, Decimal]) -> str:
    """`credits -$500.00, rounding +$0.01`, the largest first."""
    largest = sorted(causes, key=lambda name: -abs(causes[name]))
    return ", ".join(f"{CAUSE_WORDS[name]} {_signed(causes[name])}" for name in largest)


def _standing(found: Month) -> str:
    if found.state == "closed":
        return f"closed (revision {found.revision}); today's figures"
    running = "" if found.is_over else ", and still running"
    return f"{'a draft, reconciled' if found.state == 'reconciled' else 'a draft, not reconciled'}{running}"


def _unpriced(row: AccountRow) -> str:
    names = [model.model for model in row.models if model.figures.unpriced_events and model.model]
    return ", ".join(names[:3]) or "them"


def _days(days: Sequence[str], bill: str) -> str:
    if bill == "invoice" or not days:
        return "days of the month"
    shown = ", ".join(days[:_DAYS_SHOWN])
    return shown if len(days) <= _DAYS_SHOWN else f"{shown} and {len(days) - _DAYS_SHOWN} more"


def _last(month: date) -> date:
    from orchestration.marts.calendar import month_end

    return month_end(month)


def _is_beyond(amount: Decimal | None, tolerance: Decimal | None) -> bool:
    return amount is not None and tolerance is not None and abs(amount) > tolerance


def _money(value: Decimal | None, currency: str | None = None) -> str:
    return "–" if value is None else cents(value, currency)


def _signed(value: Decimal | None) -> str:
    """Cents, or as many digits as show what is not nothing."""
    if value is None:
        return "–"
    if not value:
        return cents(value)
    text = f"{abs(value):,.2f}" if abs(value) >= Decimal("0.005") else f"{abs(value):.1g}"
    return f"{'-' if value < 0 else '+'}{sign()}{text}"
