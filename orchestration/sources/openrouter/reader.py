"""OpenRouter's activity: one generation a row (CSV of the user interface), or one day of a model (activity API)."""

from orchestration.settings import Source
from orchestration.sources.nesting import enveloped
from orchestration.sources.shape import TEXT, Check, Column, Reader, identifier, quoted

_GENERATION = (
    "generation_id", "created_at", "cost_total", "cost_web_search", "cost_cache", "cost_file_processing",
    "tokens_prompt", "tokens_completion", "tokens_reasoning", "tokens_cached", "variant", "cancelled", "streamed",
    "user", "finish_reason_raw", "finish_reason_normalized", "generation_time_ms", "time_to_first_token_ms",
    "api_key_disabled", "api_key_name", "app_name",
)  # fmt: skip
_DAY = ("date", "model", "endpoint_id", "usage", "requests", "prompt_tokens", "completion_tokens", "reasoning_tokens")
_BOTH = ("model_permaslug", "provider_name", "byok_usage_inference")
# The hour at which the same calendar day is meant from Honolulu (UTC−10) to Auckland (UTC+13).
_HOUR_OF_A_DAY = "T10:30:00Z"


def reader(source: Source) -> Reader:
    """Reads both forms; `source` adds nothing to it."""
    given = {name: f"nullif({identifier(name)}, '')" for name in (*_GENERATION, *_DAY, *_BOTH)}
    day = f"left({given['date']}, 10)"
    of_a_day = (
        f"'day:' || {day} || ':' || {given['model_permaslug']} || ':' || coalesce({given['endpoint_id']}, '') "
        "|| coalesce(':' || folder_api_key, '')"
    )
    return Reader(
        structure=dict.fromkeys((*_GENERATION, *_DAY, *_BOTH), TEXT),
        columns=(
            Column("event_id", f"coalesce({given['generation_id']}, {of_a_day})", called=_NAMED, required=True),
            Column(
                "event_at",
                f"coalesce({given['created_at']}, CASE WHEN regexp_full_match({day}, '[0-9-]+') "
                f"THEN {day} || {quoted(_HOUR_OF_A_DAY)} ELSE {given['date']} END)",
                "stamp",
                "created_at or date",
                required=True,
            ),
            # `model` is what was asked for, the permanent slug what answered; a generation names only the latter.
            Column("model", f"coalesce({given['model_permaslug']}, {given['model']})", called="model_permaslug"),
            Column("is_day", f"CASE WHEN {given['generation_id']} IS NULL THEN 'true' ELSE 'false' END"),
            *(Column(name, given[name]) for name in _TEXTS),
            Column("cost", f"coalesce({given['cost_total']}, {given['usage']})", "money", "cost_total or usage"),
            Column("byok_usage_inference", given["byok_usage_inference"], "money"),
            Column("prompt_tokens", f"coalesce({given['tokens_prompt']}, {given['prompt_tokens']})", "count",
                   "tokens_prompt or prompt_tokens"),
            Column("completion_tokens", f"coalesce({given['tokens_completion']}, {given['completion_tokens']})",
                   "count", "tokens_completion or completion_tokens"),
            Column("reasoning_tokens", f"coalesce({given['tokens_reasoning']}, {given['reasoning_tokens']})", "count",
                   "tokens_reasoning or reasoning_tokens"),
            Column("cached_tokens", given["tokens_cached"], "count", "tokens_cached"),
            Column("requests", given["requests"], "count"),
            Column("generation_time_ms", given["generation_time_ms"], "count"),
        ),
        checks=(
            Check("cost IS NULL", quoted("has neither cost_total nor usage: what OpenRouter charged is not said")),
            _inside("cached_tokens", "prompt_tokens"),
            _inside("reasoning_tokens", "completion_tokens"),
        ),
        provider="'openrouter'",
        model="model",
        formats=("json", "csv"),
        nesting=enveloped("data"),
    )  # fmt: skip


_NAMED = "generation_id, or date and model_permaslug,"
_TEXTS = (
    "provider_name", "variant", "cancelled", "user", "finish_reason_normalized", "api_key_name", "app_name",
    "cost_web_search", "cost_cache", "cost_file_processing",
)  # fmt: skip


def _inside(part: str, whole: str) -> Check:
    named = part.replace("_", " ")
    return Check(
        f"coalesce({part}, 0) > coalesce({whole}, 0)",
        f"concat({quoted(f'{named} are ')}, {part}, {quoted(f', more than the {whole} they are part of, ')}, "
        f"coalesce({whole}, 0))",
    )
