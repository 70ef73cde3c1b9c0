"""Our counts of one request in the terms of genai-prices, whose totals contain their parts."""

from collections.abc import Mapping

from genai_prices import Usage
from genai_prices.data_units import unit_data

CACHED = ("cache_read_tokens", "cache_read_audio_tokens", "cache_read_image_tokens")
WRITTEN = ("cache_write_5m_tokens", "cache_write_1h_tokens")
INPUT = ("uncached_input_tokens", *CACHED, *WRITTEN, "input_audio_tokens", "input_image_tokens", "input_video_tokens")
OUTPUT = (
    "output_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens", "output_video_tokens",
    "citation_tokens",
)  # fmt: skip
# Ours, theirs: counts that are the same thing in both.
_SAME = {
    "cache_write_5m_tokens": "cache_write_5m_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "cache_read_audio_tokens": "cache_audio_read_tokens",
    "cache_read_image_tokens": "cache_image_read_tokens",
    "input_video_tokens": "input_video_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "output_image_tokens": "output_image_tokens",
    "output_video_tokens": "output_video_tokens",
    "citation_tokens": "output_citation_tokens",
    "web_search_calls": "web_searches",
    "storage_search_calls": "storage_searches",
    "input_characters": "input_characters",
    "annotated_document_pages": "input_annotated_document_pages",
    "text_messages": "input_text_messages",
}


def package_usage(counts: Mapping[str, int]) -> Usage:
    """`counts`: what our events call them; a missing one is 0."""

    def sum_of(*names: str) -> int:
        return sum(counts.get(name, 0) for name in names)

    told = {key: 0 for key in unit_data if key != "requests"}
    told |= {theirs: sum_of(ours) for ours, theirs in _SAME.items()}
    return Usage(
        **told
        | {
            "input_tokens": sum_of(*INPUT),
            "output_tokens": sum_of(*OUTPUT),
            "cache_read_tokens": sum_of(*CACHED),
            "cache_write_tokens": sum_of(*WRITTEN),
            "input_audio_tokens": sum_of("input_audio_tokens", "cache_read_audio_tokens"),
            "input_image_tokens": sum_of("input_image_tokens", "cache_read_image_tokens"),
            "audio_seconds": sum_of("audio_seconds"),
            "input_audio_seconds": sum_of("audio_seconds"),
            "input_document_pages": sum_of("document_pages", "annotated_document_pages"),
        }
    )
