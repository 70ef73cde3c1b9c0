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
        f"{_USAGE}.prompt_tokens_details.cache_creation_tokens",
        f"{_USAGE}.cache_creation_input_tokens",
        f"{_MORE}.cache_creation_input_tokens",
    ),
    "audio prompt tokens": (f"{_USAGE}.prompt_tokens_details.audio_tokens",),
}
_OUTPUT_PARTS = {
    "reasoning tokens": (f"{_USAGE}.completion_tokens_details.reasoning_tokens",),
    "audio completion tokens": (f"{_USAGE}.completion_tokens_details.audio_tokens",),
}
_HOUR_LONG = {
    "cache creation tokens for 1 hour": (
        f"{_USAGE}.prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
    ),
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
    wholes = {name: f"coalesce({name}, 0)" for name in ("prompt_tokens", "completion_tokens")}
    written = _count(_INPUT_PARTS["cache creation tokens"])
    for parts, whole, called in (
        (_INPUT_PARTS, wholes["prompt_tokens"], "prompt_tokens"),
        (_OUTPUT_PARTS, wholes["completion_tokens"], "completion_tokens"),
        (_HOUR_LONG, written, "cache creation tokens"),
    ):
        for label, paths in parts.items():
            found += [_whole_number(label, paths), _within(label, _count(paths), whole, called)]
    # What staging takes out of a whole must be inside it together: less than no tokens would cost less than nothing.
    read, reasoning, audio = (_count(paths) for paths in (_INPUT_PARTS["cached tokens"], *_OUTPUT_PARTS.values()))
    return [
        *found,
        _within("cached and cache creation tokens", f"{read} + {written}", wholes["prompt_tokens"], "prompt_tokens"),
        _within(
            "reasoning and audio completion tokens", f"{reasoning} + {audio}", wholes["completion_tokens"],
            "completion_tokens",
        ),
    ]  # fmt: skip


def _whole_number(label: str, paths: tuple[str, ...]) -> Check:
    """Wherever the count is written, it is one."""
    wrong = ", ".join(
        f"CASE WHEN NOT regexp_full_match({text}, '[0-9]{{1,15}}') THEN {text} END" for text in map(_text, paths)
    )
    shown = f"coalesce({wrong})" if len(paths) > 1 else wrong
    return Check(
        f"metadata IS NOT NULL AND {shown} IS NOT NULL",
        f"concat({quoted(f'{label} in metadata are ')}, left({shown}, 60), ', which is no whole number')",
    )


def _within(label: str, part: str, whole: str, called: str) -> Check:
    return Check(
        f"metadata IS NOT NULL AND {part} > {whole}",
        f"concat({quoted(f'{label} are ')}, {part}, {quoted(f', more than the {called} they are part of, ')}, {whole})",
    )


def _text(path: str) -> str:
    return f"({_SAFE} ->> {quoted(path)})"


def _count(paths: tuple[str, ...]) -> str:
    """The largest of what versions of LiteLLM write in these places, as in staging."""
    counts = ", ".join(f"TRY_CAST({_text(path)} AS BIGINT)" for path in paths)
    return f"coalesce(greatest({counts}), 0)"


# A text that is no JSON is refused by its own check; here it must only not raise.
_SAFE = "(CASE WHEN json_valid(metadata) THEN metadata END)"
