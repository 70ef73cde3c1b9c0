# ruff: noqa: E501 (data and SQL, one row to a line)
"""Published marts of an invented company, written as the contract says; the real pipeline is not needed.

Everything is arithmetic on hashes of names and dates, so the same call writes the same files.
`edits` are SQL statements run on the table `usage` (one row per day, project and model) before it is published.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.reference import CreditGrant, Tax
from tests.support.charges_in_python import Used, statements

DEPARTMENTS = [  # name, cost centre, monthly budget, projects with their weight
    ("Customer Support", "CC-4100", "15500", "Helpdesk assistant:98;Knowledge search:124;Quality review:116;Ticket triage:142;Voice transcripts:62"),
    ("Engineering", "CC-2100", "13000", "CI review bot:72;Code assistant:69;Incident summariser:74;Migration agent:69;Test generation:58"),
    ("Legal & Compliance", "CC-6200", "5200", "Contract review:39;Policy search:45;Regulatory watch:72"),
    ("Marketing", "CC-3300", "4600", "Copy studio:24;Image briefs:50;Localisation:21"),
    ("Data & Analytics", "CC-2300", "5000", "Dashboard narratives:81;Doc embedding:40;SQL copilot:101"),
    ("Sales Operations", "CC-3100", "3000", "Call notes:48;Lead research:32"),
    ("Finance", "CC-6100", "1800", "Invoice coding:39"),
    ("People", "CC-6400", "1400", "Policy assistant:36"),
]  # fmt: skip
MODELS = [  # provider, model, input, cached, output in USD per million tokens
    ("anthropic", "claude-opus-4-5", "5", "0.5", "25"),
    ("anthropic", "claude-sonnet-4-5", "3", "0.3", "15"),
    ("google", "gemini-2.5-flash", "0.3", "0.03", "2.5"),
    ("google", "gemini-3-pro", "2", "0.2", "12"),
    ("mistral", "mistral-large-3", "0.5", "0.05", "1.5"),
    ("openai", "gpt-5-mini", "0.25", "0.025", "2"),
    ("openai", "gpt-5.1", "1.25", "0.125", "10"),
]
COUNTS = [
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens",
    "input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens", "cache_read_audio_tokens",
    "cache_read_image_tokens", "input_video_tokens", "output_video_tokens", "citation_tokens", "total_tokens", "web_search_calls",
    "storage_search_calls", "audio_seconds", "input_characters", "document_pages", "annotated_document_pages", "text_messages", "images",
]  # fmt: skip
COSTS = [
    "input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "region_cost", "tool_cost", "charged_cost",
    "list_cost", "markup_cost", "discount_cost", "effective_cost", "estimated_cost",
]  # fmt: skip
SUMS = ", ".join(
    ["sum(requests)::BIGINT AS requests", "sum(failed_requests)::BIGINT AS failed_requests"]
    + [f"sum({column})::DECIMAL(38,0) AS {column}" for column in COUNTS]
    + [f"sum({column})::DECIMAL(38,18) AS {column}" for column in COSTS]
)
MONTHLY_KEYS = "department, cost_centre, project, provider, model, service_tier, is_priced, price_version"


def build_marts(
    folder: Path,
    *,
    first: date = date(2025, 10, 1),
    until: date = date(2026, 10, 31),
    edits: Sequence[str] = (),
    organisation_budget: str | None = "49500",
    budgets: dict[str, str] | None = None,
    daily_from: date = date(2026, 9, 1),
    grants: Sequence[CreditGrant] = (),
    taxes: Sequence[Tax] = (),
) -> Path:
    """Write a snapshot for `first`..`until` and return its folder; day files only from `daily_from` on."""
    connection = duckdb.connect()
    _usage(connection, first, until)
    for edit in edits:
        connection.execute(edit)
    for table in (
        "daily_usage",
        "hourly_usage",
        "daily_sources",
        "monthly_usage",
        "monthly_budget_status",
        "monthly_charges",
    ):
        (folder / table).mkdir(parents=True)
    (folder / "monthly_budget_crossings").mkdir()
    day = max(first, daily_from)
    while day <= until:
        _write_day(connection, folder, day, whole=day >= until.replace(day=1))
        day += timedelta(days=1)
    amounts = {name: amount for name, _, amount, _ in DEPARTMENTS} if budgets is None else budgets
    month = first.replace(day=1)
    while month <= until:
        _write_month(connection, folder, month, until, organisation_budget, amounts)
        if month >= daily_from.replace(day=1):
            _write_charges(connection, folder, month, grants, taxes)
        month = (month + timedelta(days=31)).replace(day=1)
    _write_manifest(connection, folder, first, until)
    connection.close()
    return folder


def _usage(connection: duckdb.DuckDBPyConnection, first: date, until: date) -> None:
    projects = [
        (department, centre, project.split(":")[0], int(project.split(":")[1]))
        for department, centre, _, listed in DEPARTMENTS
        for project in listed.split(";")
    ]
    connection.execute("CREATE TABLE project (department VARCHAR, cost_centre VARCHAR, project VARCHAR, weight INT)")
    connection.executemany("INSERT INTO project VALUES (?, ?, ?, ?)", projects)
    connection.execute(
        "CREATE TABLE model (provider VARCHAR, model VARCHAR, i DECIMAL(9,3), c DECIMAL(9,3), o DECIMAL(9,3))"
    )
    connection.executemany("INSERT INTO model VALUES (?, ?, ?, ?, ?)", MODELS)
    given = ("uncached_input_tokens", "cache_read_tokens", "output_tokens", "total_tokens")
    zero = ", ".join(f"0::DECIMAL(38,0) AS {c}" for c in COUNTS if c not in given)
    connection.execute(
        f"""
        CREATE TABLE usage AS
        WITH grown AS (
            SELECT d::DATE AS usage_date, p.*, m.*,
                weight * CASE WHEN isodow(d) > 5 THEN 0.38 ELSE 1 END
                    * (0.7 + 0.3 * date_diff('day', DATE '2025-10-01', d::DATE) / 396)
                    * (0.8 + 0.4 * (hash(project, d::DATE) % 1000) / 1000)
                    * CASE WHEN d::DATE = DATE '2026-10-16' AND project = 'Voice transcripts' THEN 60 ELSE 1 END
                    * (0.75 + 0.5 * (hash(project, month(d::DATE)) % 1000) / 1000) AS size
            FROM range(DATE '{first}', DATE '{until}' + INTERVAL 1 DAY, INTERVAL 1 DAY) AS days(d), project AS p, model AS m
            WHERE hash(p.project, m.model) % 10 < 7
        ), counted AS (
            SELECT *, (8 * size)::BIGINT AS requests,
                (size * 110000 / i)::BIGINT::DECIMAL(38,0) AS uncached_input_tokens,
                (size * 90000 / i)::BIGINT::DECIMAL(38,0) AS cache_read_tokens,
                (size * 24000 / i)::BIGINT::DECIMAL(38,0) AS output_tokens
            FROM grown
        ), priced AS (
            SELECT *, (uncached_input_tokens::DECIMAL(20,0) * (i / 1000000)::DECIMAL(15,12))::DECIMAL(38,18) AS input_cost,
                (cache_read_tokens::DECIMAL(20,0) * (c / 1000000)::DECIMAL(15,12))::DECIMAL(38,18) AS cache_read_cost,
                (output_tokens::DECIMAL(20,0) * (o / 1000000)::DECIMAL(15,12))::DECIMAL(38,18) AS output_cost
            FROM counted
        )
        SELECT usage_date, 'gateway' AS source, provider, model, 'standard' AS service_tier, department, cost_centre,
            '' AS team, project, '' AS user_id, '' AS feature, '' AS channel, '' AS api_key, '' AS country,
            TRUE AS is_priced, NULL::VARCHAR AS unpriced_reason, 'genai-0.2.3-a1b2c3d4' AS price_version,
            requests, 0::BIGINT AS failed_requests, uncached_input_tokens, cache_read_tokens, output_tokens, {zero},
            uncached_input_tokens + cache_read_tokens + output_tokens AS total_tokens,
            input_cost, cache_read_cost, 0::DECIMAL(38,18) AS cache_write_cost, output_cost,
            0::DECIMAL(38,18) AS region_cost, 0::DECIMAL(38,18) AS tool_cost, 0::DECIMAL(38,18) AS charged_cost, (input_cost + cache_read_cost + output_cost)::DECIMAL(38,18) AS list_cost,
            0::DECIMAL(38,18) AS markup_cost, 0::DECIMAL(38,18) AS discount_cost,
            (input_cost + cache_read_cost + output_cost)::DECIMAL(38,18) AS effective_cost, NULL::DECIMAL(38,18) AS estimated_cost
        FROM priced
        """
    )


def _write_day(connection: duckdb.DuckDBPyConnection, folder: Path, day: date, *, whole: bool) -> None:
    measures = ", ".join(["requests", "failed_requests", *COUNTS, *COSTS])
    copies = {
        "daily_usage": f"""
            SELECT usage_date, source, provider, model, service_tier, department, cost_centre, team, project, user_id, feature,
                channel, api_key, country, is_priced, unpriced_reason, price_version, {measures}
            FROM usage WHERE usage_date = DATE '{day}' ORDER BY ALL
            """,
        # A fifth of a project's day falls on each of five hours of its own: enough to draw the week by.
        "hourly_usage": f"""
            SELECT usage_date, usage_date + to_hours(local_hour) AS hour_at, local_hour::INTEGER AS local_hour, department,
                provider, model, is_priced, {SUMS.replace("sum(total_tokens)", "sum((total_tokens / 5)::BIGINT)")}
            FROM usage, (SELECT unnest([7, 9, 11, 13, 16]) AS base)
                CROSS JOIN LATERAL (SELECT ((base + hash(project, usage_date) % 4) % 24)::BIGINT AS local_hour)
            WHERE usage_date = DATE '{day}' GROUP BY ALL ORDER BY ALL
            """,
        "daily_sources": f"""
            SELECT DATE '{day}' AS usage_date, 'gateway' AS source, coalesce(sum(requests), 0)::BIGINT + 3 AS delivered_rows,
                coalesce(sum(requests), 0)::BIGINT AS events, 3::BIGINT AS duplicates, 0::BIGINT AS conflicts,
                TIMESTAMP '{day} 00:00:07' AS first_event_at, TIMESTAMP '{day} 23:59:51' AS last_event_at
            FROM usage WHERE usage_date = DATE '{day}'
            """,
    }
    # Of earlier months a statement reads the daily usage alone.
    for table, query in copies.items() if whole else [("daily_usage", copies["daily_usage"])]:
        connection.execute(f"COPY ({query}) TO '{folder}/{table}/{day}.parquet' (FORMAT parquet)")


def _write_month(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    month: date,
    until: date,
    organisation: str | None,
    budgets: dict[str, str],
) -> None:
    inside = f"date_trunc('month', usage_date) = DATE '{month}'"
    connection.execute(
        f"""COPY (SELECT DATE '{month}' AS month, {MONTHLY_KEYS}, {SUMS}, count(DISTINCT usage_date)::BIGINT AS active_days
        FROM usage WHERE {inside} GROUP BY ALL ORDER BY ALL) TO '{folder}/monthly_usage/{month:%Y-%m}.parquet' (FORMAT parquet)"""
    )
    scopes = [("organisation", "", organisation)] if organisation else []
    scopes += [("department", name, amount) for name, amount in budgets.items()]
    connection.execute("CREATE OR REPLACE TABLE budget (scope_type VARCHAR, scope VARCHAR, amount DECIMAL(18,2))")
    if scopes:
        connection.executemany("INSERT INTO budget VALUES (?, ?, ?)", scopes)
    last = min(until, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    days = ((month + timedelta(days=31)).replace(day=1) - month).days
    spend = f"""
        SELECT b.*, usage_date, sum(effective_cost) AS spend, sum(CASE WHEN is_priced THEN 0 ELSE requests END) AS unpriced
        FROM budget AS b LEFT JOIN usage AS u ON {inside} AND (b.scope_type = 'organisation' OR b.scope = u.department)
        GROUP BY ALL"""
    connection.execute(
        f"""COPY (
            SELECT DATE '{month}' AS month, scope_type || ':' || scope AS budget_id, 'v' || amount AS budget_version, scope_type, scope,
                'effective_cost' AS measure, amount, 'USD' AS currency, coalesce(sum(spend), 0)::DECIMAL(38,18) AS actual,
                (amount - coalesce(sum(spend), 0))::DECIMAL(38,18) AS remaining,
                (coalesce(sum(spend), 0)::DOUBLE / amount::DOUBLE)::DECIMAL(18,6) AS share_used, DATE '{last}' AS data_until,
                {days}::INTEGER AS days_in_month, {last.day}::INTEGER AS days_elapsed, NULL::INTEGER AS highest_threshold,
                coalesce(sum(unpriced), 0)::BIGINT AS unpriced_requests
            FROM ({spend}) GROUP BY scope_type, scope, amount ORDER BY scope_type, scope
        ) TO '{folder}/monthly_budget_status/{month:%Y-%m}.parquet' (FORMAT parquet)"""
    )
    connection.execute(
        f"""COPY (
            SELECT DATE '{month}' AS month, scope_type || ':' || scope AS budget_id, 'v' || amount AS budget_version, scope_type, scope,
                100::INTEGER AS threshold, min(usage_date) AS crossed_on, amount, min(running)::DECIMAL(38,18) AS actual
            FROM (SELECT *, sum(spend) OVER (PARTITION BY scope_type, scope ORDER BY usage_date) AS running FROM ({spend}))
            WHERE running >= amount GROUP BY ALL ORDER BY scope_type, scope
        ) TO '{folder}/monthly_budget_crossings/{month:%Y-%m}.parquet' (FORMAT parquet)"""
    )


def _write_charges(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    month: date,
    grants: Sequence[CreditGrant],
    taxes: Sequence[Tax],
) -> None:
    """What the pipeline's marts would charge, by the plain recomputation that their own tests hold them against."""
    rows = connection.execute(
        """
        SELECT usage_date, department, provider, model, feature,
            sum(effective_cost - markup_cost - discount_cost)::DECIMAL(38,18),
            sum(markup_cost)::DECIMAL(38,18), sum(discount_cost)::DECIMAL(38,18)
        FROM usage WHERE is_priced GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    connection.execute(
        """
        CREATE OR REPLACE TABLE charge (month DATE, scope_type VARCHAR, scope VARCHAR, line_order INTEGER, line_kind VARCHAR,
            is_charged BOOLEAN, provider VARCHAR, model VARCHAR, feature VARCHAR, grant_id VARCHAR, jurisdiction VARCHAR,
            tax_name VARCHAR, percent DECIMAL(9,6), percent_of DECIMAL(12,6), base DECIMAL(38,2), requests BIGINT,
            total_tokens DECIMAL(38,0), left_after DECIMAL(38,18), amount DECIMAL(38,18), rounded_amount DECIMAL(38,2),
            shared_id VARCHAR, shared_name VARCHAR)
        """
    )
    order = ("usage", "markup", "discount", "promotional_credit", "tax_contained", "tax_added", "prepaid_credit")
    for (scope_type, scope), statement in statements([Used(*row) for row in rows], grants, taxes, {}, month).items():
        lines = sorted(
            statement.exact, key=lambda line: (order.index(line[0]), line[4], -abs(statement.exact[line]), line)
        )
        for place, line in enumerate(lines, start=1):
            tax = line[0].startswith("tax")
            names = ["", "", "", "", line[1], line[2]] if tax else [*line[1:4], line[4][4:], "", ""]
            rates = [Decimal(line[3]), Decimal(line[4]), statement.bases[line]] if tax else [None, None, None]
            counts = [7, Decimal(9000)] if line[0] == "usage" else [None, None]
            left = Decimal(5) if line[0].endswith("credit") else None
            connection.execute(
                f"INSERT INTO charge VALUES ({', '.join('?' * 20)}, '', '')",
                [month, scope_type, scope, place, line[0], line[0] != "tax_contained", *names, *rates, *counts, left,
                 statement.exact[line], statement.cents[line]],
            )  # fmt: skip
    connection.execute(f"COPY charge TO '{folder}/monthly_charges/{month:%Y-%m}.parquet' (FORMAT parquet)")


def _write_manifest(connection: duckdb.DuckDBPyConnection, folder: Path, first: date, until: date) -> None:
    spend = dict(
        connection.execute(
            "SELECT strftime(usage_date, '%Y-%m'), sum(effective_cost) FROM usage GROUP BY ALL"
        ).fetchall()
    )
    manifest = {
        "schema": 1,
        "snapshot": "fixture",
        "published_at": "2026-11-02T02:31:00+00:00",
        "timezone": "Europe/London",
        "currency": "USD",
        "data_until": until.isoformat(),
        "first_day": first.isoformat(),
        "days": {},
        "months": {month: {"fingerprint": "", "spend": str(amount or Decimal(0))} for month, amount in spend.items()},
        "conservation": {},
        "price_books": {"genai-0.2.3-a1b2c3d4": "genai-prices 0.2.3, a1b2c3d4"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
