"""The messages that carry a closed month's statements: each to the one whose figures they are."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.closing.account import issued_charges_of
from orchestration.closing.compared import ZERO, Difference
from orchestration.closing.differences import charged_of
from orchestration.closing.freeze import MARTS, STATEMENTS
from orchestration.delivery.recipients import audience
from orchestration.home import Home
from orchestration.ledger.outbox import Attachment, Message, identity
from orchestration.settings import Settings


def statement_messages(
    home: Home,
    settings: Settings,
    *,
    month: date,
    folder: Path,
    revision: int,
    approved_by: str,
    frozen: Mapping[str, str],
    lines: Sequence[Difference],
) -> list[Message]:
    """One message for the organisation and one for each department with a statement, its own PDF and CSV attached.

    `folder` is where the revision is frozen, `frozen` the sha256 of its files, `lines` what a restatement changed.
    """
    from reports.currency import using
    from reports.messages import IssuedFacts, statement_issued
    from reports.statement import Standing, file_name, number

    standing = Standing(revision, settings.today, approved_by)
    messages = []
    spent = _spend(folder, month)
    for whose, charged in issued_charges_of(folder, month).items():
        scope = whose.name
        name = file_name(whose)
        files = [f"{name}.pdf", f"{name}.csv"]
        if f"{STATEMENTS}/{files[0]}" not in frozen:
            continue
        of_month = [line for line in lines if line.month == month]
        printed = number(month, whose, standing)
        facts = IssuedFacts(
            organisation=settings.organisation.name,
            scope=scope,
            month=month,
            number=printed,
            spend=spent.get(scope, ZERO),
            charged=charged,
            approved_by=approved_by,
            corrected=charged_of(of_month, whose.kind, scope) if revision > 1 else None,
            attachments=tuple(files),
        )
        with using(settings.currency):
            rendered = statement_issued(facts)
        messages.append(
            Message(
                message_id=identity("statement", printed),
                kind="statement",
                audience=audience(whose.kind, scope),
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                attachments=tuple(
                    Attachment(
                        f"{month:%Y-%m}-{file}",
                        (folder / STATEMENTS / file).relative_to(home.root).as_posix(),
                        frozen[f"{STATEMENTS}/{file}"],
                    )
                    for file in files
                ),
            )
        )
    return messages


def _spend(folder: Path, month: date) -> dict[str, Decimal]:
    """Exact spend of the organisation ('') and of each department with usage."""
    import duckdb

    usage = (folder / MARTS / "monthly_usage" / f"{month:%Y-%m}.parquet").as_posix()
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(
            """
            select '' as scope, coalesce(sum(effective_cost), 0)::decimal(38, 18) from read_parquet($usage)
            union all
            select department, coalesce(sum(effective_cost), 0)::decimal(38, 18) from read_parquet($usage)
            where department <> '' group by department
            """,
            {"usage": usage},
        ).fetchall()
    return dict(rows)
