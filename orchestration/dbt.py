"""The dbt project in Dagster's words: marts are assets that the build makes, all else is lineage, tests are checks."""

import warnings
from collections.abc import Iterator

from dagster import (
    AssetCheckSpec,
    AssetDep,
    AssetKey,
    AssetSpec,
    BetaWarning,
    PartitionsDefinition,
    TableColumn,
    TableSchema,
    TimeWindowPartitionMapping,
)

from orchestration.assets.lineage import DataTest, Lineage, Model
from orchestration.errors import TallyhouseError
from orchestration.marts.publish import DAILY, MONTHLY
from orchestration.partitions import Calendar

RAW = "raw_usage"
_MARTS = (*DAILY, *MONTHLY)
_OUTSIDE = {
    "reference": "The table `reference/{}.csv` of the home, kept by hand.",
    "prices": "The {} of every price book that a day is pinned to (data/prices).",
}
_THROUGH = {"raw", "run", "published"}
# A test that reads no mart tests what all marts are built from; it is shown where its finding would be felt first.
_FIRST_MART = "daily_usage"
# The daily mart that a month is made of, where it is another.
_DAYS_OF = {
    "monthly_credits": "daily_credits",
    "monthly_reconciliation": "daily_utc_usage",
    "monthly_reconciliation_models": "daily_utc_usage",
}
# Every daily mart that months map onto.
DAYS_OF_MONTHS = frozenset(_DAYS_OF.get(mart, _FIRST_MART) for mart in MONTHLY)


def mart_specs(lineage: Lineage, calendar: Calendar) -> list[AssetSpec]:
    """The published marts: daily ones by day, monthly ones by month and mapped on their days."""
    models = {model.name: model for model in lineage.models}
    missing = [mart for mart in _MARTS if mart not in models]
    if missing:
        raise TallyhouseError(
            f"The dbt project has no model {missing[0]}.", "Name it in orchestration/marts/publish.py as it is called."
        )
    return [
        *(_mart(models[mart], calendar.daily, ()) for mart in DAILY),
        *(_mart(models[mart], calendar.monthly, (_DAYS_OF.get(mart, _FIRST_MART),)) for mart in MONTHLY),
    ]


def lineage_specs(lineage: Lineage) -> list[AssetSpec]:
    """What the build reads and what it makes on the way: shown, never run or stored on its own."""
    steps = [
        AssetSpec(
            key=model.name,
            deps=_upstream(model),
            description=model.description,
            group_name=model.layer,
            kinds={"dbt", "duckdb"},
        )
        for model in lineage.models
        if model.name not in _MARTS
    ]
    sources = sorted({source for model in lineage.models for source in model.sources if _is_outside(source)})
    return [*steps, *(_outside(source) for source in sources)]


def data_test_checks(lineage: Lineage) -> Iterator[AssetCheckSpec]:
    """Each dbt data test as a check of the mart it tests."""
    for test in lineage.tests:
        yield AssetCheckSpec(name=test.name, asset=mart_of(test), description=test.description or None)


def mart_of(test: DataTest) -> str:
    return next((model for model in test.models if model in _MARTS), _FIRST_MART)


def _mart(model: Model, partitions: PartitionsDefinition[str], days: tuple[str, ...]) -> AssetSpec:
    # The build must follow the landing of the same run, and Dagster orders steps by direct dependencies only.
    # Days of a month that have not begun are no partitions yet, and those before the first day never were.
    with warnings.catch_warnings():
        # The parameter is marked beta; the version is locked, and the user can do nothing about it.
        warnings.simplefilter("ignore", BetaWarning)
        mapping = TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
    direct = [AssetDep(name, partition_mapping=mapping) for name in days] or [AssetDep(RAW)]
    return AssetSpec(
        key=model.name,
        deps=[*direct, *(dep for dep in _upstream(model) if dep not in {item.asset_key for item in direct})],
        description=model.description,
        group_name="marts",
        kinds={"dbt", "duckdb", "parquet"},
        partitions_def=partitions,
        skippable=True,
        metadata={
            "dagster/column_schema": TableSchema(
                columns=[
                    TableColumn(name=column.name, type=column.data_type, description=column.description)
                    for column in model.columns
                ]
            )
        },
    )


def _upstream(model: Model) -> list[AssetKey]:
    raw = [AssetKey(RAW)] if any(source.startswith("raw.") for source in model.sources) else []
    return [
        *raw,
        *(AssetKey(source.split(".")) for source in model.sources if _is_outside(source)),
        *(AssetKey(name) for name in model.models),
    ]


def _is_outside(source: str) -> bool:
    """Whether a dbt source comes from the customer; raw facts are an asset, the rest tells a build its task."""
    schema = source.split(".")[0]
    if schema not in _OUTSIDE and schema not in _THROUGH:
        raise TallyhouseError(f"The dbt source {source} is not known to Dagster.", "Add it to orchestration/dbt.py.")
    return schema in _OUTSIDE


def _outside(source: str) -> AssetSpec:
    schema, table = source.split(".")
    return AssetSpec(key=[schema, table], description=_OUTSIDE[schema].format(table), group_name="inputs")
