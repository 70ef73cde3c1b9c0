"""The bytes of a file as they were before compression, however far they can be read."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS


class UnfinishedError(Exception):
    """The compressed stream breaks off or is damaged; everything before that was handed out."""


OnRaw = Callable[[bytes], object]


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def chunks(path: Path, compression: str, *, on_raw: OnRaw | None = None) -> Iterator[bytes]:
    """Decompressed chunks; raises UnfinishedError after the last readable byte. `on_raw` sees every stored byte."""
    with path.open("rb", buffering=CHUNK) as stream:
        if compression == "none":
            while chunk := stream.read(CHUNK):
                if on_raw:
                    on_raw(chunk)
                yield chunk
            return
        yield from _unpacked(stream, compression, on_raw)


def _unpacked(stream: BinaryIO, compression: str, on_raw: OnRaw | None) -> Iterator[bytes]:
    """All members or frames of the stream, one after the other, as gzip and zstd allow."""
    unpacker: _Decompressor | None = None
    damage: str | None = None
    while chunk := stream.read(CHUNK):
        if on_raw:
            on_raw(chunk)
        data = chunk
        while data and damage is None:
            unpacker = unpacker or _decompressor(compression)
            try:
                plain = unpacker.decompress(data)
            except Exception as error:  # zlib.error or zstandard.ZstdError, which needs no import here
                damage = f"the {compression} stream is damaged ({error})"
                break
            if plain:
                yield plain
            data = b""
            if unpacker.eof:
                data, unpacker = unpacker.unused_data.lstrip(b"\0"), None
    if damage is None and unpacker is not None:
        damage = f"the {compression} stream ends too early"
    if damage is not None:
        raise UnfinishedError(damage)


def _decompressor(compression: str) -> _Decompressor:
    if compression == "gzip":
        return zlib.decompressobj(_GZIP)
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj()
