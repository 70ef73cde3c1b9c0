"""Any CSV, JSONL or Parquet with a time stamp, through the column mapping in the settings."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.errors import SettingsError
from orchestration.settings import Source
from orchestration.sources.canonical import EVENT_COLUMNS, canonical_columns
from orchestration.sources.checks import canonical_checks
from orchestration.sources.mapped.values import WHOLES, cell, check_values, given_texts, labels, top_level
from orchestration.sources.shape import TEXT, Column, Reader


def reader(source: Source) -> Reader:
    """Reads the columns that `source.mapping` names; raises SettingsError when the mapping cannot be meant."""
    _check(source)
    given, called = given_texts(source), labels(source)
    columns = tuple(dict.fromkeys(top_level(column) for column in source.mapping.values()))
    # Without the caller's address: whoever has the other columns could find it by trying all of them.
    content = "concat_ws(chr(31), " + ", ".join(
        f"coalesce({cell(column)}, chr(30))" for name, column in sorted(source.mapping.items()) if name != "caller_ip"
    )
    own_id = "event_id" in given
    return Reader(
        structure=dict.fromkeys(columns, TEXT),
        columns=(
            Column(
                "event_id",
                given["event_id"] if own_id else '"row content" || \':\' || "row number"',
                called=source.mapping.get("event_id", "event_id"),
                required=True,
            ),
            Column(
                "event_at",
                given["event_at"],
                "stamp",
                source.mapping["event_at"],
                required=True,
                naive="zone",
                zone=source.timezone,
            ),
            *canonical_columns(given, called),
        ),
        checks=canonical_checks(),
        prelude=() if own_id else (("row content", f"md5({content}))"),),
        numbered_by=None if own_id else "row content",
        provider="provider",
        model="model",
        account="provider_account",
        address="caller_ip",
        must_have=columns,
        naive_parquet="zone",
    )


def _check(source: Source) -> None:
    where = f"tallyhouse.yaml: sources.{source.name}"
    for part, names in (("mapping", source.mapping), ("constants", source.constants)):
        for name in names:
            if name not in EVENT_COLUMNS and (part == "constants" or name not in WHOLES):
                raise SettingsError(
                    f"{where}.{part}: {name!r} is no column of a usage event.",
                    f"Use one of: {', '.join((*EVENT_COLUMNS, *WHOLES))}.",
                )
    if "event_at" not in source.mapping:
        raise SettingsError(
            f"{where}.mapping does not say which column holds the time of the event.",
            "Add event_at: NAME_OF_THE_COLUMN to the mapping.",
        )
    check_values(source)
    both = sorted(set(source.mapping) & set(source.constants))
    if both:
        raise SettingsError(f"{where}: {both[0]} is both mapped and a constant.", "Keep it in mapping or in constants.")
    if "event_id" in source.constants:
        raise SettingsError(
            f"{where}.constants: one event_id for all rows would make them one event.",
            "Map event_id to a column, or leave it out: ids are then made from each row's content.",
        )
    try:
        ZoneInfo(source.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(
            f"{where}.timezone: {source.timezone!r} is no time zone.",
            "Use an IANA name such as Europe/London.",
        ) from error
