"""Whatever is discounted, credited, taxed and rounded: nothing is lost, and plain Python finds the same cents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.marts.dbt_build import PROJECT
from orchestration.reference import FIRST_DAY, LAST_DAY, CreditGrant, Tax
from tests.support.charges_in_python import CENT, ZERO, Share, Statement, Used, statements

MONTHS = (date(2026, 9, 1), date(2026, 10, 1))
GRANTS = 4
_MODELS = ("credit_days", "credit_use", "charge_lines", "monthly_charges")
_UNTIL = date(2026, 10, 31)

_departments = st.sampled_from(["", "Law", "Ops", "Sales"])
_providers = st.sampled_from(["a", "b"])
_models = st.sampled_from(["m", "n"])
_days = st.integers(0, 60).map(lambda number: MONTHS[0] + timedelta(days=number))
# Whole cents, halves of cents and the last of 18 decimals: where rounding goes wrong.
_money = st.one_of(
    st.integers(0, 5_000).map(lambda number: Decimal(number) / 200),
    st.integers(0, 10**22).map(lambda number: Decimal(number).scaleb(-18)),
)


@st.composite
def used(draw: st.DrawFn) -> Used:
    listed, markup = draw(_money), draw(st.sampled_from([ZERO, Decimal("0.005"), Decimal("1.1")]))
    discount = draw(st.one_of(st.just(ZERO), _money.map(lambda amount: -min(amount, listed + markup))))
    return Used(draw(_days), draw(_departments), draw(_providers), draw(_models), draw(st.sampled_from(["", "x"])),
                listed, markup, discount)  # fmt: skip


@st.composite
def grant(draw: st.DrawFn, number: int) -> CreditGrant:
    scope = draw(st.sampled_from(["", "", "Law", "Sales"]))
    start, end = sorted([draw(_days), draw(_days)])
    return CreditGrant(
        grant_id=f"g{number}",
        scope_type="department" if scope else "organisation",
        scope=scope,
        kind=draw(st.sampled_from(["promotional", "topup"])),
        amount=draw(st.integers(1, 10**8).map(lambda units: Decimal(units).scaleb(-6))),
        unit="USD",
        use_order=draw(st.integers(1, 2)),
        valid_from=draw(st.sampled_from([FIRST_DAY, start])),
        valid_to=draw(st.sampled_from([LAST_DAY, end + timedelta(days=1)])),
        provider=draw(st.sampled_from(["", "", "a"])),
        model=draw(st.sampled_from(["", "", "n"])),
        note="",
    )


@st.composite
def tax(draw: st.DrawFn, number: int) -> Tax:
    scope = draw(st.sampled_from(["", "", "Law", "Ops"]))
    return Tax(
        jurisdiction=draw(st.sampled_from(["GB", "IE"])),
        name=f"T{number}",
        percent=draw(st.sampled_from(["0", "7", "12.5", "19", "0.000001", "100", "33.333333"]).map(Decimal)),
        mode=draw(st.sampled_from(["inclusive", "exclusive"])),
        scope_type="department" if scope else "organisation",
        scope=scope,
        applies_to=draw(st.sampled_from(["all", "usage", "shared_costs"])),
        valid_from=draw(st.sampled_from([FIRST_DAY, date(2026, 10, 31)])),
        valid_to=draw(st.sampled_from([LAST_DAY, date(2026, 10, 31), date(2026, 11, 1)])),
    )


@st.composite
def issued(draw: st.DrawFn, grants: Sequence[CreditGrant]) -> dict[date, dict[str, Decimal]]:
    """What September, or both months, were closed with: parts of each grant, of one lowered since more than it has."""
    closed = draw(st.integers(0, len(MONTHS)))
    return {
        month: {each.grant_id: each.amount * draw(st.integers(0, 4)) / 4 for each in grants}
        for month in MONTHS[:closed]
    }


@st.composite
def divided(draw: st.DrawFn) -> list[Share]:
    """Shared costs and commitments of October, and untagged usage that nobody gives to others."""
    shares = []
    for number in range(draw(st.integers(0, 3))):
        parts = draw(st.dictionaries(_departments, _money, max_size=4))
        kind = draw(st.sampled_from(["shared", "untagged_share", "commitment"]))
        if kind == "untagged_share":
            parts[""] = -sum((amount for name, amount in parts.items() if name), ZERO)
        if kind == "commitment":
            shares.append(Share(MONTHS[1], "", "commitment_unused", f"s{number}", draw(_money)))
        shares += [Share(MONTHS[1], name, kind, f"s{number}", amount) for name, amount in parts.items()]
    return shares


Case = tuple[list[Used], list[CreditGrant], list[Tax], dict[date, dict[str, Decimal]], list[Share]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    grants = [draw(grant(number)) for number in range(draw(st.integers(0, GRANTS)))]
    taxes = [draw(tax(number)) for number in range(draw(st.integers(0, 4)))]
    return draw(st.lists(used(), min_size=1, max_size=14)), grants, taxes, draw(issued(grants)), draw(divided())


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the models as dbt sends it, by model."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("dbt")
    output = {"type": "duckdb", "path": ":memory:", "attach": [{"path": ":memory:", "alias": "scratch"}], "threads": 1}
    (folder / "profiles.yml").write_text(json.dumps({"tallyhouse": {"target": "t", "outputs": {"t": output}}}))
    told = json.dumps({"money_grants": GRANTS, "data_until": _UNTIL.isoformat()})
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(folder), "--target-path", str(folder / "target")]
    chosen = ["--select", *_MODELS, "--vars", told, "--log-path", str(folder / "logs")]
    try:
        result = dbtRunner().invoke(["compile", "--quiet", *folders, *chosen])
    finally:
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.success, result.exception
    found = {item.node.name: item.node.compiled_code for item in result.result.results if item.node.name in _MODELS}
    assert set(found) == set(_MODELS)
    return found


@given(case=cases())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_marts_charge_to_the_cent_what_plain_python_charges(
    compiled: dict[str, str],
    case: Case,
) -> None:
    usage, grants, taxes, closed, shares = case
    for month, found in of_marts(compiled, *case).items():
        assert found == {
            scope: (statement.exact, statement.cents)
            for scope, statement in statements(usage, grants, taxes, closed, month, shares).items()
        }
        mine = [share for share in shares if share.month == month]
        conserves(found, [row for row in usage if row.day.replace(day=1) == month], mine)


def conserves(
    found: Mapping[tuple[str, str], tuple[Mapping[tuple[str, ...], Decimal], Mapping[tuple[str, ...], Decimal]]],
    usage: Sequence[Used],
    shares: Sequence[Share],
) -> None:
    """What holds whatever the rules are: costs are not lost, departments add up, no line moves by a cent."""
    exact, _ = found.get(("organisation", ""), ({}, {}))
    before = sum((amount for line, amount in exact.items() if line[0] in ("usage", "markup", "discount")), ZERO)
    assert before == sum((row.cost for row in usage), ZERO)
    credits = -sum((amount for line, amount in exact.items() if line[0].endswith("_credit")), ZERO)
    assert ZERO <= credits <= before
    for whole in ("shared", "commitment", "commitment_unused"):
        parts = [share.amount for share in shares if share.kind == whole]
        assert sum(parts, ZERO) == sum((amount for line, amount in exact.items() if line[0] == whole), ZERO)
    assert not any(line[0] == "untagged_share" for line in exact)
    departments = [lines for scope, (lines, _) in found.items() if scope[0] == "department"]
    kinds = {line[0] for lines in departments for line in lines if not line[0].startswith("tax")}
    for kind in kinds:
        parts = [amount for lines in departments for line, amount in lines.items() if line[0] == kind]
        assert sum(parts, ZERO) == sum((amount for line, amount in exact.items() if line[0] == kind), ZERO)
    for lines, rounded in found.values():
        assert all(abs(lines[line] - rounded[line]) < CENT for line in lines)
        net = [line for line in lines if line[0] != "prepaid_credit" and not line[0].startswith("tax")]
        whole = sum((lines[line] for line in net), ZERO).quantize(CENT, ROUND_HALF_UP)
        assert sum((rounded[line] for line in net), ZERO) == whole
        # So that a table that divides a kind in another way, by feature, can be rounded to the same whole.
        for kind in {line[0] for line in net}:
            own = [line for line in net if line[0] == kind]
            assert abs(sum((rounded[line] - lines[line] for line in own), ZERO)) < CENT


def of_marts(
    compiled: Mapping[str, str],
    usage: Sequence[Used],
    grants: Sequence[CreditGrant],
    taxes: Sequence[Tax],
    closed: Mapping[date, Mapping[str, Decimal]],
    shares: Sequence[Share],
) -> dict[date, dict[tuple[str, str], tuple[dict[tuple[str, ...], Decimal], dict[tuple[str, ...], Decimal]]]]:
    """The statements of monthly_charges by month and scope, in the words of the recomputation."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("attach ':memory:' as scratch")
        for schema in ("marts", "reference", "run", "published", "scratch.marts"):
            connection.execute(f"create schema {schema}")
        days = [
            (row.day.replace(day=1), row.day, True, row.department, row.provider, row.model, row.feature, 1, 1,
             row.listed, row.markup, row.discount, row.cost)
            for row in usage
        ]  # fmt: skip
        money = "decimal(38, 18)"
        fill(connection, "marts.month_days", {
            "month": "date", "usage_date": "date", "is_priced": "boolean", "department": "varchar",
            "provider": "varchar", "model": "varchar", "feature": "varchar", "requests": "bigint",
            "total_tokens": "decimal(38, 0)", "list_cost": money, "markup_cost": money, "discount_cost": money,
            "effective_cost": money,
        }, days)  # fmt: skip
        fill(connection, "marts.monthly_allocation", {
            "month": "date", "department": "varchar", "kind": "varchar", "shared_id": "varchar", "name": "varchar",
            "amount": money,
        }, [
            (share.month, share.department, share.kind, share.shared_id, "N", share.amount)
            for share in shares
        ])  # fmt: skip
        fill(connection, "reference.credit_grants", of_record(CreditGrant, "decimal(21, 6)"), map(cells, grants))
        fill(connection, "reference.taxes", of_record(Tax, "decimal(9, 6)"), map(cells, taxes))
        fill(connection, "run.months",
             {"month": "date", "next_month": "date", "data_until": "date", "owed_until": "date"},
             [(m, (m + timedelta(days=31)).replace(day=1), _UNTIL, _UNTIL) for m in MONTHS])  # fmt: skip
        fill(connection, "run.closed_months", {"month": "date"}, [(month,) for month in closed])
        fill(connection, "published.published_credit_days", {
            "usage_date": "date", "department": "varchar", "provider": "varchar", "model": "varchar",
            "effective_cost": money,
        }, [])  # fmt: skip
        fill(connection, "published.issued_charges", {
            "month": "date", "scope_type": "varchar", "line_kind": "varchar", "grant_id": "varchar", "amount": money,
        }, [
            (month, "organisation", "promotional_credit", name, -amount)
            for month, by_grant in closed.items() for name, amount in by_grant.items() if amount
        ])  # fmt: skip
        for model in _MODELS:
            where = "scratch.marts" if model in ("credit_use", "charge_lines") else "marts"
            connection.execute(f"create table {where}.{model} as {compiled[model]}")
        order = [g.grant_id for g in sorted(grants, key=lambda g: (g.use_order, g.valid_to, g.grant_id))]
        rows = connection.execute(
            "select month, scope_type, scope, line_kind, provider, model, feature, grant_id, shared_id, jurisdiction, "
            "tax_name, percent, percent_of, amount, rounded_amount "
            "from marts.monthly_charges order by month, line_order"
        ).fetchall()
    found: dict[date, dict[tuple[str, str], Statement]] = {month: {} for month in MONTHS}
    for month, scope_type, scope, kind, *names, percent, percent_of, amount, cents in rows:
        provider, model, feature, grant_id, shared_id, levied, tax_name = names
        place = f"{order.index(grant_id):03d} {grant_id}" if grant_id else shared_id
        line = (kind, provider, model, feature, place)
        if kind.startswith("tax"):
            line = (kind, levied, tax_name, f"{percent:.6f}", f"{percent_of:.6f}")
        statement = found[month].setdefault((scope_type, scope), Statement())
        assert line not in statement.exact
        statement.exact[line], statement.cents[line] = amount, cents
    return {month: {s: (st.exact, st.cents) for s, st in by_scope.items()} for month, by_scope in found.items()}


def of_record(record: type, number: str) -> dict[str, str]:
    types = {"date": "date", "int": "integer", "Decimal": number}
    return {item.name: types.get(getattr(item.type, "__name__", str(item.type)), "varchar") for item in fields(record)}


def cells(row: CreditGrant | Tax) -> tuple[Any, ...]:
    return tuple(vars(row).values())


def fill(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Any) -> None:
    connection.execute(f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    for row in rows:
        connection.execute(f"insert into {name} values ({', '.join('?' for _ in columns)})", list(row))
