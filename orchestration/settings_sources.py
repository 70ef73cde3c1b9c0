"""A source as tallyhouse.yaml has it becomes the fields of its model: its name, where it is read, no secret in it."""

import re
from collections.abc import Set
from pathlib import Path
from typing import Any

from orchestration.copies import SCHEME, copy_of
from orchestration.errors import SettingsError
from orchestration.home import Home

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SECRETS = {
    "api_key": ("a key", "api_key_env", "replace the key"),
    "dsn": ("a connection string", "dsn_env", "change the password"),
    "secret": ("a secret", "secret_env", "replace the key"),
}


def settled_source(name: str, body: Any, home: Home, remote: Set[str]) -> dict[str, Any]:
    """The source's settings with its name and paths filled in; kinds that are `remote` have no path of their own."""
    if not _NAME.fullmatch(str(name)):
        raise SettingsError(
            f"{home.settings_file}: the source name {name!r} is not allowed.",
            "Use small letters, digits, - and _, at most 40, beginning with a letter.",
        )
    if body is not None and not isinstance(body, dict):
        return body  # type: ignore[no-any-return]  # refused by the model, in the words of all other wrong values
    source = dict(body or {})
    for key, (what, instead, change) in _SECRETS.items():
        if key in source:
            raise SettingsError(
                f"{home.settings_file}: sources.{name}: {what} does not belong into the settings.",
                f"Put it into an environment variable, write {instead}: NAME_OF_THE_VARIABLE, and {change}: "
                "it has been in a file.",
            )
    if "objects" in source:
        raise SettingsError(f"{home.settings_file}: sources.{name}.objects: there is no such key.", "Remove it.")
    if source.get("kind") in remote:
        if "path" in source:
            raise SettingsError(
                f"{home.settings_file}: sources.{name}: a source of kind {source['kind']} has no path: it is fetched.",
                "Remove path.",
            )
        return {**source, "name": name, "objects": None, "path": home.fetched / name}
    given = source.get("path")
    if isinstance(given, str) and given.startswith(SCHEME):
        objects = _objects(given, f"{home.settings_file}: sources.{name}: path")
        return {**source, "name": name, "objects": objects, "path": copy_of(home, name, objects)}
    path = Path(given or home.inbox / name)
    return {**source, "name": name, "objects": None, "path": path if path.is_absolute() else home.root / path}


def _objects(address: str, key: str) -> str:
    """The address of a bucket, or of a prefix in it that ends where a folder would."""
    found = address.rstrip("/")
    bucket, *folders = found.removeprefix(SCHEME).split("/")
    if not _BUCKET.fullmatch(bucket) or any(not part or part.startswith(".") for part in folders):
        raise SettingsError(
            f"{key}: is {address}, which is no address of a bucket.",
            "Write s3://bucket or s3://bucket/prefix: a name in small letters, then folders that are not hidden.",
        )
    return found
