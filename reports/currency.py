"""The currency that figures are in: its sign, its name, and money written with it. The only place that knows a sign.

What is printed is in the currency in use (`using`), US dollars where nobody said otherwise. Signs are for currencies
that no other shares one with; others are written with their code, as CHF 1,234.50.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
_SIGNS: Mapping[str, str] = {"USD": "$", "EUR": "€", "GBP": "£"}
_NAMES: Mapping[str, str] = {
    "AED": "UAE dirhams",
    "AUD": "Australian dollars",
    "BGN": "Bulgarian levs",
    "BRL": "Brazilian reais",
    "CAD": "Canadian dollars",
    "CHF": "Swiss francs",
    "CNY": "Chinese yuan",
    "CZK": "Czech koruna",
    "DKK": "Danish kroner",
    "EUR": "euros",
    "GBP": "pounds sterling",
    "HKD": "Hong Kong dollars",
    "HUF": "Hungarian forints",
    "ILS": "Israeli shekels",
    "INR": "Indian rupees",
    "MXN": "Mexican pesos",
    "NOK": "Norwegian kroner",
    "NZD": "New Zealand dollars",
    "PLN": "Polish zlotys",
    "RON": "Romanian lei",
    "SEK": "Swedish kronor",
    "SGD": "Singapore dollars",
    "TRY": "Turkish liras",
    "USD": "US dollars",
    "ZAR": "South African rand",
}
_in_use: ContextVar[str] = ContextVar("currency", default="USD")


@dataclass(frozen=True)
class Currency:
    """`sign` stands before an amount; `words` are its name in running text, the code where we know no name."""

    code: str
    sign: str
    words: str

    @property
    def heading(self) -> str:
        """Its words at the beginning of a line."""
        return f"{self.words[:1].upper()}{self.words[1:]}"


def currency(code: str | None = None) -> Currency:
    """The currency of an ISO code; without one that in use."""
    code = code or _in_use.get()
    # The space does not break: code and amount stay on one line.
    return Currency(code, _SIGNS.get(code, f"{code}\N{NO-BREAK SPACE}"), _NAMES.get(code, code))


def sign() -> str:
    """What stands before an amount in the currency in use."""
    return currency().sign


@contextmanager
def using(code: str) -> Iterator[None]:
    """All money written inside is in this currency."""
    token = _in_use.set(code)
    try:
        yield
    finally:
        _in_use.reset(token)


def cents(value: Decimal, code: str | None = None) -> str:
    """An amount as the terminal shows it, half a cent up as on statements: -$1,234.56."""
    whole = abs(value).quantize(_CENT, ROUND_HALF_UP)
    return f"{'-' if value < 0 else ''}{currency(code).sign}{whole:,}"


def signed(value: Decimal) -> str:
    """A difference as the terminal shows it: +$12.00."""
    return cents(value) if value < 0 else f"+{cents(value)}"


def exact(value: Decimal, code: str | None = None) -> str:
    """An amount with all its decimals: $0.0000025; of another currency than that in use with its code."""
    text = f"{abs(value):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'-' if value < 0 else ''}{currency(code).sign}{text}"
