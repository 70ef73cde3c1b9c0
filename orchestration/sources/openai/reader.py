"""OpenAI's organisation reports as they were fetched: a line for each result of a bucket, usage and costs."""

from orchestration.settings import Source
from orchestration.sources.reports import known_reports, larger, missing, other_currency, report_columns
from orchestration.sources.shape import TEXT, Check, Column, Reader, Structure

_TOKENS = (
    "input_tokens", "input_cached_tokens", "input_cache_write_tokens", "input_uncached_tokens", "input_audio_tokens",
    "input_cached_audio_tokens", "input_image_tokens", "input_cached_image_tokens", "output_tokens",
    "output_audio_tokens", "output_image_tokens",
)  # fmt: skip
_TEXTS = (
    "project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "line_item", "quantity_unit",
)  # fmt: skip
_STRUCTURE: Structure = {
    **dict.fromkeys(("report", "id", "bucket_start", "bucket_end"), TEXT),
    "result": {
        **dict.fromkeys((*_TOKENS, "num_model_requests", *_TEXTS, "quantity"), TEXT),
        "amount": {"value": TEXT, "currency": TEXT},
    },
}
# Since the report gives input_uncached_tokens, audio and image tokens are those outside the cache; before, inside too.
_AUDIO = (
    "CASE WHEN input_uncached_tokens IS NULL THEN greatest(coalesce(input_audio_tokens, 0) "
    "- coalesce(input_cached_audio_tokens, 0), 0) ELSE coalesce(input_audio_tokens, 0) END"
)
_IMAGE = _AUDIO.replace("audio", "image")
_INSIDE_INPUT = f"coalesce(input_cached_tokens, 0) + coalesce(input_cache_write_tokens, 0) + {_AUDIO} + {_IMAGE}"
_INSIDE_OUTPUT = "coalesce(output_audio_tokens, 0) + coalesce(output_image_tokens, 0)"


def reader(source: Source) -> Reader:
    """Reads fetched generations; `source.account` names the organisation whose reports they are."""
    return Reader(
        structure=_STRUCTURE,
        columns=(
            *report_columns(source),
            *(Column(name, f"result.{name}", "count") for name in (*_TOKENS, "num_model_requests")),
            *(Column(name, f"result.{name}") for name in _TEXTS),
            Column("amount", "result.amount.value", "money", "amount.value", signed=True),
            Column("currency", "lower(result.amount.currency)", called="amount.currency"),
            Column("quantity", "result.quantity", "money", signed=True),
        ),
        checks=(*known_reports(), *_checks()),
        provider="CASE WHEN report = 'usage' THEN 'openai' END",
        model="CASE WHEN report = 'usage' THEN model END",
        account="CASE WHEN report = 'usage' THEN provider_account END",
        formats=("json",),
    )


def _checks() -> tuple[Check, ...]:
    return (
        *(missing("usage", name) for name in ("input_tokens", "output_tokens", "num_model_requests")),
        *(missing("costs", name) for name in ("amount", "currency")),
        other_currency(),
        larger("cached audio tokens", "input_cached_audio_tokens", "the cached tokens", "input_cached_tokens"),
        larger("cached image tokens", "input_cached_image_tokens", "the cached tokens", "input_cached_tokens"),
        larger("cached, cache write, audio and image tokens", _INSIDE_INPUT, "the input_tokens", "input_tokens"),
        larger("audio and image output tokens", _INSIDE_OUTPUT, "the output_tokens", "output_tokens"),
    )
