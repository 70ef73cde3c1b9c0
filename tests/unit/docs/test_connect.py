"""The page "Connect your logs" has every kind of source, and says of each what its staging model makes of it."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
import yaml

from orchestration.home import Home
from orchestration.roles import role_of
from orchestration.settings import FETCHED_KINDS, Settings, SourceKind, load_settings
from orchestration.sources import reader_for
from tests.unit.docs.pages import ROOT, blocks

PAGE = (ROOT / "orchestration/sources/CONNECT.md").read_text(encoding="utf-8")
KINDS = sorted(get_args(SourceKind))
# Kinds whose raw rows are those of another kind share its staging model.
STAGED_AS = {"litellm_db": "litellm", "mapped": "events"}
TOLD = {
    "people": "user_id", "API keys": "api_key", "conversations": "conversation_id", "latency": "latency_ms",
    "failed requests": "status", "web searches": "web_search_calls", "service tier": "service_tier",
    "provider account": "provider_account",
}  # fmt: skip

Rows = dict[str, dict[str, str]]


def table(title: str) -> Rows:
    """The table of a chapter: its cells by kind and column."""
    chapter = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in chapter.splitlines() if line[:1] == "|"]
    head, _, *rows = lines
    return {re.sub(r"\[(\w+)\].*", r"\1", row[0]): dict(zip(head, row, strict=True)) for row in rows}


def staged(kind: str, column: str) -> str:
    """A column's expression in the kind's staging model; its name where it is handed on, or has lines of its own."""
    name = STAGED_AS.get(kind, kind)
    model = (ROOT / f"dbt_project/models/staging/{name}/stg_{name}.sql").read_text(encoding="utf-8")
    found = re.search(rf"^    (\w.*|'.*) as {column},?$", model, re.MULTILINE)
    return found[1] if found else column


def settings_of(text: str, folder: Path) -> Settings:
    home = Home(folder)
    home.settings_file.write_text(text, encoding="utf-8")
    return load_settings(home)


@pytest.mark.parametrize("title", ["Where the numbers come from", "What they mean", "What they can tell"])
def test_every_kind_has_a_row_in_every_table(title: str) -> None:
    rows = table(title)
    assert sorted(rows) == KINDS
    assert all(cell for cells in rows.values() for cell in cells.values())


def test_every_kind_links_to_its_page() -> None:
    for kind in KINDS:
        assert f"| [{kind}]({kind}/README.md) |" in PAGE
        assert (ROOT / f"orchestration/sources/{kind}/README.md").exists()


def test_every_example_of_settings_is_accepted(tmp_path: Path) -> None:
    shown = set()
    for example in blocks(PAGE, "yaml"):
        settings = settings_of(example, tmp_path)
        assert set(settings.sources) == set(yaml.safe_load(example)["sources"])
        for source in settings.sources.values():
            reader_for(source)
            shown.add(source.kind)
    assert sorted(shown) == KINDS


def test_the_example_of_roles_means_what_its_comments_say(tmp_path: Path) -> None:
    (example,) = [block for block in blocks(PAGE, "yaml") if "roles:" in block]
    sources = settings_of(example, tmp_path).sources
    may, june, july = date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 1)
    assert role_of(sources["openai"], account="org-abc", api_key=None, day=may) == "control"
    assert role_of(sources["gateway"], account="org-abc", api_key=None, day=may) == "usage"
    said = [role_of(sources["anthropic"], account="acme", api_key="other", day=day) for day in (may, june, july)]
    assert said == ["usage", "control", "usage"]
    assert role_of(sources["anthropic"], account="acme", api_key="apikey_gateway", day=may) == "control"


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_can_tell_is_what_its_staging_reads(kind: str) -> None:
    nothing = re.compile(r"cast\((null|0) as [\w(), ]+\)|'[a-z]+'")
    for column, name in TOLD.items():
        sql = staged(kind, name)
        expected = "no" if nothing.fullmatch(sql) else "folders" if re.fullmatch(r"folder_\w+", sql) else "yes"
        # The account is the settings' own where rows do not say it; fetched reports have it put in when they are read.
        if name == "provider_account" and (expected == "no" or kind in FETCHED_KINDS):
            expected = "setting"
        assert table("What they can tell")[kind][column] == expected, column


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"mapped"}))
def test_cached_tokens_are_taken_out_where_they_are_inside(kind: str) -> None:
    taken_out = " - " in staged(kind, "uncached_input_tokens")
    assert table("What they mean")[kind]["cached inside input"] == ("yes" if taken_out else "no")


@pytest.mark.parametrize("kind", KINDS)
def test_the_basis_of_a_cost_is_that_of_its_staging(kind: str) -> None:
    sql = staged(kind, "reported_cost_basis")
    basis = re.search(r"'(charge|estimate)'", sql)
    expected = basis[1] if basis else "none" if sql.startswith("cast(null") else "as its basis says"
    assert table("What they mean")[kind]["own cost"] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_row_of_one_request_has_a_context_of_its_own(kind: str) -> None:
    name = STAGED_AS.get(kind, kind)
    model = (ROOT / f"dbt_project/models/staging/{name}/stg_{name}.sql").read_text(encoding="utf-8")
    says_more = "aggregate_context" in model or "fact_texts()" in model
    assert (table("What they mean")[kind]["context tier"] != "each request's own") == says_more


def test_a_wrong_cell_would_be_found() -> None:
    assert staged("claude_code", "latency_ms") == "cast(null as bigint)"
    assert staged("otlp", "api_key") == "folder_api_key"
    assert staged("bedrock", "user_id") == "user_id"
    assert staged("openai", "status") == "'ok'"
