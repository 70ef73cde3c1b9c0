"""Claude Code session logs: a line for everything that happened, of which some bear usage."""

from orchestration.settings import Source
from orchestration.sources.shape import TEXT, Check, Column, Reader, Structure, quoted

_STRUCTURE: Structure = {
    "timestamp": TEXT,
    "sessionId": TEXT,
    "requestId": TEXT,
    "costUSD": TEXT,
    "version": TEXT,
    "cwd": TEXT,
    "gitBranch": TEXT,
    "message": {
        "id": TEXT,
        "model": TEXT,
        "usage": {
            "input_tokens": TEXT,
            "output_tokens": TEXT,
            "cache_read_input_tokens": TEXT,
            "cache_creation_input_tokens": TEXT,
            "cache_creation": {"ephemeral_5m_input_tokens": TEXT, "ephemeral_1h_input_tokens": TEXT},
            "server_tool_use": {"web_search_requests": TEXT},
            "service_tier": TEXT,
            "speed": TEXT,
            "inference_geo": TEXT,
        },
    },
}
_USAGE = "message.usage"
# Notices that the client writes itself, shaped like an answer but never sent to a model.
_SYNTHETIC = "<synthetic>"


def reader(source: Source) -> Reader:
    """Reads session files; `source.folders` name what the folders above them mean."""
    request = "nullif(\"requestId\", '')"
    return Reader(
        structure=_STRUCTURE,
        columns=(
            Column(
                "event_id",
                f"nullif(message.id, '') || CASE WHEN {request} IS NULL THEN '' ELSE ':' || {request} END",
                called="message.id",
                required=True,
            ),
            Column("event_at", '"timestamp"', "stamp", "timestamp", required=True),
            Column("session_id", '"sessionId"'),
            Column("request_id", request),
            Column("message_id", "message.id"),
            Column("model", "message.model"),
            _count("input_tokens", "input_tokens"),
            _count("output_tokens", "output_tokens"),
            _count("cache_read_input_tokens", "cache_read_input_tokens"),
            _count("cache_creation_input_tokens", "cache_creation_input_tokens"),
            _count("ephemeral_5m_input_tokens", "cache_creation.ephemeral_5m_input_tokens"),
            _count("ephemeral_1h_input_tokens", "cache_creation.ephemeral_1h_input_tokens"),
            _count("web_search_requests", "server_tool_use.web_search_requests"),
            Column("service_tier", f"{_USAGE}.service_tier"),
            Column("speed", f"{_USAGE}.speed"),
            Column("cost_usd", '"costUSD"', "money", "costUSD"),
            Column("version", "version"),
            Column("cwd", "cwd"),
            Column("git_branch", '"gitBranch"', called="gitBranch"),
            Column("inference_geo", f"{_USAGE}.inference_geo"),
        ),
        checks=(
            Check(
                "cache_creation_input_tokens IS NOT NULL AND coalesce(ephemeral_5m_input_tokens, 0) "
                "+ coalesce(ephemeral_1h_input_tokens, 0) > cache_creation_input_tokens",
                "concat('the 5 minute and 1 hour cache writes are ', coalesce(ephemeral_5m_input_tokens, 0) "
                "+ coalesce(ephemeral_1h_input_tokens, 0), ', more than the cache_creation_input_tokens "
                "they are part of, ', cache_creation_input_tokens)",
            ),
        ),
        not_usage=f"{_USAGE} IS NULL OR coalesce(message.model = {quoted(_SYNTHETIC)}, false)",
        provider="'anthropic'",
        model="model",
        other_shapes=("message",),
        formats=("json",),
    )


def _count(name: str, path: str) -> Column:
    return Column(name, f"{_USAGE}.{path}", "count", f"usage.{path}")
