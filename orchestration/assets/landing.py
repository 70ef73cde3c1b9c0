"""Raw facts as an asset."""

import hashlib

from dagster import AssetExecutionContext, AssetsDefinition, DataVersion, MaterializeResult, asset

from orchestration.assets.instance import mark_lost_runs
from orchestration.assets.site import Site
from orchestration.dbt import RAW
from orchestration.home import Home
from orchestration.lock import writer
from orchestration.pipeline import fetch_reports, land_files


def raw_usage_asset(site: Site) -> AssetsDefinition:
    """Everything that was delivered and could be read, by source and UTC day."""

    @asset(name=RAW, group_name="landing", kinds={"parquet"})
    def raw_usage(context: AssetExecutionContext) -> MaterializeResult[None]:
        """Raw facts: immutable Parquet by source and UTC day (data/raw). What is due at providers' APIs is
        fetched, and new files of every source are landed;
        rows that cannot be read are in data/quarantine with file, line and reason.
        """
        with site.step(context) as settings, writer(site.home, doing="land", now=settings.now):
            mark_lost_runs(context.instance, but=context.run.run_id)
            fetched = fetch_reports(site.home, settings)
            report = land_files(site.home, settings)
        return MaterializeResult(
            data_version=DataVersion(_version(site.home)),
            metadata={
                "rows": report.landed,
                "bytes": report.bytes,
                "quarantined": report.quarantined,
                "duplicates": report.duplicates,
                "not_usage": report.not_usage,
                "refused": report.refused,
                "delivered": report.delivered,
                "files": report.files_landed + report.files_redelivered,
                "requests_to_providers": sum(source.requests for source in fetched.sources),
                "not_fetched": ", ".join(source.failure.message for source in fetched.failed if source.failure)
                or "none",
            },
        )

    return raw_usage


def _version(home: Home) -> str:
    """A landing's name is made from its content, so their names are what is landed."""
    names = sorted(path.relative_to(home.landings).as_posix() for path in home.landings.glob("*/*.json"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
