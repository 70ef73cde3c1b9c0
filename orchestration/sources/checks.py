"""What must hold between the columns of a canonical usage event, whichever source it came from."""

from collections.abc import Sequence

from orchestration.sources.canonical import (
    COST_BASES,
    CREDIT_MEASURES,
    DELIVERIES,
    DIRECTIONS,
    FEEDBACKS,
    INPUT_CLASSES,
    INPUT_PARTS,
    OUTPUT_CLASSES,
    OUTPUT_PARTS,
    SERVICE_TIERS,
    STATUSES,
)
from orchestration.sources.shape import MAX_COUNT, Check, quoted


def canonical_checks() -> tuple[Check, ...]:
    """Over typed canonical columns: vocabularies, facts that need each other, parts within their whole."""
    return (
        # Anything outside a vocabulary would be priced or counted by guess.
        _one_of("service_tier", SERVICE_TIERS),
        _one_of("status", STATUSES),
        _one_of("reported_cost_basis", COST_BASES),
        _one_of("direction", DIRECTIONS),
        _one_of("delivery", DELIVERIES),
        _one_of("feedback", FEEDBACKS),
        _one_of("credit_measure", CREDIT_MEASURES),
        _context(),
        _needs("reported_cost", "reported_cost_basis", "(charge or estimate)"),
        _needs("credit_quantity", "credit_type"),
        _needs("credit_type", "credit_quantity"),
        _needs("credit_measure", "credit_type"),
        _within("user text, context and file tokens", INPUT_PARTS, "input tokens", INPUT_CLASSES),
        _within("answer and tool output tokens", OUTPUT_PARTS, "output tokens", OUTPUT_CLASSES),
    )


def _one_of(name: str, allowed: tuple[str, ...]) -> Check:
    listed = ", ".join(quoted(value) for value in allowed)
    reason = f"concat({quoted(f'{name} is ')}, left({name}, 60), {quoted(', which is none of ' + ', '.join(allowed))})"
    return Check(f"coalesce({name} NOT IN ({listed}), false)", reason)


def _context() -> Check:
    bound = "TRY_CAST(aggregate_context AS BIGINT)"
    number = f"coalesce(CAST({bound} AS VARCHAR) = aggregate_context AND {bound} BETWEEN 0 AND {MAX_COUNT}, false)"
    return Check(
        f"CASE WHEN aggregate_context IS NULL OR aggregate_context = 'unknown' THEN false ELSE NOT {number} END",
        "concat('aggregate_context is ', left(aggregate_context, 60), "
        "', which is neither unknown nor a number of tokens')",
    )


def _needs(name: str, other: str, hint: str = "") -> Check:
    reason = f"{name} is given without {other} {hint}".rstrip()
    return Check(f"{name} IS NOT NULL AND {other} IS NULL", quoted(reason))


def _within(parts_called: str, parts: Sequence[str], whole_called: str, whole: Sequence[str]) -> Check:
    """The parts of a message may leave something unsaid, but not be more than there was."""
    some = " AND ".join(f"{name} IS NULL" for name in parts)
    reason = (
        f"concat({quoted(f'{parts_called} are ')}, {_sum(parts)}, "
        f"{quoted(f', more than all {whole_called}, ')}, {_sum(whole)})"
    )
    return Check(f"CASE WHEN {some} THEN false ELSE {_sum(parts)} > {_sum(whole)} END", reason)


def _sum(names: Sequence[str]) -> str:
    return " + ".join(f"coalesce({name}, 0)" for name in names)
