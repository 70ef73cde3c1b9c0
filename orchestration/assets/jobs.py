"""The jobs that schedules, sensors and the command line share.

`nightly` asks for the snapshot and names no partitions: which days it builds is known only after its own landing,
from fingerprints (orchestration/marts/plan.py), and one run covers them all, also those of a long downtime. Dagster
1.13 lets no named job hold daily and monthly partitions together, and a step that holds days cannot run without a
range; hence the marts' step says of each day and month that it rebuilt, whatever the run asked for.
"""

from dagster import AssetSelection, define_asset_job
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.assets.marts import MARTS_STEP, PUBLISHED
from orchestration.assets.statements import STATEMENTS
from orchestration.dbt import RAW
from orchestration.marts.publish import DAILY

NIGHTLY, BACKFILL, STATEMENT, DELIVER = "nightly", "backfill", "monthly_statement", "deliver"
_MESSAGES = AssetSelection.assets("budget_alerts", "deliveries")


def jobs() -> dict[str, UnresolvedAssetJobDefinition]:
    """Every job by its name."""
    return {
        NIGHTLY: define_asset_job(
            NIGHTLY,
            AssetSelection.assets(RAW, PUBLISHED) | _MESSAGES,
            config={"ops": {MARTS_STEP: {"config": {"rebuild": "stale"}}}},
            description="Land new files, build what is stale, evaluate budgets, send messages.",
        ),
        BACKFILL: define_asset_job(
            BACKFILL,
            AssetSelection.assets(*DAILY, PUBLISHED) | _MESSAGES,
            description="Build a range of days again at the prices they are pinned to, then as the nightly job.",
        ),
        STATEMENT: define_asset_job(
            STATEMENT,
            AssetSelection.assets(STATEMENTS),
            config={"ops": {STATEMENTS: {"config": {"months": "due"}}}},
            description="Write every monthly statement that is due, close what the policy closes, send messages.",
        ),
        DELIVER: define_asset_job(
            DELIVER, AssetSelection.assets("deliveries"), description="Send what waits in the outbox."
        ),
    }
