"""Who takes a message: the department's owner of today, or the operators."""

import re
from collections.abc import Callable, Sequence
from datetime import date

from orchestration.home import Home
from orchestration.ledger.outbox import Addressed
from orchestration.reference import Department, read_departments
from orchestration.settings import Settings

OPERATORS = "operators"
_DEPARTMENT = "department:"
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def audience(scope_type: str, scope: str) -> str:
    """The audience of a budget: its department's owner, or the operators for the whole organisation."""
    if scope_type == "department":
        return f"{_DEPARTMENT}{scope}"
    if scope_type == "organisation":
        return OPERATORS
    raise ValueError(f"no audience is defined for budgets of scope type {scope_type!r}")


def address_book(home: Home, settings: Settings) -> Callable[[str], Addressed]:
    """A function from audience to recipients, as the reference tables and settings have it today.

    departments.csv is read on the first question about a department, and then once.
    """
    departments: list[Department] | None = None

    def addressed(to: str) -> Addressed:
        nonlocal departments
        if to == OPERATORS:
            return _operators(settings.notifications.operators)
        if departments is None:
            departments = read_departments(home)
        return _owner(to.removeprefix(_DEPARTMENT), departments, settings.today)

    return addressed


def wrong_address(recipient: str) -> str | None:
    """Why a recipient cannot be written to, or None; a list, a name or a line break is no address."""
    if _ADDRESS.fullmatch(recipient):
        return None
    return f"{recipient!r} is not one plain e-mail address: correct it where it is set"


def _operators(operators: Sequence[str]) -> Addressed:
    known = tuple(dict.fromkeys(address.strip() for address in operators if address.strip()))
    return Addressed(known, None if known else "no operators are known: set notifications.operators")


def _owner(name: str, departments: Sequence[Department], today: date) -> Addressed:
    for row in departments:
        if row.department == name and row.valid_from <= today < row.valid_to and row.owner_email:
            return Addressed((row.owner_email,))
    return Addressed((), f"no recipient is known: give {name!r} an owner_email in reference/departments.csv for today")
