"""Anthropic's Admin reports as they were fetched: a line for each result of a bucket, usage and costs."""

from orchestration.settings import Source
from orchestration.sources.reports import known_reports, missing, other_currency, report_columns
from orchestration.sources.shape import TEXT, Column, Reader, Structure

_TOKENS = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
_TEXTS = (
    "account_id", "service_account_id", "api_key_id", "workspace_id", "model", "service_tier", "speed",
    "context_window", "inference_geo", "cost_type", "description", "token_type",
)  # fmt: skip
_WRITES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_STRUCTURE: Structure = {
    **dict.fromkeys(("report", "id", "bucket_start", "bucket_end"), TEXT),
    "result": {
        **dict.fromkeys((*_TOKENS, *_TEXTS, "amount", "currency"), TEXT),
        "cache_creation": dict.fromkeys(_WRITES, TEXT),
        "server_tool_use": {"web_search_requests": TEXT},
    },
}


def reader(source: Source) -> Reader:
    """Reads fetched generations; `source.account` names the organisation whose reports they are."""
    return Reader(
        structure=_STRUCTURE,
        columns=(
            *report_columns(source),
            *(Column(name, f"result.{name}", "count") for name in _TOKENS),
            *(Column(name, f"result.cache_creation.{name}", "count", f"cache_creation.{name}") for name in _WRITES),
            Column("web_search_requests", "result.server_tool_use.web_search_requests", "count",
                   "server_tool_use.web_search_requests"),
            *(Column(name, f"result.{name}") for name in _TEXTS),
            Column("amount_cents", "result.amount", "money", "amount", signed=True),
            Column("currency", "lower(result.currency)", called="currency"),
        ),
        checks=(
            *known_reports(),
            *(missing("usage", name) for name in _TOKENS),
            *(missing("costs", name) for name in ("amount_cents", "currency")),
            other_currency(),
        ),
        provider="CASE WHEN report = 'usage' THEN 'anthropic' END",
        model="CASE WHEN report = 'usage' THEN model END",
        account="CASE WHEN report = 'usage' THEN provider_account END",
        formats=("json",),
    )  # fmt: skip
