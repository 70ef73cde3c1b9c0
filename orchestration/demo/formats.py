"""One event as a line of each source: Tallyhouse's own format and LiteLLM's spend log.

Lines are put together by hand because json.dumps would cost half of the whole generation;
a test reads every line back with json.loads.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date

from orchestration.demo.company import COUNTRIES, Project
from orchestration.demo.season import DayClock
from orchestration.demo.usage import Event, is_untagged

_OPERATIONS = {"chat": "chat", "agent": "agent_run", "extract": "extract", "voice": "transcribe", "embed": "embeddings"}
CSV_COLUMNS = (
    "event_id", "event_at", "provider", "model", "service_tier", "user_id", "project", "feature", "channel",
    "api_key", "country", "conversation_id", "status", "error_code", "operation", "latency_ms",
    "uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "output_tokens", "reasoning_tokens", "input_audio_tokens", "web_search_calls",
)  # fmt: skip


def latency_ms(event: Event) -> int:
    """A plausible duration: a start-up, plus time by the length of the answer, plus luck."""
    return 180 + (event.dice >> 3) % 900 + (event.output + event.reasoning) // 9


def own_fields(event: Event, event_id: str, *, project: Project, day: date, clock: DayClock) -> dict[str, str | int]:
    """The event's fields in the own format, without those that are empty or zero."""
    dice, tagged = event.dice, not is_untagged(event)
    fields: dict[str, str | int] = {
        "event_id": event_id,
        "event_at": clock.local(event.millisecond),
        "provider": event.model.provider,
        "model": event.model.name,
        "service_tier": "batch" if project.batch else "standard",
        "user_id": event.user if tagged else "",
        "project": project.name if tagged else "",
        "feature": project.features[dice % len(project.features)] if tagged else "",
        "channel": project.channels[(dice >> 7) % len(project.channels)],
        "api_key": project.key_name if tagged else "",
        "country": COUNTRIES[dice >> 16 & 15],
        "conversation_id": f"cv-{day:%y%m%d}-{(dice >> 9) % 500:03d}" if project.shape == "chat" else "",
        "status": "error" if event.error else "ok",
        "error_code": event.error,
        "operation": _OPERATIONS[project.shape],
        "latency_ms": latency_ms(event),
        "uncached_input_tokens": event.uncached,
        "cache_read_tokens": event.cache_read,
        "cache_write_5m_tokens": event.write_5m,
        "cache_write_1h_tokens": event.write_1h,
        "output_tokens": event.output,
        "reasoning_tokens": event.reasoning,
        "input_audio_tokens": event.audio,
        "web_search_calls": event.searches,
    }
    return {name: value for name, value in fields.items() if value}


def own_line(fields: dict[str, str | int]) -> str:
    """One line of JSON; every value here is plain ASCII without quotes or backslashes."""
    inner = ",".join(
        f'"{name}":{value}' if isinstance(value, int) else f'"{name}":"{value}"' for name, value in fields.items()
    )
    if "feature" in fields and "conversation_id" in fields:
        return f'{{{inner},"labels":{{"surface":"{fields["channel"]}","stage":"production"}}}}'
    return f"{{{inner}}}"


def own_csv(rows: Iterable[dict[str, str | int]]) -> list[str]:
    """Header and rows of the same events as CSV, without line ends."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().splitlines()


def gateway_line(event: Event, request_id: str, *, project: Project, clock: DayClock) -> str:
    """One row of LiteLLM_SpendLogs as its JSON export writes it: cached tokens are part of prompt_tokens."""
    tagged, dice = not is_untagged(event), event.dice
    written = event.write_5m + event.write_1h
    prompt = event.uncached + event.cache_read + written
    completion = event.output + event.reasoning
    start = clock.utc(event.millisecond)
    end = clock.utc(event.millisecond + latency_ms(event))
    user, team = (event.user, project.team) if tagged else ("", "")
    key, alias = (project.key_hash, project.key_name) if tagged else ("", "")
    feature = project.features[dice % len(project.features)]
    tags = f'["project:{project.name}","feature:{feature}","channel:{project.channels[0]}"]' if tagged else "[]"
    requester = f'{{"project":"{project.name}","feature":"{feature}"}}' if tagged else "{}"
    creation = (
        f',"cache_creation_tokens":{written},"cache_creation_token_details":'
        f'{{"ephemeral_5m_input_tokens":{event.write_5m},"ephemeral_1h_input_tokens":{event.write_1h}}}'
        if event.model.writes_cache
        else ""
    )
    anthropic = (
        f',"cache_creation_input_tokens":{written},"cache_read_input_tokens":{event.cache_read}'
        if event.model.writes_cache
        else ""
    )
    error = (
        f',"error_information":{{"error_code":"{_http_status(event.error)}","error_class":"{event.error}"}}'
        if event.error
        else ""
    )
    return (
        f'{{"request_id":"{request_id}","call_type":"{_call_type(project, event)}","api_key":"{key}",'
        f'"spend":{event.nano // 10**9}.{event.nano % 10**9:09d},"total_tokens":{prompt + completion},'
        f'"prompt_tokens":{prompt},"completion_tokens":{completion},"startTime":"{start}","endTime":"{end}",'
        f'"request_duration_ms":{latency_ms(event)},"model":"{event.model.gateway_name}",'
        f'"model_id":"{event.model.name}","model_group":"{event.model.name}",'
        f'"custom_llm_provider":"{event.model.gateway_provider}","api_base":"","user":"{user}",'
        f'"metadata":{{"user_api_key_alias":"{alias}","user_api_key_team_id":"{team}",'
        f'"user_api_key_user_id":"{user}","requester_metadata":{requester},'
        f'"usage_object":{{"prompt_tokens":{prompt},"completion_tokens":{completion},'
        f'"total_tokens":{prompt + completion},"prompt_tokens_details":{{"cached_tokens":{event.cache_read}'
        f'{creation}}},"completion_tokens_details":{{"reasoning_tokens":{event.reasoning}}}{anthropic}}}{error}}},'
        f'"cache_hit":"False","request_tags":{tags},"team_id":"{team}","organization_id":"","end_user":"",'
        f'"requester_ip_address":"10.20.{dice & 7}.{dice >> 4 & 255}","session_id":"{dice >> 12 & 0xFFFFFFF:07x}",'
        f'"status":"{"failure" if event.error else "success"}"}}'
    )


def _call_type(project: Project, event: Event) -> str:
    if event.model.name.startswith("text-embedding"):
        return "aembedding"
    return "anthropic_messages" if project.shape == "agent" and event.model.writes_cache else "acompletion"


def _http_status(error: str) -> str:
    codes = {"rate_limited": "429", "timeout": "408", "overloaded": "529", "context_length_exceeded": "400"}
    return codes[error]
