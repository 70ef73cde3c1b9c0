"""Run by test_kill.py in a process of its own: evaluate and deliver, killed before each SQL statement in turn.

Everything is imported before the forks, and DuckDB is never used before them, so that each child is cheap.
Prints one line of JSON for each kill: at which statement, and what a following run found and left.
"""

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from orchestration import alerts
from orchestration.delivery import apprise_sender
from orchestration.home import Home
from orchestration.ledger import store
from reports.messages import FailureFacts, run_failed
from tests.unit.alerts.company import settings

NOW = settings(operators=("a@halden.example", "b@halden.example"))
_real_connect = sqlite3.connect


def evaluate_and_deliver(home: Home, kill_before: int | None) -> None:
    """The two steps of a run; statements are counted over all connections."""
    seen = 0

    def trace(statement: str) -> None:
        nonlocal seen
        if seen == kill_before:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    def connect(*args: object, **kwargs: object) -> sqlite3.Connection:
        connection = _real_connect(*args, **kwargs)  # type: ignore[call-overload]
        connection.set_trace_callback(trace)
        return connection  # type: ignore[no-any-return]

    store.sqlite3.connect = connect  # type: ignore[attr-defined]
    alerts.evaluate(home, NOW)
    alerts.deliver(home, NOW)


def in_child(work: Callable[[], None]) -> int:
    """The exit status of a forked child, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(template: Path, scratch: Path) -> None:
    # Once for all children: Apprise's plugins, DuckDB, the layout of the messages.
    apprise_sender.wrong_route("folder://messages")
    import_module("duckdb")
    run_failed(FailureFacts("", "", "", NOW.now))
    for statement in range(1000):
        root = scratch / str(statement)
        shutil.copytree(template, root, symlinks=True)
        home = Home(root)
        first = in_child(lambda home=home, at=statement: evaluate_and_deliver(home, at))  # type: ignore[misc]
        again = in_child(lambda home=home: evaluate_and_deliver(home, None))  # type: ignore[misc]
        outcome = {
            "statement": statement,
            "first": first,
            "again": again,
            "alerts": sorted((a.alert.budget_id, a.alert.threshold, a.alert.outcome) for a in alerts.list_alerts(home)),
            "deliveries": sorted((d.delivery_id, d.recipient, d.state) for d in alerts.list_deliveries(home)),
            "files": sorted(path.name for path in (root / "messages").iterdir()),
        }
        print(json.dumps(outcome), flush=True)
        shutil.rmtree(root)
        if first == 0:
            return
    raise SystemExit("the undisturbed run never ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
