"""Where the copy of an object lies, and which object a copy is of. Light to import.

data/fetched/<source>/objects/<bucket>/<key>: folders below a prefix mean what they mean in a local folder.
"""

from pathlib import Path

from orchestration.home import Home

SCHEME = "s3://"
_FOLDER = "objects"
_LONGEST = 255  # bytes of one name, on every common file system


def copy_of(home: Home, source: str, address: str) -> Path:
    """Where the copy of an object or a prefix, s3://bucket/…, of this source lies."""
    return home.fetched / source / _FOLDER / address.removeprefix(SCHEME)


def address_of(home: Home, path: Path) -> str | None:
    """The address of the object that the file is a copy of; None for other files."""
    try:
        _, folder, *key = path.relative_to(home.fetched).parts
    except ValueError:
        return None
    return SCHEME + "/".join(key) if folder == _FOLDER and key else None


def why_not_kept(key: str) -> str | None:
    """Why an object of this key can have no file of its name; None where it can."""
    parts = key.split("/")
    if not all(parts):
        return "a folder in its key has no name"
    if "\x00" in key:
        return "its key holds a NUL byte"
    if any(len(part.encode()) > _LONGEST for part in parts):
        return f"a name in its key is longer than {_LONGEST} bytes"
    return None
