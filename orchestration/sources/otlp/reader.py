"""OTLP JSON as a file exporter writes it: spans, of which those that are one call of a model bear usage."""

from orchestration.settings import Source
from orchestration.sources.otlp.attributes import AROUND, CALLS, COUNTS, TEXTS
from orchestration.sources.otlp.spans import STRUCTURE, nesting
from orchestration.sources.shape import Check, Column, Reader, identifier, quoted

# A span that never ended has 0, or nothing.
_ENDED = """nullif(nullif("endTimeUnixNano", '0'), '')"""
_BEDROCK = "('aws.bedrock', 'aws_bedrock', 'bedrock')"


def reader(source: Source) -> Reader:
    """Reads OTLP traces; `source` adds nothing to it."""
    trace, span = (f"nullif({identifier(name)}, '')" for name in ("traceId", "spanId"))
    return Reader(
        structure=STRUCTURE,
        columns=(
            Column("event_id", f"lower({trace}) || ':' || lower({span})", called="traceId or spanId", required=True),
            Column("event_at", _instant('"startTimeUnixNano"'), "stamp", "startTimeUnixNano", required=True),
            Column("end_at", _instant(_ENDED), "stamp", "endTimeUnixNano"),
            Column("parent_span_id", "nullif(\"parentSpanId\", '')"),
            Column("name", '"name"'),
            Column("scope", '"scope"'),
            Column("status_code", "status.code"),
            *(Column(name, identifier(f"said {name}")) for name in TEXTS),
            Column("model", _MODEL),
            *(Column(name, _first(names), "count", names[0]) for name, names in COUNTS.items()),
        ),
        prelude=tuple((f"said {name}", f"nullif({_first(names)}, '')") for name, names in TEXTS.items()),
        checks=(_known_operation(), *_parts()),
        not_usage=f"{_IS_SPAN} AND ({_HAS_NO_USAGE} AND NOT {_FAILED_CALL} OR {_IS_AROUND})",
        provider="provider",
        model="model",
        formats=("json",),
        nesting=nesting(),
    )


def _first(names: tuple[str, ...]) -> str:
    """The first attribute that is there; the resource's where the span has none."""
    places = [f"{place}.{identifier(name)}" for place in ("attributes", "resource") for name in names]
    return f"coalesce({', '.join(places)})"


def _instant(nanoseconds: str) -> str:
    """Readable text of a stamp in nanoseconds; anything else as it is, so that the check can show it."""
    whole = f"TRY_CAST({nanoseconds} AS BIGINT)"
    digits = f"regexp_full_match({nanoseconds}, '[0-9]{{1,19}}')"
    return (
        f"CASE WHEN {digits} THEN coalesce(CAST(make_timestamp({whole} // 1000) AS VARCHAR) || 'Z', {nanoseconds}) "
        f"ELSE {nanoseconds} END"
    )


# Bedrock's price depends on the id that was asked for (its region); elsewhere an alias is answered by a dated model.
_MODEL = (
    f'CASE WHEN lower("said provider") IN {_BEDROCK} THEN coalesce("said request_model", "said response_model") '
    'ELSE coalesce("said response_model", "said request_model") END'
)
# A line that is no trace comes as a row without any of these; it must not pass for a span without usage.
_IS_SPAN = 'coalesce("spanId", "traceId", "startTimeUnixNano") IS NOT NULL'
_OPERATION = 'lower("said operation")'
_HAS_NO_USAGE = "coalesce(" + ", ".join(_first(names) for names in COUNTS.values()) + ") IS NULL"
_IS_CALL = f"coalesce({_OPERATION} IN ({', '.join(map(quoted, CALLS))}), false)"
_FAILED = "coalesce(\"said error_type\" IS NOT NULL OR status.code IN ('2', 'STATUS_CODE_ERROR'), false)"
_FAILED_CALL = f"({_IS_CALL} AND {_FAILED})"
# Without an operation a span that names a model is a call, one that only names an agent is the agent's run.
_IS_AROUND = (
    f"coalesce({_OPERATION} IN ({', '.join(map(quoted, AROUND))}), false) OR "
    f'({_OPERATION} IS NULL AND {_MODEL} IS NULL AND "said agent" IS NOT NULL)'
)


def _known_operation() -> Check:
    known = ", ".join(map(quoted, CALLS))
    return Check(
        f"CASE WHEN operation IS NULL THEN model IS NULL ELSE lower(operation) NOT IN ({known}) END",
        "CASE WHEN operation IS NULL THEN 'bears usage, but names neither an operation nor a model' ELSE "
        "concat('bears usage of the operation ', left(operation, 60), ', of which it is not known whether it is a "
        "call of a model or repeats the calls below it') END",
    )


def _parts() -> list[Check]:
    cache = ("cache_read_tokens", "cache_write_tokens")
    found = [_inside((part,), "input_tokens") for part in (*cache, "input_audio_tokens", "input_image_tokens")]
    found += [_inside(cache, "input_tokens"), _inside(("input_audio_tokens", "input_image_tokens"), "input_tokens")]
    return [*found, _inside(("reasoning_tokens", "output_audio_tokens"), "output_tokens")]


def _inside(parts: tuple[str, ...], whole: str) -> Check:
    together = " + ".join(f"coalesce({part}, 0)" for part in parts)
    named = " and ".join(part.replace("_", " ") for part in parts)
    return Check(
        f"{together} > coalesce({whole}, 0)",
        f"concat({quoted(f'{named} are ')}, {together}, {quoted(f', more than the {whole} they are part of, ')}, "
        f"coalesce({whole}, 0))",
    )
