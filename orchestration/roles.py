"""What a source's events are: `usage`, which is counted, or `control`, a report of usage that another source counts.

A source's `roles` split it by provider account, key and day; the first rule that fits decides, else its `role`. Days
are those of the organisation. The dbt macro source_role says the same in SQL; a test compares the two.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.landing.receipts import Receipt
from orchestration.mirrors import mirror_group, mirror_roots
from orchestration.settings import FETCHED_KINDS, RoleRule, Settings, Source

Days = tuple[date, date]
"""First and last day, both included."""


@dataclass(frozen=True)
class Overlap:
    """The same account counted by two sources on the same days. `api_key` is None where it is any key."""

    provider: str | None
    account: str
    api_key: str | None
    first: str
    second: str
    days: Days


def role_of(source: Source, *, account: str | None, api_key: str | None, day: date) -> str:
    """usage or control, for an event of this account and key on this day."""
    for rule in source.roles:
        if (
            rule.account in (None, account)
            and (not rule.api_keys or api_key in rule.api_keys)
            and (rule.first is None or rule.first <= day)
            and (rule.until is None or day < rule.until)
        ):
            return rule.role
    return source.role


def role_rows(settings: Settings) -> list[dict[str, object]]:
    """The rules that make control of events, in order, for dbt; a source without any stands for usage."""
    return [
        {
            "source": name,
            "account": rule.account,
            "api_keys": list(rule.api_keys),
            "from": rule.first.isoformat() if rule.first else None,
            "to": rule.until.isoformat() if rule.until else None,
            "role": rule.role,
        }
        for name, source in sorted(settings.sources.items())
        if source.role == "control" or any(rule.role == "control" for rule in source.roles)
        for rule in (*source.roles, RoleRule(role=source.role))
    ]


def day_marks(settings: Settings) -> Callable[[str, date], str]:
    """A function from source and day to what the settings make of its events beyond the events themselves.

    It gives '' where that is nothing: such a source's days are as they were before there were roles.
    """
    sources = settings.sources
    roots = mirror_roots(sources)
    shared = {name: [(each, roots[each]) for each in mirror_group(sources, name) if each in roots] for name in sources}
    plain = {
        name
        for name, source in sources.items()
        if source.account is None and source.role == "usage" and not source.roles and not shared[name]
    }

    @cache
    def mark(name: str, day: date) -> str:
        if name in plain or name not in sources:
            return ""
        source = sources[name]
        rules = [
            (rule.account, sorted(rule.api_keys), rule.role)
            for rule in source.roles
            if (rule.first is None or rule.first <= day) and (rule.until is None or day < rule.until)
        ]
        said = [source.account, source.role if source.role != "usage" else None, rules, shared[name]]
        return json.dumps(said) if any(said) else ""

    return mark


def in_words(source: Source) -> str:
    """The source's role, for people."""
    roles = {source.role, *(rule.role for rule in source.roles)}
    return " and ".join(sorted(roles, reverse=True))


def refuse_overlaps(settings: Settings, landed: Sequence[Receipt]) -> None:
    """Two sources that count the same account on the same days would count its usage twice: SettingsError."""
    found = next(overlaps(settings, landed), None)
    if found is None:
        return
    report, other = _report_first(settings, found)
    first, last = found.days
    who = f"{found.provider} account {found.account}" if found.provider else f"account {found.account}"
    keys = f" with the key {found.api_key}" if found.api_key else ""
    key_words = f" api_keys: [{json.dumps(found.api_key)}]," if found.api_key else ""
    raise SettingsError(
        f"The sources {found.first} and {found.second} both count the usage of {who}{keys} from {first} to {last}: "
        "it would be counted twice, so nothing was built.",
        f"In tallyhouse.yaml, under sources.{report}, write `role: control` if all of it is a report of what {other} "
        f"counts; or, for this part, `roles: [{{account: {json.dumps(found.account)},{key_words} from: {first}, "
        f"to: {last + timedelta(days=1)}, role: control}}]`.",
    )


def overlaps(settings: Settings, landed: Sequence[Receipt]) -> Iterator[Overlap]:
    """Accounts that two sources count on the same days. An event whose account is not known conflicts with none."""
    used = _days_used(settings, landed)
    for one, other in combinations(sorted(used), 2):
        if other in mirror_group(settings.sources, one):
            continue
        sources = settings.sources.get(one, _unnamed(one)), settings.sources.get(other, _unnamed(other))
        for (provider, account), days in sorted(used[one].items(), key=str):
            for (also, same), others in sorted(used[other].items(), key=str):
                if same != account or (provider and also and provider != also):
                    continue
                for key in _keys(sources, account):
                    both = [
                        day
                        for day in sorted(days & others)
                        if all(role_of(each, account=account, api_key=key, day=day) == "usage" for each in sources)
                    ]
                    if both:
                        yield Overlap(provider or also, account, key, one, other, (both[0], both[-1]))
                        break


def _days_used(settings: Settings, landed: Sequence[Receipt]) -> dict[str, dict[tuple[str | None, str], set[date]]]:
    """The days on which each source has events of each account, by (provider, account)."""
    used: dict[str, dict[tuple[str | None, str], set[date]]] = defaultdict(lambda: defaultdict(set))
    for receipt in landed:
        source = settings.sources.get(receipt.source)
        fallback = source.account if source else None
        for provider, account, first, last in receipt.accounts or _before_accounts(receipt):
            if provider is None and receipt.kind in FETCHED_KINDS:
                continue  # rows of a cost report are no usage
            known = account or fallback
            if known:
                start, end = date.fromisoformat(first), date.fromisoformat(last)
                used[receipt.source][provider, known].update(
                    start + timedelta(days=step) for step in range((end - start).days + 1)
                )
    return used


def _before_accounts(receipt: Receipt) -> Iterator[tuple[None, None, str, str]]:
    """A receipt written before it told accounts: its days, of nobody in particular."""
    for day in {day for file in receipt.files for day in file.days}:
        yield None, None, day, day


def _keys(sources: tuple[Source, Source], account: str) -> list[str | None]:
    """Every key that a rule of either names for the account, after None for all others."""
    named = {
        key for source in sources for rule in source.roles if rule.account in (None, account) for key in rule.api_keys
    }
    return [None, *sorted(named)]


def _unnamed(name: str) -> Source:
    """A source that has left the settings: what it delivered is still counted."""
    return Source(name=name, kind="events", path=Path("/"))


def _report_first(settings: Settings, found: Overlap) -> tuple[str, str]:
    """The source that is likelier a report, one that a provider itself gives, then the other one."""
    first = settings.sources.get(found.first)
    second = settings.sources.get(found.second)
    if first is not None and first.is_fetched and (second is None or not second.is_fetched):
        return found.first, found.second
    return found.second, found.first
