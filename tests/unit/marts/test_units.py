"""Usage that is priced outside tokens, from a delivered line to the published marts; and price books from before."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.prices.bands import RATE_COLUMNS

_AUDIO = {"event_id": "audio", "event_at": "2026-11-02T10:00:00Z", "provider": "openai", "model": "whisper-1",
          "audio_seconds": 90}  # fmt: skip
_CACHED = {"event_id": "cached", "event_at": "2026-11-02T10:00:00Z", "provider": "openai", "model": "gpt-realtime",
           "uncached_input_tokens": 1000, "cache_read_tokens": 1000, "cache_read_audio_tokens": 1000,
           "output_tokens": 0}  # fmt: skip
_NEW_COLUMNS = (*RATE_COLUMNS[10:15], *RATE_COLUMNS[16:23], "least_audio_seconds")


def test_audio_by_the_second_and_images_by_the_piece_have_a_price(small: Callable[..., Any]) -> None:
    home = small()
    home.home.reference.mkdir()
    (home.home.reference / "price_overrides.csv").write_text(
        "provider,model,valid_from,valid_to,input_mtok,output_mtok,cache_read_mtok,cache_write_5m_mtok,"
        "cache_write_1h_mtok,request_fee,web_search_kcount,source,checked_on,note,image_fee\n"
        "house,painter,,,0,0,,,,,,,,,0.04\n",
        encoding="utf-8",
    )
    painted = {"event_at": _AUDIO["event_at"], "provider": "house"}
    home.drop(
        _AUDIO,
        {**painted, "event_id": "three", "model": "painter", "images": 3},
        {**_AUDIO, "event_id": "pages", "document_pages": 2},
    )
    home.land()
    home.build()
    columns = "model, unpriced_reason, audio_seconds, images, document_pages, input_cost, output_cost, effective_cost"
    zero = Decimal(0)
    assert home.mart("daily_usage", columns) == [
        ("painter", None, 0, 3, 0, zero, Decimal("0.12"), Decimal("0.12")),
        ("whisper-1", "no price for document pages", 90, 0, 2, None, None, None),
        ("whisper-1", None, 90, 0, 0, Decimal("0.009"), zero, Decimal("0.009")),
    ]
    for mart in ("hourly_usage", "monthly_usage"):
        assert home.mart(mart, "sum(audio_seconds), sum(images), sum(effective_cost)") == [(180, 3, Decimal("0.129"))]


def test_a_book_from_before_charges_a_class_as_what_it_was_part_of(small: Callable[..., Any]) -> None:
    home = small()
    home.drop(_CACHED)
    home.land()
    home.build()
    (book,) = (path for path in home.home.prices.glob("genai-*.parquet") if ".models" not in path.name)
    # 4, 0.4 and for audio from the cache 0.4 as well, so nothing is seen but that a price is found.
    ((now, reason),) = home.mart("daily_usage", "cache_read_cost, unpriced_reason")
    _as_it_was_written(book)
    home.drop({**_CACHED, "event_id": "late"}, {**_AUDIO, "event_id": "timed"}, name="later.jsonl")
    home.land()
    home.build()
    assert reason is None
    assert home.mart("daily_usage", "model, requests, cache_read_cost, unpriced_reason") == [
        ("gpt-realtime", 2, 2 * now, None),
        ("whisper-1", 1, None, "no price for audio seconds"),
    ]


def _as_it_was_written(path: Path) -> None:
    import duckdb

    before = path.with_suffix(".before")
    path.rename(before)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * EXCLUDE ({', '.join(_NEW_COLUMNS)}) FROM read_parquet('{before}')) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )
    before.unlink()
