"""Claude Code session files: one for each engineer, project and week, as the program leaves them on disk."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from orchestration.demo.company import Project
from orchestration.demo.season import DayClock
from orchestration.demo.usage import Event

_BRANCHES = ("main", "fix/late-invoices", "feature/search", "chore/upgrade", "feature/export")
_PROMPTS = (
    "Run the tests and mend what fails.",
    "Explain what this module does.",
    "Rename the field everywhere, keep the API.",
    "Write the migration and a test for it.",
    "Why is this query slow?",
)


@dataclass
class Lines:
    """Lines of one session file, counted by what they are."""

    text: list[str] = field(default_factory=list)
    events: int = 0
    repeats: int = 0
    not_usage: int = 0


class Sessions:
    """Collects events day by day and yields one file for each (user, project, week)."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._files: defaultdict[tuple[str, str, date], Lines] = defaultdict(Lines)
        self._ids: dict[tuple[str, str, date], tuple[str, Random, str]] = {}

    def add_day(self, project: Project, day: date, events: list[Event]) -> None:
        """Append a project's events of one day, in the order of time, to the sessions of its users."""
        clock = DayClock(day)
        for event in events:
            self._add(project.name, day, event, [clock.utc(event.millisecond + 900 * n) for n in _stream(event)])

    def add_over_midnight(self, project: Project, day: date, event: Event) -> None:
        """A message that begins two seconds before local midnight and ends on the next day."""
        before = DayClock(day)
        last = before.seconds * 1000 - 1800
        self._add(project.name, day, event, [before.utc(last), before.utc(last + 1500), before.utc(last + 5200)])

    def files(self) -> list[tuple[str, Lines]]:
        """(path below the source's folder, lines), sorted by path."""
        return sorted(
            (f"{user}/{project}/{self._identity(key)[0]}.jsonl", lines)
            for key, lines in self._files.items()
            for user, project, _ in [key]
        )

    def path_of(self, project: Project, day: date, user: str) -> str:
        """The file that holds what a user did in a project in the week of a day."""
        key = (user, project.name, day - timedelta(days=day.weekday()))
        return f"{user}/{project.name}/{self._identity(key)[0]}.jsonl"

    def _identity(self, key: tuple[str, str, date]) -> tuple[str, Random, str]:
        """Session id, the session's own dice, and what all its lines have in common."""
        if key not in self._ids:
            user, project, week = key
            rng = Random(f"{self._seed}/session/{user}/{project}/{week}")
            session = str(UUID(int=rng.getrandbits(128), version=4))
            slug = project.lower().replace(" ", "-")
            version = f"2.{(week - date(2025, 1, 1)).days // 60}.{(week - date(2025, 1, 1)).days // 7 % 9}"
            common = (
                f'"isSidechain":false,"userType":"external","cwd":"/home/{user}/{slug}","sessionId":"{session}",'
                f'"version":"{version}","gitBranch":"{_BRANCHES[rng.randrange(len(_BRANCHES))]}"'
            )
            self._ids[key] = (session, rng, common)
        return self._ids[key]

    def _add(self, project: str, day: date, event: Event, stamps: list[str]) -> None:
        key = (event.user, project, day - timedelta(days=day.weekday()))
        session, rng, common = self._identity(key)
        lines = self._files[key]
        if not lines.text:
            lines.text.append(f'{{"type":"summary","summary":"{_PROMPTS[event.dice % 5]}","leafUuid":"{session}"}}')
            lines.not_usage += 1
        if event.dice & 3 == 0:
            lines.text.append(
                f'{{{common},"type":"user","message":{{"role":"user","content":"{_PROMPTS[event.dice // 4 % 5]}"}},'
                f'"uuid":"{_uuid(rng)}","timestamp":"{stamps[0]}"}}'
            )
            lines.not_usage += 1
        # The position in the file makes ids unique; the dice make them look like ids.
        mark = f"{len(lines.text):05d}{session[:8]}{event.dice:010x}"
        for position, stamp in enumerate(stamps, start=1):
            lines.text.append(_assistant_line(event, mark, common, _uuid(rng), stamp, (position, len(stamps))))
        lines.events += 1
        lines.repeats += len(stamps) - 1


def _stream(event: Event) -> range:
    """How often the growing message was written: once for most, up to three times for some."""
    return range(1 + (event.dice >> 5 & 7 == 0) + (event.dice >> 5 & 3 == 0))


def _uuid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _assistant_line(event: Event, mark: str, common: str, uuid: str, stamp: str, part: tuple[int, int]) -> str:
    position, count = part
    output = event.output if position == count else event.output * position // (count * 4)
    stop = f'"{"tool_use" if event.dice & 1 else "end_turn"}"' if position == count else "null"
    return (
        f'{{{common},"type":"assistant","message":{{"id":"msg_01{mark}","type":"message","role":"assistant",'
        f'"model":"{event.model.name}","content":[{{"type":"text","text":"…"}}],"stop_reason":{stop},'
        f'"stop_sequence":null,"usage":{{"input_tokens":{event.uncached},'
        f'"cache_creation_input_tokens":{event.write_5m + event.write_1h},'
        f'"cache_read_input_tokens":{event.cache_read},"cache_creation":{{'
        f'"ephemeral_5m_input_tokens":{event.write_5m},"ephemeral_1h_input_tokens":{event.write_1h}}},'
        f'"output_tokens":{output},"service_tier":"standard"}}}},"requestId":"req_01{mark}",'
        f'"uuid":"{uuid}","timestamp":"{stamp}"}}'
    )
