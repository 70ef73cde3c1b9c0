"""How Anthropic's Admin reports are asked for: usage of messages, and costs."""

from datetime import UTC, date, datetime, time, timedelta

from orchestration.fetching.api import Api, Parameters, Report, from_text
from orchestration.fetching.http import Credentials
from orchestration.fetching.windows import usage_bucket
from orchestration.settings import Settings, Source

BASE_URL = "https://api.anthropic.com/v1"
VERSION = "2023-06-01"
# Grouping by speed needs this header; without it, fast requests would be priced as standard ones.
BETA = "fast-mode-2026-02-01"
USAGE_DIMENSIONS = (
    "account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id", "service_tier",
    "speed", "workspace_id",
)  # fmt: skip
COST_GROUPS = ("workspace_id", "description")
# Grouped by description, a cost row also names the parts of that description.
COST_DIMENSIONS = (
    "workspace_id", "description", "cost_type", "model", "token_type", "service_tier", "context_window",
    "inference_geo",
)  # fmt: skip
# The API's limits on buckets in one answer: 168 hours, 1440 minutes, 31 days of costs. Asking for many days at once
# also spares the number of requests, which is limited to some dozens an hour.
_HOURS, _MINUTES, _COST_DAYS = 168, 1440, 31
_DAY = timedelta(days=1)


def api(source: Source, settings: Settings) -> Api:
    """Anthropic's API for this source; usage in hours, or in minutes where local days are not made of UTC hours."""
    assert source.since is not None
    bucket = usage_bucket(settings.zone, source.since, settings.today)
    hourly = bucket == timedelta(hours=1)
    limit = _HOURS if hourly else _MINUTES
    return Api(
        base_url=source.base_url or BASE_URL,
        reports=(
            Report(
                name="usage",
                path="/organizations/usage_report/messages",
                bucket=bucket,
                days_per_request=_days(limit, bucket),
                parameters=lambda first, end: _parameters(
                    first, _beyond(end, bucket), "1h" if hourly else "1m", limit, USAGE_DIMENSIONS
                ),
                dimensions=USAGE_DIMENSIONS,
                surplus=bucket,
            ),
            Report(
                name="costs",
                path="/organizations/cost_report",
                bucket=_DAY,
                days_per_request=_days(_COST_DAYS, _DAY),
                parameters=lambda first, end: _parameters(first, _beyond(end, _DAY), "1d", _COST_DAYS, COST_GROUPS),
                dimensions=COST_DIMENSIONS,
                surplus=_DAY,
            ),
        ),
        credentials=lambda key: Credentials(
            {"x-api-key": key, "anthropic-version": VERSION, "anthropic-beta": BETA}, key
        ),
        bucket_limits=("starting_at", "ending_at"),
        stamp=from_text,
    )


def _days(limit: int, bucket: timedelta) -> int:
    """Days of which one answer can hold all buckets, and the surplus one; one day where it cannot."""
    return max((limit - 1) * bucket // _DAY, 1)


def _beyond(end: date, bucket: timedelta) -> datetime:
    """One bucket after the dates: documented are "buckets that end before" it, which may leave the last one out."""
    return datetime.combine(end, time(), UTC) + bucket


def _parameters(first: date, end: datetime, width: str, limit: int, groups: tuple[str, ...]) -> Parameters:
    return (
        ("starting_at", f"{first}T00:00:00Z"),
        ("ending_at", f"{end:%Y-%m-%dT%H:%M:%SZ}"),
        ("bucket_width", width),
        *(("group_by[]", name) for name in groups),
        ("limit", str(limit)),
    )
