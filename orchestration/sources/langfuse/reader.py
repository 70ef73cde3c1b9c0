"""Langfuse's observations: blob storage exports (snake case), and exports of the API or of a table (camel case)."""

from orchestration.settings import Source
from orchestration.sources.langfuse.kinds import TOKENS, USAGE, count
from orchestration.sources.nesting import enveloped
from orchestration.sources.shape import MAX_COUNT, TEXT, Check, Column, Reader, identifier, quoted

_TEXTS = {
    "type": ("type",),
    "trace_id": ("trace_id", "traceId"),
    "parent_observation_id": ("parent_observation_id", "parentObservationId"),
    "name": ("name",),
    "project_id": ("project_id", "projectId"),
    "environment": ("environment",),
    "level": ("level",),
    "status_message": ("status_message", "statusMessage"),
    "model": ("provided_model_name", "providedModelName", "model"),
    "user_id": ("user_id", "userId"),
    "session_id": ("session_id", "sessionId"),
    "trace_name": ("trace_name", "traceName"),
    "release": ("release",),
    "version": ("version",),
    "prompt_name": ("prompt_name", "promptName"),
    "tags": ("tags",),
}
_STARTED, _ENDED = ("start_time", "startTime"), ("end_time", "endTime")
_DETAILS, _COSTS = ("usage_details", "usageDetails"), ("cost_details", "costDetails")
_TOTAL = ("total_cost", "totalCost", "calculated_total_cost", "calculatedTotalCost")
# Before usage details there was one object with a unit, and before that there were counts.
_OLD, _OLD_INPUT, _OLD_OUTPUT = "usage", ("prompt_tokens", "promptTokens"), ("completion_tokens", "completionTokens")
_GROUPS = (*_TEXTS.values(), _STARTED, _ENDED, _DETAILS, _COSTS, _TOTAL, _OLD_INPUT, _OLD_OUTPUT)
_READ = ("id", *(name for names in _GROUPS for name in names), _OLD)
_BEARING = ("GENERATION", "EMBEDDING")


_COUNTS = (*TOKENS.items(), ("total_tokens", count("total")))


def reader(source: Source) -> Reader:
    """Reads observation exports; `source` adds nothing to it."""
    return Reader(
        structure=dict.fromkeys(_READ, TEXT),
        columns=(
            Column("event_id", "nullif(id, '')", called="id", required=True),
            Column("event_at", _first(_STARTED), "stamp", "start_time", required=True),
            Column("end_at", _first(_ENDED), "stamp", "end_time"),
            *(Column(name, _first(names)) for name, names in _TEXTS.items()),
            Column("usage_details", '"given usage"', "json"),
            Column("usage_unit", f"upper({_readable(identifier(_OLD))} ->> '$.unit')"),
            Column("cost_details", '"given costs"', "json"),
            *(Column(name, f"CAST({sql} AS VARCHAR)", "count", f"{name} in usage_details") for name, sql in _COUNTS),
            Column("total_cost", _TOTAL_COST, "money"),
        ),
        prelude=(
            ("given usage", _said_usage()),
            (USAGE.strip('"'), _readable('"given usage"')),
            ("given costs", f"nullif({_first(_COSTS)}, '{{}}')"),
            ("said costs", _readable('"given costs"')),
        ),
        checks=(_in_tokens(), _whole_counts(), _nothing_left_over()),
        not_usage=_NOT_USAGE,
        provider="CAST(NULL AS VARCHAR)",
        model="model",
        nesting=enveloped("data"),
    )


def _first(names: tuple[str, ...]) -> str:
    return "coalesce(" + ", ".join(f"nullif({identifier(name)}, '')" for name in names) + ")"


def _readable(text: str) -> str:
    """A text that is no JSON is refused by its own check; here it must only not raise."""
    return f"CASE WHEN json_valid({text}) THEN {text} END"


def _said_usage() -> str:
    """Usage details, else the older object, else the oldest counts (which are 0 where nothing is known)."""
    details, old = f"nullif({_first(_DETAILS)}, '{{}}')", _readable(identifier(_OLD))
    given, taken = (f"({old} ->> {quoted(f'$.{name}')})" for name in ("input", "output"))
    total = f"({old} ->> '$.total')"
    counts = [f"nullif({_first(names)}, '0')" for names in (_OLD_INPUT, _OLD_OUTPUT)]
    return (
        f"CASE WHEN {details} IS NOT NULL THEN {details} "
        f"WHEN coalesce({given}, {taken}, {total}) IS NOT NULL THEN CAST(json_merge_patch('{{}}', "
        f"json_object('input', {given}, 'output', {taken}, 'total', {total})) AS VARCHAR) "
        f"WHEN coalesce({', '.join(counts)}) IS NOT NULL "
        f"THEN CAST(json_object('input', {_first(_OLD_INPUT)}, 'output', {_first(_OLD_OUTPUT)}) AS VARCHAR) END"
    )


def _in_tokens() -> Check:
    return Check("coalesce(usage_unit <> 'TOKENS', false)", "concat('is counted in ', usage_unit, ', not in tokens')")


def _whole_counts() -> Check:
    number = "TRY_CAST(value AS DECIMAL(38, 9))"
    good = f"value IS NULL OR coalesce({number} BETWEEN 0 AND {MAX_COUNT} AND {number} % 1 = 0, false)"
    values = f"json_extract_string({_readable('usage_details')}, '$.*')"
    return Check(
        f"coalesce(NOT list_bool_and(list_transform({values}, lambda value: {good})), false)",
        "concat('usage_details holds what is no whole number from 0 to 10^15: ', left(usage_details, 200))",
    )


def _nothing_left_over() -> Check:
    """A total with more than its known kinds: tokens of an unknown price must not pass for none."""
    counted = " + ".join(f"coalesce({name}, 0)" for name in TOKENS)
    return Check(
        f"coalesce(total_tokens > {counted}, false)",
        f"concat('usage_details count ', total_tokens, ' in total, but only ', {counted}, "
        "' as input or output: ', left(usage_details, 200))",
    )


_SAID_COST = """coalesce("said costs" ->> '$.total', CAST(list_sum(list_transform(
    json_extract_string("said costs", '$.*'), lambda value: TRY_CAST(value AS DECIMAL(38, 18)))) AS VARCHAR))"""
# Without costs in detail nothing was priced, and 0 means that.
_UNPRICED = f"coalesce(TRY_CAST({_first(_TOTAL)} AS DOUBLE) = 0, false)"
_TOTAL_COST = f"coalesce({_SAID_COST}, CASE WHEN NOT {_UNPRICED} THEN {_first(_TOTAL)} END)"
_TYPE = f"upper({_first(_TEXTS['type'])})"
# Tools, chains and agents may repeat the usage of the generations below them. A failed call is a request all the same.
_NOT_USAGE = (
    f"({_TYPE} NOT IN ({', '.join(map(quoted, _BEARING))})) IS TRUE OR "
    f"(id IS NOT NULL AND \"given usage\" IS NULL AND coalesce({_first(_TEXTS['level'])}, '') <> 'ERROR')"
)
