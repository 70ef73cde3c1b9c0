"""What landing and marts do to clean input, written straight in SQL: what the same work costs without Tallyhouse."""

import shutil
from pathlib import Path

import duckdb

from orchestration.sources import canonical
from tests.benchmarks.measure import Laps

TOKENS = (
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    "reasoning_tokens", "input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens",
    "cache_read_audio_tokens", "cache_read_image_tokens", "input_video_tokens", "output_video_tokens",
    "citation_tokens",
)  # fmt: skip
UNITS = (
    "web_search_calls", "storage_search_calls", "audio_seconds", "input_characters", "document_pages",
    "annotated_document_pages", "text_messages", "images",
)  # fmt: skip
COSTS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "region_cost", "tool_cost",
         "charged_cost", "list_cost", "markup_cost", "discount_cost", "effective_cost", "estimated_cost")  # fmt: skip
DIMENSIONS = ("source", "provider", "model", "service_tier", "department", "cost_centre", "team", "project", "user_id",
              "feature", "channel", "api_key", "country")  # fmt: skip


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{spill}'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def land(inbox: Path, out: Path) -> None:
    """Own-format JSONL.gz to Parquet by UTC day: the same declared columns, typed by DuckDB's reader."""
    columns = {
        "event_id": "VARCHAR", "event_at": "TIMESTAMPTZ", **dict.fromkeys(canonical.EVENT_COLUMNS[2:], "VARCHAR"),
        **dict.fromkeys(("latency_ms", *canonical.COUNTS), "BIGINT"),
        **dict.fromkeys(("reported_cost", "credit_quantity"), "DECIMAL(38,18)"),
    }  # fmt: skip
    declared = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    rest = ", ".join(name for name in columns if name != "event_at")
    shutil.rmtree(out, ignore_errors=True)
    with connect(out.parent / "spill") as connection:
        connection.execute(
            f"COPY (SELECT CAST(event_at AS TIMESTAMP) AS event_at, {rest}, CAST(event_at AS DATE) AS utc_date "
            f"FROM read_json('{inbox}/*.jsonl.gz', format='newline_delimited', columns={{{declared}}})) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (utc_date))"
        )


def marts(raw: Path, reference: Path, bands: Path, models: Path, out: Path) -> dict[str, float]:
    """Landed own events to every mart that grows with them; seconds of the SQL and of writing the files.

    The other marts have a row for a month and scope, or none here: what they take is in Tallyhouse's start-up.
    """
    shutil.rmtree(out, ignore_errors=True)
    laps = Laps()
    with connect(out.parent / "spill") as connection:
        for name in ("organisation", "departments"):
            connection.execute(
                f"CREATE TEMP TABLE {name} AS SELECT * REPLACE ("
                "coalesce(valid_from, DATE '0001-01-01') AS valid_from, "
                "coalesce(valid_to, DATE '9999-12-31') AS valid_to) "
                f"FROM read_csv('{reference}/{name}.csv', types={{valid_from: 'DATE', valid_to: 'DATE'}})"
            )
        connection.execute(f"CREATE TEMP TABLE bands AS FROM '{bands}'")
        connection.execute(f"CREATE TEMP TABLE models AS FROM '{models}'")
        connection.execute(f"CREATE TEMP TABLE summed AS {_summed(raw)}")
        summed = [*TOKENS, "total_tokens", *UNITS]
        measures = ", ".join(
            ["sum(requests)::bigint AS requests", "sum(failed_requests)::bigint AS failed_requests"]
            + [f"sum({name})::decimal(38,0) AS {name}" for name in summed]
            + [f"sum({name})::decimal(38,18) AS {name}" for name in COSTS]
        )
        keys = "department, cost_centre, project, provider, model, service_tier, is_priced"
        connection.execute(
            f"CREATE TEMP TABLE monthly AS SELECT date_trunc('month', usage_date) AS month, {keys}, {measures}, "
            f"count(DISTINCT usage_date) AS active_days FROM summed WHERE grain = 'day' GROUP BY ALL"
        )
        laps.end("models")
        finer = ", ".join(name for name in DIMENSIONS if name not in ("department", "provider", "model"))
        hours, bills = "hour_at, local_hour", "utc_date, provider_account, raw_model, events, unpriced_events"
        rest = "grain, delivered_rows, conflicts, first_event_at, last_event_at"
        files = {
            "daily_usage": f"SELECT * EXCLUDE ({rest}, {hours}, {bills}) FROM summed WHERE grain = 'day'",
            "hourly_usage": f"SELECT * EXCLUDE ({rest}, {finer}, {bills}, unpriced_reason) FROM summed "
            "WHERE grain = 'hour'",
            "daily_utc_usage": f"SELECT * EXCLUDE ({rest}, {finer}, {hours}, department, is_priced, unpriced_reason) "
            "FROM summed WHERE grain = 'utc_day'",
            "daily_sources": "SELECT usage_date, source, sum(delivered_rows) AS delivered_rows, "
            "sum(requests) AS events, "
            "sum(conflicts) AS conflicts, min(first_event_at) AS first_event_at, max(last_event_at) AS last_event_at "
            "FROM summed WHERE grain = 'day' GROUP BY ALL",
            "monthly_usage": "FROM monthly",
        }
        for name, select in files.items():
            by = "month" if name == "monthly_usage" else "usage_date"
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"COPY (FROM ({select}) ORDER BY ALL) TO '{out / name}' "
                f"(FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({by}), WRITE_PARTITION_COLUMNS true)"
            )
    laps.end("files")
    return laps.parts


def _summed(raw: Path) -> str:
    """Each event once, its department and price, summed by day and dimension, by hour and as billed: one statement."""
    output = "output_tokens + reasoning_tokens + output_audio_tokens + output_image_tokens"
    cached = "uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens"
    context = f"{cached} + input_audio_tokens + input_image_tokens + input_video_tokens"
    context += " + cache_read_audio_tokens + cache_read_image_tokens"
    into = ("uncached_input_tokens", "input_audio_tokens", "input_image_tokens", "input_video_tokens", *UNITS[2:7])
    out_of = (*TOKENS[4:6], "output_audio_tokens", "output_image_tokens", *TOKENS[-2:], "images")
    rates = {name: name.replace("_tokens", "_rate").replace("_calls", "_rate") for name in (*TOKENS, *UNITS[:2])}
    rates |= {name: f"{name[:-1]}_rate" for name in UNITS[2:]}

    def amount(*names: str) -> str:
        terms = [f"coalesce({name}::decimal(15,0) * {rates[name]}, 0)" for name in names]
        free = "WHEN service_tier = 'batch' AND status = 'error' THEN 0"
        return f"CASE WHEN reason IS NOT NULL THEN NULL {free} ELSE {' + '.join(terms)} END"

    dimensions = ", ".join(DIMENSIONS)
    token_sums = ", ".join(f"sum({name})::decimal(38,0) AS {name}" for name in (*TOKENS, "total_tokens", *UNITS))
    cost_sums = ", ".join(f"sum({name})::decimal(38,18) AS {name}" for name in COSTS)
    counted = (*TOKENS, *UNITS)
    tokens = ", ".join(f"coalesce({name}, 0) AS {name}" for name in counted)
    repeated = "EXISTS (FROM repeated WHERE repeated.event_id = delivered.event_id)"
    reasons = " ".join(f"WHEN {name} > 0 AND {rate} IS NULL THEN 'no price for {name}'" for name, rate in rates.items())
    return f"""
        WITH delivered AS NOT MATERIALIZED (
            SELECT
                * REPLACE (
                    coalesce(service_tier, 'standard') AS service_tier, coalesce(status, 'ok') AS status,
                    coalesce(requests, 1) AS requests
                ),
                {tokens.replace(" AS ", " AS t_")}
            FROM read_parquet('{raw}/*/*.parquet', hive_partitioning = false)
        ),
        repeated AS (SELECT event_id FROM delivered GROUP BY event_id HAVING count(*) > 1),
        ranked AS (
            SELECT
                *,
                min(event_at) OVER (PARTITION BY event_id) AS first_at,
                max(event_at) OVER (PARTITION BY event_id) AS last_at,
                count(*) OVER (PARTITION BY event_id) AS records
            FROM delivered WHERE {repeated}
            QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY {output} DESC, event_at DESC, {cached} DESC) = 1
        ),
        events AS (
            FROM ranked
            UNION ALL BY NAME
            SELECT *, event_at AS first_at, event_at AS last_at, 1 AS records FROM delivered WHERE NOT {repeated}
        ),
        placed AS (SELECT *, timezone('Europe/London', timezone('UTC', first_at)) AS local_at FROM events),
        matched AS (
            SELECT
                placed.* EXCLUDE (team, department, cost_centre, provider, provider_account, model, project, user_id,
                    feature, channel, api_key, country, event_at),
                placed.first_at AS event_at,
                CAST(local_at AS DATE) AS usage_date,
                date_trunc('hour', local_at) - (local_at - first_at) AS hour_at,
                CAST(hour(local_at) AS INTEGER) AS local_hour,
                coalesce(placed.team, u.team, k.team, p.team, '') AS team,
                coalesce(placed.department, u.department, k.department, p.department, t.department, '') AS department,
                coalesce(placed.cost_centre, CASE WHEN placed.department IS NULL THEN coalesce(
                    u.cost_centre, k.cost_centre, p.cost_centre, t.cost_centre) END, d.cost_centre, '') AS cost_centre,
                coalesce(names.provider, placed.provider, '') AS provider,
                coalesce(names.model, placed.model, '') AS model,
                coalesce(placed.project, '') AS project, coalesce(placed.user_id, '') AS user_id,
                coalesce(placed.feature, '') AS feature, coalesce(placed.channel, '') AS channel,
                coalesce(placed.api_key, '') AS api_key, coalesce(placed.country, '') AS country,
                coalesce(placed.provider_account, '') AS provider_account, coalesce(placed.model, '') AS raw_model,
                CAST(first_at AS DATE) AS utc_date,
                models.price_id
            FROM placed
            LEFT JOIN organisation u ON u.member_type = 'user' AND u.member = placed.user_id
                AND local_at >= u.valid_from AND local_at < u.valid_to
            LEFT JOIN organisation k ON k.member_type = 'api_key' AND k.member = placed.api_key
                AND local_at >= k.valid_from AND local_at < k.valid_to
            LEFT JOIN organisation p ON p.member_type = 'project' AND p.member = placed.project
                AND local_at >= p.valid_from AND local_at < p.valid_to
            LEFT JOIN organisation t ON t.member_type = 'team' AND t.member = placed.team
                AND local_at >= t.valid_from AND local_at < t.valid_to
            LEFT JOIN departments d ON d.department = coalesce(
                    placed.department, u.department, k.department, p.department, t.department)
                AND local_at >= d.valid_from AND local_at < d.valid_to
            LEFT JOIN models ON models.raw_provider IS NOT DISTINCT FROM placed.provider
                AND models.raw_model IS NOT DISTINCT FROM placed.model
            LEFT JOIN (SELECT price_id, min(provider) AS provider, min(model) AS model FROM bands GROUP BY ALL) AS names
                ON names.price_id = models.price_id
        ),
        measured AS (
            SELECT
                * EXCLUDE ({", ".join(counted)}, {", ".join(f"t_{name}" for name in counted)}),
                {", ".join(f"t_{name} AS {name}" for name in counted)},
                {" + ".join(f"t_{name}" for name in TOKENS)} AS total_tokens
            FROM matched
        ),
        priced AS (
            SELECT
                measured.*, {", ".join(rates.values())}, request_rate,
                CASE
                    WHEN measured.price_id IS NULL THEN 'the model is not in the price book'
                    WHEN bands.price_id IS NULL THEN 'no price at that time'
                    WHEN request_rate IS NULL THEN 'priced in units that are not counted' {reasons}
                END AS reason
            FROM measured LEFT JOIN bands ON bands.price_id = measured.price_id
                AND bands.service_tier = measured.service_tier
                AND event_at >= bands.valid_from AND event_at < bands.valid_to
                AND {context} >= context_from AND {context} < context_to
                AND epoch(CAST(event_at AS TIME)) >= day_from AND epoch(CAST(event_at AS TIME)) < day_to
        ),
        costed AS (
            SELECT
                *, CASE WHEN status = 'error' THEN requests ELSE 0 END AS failed_requests,
                reason IS NULL AS is_priced, reason AS unpriced_reason,
                {amount(*into)} AS input_cost,
                {amount("cache_read_tokens", "cache_read_audio_tokens", "cache_read_image_tokens")} AS cache_read_cost,
                {amount("cache_write_5m_tokens", "cache_write_1h_tokens")} AS cache_write_cost,
                {amount(*out_of)} AS output_cost,
                CASE WHEN reason IS NULL THEN CAST(0 AS DECIMAL(38,18)) END AS region_cost,
                {amount(*UNITS[:2])} + request_rate AS tool_cost,
                CASE WHEN reason IS NULL THEN CAST(0 AS DECIMAL(38,18)) END AS charged_cost,
                CASE WHEN reported_cost_basis = 'estimate' THEN reported_cost END AS estimated_cost,
                input_cost + cache_read_cost + cache_write_cost + output_cost + region_cost + tool_cost
                    + charged_cost AS list_cost,
                CASE WHEN reason IS NULL THEN CAST(0 AS DECIMAL(38,18)) END AS markup_cost,
                CASE WHEN reason IS NULL THEN CAST(0 AS DECIMAL(38,18)) END AS discount_cost,
                list_cost + markup_cost + discount_cost AS effective_cost
            FROM priced
        )
        SELECT
            CASE WHEN grouping(hour_at) = 0 THEN 'hour' WHEN grouping(utc_date) = 0 THEN 'utc_day' ELSE 'day' END
                AS grain,
            usage_date, hour_at, local_hour, utc_date, provider_account, raw_model, {dimensions}, is_priced,
            unpriced_reason, count(*) AS events, count(*) FILTER (WHERE NOT is_priced) AS unpriced_events,
            CAST(sum(records) AS BIGINT) AS delivered_rows,
            count(*) FILTER (WHERE last_at >= event_at + INTERVAL 2 DAY) AS conflicts,
            min(event_at) AS first_event_at, max(last_at) AS last_event_at,
            CAST(sum(requests) AS BIGINT) AS requests, CAST(sum(failed_requests) AS BIGINT) AS failed_requests,
            {token_sums}, {cost_sums}
        FROM costed
        GROUP BY GROUPING SETS (
            (usage_date, {dimensions}, is_priced, unpriced_reason),
            (usage_date, hour_at, local_hour, department, provider, model, is_priced),
            (usage_date, utc_date, provider, provider_account, model, raw_model)
        )
    """
