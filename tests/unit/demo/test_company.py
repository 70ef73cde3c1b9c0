"""Who belongs to the example company, what it pays, and how its budgets stand."""

import csv
from collections import Counter
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import Any

import genai_prices
import pytest

from orchestration.demo import catalog
from orchestration.demo.budgets import budget_rows
from orchestration.demo.company import DEPARTMENTS, PROJECTS
from orchestration.demo.home_files import HEADERS
from orchestration.demo.usage import Plan, cost
from orchestration.reference import read_budgets, read_departments, read_organisation
from orchestration.settings import load_settings

from .conftest import UNTIL, Demo, inbox
from .reading import read_source

# How the price list spells the gateway's providers.
PROVIDERS = {"bedrock": "aws"}
LISTED = [m for m in catalog.all_models() if not m.name.startswith("halden-")]


def table(demo: Demo, name: str) -> list[dict[str, str]]:
    with (demo.home.reference / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_eight_departments_and_enough_projects_and_people(demo: Demo) -> None:
    members = table(demo, "organisation.csv")
    users = {row["member"] for row in members if row["member_type"] == "user"}
    projects = {row["member"] for row in members if row["member_type"] == "project"}
    assert len(table(demo, "departments.csv")) == demo.summary.departments == 8
    assert 20 <= len(projects) == demo.summary.projects <= 30
    assert 60 <= len(users) == demo.summary.people <= 100


def test_one_person_changed_department_on_a_day(demo: Demo) -> None:
    rows = [row for row in table(demo, "organisation.csv") if row["member_type"] == "user"]
    twice = [name for name, number in Counter(row["member"] for row in rows).items() if number > 1]
    assert len(twice) == 1
    before, after = (row for row in rows if row["member"] == twice[0])
    assert before["department"] != after["department"]
    assert before["valid_to"] == after["valid_from"]
    assert demo.summary.first_day < date.fromisoformat(after["valid_from"]) < UNTIL


def test_everything_tagged_belongs_to_exactly_one_department(demo: Demo) -> None:
    rows = table(demo, "organisation.csv")

    def home(kind: str, member: str, day: str) -> set[str]:
        return {
            row["department"]
            for row in rows
            if (row["member_type"], row["member"]) == (kind, member)
            and row["valid_from"] <= day < (row["valid_to"] or "9999")
        }

    for event in list(read_source(inbox(demo, "assistant")).events.values())[::7]:
        day, found = event["event_at"][:10], set[str]()
        for kind, field in (("user", "user_id"), ("project", "project"), ("api_key", "api_key")):
            if field in event:
                assert home(kind, event[field], day)
                found |= home(kind, event[field], day)
        assert len(found) == ("project" in event)


def test_owners_have_addresses_of_the_company(demo: Demo) -> None:
    assert all(row["owner_email"].endswith("@halden.example") for row in table(demo, "departments.csv"))


def test_settings_and_headers_are_valid(demo: Demo) -> None:
    settings = load_settings(demo.home)
    assert settings.organisation.name == "Halden Group plc"
    assert {name: source.kind for name, source in settings.sources.items()} == {
        "assistant": "events",
        "gateway": "litellm",
        "workstations": "claude_code",
    }
    assert settings.sources["workstations"].folders == ("user_id", "project")
    assert date(2026, 12, 28) in settings.schedules.holidays
    assert len(read_organisation(demo.home)) > 100
    assert len(read_departments(demo.home)) == 8
    assert {budget.thresholds for budget in read_budgets(demo.home)} == {(75, 90, 95, 100)}
    for name, header in HEADERS.items():
        assert (demo.home.reference / name).read_text().splitlines()[0] == header


@pytest.mark.parametrize("model", LISTED, ids=lambda m: m.name)
def test_every_model_resolves_and_costs_what_the_catalog_says(model: catalog.Model) -> None:
    """The gateway's estimates and the sizes of the budgets rest on these prices."""
    days = {date(2026, 11, 20)} | {max(since, date(2025, 11, 1)) for since, _ in model.rates}
    for day in days:
        rates = model.rates_on(day)
        totals = [(90_000, 60_000, 20_000, 10_000, 5_000, 3_000)]
        if rates.tier is not None:
            totals.append((rates.tier, 1, 0, 0, 5_000, 3_000))
        for uncached, read, write_5m, write_1h, output, reasoning in totals:
            if not model.writes_cache:
                write_5m = write_1h = 0
            if rates.output == 0:
                read = output = reasoning = 0
            tokens = (uncached, read, write_5m, write_1h, output, reasoning, 0)
            usage: dict[str, Any] = {"input_tokens": sum(tokens[:4]), "cache_read_tokens": read}
            if model.writes_cache:
                usage |= {"cache_write_tokens": write_5m + write_1h, "cache_write_1h_tokens": write_1h}
            listed = genai_prices.calc_price(
                genai_prices.Usage(**usage, output_tokens=output + reasoning),
                model.name,
                provider_id=PROVIDERS.get(model.provider, model.provider),
                genai_request_timestamp=datetime.combine(day, time(12), UTC),
            )
            assert Decimal(cost(model, day, tokens, searches=0, batch=False)).scaleb(-9) == listed.total_price


def test_a_listed_price_changes_while_its_model_is_in_use() -> None:
    changed = {
        model.name
        for model in catalog.all_models()
        for since, _ in model.rates[1:]
        if any(catalog.model_on(role, since) is model for role in catalog.ROLES)
    }
    assert {"gpt-5.6-terra", "gpt-5.6-sol", "mistral-large-4"} <= changed


@pytest.mark.parametrize("until", [date(2026, 11, 1), date(2026, 11, 20), date(2027, 2, 28)])
@pytest.mark.parametrize("dollars", [37, 900, 6_000, 81_000])
def test_budgets_tell_the_story_at_any_scale_and_date(until: date, dollars: int) -> None:
    plan = Plan(until=until, seed=1, events=2_000)
    elapsed = until.day / 31
    spend = {(unit.name, plan.last_month): dollars * 10**9 + n for n, unit in enumerate(DEPARTMENTS)}
    spend |= {(unit.name, plan.current_month): int(dollars * 10**9 * elapsed * 1.1) for unit in DEPARTMENTS}

    def shares(month: date) -> dict[str, float]:
        return {
            row[2]: spend[row[2], month] / 10**9 / float(row[4])
            for row in budget_rows(plan, spend)
            if row[2] and row[8] <= month.isoformat() < (row[9] or "9999")
        }

    if dollars >= 900:
        assert [name for name, share in shares(plan.last_month).items() if share > 1] == ["Data & Analytics"]
    now = shares(plan.current_month)
    if dollars * elapsed >= 900:
        assert {name for name, share in now.items() if share >= 0.75} == {"Data & Analytics", "Sales Operations"}
        assert now["Data & Analytics"] > 1
        assert 0.90 <= now["Sales Operations"] < 0.95


def test_budget_versions_follow_each_other_without_gap(demo: Demo) -> None:
    rows = table(demo, "budgets.csv")
    for budget in {row["budget_id"] for row in rows}:
        spans = [(row["valid_from"], row["valid_to"]) for row in rows if row["budget_id"] == budget]
        assert spans[0][0] == str(demo.summary.first_day)
        assert spans[-1][1] == ""
        assert all(earlier[1] == later[0] for earlier, later in pairwise(spans))


def test_projects_name_what_their_source_can_say() -> None:
    departments = {unit.name: unit.teams for unit in DEPARTMENTS}
    for project in PROJECTS:
        assert project.team in departments[project.department]
        assert all(role in catalog.ROLES for role, _ in project.roles)
