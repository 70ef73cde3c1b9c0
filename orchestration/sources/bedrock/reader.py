"""Amazon Bedrock's model invocation logs: one record an invocation, as Bedrock writes them to S3."""

from orchestration.settings import Source
from orchestration.sources.nesting import enveloped
from orchestration.sources.shape import TEXT, Check, Column, Reader, Structure, identifier, quoted

_STRUCTURE: Structure = {
    "schemaType": TEXT,
    "timestamp": TEXT,
    "accountId": TEXT,
    "identity": {"arn": TEXT},
    "region": TEXT,
    "inferenceRegion": TEXT,
    "requestId": TEXT,
    "operation": TEXT,
    "modelId": TEXT,
    "errorCode": TEXT,
    "requestMetadata": TEXT,
    "input": {"inputTokenCount": TEXT, "cacheReadInputTokenCount": TEXT, "cacheWriteInputTokenCount": TEXT},
    # An object, or a list of chunks where the answer was streamed: read as text, looked into below.
    "output": {"outputTokenCount": TEXT, "outputBodyJson": TEXT},
}
_RECORD = "ModelInvocationLog"
_OWN_PROFILE = "%:application-inference-profile/%"
_METRICS = '"amazon-bedrock-invocationMetrics"'
_ANSWER = {
    "model": ("$.model", "$[0].message.model"),
    "tier": ("$.serviceTier.type",),
    "latency": (
        "$.metrics.latencyMs",
        f"$.{_METRICS}.invocationLatency",
        f"$[#-1].{_METRICS}.invocationLatency",
    ),
    "written for 1 hour": (
        "$.usage.cache_creation.ephemeral_1h_input_tokens",
        "$[0].message.usage.cache_creation.ephemeral_1h_input_tokens",
    ),
    "first time to live": ("$.usage.cacheDetails[0].ttl",),
    "first written": ("$.usage.cacheDetails[0].inputTokens",),
    "second time to live": ("$.usage.cacheDetails[1].ttl",),
    "second written": ("$.usage.cacheDetails[1].inputTokens",),
}
"""What the body of an answer says beyond the record: of Anthropic's models, and of the Converse API."""
_PATHS = tuple(path for paths in _ANSWER.values() for path in paths)


def reader(source: Source) -> Reader:
    """Reads invocation logs; `source` adds nothing to it."""
    return Reader(
        structure=_STRUCTURE,
        columns=(
            Column("event_id", _filled("requestId"), called="requestId", required=True),
            Column("event_at", _filled("timestamp"), "stamp", "timestamp", required=True),
            Column("account_id", _filled("accountId")),
            Column("identity_arn", "identity.arn"),
            Column("region", _filled("region")),
            Column("inference_region", _filled("inferenceRegion")),
            Column("operation", _filled("operation")),
            Column("model_id", _filled("modelId"), called="modelId", required=True),
            Column("model", _MODEL),
            Column("error_code", _filled("errorCode")),
            Column("request_metadata", _filled("requestMetadata"), "json", "requestMetadata"),
            Column("service_tier", _answer("tier")),
            _count("input_tokens", "input", "inputTokenCount"),
            _count("output_tokens", "output", "outputTokenCount"),
            _count("cache_read_tokens", "input", "cacheReadInputTokenCount"),
            _count("cache_write_tokens", "input", "cacheWriteInputTokenCount"),
            Column("cache_write_1h_tokens", _HOUR_LONG, "count", "the cache write for 1 hour in output.outputBodyJson"),
            Column("latency_ms", _answer("latency"), "count", "the latency in output.outputBodyJson"),
        ),
        # A body may be cut off or be no JSON at all; that is no fault of the record.
        prelude=(
            (
                "answer",
                f'CASE WHEN json_valid(output."outputBodyJson") '
                f'THEN json_extract_string(output."outputBodyJson", [{", ".join(map(quoted, _PATHS))}]) END',
            ),
        ),
        checks=(
            Check(
                "error_code IS NULL AND input_tokens IS NULL AND output_tokens IS NULL",
                quoted("has neither token counts nor an errorCode"),
            ),
            Check(
                "coalesce(cache_write_1h_tokens, 0) > coalesce(cache_write_tokens, 0)",
                "concat('the cache write for 1 hour is ', cache_write_1h_tokens, ', more than the "
                "cacheWriteInputTokenCount it is part of, ', coalesce(cache_write_tokens, 0))",
            ),
        ),
        not_usage=f'"schemaType" <> {quoted(_RECORD)}',
        provider="'bedrock'",
        model="model",
        account="account_id",
        formats=("json",),
        nesting=enveloped(),
    )


def _filled(name: str) -> str:
    return f"nullif({identifier(name)}, '')"


def _count(name: str, part: str, field: str) -> Column:
    return Column(name, f"{part}.{identifier(field)}", "count", f"{part}.{field}")


def _answer(fact: str) -> str:
    """What the answer's body says of this, under the first of its paths that is there; NULL without a body."""
    return "coalesce(" + ", ".join(f'"answer"[{_PATHS.index(path) + 1}]' for path in _ANSWER[fact]) + ")"


# A profile of the customer's own names no model; the body of an answer of Anthropic's does.
_MODEL = (
    f'CASE WHEN "modelId" LIKE {quoted(_OWN_PROFILE)} THEN coalesce({_answer("model")}, "modelId") ELSE "modelId" END'
)
_HOUR_LONG = (
    f"coalesce({_answer('written for 1 hour')}, "
    f"CASE WHEN {_answer('first time to live')} = '1h' THEN {_answer('first written')} "
    f"WHEN {_answer('second time to live')} = '1h' THEN {_answer('second written')} END)"
)
