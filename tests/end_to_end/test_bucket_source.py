"""The whole way of logs in a bucket: refused with a wrong secret, then copied, landed, built, and shown by key."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from orchestration.demo import write_blank
from orchestration.home import Home
from orchestration.landing import receipts
from orchestration.marts.manifest import read_manifest
from tests.support.homes import NOW, command
from tests.support.store import KEY, SECRET, Store, serving

EVENT = {"event_at": "2026-11-18T09:30:00Z", "provider": "openai", "model": "gpt-5", "output_tokens": 1}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "store").mkdir()
    with serving(tmp_path / "store") as started:
        started.fresh()
        yield started


def test_a_bucket_is_a_source_like_a_folder(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("usage/eu/a.jsonl", json.dumps({"event_id": "a", **EVENT}) + "\n{torn\n")
    home = Home(tmp_path / "home")
    write_blank(home)
    home.settings_file.write_text(
        f"organisation: {{name: Test}}\nsources:\n  app: {{kind: events, path: 's3://{store.bucket}/usage', "
        f"endpoint_url: '{store.url}', key_env: STORE_KEY, secret_env: STORE_SECRET, folders: [team]}}\n"
        "  other: {kind: events}\n"
    )
    (home.inbox / "other").mkdir(parents=True)
    (home.inbox / "other" / "b.jsonl").write_text(json.dumps({"event_id": "b", **EVENT}) + "\n")
    monkeypatch.setenv("STORE_KEY", KEY)
    monkeypatch.setenv("STORE_SECRET", "another-secret-9876543210")
    wrong = command(home, "run", now=NOW)
    assert wrong.code == 6 and "refuses the key or its secret" in wrong.out + wrong.err
    status = command(home, "status", now=NOW)
    assert "STORE_SECRET" in status.out
    monkeypatch.setenv("STORE_SECRET", SECRET)
    right = command(home, "run", now=NOW)
    assert right.code == 0, right.err
    assert "leaked" not in right.err
    manifest = read_manifest(home)
    assert manifest is not None and manifest.days[date(2026, 11, 18)].requests == 2
    key = f"s3://{store.bucket}/usage/eu/a.jsonl"
    assert key in {file.path for receipt in receipts(home) for file in receipt.files}
    assert key in next(home.quarantine.rglob("*.jsonl")).read_text(encoding="utf-8")
    shown = [text for done in (wrong, status, right) for text in (done.out, done.err)]
    assert all(piece not in text for text in shown for piece in (KEY, SECRET, "another-secret"))
    assert "othing" in command(home, "run", now="2026-11-21T04:30:00+00:00").out
