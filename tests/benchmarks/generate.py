"""A home with as many own-format events as wanted, made by DuckDB in seconds: the same rows on every machine.

100 people of 8 departments work on 25 projects with 12 models; each person has one or two projects and two models, so
that the marts' rows grow with the people and not with the events. One event in a hundred is delivered twice.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

from orchestration.home import Home

LAST_DAY = date(2026, 11, 20)
NOW = "2026-11-21T04:00:00+00:00"
DAYS = 396
USERS, PROJECTS, DEPARTMENTS = 100, 25, 8
MODELS = (
    ("anthropic", "claude-sonnet-4-5"), ("anthropic", "claude-haiku-4-5"), ("anthropic", "claude-opus-4-5"),
    ("openai", "gpt-5"), ("openai", "gpt-5-mini"), ("openai", "gpt-4o"), ("openai", "gpt-4.1"),
    ("google", "gemini-2.5-pro"), ("google", "gemini-2.5-flash"), ("mistral", "mistral-large-latest"),
    ("deepseek", "deepseek-chat"), ("x-ai", "grok-4"),
)  # fmt: skip

_SETTINGS = """\
organisation: {name: Benchmark, address: [One]}
timezone: Europe/London
sources:
  assistant: {kind: events, path: INBOX}
notifications: {email_url: "folder://messages", operators: [ops@bench.example]}
"""
_SEED = 0.42


def write_home(root: Path, inbox: Path) -> Home:
    """A home without data whose one source reads `inbox`; what was there before is removed."""
    shutil.rmtree(root, ignore_errors=True)
    home = Home(root)
    home.reference.mkdir(parents=True)
    home.settings_file.write_text(_SETTINGS.replace("INBOX", str(inbox)), encoding="utf-8")
    _table(home, "organisation", "member_type,member,name,team,department,cost_centre,valid_from,valid_to", _members())
    departments = [f"dept-{n},CC-{n},Owner {n},owner{n}@bench.example,," for n in range(DEPARTMENTS)]
    _table(home, "departments", "department,cost_centre,owner,owner_email,valid_from,valid_to", departments)
    budgets = [f"d{n},department,dept-{n},effective_cost,100000,USD,month,75;90;95;100,," for n in range(DEPARTMENTS)]
    _table(
        home, "budgets", "budget_id,scope_type,scope,measure,amount,currency,period,thresholds,valid_from,valid_to",
        ["all,organisation,,effective_cost,1000000,USD,month,75;90;95;100,,", *budgets],
    )  # fmt: skip
    columns = "provider,model,valid_from,valid_to,input_mtok,output_mtok,cache_read_mtok,cache_write_5m_mtok"
    _table(
        home,
        "price_overrides",
        f"{columns},cache_write_1h_mtok,request_fee,web_search_kcount,source,checked_on,note",
        [],
    )
    return home


def write_inbox(inbox: Path, *, events: int, last: date = LAST_DAY, days: int = DAYS, bad: float = 0.0) -> None:
    """One JSONL.gz a day, `events` rows in all, duplicates included; `bad`: the share with a negative count."""
    import duckdb

    scratch = inbox.parent / f"{inbox.name}.tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.rmtree(inbox, ignore_errors=True)
    inbox.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"SET temp_directory = '{scratch}.spill'")
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(
            f"COPY ({_events(events, last - timedelta(days=days - 1), days, bad)}) TO '{scratch}' "
            "(FORMAT json, COMPRESSION gzip, PARTITION_BY (day), OVERWRITE true)"
        )
    for folder in sorted(scratch.glob("day=*")):
        for number, part in enumerate(sorted(folder.iterdir())):
            part.rename(inbox / f"{folder.name.removeprefix('day=')}-{number}.jsonl.gz")
    shutil.rmtree(scratch)


def _events(events: int, first: date, days: int, bad: float) -> str:
    """SQL for the rows in the own format, with `day`, their file. Everything follows from the event's number."""
    models = ", ".join(f"{{provider: '{provider}', model: '{model}'}}" for provider, model in MODELS)
    # The hash stands in for random numbers: it needs no state, so that any order gives the same rows.
    return f"""
        WITH numbered AS (
            SELECT range // 101 * 100 + least(range % 101, 99) AS n, range % 101 = 100 AS again FROM range({events})
        ),
        drawn AS (
            SELECT n, again, hash(n, 1) AS h1, hash(n, 2) AS h2, hash(n, 3) AS h3, hash(n, 4) AS h4 FROM numbered
        ),
        placed AS (
            SELECT
                *,
                DATE '{first}' + CAST(h1 % {days} AS INTEGER) AS day,
                -- most of the day's work falls into office hours
                CASE WHEN h2 % 5 = 0 THEN h3 % 86400 ELSE 28800 + h3 % 36000 END AS second,
                CAST(least(h4 % {USERS}, (h4 >> 20) % {USERS}) AS INTEGER) AS person
            FROM drawn
        ),
        worked AS (
            SELECT
                *,
                (person * 7 + CAST((h1 >> 12) % 5 = 0 AS INTEGER)) % {PROJECTS} AS project,
                [{models}][(person * 5 + CAST((h1 >> 16) % 3 = 0 AS INTEGER)) % {len(MODELS)} + 1] AS chosen
            FROM placed
        )
        SELECT
            'evt-' || lpad(CAST(n AS VARCHAR), 12, '0') AS event_id,
            strftime(CAST(day AS TIMESTAMP) + to_seconds(CAST(second AS BIGINT)), '%Y-%m-%dT%H:%M:%SZ') AS event_at,
            chosen.provider AS provider,
            chosen.model AS model,
            CASE WHEN h2 % 40 = 0 THEN 'batch' ELSE 'standard' END AS service_tier,
            'user-' || person AS user_id,
            'project-' || project AS project,
            'feature-' || project % 9 AS feature,
            ['web', 'api', 'cli'][project % 3 + 1] AS channel,
            'key-' || project AS api_key,
            ['GB', 'DE', 'FR', 'US', 'IN'][person % 5 + 1] AS country,
            'conversation-' || h4 % 100000 AS conversation_id,
            CASE WHEN h3 % 100 = 0 THEN 'error' ELSE 'ok' END AS status,
            'chat' AS operation,
            CAST(200 + h2 % 9000 AS BIGINT) AS latency_ms,
            CASE WHEN h1 >> 8 < {int(bad * 2**56)} AND NOT again THEN -1 ELSE CAST(h2 % 4000 AS BIGINT) END
                AS uncached_input_tokens,
            CASE WHEN h3 % 3 = 0 THEN CAST(h1 % 250000 AS BIGINT) END AS cache_read_tokens,
            CASE WHEN h3 % 9 = 0 THEN CAST(h1 % 9000 AS BIGINT) END AS cache_write_5m_tokens,
            CAST(h4 % 1500 AS BIGINT) AS output_tokens,
            CASE WHEN chosen.provider = 'openai' THEN CAST(h3 % 900 AS BIGINT) END AS reasoning_tokens,
            day
        FROM worked
    """


def _members() -> list[str]:
    departments = [(f"dept-{n % DEPARTMENTS}", f"CC-{n % DEPARTMENTS}") for n in range(USERS)]
    users = [f"user,user-{n},User {n},team-{n % 20},{departments[n][0]},{departments[n][1]},," for n in range(90)]
    kinds = [("project", "project", PROJECTS), ("api_key", "key", PROJECTS), ("team", "team", 20)]
    others = [
        f"{kind},{name}-{n},{name} {n},team-{n % 20},{departments[n][0]},{departments[n][1]},,"
        for kind, name, count in kinds
        for n in range(count)
    ]
    return users + others


def _table(home: Home, name: str, header: str, lines: list[str]) -> None:
    (home.reference / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
