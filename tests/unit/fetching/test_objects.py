"""Objects under a prefix are copied once, again when they changed, and landed under their keys; on a real store."""

import gzip
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.errors import SettingsError
from orchestration.fetching import read_state
from orchestration.home import Home
from orchestration.landing import Refusal, land, pending_files, refusals
from orchestration.landing.discovery import check_paths
from orchestration.settings import load_settings
from tests.support.homes import CHECKOUT, environment
from tests.support.store import KEY, SECRET, Store, serving
from tests.unit.fetching.buckets import NOW, Bucketed, event

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with serving(tmp_path_factory.mktemp("store")) as started:
        yield started


@pytest.fixture
def bucketed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucketed:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr("orchestration.fetching.bucket._ATTEMPTS", 2)
    store.fresh()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "tallyhouse.yaml").write_text("organisation: {name: Test}\n")
    return Bucketed(Home(tmp_path / "home"), store)


def test_objects_at_any_depth_are_landed_under_their_keys_with_their_folders(bucketed: Bucketed) -> None:
    store = bucketed.store
    store.put("app/2026/a.jsonl", event("a"))
    store.put("app/eu/2026/11/ü b.jsonl.gz", gzip.compress(event("b").encode()))
    for other in ("apple/c.jsonl", "app/.hidden/d.jsonl", "app/e.jsonl.part", "app/picture.png", "z.jsonl"):
        store.put(other, event("other"))
    done = bucketed.one(folders=("team",))
    assert (done.windows, done.generations, done.rows) == (2, 2, 0)
    assert bucketed.land(folders=("team",)).landed == 2
    at = bucketed.address
    assert bucketed.paths() == [f"{at}/2026/a.jsonl", f"{at}/eu/2026/11/ü b.jsonl.gz"]
    assert bucketed.landed("event_id, folder_team") == [("a", "2026"), ("b", "eu")]


def test_a_whole_bucket_may_be_a_source(bucketed: Bucketed) -> None:
    bucketed.store.put("a.jsonl", event("a"))
    bucketed.store.put("deep/b.jsonl", event("b"))
    whole = f"s3://{bucketed.store.bucket}"
    assert bucketed.one(objects=whole).generations == 2
    assert bucketed.land(objects=whole).landed == 2
    assert bucketed.paths() == [f"{whole}/a.jsonl", f"{whole}/deep/b.jsonl"]


def test_only_what_is_new_or_changed_is_copied_and_what_is_deleted_stays_counted(bucketed: Bucketed) -> None:
    store = bucketed.store
    store.put("app/a.jsonl", event("a") + event("x" * 100_000))
    store.put("app/b.jsonl", event("b"))
    assert bucketed.one().generations == 2
    bucketed.land()
    before = store.way.sent
    assert bucketed.one(NOW + HOUR).generations == 0
    assert store.way.sent - before < 10_000
    # The same size: only the store's own mark tells.
    store.put("app/b.jsonl", event("c"))
    store.delete("app/a.jsonl")
    done = bucketed.one(NOW + 2 * HOUR)
    assert (done.windows, done.generations, done.bytes) == (1, 1, len(event("c")))
    report = bucketed.land()
    assert (report.landed, report.duplicates) == (1, 0)
    assert [key[:1] for (key,) in bucketed.landed("event_id")] == ["a", "b", "c", "x"]


def test_a_lost_note_costs_copying_again_and_lands_nothing(bucketed: Bucketed) -> None:
    bucketed.store.put("app/a.jsonl", event("a"))
    bucketed.one()
    bucketed.land()
    (bucketed.home.fetching / "app" / "objects.json").write_text('{"torn')
    assert bucketed.one(NOW + HOUR).generations == 1
    report = bucketed.land()
    assert (report.landed, report.duplicates) == (0, 0)


def test_it_is_due_again_after_an_hour_and_after_a_failure_at_once(
    bucketed: Bucketed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucketed.store.put("app/a.jsonl", event("a"))
    assert bucketed.due() == [f"objects of {bucketed.address}"]
    bucketed.one()
    assert bucketed.due(NOW + HOUR / 2) == [] and len(bucketed.due(NOW + HOUR)) == 1
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    message, _ = bucketed.refused(NOW + HOUR)
    assert message == "app: the environment variable AWS_SECRET_ACCESS_KEY is not set."
    assert len(bucketed.due(NOW + HOUR)) == 1
    state = read_state(bucketed.home, "app")
    assert state.failure is not None and state.read_at == NOW


@pytest.mark.parametrize(
    ("changed", "given", "words"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, {}, "refuses the key or its secret"),
        ({"AWS_ACCESS_KEY_ID": "AKUNKNOWN"}, {}, "refuses the key or its secret"),
        ({}, {"objects": "s3://no-such-bucket/app"}, "has no bucket no-such-bucket"),
        ({}, {"endpoint_url": "http://127.0.0.1:1"}, "cannot be reached or broke off"),
    ],
)
def test_what_the_store_refuses_is_said_without_the_secret(
    bucketed: Bucketed,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, str],
    given: dict[str, str],
    words: str,
) -> None:
    caplog.set_level("INFO")
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    message, next_step = bucketed.refused(**given)
    assert message == f"app: the object store {words}."
    shown = [message, next_step, caplog.text, bucketed.everything_written(), repr(bucketed.settings(**given))]
    assert all(piece not in text for text in shown for piece in (SECRET, "wrong-secret", "AKUNKNOWN", KEY))


def test_the_settings_may_name_other_variables(bucketed: Bucketed, monkeypatch: pytest.MonkeyPatch) -> None:
    bucketed.store.put("app/a.jsonl", event("a"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-somebody-else")
    monkeypatch.setenv("STORE_KEY", KEY)
    monkeypatch.setenv("STORE_SECRET", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    assert bucketed.one(key_env="STORE_KEY", secret_env="STORE_SECRET").generations == 1


def test_a_download_that_breaks_off_leaves_nothing_half_and_is_made_up_for(bucketed: Bucketed) -> None:
    store = bucketed.store
    large = "".join(event(f"{number:09}", labels={"padding": "x" * 1000}) for number in range(8000))
    store.put("app/a.jsonl", event("a"))
    store.put("app/b.jsonl", large)
    store.way.at_most = store.way.sent + 5_000_000
    message, next_step = bucketed.refused()
    assert "broke off" in message and "the next run goes on" in next_step
    assert bucketed.copies() == [f"{store.bucket}/app/a.jsonl"]
    assert bucketed.land().landed == 1
    store.way.at_most = None
    done = bucketed.one()
    assert (done.windows, done.generations, done.bytes) == (2, 1, len(large))
    assert bucketed.land().landed == 8000


def test_a_copy_killed_anywhere_is_finished_by_the_next(bucketed: Bucketed, tmp_path: Path) -> None:
    for number in range(4):
        bucketed.store.put(f"app/{number % 2}/{number}.jsonl", event(f"{number}"))

    def copy(root: Path, at: int) -> "subprocess.CompletedProcess[bytes]":
        place = Bucketed(Home(root), bucketed.store)
        return subprocess.run(
            [sys.executable, str(Path(__file__).with_name("killed_objects.py")), str(at)],
            input=pickle.dumps((place.home, place.settings())), capture_output=True, cwd=CHECKOUT, timeout=60,
            env=environment(),
        )  # fmt: skip

    undisturbed = copy(tmp_path / "whole", 0)
    assert undisturbed.returncode == 0, undisturbed.stderr
    changes = int(undisturbed.stdout)
    for at in range(3, changes, max(changes // 5, 1)):
        root = tmp_path / f"killed-{at}"
        assert copy(root, at).returncode == -9
        root.mkdir(exist_ok=True)
        (root / "tallyhouse.yaml").write_text("organisation: {name: Test}\n")
        place = Bucketed(Home(root), bucketed.store)
        place.land()
        place.one()
        report = place.land()
        assert [key for (key,) in place.landed("event_id")] == ["0", "1", "2", "3"]
        assert report.duplicates == 0 and len(place.paths()) == 4


def test_keys_that_no_file_can_have_are_named_and_the_others_copied(bucketed: Bucketed) -> None:
    bucketed.store.put("app/good.jsonl", event("a"))
    taken = bucketed.home.fetched / "app" / "objects" / bucketed.store.bucket / "app" / "taken.jsonl"
    (taken / "below").mkdir(parents=True)
    bucketed.store.put("app/taken.jsonl", event("b"))
    message, next_step = bucketed.refused()
    assert "taken.jsonl': its key is a folder of another object's key" in message and "another key" in next_step
    assert bucketed.land().landed == 1


def test_a_mapped_file_in_a_bucket_is_refused_under_its_key_until_it_is_mended(bucketed: Bucketed) -> None:
    given = {"kind": "mapped", "mapping": {"event_at": "at", "output_tokens": "out"}}
    bucketed.store.put("app/x.csv", "when,out\n2026-11-20T10:00:00Z,1\n")
    bucketed.one(**given)
    report = land(bucketed.home, bucketed.settings(**given))
    assert report.landed == 0 and report.by_source["app"].files_refused == 1
    (refusal,) = _refusals(bucketed, given)
    assert refusal.reason.startswith(f"{bucketed.address}/x.csv has no column 'at'")
    assert pending_files(bucketed.home, bucketed.settings(**given)) == []
    bucketed.store.put("app/x.csv", "at,out\n2026-11-20T10:00:00Z,1\n")
    bucketed.one(NOW + HOUR, **given)
    assert bucketed.land(**given).landed == 1 and _refusals(bucketed, given) == []


def test_two_sources_of_the_same_objects_are_refused_and_other_stores_are_not(bucketed: Bucketed) -> None:
    one = bucketed.source()
    whole = bucketed.source("whole", objects=f"s3://{bucketed.store.bucket}")
    elsewhere = bucketed.source("elsewhere", endpoint_url="https://store.example.com")
    settings = bucketed.settings()
    check_paths(bucketed.home, settings.model_copy(update={"sources": {"app": one, "elsewhere": elsewhere}}))
    with pytest.raises(SettingsError, match="share files"):
        check_paths(bucketed.home, settings.model_copy(update={"sources": {"app": one, "whole": whole}}))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("path: 's3://Bucket_/x'", "no address of a bucket"),
        ("path: 's3://logs/../x'", "no address of a bucket"),
        ("path: 's3://logs//x'", "no address of a bucket"),
        ("path: 's3://logs', secret: abc", "a secret does not belong into the settings"),
        ("path: 's3://logs', key_env: KEY", "they belong together"),
        ("path: 's3://logs', endpoint_url: 'http://store.example.com'", "must begin with https://"),
        ("key_env: KEY, secret_env: SECRET", "only for a path that begins with s3://"),
        ("objects: 's3://logs'", "there is no such key"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, source: str, words: str) -> None:
    home = Home(tmp_path)
    home.settings_file.write_text(f"organisation: {{name: T}}\nsources: {{app: {{kind: events, {source}}}}}\n", "utf-8")
    with pytest.raises(SettingsError, match=words):
        load_settings(home)


def test_the_settings_lead_to_the_copies(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings_file.write_text(
        "organisation: {name: T}\nsources: {app: {kind: events, path: 's3://logs/app/', folders: [team]}}\n", "utf-8"
    )
    source = load_settings(home).sources["app"]
    assert (source.objects, source.comes_by) == ("s3://logs/app", "objects")
    assert source.path == home.fetched / "app" / "objects" / "logs" / "app"


def _refusals(bucketed: Bucketed, given: dict[str, object]) -> list[Refusal]:
    return refusals(bucketed.home, bucketed.settings(**given))
