"""Message bodies: figures in, subject and text and HTML out. Pure functions, no sending."""

from reports.messages.facts import (
    BudgetFacts,
    Cause,
    Causes,
    Crossing,
    FailureFacts,
    IssuedFacts,
    Silence,
    UnreadFacts,
    Withdrawal,
)
from reports.messages.render import (
    Rendered,
    budget_crossed,
    crossing_withdrawn,
    run_failed,
    source_unread,
    statement_issued,
)

__all__ = [
    "BudgetFacts",
    "Cause",
    "Causes",
    "Crossing",
    "FailureFacts",
    "IssuedFacts",
    "Rendered",
    "Silence",
    "UnreadFacts",
    "Withdrawal",
    "budget_crossed",
    "crossing_withdrawn",
    "run_failed",
    "source_unread",
    "statement_issued",
]
