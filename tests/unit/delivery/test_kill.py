"""kill -9 before any SQL statement of evaluation and delivery: nothing is lost, nothing is doubled."""

import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from tests.unit.alerts.company import Budget, over_budget

CHECKOUT = Path(__file__).resolve().parents[3]


def test_killed_before_each_statement_the_next_run_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    company = over_budget(tmp_path / "template")
    company.budgets[2] = Budget("everything", "", Decimal("22000.00"))
    company.publish(company.spend[-2][0].replace(month=11, day=20))
    finished = subprocess.run(
        [sys.executable, "-m", "tests.unit.delivery.kill_everywhere", str(company.root), str(tmp_path / "homes")],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    assert finished.returncode == 0, finished.stderr
    runs = [json.loads(row) for row in finished.stdout.splitlines()]
    *killed, undisturbed = runs
    assert undisturbed["first"] == 0
    assert [recipient for _, recipient, _ in undisturbed["deliveries"]].count(None) == 0
    assert {state for _, _, state in undisturbed["deliveries"]} == {"sent"}
    assert len(undisturbed["files"]) == len(undisturbed["deliveries"]) == 3
    assert len(killed) > 30
    for run in killed:
        assert run["first"] == -signal.SIGKILL, run
        assert run["again"] == 0, run
        for what in ("alerts", "deliveries", "files"):
            assert run[what] == undisturbed[what], (run["statement"], what)
