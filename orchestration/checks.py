"""What is checked of every build: dbt's data tests, that no row is lost, and what a person should look at."""

from collections.abc import Iterable, Iterator, Sequence

from dagster import AssetCheckEvaluation, AssetCheckSeverity, AssetCheckSpec, AssetKey, MetadataValue

from orchestration.assets.lineage import Lineage
from orchestration.dbt import data_test_checks, mart_of
from orchestration.errors import ConservationError, TallyhouseError
from orchestration.marts.calendar import month_end
from orchestration.marts.dbt_build import BuildError, NodeResult
from orchestration.marts.manifest import Manifest
from orchestration.marts.unpriced import UnpricedModel, in_words
from orchestration.reconciling.verdicts import bills_check, bills_of


def check_specs(lineage: Lineage) -> list[AssetCheckSpec]:
    """Every check of the marts."""
    return [
        *data_test_checks(lineage),
        AssetCheckSpec(
            name="conservation",
            asset="daily_sources",
            description="Every row ever delivered is counted, a duplicate, quarantined, no usage, superseded, of a "
            "cost report, or not due yet.",
        ),
        AssetCheckSpec(
            name="conflicts",
            asset="daily_sources",
            description="No event came again, days apart, under the same id.",
        ),
        AssetCheckSpec(name="unpriced", asset="daily_usage", description="All usage has a price."),
        AssetCheckSpec(
            name="reconciled",
            asset="monthly_reconciliation",
            description="Every full month agrees with its providers' bills, as far as there are any.",
        ),
    ]


def data_test_results(lineage: Lineage, nodes: Iterable[NodeResult]) -> Iterator[AssetCheckEvaluation]:
    """What dbt's data tests found in one build; a test that did not get to run says nothing."""
    marts = {test.name: mart_of(test) for test in lineage.tests}
    for node in nodes:
        if node.kind == "test" and node.status != "skipped":
            yield AssetCheckEvaluation(
                asset_key=AssetKey(marts[node.name]),
                check_name=node.name,
                passed=node.passed,
                metadata={
                    "failures": node.failures,
                    "seconds": round(node.seconds, 3),
                    # The warehouse keeps the build that failed: the query shows the rows there.
                    **({} if node.passed else {"query": MetadataValue.path(node.sql)}),
                },
                description=node.message or None,
            )


def refusal_results(lineage: Lineage, error: TallyhouseError) -> Iterator[AssetCheckEvaluation]:
    """What is known of a build that was not published: which data tests failed, or that rows are missing."""
    if isinstance(error, BuildError):
        yield from data_test_results(lineage, error.nodes)
    if isinstance(error, ConservationError):
        yield AssetCheckEvaluation(
            asset_key=AssetKey("daily_sources"), check_name="conservation", passed=False, description=error.message
        )


def figures_results(manifest: Manifest, models: Sequence[UnpricedModel] = ()) -> Iterator[AssetCheckEvaluation]:
    """The checks of a published snapshot as a whole, all its days included. `models`: those without a price."""
    fates = dict(manifest.conservation)
    delivered = fates.pop("delivered")
    yield AssetCheckEvaluation(
        asset_key=AssetKey("daily_sources"),
        check_name="conservation",
        passed=delivered == sum(fates.values()),
        metadata={"delivered": delivered, **fates},
    )
    conflicts = {day: item.conflicts for day, item in sorted(manifest.days.items()) if item.conflicts}
    yield AssetCheckEvaluation(
        asset_key=AssetKey("daily_sources"),
        check_name="conflicts",
        passed=not conflicts,
        severity=AssetCheckSeverity.WARN,
        metadata={"events": sum(conflicts.values()), "days": _named(conflicts)},
    )
    unpriced = {day: item for day, item in sorted(manifest.days.items()) if item.has_unpriced}
    yield AssetCheckEvaluation(
        asset_key=AssetKey("daily_usage"),
        check_name="unpriced",
        passed=not unpriced,
        severity=AssetCheckSeverity.WARN,
        metadata={
            "unpriced_requests": sum(item.unpriced_requests for item in unpriced.values()),
            "unpriced_tokens": sum(item.unpriced_tokens for item in unpriced.values()),
            "requests": sum(item.requests for item in manifest.days.values()),
            "days": _named(unpriced),
            "models": "\n".join(in_words(models, shown=10)) or "none",
        },
    )
    full = [month for month in sorted(manifest.months) if month_end(month).isoformat() <= manifest.data_until]
    checks = {month: bills_check(manifest, month) for month in full}
    differing = [f"{month:%Y-%m}: {check.detail}" for month, check in checks.items() if not check.met]
    yield AssetCheckEvaluation(
        asset_key=AssetKey("monthly_reconciliation"),
        check_name="reconciled",
        passed=not differing,
        severity=AssetCheckSeverity.WARN,
        metadata={
            "months": len(full),
            "with a bill": sum(any(bill.is_compared for bill in bills_of(manifest, month)) for month in full),
            "differing": "; ".join(differing) or "none",
        },
    )


def _named(days: Iterable[object], shown: int = 10) -> str:
    """The latest of some days, in words."""
    known = [str(day) for day in days]
    more = f" and {len(known) - shown} earlier" if len(known) > shown else ""
    return (", ".join(known[-shown:]) + more) or "none"
