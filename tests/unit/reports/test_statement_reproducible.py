"""Same input, same bytes: whatever the process, zone, locale, hash seed; whatever other departments do."""

import os
import subprocess
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from reports.statement import Issuer, Scope, write_statement
from tests.unit.reports.marts_fixture import build_marts

SEPTEMBER = date(2026, 9, 1)
ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from reports.statement import Issuer, Scope, write_statement
issuer = Issuer("Halden Group plc", ("14 Exchange Square",), "Europe/London")
marts, out = map(Path, sys.argv[1:])
write_statement(marts=marts, month=date(2026, 10, 1), scope=Scope("organisation"), issuer=issuer, out_dir=out)
"""


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_zone_locale_and_hash_seed_change_no_byte(marts: Path, tmp_path: Path) -> None:
    found = []
    places = [("Pacific/Auckland", "C", "0"), ("America/St_Johns", "de_DE.UTF-8", "4711")]
    for number, (zone, locale, seed) in enumerate(places):
        out = tmp_path / str(number)
        settings = {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(marts), str(out)], env=os.environ | settings, cwd=tmp_path, check=True
        )
        found.append(digests(out))
    assert sorted(found[0]) == ["organisation.csv", "organisation.pdf"]
    assert found[0] == found[1]


@pytest.fixture(scope="module")
def before(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("before")
    return written(build_marts(folder / "marts", first=SEPTEMBER), issuer, folder / "out")


def written(marts: Path, issuer: Issuer, out: Path) -> dict[str, str]:
    scope = Scope("department", "People")
    write_statement(marts=marts, month=date(2026, 10, 1), scope=scope, issuer=issuer, out_dir=out)
    return digests(out)


def test_another_departments_change_leaves_a_departments_files_as_they_are(
    before: dict[str, str], issuer: Issuer, tmp_path: Path
) -> None:
    edit = """UPDATE usage SET effective_cost = effective_cost * 3, requests = requests + 7, project = 'x',
        price_version = 'genai-9', uncached_input_tokens = 1 WHERE department <> 'People'"""
    budgets = {"People": "1400", "Finance": "1"}
    changed = build_marts(tmp_path / "m", first=SEPTEMBER, edits=[edit], organisation_budget="1", budgets=budgets)
    manifest = changed / "manifest.json"
    manifest.write_text(manifest.read_text().replace("fixture", "another").replace("2026-11-02T", "2026-12-24T"))
    assert written(changed, issuer, tmp_path / "out") == before


def test_its_own_change_does_change_them(before: dict[str, str], issuer: Issuer, tmp_path: Path) -> None:
    edit = "UPDATE usage SET requests = requests + 1 WHERE department = 'People' AND usage_date = DATE '2026-10-31'"
    after = written(build_marts(tmp_path / "m", first=SEPTEMBER, edits=[edit]), issuer, tmp_path / "out")
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)
