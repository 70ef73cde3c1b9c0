"""Numbers and dates as they are printed. A Decimal carries its precision: Decimal("12") prints without cents."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from reports.currency import sign

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
CENT = Decimal("0.01")
WHOLE = Decimal(1)
MILLION = Decimal(1_000_000)
# Beyond this a share says nothing that the amounts do not, and breaks its column.
MOST_PERCENT = Decimal(999)

# English month names, not strftime's: the statement must not change with the locale of the machine.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

PROVIDERS: Mapping[str, str] = {
    "anthropic": "Anthropic",
    "aws": "AWS Bedrock",
    "azure": "Azure",
    "cohere": "Cohere",
    "deepseek": "DeepSeek",
    "google": "Google",
    "groq": "Groq",
    "mistral": "Mistral",
    "openai": "OpenAI",
    "openrouter": "OpenRouter",
    "x-ai": "xAI",
}


def rounded(value: Decimal, quantum: Decimal) -> Decimal:
    """Half away from zero to a multiple of `quantum`, as invoices round."""
    return value.quantize(quantum, rounding=ROUND_HALF_UP)


def apportion(values: Sequence[Decimal], total: Decimal, quantum: Decimal) -> list[Decimal]:
    """Round `values` to multiples of `quantum` so that they sum exactly to `total` (largest remainder).

    `total` must be a multiple of `quantum` that lies within one quantum per value of the exact sum; no value moves by a
    whole quantum or more. Ties go to the earlier value, so that the result depends on nothing but its arguments.
    """
    floors = [value.quantize(quantum, rounding=ROUND_DOWN) for value in values]
    missing = int((total - sum(floors, Decimal(0))) / quantum)
    if abs(missing) > len(values):
        raise ValueError(f"{len(values)} values cannot be rounded to the total {total}.")
    sign = 1 if missing >= 0 else -1
    order = sorted(range(len(values)), key=lambda i: (-(values[i] - floors[i]) * sign, i))
    for index in order[: abs(missing)]:
        floors[index] += quantum * sign
    return floors


def money(value: Decimal) -> str:
    return f"{MINUS if value < 0 else ''}{sign()}{abs(value):,f}"


def amount(value: Decimal) -> str:
    """Money without the currency sign, for columns whose heading names it."""
    return f"{MINUS if value < 0 else ''}{abs(value):,f}"


def change(value: Decimal, *, currency: bool = False) -> str:
    """A signed difference; zero has no sign."""
    direction = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{direction}{sign() if currency else ''}{abs(value):,f}"


def count(value: int) -> str:
    return f"{value:,d}".replace("-", MINUS)


def share(part: Decimal, whole: Decimal, places: int = 0) -> str:
    """`part` as a percentage of `whole`, half up; an en dash when there is no whole.

    What is not quite nothing or not quite (or more than) the whole is never printed as just that.
    """
    if whole == 0:
        return NONE
    quantum = Decimal(1).scaleb(-places)
    exact = part * 100 / whole
    value = rounded(exact, quantum)
    if value > MOST_PERCENT:
        return f">{MOST_PERCENT}%"
    if value == 0 and exact > 0:
        return f"<{quantum:f}%"
    if value == 100 and exact != 100:
        return f">{value if exact > 100 else value - quantum:f}%"
    return f"{MINUS if value < 0 else ''}{abs(value):,f}%"


def short(value: int) -> str:
    """A count with its unit, one decimal: 812, 1.2k, 33.7B."""
    if abs(value) < 1000:
        return count(value)
    for limit, suffix in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        # From 999.95 of a smaller unit on, one decimal would print as 1,000.0: the next unit takes over.
        if abs(value) * 20_000 >= limit * 19_999:
            scaled = rounded(Decimal(abs(value)) / limit, Decimal("0.1"))
            return f"{MINUS if value < 0 else ''}{scaled:,f}{suffix}"
    raise AssertionError("every count from 1,000 on has a unit")


def unit_price(spend: Decimal, tokens: int) -> Decimal | None:
    """Money per million tokens: cents, or four figures when it is below ten cents. None without tokens."""
    if tokens == 0:
        return None
    value = spend * MILLION / tokens
    return rounded(value, CENT if abs(value) >= Decimal("0.1") or value == 0 else Decimal("0.0001"))


def day(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1]}"


def full_day(value: date) -> str:
    return f"{day(value)} {value.year}"


def month(value: date) -> str:
    return MONTHS[value.month - 1]


def full_month(value: date) -> str:
    return f"{month(value)} {value.year}"


def span(first: date, last: date) -> str:
    """`1–14 October` for days of one month."""
    return day(first) if first == last else f"{first.day}\N{EN DASH}{day(last)}"


def listed(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def number_word(value: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[value] if 0 <= value < len(words) else count(value)


def provider(name: str) -> str:
    """The provider's name as it spells it; an unknown one as the data has it."""
    return PROVIDERS.get(name, name) or "Unknown provider"
