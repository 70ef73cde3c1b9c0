"""The main job killed with kill -9 at any moment: the next run puts everything right, and sends nothing twice."""

import shutil
import time
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from orchestration.home import Home
from tests.support.homes import UNTIL, copy_home, json_lines, read_table, write_json_lines, write_table
from tests.support.killing import FILES, LINES, Blow, Outcome, Struck, blows, leftovers, outcome, strike

BOUNDED_SECONDS = 3.0


class Trial:
    """One starting point, what an undisturbed run makes of it, and what killed runs must end with too."""

    def __init__(self, pristine: Home, scratch: Path) -> None:
        self.pristine, self.scratch = pristine, scratch
        calm = copy_home(pristine, scratch / "undisturbed")
        self.undisturbed = strike(calm, None, scratch / "said")
        assert self.undisturbed.code == 0, self.undisturbed.said
        self.expected: Outcome = outcome(calm)
        assert leftovers(calm) == []

    def kill_and_heal(self, *blows: Blow) -> list[Struck]:
        """Killed runs and an undisturbed one after them; everything must be as if nothing had happened."""
        root = self.scratch / "killed"
        shutil.rmtree(root, ignore_errors=True)
        home = copy_home(self.pristine, root)
        killed = [strike(home, blow, self.scratch / "said") for blow in blows]
        healed = strike(home, None, self.scratch / "said")
        told = "\n".join(f"killed {blow}\n{run.said}" for blow, run in zip(blows, killed, strict=True)) + healed.said
        assert healed.code == 0, told
        found = outcome(home)
        for part in self.expected.__dataclass_fields__:
            assert getattr(found, part) == getattr(self.expected, part), f"{part} differs, {told}"
        # With nothing left to do nothing is touched: a half-written file then waits for the next run that works.
        idle = healed.said.startswith("Nothing to do")
        assert [path for path in leftovers(home) if not (idle and Path(path).name.startswith("."))] == [], told
        # No more work than an undisturbed run, whatever the killed one left.
        assert healed.cpu < 1.5 * self.undisturbed.cpu + 2, told
        third = strike(home, None, self.scratch / "said")
        assert third.said.startswith("Nothing to do") and third.code == 0, told + third.said
        assert third.cpu < BOUNDED_SECONDS
        return killed


def nightly(published: Home, root: Path) -> Home:
    """A published home with a night's work: late rows in two months, a message due, statements to write again."""
    home = copy_home(published, root)
    gateway = home.inbox / "gateway" / "2026"
    october = json_lines(gateway / "spend-logs-2026-10.jsonl.gz")[5]
    november = json_lines(gateway / "11" / f"spend-logs-{UNTIL}.jsonl")[0]
    late = [{**october, "request_id": "late-1"}, {**november, "request_id": "late-2"}]
    write_json_lines(gateway / "11" / "late.jsonl", late)
    (gateway / "11" / "torn.jsonl").write_text('{"request_id": "half a l')
    budgets = read_table(home, "budgets.csv")
    write_table(home, "budgets.csv", [{**row, "amount": "300.00"} if not row["scope"] else row for row in budgets])
    return home


@pytest.fixture(scope="module")
def first_time(untouched: Home, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial(untouched, tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def by_night(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder = tmp_path_factory.mktemp("night")
    return Trial(nightly(published, folder / "pristine"), folder)


def test_a_nights_work_is_what_it_should_be(by_night: Trial, home: Home) -> None:
    before = outcome(home)
    after = by_night.expected
    changed = {day for day, value in after.manifest["days"].items() if before.manifest["days"].get(day) != value}
    assert len(changed) == 2 and date(2026, 11, 20) in changed
    assert len(after.messages) == len(before.messages) + 1 and before.messages.items() <= after.messages.items()
    assert {name for name, data in after.statements.items() if before.statements[name] != data} > {
        "2026-10/organisation.pdf"
    }


def test_three_killed_runs_in_a_row_are_put_right(by_night: Trial) -> None:
    killed = by_night.kill_and_heal(
        Blow("Publishing", None, 0.02, False),
        Blow(None, "the ledger", 0.0, False),
        Blow(None, "a statement", 0.0, True),
    )
    assert [run.killed for run in killed] == [True, True, True], killed


@pytest.mark.soak
@pytest.mark.parametrize(("seed", "name"), list(enumerate(("first_time", "by_night"))))
def test_a_hundred_killed_runs_are_put_right(seed: int, name: str, request: pytest.FixtureRequest) -> None:
    """Fifty on each home, at every boundary and at random moments; all that is not put right is told at the end."""
    trial: Trial = request.getfixturevalue(name)
    wanted, killed, seconds = 50, 0, 0.0
    hit: Counter[str] = Counter()
    wrong: list[str] = []
    for blow in islice(blows(seed, trial.undisturbed.seconds), 3 * wanted):
        began = time.monotonic()
        try:
            (run,) = trial.kill_and_heal(blow)
        except AssertionError as error:
            killed += 1
            wrong.append(f"{blow}\n{error}")
            print(f"{name} {killed:3} WRONG: {wrong[-1]}", flush=True)
            continue
        seconds += time.monotonic() - began
        if run.killed:
            killed += 1
            hit[blow.line or blow.file or "at random"] += 1
            print(f"{name} {killed:3} after {run.seconds:5.1f} s: {blow}", flush=True)
        if killed == wanted:
            break
    print(f"{name}: {killed} killed runs put right, {seconds:.0f} s: {dict(hit)}")
    assert wrong == []
    assert killed == wanted and hit.keys() >= {*LINES, *FILES, "at random"}
