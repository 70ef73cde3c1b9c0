"""Everything that Dagster knows, on one screen. Loading it reads the home; importing it does no work."""

from collections.abc import Mapping
from pathlib import Path

from dagster import Definitions, LoggerDefinition, definitions, in_process_executor

from orchestration.assets.jobs import jobs
from orchestration.assets.landing import raw_usage_asset
from orchestration.assets.lineage import read_lineage
from orchestration.assets.marts import marts_asset
from orchestration.assets.messages import message_assets
from orchestration.assets.site import Site
from orchestration.assets.statements import statements_asset
from orchestration.dbt import lineage_specs
from orchestration.home import find_home
from orchestration.partitions import calendar
from orchestration.schedules import schedules
from orchestration.sensors import sensors
from orchestration.settings import home_from_environment, load_settings


def define(site: Site, loggers: Mapping[str, LoggerDefinition] | None = None) -> Definitions:
    """The definitions of one home, as its settings and data are now."""
    settings, lineage = site.settings(), read_lineage(site.home)
    days_and_months = calendar(site.home, settings)
    return Definitions(
        assets=[
            raw_usage_asset(site),
            *lineage_specs(lineage),
            marts_asset(site, lineage, days_and_months),
            *message_assets(site),
            statements_asset(site, days_and_months),
        ],
        jobs=list(jobs().values()),
        schedules=schedules(site, settings),
        sensors=sensors(site, days_and_months),
        # Steps of a run share one process: each would else import Dagster, DuckDB and dbt again.
        executor=in_process_executor,
        loggers=loggers,
    )


@definitions
def defs() -> Definitions:
    """What `dagster dev -m orchestration.definitions` loads: the home of TALLYHOUSE_HOME, or of this folder."""
    home = find_home(None, home_from_environment(), Path.cwd())
    return define(Site(home, settings=lambda: load_settings(home)))
