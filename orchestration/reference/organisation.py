"""Who belongs where, and who answers for a department."""

from dataclasses import dataclass
from datetime import date

from orchestration.reference.cells import address, name, one_of, text
from orchestration.reference.table import Column, Table, validity

MEMBER_TYPES = ("user", "api_key", "project", "team")


@dataclass(frozen=True)
class Member:
    """Where a user, key, project or team belongs, from `valid_from` until before `valid_to`."""

    member_type: str
    member: str
    name: str
    team: str
    department: str
    cost_centre: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Department:
    """A department's cost centre and who answers for it."""

    department: str
    cost_centre: str
    owner: str
    owner_email: str
    valid_from: date
    valid_to: date


ORGANISATION = Table(
    name="organisation",
    title="who belongs where",
    about=(
        "An event's own department wins, then its user's, its key's, its project's, its team's, as they were on the "
        "event's own day; with none of them its usage is shown as untagged."
    ),
    columns=(
        Column("member_type", one_of(*MEMBER_TYPES), "what `member` is"),
        Column("member", name(), "the user, key, project or team as the logs write it"),
        Column("name", text(), "the name that people read"),
        Column("team", text(), "the team"),
        Column("department", name(), "the department"),
        Column("cost_centre", text(), "the cost centre; empty: the department's"),
        *validity(),
    ),
    record=Member,
    key=("member_type", "member"),
    examples=(
        "user,amara.okafor,Amara Okafor,Platform,Engineering,CC-2100,2026-01-01,2026-07-01",
        "user,amara.okafor,Amara Okafor,Content,Marketing,CC-3300,2026-07-01,",
        "project,Code assistant,Code assistant,Platform,Engineering,CC-2100,2026-01-01,",
    ),
)

DEPARTMENTS = Table(
    name="departments",
    title="who gets a department's messages",
    about="A changed owner or address changes no figure and sends no message again.",
    columns=(
        Column("department", name(), "the department, as in organisation.csv"),
        Column("cost_centre", text(), "for usage whose member names none"),
        Column("owner", text(), "who answers for it"),
        Column("owner_email", address(), "where its messages go; empty: they wait until it is known"),
        *validity(),
    ),
    record=Department,
    key=("department",),
    examples=("Engineering,CC-2100,Grace Ellison,grace.ellison@example.com,2026-01-01,",),
)
