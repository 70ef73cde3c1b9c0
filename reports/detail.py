"""The lines of the usage detail: department → project → model, cents that add up, at most about 500 of them."""

from dataclasses import dataclass
from decimal import Decimal

from reports.formats import CENT, MILLION, MINUS, NONE, apportion, count, rounded
from reports.values import ZERO, Facts, Usage

MOST_LINES = 500
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Line:
    """One printed line. `amount` is None when usage has no price. `repeats`: same project as the line above."""

    project: str
    model: str
    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    amount: Decimal | None
    repeats: bool


@dataclass(frozen=True)
class Group:
    """A department's lines; `amount` is their sum. `left_out` lines are summed up in the last line."""

    name: str
    cost_centre: str
    lines: tuple[Line, ...]
    requests: int
    amount: Decimal
    left_out: int


@dataclass(frozen=True)
class Detail:
    """All groups; how many lines there are and how many are printed; the unit that tokens are printed in."""

    groups: tuple[Group, ...]
    lines: int
    printed: int
    per_unit: Decimal
    unit: str

    def tokens(self, value: int) -> str:
        """Tokens in the table's unit with one decimal; a little that would print as nothing is marked."""
        if value == 0:
            return NONE
        scaled = rounded(Decimal(abs(value)) / self.per_unit, _TENTH)
        return "<0.1" if scaled == 0 else f"{MINUS if value < 0 else ''}{scaled:,f}"


def detail(facts: Facts, most: int = MOST_LINES) -> Detail:
    """Merge cost centres, keep the `most` dearest lines, and sum up the rest of each department in one line."""
    merged = _merged(facts.usage)
    kept = set(sorted(merged, key=lambda key: (-merged[key].spend, key))[:most])
    several = _models_of_several_providers(merged)
    departments = sorted({key[0] for key in merged}, key=lambda name: (not name, name.casefold(), name))
    exact = [sum((row.spend for key, row in merged.items() if key[0] == name), ZERO) for name in departments]
    amounts = apportion(exact, facts.spend_cents, CENT)
    centres = _centres(facts.usage)
    groups = tuple(
        _group(name, centres[name], {k: row for k, row in merged.items() if k[0] == name}, amount, kept, several)
        for name, amount in zip(departments, amounts, strict=True)
    )
    largest = max((max(row.input_tokens, row.cached_tokens, row.output_tokens) for row in merged.values()), default=0)
    millions = largest >= 10 * MILLION
    return Detail(
        groups=groups,
        lines=len(merged),
        printed=len(kept),
        per_unit=MILLION if millions else Decimal(1000),
        unit="millions" if millions else "thousands",
    )


_Key = tuple[str, str, str, str, bool]


def _merged(usage: tuple[Usage, ...]) -> dict[_Key, Usage]:
    merged: dict[_Key, Usage] = {}
    for row in usage:
        key = (row.department, row.project, row.provider, row.model, row.priced)
        merged[key] = _added(merged[key], row) if key in merged else row
    return merged


def _added(one: Usage, other: Usage) -> Usage:
    return Usage(
        department=one.department,
        cost_centre=one.cost_centre,
        project=one.project,
        provider=one.provider,
        model=one.model,
        priced=one.priced,
        requests=one.requests + other.requests,
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        total_tokens=one.total_tokens + other.total_tokens,
        spend=one.spend + other.spend,
    )


def _models_of_several_providers(merged: dict[_Key, Usage]) -> set[str]:
    pairs = {(key[3], key[2]) for key in merged}
    models = [model for model, _ in pairs]
    return {model for model in models if models.count(model) > 1}


def _centres(usage: tuple[Usage, ...]) -> dict[str, str]:
    centres: dict[str, set[str]] = {}
    for row in usage:
        centres.setdefault(row.department, set()).add(row.cost_centre)
    return {name: ", ".join(sorted(filter(None, found))) for name, found in centres.items()}


def _group(
    department: str, centre: str, merged: dict[_Key, Usage], amount: Decimal, kept: set[_Key], several: set[str]
) -> Group:
    keys = sorted(merged, key=lambda key: (not key[1], key[1].casefold(), key[1], -merged[key].spend, key))
    amounts = dict(zip(keys, apportion([merged[key].spend for key in keys], amount, CENT), strict=True))
    lines: list[Line] = []
    for key in keys:
        if key in kept:
            project = key[1] or "No project"
            repeats = bool(lines) and lines[-1].project == project
            lines.append(_line(merged[key], project, key[3] in several, amounts[key], repeats))
    rest = [key for key in keys if key not in kept]
    if rest:
        summed = merged[rest[0]]
        for key in rest[1:]:
            summed = _added(summed, merged[key])
        left = sum((amounts[key] for key in rest), ZERO)
        lines.append(
            Line(
                project=f"{count(len(rest))} smaller line{'' if len(rest) == 1 else 's'}",
                model="in the attached CSV",
                requests=summed.requests,
                input_tokens=summed.input_tokens,
                cached_tokens=summed.cached_tokens,
                output_tokens=summed.output_tokens,
                amount=left,
                repeats=False,
            )
        )
    return Group(
        name=department or "Untagged",
        cost_centre=centre,
        lines=tuple(lines),
        requests=sum(row.requests for row in merged.values()),
        amount=amount,
        left_out=len(rest),
    )


def _line(row: Usage, project: str, with_provider: bool, amount: Decimal, repeats: bool) -> Line:
    model = row.model or "Unknown model"
    return Line(
        project=project,
        model=f"{model} ({row.provider or 'unknown provider'})" if with_provider else model,
        requests=row.requests,
        input_tokens=row.input_tokens,
        cached_tokens=row.cached_tokens,
        output_tokens=row.output_tokens,
        amount=amount if row.priced else None,
        repeats=repeats,
    )
