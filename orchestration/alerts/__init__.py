"""Budget alerts, from a published crossing to a message in the mailbox, each exactly once.

`evaluate` records and queues, `deliver` sends; `preview`, `list_alerts`, `pending` and `ready` only look.
Importing this is light: DuckDB, Jinja and Apprise are imported by the calls that need them.
"""

from orchestration.alerts.evaluation import AlertsReport, Preview, evaluate, needs_evaluation, preview
from orchestration.alerts.failures import queue_failure, queue_unread
from orchestration.alerts.overview import Delivered, Recorded, list_alerts, list_deliveries, pending
from orchestration.delivery.deliver import DeliveryReport, deliver, ready
from orchestration.ledger.backup import backup_ledger
from orchestration.ledger.outbox import Waiting

__all__ = [
    "AlertsReport",
    "Delivered",
    "DeliveryReport",
    "Preview",
    "Recorded",
    "Waiting",
    "backup_ledger",
    "deliver",
    "evaluate",
    "list_alerts",
    "list_deliveries",
    "needs_evaluation",
    "pending",
    "preview",
    "queue_failure",
    "queue_unread",
    "ready",
]
