"""LiteLLM spend logs, as its proxy exports them (one row of LiteLLM_SpendLogs a line)."""

from orchestration.settings import Source
from orchestration.sources.canonical import PLACE
from orchestration.sources.shape import TEXT, Check, Column, Reader, identifier, quoted

_TEXTS_BEFORE = ("call_type", "api_key")
_TEXTS_AFTER = (
    "model", "model_id", "model_group", "custom_llm_provider", "user", "team_id", "organization_id",
    "end_user", "session_id", "status", "cache_hit", "requester_ip_address", "api_base",
)  # fmt: skip
_COUNTS = ("total_tokens", "prompt_tokens", "completion_tokens")
_READ = ("request_id", "startTime", "endTime", "spend", *_TEXTS_BEFORE, *_COUNTS, *_TEXTS_AFTER,
         "metadata", "request_tags")  # fmt: skip

_USAGE = "$.usage_object"
_MORE = "$.additional_usage_values"
# Parts of the prompt and of the answer, wherever this version of LiteLLM put them.
_INPUT_PARTS = {
    "cached tokens": (
        f"{_USAGE}.prompt_tokens_details.cached_tokens",
        f"{_USAGE}.cache_read_input_tokens",
        f"{_MORE}.cache_read_input_tokens",
    ),
    "cache creation tokens": (
        f"{_USAGE}.cache_creation_input_tokens",
        f"{_MORE}.cache_creation_input_tokens",
    ),
    "audio prompt tokens": (f"{_USAGE}.prompt_tokens_details.audio_tokens",),
}
_OUTPUT_PARTS = {
    "reasoning tokens": (f"{_USAGE}.completion_tokens_details.reasoning_tokens",),
    "audio completion tokens": (f"{_USAGE}.completion_tokens_details.audio_tokens",),
}


def reader(source: Source) -> Reader:
    """Reads LiteLLM's spend logs; `source` adds nothing to it."""
    return Reader(
        structure=dict.fromkeys(_READ, TEXT),
        columns=(
            Column("event_id", "request_id", called="request_id", required=True),
            Column("event_at", '"startTime"', "stamp", "startTime", required=True),
            *(Column(name, name) for name in _TEXTS_BEFORE),
            Column("spend", "spend", "money"),
            *(Column(name, name, "count") for name in _COUNTS),
            Column("end_at", "nullif(\"endTime\", '')", "stamp", "endTime"),
            *(Column(name, identifier(name)) for name in _TEXTS_AFTER),
            Column("metadata", "nullif(metadata, '')", "json"),
            Column("request_tags", "nullif(request_tags, '')"),
            # LiteLLM does not say them: landing looks requester_ip_address up.
            *(Column(name, "CAST(NULL AS VARCHAR)") for name in PLACE),
        ),
        checks=tuple(_checks()),
        provider="custom_llm_provider",
        model="model",
        address="requester_ip_address",
    )


def _checks() -> list[Check]:
    found = [
        Check(
            "coalesce(NOT json_valid(request_tags), false)",
            quoted("request_tags is not valid JSON"),
        )
    ]
    for whole, parts in (("prompt_tokens", _INPUT_PARTS), ("completion_tokens", _OUTPUT_PARTS)):
        for label, paths in parts.items():
            found.extend(_part(label, paths, whole))
    read, written = (_count(_INPUT_PARTS[part]) for part in ("cached tokens", "cache creation tokens"))
    together = f"coalesce({read}, 0) + coalesce({written}, 0)"
    found.append(
        Check(
            f"metadata IS NOT NULL AND {together} > coalesce(prompt_tokens, 0)",
            f"concat('cached and cache creation tokens are ', {together}, "
            "', more than the prompt_tokens they are part of, ', coalesce(prompt_tokens, 0))",
        )
    )
    return found


def _part(label: str, paths: tuple[str, ...], whole: str) -> list[Check]:
    text, count = _text(paths), _count(paths)
    return [
        Check(
            f"metadata IS NOT NULL AND {text} IS NOT NULL AND coalesce(NOT regexp_full_match({text}, "
            f"'[0-9]{{1,15}}'), true)",
            f"concat({quoted(f'{label} in metadata are ')}, left({text}, 60), ', which is no whole number')",
        ),
        Check(
            f"metadata IS NOT NULL AND coalesce({count} > coalesce({whole}, 0), false)",
            f"concat({quoted(f'{label} are ')}, {count}, {quoted(f', more than the {whole} they are part of, ')}, "
            f"coalesce({whole}, 0))",
        ),
    ]


def _text(paths: tuple[str, ...]) -> str:
    return "coalesce(" + ", ".join(f"{_SAFE} ->> {quoted(path)}" for path in paths) + ")"


def _count(paths: tuple[str, ...]) -> str:
    return f"TRY_CAST({_text(paths)} AS BIGINT)"


# A text that is no JSON is refused by its own check; here it must only not raise.
_SAFE = "(CASE WHEN json_valid(metadata) THEN metadata END)"
