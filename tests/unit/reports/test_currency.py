"""Money in the currency in use: sign, code and words from one place."""

from decimal import Decimal

import pytest

from reports import formats
from reports.currency import cents, currency, exact, signed, using
from reports.messages import words


@pytest.mark.parametrize(
    ("code", "heading", "printed", "changed"),
    [
        ("USD", "US dollars", "−$1,234.50", "+$0.5"),
        ("EUR", "Euros", "−€1,234.50", "+€0.5"),
        ("GBP", "Pounds sterling", "−£1,234.50", "+£0.5"),
        ("CHF", "Swiss francs", "−CHF\u00a01,234.50", "+CHF\u00a00.5"),
        ("XCD", "XCD", "−XCD\u00a01,234.50", "+XCD\u00a00.5"),
    ],
)
def test_a_statement_writes_its_currency(code: str, heading: str, printed: str, changed: str) -> None:
    with using(code):
        assert currency().heading == heading
        assert formats.money(Decimal("-1234.50")) == printed
        assert formats.change(Decimal("0.5"), currency=True) == changed
        assert formats.change(Decimal("0.5")) == "+0.5"
    assert formats.money(Decimal(1)) == "$1"


def test_the_terminal_and_messages_write_it_too() -> None:
    with using("EUR"):
        assert (cents(Decimal("-1234.5")), signed(Decimal(12)), signed(Decimal(-12))) == (
            "-€1,234.50", "+€12.00", "-€12.00",
        )  # fmt: skip
        assert exact(Decimal("0.00000250")) == "€0.0000025"
        assert exact(Decimal("-2.50"), "USD") == "-$2.5"
        assert words.money(Decimal("0.001")) == "less than €0.01"
        with using("CHF"):
            assert words.signed(Decimal("12")) == "+CHF\u00a012.00"
        assert words.money(Decimal("12")) == "€12.00"


def test_the_terminal_rounds_half_a_cent_as_statements_do() -> None:
    assert [cents(Decimal(text)) for text in ("17.205", "0.125", "-0.005", "1234.5")] == [
        "$17.21", "$0.13", "-$0.01", "$1,234.50",
    ]  # fmt: skip
