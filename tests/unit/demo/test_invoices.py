"""The example company's invoices: of a month of UTC days, by model, in whole cents."""

from dataclasses import replace
from datetime import date
from itertools import count

from orchestration.demo.catalog import GPT_5_MINI, MISTRAL_LARGE_3, OPUS_4_6
from orchestration.demo.invoices import Billed
from orchestration.demo.usage import Event

HOUR = 3_600_000
_NUMBERS = count()


def event(millisecond: int, nano: int) -> Event:
    return Event(millisecond, OPUS_4_6, 0, 0, 0, 0, 0, 0, 0, 0, nano, "", "", next(_NUMBERS))


def test_a_request_is_of_the_month_that_it_is_in_utc() -> None:
    billed = Billed(date(2026, 10, 1))
    # London is an hour ahead on 1 October and not on 1 November.
    billed.add(date(2026, 10, 1), [event(HOUR - 1, 7_000_000_000), event(HOUR, 1_000_000_000)])
    billed.add(date(2026, 10, 31), [event(23 * HOUR, 20_000_000)])
    billed.add(date(2026, 11, 1), [event(0, 300_000_000)])
    assert list(billed.lines()) == [("anthropic", "claude-opus-4-6", "1.02")]


def test_lines_are_by_model_rounded_once_and_of_two_providers() -> None:
    billed = Billed(date(2026, 10, 1))
    halves = [event(HOUR, 2_500_000), event(HOUR, 2_500_000)]
    billed.add(date(2026, 10, 5), [*halves, halves[0]._replace(model=GPT_5_MINI, nano=4_999_999)])
    billed.add(date(2026, 10, 5), [halves[0]._replace(model=MISTRAL_LARGE_3)])
    renamed = replace(OPUS_4_6, name="other")
    billed.add(date(2026, 10, 6), [halves[0]._replace(model=renamed, nano=10_000_000)])
    assert list(billed.lines()) == [
        ("anthropic", "claude-opus-4-6", "0.01"),
        ("anthropic", "other", "0.01"),
        ("openai", "gpt-5-mini", "0.00"),
    ]
