"""What a month's charges are made from beside its own days: credits in money, tax, and what closing has fixed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from orchestration.marts.calendar import month_end
from orchestration.reference import CreditGrant, Tax
from orchestration.reference.currencies import CURRENCIES


@dataclass(frozen=True)
class Charges:
    """`grants`: those in money. `issued`: the charges of each closed month as they were issued, if it has any.

    `moved`: months that were issued anew with less of a grant than before or are open again, each with its revision:
    there is more of it for others.
    """

    grants: tuple[CreditGrant, ...] = ()
    taxes: tuple[Tax, ...] = ()
    closed: frozenset[date] = frozenset()
    issued: Mapping[date, Path] | None = None
    moved: tuple[tuple[date, int], ...] = ()

    @property
    def first_day(self) -> date | None:
        """The first day of any grant: what earlier days cost says nothing of what is left."""
        return min((grant.valid_from for grant in self.grants), default=None)

    def of(self, month: date, days: Mapping[date, str]) -> list[object]:
        """What the month's fingerprint holds for them; `days` are the fingerprints of all days.

        A grant is used up in the order of days, so a month is made from every day since the first grant began. That a
        month is closed changes no figure and is not in it.
        """
        last = month_end(month)
        grants = [grant for grant in self.grants if grant.valid_from <= last]
        first = min((grant.valid_from for grant in grants), default=None)
        before = [f"{day}={mark}" for day, mark in sorted(days.items()) if first is not None and first <= day <= last]
        return [
            "charges",
            sorted(repr(replace(grant, note="")) for grant in grants),
            before,
            [f"{moved}/{revision}" for moved, revision in self.moved] if grants else [],
            sorted(repr(tax) for tax in self.taxes if tax.valid_from <= last < tax.valid_to),
        ]

    def variables(self, days: Iterable[Path]) -> dict[str, object]:
        """dbt's `--vars` for them; `days`: published daily_usage files from `first_day` on."""
        issued = self.issued or {}
        return {
            "money_grants": len(self.grants),
            "published_credit_day_files": [str(path) for path in days],
            "closed_months": [{"month": month.isoformat()} for month in sorted(self.closed)],
            "issued_charge_files": [str(path) for _, path in sorted(issued.items())],
        }


def in_money(grants: Iterable[CreditGrant], currency: str) -> tuple[CreditGrant, ...]:
    """The grants that are money; those in tokens and other units are balances of their own.

    Raises nothing for another currency: `check_money` refused it before.
    """
    return tuple(grant for grant in grants if grant.unit in CURRENCIES and grant.unit == currency)
