"""Raw files read a second time, in plain Python: what each delivered row of a home's inbox says.

Written from the documentation of the sources, not from their readers. It imports nothing of the product.
"""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

TOKENS = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    "reasoning_tokens", "input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens",
)  # fmt: skip
_ANSWER = ("output_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens")
_FIRST = datetime(2015, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """One delivered row: `said` are its own words about who and what."""

    source: str
    event_id: str
    at: datetime
    said: dict[str, str]
    tokens: dict[str, int]
    searches: int
    failed: bool
    billable: bool
    charge: Decimal | None
    estimate: Decimal | None

    def __post_init__(self) -> None:
        if min(self.tokens.values()) < 0:
            raise ValueError("a part is larger than its whole")
        if not self.at >= _FIRST:
            raise ValueError("a stamp that cannot be meant")

    @property
    def answer(self) -> int:
        return sum(self.tokens[name] for name in _ANSWER)


def records(home: Path, sources: dict[str, Any]) -> Iterator[Record]:
    """Every usable row of `sources` (as in tallyhouse.yaml), repeats included; a file that comes again is read once."""
    for name, source in sources.items():
        met: set[str] = set()
        for path in sorted((home / "inbox" / name).rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            # A file that comes again says nothing new.
            if (content := hashlib.sha256(data).hexdigest()) in met:
                continue
            met.add(content)
            lines = gzip.decompress(data) if path.suffix == ".gz" else data
            folders = path.relative_to(home / "inbox" / name).parts[:-1]
            for row in _rows(lines, path.name):
                try:
                    record = READERS[source["kind"]](
                        name, row, dict(zip(source.get("folders", ()), folders, strict=False))
                    )
                except (KeyError, ValueError, TypeError):
                    continue
                if record is not None:
                    yield record


def _rows(lines: bytes, name: str) -> Iterator[dict[str, Any]]:
    if ".csv" in name:
        yield from csv.DictReader(io.StringIO(lines.decode(), newline=""))
        return
    for line in lines.split(b"\n"):
        try:
            row = json.loads(line.decode(), parse_float=Decimal)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def _own(source: str, row: dict[str, Any], folders: dict[str, str]) -> Record:
    texts = ("provider", "model", "service_tier", "user_id", "team", "department", "cost_centre", "project", "api_key")
    money = Decimal(row["reported_cost"]) if row.get("reported_cost") else None
    basis = row.get("reported_cost_basis")
    return Record(
        source=source,
        event_id=_required(row["event_id"]),
        at=_stamp(row["event_at"]),
        said={**folders, **{name: row[name] for name in texts if row.get(name)}},
        tokens={name: _count(row.get(name)) for name in TOKENS},
        searches=_count(row.get("web_search_calls")),
        failed=row.get("status") == "error",
        billable=True,
        charge=money if basis == "charge" else None,
        estimate=money if basis == "estimate" else None,
    )


def _litellm(source: str, row: dict[str, Any], folders: dict[str, str]) -> Record:
    """Cached, written, audio and reasoning tokens are parts of prompt and completion."""
    usage = row["metadata"].get("usage_object", {})
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    read = max(_count(prompt.get("cached_tokens")), _count(usage.get("cache_read_input_tokens")))
    written = max(_count(prompt.get("cache_creation_tokens")), _count(usage.get("cache_creation_input_tokens")))
    long_lived = _count((prompt.get("cache_creation_token_details") or {}).get("ephemeral_1h_input_tokens"))
    audio_in, audio_out = _count(prompt.get("audio_tokens")), _count(completion.get("audio_tokens"))
    reasoning = _count(completion.get("reasoning_tokens"))
    tags = dict(tag.split(":", 1) for tag in row["request_tags"] if ":" in tag)
    said = {
        "provider": row["custom_llm_provider"],
        "model": row["model"],
        "service_tier": usage.get("service_tier") or "",
        "user_id": row["user"],
        "team": row["team_id"],
        "project": row["metadata"].get("project_id") or tags.get("project", ""),
        "api_key": row["api_key"],
    }
    tokens = {
        "uncached_input_tokens": _count(row["prompt_tokens"]) - read - written - audio_in,
        "cache_read_tokens": read,
        "cache_write_5m_tokens": written - long_lived,
        "cache_write_1h_tokens": long_lived,
        "output_tokens": _count(row["completion_tokens"]) - reasoning - audio_out,
        "reasoning_tokens": reasoning,
        "input_audio_tokens": audio_in,
        "output_audio_tokens": audio_out,
    }
    return Record(
        source=source,
        event_id=_required(row["request_id"]),
        at=_stamp(row["startTime"]),
        said={**folders, **{name: value for name, value in said.items() if value}},
        tokens={**dict.fromkeys(TOKENS, 0), **tokens},
        searches=0,
        failed=row["status"] == "failure",
        billable=str(row["cache_hit"]).lower() != "true",
        charge=None,
        estimate=Decimal(row["spend"]),
    )


def _claude_code(source: str, row: dict[str, Any], folders: dict[str, str]) -> Record | None:
    """Cached tokens stand beside the input; lines without usage are no usage."""
    message = row.get("message")
    if not isinstance(message, dict) or message.get("usage") is None:
        return None
    usage = message["usage"]
    long_lived = _count((usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens"))
    tokens = {
        "uncached_input_tokens": _count(usage["input_tokens"]),
        "cache_read_tokens": _count(usage.get("cache_read_input_tokens")),
        "cache_write_5m_tokens": _count(usage.get("cache_creation_input_tokens")) - long_lived,
        "cache_write_1h_tokens": long_lived,
        "output_tokens": _count(usage["output_tokens"]),
    }
    return Record(
        source=source,
        event_id=f"{_required(message['id'])}:{row['requestId']}",
        at=_stamp(row["timestamp"]),
        said={"provider": "anthropic", "model": message["model"], **folders},
        tokens={**dict.fromkeys(TOKENS, 0), **tokens},
        searches=_count((usage.get("server_tool_use") or {}).get("web_search_requests")),
        failed=False,
        billable=True,
        charge=None,
        estimate=Decimal(row["costUSD"]) if row.get("costUSD") is not None else None,
    )


READERS = {"events": _own, "litellm": _litellm, "claude_code": _claude_code}


def _required(value: str) -> str:
    if not value:
        raise ValueError("no id")
    return value


def _stamp(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(value: Any) -> int:
    number = int(value or 0)
    if number < 0:
        raise ValueError("below zero")
    return number
