"""A model that nobody knows, from the log to everybody who should hear of it, and priced at last."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.checks import figures_results
from orchestration.marts.manifest import read_manifest
from orchestration.marts.unpriced import in_words, unpriced_models
from orchestration.repricing.reprice import reprice
from orchestration.status import read_status
from reports.figures import figures
from reports.queries import read_facts
from reports.statement import Scope

_EVENT = {"provider": "anthropic", "uncached_input_tokens": 1_000_000}
_OVERRIDE = (
    "provider,model,valid_from,valid_to,input_mtok,output_mtok,cache_read_mtok,cache_write_5m_mtok,"
    "cache_write_1h_mtok,request_fee,web_search_kcount,source,checked_on,note\n"
    "anthropic,claude-sonet-9,,,4,20,,,,,,,,\n"
)


def test_an_unknown_model_is_told_with_what_is_near_until_repricing_picks_it_up(small: Callable[..., Any]) -> None:
    home = small("sources: {app: {kind: events}}\ntimezone: UTC\n")
    home.drop(
        {**_EVENT, "event_id": "a", "event_at": "2026-11-02T10:00:00Z", "model": "claude-sonet-9"},
        {**_EVENT, "event_id": "b", "event_at": "2026-11-04T10:00:00Z", "model": "claude-sonet-9"},
        {**_EVENT, "event_id": "c", "event_at": "2026-11-04T10:00:00Z", "model": "claude-sonnet-4-5"},
        {"event_id": "d", "event_at": "2026-11-04T10:00:00Z", "model": "qqqqqqqqqqqqq", "output_tokens": 7},
        {**_EVENT, "event_id": "e", "event_at": "2026-11-04T10:00:00Z", "model": "claude-sonnet-4-5", "images": 1},
    )
    home.land()
    home.build()
    manifest = read_manifest(home.home)
    assert manifest is not None
    near = manifest.price_hints["anthropic"]["claude-sonet-9"]
    assert "anthropic/claude-sonnet-" in near and manifest.price_hints.keys() == {"anthropic"}
    lines = [
        f"claude-sonet-9 at anthropic: 2 requests, 2026-11-02 to 2026-11-04; the model is not in the price book; "
        f"near it: {near}",
        "qqqqqqqqqqqqq: 1 request, on 2026-11-04; the model is not in the price book",
        "claude-sonnet-4-5 at anthropic: 1 request, on 2026-11-04; no price for images",
    ]
    found = unpriced_models(home.home, manifest)
    assert in_words(found, 5) == lines
    assert in_words(found, 1) == [lines[0], "and 2 more"]

    status = read_status(home.home, home.settings)
    assert (status.unpriced_requests, status.unpriced_models) == (4, found)
    check = next(item for item in figures_results(manifest, found) if item.check_name == "unpriced")
    assert not check.passed and str(check.metadata["models"].value).splitlines() == lines

    facts = read_facts(home.home.current_marts.resolve(), date(2026, 11, 1), Scope("organisation"))
    assert {(row.model, row.hint) for row in figures(facts).unpriced} == {
        ("claude-sonet-9", near), ("qqqqqqqqqqqqq", ""), ("claude-sonnet-4-5", ""),
    }  # fmt: skip

    # A later build of another day keeps what is known of this one.
    home.drop(
        {**_EVENT, "event_id": "f", "event_at": "2026-11-05T10:00:00Z", "provider": "openai", "model": "gpt-4o"},
        name="later.jsonl",
    )
    home.land()
    home.build()
    manifest = read_manifest(home.home)
    assert manifest is not None and manifest.price_hints["anthropic"] == {"claude-sonet-9": near}

    home.home.reference.mkdir()
    (home.home.reference / "price_overrides.csv").write_text(_OVERRIDE, encoding="utf-8")
    assert home.build() is None, "a price changes no built day by itself"
    done = reprice(home.home, home.settings, date(2026, 11, 2), date(2026, 11, 4), publish=True)
    assert done.new - done.old == Decimal(8)
    status = read_status(home.home, home.settings)
    assert [item.model for item in status.unpriced_models] == ["qqqqqqqqqqqqq", "claude-sonnet-4-5"]
    assert home.mart("daily_usage", "sum(effective_cost)") == [(Decimal("16.5"),)], "two at 4, one at 6, one at 2.50"
