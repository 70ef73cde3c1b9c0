"""tallyhouse.yaml and the reference tables: of the example company, and of a home that begins empty."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from orchestration.demo import company
from orchestration.demo.budgets import budget_rows
from orchestration.demo.invoices import Billed, invoice_rows
from orchestration.demo.season import bank_holidays
from orchestration.demo.usage import Plan
from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.reference import TABLES, tables_page

HEADERS = {table.file: table.header for table in TABLES}
_TEXTS = Path(__file__).parent / "texts"


def refuse_existing(home: Home) -> None:
    """Raise SettingsError when there is a home already: nobody's settings are overwritten."""
    if home.settings_file.exists():
        raise SettingsError(
            f"{home.root} is a home already.", "Name another folder, or use this one with: tallyhouse run"
        )


def write_company(home: Home, *, plan: Plan, spend: dict[tuple[str, date], int], billed: Billed) -> None:
    """Write the example company's reference tables and, last, its settings.

    spend: nano-dollars by (department, first day of month); the budgets are sized by it.
    """
    tables = {
        "organisation.csv": _organisation(plan),
        "departments.csv": _departments(plan),
        "budgets.csv": budget_rows(plan, spend),
        "price_overrides.csv": _overrides(plan),
        "invoices.csv": invoice_rows(plan, billed),
    }
    for name in HEADERS:
        _write_table(home, name, tables.get(name, ()))
    _write_page(home)
    years = range(plan.first_day.year, plan.until.year + 2)
    holidays = ", ".join(day.isoformat() for year in years for day in sorted(bank_holidays(year)))
    text = (_TEXTS / "company.yaml").read_text(encoding="utf-8")
    _write_settings(home, text.replace("@HOLIDAYS@", holidays))


def write_blank(home: Home, *, name: str | None = None) -> None:
    """Write a home that works at once: one source at inbox/events, tables with headers only.

    name: the organisation's, as printed on statements. Raises SettingsError when the home exists already.
    """
    refuse_existing(home)
    for table in HEADERS:
        _write_table(home, table, ())
    (home.inbox / "events").mkdir(parents=True, exist_ok=True)
    _write_page(home)
    text = (_TEXTS / "blank.yaml").read_text(encoding="utf-8")
    _write_settings(home, text.replace("@NAME@", _quoted(name or "My organisation")))


def _organisation(plan: Plan) -> Iterable[tuple[str, ...]]:
    since = plan.first_day.isoformat()
    centre = {unit.name: unit.cost_centre for unit in company.DEPARTMENTS}
    for unit in company.DEPARTMENTS:
        for team in unit.teams:
            yield "team", team, team, team, unit.name, unit.cost_centre, since, ""
    for project in company.PROJECTS:
        home = (project.team, project.department, centre[project.department], since, "")
        yield "project", project.name, project.name, *home
        if project.source != "workstations":
            # The gateway logs a hash of the key, the assistant its name.
            key = project.key_hash if project.source == "gateway" else project.key_name
            yield "api_key", key, project.key_name, *home
    for person in plan.staff:
        left = person.moves[0].isoformat() if person.moves else ""
        yield (
            "user",
            person.user_id,
            person.name,
            person.team,
            person.department,
            centre[person.department],
            since,
            left,
        )
        if person.moves:
            _, team, unit_name = person.moves
            yield "user", person.user_id, person.name, team, unit_name, centre[unit_name], left, ""


def _departments(plan: Plan) -> Iterable[tuple[str, ...]]:
    for unit in company.DEPARTMENTS:
        head = next(person for person in plan.staff if person.department == unit.name and not person.moves)
        address = f"{head.user_id}@{company.DOMAIN}"
        yield unit.name, unit.cost_centre, head.name, address, plan.first_day.isoformat(), ""


def _overrides(plan: Plan) -> Iterable[tuple[str, ...]]:
    """The model on the company's own machines, which became cheaper with the last full month."""
    start, cut = plan.first_day.isoformat(), plan.last_month.isoformat()
    checked = (plan.last_month - timedelta(days=1)).isoformat()
    rest = ("", "", "", "", "", "Internal price list", checked)
    yield "halden", "halden-support-13b", start, cut, "0.60", "1.80", *rest, "Own machines; electricity and write-off"
    yield "halden", "halden-support-13b", cut, "", "0.48", "1.44", *rest, "After the second rack was written off"


def _write_table(home: Home, name: str, rows: Iterable[tuple[str, ...]]) -> None:
    buffer = io.StringIO()
    buffer.write(HEADERS[name] + "\n")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    home.reference.mkdir(parents=True, exist_ok=True)
    (home.reference / name).write_text(buffer.getvalue(), encoding="utf-8", newline="\n")


def _write_page(home: Home) -> None:
    (home.reference / "README.md").write_text(tables_page(), encoding="utf-8", newline="\n")


def _write_settings(home: Home, text: str) -> None:
    temporary = home.settings_file.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(home.settings_file)


def _quoted(text: str) -> str:
    """A YAML double-quoted scalar; JSON's escapes are valid there."""
    return json.dumps(text, ensure_ascii=False)
