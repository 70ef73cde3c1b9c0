"""Halden Group plc: its departments, projects and people. Data, and nothing else."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from orchestration.demo.season import months_back

NAME = "Halden Group plc"
ADDRESS = ("Group Finance, attn. Chief Financial Officer", "14 Exchange Square, London EC2A 2BR")
DOMAIN = "halden.example"


@dataclass(frozen=True)
class Department:
    """`used` is the share of its budget that a department uses in the last full month, in percent."""

    name: str
    cost_centre: str
    teams: tuple[str, ...]
    people: int
    used: int


@dataclass(frozen=True)
class Project:
    """One thing that uses models.

    spend: dollars in the last full month when 300,000 events are asked for, before its doubled day.
    roles: (role in catalog.ROLES, share of requests). growth: percent a month. since: months before the
    last full month in which it began, None for always. last and current: volume in the last full month and
    in the month after it, in percent of the trend.
    """

    name: str
    department: str
    team: str
    source: str
    shape: str
    rhythm: str
    requests: int
    spend: int
    roles: tuple[tuple[str, int], ...]
    features: tuple[str, ...]
    channels: tuple[str, ...]
    growth: int = 6
    since: int | None = None
    last: int = 100
    current: int = 100
    batch: bool = False

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")

    @property
    def key_name(self) -> str:
        return f"hal-{self.slug}-prod"

    @property
    def key_hash(self) -> str:
        """The gateway logs only the hash of a key."""
        return sha256(self.key_name.encode()).hexdigest()


@dataclass(frozen=True)
class Person:
    """A member of staff; `moves` says when she goes to which team."""

    user_id: str
    name: str
    team: str
    department: str
    moves: tuple[date, str, str] | None = None


DEPARTMENTS = (
    Department("Customer Support", "CC-4100", ("Helpdesk", "Quality"), 16, 90),
    Department("Engineering", "CC-2100", ("Platform", "Product", "Reliability"), 20, 93),
    Department("Legal & Compliance", "CC-6200", ("Contracts", "Regulation"), 8, 94),
    Department("Marketing", "CC-3300", ("Content", "Brand"), 9, 76),
    Department("Data & Analytics", "CC-2300", ("Insight", "Data platform"), 10, 111),
    Department("Sales Operations", "CC-3100", ("Enablement", "Pipeline"), 8, 98),
    Department("Finance", "CC-6100", ("Payables", "Planning"), 5, 96),
    Department("People", "CC-6400", ("People services",), 4, 94),
)
OVER_BUDGET_LAST_MONTH = "Data & Analytics"
# Shares of this month's budget reached by the last day of data, in percent; everybody else stays below 70.
CROSSING_THIS_MONTH = {"Data & Analytics": 104, "Sales Operations": 92}
QUIET_SHARE = 69

DOUBLED_PROJECT = "Voice transcripts"

PROJECTS = (
    Project("Helpdesk assistant", "Customer Support", "Helpdesk", "assistant", "chat", "service", 100, 2_150,
            (("sonnet", 30), ("haiku", 26), ("gemini", 18), ("mistral", 16), ("opus", 10)),
            ("answer", "handover summary", "translation"), ("web", "mobile", "email"), growth=7, last=112),
    Project("Knowledge search", "Customer Support", "Helpdesk", "assistant", "chat", "service", 110, 2_650,
            (("sonnet", 24), ("mini", 20), ("flash", 16), ("gemini", 10), ("opus", 10), ("own", 12), ("mistral", 8)),
            ("search", "answer"), ("web", "teams"), growth=6, last=106),
    Project("Quality review", "Customer Support", "Quality", "assistant", "extract", "batch", 80, 2_450,
            (("opus", 22), ("sonnet", 28), ("gpt", 24), ("mini", 14), ("flash", 12)),
            ("scoring", "coaching note"), ("api",), growth=5, last=106),
    Project("Ticket triage", "Customer Support", "Quality", "assistant", "chat", "service", 100, 2_900,
            (("gpt", 36), ("sonnet", 30), ("gemini", 18), ("mistral", 16)),
            ("classification", "routing"), ("email", "web"), growth=6, last=108),
    Project("Voice transcripts", "Customer Support", "Helpdesk", "assistant", "voice", "service", 70, 1_950,
            (("gpt", 40), ("gemini", 22), ("flash", 24), ("mini", 14)),
            ("transcription", "call summary"), ("voice",), growth=6, last=104),
    Project("Code assistant", "Engineering", "Product", "workstations", "code", "office", 88, 2_500,
            (("opus", 44), ("sonnet", 56)), (), (), growth=8, last=110),
    Project("Migration agent", "Engineering", "Platform", "workstations", "code", "office", 62, 2_150,
            (("opus", 58), ("sonnet", 42)), (), (), growth=5, since=8),
    Project("Test generation", "Engineering", "Product", "workstations", "code", "office", 56, 1_600,
            (("sonnet", 74), ("haiku", 26)), (), (), growth=4, last=97),
    Project("CI review bot", "Engineering", "Platform", "gateway", "agent", "office", 84, 2_480,
            (("sol", 28), ("sonnet", 26), ("opus", 16), ("gemini", 14), ("mini", 16)),
            ("review",), ("ci",), growth=7, last=109),
    Project("Incident summariser", "Engineering", "Reliability", "gateway", "agent", "service", 76, 3_300,
            (("sonnet", 30), ("sol", 26), ("opus", 14), ("gemini", 14), ("flash", 12), ("unknown", 4)),
            ("timeline", "post-mortem"), ("slack",), growth=5, last=88),
    Project("Dashboard narratives", "Data & Analytics", "Insight", "gateway", "agent", "office", 50, 1_950,
            (("sonnet", 30), ("opus", 16), ("sol", 26), ("gemini", 16), ("flash", 12)),
            ("narrative",), ("api",), growth=5, last=118, current=116),
    Project("Doc embedding", "Data & Analytics", "Data platform", "gateway", "embed", "batch", 46, 1_250,
            (("embedding", 52), ("sonnet", 14), ("gpt", 18), ("mistral", 16)),
            ("archive", "chunking"), ("api",), growth=3, since=4, last=112, current=145),
    Project("SQL copilot", "Data & Analytics", "Insight", "gateway", "chat", "office", 56, 2_350,
            (("sol", 38), ("sonnet", 26), ("opus", 14), ("flash", 12), ("mistral", 10)),
            ("query", "explain"), ("web", "slack"), growth=6, last=106, current=108),
    Project("Contract review", "Legal & Compliance", "Contracts", "gateway", "extract", "office", 40, 1_700,
            (("long", 34), ("opus", 20), ("bedrock", 26), ("mini", 20)),
            ("clause check", "summary"), ("web",), growth=4, last=95),
    Project("Policy search", "Legal & Compliance", "Regulation", "assistant", "chat", "office", 40, 1_050,
            (("sonnet", 30), ("gpt", 34), ("opus", 12), ("flash", 24)),
            ("search",), ("web", "teams"), growth=3, last=96),
    Project("Regulatory watch", "Legal & Compliance", "Regulation", "assistant", "extract", "batch", 60, 2_120,
            (("sonnet", 36), ("opus", 22), ("mini", 24), ("gemini", 18)),
            ("digest", "impact note"), ("api",), growth=4, last=94, batch=True),
    Project("Copy studio", "Marketing", "Content", "assistant", "chat", "office", 40, 950,
            (("gpt", 40), ("sonnet", 28), ("gemini", 20), ("mistral", 12)),
            ("draft", "rewrite"), ("web",), growth=4, last=96),
    Project("Image briefs", "Marketing", "Brand", "assistant", "chat", "office", 46, 1_720,
            (("sonnet", 36), ("opus", 16), ("gpt", 28), ("mini", 20)),
            ("brief",), ("web", "slack"), growth=4, last=97),
    Project("Localisation", "Marketing", "Content", "assistant", "extract", "office", 36, 920,
            (("gpt", 28), ("opus", 14), ("gemini", 24), ("mistral", 34)),
            ("translation",), ("api",), growth=3, last=95),
    Project("Call notes", "Sales Operations", "Enablement", "gateway", "voice", "office", 56, 1_780,
            (("opus", 26), ("gpt", 34), ("mini", 28), ("mistral", 12)),
            ("notes", "follow-up"), ("voice",), growth=5, last=101, current=122),
    Project("Lead research", "Sales Operations", "Pipeline", "gateway", "agent", "office", 40, 1_170,
            (("sonnet", 40), ("opus", 18), ("gemini", 24), ("embedding", 18)),
            ("profile",), ("web",), growth=4, last=93, current=115),
    Project("Invoice coding", "Finance", "Payables", "assistant", "extract", "office", 44, 1_120,
            (("sonnet", 30), ("haiku", 34), ("gpt", 20), ("opus", 16)),
            ("coding",), ("api",), growth=4, last=102),
    Project("Forecast commentary", "Finance", "Planning", "gateway", "agent", "office", 18, 610,
            (("sonnet", 52), ("gpt", 32), ("mini", 16)),
            ("commentary",), ("api",), growth=4, last=101),
    Project("Policy assistant", "People", "People services", "assistant", "chat", "office", 34, 880,
            (("sonnet", 34), ("gpt", 28), ("gemini", 18), ("mistral", 20)),
            ("answer",), ("teams", "web"), growth=4, last=101),
    Project("Job adverts", "People", "People services", "assistant", "chat", "office", 16, 430,
            (("sonnet", 50), ("gpt", 50)),
            ("draft",), ("web",), growth=3, since=6, last=100),
)  # fmt: skip

COUNTRIES = ("GB",) * 11 + ("IE", "DE", "FR", "US", "IN")

_FIRST = (
    "Amara", "Ben", "Chloe", "Dev", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kezia", "Liam", "Mei",
    "Noah", "Olga", "Priya", "Quentin", "Rosa", "Samir", "Tomasz", "Una", "Victor", "Wanda", "Xenia", "Yusuf", "Zofia",
)  # fmt: skip
_LAST = (
    "Okafor", "Whitfield", "Marsh", "Patel", "Rossi", "Haddad", "Ellison", "Laurent", "Carvalho", "Bergmann",
    "Asante", "Byrne", "Chen", "Sinclair", "Petrova", "Nair", "Dubois", "Alvarez", "Khan", "Nowak", "Kelly",
)  # fmt: skip


def department(name: str) -> Department:
    return next(each for each in DEPARTMENTS if each.name == name)


def people(until: date) -> tuple[Person, ...]:
    """Everybody, in a fixed order; one of Data & Analytics went to Marketing three months ago."""
    staff: list[Person] = []
    for unit in DEPARTMENTS:
        for _ in range(unit.people):
            index = len(staff)
            # 26 and 21 have no common divisor: all pairs differ for the first 546 people.
            first, last = _FIRST[index % len(_FIRST)], _LAST[index % len(_LAST)]
            team = unit.teams[index % len(unit.teams)]
            staff.append(Person(f"{first}.{last}".lower(), f"{first} {last}", team, unit.name))
    mover = next(n for n, person in enumerate(staff) if person.department == "Data & Analytics")
    moved = staff[mover]
    staff[mover] = Person(
        moved.user_id, moved.name, moved.team, moved.department, (months_back(until, 3), "Content", "Marketing")
    )
    return tuple(staff)


def members(staff: tuple[Person, ...], unit: str, day: date) -> tuple[str, ...]:
    """The user ids that belong to a department on a day."""
    return tuple(person.user_id for person in staff if _belongs(person, day) == unit)


def _belongs(person: Person, day: date) -> str:
    return person.moves[2] if person.moves and day >= person.moves[0] else person.department
