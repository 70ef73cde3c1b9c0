"""A database that cannot be read: said in words, without its connection string, and in nobody's way."""

import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import FetchError, SettingsError
from orchestration.fetching import fetch, read_state
from orchestration.fetching.postgres import Table
from orchestration.home import Home
from orchestration.journal import Journal, keeping
from orchestration.settings import load_settings
from orchestration.sources import table_for
from tests.support.postgres import PASSWORD
from tests.unit.fetching.tables import NOW, VARIABLE, Reading

Dsn = Callable[[str], str]
WRONG: list[tuple[Dsn, str]] = [
    (lambda dsn: dsn.replace(PASSWORD, "s3cret-wrong"), "the database refuses the user or the password"),
    (lambda dsn: dsn.replace("postgres:", "nobody:"), "the database refuses the user or the password"),
    (lambda dsn: dsn.rpartition("/")[0] + "/elsewhere", "the database has no such database"),
    (lambda dsn: f"postgresql://u:{PASSWORD}@127.0.0.1:1/x", "the database cannot be reached"),
    (lambda dsn: f"postgresql://u:{PASSWORD}@no-such-host.invalid/x", "the database cannot be reached"),
    (lambda dsn: f"postgresql://u:{PASSWORD}%zz@127.0.0.1/x", "the connection string cannot be understood"),
    (lambda dsn: f"{PASSWORD} at the host", "the connection string cannot be understood"),
    (lambda dsn: f"host=127.0.0.1 port=1 password='{PASSWORD}'", "the database cannot be reached"),
]


@pytest.mark.parametrize(("dsn", "words"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_what_is_wrong_is_said_without_the_connection_string(
    reading: Reading, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, dsn: Dsn, words: str
) -> None:
    caplog.set_level("DEBUG")
    given = dsn(reading.server.dsn)
    monkeypatch.setenv(VARIABLE, given)
    said: list[str] = []
    with keeping(Journal(say=said.append)):
        message, next_step = reading.refused()
    assert message == f"gateway: {words}."
    settings = reading.settings()
    with pytest.raises(FetchError) as raised:
        Table("gateway", given, table_for(settings.sources["gateway"]))
    told = "".join(traceback.format_exception(raised.value))
    shown = [message, next_step, caplog.text, *said, reading.everything_written(), repr(settings), told]
    assert all(piece not in text for text in shown for piece in (PASSWORD, "s3cret", given))


def test_a_connection_string_of_words_is_taken_too(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    server = reading.server
    words = f"host=127.0.0.1 port={server.port} user=postgres password={PASSWORD} dbname={server.database}"
    monkeypatch.setenv(VARIABLE, words)
    assert reading.one().requests == 1
    monkeypatch.setenv(VARIABLE, f"{server.dsn}?connect_timeout=3")
    assert reading.one().requests == 1


@pytest.mark.parametrize(
    ("change", "words", "next_step"),
    [
        ('alter table "LiteLLM_SpendLogs" rename to other', "has no table LiteLLM_SpendLogs", "Correct table."),
        ('alter table "LiteLLM_SpendLogs" drop metadata', "without metadata; its columns are api_base,", "spend logs"),
        ('drop index "LiteLLM_SpendLogs_startTime_idx"', "has no index on", 'ON "LiteLLM_SpendLogs" ("startTime")'),
    ],
)
def test_another_table_is_refused(reading: Reading, change: str, words: str, next_step: str) -> None:
    reading.server.sql(change)
    message, then = reading.refused()
    assert words in message and next_step in then


def test_a_user_who_may_not_read_is_told_what_to_grant(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    server = reading.server
    server.sql(f"drop role if exists reader; create role reader login password '{PASSWORD}'")
    monkeypatch.setenv(VARIABLE, server.dsn.replace("postgres:", "reader:"))
    message, next_step = reading.refused()
    assert message == 'gateway: the database does not let its user read "LiteLLM_SpendLogs".'
    assert 'GRANT SELECT ON "LiteLLM_SpendLogs"' in next_step
    columns = ", ".join(f'"{name}"' for name in table_for(reading.settings().sources["gateway"]).columns)
    server.sql(f'grant select ({columns}) on "LiteLLM_SpendLogs" to reader')
    reading.insert("'a', '2026-11-20 11:30:00', 1")
    assert reading.one().rows == 1


def test_the_transaction_is_read_only_and_a_locked_table_is_waited_for_briefly(reading: Reading) -> None:
    source = reading.settings().sources["gateway"]
    table = Table("gateway", reading.server.dsn, table_for(source))
    try:
        with pytest.raises(FetchError, match="25006"), table._transaction():
            table._execute('delete from "LiteLLM_SpendLogs"')
    finally:
        table.close()
    lock = 'begin; lock table "LiteLLM_SpendLogs"; select pg_sleep(8)'
    holding = threading.Thread(target=reading.server.sql, args=(lock,))
    holding.start()
    try:
        threading.Event().wait(0.5)
        message, _ = reading.refused()
        assert message == 'gateway: the database has "LiteLLM_SpendLogs" locked.'
    finally:
        holding.join()


def test_a_server_that_goes_away_between_pages_leaves_what_came_before(reading: Reading) -> None:
    reading.insert(*(f"'{i}', '2026-11-20 10:00:0{i}', 1" for i in range(6)))
    original, pages = Table.page, []

    def page(self: Table, *given: object, **named: object) -> object:
        pages.append(1)
        if len(pages) == 3:
            reading.server.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tallyhouse'"
            )
        return original(self, *given, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "page", page)
        done = reading.read(page_rows=2)
    assert done.failure is not None and done.failure.message.startswith("gateway: the database broke off")
    assert (done.rows, len(reading.files())) == (4, 2)
    assert read_state(reading.home, "gateway").read_at is None
    again = reading.one()
    assert (again.rows, again.repeated) == (2, 4)


def test_a_server_that_is_down_stops_no_other_source(reading: Reading, tmp_path: Path) -> None:
    reading.insert("'a', '2026-11-20 11:30:00', 1")
    settings = reading.settings()
    other = settings.sources["gateway"].model_copy(update={"name": "zz", "path": reading.home.fetched / "zz"})
    gone = settings.sources["gateway"].model_copy(update={"dsn_env": "NOT_SET"})
    both = settings.model_copy(update={"sources": {"gateway": gone, "zz": other}})
    report = fetch(reading.home, both)
    assert [source.source for source in report.failed] == ["gateway"]
    assert [source.rows for source in report.sources] == [0, 1]
    reading.server.stop()
    try:
        message, next_step = reading.refused(NOW)
        assert message == "gateway: the database cannot be reached." and "the next run goes on" in next_step
    finally:
        reading.server.start()
    assert reading.one().rows == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"dsn: 'postgresql://u:{PASSWORD}@h/d'", "does not belong into the settings"),
        (f"since: 2026-01-01, dsn_env: 'postgresql://u:{PASSWORD}@h/d'", "the name of an environment variable"),
        ("since: 2026-01-01", "needs dsn_env"),
        ("dsn_env: DSN", "needs since"),
        ("dsn_env: DSN, since: 2026-01-01, table: 'a; drop table b'", "a table's name, or schema.name"),
        ("dsn_env: DSN, since: 2026-01-01, path: inbox/x", "has no path"),
        ("dsn_env: DSN, since: 2026-01-01, folders: [team]", "has folders"),
        ("dsn_env: DSN, since: 2026-01-01, refetch_days: 3", "which is only for anthropic and openai"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_without_the_password(
    tmp_path: Path, source: str, words: str
) -> None:
    home = Home(tmp_path)
    home.settings_file.write_text(
        f"organisation: {{name: Test}}\nsources: {{gateway: {{kind: litellm_db, {source}}}}}\n", "utf-8"
    )
    with pytest.raises(SettingsError) as raised:
        load_settings(home)
    assert words in str(raised.value) and PASSWORD not in str(raised.value)
