"""Monthly statements as an asset."""

from collections.abc import Iterator
from typing import Literal

from dagster import (
    AssetExecutionContext,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Config,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration.assets.marts import PUBLISHED, asked_days
from orchestration.assets.site import Site
from orchestration.marts.manifest import read_manifest
from orchestration.partitions import Calendar, days_of, months_of
from orchestration.pipeline import deliver_messages
from orchestration.statements import write_statements

STATEMENTS = "statements"


class StatementsConfig(Config):
    """Which statements: those of the run's partitions (`asked`), or every month whose statement is `due`."""

    months: Literal["asked", "due"] = "asked"


def statements_asset(site: Site, calendar: Calendar) -> AssetsDefinition:
    """The statements of each month. As with the marts, a run says of each month that it wrote, and of no other."""
    spec = AssetSpec(
        key=STATEMENTS,
        deps=[PUBLISHED, "monthly_usage", "monthly_budget_status"],
        description="Statements (statements/YYYY-MM): PDF and CSV for the organisation and for each department.",
        group_name="statements",
        kinds={"pdf", "csv"},
        partitions_def=calendar.monthly,
        skippable=True,
    )

    @multi_asset(name=STATEMENTS, specs=[spec], backfill_policy=BackfillPolicy.single_run())
    def statements(context: AssetExecutionContext, config: StatementsConfig) -> Iterator[MaterializeResult[None]]:
        asked = asked_days(context) if config.months == "asked" else None
        with site.step(context) as settings:
            published = read_manifest(site.home)
            known = published.months if published else {}
            # A month without usage has no statement.
            months = [month for month in months_of(days_of(*asked)) if month in known] if asked else None
            report = write_statements(site.home, settings, months=months)
            # Here and not in a step after this one: Dagster skips what follows a step that may stay without output.
            deliver_messages(site.home, settings, retry_now=site.by_hand)
        for month in report.months if report else ():
            files = [path for path in report.files if path.parent.name == f"{month:%Y-%m}"] if report else []
            context.log_event(
                AssetMaterialization(
                    STATEMENTS,
                    partition=month.isoformat(),
                    metadata={
                        "files": len(files),
                        "folder": MetadataValue.path(site.home.statements / f"{month:%Y-%m}"),
                    },
                )
            )
        yield from ()

    return statements
