"""The fetch of a bucket: what is new or changed under the prefix is copied, and landed from there like any file."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from orchestration.copies import SCHEME, copy_of, why_not_kept
from orchestration.errors import FetchError
from orchestration.fetching.bucket import Bucket, ChangedError, Credentials, Object
from orchestration.fetching.report import DueSpan, SourceFetch
from orchestration.fetching.state import FetchState, read_state, write_state
from orchestration.fetching.windows import AGAIN_AFTER
from orchestration.files import fsync_file, fsync_folder, write_atomically
from orchestration.home import Home
from orchestration.journal import tell
from orchestration.settings import Settings, Source, secret
from orchestration.sources.formats import is_read

# Copies made since are made again after a kill.
_NOTED_EVERY = 50


def due_objects(source: Source, settings: Settings, state: FetchState) -> list[DueSpan]:
    """What would be listed now; nothing within the hour after the bucket was last looked through."""
    if state.read_at is not None and settings.now - state.read_at < AGAIN_AFTER:
        return []
    return [DueSpan(source.name, "objects", str(source.objects))]


def fetch_objects(home: Home, settings: Settings, source: Source) -> SourceFetch:
    """Copy what is new or changed. A failure is in what is returned; copies made before it are kept."""
    state = read_state(home, source.name)
    run = _Copying(home, source)
    tell(f"Fetching {source.name}: {source.objects}")
    try:
        run.copy_all()
        state = replace(state, read_at=settings.now, failure=None)
    except FetchError as error:
        state = state.failed(error, settings.now)
        run.done = replace(run.done, failure=state.failure)
        tell(f"Not fetched: {error.message}")
    write_state(home, source.name, state)
    return run.done


class _Copying:
    """One look through a source's bucket; `known`: what was copied of each key, as it was listed then."""

    def __init__(self, home: Home, source: Source) -> None:
        assert source.objects is not None
        self._home, self._source, self._address = home, source, source.objects
        self._notes = home.fetching / source.name / "objects.json"
        self._work = home.fetching / source.name / "object.part"
        self._known = self._read_notes()
        self.done = SourceFetch(source.name, unit="object")

    def copy_all(self) -> None:
        source = self._source
        bucket = Bucket(
            source.name,
            self._address,
            _credentials(source),
            endpoint=source.endpoint_url,
            region=secret("AWS_REGION") or secret("AWS_DEFAULT_REGION"),
        )
        self._work.parent.mkdir(parents=True, exist_ok=True)
        prefix = self._address.removeprefix(f"{SCHEME}{bucket.bucket}").strip("/")
        left_out: list[str] = []
        copied = 0
        try:
            for item in bucket.objects():
                if not is_read(source, item.key.removeprefix(prefix).lstrip("/")):
                    continue
                self.done = replace(self.done, windows=self.done.windows + 1)
                address = f"{SCHEME}{bucket.bucket}/{item.key}"
                path = copy_of(self._home, source.name, address)
                if self._known.get(address) == item and _size(path) == item.size:
                    continue
                try:
                    trouble = why_not_kept(item.key) or self._copy(bucket, item, path)
                except ChangedError:  # as a log that grows while it is read: the next run takes it
                    continue
                if trouble:
                    left_out.append(f"{address!r}: {trouble}")
                    continue
                self._known[address] = item
                copied += 1
                if copied % _NOTED_EVERY == 0:
                    self._write_notes()
        finally:
            bucket.close()
            if copied % _NOTED_EVERY:
                self._write_notes()
        if left_out:
            more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
            raise FetchError(
                f"{source.name}: the object {left_out[0]}{more}: not copied.", "Give it another key; the others are."
            )

    def _copy(self, bucket: Bucket, item: Object, path: Path) -> str | None:
        """Copy one object to its place, whole or not at all; why there is no such place, where there is none."""
        with self._work.open("wb") as stream:
            for chunk in bucket.chunks(item):
                stream.write(chunk)
        fsync_file(self._work)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._work.replace(path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            return "its key is a folder of another object's key, or the other way round"
        fsync_folder(path.parent)
        self.done = replace(self.done, generations=self.done.generations + 1, bytes=self.done.bytes + item.size)
        return None

    def _read_notes(self) -> dict[str, Object]:
        """What was copied; a missing or torn note costs copying again, and what did not change lands nothing."""
        try:
            raw = json.loads(self._notes.read_text(encoding="utf-8"))
            return {address: Object(**item) for address, item in raw.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def _write_notes(self) -> None:
        raw = {address: asdict(item) for address, item in sorted(self._known.items())}
        write_atomically(self._notes, json.dumps(raw, indent=0, ensure_ascii=False) + "\n")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _credentials(source: Source) -> Credentials:
    """From the variables that the settings name, else from those that AWS's own tools read."""
    names = (source.key_env or "AWS_ACCESS_KEY_ID", source.secret_env or "AWS_SECRET_ACCESS_KEY")
    key, password = (secret(name) for name in names)
    if key is None or password is None:
        unset = names[0] if key is None else names[1]
        raise FetchError(
            f"{source.name}: the environment variable {unset} is not set.",
            "Put the key and its secret into the environment; key_env and secret_env may name other variables.",
        )
    # A token belongs to the pair in AWS's variables, not to one of the source's own.
    return Credentials(key, password, None if source.key_env else secret("AWS_SESSION_TOKEN"), names)
