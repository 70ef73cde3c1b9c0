"""The columns of the canonical usage event, by kind; the own format `events` uses exactly these names."""

from orchestration.sources.shape import Column

TEXTS = (
    "provider", "model", "service_tier", "provider_account", "user_id", "team", "department",
    "cost_centre", "project", "feature", "channel", "api_key", "country", "conversation_id",
    "status", "error_code", "operation", "workspace", "tool", "platform", "integration",
    "assistant", "contact", "conversation_type", "campaign", "endpoint", "interface", "message_id",
    "direction", "delivery", "feedback", "caller_ip", "continent", "region", "city", "browser",
    "caller_timezone", "page_url", "document_id", "document_name", "credit_type", "credit_measure",
    "aggregate_context", "inference_region",
)  # fmt: skip
COUNTS = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "output_tokens", "reasoning_tokens", "input_audio_tokens", "output_audio_tokens",
    "input_image_tokens", "output_image_tokens", "cache_read_audio_tokens", "cache_read_image_tokens",
    "input_video_tokens", "output_video_tokens", "citation_tokens", "web_search_calls", "storage_search_calls",
    "audio_seconds", "input_characters", "document_pages", "annotated_document_pages", "text_messages", "images",
    "requests", "tool_calls",
    "user_text_tokens", "context_tokens_part", "file_tokens", "answer_tokens", "tool_output_tokens",
    "document_bytes", "document_extracted_tokens", "document_citations",
)  # fmt: skip
INPUT_CLASSES = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "input_audio_tokens", "input_image_tokens", "cache_read_audio_tokens", "cache_read_image_tokens",
    "input_video_tokens",
)  # fmt: skip
OUTPUT_CLASSES = (
    "output_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens", "output_video_tokens",
    "citation_tokens",
)  # fmt: skip
INPUT_PARTS = ("user_text_tokens", "context_tokens_part", "file_tokens")
OUTPUT_PARTS = ("answer_tokens", "tool_output_tokens")
PLACE = ("continent", "country", "region", "city")
SERVICE_TIERS = ("standard", "batch", "flex", "priority", "fast")
STATUSES = ("ok", "error")
COST_BASES = ("charge", "estimate")
DIRECTIONS = ("user", "bot")
DELIVERIES = ("delivered", "failed")
FEEDBACKS = ("positive", "negative")
CREDIT_MEASURES = ("flow", "level")
EVENT_COLUMNS = ("event_id", "event_at", *TEXTS, "latency_ms", "labels", *COUNTS, "reported_cost",
                 "reported_cost_basis", "credit_quantity")  # fmt: skip


def canonical_columns(given: dict[str, str], called: dict[str, str]) -> tuple[Column, ...]:
    """All canonical columns but identity, read from the SQL texts in `given` (NULL where it has none)."""

    def text_of(name: str) -> str:
        return given.get(name, "CAST(NULL AS VARCHAR)")

    def label(name: str) -> str:
        return called.get(name, name)

    return (
        *(Column(name, text_of(name), called=label(name)) for name in TEXTS),
        Column("latency_ms", text_of("latency_ms"), "count", label("latency_ms")),
        Column("labels", text_of("labels"), "json", label("labels")),
        *(Column(name, text_of(name), "count", label(name)) for name in COUNTS),
        Column("reported_cost", text_of("reported_cost"), "money", label("reported_cost")),
        Column("reported_cost_basis", text_of("reported_cost_basis"), called=label("reported_cost_basis")),
        Column("credit_quantity", text_of("credit_quantity"), "money", label("credit_quantity")),
    )
