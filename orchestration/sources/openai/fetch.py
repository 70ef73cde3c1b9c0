"""How OpenAI's organisation reports are asked for: usage of completions, and costs."""

from datetime import UTC, date, datetime, time, timedelta

from orchestration.fetching.api import Api, Parameters, Report, from_seconds
from orchestration.fetching.http import Credentials
from orchestration.fetching.windows import usage_bucket
from orchestration.settings import Settings, Source

BASE_URL = "https://api.openai.com/v1"
USAGE_DIMENSIONS = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")
COST_DIMENSIONS = ("project_id", "line_item", "api_key_id")
# The API's limits on buckets in one answer: 168 hours, 1440 minutes; costs 180 days.
_HOURS, _MINUTES, _COST_DAYS = 168, 1440, 180


def api(source: Source, settings: Settings) -> Api:
    """OpenAI's API for this source; usage in hours, or in minutes where local days are not made of UTC hours."""
    assert source.since is not None
    bucket = usage_bucket(settings.zone, source.since, settings.today)
    hourly = bucket == timedelta(hours=1)
    limit = _HOURS if hourly else _MINUTES
    return Api(
        base_url=source.base_url or BASE_URL,
        reports=(
            Report(
                name="usage",
                path="/organization/usage/completions",
                bucket=bucket,
                days_per_request=int(limit * bucket / timedelta(days=1)),
                parameters=lambda first, end: _parameters(
                    first, end, "1h" if hourly else "1m", limit, USAGE_DIMENSIONS
                ),
                dimensions=USAGE_DIMENSIONS,
            ),
            Report(
                name="costs",
                path="/organization/costs",
                bucket=timedelta(days=1),
                days_per_request=_COST_DAYS,
                parameters=lambda first, end: _parameters(first, end, "1d", _COST_DAYS, COST_DIMENSIONS),
                dimensions=COST_DIMENSIONS,
            ),
        ),
        credentials=lambda key: Credentials({"Authorization": f"Bearer {key}"}, key),
        bucket_limits=("start_time", "end_time"),
        stamp=from_seconds,
    )


def _parameters(first: date, end: date, width: str, limit: int, dimensions: tuple[str, ...]) -> Parameters:
    return (
        ("start_time", _seconds(first)),
        ("end_time", _seconds(end)),
        ("bucket_width", width),
        *(("group_by", name) for name in dimensions),
        ("limit", str(limit)),
    )


def _seconds(day: date) -> str:
    return str(int(datetime.combine(day, time(), UTC).timestamp()))
