"""How many requests each project makes on each day, and how large they are."""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from math import fsum
from random import Random
from typing import NamedTuple

from orchestration.demo import company
from orchestration.demo.catalog import Model, model_on
from orchestration.demo.company import Project
from orchestration.demo.season import DayClock, busyness, days_between, hours, months_back

NOMINAL_EVENTS = 300_000


class Event(NamedTuple):
    """One request. Token classes are disjoint; `nano` is its list price in nano-dollars."""

    millisecond: int
    model: Model
    uncached: int
    cache_read: int
    write_5m: int
    write_1h: int
    output: int
    reasoning: int
    audio: int
    searches: int
    nano: int
    user: str
    error: str
    dice: int
    """40 random bits for everything that has no weight on money: ids, country, channel, latency."""


@dataclass(frozen=True)
class Shape:
    """Tokens of a request of one kind before it is scaled to its project."""

    uncached: int
    cache_read: int
    write: int
    output: int
    reasoning: int
    audio: int = 0
    users: bool = True


SHAPES = {
    "chat": Shape(2_600, 9_000, 1_500, 800, 240),
    "agent": Shape(4_000, 42_000, 4_200, 1_900, 600),
    "extract": Shape(14_000, 6_000, 1_200, 1_300, 260, users=False),
    "voice": Shape(6_000, 2_400, 0, 1_400, 200, audio=9_000, users=False),
    "embed": Shape(9_000, 0, 0, 700, 0, users=False),
    "code": Shape(8, 62_000, 4_800, 900, 0),
}
# Latency, size and day noise: fixed tables of lognormal factors with mean one, drawn once.
_NOISE_BITS = 10
_ERRORS = ("rate_limited", "timeout", "overloaded", "context_length_exceeded")


@lru_cache(maxsize=4)
def noise(percent: int) -> tuple[float, ...]:
    """1,024 factors around one; rounded, so that the last bit of a maths library cannot matter."""
    rng = Random(f"noise/{percent}")
    raw = [rng.lognormvariate(0, percent / 100) for _ in range(1 << _NOISE_BITS)]
    mean = fsum(raw) / len(raw)
    return tuple(round(value / mean, 4) for value in raw)


class Plan:
    """The volume and the size of requests for every project and day, for one seed and one end date."""

    def __init__(self, *, until: date, seed: int, events: int) -> None:
        self.seed = seed
        self.until = until
        self.first_day = months_back(until, 12)
        self.current_month = months_back(until, 0)
        self.last_month = months_back(until, 1)
        self.days = days_between(self.first_day, until)
        self.staff = company.people(until)
        weights = {p.name: [self._weight(p, day) for day in self.days] for p in company.PROJECTS}
        # fsum: the same last bit in every Python version, which sum() does not promise for floats.
        per_weight = events / fsum(w for row in weights.values() for w in row)
        self._volume = {name: [w * per_weight for w in row] for name, row in weights.items()}
        self._scale = {p.name: self._size(p, NOMINAL_EVENTS / events) for p in company.PROJECTS}
        self._members: dict[tuple[str, date], tuple[str, ...]] = {}

    def day(self, project: Project, day: date, purpose: str = "") -> list[Event]:
        """The requests of one project on one day, by time. `purpose` gives an independent second draw."""
        rng = Random(f"{self.seed}/{project.name}/{day}/{purpose}")
        expected = self._volume[project.name][(day - self.first_day).days]
        count = int(expected * noise(14)[rng.getrandbits(_NOISE_BITS)] + rng.random())
        return sorted(self._draw(project, day, count, rng), key=lambda event: event.millisecond)

    def _draw(self, project: Project, day: date, count: int, rng: Random) -> Iterator[Event]:
        shape, scale = SHAPES[project.shape], self._scale[project.name]
        stages = [model_on(role, day) for role, _ in project.roles]
        reach = list(accumulate(share for _, share in project.roles))
        total, sizes, table = reach[-1], noise(55), hours(project.rhythm)
        users = self._users(project, day) if shape.users else ()
        limit = DayClock(day).seconds * 1000
        bits, uniform = rng.getrandbits, rng.random
        for _ in range(count):
            model = stages[bisect(reach, uniform() * total)]
            size = scale * sizes[bits(_NOISE_BITS)]
            moment = table[bits(_NOISE_BITS)] * 3_600_000 + int(uniform() * 3_600_000)
            dice = bits(40)
            error = _ERRORS[dice & 3] if (dice >> 2) % 200 == 0 and project.source != "workstations" else ""
            known = users and (dice >> 36 or project.source == "workstations")
            user = users[(dice >> 20) % len(users)] if known else ""
            tokens = request_tokens(shape, model, size, error=error)
            searches = _searches(project, model, dice) if not error else 0
            yield Event(
                min(moment, limit - 1), model, *tokens, searches,
                cost(model, day, tokens, searches=searches, batch=project.batch), user, error, dice,
            )  # fmt: skip

    def _users(self, project: Project, day: date) -> tuple[str, ...]:
        """Who may be behind a project's requests; a workstation project belongs to few people for good."""
        key = (project.department, day)
        if key not in self._members:
            self._members[key] = company.members(self.staff, *key)
        everybody = self._members[key]
        if project.source != "workstations":
            return everybody
        agents = [p.name for p in company.PROJECTS if p.source == "workstations"]
        return everybody[agents.index(project.name) : 14 : len(agents)]

    def _weight(self, project: Project, day: date) -> float:
        age = (self.last_month.year - day.year) * 12 + self.last_month.month - day.month
        if project.since is not None and age > project.since:
            return 0.0
        level = project.requests * busyness(project.rhythm, day) / (1 + project.growth / 100) ** age
        if age == 0:
            level *= project.last / 100
        elif age < 0:
            level *= project.current / 100
        elif project.since is not None and age == project.since:
            level *= 0.5
        return round(level, 6)

    def _size(self, project: Project, nominal: float) -> float:
        """The factor on the shape at which the project costs what it should in the last full month."""
        middle = self.last_month + timedelta(days=14)
        requests = nominal * fsum(
            volume
            for day, volume in zip(self.days, self._volume[project.name], strict=True)
            if self.last_month <= day < self.current_month
        )
        target = project.spend * 10**9 / requests
        low, high = 0.01, 4000.0
        for _ in range(40):
            guess = (low + high) / 2
            if self._mean_cost(project, middle, guess) < target:
                low = guess
            else:
                high = guess
        return round(high, 4)

    def _mean_cost(self, project: Project, day: date, scale: float) -> float:
        """Nano-dollars of an average request; every 16th noise factor stands for the whole table."""
        total = 0.0
        for role, share in project.roles:
            model = model_on(role, day)
            for factor in noise(55)[::16]:
                tokens = request_tokens(SHAPES[project.shape], model, scale * factor)
                total += share / 64 * cost(model, day, tokens, searches=0, batch=project.batch)
        return total / sum(share for _, share in project.roles)


def _searches(project: Project, model: Model, dice: int) -> int:
    """Copy studio checks facts on the web with the models that offer it."""
    offered = project.name == "Copy studio" and model.provider in ("anthropic", "openai")
    return 1 + (dice & 1) if offered and dice & 12 == 0 else 0


def is_untagged(event: Event) -> bool:
    """One request in a hundred comes without key, user or project: nobody can say whose it is."""
    return (event.dice >> 8 & 0xFFFF) < 656


def request_tokens(
    shape: Shape, model: Model, size: float, *, error: str = ""
) -> tuple[int, int, int, int, int, int, int]:
    """Disjoint token classes of one request: uncached, read, write 5 m, write 1 h, output, reasoning, audio.

    Inputs larger than the model's window are cut to it, all classes alike.
    """
    if error:
        return (int(shape.uncached * size) if error == "timeout" else 0, 0, 0, 0, 0, 0, 0)
    uncached, read, write = int(shape.uncached * size), int(shape.cache_read * size), int(shape.write * size)
    audio = int(shape.audio * size) if model.rates[0][1].audio else 0
    total = uncached + read + write + audio
    if total > model.window:
        uncached, read = uncached * model.window // total, read * model.window // total
        write, audio = write * model.window // total, audio * model.window // total
    output = int(shape.output * size) if model.answers else 0
    if not model.writes_cache:
        return uncached + write, read, 0, 0, output, int(shape.reasoning * size) if model.answers else 0, audio
    long_lived = write // 5
    return uncached, read, write - long_lived, long_lived, output, 0, audio


def cost(
    model: Model, day: date, tokens: tuple[int, int, int, int, int, int, int], *, searches: int, batch: bool
) -> int:
    """List price in nano-dollars. Web searches cost one cent each with every provider used here."""
    uncached, read, write_5m, write_1h, output, reasoning, audio = tokens
    rates = model.rates_on(day)
    if rates.tier is not None and rates.above and uncached + read + write_5m + write_1h + audio > rates.tier:
        rates = rates.above
    nano = (
        uncached * rates.uncached
        + read * rates.cache_read
        + write_5m * rates.write_5m
        + write_1h * rates.write_1h
        + (output + reasoning) * rates.output
        + audio * rates.audio
    )
    return (nano // 2 if batch else nano) + searches * 10_000_000
