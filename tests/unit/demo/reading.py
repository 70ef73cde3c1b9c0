"""Reads the example company's inbox with the standard library only, sharing nothing with its writer."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass
class Read:
    """What one source's files hold."""

    counts: Counter[str] = field(default_factory=Counter)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_seen: dict[str, datetime] = field(default_factory=dict)


def raw_lines(path: Path) -> list[bytes]:
    content = path.read_bytes()
    if path.name.endswith(".gz"):
        content = gzip.decompress(content)
    return [line for line in content.split(b"\n") if line.strip()]


def records(path: Path) -> Iterator[dict[str, Any] | None]:
    """Every row of a file; None for one that cannot be read."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield {name: int(text) if _is_count(name) else text for name, text in row.items() if text}
        return
    for line in raw_lines(path):
        try:
            yield json.loads(line.decode("utf-8"))
        except ValueError:
            yield None


def read_source(folder: Path) -> Read:
    """Count a source's rows as the landing must: whole files by content first, then events by id."""
    result, contents = Read(), set()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        result.counts["files"] += 1
        known = path.read_bytes() in contents
        contents.add(path.read_bytes())
        for record in records(path):
            result.counts["delivered"] += 1
            if known:
                result.counts["redelivered"] += 1
            else:
                result.counts[_kind(record, result)] += 1
    return result


def _kind(record: dict[str, Any] | None, result: Read) -> str:
    if record is None or _negative(record):
        return "quarantined"
    if record.get("type") in ("user", "summary"):
        return "not_usage"
    event_id, stamp = _identity(record)
    moment = datetime.fromisoformat(stamp)
    result.first_seen[event_id] = min(moment, result.first_seen.get(event_id, moment))
    if event_id in result.events:
        return "repeats"
    result.events[event_id] = record
    return "events"


def _identity(record: dict[str, Any]) -> tuple[str, str]:
    if "event_id" in record:
        return record["event_id"], record["event_at"]
    if "request_id" in record:
        return record["request_id"], record["startTime"]
    return record["message"]["id"] + ":" + record["requestId"], record["timestamp"]


def _negative(record: dict[str, Any]) -> bool:
    return any(isinstance(value, int) and value < 0 for value in record.values())


def _is_count(name: str) -> bool:
    return name.endswith(("_tokens", "_calls", "_ms"))
