"""When the example company works: weekdays, holidays, hours of the day."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")

# Share of a full weekday's volume, Monday to Sunday.
_WEEK = {
    "office": (0.98, 1.06, 1.08, 1.04, 0.84, 0.10, 0.08),
    "service": (1.12, 1.06, 1.02, 1.00, 0.98, 0.52, 0.44),
    "batch": (1.00, 1.00, 1.00, 1.00, 1.00, 0.70, 0.60),
}
_ON_HOLIDAY = {"office": 0.06, "service": 0.50, "batch": 0.75}
_OVER_CHRISTMAS = {"office": 0.22, "service": 0.62, "batch": 0.85}
_IN_AUGUST = {"office": 0.86, "service": 0.95, "batch": 1.0}

# Relative volume of each local hour.
_DAY = {
    "office": (0, 0, 0, 0, 0, 0, 1, 3, 8, 14, 15, 14, 9, 11, 14, 14, 12, 8, 4, 2, 1, 1, 1, 0),
    "service": (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 10, 10, 11, 11, 10, 9, 8, 7, 6, 5, 4, 3),
    "batch": (6, 12, 14, 14, 12, 8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5),
}


def months_back(day: date, months: int) -> date:
    """The first day of the month that lies `months` before the month of `day` (negative: after)."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales by their standing rules, with substitute days."""
    easter = _easter_sunday(year)
    monday_of = {
        date(year, 5, 1) + timedelta(days=-date(year, 5, 1).weekday() % 7),
        date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday()),
        date(year, 8, 31) - timedelta(days=date(year, 8, 31).weekday()),
    }
    taken = {easter - timedelta(days=2), easter + timedelta(days=1), *monday_of}
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= 5 or day in taken:
            day += timedelta(days=1)
        taken.add(day)
    return frozenset(taken)


def _easter_sunday(year: int) -> date:
    """Gregorian Easter by the anonymous (Meeus/Jones/Butcher) rule."""
    golden, century = year % 19, year // 100
    skipped = century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15
    epact = skipped % 30
    epact -= (epact // 28) * (1 - (epact // 28) * (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    offset = epact - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))


def busyness(rhythm: str, day: date) -> float:
    """How much of a full weekday's volume a day has for a rhythm (office, service, batch)."""
    level = _WEEK[rhythm][day.weekday()]
    if day in bank_holidays(day.year):
        level = min(level, _ON_HOLIDAY[rhythm])
    elif (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 2):
        level *= _OVER_CHRISTMAS[rhythm]
    elif day.month == 8:
        level *= _IN_AUGUST[rhythm]
    return level


@lru_cache(maxsize=8)
def hours(rhythm: str) -> tuple[int, ...]:
    """1,024 local hours in the proportions of a rhythm, so that ten random bits pick one."""
    weights = _DAY[rhythm]
    table: list[int] = []
    total, reached = sum(weights), 0
    for hour, weight in enumerate(weights):
        reached += weight
        table += [hour] * (reached * 1024 // total - len(table))
    return tuple(table)


class DayClock:
    """Stamps within one local day, written with the offset in force when the day begins.

    Seconds count from local midnight; a day has 23, 24 or 25 hours, and `seconds` says how many seconds.
    """

    def __init__(self, day: date) -> None:
        start = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        after = day + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=ZONE)
        offset = start.utcoffset() or timedelta()
        self.seconds = int(end.timestamp() - start.timestamp())
        self._offset = int(offset.total_seconds())
        self.zone_suffix = f"+{self._offset // 3600:02d}:00"
        self._dates = {n: (day + timedelta(days=n)).isoformat() for n in (-1, 0, 1)}

    def local(self, milliseconds: int) -> str:
        """RFC 3339 with the local offset; milliseconds since local midnight."""
        return self._stamp(milliseconds) + self.zone_suffix

    def utc(self, milliseconds: int) -> str:
        """RFC 3339 in UTC with a Z; milliseconds since local midnight."""
        return self._stamp(milliseconds - self._offset * 1000) + "Z"

    def _stamp(self, milliseconds: int) -> str:
        shift, rest = divmod(milliseconds, 86_400_000)
        seconds, fraction = divmod(rest, 1000)
        return f"{self._dates[shift]}T{_clocks()[seconds]}.{fraction:03d}"


@lru_cache(maxsize=1)
def _clocks() -> tuple[str, ...]:
    """Every second of a day as HH:MM:SS; looking one up is far cheaper than formatting it."""
    sixty = [f"{n:02d}" for n in range(60)]
    return tuple(f"{h}:{m}:{s}" for h in sixty[:24] for m in sixty for s in sixty)
