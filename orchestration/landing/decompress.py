"""The bytes of a file as they were before compression, however far they can be read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1 << 18
_GZIP_WINDOW = 31  # the largest, and a gzip header
# At most so many bytes come out of one call, whatever went in: a few bytes may stand for gigabytes.
_MOST = 1 << 20
# zstd has no such limit, but four bytes of it stand for at most 128 KiB: so few go in at a time.
_ZSTD_STEP = 1 << 10
# Logs shrink to a tenth. What unpacks to two hundred times its size is there to fill memory and disk.
BOMB_RATIO = 200
BOMB_BYTES = 128 << 20


class UnfinishedError(Exception):
    """The compressed stream breaks off, is damaged or a bomb; everything before that was handed out."""


OnRaw = Callable[[bytes], object]


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, most: int, /) -> bytes: ...


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
    stored = given = 0
    while chunk := stream.read(CHUNK):
        if on_raw:
            on_raw(chunk)
        stored += len(chunk)
        data = chunk
        plain = b""
        while data or len(plain) == _MOST:
            unpacker = unpacker or _decompressor(compression)
            try:
                plain = unpacker.decompress(data, _MOST)
            except Exception as error:  # of isal or zstandard, which need no import here
                raise UnfinishedError(f"the {compression} stream is damaged ({error})") from error
            yield from (plain[at : at + _MOST] for at in range(0, len(plain), _MOST))
            given += len(plain)
            if given > BOMB_BYTES and given > BOMB_RATIO * stored:
                raise UnfinishedError(f"the {compression} stream unpacks to more than {BOMB_RATIO} times its size")
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                data, plain, unpacker = unpacker.unused_data.lstrip(b"\0"), b"", None
    if unpacker is not None:
        raise UnfinishedError(f"the {compression} stream ends too early")


def _decompressor(compression: str) -> _Decompressor:
    return _gzip() if compression == "gzip" else _Zstd()


def _gzip() -> _Decompressor:
    from isal import isal_zlib

    return isal_zlib.decompressobj(_GZIP_WINDOW)


class _Zstd:
    """zstandard's decompressor, fed in small steps."""

    def __init__(self) -> None:
        import zstandard

        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self.unconsumed_tail = b""

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + self.unconsumed_tail

    def decompress(self, data: bytes, most: int, /) -> bytes:
        self.unconsumed_tail = data[_ZSTD_STEP:]
        return self._frame.decompress(data[:_ZSTD_STEP])
