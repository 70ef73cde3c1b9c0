"""The published marts as assets of one step: a build makes all six, and publishes them in one swap.

Dagster sees of a build exactly what it rebuilt: the step logs one materialisation for each rebuilt day or month and
mart, with the fingerprint of its content as data version, and for nothing else. The nightly job asks for the snapshot,
which has no partitions: which days it rebuilds is known only after its own landing. A range asked for in the user
interface or by `tallyhouse backfill` asks for days or months of the marts. Both are the same step and one history.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Config,
    DagsterEvent,
    DataVersion,
    MaterializeResult,
    multi_asset,
)

from orchestration.assets.instance import many_events
from orchestration.assets.lineage import Lineage
from orchestration.assets.site import Site
from orchestration.assets.sizes import Size, sizes_of
from orchestration.checks import check_specs, data_test_results, figures_results, refusal_results
from orchestration.dbt import DAYS_OF_MONTHS, RAW, mart_specs
from orchestration.errors import TallyhouseError
from orchestration.home import Home
from orchestration.marts.build import BuildReport
from orchestration.marts.manifest import Manifest, PublishedDay, PublishedMonth, read_manifest
from orchestration.marts.publish import DAILY, MONTHLY
from orchestration.marts.unpriced import unpriced_models
from orchestration.partitions import Calendar, days_of, months_of
from orchestration.pipeline import build_marts

MARTS_STEP = "marts"
PUBLISHED = AssetKey("published_marts")
_DATA_VERSION = "dagster/data_version"
_ROWS = "dagster/row_count"

Step = Iterator[MaterializeResult[None] | AssetCheckResult]


class BuildConfig(Config):
    """What to build: `all` days of the run's partitions again, or only what is `stale`, wherever that is."""

    rebuild: Literal["all", "stale"] = "all"


def marts_asset(site: Site, lineage: Lineage, calendar: Calendar) -> AssetsDefinition:
    """Daily and monthly marts, the snapshot that holds them, and their checks."""
    snapshot = AssetSpec(
        key=PUBLISHED,
        # The build must follow the landing of the same run, and Dagster orders steps by direct dependencies only.
        # Days that months map onto are there through the months: named here, Dagster would ask a run without
        # partitions, as the nightly one, for the days that this run's month maps onto, and fail.
        deps=[RAW, *(mart for mart in DAILY if mart not in DAYS_OF_MONTHS), *MONTHLY],
        description="The published snapshot (data/marts/current): every day and month, swapped in as one.",
        group_name="marts",
        kinds={"parquet"},
    )

    @multi_asset(
        name=MARTS_STEP,
        specs=[*mart_specs(lineage, calendar), snapshot],
        check_specs=check_specs(lineage),
        can_subset=True,
        backfill_policy=BackfillPolicy.single_run(),
    )
    def marts(context: AssetExecutionContext, config: BuildConfig) -> Step:
        asked = asked_days(context) if config.rebuild == "all" else None
        try:
            with site.step(context) as settings:
                report = build_marts(site.home, settings, rebuild=asked)
        except TallyhouseError as error:
            yield from _checked(context, refusal_results(lineage, error))
            raise
        manifest = report.manifest if report else read_manifest(site.home)
        with many_events(context.instance, context.run.run_id):
            for event in with_sizes(site.home, rebuilt(report, manifest, asked=asked, today=settings.today)):
                context.log_event(event)
        if report is not None:
            yield from _checked(context, data_test_results(lineage, report.nodes))
            yield from _checked(context, figures_results(report.manifest, unpriced_models(site.home, report.manifest)))
        if PUBLISHED in context.selected_asset_keys:
            yield _snapshot(manifest)

    return marts


def _checked(context: AssetExecutionContext, found: Iterable[AssetCheckEvaluation]) -> Iterator[AssetCheckResult]:
    """Yield the results of the run's own checks, log those of other marts: a build checks all, whatever was asked."""
    step = context.get_step_execution_context()
    for item in found:
        if item.asset_check_key not in context.selected_asset_check_keys:
            DagsterEvent.asset_check_evaluation(step, item)
            continue
        yield AssetCheckResult(
            asset_key=item.asset_key,
            check_name=item.check_name,
            passed=item.passed,
            severity=item.severity,
            metadata=item.metadata,
            description=item.description,
        )


def asked_days(context: AssetExecutionContext) -> tuple[date, date] | None:
    """First and last day of the run's daily or monthly partitions; None for a run without."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return None
    window = context.partition_time_window
    return window.start.date(), window.end.date() - timedelta(days=1)


def rebuilt(
    report: BuildReport | None, manifest: Manifest | None, *, asked: tuple[date, date] | None, today: date
) -> Iterator[AssetMaterialization]:
    """One materialisation for each day and month that was rebuilt, in each of its marts.

    Days that were asked for and have no events are materialised too: they are empty, not missing.
    """
    known_days = manifest.days if manifest else {}
    known_months = manifest.months if manifest else {}
    days, months = (set(report.days), set(report.months)) if report else (set(), set())
    if asked is not None:
        span = days_of(asked[0], min(asked[1], today))
        days |= {day for day in span if day not in known_days}
        months |= {month for month in months_of(span) if month not in known_months}
    for day in sorted(days):
        yield from _events(DAILY, day, known_days.get(day))
    for month in sorted(months):
        yield from _events(MONTHLY, month, known_months.get(month))


def with_sizes(home: Home, events: Iterable[AssetMaterialization]) -> Iterator[AssetMaterialization]:
    """Add rows and bytes of the published file that each event tells of; a day without usage may have none."""
    named = [(event, published_file(home, event.asset_key.to_user_string(), str(event.partition))) for event in events]
    sizes = sizes_of(path for _, path in named)
    for event, path in named:
        size = sizes.get(path, Size(0, 0))
        yield event.with_metadata({**event.metadata, _ROWS: size.rows, "bytes": size.bytes})


def published_file(home: Home, mart: str, partition: str) -> Path:
    """Where a mart's day or month is published."""
    return home.current_marts / mart / f"{partition[:7] if mart in MONTHLY else partition}.parquet"


def _events(
    marts: Iterable[str], partition: date, published: PublishedDay | PublishedMonth | None
) -> Iterator[AssetMaterialization]:
    version = published.fingerprint if published else "empty"
    requests = published.requests if published else 0
    # Amounts are exact decimals as text: a number would be a float in Dagster, and Decimal rounds to 28 digits.
    spend = published.spend if published else "0"
    if "." in spend:
        spend = spend.rstrip("0").rstrip(".")
    for mart in marts:
        yield AssetMaterialization(
            asset_key=mart,
            partition=partition.isoformat(),
            metadata={"requests": requests, "spend_usd": spend},
            tags={_DATA_VERSION: version},
        )


def _snapshot(manifest: Manifest | None) -> MaterializeResult[None]:
    if manifest is None:
        return MaterializeResult(asset_key=PUBLISHED, data_version=DataVersion("nothing"), metadata={"days": 0})
    return MaterializeResult(
        asset_key=PUBLISHED,
        data_version=DataVersion(manifest.snapshot),
        metadata={
            "snapshot": manifest.snapshot,
            "data_until": manifest.data_until,
            "days": len(manifest.days),
            **{f"rows_{fate}": count for fate, count in manifest.conservation.items()},
        },
    )
