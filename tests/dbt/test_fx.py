"""An amount at a rate: SQL and Python say the same to the last digit, over all their range."""

import random
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import pytest
from jinja2 import Environment

from orchestration.marts.dbt_build import PROJECT
from orchestration.reference.fx import at_rate


def expression(amount: str, rate: str) -> str:
    """What the macro makes of it; dbt's `return` gives a value out of a macro, and a text is what it prints."""
    environment = Environment()
    environment.globals["return"] = lambda value: value
    template = environment.from_string((PROJECT / "macros" / "fx.sql").read_text(encoding="utf-8"))
    return str(template.module.at_rate(amount, rate)).strip()  # type: ignore[attr-defined]


AMOUNTS = (
    *("0", "0.000000000000000001", "0.0000005", "0.000000499999999999", "0.999999999999999999", "1", "12.000001"),
    *("99999999999999.999999", "0.000001", "99999999999998.999999999999999999", "1234.000000000000000003"),
)
RATES = ("1", "0.5", "0.000000000001", "999999.999999999999", "0.922338129497", "155.5")


def cases() -> list[tuple[Decimal, Decimal]]:
    chosen = random.Random(7)
    found = [(Decimal(amount), Decimal(rate)) for amount in AMOUNTS for rate in RATES]
    for _ in range(3000):
        amount = Decimal(chosen.randrange(10 ** chosen.randrange(1, 33))).scaleb(-18)
        rate = Decimal(chosen.randrange(1, 10 ** chosen.randrange(1, 19))).scaleb(-12)
        found.append((amount, rate))
    return [pair for amount, rate in found for pair in ((amount, rate), (-amount, rate))]


def test_sql_and_python_agree_to_the_last_digit() -> None:
    pairs = cases()
    with duckdb.connect() as connection:
        connection.execute("create table given (place integer, amount decimal(38, 18), rate decimal(18, 12))")
        rows = [(place, f"{amount:f}", f"{rate:f}") for place, (amount, rate) in enumerate(pairs)]
        connection.executemany("insert into given values (?, ?, ?)", rows)
        found = connection.execute(f"select {expression('amount', 'rate')} from given order by place").fetchall()
    for (amount, rate), (converted,) in zip(pairs, found, strict=True):
        with localcontext(prec=80):
            exact = amount * rate
        assert converted == at_rate(amount, rate), (amount, rate)
        assert abs(converted - exact) <= Decimal("0.5e-18")
        with localcontext(prec=80):
            assert converted == exact.quantize(Decimal("1e-18"), ROUND_HALF_UP)


def test_an_amount_too_large_is_refused_and_nothing_stays_nothing() -> None:
    with duckdb.connect() as connection:
        null = "cast(null as decimal(38, 18))"
        assert connection.execute(f"select {expression(null, '0.9')}").fetchone() == (None,)
        with pytest.raises(duckdb.ConversionException):
            connection.execute(f"select {expression('cast(100000000000001 as decimal(38, 18))', '0.9')}").fetchone()
