"""The lookup: an address becomes a place, or 'unknown'. Never a guess."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from orchestration.errors import SettingsError
from orchestration.geography.address import Address, parsed, stored
from orchestration.settings import Geography

UNKNOWN = "unknown"
_SHORTEST_KEY = 16


@dataclass(frozen=True)
class Place:
    """One address of a log: what is stored of it, and where it is. Two-letter codes; names in English."""

    address: str
    stored: str | None
    continent: str | None
    country: str | None
    region: str | None
    city: str | None


def check(geography: Geography) -> None:
    """Raise SettingsError when addresses could not be looked up or stored as the settings ask."""
    if geography.caller_ip == "hash":
        _key(geography)
    if geography.database is not None:
        with Locator(geography):
            pass


class Locator(AbstractContextManager["Locator"]):
    """An open database, or none: then every place is unknown. Raises SettingsError when it cannot be read."""

    def __init__(self, geography: Geography) -> None:
        self._keep = geography.caller_ip
        self._key = _key(geography) if geography.caller_ip == "hash" else b""
        self._reader = _opened(geography.database) if geography.database is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.close()

    def places(self, addresses: Iterable[str]) -> Iterator[Place]:
        """One place for each address; an empty address has none."""
        for text in addresses:
            if not text.strip():
                yield Place(text, None, None, None, None, None)
                continue
            address = parsed(text)
            found = self._found(address)
            yield Place(
                address=text,
                stored=stored(text, address, self._keep, self._key),
                continent=_text(found, "continent", "code"),
                country=_text(found, "country", "iso_code"),
                region=_text(_first(found.get("subdivisions")), "names", "en"),
                city=_text(found.get("city"), "names", "en"),
            )

    def _found(self, address: Address | None) -> Mapping[str, Any]:
        # A private address may stand in a database by mistake; where its caller is, it does not say.
        if self._reader is None or address is None or not address.is_global:
            return {}
        try:
            record = self._reader.get(address)
        except ValueError:  # an IPv6 address and a database of IPv4 alone
            return {}
        return record if isinstance(record, Mapping) else {}


def _opened(path: Path) -> Any:
    import maxminddb

    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise SettingsError(
            f"tallyhouse.yaml: geography.database: {path} cannot be read as a MaxMind database ({error}).",
            "Put a .mmdb file such as GeoLite2-City.mmdb there, or remove geography.database: places are then unknown.",
        ) from error


def _key(geography: Geography) -> bytes:
    key = geography.hash_key.get_secret_value() if geography.hash_key is not None else ""
    if len(key) < _SHORTEST_KEY:
        raise SettingsError(
            "tallyhouse.yaml: geography.caller_ip is hash, but the environment variable "
            f"{geography.hash_key_env or 'that geography.hash_key_env should name'} holds no key of "
            f"{_SHORTEST_KEY} characters or more.",
            "Set it to a long random text and keep it: another key gives the same caller another hash.",
        )
    return key.encode()


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else None


def _text(record: Any, *names: str) -> str:
    for name in names:
        if not isinstance(record, Mapping):
            return UNKNOWN
        record = record.get(name)
    return record if isinstance(record, str) and record else UNKNOWN
