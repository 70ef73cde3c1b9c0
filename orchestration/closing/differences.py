"""What is known of a closed month today against what was issued of it, line by line and exact."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.closing.freeze import MARTS, folder_of
from orchestration.closing.issued import closed_months
from orchestration.closing.records import Record
from orchestration.home import Home
from orchestration.settings import Settings

if TYPE_CHECKING:
    from reports.statement import Correction, TaxRate

KEYS = ("department", "cost_centre", "project", "provider", "model", "service_tier")
ZERO = Decimal(0)
CARRIED = "carried.json"


@dataclass(frozen=True)
class Difference:
    """One line of a closed month that is known otherwise today; costs exact, unpriced usage counting 0."""

    month: date
    department: str
    cost_centre: str
    project: str
    provider: str
    model: str
    service_tier: str
    requests_issued: int
    requests_known: int
    cost_issued: Decimal
    cost_known: Decimal

    @property
    def cost(self) -> Decimal:
        """Known less issued."""
        return self.cost_known - self.cost_issued


@dataclass(frozen=True)
class Restated:
    """A closed month whose figures are known otherwise today, and its lines that differ."""

    record: Record
    lines: tuple[Difference, ...]

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.lines), ZERO)


def find_differences(home: Home) -> list[Restated]:
    """Every closed month that differs today from what was issued of it, oldest first.

    What was carried into a later closed month counts as issued. Opens DuckDB only where something differs.
    """
    found = []
    closed = closed_months(home)
    carried = [line for record in closed.values() for line in carried_into(home, record)]
    for month, record in closed.items():
        frozen = folder_of(home, month, record.revision) / MARTS
        lines = _less_carried(_compare(frozen, home.current_marts, month), [c for c in carried if c.month == month])
        if lines:
            found.append(Restated(record, lines))
    return found


def carried_forward(home: Home, settings: Settings, month: date) -> tuple[Difference, ...]:
    """What the statement of `month` carries from earlier closed months; nothing where the policy is to restate."""
    if settings.close.late_usage != "carry_forward":
        return ()
    return tuple(
        line for restated in find_differences(home) if restated.record.month < month for line in restated.lines
    )


def as_corrections(
    lines: Sequence[Difference], taxes: "Callable[[str], tuple[TaxRate, ...]]" = lambda _: ()
) -> "tuple[Correction, ...]":
    """The lines as statements show them; `taxes` are those on a department's, where they are carried."""
    from reports.statement import Correction

    return tuple(
        Correction(
            month=line.month,
            department=line.department,
            project=line.project,
            provider=line.provider,
            model=line.model,
            before=line.cost_issued,
            after=line.cost_known,
            taxes=taxes(line.department),
        )
        for line in lines
    )


def carried_into(home: Home, record: Record) -> tuple[Difference, ...]:
    """The lines of earlier months that were carried into this closed month."""
    path = folder_of(home, record.month, record.revision) / CARRIED
    if not path.exists():
        return ()
    return tuple(
        Difference(
            **{
                **line,
                "month": date.fromisoformat(line["month"]),
                "cost_issued": Decimal(line["cost_issued"]),
                "cost_known": Decimal(line["cost_known"]),
            }
        )
        for line in json.loads(path.read_text(encoding="utf-8"))
    )


def write_carried(folder: Path, lines: Sequence[Difference]) -> None:
    """Keep the lines that are carried into the month frozen in `folder`."""
    plain = [
        {**asdict(line), "month": line.month.isoformat(), "cost_issued": f"{line.cost_issued:f}",
         "cost_known": f"{line.cost_known:f}"}
        for line in lines
    ]  # fmt: skip
    (folder / CARRIED).write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")


def _less_carried(lines: Sequence[Difference], carried: Sequence[Difference]) -> tuple[Difference, ...]:
    """The lines with what was carried already counted as issued; a line that is settled is left out."""
    by_key = {_key(line): line for line in lines}
    for line in carried:
        before = by_key.get(_key(line))
        # A carried line that no longer differs from the frozen one was taken back: it differs by its negative.
        base = before or replace(line, requests_known=line.requests_issued, cost_known=line.cost_issued)
        by_key[_key(line)] = replace(
            base,
            requests_issued=base.requests_issued + line.requests_known - line.requests_issued,
            cost_issued=base.cost_issued + line.cost,
        )
    return tuple(line for _, line in sorted(by_key.items()) if line.cost or line.requests_issued != line.requests_known)


def _key(line: Difference) -> tuple[str, ...]:
    return tuple(str(getattr(line, name)) for name in KEYS)


def _compare(frozen: Path, current: Path, month: date) -> tuple[Difference, ...]:
    name = f"monthly_usage/{month:%Y-%m}.parquet"
    issued, known = frozen / name, current / name
    if issued.exists() and known.exists() and issued.read_bytes() == known.read_bytes():
        return ()
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(
            f"""
            select {", ".join(KEYS)},
                sum(requests) filter (where not is_known)::bigint, sum(requests) filter (where is_known)::bigint,
                sum(effective_cost) filter (where not is_known), sum(effective_cost) filter (where is_known)
            from ({_side(issued, known=False)} union all {_side(known, known=True)})
            group by all
            having coalesce(sum(effective_cost) filter (where not is_known), 0)
                    <> coalesce(sum(effective_cost) filter (where is_known), 0)
                or coalesce(sum(requests) filter (where not is_known), 0)
                    <> coalesce(sum(requests) filter (where is_known), 0)
            order by all
            """,
            [str(path) for path in (issued, known) if path.exists()],
        ).fetchall()
    return tuple(_difference(month, row) for row in rows)


def _side(path: Path, *, known: bool) -> str:
    columns = f"{', '.join(KEYS)}, requests, effective_cost, {known} as is_known"
    if path.exists():
        return f"select {columns} from read_parquet(?)"
    empty = [*(f"''::varchar as {key}" for key in KEYS), "0::bigint as requests", "0::decimal(38,18) as effective_cost"]
    return f"select {', '.join(empty)}, {known} as is_known where false"


def _difference(month: date, row: Sequence[object]) -> Difference:
    keys = dict(zip(KEYS, map(str, row), strict=False))
    before, after, cost_before, cost_after = row[len(KEYS) :]
    assert isinstance(before, int | None) and isinstance(after, int | None)
    assert isinstance(cost_before, Decimal | None) and isinstance(cost_after, Decimal | None)
    return Difference(
        **keys,
        month=month,
        requests_issued=before or 0,
        requests_known=after or 0,
        cost_issued=cost_before or ZERO,
        cost_known=cost_after or ZERO,
    )
