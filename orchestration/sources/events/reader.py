"""Tallyhouse's own event format: canonical names, flat, one event a row."""

from orchestration.settings import Source
from orchestration.sources.canonical import (
    COST_BASES,
    EVENT_COLUMNS,
    SERVICE_TIERS,
    STATUSES,
    canonical_columns,
)
from orchestration.sources.shape import TEXT, Check, Column, Reader, identifier, quoted


def reader(source: Source) -> Reader:
    """Reads event.schema.json's rows; `source` adds nothing to it."""
    given = {name: identifier(name) for name in EVENT_COLUMNS}
    return Reader(
        structure=dict.fromkeys(EVENT_COLUMNS, TEXT),
        columns=(
            Column("event_id", given["event_id"], required=True),
            Column("event_at", given["event_at"], "stamp", required=True, naive="refused"),
            *canonical_columns(given, {}),
        ),
        checks=allowed_values(),
        provider="provider",
        model="model",
    )


def allowed_values() -> tuple[Check, ...]:
    """The few texts with a fixed vocabulary; anything else would be priced or counted by guess."""
    return (
        _one_of("service_tier", SERVICE_TIERS),
        _one_of("status", STATUSES),
        _one_of("reported_cost_basis", COST_BASES),
        Check(
            "reported_cost IS NOT NULL AND reported_cost_basis IS NULL",
            quoted("reported_cost is given without reported_cost_basis (charge or estimate)"),
        ),
    )


def _one_of(name: str, allowed: tuple[str, ...]) -> Check:
    listed = ", ".join(quoted(value) for value in allowed)
    reason = f"concat({quoted(f'{name} is ')}, left({name}, 60), {quoted(', which is none of ' + ', '.join(allowed))})"
    return Check(f"coalesce({name} NOT IN ({listed}), false)", reason)
