"""`tallyhouse dev`: what is asked for in the user interface is one run, in the same history as the command line's.

Most of the time goes by waiting for the server's daemon, so one test on one server looks at everything.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from orchestration.home import Home
from orchestration.marts.dbt_build import BuildError
from orchestration.marts.manifest import Manifest, read_manifest
from tests.support.homes import (
    CHECKOUT,
    TALLYHOUSE,
    backfill_job,
    command,
    environment,
    json_lines,
    repeat_a_price,
    write_json_lines,
)

_PATIENCE_SECONDS = 240.0
_Found = TypeVar("_Found")

RUNS = "{runsOrError(limit: 50) {... on Runs {results {runId jobName status tags {key value}}}}}"
LAUNCH = """
mutation ($asked: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $asked) {
    __typename
    ... on LaunchBackfillSuccess {backfillId}
    ... on PythonError {message}
  }
}
"""
BACKFILL = """
query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status error {message}}}
}
"""
ASSETS = """
query ($keys: [AssetKeyInput!]!) {
  assetNodes(assetKeys: $keys) {
    assetKey {path}
    partitionStats {numMaterialized numPartitions numFailed}
    assetMaterializations(limit: 100) {
      partition runId tags {key value}
      metadataEntries {label ... on IntMetadataEntry {intValue} ... on TextMetadataEntry {text}}
    }
    assetChecksOrError {
      ... on AssetChecks {
        checks {
          name
          executionForLatestMaterialization {
            runId status
            evaluation {
              success severity
              metadataEntries {label ... on IntMetadataEntry {intValue}}
            }
          }
        }
      }
    }
  }
}
"""
PARTITIONS = "query ($key: AssetKeyInput!) {assetNodes(assetKeys: [$key]) {partitionKeys}}"
SERVER = "{workspaceOrError {... on Workspace {locationEntries {loadStatus locationOrLoadError {__typename}}}}}"


class Server:
    """A running `tallyhouse dev`, asked through the interface's own GraphQL."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: object) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self._url, body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None
        assert not answer.get("errors"), answer["errors"]
        return answer["data"]

    def is_ready(self) -> bool:
        try:
            entries = self.ask(SERVER)["workspaceOrError"]["locationEntries"]
        except (urllib.error.URLError, OSError):
            return False
        assert all(entry["locationOrLoadError"]["__typename"] == "RepositoryLocation" for entry in entries), entries
        return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)

    def runs(self) -> list[dict[str, Any]]:
        """Every run of the history, the newest first, with its tags as one dictionary."""
        found = self.ask(RUNS)["runsOrError"]["results"]
        return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]

    def assets(self, *names: str) -> dict[str, dict[str, Any]]:
        nodes = self.ask(ASSETS, keys=[{"path": [name]} for name in names])["assetNodes"]
        return {node["assetKey"]["path"][0]: node for node in nodes}

    def launch(self, asset: str, *partitions: str) -> str:
        """Launch a backfill as the interface's button does; its id."""
        asked = {"partitionNames": partitions, "assetSelection": [{"path": [asset]}], "tags": []}
        launched = self.ask(LAUNCH, asked=asked)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])

    def partitions(self, asset: str) -> list[str]:
        """The partitions that the interface offers for an asset."""
        (node,) = self.ask(PARTITIONS, key={"path": [asset]})["assetNodes"]
        return [str(key) for key in node["partitionKeys"]]

    def check(self, asset: str, name: str) -> dict[str, Any]:
        """The latest result of a check, as the interface shows it beside the asset."""
        (checks,) = (node["assetChecksOrError"]["checks"] for node in self.assets(asset).values())
        (latest,) = (item["executionForLatestMaterialization"] for item in checks if item["name"] == name)
        return dict(latest)

    def runs_of(self, backfill: str) -> list[dict[str, Any]]:
        """The runs that a backfill has started so far, once they have all ended."""
        found = [run for run in self.runs() if run["tags"].get("dagster/backfill") == backfill]
        return found if all(run["status"] in ("SUCCESS", "FAILURE") for run in found) else []

    def ended(self, backfill: str) -> Any:
        """The backfill's state once the daemon, which looks twice a minute, has closed it."""
        state = self.ask(BACKFILL, id=backfill)["partitionBackfillOrError"]
        return state if state["status"] not in ("REQUESTED", "CANCELING", "FAILING") else None


def until(found: Callable[[], _Found | None]) -> _Found:
    """What `found` gives once it gives something."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.5)
    raise AssertionError(f"waited {_PATIENCE_SECONDS:.0f} s in vain")


@contextmanager
def serving(home: Home) -> Iterator[Server]:
    """`tallyhouse dev` on a free port, ended with all its children."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = (home.root / "dev.log").open("wb")
    process = subprocess.Popen(
        [*TALLYHOUSE, "--home", str(home.root), "dev", "--port", str(port)],
        cwd=CHECKOUT,
        env=environment(),
        stdout=said,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    server = Server(port)
    try:

        def ready() -> bool:
            assert process.poll() is None, (home.root / "dev.log").read_text(encoding="utf-8")
            return server.is_ready()

        until(ready)
        yield server
    finally:
        # The home is thrown away, so nothing needs to end in order.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        said.close()


OLDER = date(2026, 8, 10)


def test_the_interface_and_the_command_line_build_the_same_days_in_one_history(home: Home) -> None:
    published = read_manifest(home)
    assert published is not None and min(published.days) > OLDER
    october = [f"2026-10-{day:02}" for day in range(1, 32)]
    with serving(home) as server:
        assert {run["jobName"] for run in server.runs()} == {"nightly", "monthly_statement"}  # the command line's
        assert OLDER.isoformat() not in server.partitions("daily_usage")

        days, month = server.launch("daily_usage", *october), server.launch("monthly_usage", "2026-11-01")
        deliver_older_file(home)
        own = until(lambda: server.runs_of(days)) and ran_by_command(home, server)
        until(lambda: server.runs_of(month))
        assert until(lambda: server.ended(days))["status"] == "COMPLETED_SUCCESS"
        assert until(lambda: server.ended(month))["status"] == "COMPLETED_SUCCESS"
        (run,), (monthly,) = server.runs_of(days), server.runs_of(month)
        assert (run["status"], span(run)) == ("SUCCESS", (october[0], october[-1]))
        assert (monthly["status"], span(monthly)) == ("SUCCESS", ("2026-11-01", "2026-11-01"))

        # The sensors have landed the older file and shown its day, without anybody's help.
        until(lambda: OLDER.isoformat() in server.partitions("daily_usage"))
        assert "2026-08-01" in server.partitions("monthly_usage")
        # A run tells of its checks last.
        until(lambda: all(run["status"] in ("SUCCESS", "FAILURE", "CANCELED") for run in server.runs()))
        look_at_assets(server, home, before=published, run=run, own=own)

        repeat_a_price(home)
        with pytest.raises(BuildError, match="price_bands_do_not_overlap"):
            backfill_job(home, date(2026, 11, 9), date(2026, 11, 9))
        failed = server.check("daily_usage", "price_bands_do_not_overlap")
        assert failed["status"] == "FAILED" and failed["evaluation"]["severity"] == "ERROR"
        assert failed["runId"] == next(run["runId"] for run in server.runs() if run["jobName"] == "backfill")


def deliver_older_file(home: Home) -> None:
    """Put one event of a day before the first known one into the inbox."""
    rows = json_lines(next(iter(sorted((home.inbox / "assistant").rglob("*2026-11-06*.jsonl.gz")))))
    write_json_lines(
        home.inbox / "assistant" / "older.jsonl",
        [{**rows[0], "event_id": "older", "event_at": f"{OLDER}T12:00:00+00:00"}],
    )


def ran_by_command(home: Home, server: Server) -> dict[str, Any]:
    """Build a day again from the command line, while the server runs."""
    assert command(home, "backfill", "--from", "2026-11-10", "--to", "2026-11-10").code == 0
    (own,) = (run for run in server.runs() if run["jobName"] == "backfill")
    return own


def span(run: dict[str, Any]) -> tuple[str, str]:
    first, last = (run["tags"][f"dagster/asset_partition_range_{edge}"] for edge in ("start", "end"))
    return first, last


def look_at_assets(server: Server, home: Home, *, before: Manifest, run: dict[str, Any], own: dict[str, Any]) -> None:
    """What the interface says of the days that were built, and of the checks."""
    published = read_manifest(home)
    assert published is not None and set(published.days) == {*before.days, OLDER}
    assets = server.assets("daily_usage", "daily_sources", "monthly_usage", "raw_usage")
    usage = assets["daily_usage"]
    # The newest come first: of a partition that was built again, the newest event is kept.
    built = {event["partition"]: event for event in reversed(usage["assetMaterializations"])}
    assert built["2026-10-31"]["runId"] == run["runId"]
    assert built["2026-11-10"]["runId"] == own["runId"]
    assert OLDER.isoformat() in built
    assert usage["partitionStats"]["numFailed"] == 0
    # Today belongs to the month that was asked for, and has no usage yet.
    assert usage["partitionStats"]["numMaterialized"] == len(published.days) + 1

    day = published.days[date(2026, 11, 10)]
    assert {tag["key"]: tag["value"] for tag in built["2026-11-10"]["tags"]}["dagster/data_version"] == day.fingerprint
    told = {
        entry["label"]: entry.get("intValue", entry.get("text")) for entry in built["2026-11-10"]["metadataEntries"]
    }
    assert told["requests"] == day.requests and Decimal(told["spend_usd"]) == Decimal(day.spend)
    labels = {entry["label"] for entry in assets["raw_usage"]["assetMaterializations"][0]["metadataEntries"]}
    assert {"rows", "bytes", "quarantined"} <= labels

    checks = {check["name"]: check for node in assets.values() for check in node["assetChecksOrError"]["checks"]}
    found = {name: check["executionForLatestMaterialization"]["evaluation"] for name, check in checks.items()}
    assert {"months_equal_days", "effective_cost_is_the_sum_of_its_parts"} <= found.keys()
    assert [name for name, result in found.items() if not result["success"] and result["severity"] == "ERROR"] == []
    counts = {entry["label"]: entry.get("intValue") for entry in found["conservation"]["metadataEntries"]}
    assert counts == dict(published.conservation)
