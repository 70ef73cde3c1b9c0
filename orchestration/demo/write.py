"""Writes the example company's home: reference tables, settings and thirteen months of logs."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from orchestration.demo import company, irregularities
from orchestration.demo.company import PROJECTS, Project
from orchestration.demo.files import Inbox
from orchestration.demo.formats import gateway_line, own_csv, own_fields, own_line
from orchestration.demo.home_files import refuse_existing, write_company
from orchestration.demo.invoices import Billed
from orchestration.demo.season import DayClock, days_between
from orchestration.demo.sessions import Sessions
from orchestration.demo.summary import DemoSummary
from orchestration.demo.usage import Event, Plan, cost, is_untagged
from orchestration.errors import SettingsError
from orchestration.home import Home

FEWEST_EVENTS = 2_000


@dataclass
class _Story:
    """What is gathered while the logs are written."""

    plan: Plan
    faults: irregularities.Calendar
    inbox: Inbox
    spend: defaultdict[tuple[str, date], int] = field(default_factory=lambda: defaultdict(int))
    failed: int = 0
    untagged: int = 0
    unknown: int = 0
    doubled: int = 0
    late: int = 0
    notes: list[str] = field(default_factory=list)
    billed: Billed = field(init=False)

    def __post_init__(self) -> None:
        self.billed = Billed(self.plan.last_month)

    def count(self, project: Project, day: date, events: list[Event]) -> None:
        """Add events to the spend (nano-dollars) of their department and month, and to the totals."""
        month = day.replace(day=1)
        self.billed.add(day, events)
        for event in events:
            self.failed += bool(event.error)
            self.unknown += event.model.name == "halden-internal-7b"
            untagged = project.source != "workstations" and is_untagged(event)
            self.untagged += untagged
            self.spend["" if untagged else project.department, month] += event.nano


def write_demo(home: Home, *, until: date, seed: int = 42, events: int = 300_000) -> DemoSummary:
    """Write a complete home with about 13 months of logs of an example company, ending with the day `until`.

    The same arguments give the same bytes on every machine with the same zlib. `events` is the
    approximate number of usage events; spend grows with it (about $48,000 in the last full month at 300,000).
    Raises SettingsError when the home exists already or too few events are asked for.
    """
    refuse_existing(home)
    if events < FEWEST_EVENTS:
        raise SettingsError(
            f"The example company cannot be told with {events} events.", f"Ask for at least {FEWEST_EVENTS}."
        )
    plan = Plan(until=until, seed=seed, events=events)
    story = _Story(plan, irregularities.calendar(until), Inbox(home.inbox))
    _write_assistant(story)
    _write_gateway(story)
    _write_workstations(story)
    # The settings come last: a home without them is not a home, so a killed init can be started again.
    write_company(home, plan=plan, spend=dict(story.spend), billed=story.billed)
    return DemoSummary(
        first_day=plan.first_day,
        last_day=until,
        by_source=story.inbox.tallies(),
        departments=len(company.DEPARTMENTS),
        projects=len(PROJECTS),
        people=len(plan.staff),
        failed_events=story.failed,
        untagged_events=story.untagged,
        unknown_model_events=story.unknown,
        doubled_day=story.faults.doubled,
        doubled_events=story.doubled,
        late_day=story.faults.late,
        late_events=story.late,
        over_budget_last_month=company.OVER_BUDGET_LAST_MONTH,
        crossing_this_month=tuple(company.CROSSING_THIS_MONTH),
        irregularities=tuple(story.notes),
    )


def _merged(story: _Story, source: str, day: date) -> list[tuple[Project, Event]]:
    """All requests of a source on a day, by time."""
    rows: list[tuple[Project, Event]] = []
    for project in PROJECTS:
        if project.source == source:
            drawn = story.plan.day(project, day)
            story.count(project, day, drawn)
            rows += [(project, event) for event in drawn]
    rows.sort(key=lambda row: row[1].millisecond)
    return rows


def _reprocessed(story: _Story) -> list[tuple[Project, Event]]:
    """Four weeks of transcripts, run a second time in the evening of the doubled day after a failed batch."""
    project = next(each for each in PROJECTS if each.name == company.DOUBLED_PROJECT)
    day = story.faults.doubled
    again: list[tuple[Project, Event]] = []
    for original in days_between(day - timedelta(days=27), day):
        if original < story.plan.first_day:
            continue
        for event in story.plan.day(project, original):
            nano = cost(event.model, day, event[2:9], searches=0, batch=False)
            evening = 18 * 3_600_000 + event.millisecond // 5
            again.append((project, event._replace(millisecond=evening, nano=nano)))
    story.count(project, day, [event for _, event in again])
    story.doubled = len(again)
    story.notes.append(f"doubled day: {len(again)} {project.name} events again on {day}, with new ids")
    again.sort(key=lambda row: row[1].millisecond)
    return again


def _write_assistant(story: _Story) -> None:
    """Daily files in Tallyhouse's own format."""
    faults = story.faults
    for day in story.plan.days:
        clock = DayClock(day)
        rows = [
            own_fields(event, f"ev-{day:%Y%m%d}-{n:05d}", project=project, day=day, clock=clock)
            for n, (project, event) in enumerate(_merged(story, "assistant", day))
        ]
        path = _assistant_path(day, "")
        if day in faults.csv_days:
            lines = own_csv(rows)
            story.inbox.write("assistant", path.replace(".jsonl.gz", ".csv"), lines, header=1, events=len(rows))
            continue
        lines = [own_line(fields) for fields in rows]
        if day == faults.late:
            _write_late(story, lines[::4])
            lines = [line for n, line in enumerate(lines) if n % 4]
        if day == faults.doubled:
            lines += [
                own_line(own_fields(event, f"re-{day:%Y%m%d}-{n:05d}", project=project, day=day, clock=clock))
                for n, (project, event) in enumerate(_reprocessed(story))
            ]
        if lines:
            _write_assistant_day(story, day, path, lines)


def _write_assistant_day(story: _Story, day: date, path: str, lines: list[str]) -> None:
    """A day's file, with what goes wrong on that day."""
    faults, inbox, good = story.faults, story.inbox, len(lines)
    spoilt = lines[-1].replace('"event_id":"ev-', '"event_id":"xx-').replace('"event_id":"re-', '"event_id":"xx-')
    if day == faults.grown:
        early = lines[: good * 3 // 5]
        partial = _assistant_path(day, "-noon")
        # Delivered at noon, and again in the evening with the rest: the later file repeats the earlier one.
        inbox.write("assistant", partial, early, events=len(early))
        inbox.write("assistant", path, lines, events=good - len(early), repeats=len(early))
        story.notes.append(f"grown file: {path} contains the {len(early)} events of {partial}")
    elif day == faults.torn:
        inbox.write("assistant", path, [*lines, irregularities.torn(spoilt)], torn=True, events=good, quarantined=1)
        story.notes.append(f"torn last line: {path}")
    elif day == faults.wrong_encoding:
        middle = good // 2
        bad = irregularities.wrong_encoding(spoilt)
        inbox.write("assistant", path, [*lines[:middle], bad, *lines[middle:]], events=good, quarantined=1)
        story.notes.append(f"wrong encoding: {path}, line {middle + 1}")
    elif day == faults.negative:
        middle = good // 3
        bad = irregularities.negative(spoilt)
        inbox.write("assistant", path, [*lines[:middle], bad, *lines[middle:]], events=good, quarantined=1)
        story.notes.append(f"negative count: {path}, line {middle + 1}")
    else:
        inbox.write("assistant", path, lines, events=good)
    if day == faults.redelivered:
        again = _assistant_path(day, "-resent")
        inbox.write("assistant", again, lines, redelivered=good)
        story.notes.append(f"re-delivered file: {again} is {path} again, {good} rows")


def _write_late(story: _Story, lines: list[str]) -> None:
    """Requests of devices that were offline, delivered a week later in a file named by that day."""
    path = _assistant_path(story.faults.late_arrival, "-late")
    story.late = len(lines)
    story.inbox.write("assistant", path, lines, events=len(lines))
    story.notes.append(f"late file: {path} brings {len(lines)} events of {story.faults.late}")


def _assistant_path(day: date, suffix: str) -> str:
    return f"{day:%Y/%m}/assistant-{day}{suffix}.jsonl.gz"


def _write_gateway(story: _Story) -> None:
    """LiteLLM spend logs: one file for each closed month, daily files in the month of the last day."""
    month: list[str] = []
    for day in story.plan.days:
        clock = DayClock(day)
        lines = [
            gateway_line(event, f"chatcmpl-{day:%y%m%d}{n:05d}-{event.dice:010x}", project=project, clock=clock)
            for n, (project, event) in enumerate(_merged(story, "gateway", day))
        ]
        if day >= story.plan.current_month:
            path = f"{day:%Y/%m}/spend-logs-{day}.jsonl"
            if day < story.plan.until:
                story.inbox.write("gateway", path, lines, events=len(lines))
                continue
            cut = irregularities.torn(lines[-1].replace("chatcmpl-", "chatcmpl-x")) if lines else '{"request_id":"chat'
            story.inbox.write("gateway", path, [*lines, cut], torn=True, events=len(lines), quarantined=1)
            story.notes.append(f"torn last line: gateway {path}")
            continue
        month += lines
        if (day + timedelta(days=1)).day == 1:
            story.inbox.write("gateway", f"{day:%Y}/spend-logs-{day:%Y-%m}.jsonl.gz", month, events=len(month))
            month = []


def _write_workstations(story: _Story) -> None:
    """Claude Code sessions below <user>/<project>."""
    sessions, faults = Sessions(story.plan.seed), story.faults
    projects = [project for project in PROJECTS if project.source == "workstations"]
    grows = _midnight_event(story, projects[0])
    for day in story.plan.days:
        for project in projects:
            drawn = story.plan.day(project, day)
            story.count(project, day, drawn)
            sessions.add_day(project, day, drawn)
        if day == faults.midnight:
            story.count(projects[0], day, [grows])
            sessions.add_over_midnight(projects[0], day, grows)
    midnight = sessions.path_of(projects[0], faults.midnight, grows.user)
    story.notes.append(f"message over midnight: {midnight} on {faults.midnight}")
    files = sessions.files()
    for number, (path, lines) in enumerate(files):
        cut = [irregularities.torn(lines.text[-1])] if number == len(files) // 2 else []
        story.inbox.write(
            "workstations",
            path,
            lines.text + cut,
            torn=bool(cut),
            events=lines.events,
            repeats=lines.repeats,
            not_usage=lines.not_usage,
            quarantined=len(cut),
        )
        if cut:
            story.notes.append(f"torn last line: workstations {path}")


def _midnight_event(story: _Story, project: Project) -> Event:
    """A request of its own for the message that grows over midnight."""
    draws = (story.plan.day(project, story.faults.midnight, f"midnight {n}") for n in count())
    return next(drawn[0] for drawn in draws if drawn)
