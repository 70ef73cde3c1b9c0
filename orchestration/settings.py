"""tallyhouse.yaml and the environment become one frozen settings object. The only reader of os.environ."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.reference.currencies import PRICE_CURRENCY, reporting_currency
from orchestration.settings_billing import Billing
from orchestration.settings_file import read_yaml
from orchestration.settings_sources import settled_source

SourceKind = Literal[
    "events", "litellm", "claude_code", "mapped", "otlp", "bedrock", "openrouter", "langfuse", "openai", "anthropic",
    "litellm_db",
]  # fmt: skip
# Kinds that are fetched from a provider's API; landing then finds them under data/fetched.
FETCHED_KINDS = frozenset({"openai", "anthropic"})
# Kinds that are read row by row from a table; landing finds what was read in the same place.
DATABASE_KINDS = frozenset({"litellm_db"})
# Keys of a source that mean something to these kinds only, and whether they need it.
_KEYS_OF_KINDS = {
    "api_key_env": (FETCHED_KINDS, True),
    "base_url": (FETCHED_KINDS, False),
    "refetch_days": (FETCHED_KINDS, False),
    "since": (FETCHED_KINDS | DATABASE_KINDS, True),
    "dsn_env": (DATABASE_KINDS, True),
    "table": (DATABASE_KINDS, False),
    "overlap_minutes": (DATABASE_KINDS, False),
}
Role = Literal["usage", "control"]
FOLDER_COLUMNS = ("user_id", "project", "team", "department", "feature", "api_key")
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
_TABLE = r"^([A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,62}$"
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(_Frozen):
    """Whom the statements are for."""

    name: Annotated[str, Field(min_length=1)]
    address: tuple[str, ...] = ()


class RoleRule(_Frozen):
    """What a source's events of an account, of some keys, from a day until before another are; empty: any."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    account: str | None = None
    api_keys: tuple[str, ...] = ()
    first: Annotated[date | None, Field(alias="from")] = None
    until: Annotated[date | None, Field(alias="to")] = None
    role: Role

    @model_validator(mode="after")
    def _in_order(self) -> "RoleRule":
        if self.first is not None and self.until is not None and self.until <= self.first:
            raise ValueError("to must be a day after from: it is the first day that the rule no longer holds on")
        return self


class Source(_Frozen):
    """One place that logs come from. `path` is absolute once the settings are loaded.

    Where the file says s3://bucket/prefix, that is in `objects`, and `path` is where the copies lie.
    """

    name: str
    kind: SourceKind
    path: Path
    folders: tuple[Literal["user_id", "project", "team", "department", "feature", "api_key"], ...] = ()
    mapping: dict[str, str] = {}
    constants: dict[str, str] = {}
    timezone: str = "UTC"
    unit: dict[str, str] = {}
    decimal: Literal[".", ","] = "."
    event_at_unit: Literal["s", "ms", "us", "ns"] | None = None
    cached_inside_input: bool | None = None
    role: Role = "usage"
    roles: tuple[RoleRule, ...] = ()
    account: str | None = None
    mirrors: str | None = None
    api_key_env: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    base_url: str | None = None
    since: date | None = None
    refetch_days: Annotated[int, Field(ge=0, le=60)] = 3
    dsn_env: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    table: Annotated[str, Field(pattern=_TABLE)] = "LiteLLM_SpendLogs"
    overlap_minutes: Annotated[int, Field(ge=0, le=525_600)] = 60
    objects: str | None = None
    endpoint_url: str | None = None
    key_env: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    secret_env: Annotated[str, Field(pattern=_VARIABLE)] | None = None

    @property
    def is_fetched(self) -> bool:
        """Whether a provider's own reports are fetched."""
        return self.kind in FETCHED_KINDS

    @property
    def comes_by(self) -> Literal["reports", "table", "objects"] | None:
        """How it comes over the network; None where its files are dropped by somebody."""
        if self.kind in DATABASE_KINDS:
            return "table"
        if self.objects is not None:
            return "objects"
        return "reports" if self.is_fetched else None

    @field_validator("base_url", "endpoint_url")
    @classmethod
    def _safe_address(cls, address: str | None) -> str | None:
        """A key is sent there: encrypted, or to this machine; and the address itself holds no secret."""
        if address is None:
            return None
        parts = urlsplit(address)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must be an address alone, without a user, a password or a query")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
            raise ValueError("must begin with https://, since keys or logs travel there")
        return address.rstrip("/")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Source":
        for key, (kinds, needed) in sorted(_KEYS_OF_KINDS.items()):
            if key in self.model_fields_set and self.kind not in kinds:
                raise ValueError(f"has {key}, which is only for {' and '.join(sorted(kinds))}")
            if needed and self.kind in kinds and getattr(self, key) is None:
                raise ValueError(f"needs {key}, being of kind {self.kind}")
        for key in ("endpoint_url", "key_env", "secret_env"):
            if key in self.model_fields_set and self.objects is None:
                raise ValueError(f"has {key}, which is only for a path that begins with s3://")
        if (self.key_env is None) != (self.secret_env is None):
            raise ValueError("names one of key_env and secret_env: they belong together")
        if self.comes_by in ("reports", "table") and self.folders:
            raise ValueError(f"has folders, which a source of kind {self.kind} has none of: its rows say it all")
        return self


class Geography(_Frozen):
    """Where callers are. `database` is a MaxMind file, absolute once loaded; `hash_key` comes from the environment."""

    database: Path | None = None
    caller_ip: Literal["drop", "truncate", "hash", "keep"] = "truncate"
    hash_key_env: str | None = None
    hash_key: SecretStr | None = Field(default=None, repr=False)


class Notifications(_Frozen):
    """How messages leave. `email_url` is an Apprise address without recipients."""

    email_url: str | None = None
    sender: str = "Tallyhouse <tallyhouse@localhost>"
    operators: tuple[str, ...] = ()


class Schedules(_Frozen):
    """Wall-clock times in the organisation's time zone."""

    nightly: Annotated[str, Field(pattern=_CLOCK)] = "02:30"
    statement_at: Annotated[str, Field(pattern=_CLOCK)] = "07:00"
    statement_working_day: Annotated[int, Field(ge=1, le=15)] = 2
    holidays: tuple[date, ...] = ()


class Close(_Frozen):
    """Who closes a month, and what becomes of usage or prices that change a closed one."""

    mode: Literal["manual", "automatic"] = "manual"
    late_usage: Literal["restate", "carry_forward"] = "restate"


class Reconcile(_Frozen):
    """How far computed figures may lie from what providers bill: the larger of a percentage and an amount.

    `required`: providers without whose bill a month is not reconciled, as the usage marts spell them.
    """

    tolerance_percent: Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6)] = Decimal("0.5")
    tolerance_amount: Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=6)] = Decimal("1.00")
    required: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    def variables(self) -> dict[str, object]:
        """What the marts are told of it (see dbt_project.yml)."""
        return {
            "tolerance_percent": f"{self.tolerance_percent:f}",
            "tolerance_amount": f"{self.tolerance_amount:f}",
            "required_rows": [{"provider": provider} for provider in sorted(set(self.required))],
        }


class Settings(_Frozen):
    """Everything a run needs to know, settled before it starts."""

    organisation: Organisation
    timezone: str = "UTC"
    currency: str = PRICE_CURRENCY
    sources: dict[str, Source] = {}
    geography: Geography = Geography()
    notifications: Notifications = Notifications()
    schedules: Schedules = Schedules()
    close: Close = Close()
    reconcile: Reconcile = Reconcile()
    billing: Billing = Billing()
    now: datetime

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not an IANA time zone such as Europe/London") from error
        return name

    @field_validator("currency")
    @classmethod
    def _reportable(cls, code: str) -> str:
        return reporting_currency(code)

    @model_validator(mode="after")
    def _mirrors_lead_somewhere(self) -> "Settings":
        for name in self.sources:
            chain = [name]
            while (mirrored := self.sources[chain[-1]].mirrors) is not None:
                if mirrored not in self.sources:
                    raise ValueError(f"sources.{chain[-1]}.mirrors names {mirrored}, which is no source")
                if mirrored in chain:
                    raise ValueError(f"sources.{chain[-1]}.mirrors leads back to {mirrored}: one must be the original")
                chain.append(mirrored)
        return self

    @property
    def fetched_sources(self) -> tuple[Source, ...]:
        """Sources that come over the network, by name."""
        return tuple(source for _, source in sorted(self.sources.items()) if source.comes_by is not None)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def today(self) -> date:
        """The current day in the organisation's time zone."""
        return self.now.astimezone(self.zone).date()


def load_settings(home: Home) -> Settings:
    """Read and check the home's settings; a wrong one raises, naming the key and what is allowed."""
    raw = read_yaml(home.settings_file)
    try:
        return Settings(**_settled(raw, home), now=current_time())
    except ValidationError as error:
        from orchestration.settings_words import explained

        raise explained(error, Settings, home.settings_file) from error


def home_from_environment() -> Path | None:
    """TALLYHOUSE_HOME, if it is set."""
    value = os.environ.get("TALLYHOUSE_HOME")
    return Path(value) if value else None


def child_environment(home: Home, **extra: str) -> dict[str, str]:
    """The environment for a child process that works on this home (Dagster's UI and daemon)."""
    return {**os.environ, "TALLYHOUSE_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), **extra}


def secret(variable: str) -> str | None:
    """A secret from the environment, without the blanks around it; None where the variable is unset or empty.

    Asked for when it is needed, so that it is part of no settings object that might be shown.
    """
    return os.environ.get(variable, "").strip() or None


def current_time() -> datetime:
    """The time of this run: the clock, or TALLYHOUSE_NOW for rehearsals and tests."""
    pretended = os.environ.get("TALLYHOUSE_NOW")
    if not pretended:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(pretended)
    except ValueError as error:
        raise SettingsError(
            f"TALLYHOUSE_NOW is {pretended!r}, which is no time.",
            "Write 2026-11-21T03:00:00+00:00, or unset it.",
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _settled(raw: dict[str, Any], home: Home) -> dict[str, Any]:
    """Names, paths and environment variables filled in, so that the model below is final."""
    settled = dict(raw)
    sources = raw.get("sources") or {}
    if not isinstance(sources, dict):
        raise SettingsError(
            f"{home.settings_file}: sources must be a table of names.",
            "Write `sources: {gateway: {kind: litellm}}`.",
        )
    settled["sources"] = {
        name: settled_source(name, body, home, FETCHED_KINDS | DATABASE_KINDS) for name, body in sources.items()
    }
    settled["geography"] = _geography(raw.get("geography") or {}, home)
    given = raw.get("notifications") or {}
    if not isinstance(given, dict):
        return settled  # refused by the model, in the words of all other wrong values
    notifications = dict(given)
    variable = notifications.pop("email_url_env", None)
    if variable is not None:
        notifications["email_url"] = os.environ.get(variable)
    settled["notifications"] = notifications
    return settled


def _geography(body: Any, home: Home) -> Any:
    if not isinstance(body, dict):
        return body
    if "hash_key" in body:
        raise SettingsError(
            f"{home.settings_file}: geography.hash_key does not belong in a file.",
            "Put the key into the environment and write its name: geography.hash_key_env.",
        )
    geography = dict(body)
    if geography.get("database"):
        geography["database"] = home.root / str(geography["database"])
    variable = geography.get("hash_key_env")
    if variable is not None:
        geography["hash_key"] = os.environ.get(str(variable))
    return geography
