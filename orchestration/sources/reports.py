"""What the readers of fetched reports share: the columns of every row, and checks of usage and cost rows."""

from orchestration.settings import Source
from orchestration.sources.shape import Check, Column, quoted


def report_columns(source: Source) -> tuple[Column, ...]:
    """Identity, the bucket and the account, as fetching put them beside each result."""
    return (
        Column("event_id", "id", called="id", required=True),
        Column("event_at", "bucket_start", "stamp", "bucket_start", required=True, naive="refused"),
        Column("report", "report"),
        Column("bucket_end", "bucket_end", "stamp", naive="refused"),
        Column("provider_account", "CAST(NULL AS VARCHAR)" if source.account is None else quoted(source.account)),
    )


def known_reports() -> tuple[Check, ...]:
    """A row of a report that staging does not know would be lost in silence."""
    return (
        Check("coalesce(report NOT IN ('usage', 'costs'), true)", quoted("report is neither usage nor costs")),
        Check("bucket_end IS NULL OR bucket_end <= event_at", quoted("bucket_end is missing or not after its start")),
    )


def missing(report: str, column: str) -> Check:
    """A column that every row of the report has."""
    return Check(f"report = {quoted(report)} AND {column} IS NULL", quoted(f"{column} is missing"))


def other_currency() -> Check:
    """Amounts are added as US dollars."""
    return Check(
        "report = 'costs' AND coalesce(currency <> 'usd', false)",
        "concat('the currency is ', left(currency, 20), ', and only USD is known')",
    )


def larger(parts: str, part: str, whole: str, column: str) -> Check:
    """Parts that are more than the whole they belong to are impossible usage."""
    return Check(
        f"report = 'usage' AND coalesce({part}, 0) > coalesce({column}, 0)",
        f"concat({quoted(f'{parts} are ')}, {part}, {quoted(f', more than {whole} they are part of, ')}, "
        f"coalesce({column}, 0))",
    )
