"""Tallyhouse's own event format: canonical names, flat, one event a row."""

from orchestration.settings import Source
from orchestration.sources.canonical import EVENT_COLUMNS, canonical_columns
from orchestration.sources.checks import canonical_checks
from orchestration.sources.shape import TEXT, Column, Reader, identifier


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
        checks=canonical_checks(),
        provider="provider",
        model="model",
        account="provider_account",
        address="caller_ip",
    )
