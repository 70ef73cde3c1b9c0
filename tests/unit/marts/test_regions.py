"""What inference in a region adds: from what each source says of it to the marts, the discount and the explanation."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orchestration.explaining.explain import explain_event
from orchestration.explaining.told import amounts, reading

_AT = "2026-11-02T10:00:00Z"
_OPUS = {"event_at": _AT, "provider": "anthropic", "model": "claude-opus-5", "department": "Sales",
         "uncached_input_tokens": 1000, "cache_read_tokens": 2000, "cache_write_5m_tokens": 3000,
         "cache_write_1h_tokens": 4000, "output_tokens": 500}  # fmt: skip
# 1000 x 5 + 2000 x 0.50 + 3000 x 6.25 + 4000 x 10 + 500 x 25 dollars a million.
_TOKENS = Decimal("0.07725")
_DISCOUNTS = (
    "discount_id,kind,provider,provider_account,model,department,percent,per_unit,unit,apply_order,valid_from,valid_to,"
    "source,inference_region\n"
    "frame,discount,anthropic,,,,10,,,1,,,Frame contract,\n"
    "abroad,markup,,,,,2,,,2,,,Abroad,EU\n"
)


def _costs(home: Any) -> dict[str, tuple[Decimal, ...]]:
    rows = home.mart("daily_usage", "project, region_cost, list_cost, markup_cost, discount_cost, effective_cost")
    return {row[0]: row[1:] for row in rows}


def test_a_premium_is_a_part_of_the_list_price_and_on_tokens_alone(small: Callable[..., Any]) -> None:
    home = small()
    home.home.reference.mkdir()
    (home.home.reference / "discounts.csv").write_text(_DISCOUNTS, encoding="utf-8")
    home.drop(
        {**_OPUS, "event_id": "us", "project": "us", "inference_region": "US", "web_search_calls": 3},
        {**_OPUS, "event_id": "global", "project": "global", "inference_region": "global"},
        {**_OPUS, "event_id": "eu", "project": "eu", "inference_region": "eu"},
        {**_OPUS, "event_id": "old", "project": "old", "inference_region": "us", "model": "claude-opus-4-5"},
        {**_OPUS, "event_id": "fast", "project": "fast", "inference_region": "us", "service_tier": "fast"},
        {**_OPUS, "event_id": "batch", "project": "batch", "inference_region": "us", "service_tier": "batch"},
        {**_OPUS, "event_id": "failed", "project": "failed", "inference_region": "us", "service_tier": "batch",
         "status": "error"},
        {**_OPUS, "event_id": "charged", "project": "charged", "inference_region": "us", "reported_cost": "0.5",
         "reported_cost_basis": "charge"},
        {**_OPUS, "event_id": "unknown", "project": "unknown", "inference_region": "us", "model": "claude-x"},
    )  # fmt: skip
    home.land()
    home.build()
    found = _costs(home)
    zero, searches = Decimal(0), Decimal("0.03")
    us = _TOKENS * Decimal("1.1") + searches
    assert found["us"] == (_TOKENS / 10, us, zero, -us / 10, us * Decimal("0.9"))
    assert found["global"] == (zero, _TOKENS, zero, -_TOKENS / 10, _TOKENS * Decimal("0.9"))
    # Anthropic publishes no price of another region, so there is none; the customer's own markup names it.
    left = _TOKENS * Decimal("0.9")
    assert found["eu"] == (zero, _TOKENS, left * Decimal("0.02"), -_TOKENS / 10, left * Decimal("1.02"))
    assert found["old"][:2] == (zero, _TOKENS)
    assert found["fast"][:2] == (_TOKENS * 2 / 10, _TOKENS * Decimal("2.2"))
    assert found["batch"][:2] == (_TOKENS / 20, _TOKENS / 2 * Decimal("1.1"))
    assert found["failed"] == (zero,) * 5
    assert found["charged"] == (zero, Decimal("0.5"), zero, zero, Decimal("0.5"))
    assert found["unknown"] == (None,) * 5

    explained = explain_event(home.home, home.settings, "us")
    assert dict(reading(explained))["Region of inference"].startswith("us: 10 % on tokens (platform.claude.com")
    assert ("Premium for inference in us", "10 % of $0.07725 for tokens = $0.007725") in list(amounts(explained))
    elsewhere = explain_event(home.home, home.settings, "eu")
    assert dict(reading(elsewhere))["Region of inference"] == "eu: no premium in the price"
    assert "abroad: 2 % of $0.069525 = $0.0013905" in str(list(amounts(elsewhere)))
    assert "Region of inference" not in dict(reading(explain_event(home.home, home.settings, "global")))


def test_a_premium_is_converted_by_itself(small: Callable[..., Any]) -> None:
    home = small("currency: EUR\nsources: {app: {kind: events}}\n")
    home.home.reference.mkdir()
    rates = "currency,rate_date,rate,source\nUSD,2026-01-01,0.876543210987,ECB\n"
    (home.home.reference / "fx_rates.csv").write_text(rates, encoding="utf-8")
    home.drop({**_OPUS, "event_id": "us", "project": "us", "inference_region": "us"})
    home.land()
    home.build()
    premium = (_TOKENS / 10 * Decimal("0.876543210987")).quantize(Decimal("1e-18"), ROUND_HALF_UP)
    assert _costs(home)["us"][0] == premium
    explained = explain_event(home.home, home.settings, "us")
    assert [item.converted for item in explained.converted if item.part == "region_cost"] == [premium]


def test_each_source_says_where_the_model_ran(small: Callable[..., Any]) -> None:
    """Claude Code and LiteLLM by Anthropic's own answer; LiteLLM and OpenTelemetry also by the host that was called."""
    home = small(
        "sources:\n  app: {kind: events}\n  gateway: {kind: litellm, folders: [project]}\n"
        "  code: {kind: claude_code, folders: [project]}\n  spans: {kind: otlp}\n"
    )
    usage = {"input_tokens": 1000, "output_tokens": 100}
    for name, told_geo in (("code-us", "us"), ("code-none", "not_available")):
        message = {"id": name, "model": "claude-opus-5", "usage": {**usage, "inference_geo": told_geo}}
        home.drop({"timestamp": _AT, "sessionId": "s", "message": message}, source="code", name=f"{name}/s.jsonl")
    for name, model, provider, base, metadata in (
        ("eu-host", "gpt-5.4", "openai", "https://eu.api.openai.com/v1/", "{}"),
        ("openai-host", "gpt-5.4", "openai", "https://api.openai.com/v1", "{}"),
        ("vertex-host", "claude-opus-5", "vertex_ai", "https://us-east5-aiplatform.googleapis.com/v1/projects/p", "{}"),
        ("vertex-multi", "claude-opus-5", "vertex_ai", "https://aiplatform.eu.rep.googleapis.com/v1/projects/p", "{}"),
        ("vertex-global", "claude-opus-5", "vertex_ai", "https://aiplatform.googleapis.com/v1/projects/p", "{}"),
        ("geo", "claude-opus-5", "anthropic", "https://api.anthropic.com", '{"usage_object":{"inference_geo":"us"}}'),
        ("no-base", "claude-opus-5", "anthropic", "", "{}"),
    ):  # fmt: skip
        row = {"request_id": name, "startTime": _AT, "endTime": _AT, "model": model, "custom_llm_provider": provider,
               "prompt_tokens": 1000, "completion_tokens": 100, "spend": 0, "api_base": base,
               "metadata": metadata}  # fmt: skip
        home.drop(row, source="gateway", name=f"{name}/x.jsonl")
    spans = [
        _span("1", "span-eu", {"server.address": "eu.api.openai.com"}),
        _span("2", "span-global", {"server.address": "api.openai.com"}),
        _span("3", "span-told", {"tallyhouse.inference_region": "jp"}),
    ]
    home.drop({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}, source="spans", name="x.json")
    assert home.land().quarantined == 0
    home.build()
    premiums = {project: costs[0] for project, costs in _costs(home).items()}
    opus, gpt = Decimal("0.00075"), Decimal("0.0004")
    assert premiums == {
        "code-us": opus, "code-none": 0, "eu-host": gpt, "openai-host": 0, "vertex-host": opus, "vertex-multi": opus,
        "vertex-global": 0, "geo": opus, "no-base": 0, "span-eu": gpt, "span-global": 0, "span-told": gpt,
    }  # fmt: skip


def _span(span_id: str, project: str, attributes: dict[str, str]) -> dict[str, Any]:
    told_of = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5.4",
               "tallyhouse.project": project, **attributes}  # fmt: skip
    counts = {"gen_ai.usage.input_tokens": "1000", "gen_ai.usage.output_tokens": "100"}
    return {
        "traceId": "0" * 31 + span_id, "spanId": "0" * 15 + span_id, "name": "chat",
        "startTimeUnixNano": "1793613600000000000", "endTimeUnixNano": "1793613601000000000",
        "attributes": [
            *({"key": key, "value": {"stringValue": value}} for key, value in told_of.items()),
            *({"key": key, "value": {"intValue": value}} for key, value in counts.items()),
        ],
    }  # fmt: skip
