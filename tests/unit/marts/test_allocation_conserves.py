"""Whatever the rules, weights and costs: the mart's own SQL gives what plain Python gives, and nothing is lost."""

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.marts.dbt_build import PROJECT

UNITS = 10**18
MODELS = ("allocation_pots", "allocation_claims", "monthly_allocation")
CENTRES = {"Sales": "CC-1", "Legal": "CC-2", "Ops": "CC-2", "Labs": ""}
NAMES = {"department": (*CENTRES, "Nobody's"), "cost_centre": ("CC-1", "CC-2", "CC-3", "CC-8")}
MONTH = "date '2026-10-01'"

# From one unit of the last decimal to ten trillion dollars: more than a model that is priced wrong by a million.
COST = st.one_of(
    st.none(),
    st.just(0),
    st.integers(1, 20),
    st.integers(0, 10**25),
    st.integers(10**30, 10**31),
    st.integers(-(10**20), 0),
).map(lambda units: None if units is None else money(units))
AMOUNT = st.one_of(st.integers(1, 10**9), st.integers(1, 10**21 - 1)).map(lambda n: Decimal(n).scaleb(-6))
WEIGHT = st.one_of(st.integers(1, 10), st.integers(1, 10**15 - 1)).map(lambda n: Decimal(n).scaleb(-6))
USE = st.lists(
    st.tuples(st.sampled_from(("", *CENTRES)), st.sampled_from(("", "CC-1", "CC-2", "CC-3")), COST), max_size=8
)
# What commitments are for, by model: list cost, and whether it is what was spent too; else a fee covers it.
COMMITTED = st.lists(
    st.tuples(
        st.sampled_from(("", *CENTRES)),
        st.sampled_from(("", "CC-1", "CC-2", "CC-3")),
        st.sampled_from(("m", "n")),
        st.one_of(st.just(0), st.integers(1, 20), st.integers(0, 10**25)).map(lambda units: money(units)),
        st.booleans(),
    ),
    max_size=6,
)
COMMITMENTS = st.lists(
    st.tuples(
        st.sampled_from(("flat", "minimum")),
        st.sampled_from(("", "m", "m ;n")),
        st.one_of(st.integers(1, 100), st.integers(1, 10**9)).map(lambda cents: Decimal(cents).scaleb(-2)),
    ),
    max_size=2,
)
Case = tuple[list[Any], list[dict[str, Any]], list[Any], list[Any]]


@st.composite
def rules(draw: Any, number: int, untagged: bool) -> dict[str, Any]:
    """A row of shared_costs.csv."""
    kind, rule = draw(st.sampled_from(tuple(NAMES))), draw(st.sampled_from(("even", "weight", "use")))
    targets = draw(st.lists(st.sampled_from(NAMES[kind]), unique=True, min_size=1 if rule == "weight" else 0))
    weights = [draw(WEIGHT) for _ in targets] if rule == "weight" else []
    return {
        "shared_id": f"s{number}",
        "kind": "untagged" if untagged else "cost",
        "amount": None if untagged else draw(AMOUNT),
        "currency": "" if untagged else "USD",
        "rule": rule,
        "target_type": kind,
        "targets": targets,
        "weights": weights,
    }


@st.composite
def months(draw: Any) -> Case:
    count = draw(st.integers(0, 3))
    shared = [draw(rules(number, False)) for number in range(count)]
    if draw(st.booleans()):
        shared.append(draw(rules(count, True)))
    return draw(USE), shared, draw(COMMITTED), draw(COMMITMENTS)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The models as dbt compiles them, in the order in which they read each other."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("dbt")
    output = {"type": "duckdb", "path": ":memory:", "attach": [{"path": ":memory:", "alias": "scratch"}], "threads": 1}
    (folder / "profiles.yml").write_text(json.dumps({"tallyhouse": {"target": "t", "outputs": {"t": output}}}))
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(folder), "--target-path", str(folder / "target")]
    try:
        result = dbtRunner().invoke(["compile", "--quiet", "--log-path", str(folder), *folders, "--select", *MODELS])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.success, result.exception
    found = {item.node.name: item.node.compiled_code for item in result.result}
    return {name: found[name] for name in MODELS}


@pytest.fixture(scope="module")
def engine(sql: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models as views over tables that each example fills."""
    with duckdb.connect(config={"threads": 1}) as connection:
        for schema in ("run", "reference", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            f"create table run.months as select {MONTH} as month, date '2026-11-01' as next_month, "
            "date '2026-10-31' as data_until, date '2026-10-31' as owed_until"
        )
        connection.execute(
            "create table reference.departments as select *, date '0001-01-01' as valid_from, "
            f"date '9999-12-31' as valid_to from (values {', '.join(map(str, CENTRES.items()))}) "
            "as rows (department, cost_centre)"
        )
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_fx_rates as select 'USD' as currency, date '0001-01-01' as valid_from, "
            "date '9999-12-31' as valid_to, cast(1 as decimal(18, 12)) as rate, cast(null as date) as rate_date"
        )
        connection.execute(
            "create table marts.month_days (month date, department varchar, cost_centre varchar, "
            "effective_cost decimal(38, 18), list_cost decimal(38, 18), charged_cost decimal(38, 18), "
            "provider varchar, model varchar, usage_date date, is_priced boolean)"
        )
        connection.execute("create view marts.monthly_usage as from marts.month_days")
        connection.execute(
            "create table reference.commitments (commitment_id varchar, name varchar, kind varchar, provider varchar, "
            "models varchar, amount decimal(14, 2), currency varchar, valid_from date, valid_to date)"
        )
        connection.execute(
            "create table reference.shared_costs (shared_id varchar, name varchar, kind varchar, "
            "amount decimal(21, 6), currency varchar, rule varchar, target_type varchar, targets varchar, "
            "weights varchar, valid_from date, valid_to date)"
        )
        for name, text in sql.items():
            own = text.replace('"memory".', "").replace('"scratch".', "")
            connection.execute(f"create view marts.{name} as {own}")
        yield connection


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(months())
def test_the_sum_over_all_is_the_whole_to_the_last_digit(engine: duckdb.DuckDBPyConnection, month: Case) -> None:
    usage, shared, committed, commitments = month
    fill(engine, usage, shared, committed, commitments)
    rows = engine.execute(
        "select cost_centre, department, kind, shared_id, amount from marts.monthly_allocation"
    ).fetchall()
    found = {row[:4]: int(Fraction(row[4]) * UNITS) for row in rows}
    assert len(found) == len(rows)
    usage = [*usage, *((who, centre, listed if spent else None) for who, centre, _, listed, spent in committed)]
    owed = owes(committed, commitments)
    assert found == {**recompute(usage, shared), **owed}
    spent = sum(units(cost) for _, _, cost in usage)
    assert sum(found.values()) == spent + sum(units(row["amount"]) for row in shared) + sum(owed.values())
    for number, (kind, _, amount) in enumerate(commitments):
        whole = sum(value for key, value in owed.items() if key[3] == f"k{number}")
        assert whole == units(amount) if kind == "flat" else whole <= units(amount)


def owes(committed: list[Any], commitments: list[Any]) -> dict[tuple[str, str, str, str], int]:
    """What commitments add: shares of a flat fee by list cost, at most that cost, and what is unused, under nobody."""
    found: dict[tuple[str, str, str, str], int] = {}
    for number, (kind, models, amount) in enumerate(commitments):
        name, named = f"k{number}", [model.strip() for model in models.split(";")] if models else ["m", "n"]
        bases: dict[tuple[str, str, str, str], int] = defaultdict(int)
        for department, centre, model, listed, spent in committed:
            if model in named and (spent or kind == "flat"):
                bases[centre, department, "commitment", name] += units(listed)
        value = sum(bases.values())
        if kind == "flat":
            parts = {key: Fraction(basis, value) for key, basis in bases.items() if basis}
            found.update(shares(min(units(amount), value), parts))
            if not value:
                found["", "", "commitment", name] = 0
        found["", "", "commitment_unused", name] = max(units(amount) - value, 0)
    return found


def fill(
    engine: duckdb.DuckDBPyConnection,
    usage: list[Any],
    shared: list[dict[str, Any]],
    committed: list[Any],
    commitments: list[Any],
) -> None:
    engine.execute(
        "delete from marts.month_days; delete from reference.shared_costs; delete from reference.commitments"
    )
    day = "date '2026-10-31', true"
    for department, centre, cost in usage:
        engine.execute(
            f"insert into marts.month_days values ({MONTH}, ?, ?, ?, 1, 0, 'x', 'm', {day})", [department, centre, cost]
        )
    for department, centre, model, listed, spent in committed:
        engine.execute(
            f"insert into marts.month_days values ({MONTH}, ?, ?, ?, ?, 0, 'p', ?, {day})",
            [department, centre, listed if spent else 0, listed, model],
        )
    for number, (kind, models, amount) in enumerate(commitments):
        engine.execute(
            "insert into reference.commitments values (?, 'Name', ?, 'p', ?, ?, 'USD', date '0001-01-01', "
            "date '9999-12-31')",
            [f"k{number}", kind, models, amount],
        )
    for row in shared:
        engine.execute(
            "insert into reference.shared_costs values "
            "($shared_id, 'Name', $kind, $amount, $currency, $rule, $target_type, $targets, $weights, "
            "date '2026-10-01', date '9999-12-31')",
            {
                **row,
                "targets": ";".join(row["targets"]),
                "weights": ";".join(f"{weight:f}" for weight in row["weights"]),
            },
        )


def recompute(usage: list[Any], shared: list[dict[str, Any]]) -> dict[tuple[str, str, str, str], int]:
    """The mart in units of the last decimal, by fractions, without any of its SQL."""
    found: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for department, centre, cost in usage:
        kind = "direct" if department or centre else "untagged"
        found[centre, department, kind, ""] += units(cost)
    for row in shared:
        untagged = row["kind"] == "untagged"
        kind = "untagged_share" if untagged else "shared"
        whole = found.get(("", "", "untagged", ""), 0) if untagged else units(row["amount"])
        bases = basis_of(row, usage)
        total = sum(bases.values())
        places = {target: (*place(row["target_type"], target, usage), kind, row["shared_id"]) for target in bases}
        parts = {places[target]: Fraction(basis, total or 1) for target, basis in bases.items()}
        given = shares(abs(whole), parts) if total else {}
        for key in places.values():
            found[key] = given.get(key, 0) * (-1 if whole < 0 else 1)
        if untagged:
            found["", "", kind, row["shared_id"]] = -whole if total else 0
        elif not total:
            found["", "", kind, row["shared_id"]] = whole
    return dict(found)


def basis_of(row: dict[str, Any], usage: list[Any]) -> dict[str, int]:
    at = 0 if row["target_type"] == "department" else 1
    used: dict[str, int] = defaultdict(int)
    for line in usage:
        if line[at]:
            used[line[at]] += units(line[2])
    targets = row["targets"] or sorted(used)
    if row["rule"] == "weight":
        return dict(zip(targets, map(units, row["weights"]), strict=True))
    return {target: 1 if row["rule"] == "even" else max(used.get(target, 0), 0) for target in targets}


def place(kind: str, target: str, usage: list[Any]) -> tuple[str, str]:
    """Cost centre and department of a target."""
    pairs = {(centre, department) for department, centre in CENTRES.items() if centre}
    used = {(centre, department) for department, centre, _ in usage if centre and department}
    if kind == "department":
        others = [{c for c, d in known if d == target} for known in (pairs, used)]
        return only(others), target
    others = [{d for c, d in known if c == target} for known in (pairs, used)]
    return target, only(others)


def only(others: list[set[str]]) -> str:
    known = next((names for names in others if names), set())
    return next(iter(known)) if len(known) == 1 else ""


def shares(whole: int, parts: dict[tuple[str, str, str, str], Fraction]) -> dict[tuple[str, str, str, str], int]:
    exact = {key: whole * part for key, part in parts.items()}
    cut = {key: int(value) for key, value in exact.items()}
    missing = whole - sum(cut.values())
    for key in sorted(exact, key=lambda key: (cut[key] - exact[key], key))[:missing]:
        cut[key] += 1
    return cut


def units(amount: Decimal | None) -> int:
    return 0 if amount is None else int(Fraction(amount) * UNITS)


def money(count: int) -> Decimal:
    return Decimal(f"{count}e-18")
