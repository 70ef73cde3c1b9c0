"""The figures of a month a second time: plain Python and Decimals, from the inbox and the price package alone.

Written from the documentation, not from the SQL: it reads tallyhouse.yaml, the raw files and the reference tables, and
takes prices from genai_prices' own data and from price_overrides.csv. It imports nothing of the product.
"""

import csv
import gzip
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from genai_prices.data import providers as known_providers
from genai_prices.types import ModelInfo, Provider, TieredPrices

TOKENS = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    "reasoning_tokens", "input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens",
)  # fmt: skip
COUNTS = ("requests", "failed_requests", *TOKENS, "total_tokens", "web_search_calls")
PARTS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "tool_cost", "charged_cost")
COSTS = (*PARTS, "effective_cost", "estimated_cost")
KEYS = ("department", "cost_centre", "project", "provider", "model", "service_tier", "is_priced")
_CONTEXT = (*TOKENS[:4], "input_audio_tokens", "input_image_tokens")
_ANSWER = ("output_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens")
# A class is charged at its own price, else at that of what it is a part of.
_PRICE_KEYS = {
    "uncached_input_tokens": ("input_cost", "input_mtok"),
    "input_audio_tokens": ("input_cost", "input_audio_mtok", "input_mtok"),
    "input_image_tokens": ("input_cost", "input_image_mtok", "input_mtok"),
    "cache_read_tokens": ("cache_read_cost", "cache_read_mtok", "input_mtok"),
    "cache_write_5m_tokens": ("cache_write_cost", "cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_tokens": ("cache_write_cost", "cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output_tokens": ("output_cost", "output_mtok"),
    "reasoning_tokens": ("output_cost", "output_reasoning_mtok", "output_mtok"),
    "output_audio_tokens": ("output_cost", "output_audio_mtok", "output_mtok"),
    "output_image_tokens": ("output_cost", "output_image_mtok", "output_mtok"),
}
_SELLERS = {"bedrock": "aws", "gemini": "google"}
_STANDARD = ("", "default", "auto", "standard_only")


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

    @property
    def answer(self) -> int:
        return sum(self.tokens[name] for name in _ANSWER)


@dataclass
class Month:
    """Measures by KEYS; a cost is None where nothing of it is known. `duplicates` leaves re-sent files out."""

    rows: dict[tuple[Any, ...], dict[str, Any]]
    active_days: dict[tuple[Any, ...], int]
    events: int
    duplicates: int


def recompute(home: Path, month: date) -> Month:
    """Everything that `month` (its first day) holds by the home's inbox and reference tables."""
    settings = yaml.safe_load((home / "tallyhouse.yaml").read_text(encoding="utf-8"))
    zone = ZoneInfo(settings["timezone"])
    delivered: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in _records(home, settings["sources"]):
        delivered[record.source, record.event_id].append(record)
    people, overrides = Reference(home), _table(home, "price_overrides.csv")
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    days: dict[tuple[Any, ...], set[date]] = defaultdict(set)
    found = Month(rows, {}, 0, 0)
    with localcontext() as context:
        context.prec = 80
        for records in delivered.values():
            first = min(record.at for record in records)
            day = first.astimezone(zone).date()
            if day.replace(day=1) != month:
                continue
            largest = max(records, key=lambda record: (record.answer, record.at))
            key, measures = _measured(largest, first, day, people, overrides)
            _add(rows.setdefault(key, dict.fromkeys((*COUNTS, *COSTS))), measures)
            days[key].add(day)
            found.events += 1
            found.duplicates += len(records) - 1
    found.active_days = {key: len(active) for key, active in days.items()}
    return found


def _add(total: dict[str, Any], measures: dict[str, Any]) -> None:
    for name, value in measures.items():
        if value is not None:
            total[name] = value if total[name] is None else total[name] + value


# Reading -------------------------------------------------------------------------------------------------------------


def _records(home: Path, sources: dict[str, Any]) -> Iterator[Record]:
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


# Whose and what it cost ----------------------------------------------------------------------------------------------


def _table(home: Path, name: str) -> list[dict[str, str]]:
    with (home / "reference" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _holds(row: dict[str, str], day: date) -> bool:
    """Empty dates are open; the last one no longer counts."""
    return (row["valid_from"] or "0001-01-01") <= day.isoformat() < (row["valid_to"] or "9999-12-31")


class Reference:
    """The organisation and its departments as dated rows."""

    def __init__(self, home: Path) -> None:
        self._members: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for row in _table(home, "organisation.csv"):
            self._members[row["member_type"], row["member"]].append(row)
        self._departments = _table(home, "departments.csv")

    def owner(self, said: dict[str, str], day: date) -> tuple[str, str]:
        """Department and cost centre: the event's own word, then its user's, key's, project's, team's."""
        member = next((row for row in self._asked(said, day) if row["department"]), None)
        department = said.get("department") or (member["department"] if member else "")
        centre = said.get("cost_centre") or (member["cost_centre"] if member and not said.get("department") else "")
        if not centre:
            own = (row for row in self._departments if row["department"] == department and _holds(row, day))
            centre = next((row["cost_centre"] for row in own), "")
        return department, centre

    def _asked(self, said: dict[str, str], day: date) -> Iterator[dict[str, str]]:
        # A team is asked for only by the event's own word or by what stands before it, which also names a department.
        for kind, name in (("user", "user_id"), ("api_key", "api_key"), ("project", "project"), ("team", "team")):
            yield from (row for row in self._members[kind, said.get(name, "")] if _holds(row, day))


def _measured(
    record: Record, first: datetime, day: date, people: Reference, overrides: list[dict[str, str]]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """One event's key and measures; `first` is the moment it counts at."""
    given = record.said.get("service_tier", "").lower()
    tier = "standard" if given in _STANDARD else given
    quote = _quote(record.said.get("provider", ""), record.said.get("model", ""), first, tier, overrides)
    costs = _costs(record, quote)
    department, centre = people.owner(record.said, day)
    key = (department, centre, record.said.get("project", ""), quote.provider, quote.model, tier, costs is not None)
    measures: dict[str, Any] = {
        "requests": 1,
        "failed_requests": int(record.failed),
        **record.tokens,
        "total_tokens": sum(record.tokens.values()),
        "web_search_calls": record.searches,
        "estimated_cost": record.estimate,
    }
    if costs is not None:
        measures |= {**costs, "effective_cost": sum(costs.values(), Decimal(0))}
    return key, measures


@dataclass(frozen=True)
class _Quote:
    """What a model is called, and its quoted prices at a moment; None for a model nobody prices."""

    provider: str
    model: str
    prices: dict[str, Decimal | TieredPrices] | None
    halved: bool


def _costs(record: Record, quote: _Quote) -> dict[str, Decimal] | None:
    """The parts of one event's cost, None when it has no price."""
    zero = dict.fromkeys(PARTS, Decimal(0))
    if not record.billable:
        return zero
    if record.charge is not None:
        return {**zero, "charged_cost": record.charge}
    if quote.prices is None:
        return None
    context = sum(record.tokens[name] for name in _CONTEXT)
    parts = zero
    for name, (part, *keys) in _PRICE_KEYS.items():
        if not record.tokens[name]:
            continue
        price = next((quote.prices[key] for key in keys if key in quote.prices), None)
        if price is None:
            return None
        parts[part] += record.tokens[name] * _per_unit(price, context, 6, halved=quote.halved)
    if record.searches:
        if "web_searches_kcount" not in quote.prices:
            return None
        parts["tool_cost"] += record.searches * _per_unit(quote.prices["web_searches_kcount"], context, 3)
    if "requests_kcount" in quote.prices:
        parts["tool_cost"] += _per_unit(quote.prices["requests_kcount"], context, 3)
    return parts


def _per_unit(price: Decimal | TieredPrices, context: int, power: int, *, halved: bool = False) -> Decimal:
    """USD for one unit. A tier holds for the whole request once its input is more than the tier's start."""
    if isinstance(price, TieredPrices):
        reached = [tier.price for tier in sorted(price.tiers, key=lambda tier: tier.start) if context > tier.start]
        price = reached[-1] if reached else price.base
    quoted: Decimal = (price / 2 if halved else price).quantize(Decimal("1e-12"), rounding=ROUND_HALF_EVEN)
    return quoted.scaleb(-power)


def _quote(provider: str, model: str, at: datetime, tier: str, overrides: list[dict[str, str]]) -> _Quote:
    seller = _SELLERS.get(provider, provider)
    name = model.removeprefix(f"{provider}/")
    own = [row for row in overrides if (row["provider"], row["model"].lower()) == (seller, name.lower())]
    row = next((row for row in own if _holds(row, at.astimezone(UTC).date())), None)
    if row is not None:
        columns = {
            "input_mtok": "input_mtok", "output_mtok": "output_mtok", "cache_read_mtok": "cache_read_mtok",
            "cache_write_5m_mtok": "cache_write_mtok", "cache_write_1h_mtok": "cache_write_1h_mtok",
            "web_search_kcount": "web_searches_kcount",
        }  # fmt: skip
        prices: dict[str, Any] = {key: Decimal(row[column]) for column, key in columns.items() if row[column]}
        if row["request_fee"]:
            prices["requests_kcount"] = Decimal(row["request_fee"]) * 1000
        return _Quote(seller, name, prices, tier == "batch")
    found = _find(seller, name)
    if found is None:
        return _Quote(seller if own else provider, name if own else model, {} if own else None, False)
    words = {"batch": {"processing": "batch"}}.get(tier, {"service_tier": tier} if tier != "standard" else {})
    apart = any(
        (variant.constraint is None or variant.constraint.active(at)) and variant.when.items() <= words.items()
        for variant in found.price_variants or ()
    )
    quoted = found.get_prices(at, words if apart else None)
    known = {key: value for key, value in quoted.__dict__.items() if value is not None}
    return _Quote(seller, name if own else found.id, known, tier == "batch" and not apart)


@cache
def _find(seller: str, model: str) -> ModelInfo | None:
    named: dict[str, Provider] = {provider.id: provider for provider in known_providers}
    return named[seller].find_model(model, all_providers=known_providers) if seller in named else None
