"""Words of the command line as values (a wrong one is an error that says how to write it), and values as words."""

from datetime import date

from orchestration.errors import SettingsError


def day_of(text: str, option: str) -> date:
    """A day given as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} is {text!r}, which is no day.", "Write it as 2026-10-03.") from None


def month_of(text: str, option: str) -> date:
    """The first day of a month given as YYYY-MM."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise SettingsError(f"{option} is {text!r}, which is no month.", "Write it as 2026-10.") from None


def count_of(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def told_unpriced(requests: int, tokens: int) -> str | None:
    """Usage without a price, in requests and tokens; some sources count no requests. None where there is none."""
    counted = [count_of(requests, "request"), count_of(tokens, "token")]
    return ", ".join(text for text, number in zip(counted, (requests, tokens), strict=True) if number) or None
