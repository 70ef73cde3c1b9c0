"""Langfuse's kinds of usage: names that anybody may choose, of which these are in use for the same thing.

Langfuse takes details out of their whole when it ingests them, so the kinds are disjoint, and further ones are added
up: as Langfuse itself does, every other kind with "input" in its name is input, with "output" output.
"""

from collections.abc import Mapping

from orchestration.sources.shape import quoted

USAGE = '"said usage"'
"""The observation's usage as the text of one JSON object; NULL where it has none."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "input": ("input", "input_tokens", "prompt_tokens", "prompt_token_count"),
    "output": ("output", "output_tokens", "completion_tokens", "candidates_token_count"),
    "cache_read": (
        "input_cached_tokens",
        "input_cache_read",
        "cache_read_input_tokens",
        "cached_content_token_count",
    ),
    "cache_write": ("input_cache_creation", "cache_creation_input_tokens"),
    "cache_write_5m": ("input_cache_creation_5m",),
    "cache_write_1h": ("input_cache_creation_1h",),
    "reasoning": ("output_reasoning_tokens", "output_reasoning", "reasoning_tokens", "thoughts_token_count"),
    "input_audio": ("input_audio_tokens", "input_audio"),
    "output_audio": ("output_audio_tokens", "output_audio"),
    "input_image": ("input_image_tokens", "input_image"),
    "output_image": ("output_image_tokens", "output_image"),
    "cache_read_audio": ("input_cached_audio_tokens", "input_cache_read_audio"),
    "cache_read_image": ("input_cached_image_tokens", "input_cache_read_image"),
    "input_video": ("input_video_tokens", "input_video"),
    "output_video": ("output_video_tokens", "output_video"),
    "citation": ("output_citation_tokens", "citation_tokens"),
    "web_search": ("web_search_requests",),
    "total": ("total", "total_tokens"),
}
_KNOWN = ", ".join(quoted(name) for names in NAMES.values() for name in names)


def count(kind: str) -> str:
    """SQL for the count under the first of the kind's names that is there."""
    texts = ", ".join(f"{USAGE} ->> {quoted(f'$.{name}')}" for name in NAMES[kind])
    return f"TRY_CAST(coalesce({texts}) AS BIGINT)"


def others(part: str) -> str:
    """SQL for the sum of the kinds that only their names tell to be input or output."""
    keys = f"list_filter(json_keys({USAGE}), lambda key: contains(key, {quoted(part)}) AND key NOT IN ({_KNOWN}))"
    pointer = "'/' || replace(replace(key, '~', '~0'), '/', '~1')"
    return (
        f"coalesce(CAST(list_sum(list_transform({keys}, lambda key: "
        f"TRY_CAST(json_extract_string({USAGE}, {pointer}) AS BIGINT))) AS BIGINT), 0)"
    )


def written_for_5m() -> str:
    """SQL: a write without a time to live is one for five minutes; a flat count beside the hour's holds both."""
    flat, hour = count("cache_write"), f"coalesce({count('cache_write_1h')}, 0)"
    return f"coalesce({count('cache_write_5m')}, CASE WHEN {flat} >= {hour} THEN {flat} - {hour} ELSE {flat} END)"


TOKENS: Mapping[str, str] = {
    "uncached_input_tokens": f"coalesce({count('input')}, 0) + {others('input')}",
    "cache_read_tokens": count("cache_read"),
    "cache_write_5m_tokens": written_for_5m(),
    "cache_write_1h_tokens": count("cache_write_1h"),
    "output_tokens": f"coalesce({count('output')}, 0) + {others('output')}",
    "reasoning_tokens": count("reasoning"),
    "input_audio_tokens": count("input_audio"),
    "output_audio_tokens": count("output_audio"),
    "input_image_tokens": count("input_image"),
    "output_image_tokens": count("output_image"),
    "cache_read_audio_tokens": count("cache_read_audio"),
    "cache_read_image_tokens": count("cache_read_image"),
    "input_video_tokens": count("input_video"),
    "output_video_tokens": count("output_video"),
    "citation_tokens": count("citation"),
    "web_search_calls": count("web_search"),
}
"""Raw columns and the SQL of their counts."""
