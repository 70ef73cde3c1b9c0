"""HTML → PDF. The only importer of WeasyPrint; it reads bundled files alone, and any complaint fails the render."""

import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import StringIO
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from warnings import catch_warnings, simplefilter

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
STYLESHEETS = ("statement/fonts.css", "statement/page.css", "statement/style.css")
PANGO_PACKAGE = "apt-get install --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0"
# The oldest that WeasyPrint embeds fonts with.
HARFBUZZ = (4, 1, 0)
_NOTDEF = ".notdef glyph"


class PangoMissing(RuntimeError):  # noqa: N818 - says what is the matter
    """The system's text layout library, which no Python package brings along, is not installed."""


class RenderError(RuntimeError):
    """WeasyPrint complained about the document; nothing was written."""


@dataclass(frozen=True)
class AttachedFile:
    """A file carried inside the PDF. The date is given, never the clock's, so that equal input gives equal bytes."""

    name: str
    description: str
    content: bytes
    dated: datetime


@dataclass(frozen=True)
class Styles:
    """Fonts and style sheets, read once per process. The fetcher serves files below `templates/` and nothing else."""

    fonts: Any
    sheets: tuple[Any, ...]
    fetcher: Any


def check_pango() -> None:
    """Raise PangoMissing, before any work is done, if WeasyPrint cannot find Pango and its companions.

    HarfBuzz-Subset is one of them: without it WeasyPrint embeds fonts by another way, with a warning, and only when the
    statement is already laid out. Many systems have Pango and not this.
    """
    try:
        # WeasyPrint prints a banner of its own; what is missing is said here once.
        with redirect_stdout(StringIO()), catch_warnings():
            simplefilter("ignore", DeprecationWarning)
            import weasyprint  # noqa: F401
            from weasyprint.text import ffi
    except OSError as error:
        raise PangoMissing(
            f"Statements cannot be drawn without the system library Pango ({error}). Install it with: {PANGO_PACKAGE}"
        ) from error
    if ffi.harfbuzz_subset is None or not ffi.harfbuzz.hb_version_atleast(*HARFBUZZ):
        raise PangoMissing(
            "Statements cannot be drawn without the system library HarfBuzz-Subset, version "
            f"{'.'.join(map(str, HARFBUZZ))} or newer. Install it with: {PANGO_PACKAGE}"
        )


@cache
def styles() -> Styles:
    """Parse the style sheets and load the fonts they name; a missing one raises RenderError."""
    check_pango()
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fetcher = _fetcher(TEMPLATES)
    fonts = FontConfiguration()
    with _no_complaints():
        sheets = tuple(
            CSS(filename=str(TEMPLATES / sheet), font_config=fonts, url_fetcher=fetcher) for sheet in STYLESHEETS
        )
    # WeasyPrint keeps the fonts in a temporary folder and removes it when the configuration goes, which fails while the
    # interpreter is being taken apart. This finalizer runs before, in the main process and in a pool's workers.
    Finalize(None, styles.cache_clear, exitpriority=1)
    return Styles(fonts, sheets, fetcher)


def lay_out(html: str) -> Any:
    """Lay the document out and return WeasyPrint's Document, for drawing and for the layout check."""
    from weasyprint import HTML

    ready = styles()
    with _no_complaints():
        parsed = HTML(string=html, base_url=f"{TEMPLATES.as_uri()}/", url_fetcher=ready.fetcher)
        return parsed.render(stylesheets=list(ready.sheets), font_config=ready.fonts, pdf_variant="pdf/ua-1")


def draw(document: Any, attachments: list[AttachedFile]) -> bytes:
    """The bytes of a tagged PDF/UA. Raises RenderError on any warning, naming a missing glyph by its character."""
    from weasyprint import Attachment

    attached = [
        Attachment(
            file_obj=_Content(file.content),
            name=file.name,
            description=file.description,
            created=file.dated,
            modified=file.dated,
            relationship="Data",
        )
        for file in attachments
    ]
    with _no_complaints():
        pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1", attachments=attached)
    return pdf


class _Content:
    """A file object that can be read and closed again and again."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content

    def close(self) -> None:
        """Nothing is held open."""


def _fetcher(root: Path) -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class BundledFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no type stubs
        """Files below `root` only. Fatal: WeasyPrint would otherwise log the refusal and go on without the file."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlsplit(url)
            path = Path(unquote(parts.path)).resolve()
            if parts.scheme != "file" or not path.is_relative_to(root) or not path.is_file():
                raise FatalURLFetchingError(f"A statement may load bundled files only, not {url!r}.")
            return super().fetch(url, headers)

    return BundledFiles(allowed_protocols=("file",), allow_redirects=False, fail_on_errors=True)


@contextmanager
def _no_complaints() -> Iterator[None]:
    logger = logging.getLogger("weasyprint")
    heard = _Complaints()
    logger.addHandler(heard)
    try:
        yield
    finally:
        logger.removeHandler(heard)
    if heard.messages:
        raise RenderError("; ".join(dict.fromkeys(heard.messages)))


class _Complaints(logging.Handler):
    """Collects warnings and errors in words."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, str) and record.msg.startswith(_NOTDEF) and isinstance(record.args, tuple):
            character = str(record.args[0])
            name = unicodedata.name(character, "a character without a name")
            self.messages.append(
                f"no installed font has {character!r} (U+{ord(character):04X}, {name}); install a font that has it"
            )
        else:
            self.messages.append(record.getMessage())
