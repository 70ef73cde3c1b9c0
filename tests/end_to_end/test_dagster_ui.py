"""`tallyhouse dev`: a range asked for in the user interface is one run, in the same history as the command line's."""

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
from typing import Any, TypeVar

from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from tests.support.homes import CHECKOUT, TALLYHOUSE, command, environment

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
    assetMaterializations(limit: 5) {
      partition runId tags {key value}
      metadataEntries {label ... on IntMetadataEntry {intValue} ... on TextMetadataEntry {text}}
    }
    assetChecksOrError {
      ... on AssetChecks {
        checks {
          name
          executionForLatestMaterialization {
            runId
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
SERVER = "{workspaceOrError {... on Workspace {locationEntries {loadStatus locationOrLoadError {__typename}}}}}"


class Server:
    """A running `tallyhouse dev`, asked through the interface's own GraphQL."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: object) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self._url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
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


def test_a_range_in_the_interface_is_one_run_in_one_history_with_the_command_line(home: Home) -> None:
    published = read_manifest(home)
    assert published is not None
    days = ["2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"]
    with serving(home) as server:
        assert {run["jobName"] for run in server.runs()} == {"nightly", "monthly_statement"}  # the command line's

        backfill = server.launch("daily_usage", *days)
        until(lambda: server.runs_of(backfill))
        assert command(home, "backfill", "--from", "2026-11-10", "--to", "2026-11-10").code == 0
        (own,) = (run for run in server.runs() if run["jobName"] == "backfill")

        assert until(lambda: server.ended(backfill))["status"] == "COMPLETED_SUCCESS"
        (run,) = server.runs_of(backfill)
        span = [run["tags"][f"dagster/asset_partition_range_{edge}"] for edge in ("start", "end")]
        assert (run["status"], span) == ("SUCCESS", [days[0], days[-1]])

        assets = server.assets("daily_usage", "daily_sources", "monthly_usage", "raw_usage")
        usage = assets["daily_usage"]
        latest = {event["partition"]: event["runId"] for event in usage["assetMaterializations"]}
        assert latest == {**dict.fromkeys(days, run["runId"]), "2026-11-10": own["runId"]}
        assert usage["partitionStats"]["numFailed"] == 0
        assert usage["partitionStats"]["numMaterialized"] == len(published.days)

        event = next(event for event in usage["assetMaterializations"] if event["partition"] == days[0])
        day = next(value for day, value in published.days.items() if day.isoformat() == days[0])
        assert {tag["key"]: tag["value"] for tag in event["tags"]}["dagster/data_version"] == day.fingerprint
        told = {entry["label"]: entry.get("intValue", entry.get("text")) for entry in event["metadataEntries"]}
        assert told == {"requests": day.requests, "spend_usd": day.spend}
        assert next(event["partition"] for event in assets["monthly_usage"]["assetMaterializations"]) == "2026-11-01"
        labels = {entry["label"] for entry in assets["raw_usage"]["assetMaterializations"][0]["metadataEntries"]}
        assert {"rows", "bytes", "quarantined"} <= labels

        checks = {check["name"]: check for node in assets.values() for check in node["assetChecksOrError"]["checks"]}
        found = {name: check["executionForLatestMaterialization"]["evaluation"] for name, check in checks.items()}
        assert {"months_equal_days", "effective_cost_is_the_sum_of_its_parts"} <= found.keys()
        assert [name for name, result in found.items() if not result["success"] and result["severity"] == "ERROR"] == []
        counts = {entry["label"]: entry.get("intValue") for entry in found["conservation"]["metadataEntries"]}
        assert counts == dict(published.conservation)
