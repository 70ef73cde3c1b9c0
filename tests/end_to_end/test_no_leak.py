"""A department's files and messages hold its own rows and nobody else's figures, names or people."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import yaml
from pypdf import PdfReader

from orchestration.home import Home
from tests.end_to_end.recompute import Reference
from tests.end_to_end.recompute_reading import READERS
from tests.support.homes import (
    KEPT_DEPARTMENTS,
    contents,
    copy_home,
    json_lines,
    main_job,
    read_table,
    write_json_lines,
    write_table,
)

CHANGED = "Engineering"
OTHERS = tuple(name for name in KEPT_DEPARTMENTS if name != CHANGED)
COUNTED = re.compile(r".*(_tokens|_calls)|spend")


def test_changing_every_row_of_one_department_changes_no_byte_of_another(
    untouched: Home, published: Home, tmp_path: Path
) -> None:
    home = copy_home(untouched, tmp_path / "changed")
    rows = change_department(home)
    assert rows > 200
    main_job(home)
    before, after = statements(published), statements(home)
    assert before.keys() == after.keys() and len(before) == 2 * (1 + len(KEPT_DEPARTMENTS))
    kept = {name for name, content in before.items() if after[name] == content}
    assert kept == {f"department-{slug(name)}.{ending}" for name in OTHERS for ending in ("pdf", "csv")}
    mailed, now = mail_by_department(published), mail_by_department(home)
    assert mailed.keys() == now.keys() == set(KEPT_DEPARTMENTS)
    assert {name for name in KEPT_DEPARTMENTS if now[name].as_bytes() == mailed[name].as_bytes()} == set(OTHERS)


def test_a_departments_files_and_mail_name_nobody_else(ran: Home) -> None:
    names = [row["department"] for row in read_table(ran, "departments.csv")]
    mail = mail_by_department(ran)
    assert len(names) == 8 and len(mail) == 2
    for name in names:
        folder = ran.statements / "2026-10"
        pdf, csv = folder / f"department-{slug(name)}.pdf", folder / f"department-{slug(name)}.csv"
        reader = PdfReader(pdf)
        (attached,) = reader.attachments[csv.name]
        assert attached == csv.read_bytes()
        told = {
            "pdf": "\n".join(page.extract_text() for page in reader.pages) + str(reader.metadata) + outline(reader),
            "csv": csv.read_text(encoding="utf-8"),
        }
        if name in mail:
            told["mail"] = text_of(mail[name])
        for kind, text in told.items():
            own, foreign = words_of(ran, name), foreign_words(ran, name)
            assert found_in(text, ran, own), (name, kind)
            assert found_in(text, ran, foreign) == set(), (name, kind)


@pytest.mark.parametrize("name", KEPT_DEPARTMENTS)
def test_the_mail_goes_to_the_departments_owner_alone(published: Home, name: str) -> None:
    owner = next(row["owner_email"] for row in read_table(published, "departments.csv") if row["department"] == name)
    mail = mail_by_department(published)[name]
    assert (str(mail["To"]), mail["Cc"], mail["Bcc"]) == (owner, None, None)


def change_department(home: Home) -> int:
    """Other amounts, users and projects in every row of CHANGED, another owner and budget; returns the rows."""
    people, changed = Reference(home.root), 0
    kinds = {name: source["kind"] for name, source in yaml.safe_load(home.settings_file.read_text())["sources"].items()}
    for path in sorted(home.inbox.rglob("*.jsonl*")):
        source, *folders = path.relative_to(home.inbox).parts[:-1]
        named = dict(zip(("user_id", "project"), folders, strict=False)) if source == "workstations" else {}
        rows = json_lines(path)
        new = []
        for row in rows:
            mine = owns(people, kinds[source], source, row, named)
            changed += mine
            new.append(other(row) if mine else row)
        target = path
        if named and any(row is not kept for row, kept in zip(rows, new, strict=True)):
            target = home.inbox / source / renamed(named["user_id"]) / renamed(named["project"]) / path.name
            path.unlink()
        write_json_lines(target, new)
    members = read_table(home, "organisation.csv")
    copies = [
        {**row, "member": renamed(row["member"]), "name": renamed(row["name"]), "team": renamed(row["team"])}
        for row in members
        if row["department"] == CHANGED
    ]
    write_table(home, "organisation.csv", [*members, *copies])
    budgets = read_table(home, "budgets.csv")
    write_table(
        home, "budgets.csv", [{**row, "amount": "77.00"} if row["scope"] == CHANGED else row for row in budgets]
    )
    departments = read_table(home, "departments.csv")
    write_table(
        home,
        "departments.csv",
        [{**row, "owner": "Somebody Else"} if row["department"] == CHANGED else row for row in departments],
    )
    return changed


def owns(people: Reference, kind: str, source: str, row: dict[str, Any], folders: dict[str, str]) -> bool:
    try:
        record = READERS[kind](source, row, folders)
    except (KeyError, ValueError, TypeError):
        return False
    return record is not None and people.owner(record.said, record.at.date())[0] == CHANGED


def other(row: Any, name: str = "") -> Any:
    """The row with three times the tokens and other people, wherever its format has them."""
    if isinstance(row, dict):
        return {key: other(value, key) for key, value in row.items()}
    if isinstance(row, list):
        return [re.sub("^project:", "project:x-", item) if isinstance(item, str) else item for item in row]
    if isinstance(row, int | float) and not isinstance(row, bool) and COUNTED.fullmatch(name):
        return row * 3
    return renamed(row) if name in ("user_id", "project", "user", "api_key", "team_id") and row else row


def renamed(name: str) -> str:
    return f"x-{name}"


def statements(home: Home) -> dict[str, bytes]:
    return contents(home.statements / "2026-10")


def slug(name: str) -> str:
    return name.lower().replace("&", "and").replace(" ", "-")


def mail_by_department(home: Home) -> dict[str, EmailMessage]:
    owners = {row["owner_email"]: row["department"] for row in read_table(home, "departments.csv")}
    found = [message_from_bytes(data, policy=default) for data in contents(home.root / "messages").values()]
    return {owners[str(message["To"])]: message for message in found if str(message["To"]) in owners}


def text_of(message: EmailMessage) -> str:
    """Everything of a message: its headers and the text of its parts."""
    parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(str(message[name]) for name in ("From", "To", "Subject")), *parts])


def outline(reader: PdfReader) -> str:
    return " ".join(str(entry) for entry in reader.outline)


def words_of(home: Home, department: str) -> set[str]:
    """What names a department: itself, its people, projects, teams, keys, cost centre, owner."""
    rows = [row for row in read_table(home, "organisation.csv") if row["department"] == department]
    owners = [row for row in read_table(home, "departments.csv") if row["department"] == department]
    words = {department} | {row[column] for row in rows for column in ("member", "name", "team", "cost_centre")}
    return words | {row[column] for row in owners for column in ("owner", "owner_email", "cost_centre")}


def foreign_words(home: Home, department: str) -> set[str]:
    """What names the other departments and not also this one (somebody who moved belongs to two)."""
    every = {row["department"] for row in read_table(home, "departments.csv")}
    return set().union(*(words_of(home, name) for name in every - {department})) - words_of(home, department)


def found_in(text: str, home: Home, words: set[str]) -> set[str]:
    """The words that stand in a text as such; the organisation's own address does not count."""
    plain = " ".join(text.split())
    for line in yaml.safe_load(home.settings_file.read_text())["organisation"]["address"]:
        plain = plain.replace(line, "")
    return {word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain)}
