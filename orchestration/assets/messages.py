"""Alerts and their delivery as assets."""

from dagster import AssetExecutionContext, AssetsDefinition, MaterializeResult, asset

from orchestration.assets.marts import PUBLISHED
from orchestration.assets.site import Site
from orchestration.pipeline import deliver_messages, evaluate_alerts


def message_assets(site: Site) -> list[AssetsDefinition]:
    """What is decided, and what is sent."""

    @asset(deps=[PUBLISHED, "monthly_budget_crossings"], group_name="messages", kinds={"sqlite"})
    def budget_alerts(context: AssetExecutionContext) -> MaterializeResult[None]:
        """Every budget threshold that the published marts say was crossed, each recorded once, its message queued
        in the same transaction (data/ledger.sqlite).
        """
        with site.step(context) as settings:
            report = evaluate_alerts(site.home, settings)
        return MaterializeResult(
            metadata={
                "new": report.new,
                "historic": report.historic,
                "withdrawn": report.withdrawn,
                "queued": report.queued,
            }
        )

    @asset(deps=[budget_alerts], group_name="messages", kinds={"email"})
    def deliveries(context: AssetExecutionContext) -> MaterializeResult[None]:
        """What left the outbox. What cannot be sent stays there, and is tried again later."""
        with site.step(context) as settings:
            report = deliver_messages(site.home, settings, retry_now=site.by_hand)
        return MaterializeResult(
            metadata={
                "sent": report.sent,
                "failed": report.failed,
                "held": report.held,
                "waiting": report.waiting,
                "problems": "; ".join(report.problems) or "none",
            }
        )

    return [budget_alerts, deliveries]
