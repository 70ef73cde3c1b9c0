"""From a file's cell to a canonical text: paths into JSON, decimal commas, units, epoch stamps. SQL, nothing is run."""

import re
from collections.abc import Mapping

from orchestration.errors import SettingsError
from orchestration.settings import Source
from orchestration.sources.canonical import COUNTS, INPUT_CLASSES, OUTPUT_CLASSES
from orchestration.sources.shape import identifier, quoted

WHOLES = {"input_tokens": "uncached_input_tokens", "total_output_tokens": "output_tokens"}
"""Whole counts that a mapping may name instead of the class that is left when their parts are taken out."""

# What one of the unit is worth in the canonical unit, as (factor, its digits after the point).
_TIMES = {"ns": ("0.000001", 6), "us": ("0.001", 3), "ms": ("1", 0), "s": ("1000", 0), "min": ("60000", 0)}
_MONEY = {"usd": ("1", 0), "cents": ("0.01", 2), "micros": ("0.000001", 6)}
_TOKENS = {"one": ("1", 0), "thousand": ("1000", 0), "million": ("1000000", 0)}
_BYTES = {
    "B": ("1", 0), "kB": ("1000", 0), "MB": ("1000000", 0), "KiB": ("1024", 0), "MiB": ("1048576", 0),
}  # fmt: skip
_PER_SECOND = {"s": "1000000", "ms": "1000", "us": "1", "ns": "0.001"}
_NUMBER = r"'-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?'"
_WHOLE = r"'[0-9]{1,16}(\.0+)?'"
_WITH_COMMA = r"'-?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]*)?'"
_LAST_MICROSECOND = 253_402_300_799_999_999  # of the year 9999
_SEGMENT = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def units_of(name: str) -> Mapping[str, tuple[str, int]]:
    """The units that a canonical column can be given in; none for texts and stamps."""
    if name == "latency_ms":
        return _TIMES
    if name == "reported_cost":
        return _MONEY
    if name == "document_bytes":
        return _BYTES
    return _TOKENS if name in COUNTS or name in WHOLES else {}


def top_level(column: str) -> str:
    """The file's own column that a mapped name begins with; a name in double quotes is one column as it stands."""
    if len(column) > 1 and column[0] == column[-1] == '"':
        return column[1:-1]
    return re.split(r"[.\[]", column, maxsplit=1)[0] or column


def given_texts(source: Source) -> dict[str, str]:
    """SQL text by canonical name, from the mapping and the constants."""
    given = {name: _value(source, name, column) for name, column in source.mapping.items()}
    given |= {name: quoted(value) for name, value in source.constants.items()}
    for whole, rest in WHOLES.items():
        if whole in given:
            given[rest] = _less_parts(
                given.pop(whole), [given[part] for part in _parts(source, whole) if part in given]
            )
    return given


def labels(source: Source) -> dict[str, str]:
    """What quarantine reasons call each canonical column: the file's own name."""
    called = {name: column for name, column in source.mapping.items() if name not in WHOLES}
    for whole, rest in WHOLES.items():
        if whole in source.mapping:
            named = [source.mapping[part] for part in _parts(source, whole) if part in source.mapping]
            called[rest] = source.mapping[whole] + (f" without {', '.join(named)}" if named else "")
    return called


def _value(source: Source, name: str, column: str) -> str:
    judged = bool(units_of(name)) or name in ("event_at", "credit_quantity")
    text = f"nullif({_cell_or_whole(column) if judged else cell(column)}, '')"
    if name == "event_at" and source.event_at_unit is not None:
        return _stamp(text, _PER_SECOND[source.event_at_unit])
    numeric = bool(units_of(name)) or name == "credit_quantity"
    if numeric and source.decimal == ",":
        text = (
            f"CASE WHEN regexp_full_match({text}, {_WITH_COMMA}) THEN replace(replace({text}, '.', ''), ',', '.') "
            f"ELSE {text} || ' (with a decimal comma)' END"
        )
    unit = source.unit.get(name)
    return text if unit is None else _converted(text, name, unit)


def _cell_or_whole(column: str) -> str:
    """As `cell`; of a column in which nothing can be at that path a text that its check refuses and shows.

    A count that a log holds elsewhere than it used to must not pass for none.
    """
    text = identifier(top_level(column))
    inside = cell(column)
    if inside == text:
        return text
    in_a_list = column[len(top_level(column)) :].startswith("[")
    kind = f"json_type(CASE WHEN json_valid({text}) THEN {text} END)"
    return (
        f"CASE WHEN {text} = '' OR coalesce({kind} IN ('{'ARRAY' if in_a_list else 'OBJECT'}', 'NULL'), false) "
        f"THEN {inside} ELSE {text} || ' (no {'list' if in_a_list else 'object'})' END"
    )


def cell(column: str) -> str:
    """SQL for the text that a mapped name leads to."""
    top = top_level(column)
    rest = "" if column.startswith('"') else column[len(top) :]
    if not rest:
        return identifier(top)
    path = "$"
    for key, index in _SEGMENT.findall(rest):
        path += f"[{index or key}]" if index or key.isdigit() else f'."{key}"'
    text = identifier(top)
    # A cell that is no JSON has nothing at that path; the extraction itself would raise.
    return f"CASE WHEN json_valid({text}) THEN json_extract_string({text}, {quoted(path)}) END"


def _converted(text: str, name: str, unit: str) -> str:
    factor, digits = units_of(name)[unit]
    scale = 18 - digits if name == "reported_cost" else 9
    product = f"TRY_CAST({text} AS DECIMAL(28, {scale})) * CAST({factor} AS DECIMAL({max(len(factor), 1)}, {digits}))"
    if name == "latency_ms":  # a fraction of a millisecond says nothing of a request
        product = f"CAST(round({product}) AS BIGINT)"
    return (
        f"CASE WHEN regexp_full_match({text}, {_NUMBER}) THEN coalesce(CAST({product} AS VARCHAR), {text}) "
        f"ELSE {text} END"
    )


def _stamp(text: str, factor: str) -> str:
    digits = len(factor.partition(".")[2])
    microseconds = (
        f"CAST(round(TRY_CAST({text} AS DECIMAL(28, 9)) * CAST({factor} AS DECIMAL(7, {digits}))) AS HUGEINT)"
    )
    readable = f"regexp_full_match({text}, '[0-9]+(\\.[0-9]+)?') AND {microseconds} <= {_LAST_MICROSECOND}"
    return (
        f"CASE WHEN coalesce({readable}, false) "
        f"THEN CAST(make_timestamp(TRY_CAST({microseconds} AS BIGINT)) AS VARCHAR) || 'Z' ELSE {text} END"
    )


def _parts(source: Source, whole: str) -> list[str]:
    if whole == "total_output_tokens":
        return [name for name in OUTPUT_CLASSES if name != "output_tokens"]
    outside = (
        () if source.cached_inside_input else ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
    )
    return [name for name in INPUT_CLASSES if name != "uncached_input_tokens" and name not in outside]


def _less_parts(whole: str, parts: list[str]) -> str:
    """The whole without its parts. Less than zero is refused like every negative count; a wrong part refuses itself."""
    taken = "".join(f" - coalesce({_count(part)}, 0)" for part in parts)
    return f"coalesce(CAST({_count(whole)}{taken} AS VARCHAR), {whole})"


def _count(text: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, {_WHOLE}) THEN TRY_CAST({text} AS BIGINT) END"


def check_values(source: Source) -> None:
    """Raise SettingsError when units, paths or whole counts cannot be meant."""
    where = f"tallyhouse.yaml: sources.{source.name}"
    for name, unit in source.unit.items():
        known = units_of(name)
        if name not in source.mapping or unit not in known:
            raise SettingsError(
                f"{where}.unit: {name!r} cannot be given in {unit!r}."
                if name in source.mapping
                else f"{where}.unit names {name!r}, which is not mapped.",
                f"Use one of: {', '.join(known)}."
                if known
                else "Units are for mapped counts, times and reported_cost.",
            )
    for column in source.mapping.values():
        rest = "" if column.startswith('"') else column[len(top_level(column)) :]
        if rest and "".join(f"[{i}]" if i else f".{k}" for k, i in _SEGMENT.findall(rest)) != rest:
            raise SettingsError(
                f"{where}.mapping: {column!r} is no path.",
                "Write keys with points and indexes in brackets, as in usage.parts[0].tokens, "
                "or the whole name in double quotes where the file's column really is called that.",
            )
    for whole, rest_of in WHOLES.items():
        if whole in source.mapping and (rest_of in source.mapping or rest_of in source.constants):
            raise SettingsError(
                f"{where}.mapping: {rest_of} is what remains of {whole}, so both cannot be given.", f"Keep {whole}."
            )
    if "input_tokens" in source.mapping and source.cached_inside_input is None:
        raise SettingsError(
            f"{where}.mapping: input_tokens alone does not say whether cached tokens are in it.",
            f"Add cached_inside_input: true or false to sources.{source.name}; OpenAI and Google count them inside, "
            "Anthropic and Bedrock outside.",
        )
