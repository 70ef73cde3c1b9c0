"""The PDF itself: layout, tags, attachment, glyphs, offline, draft."""

import re
import sys
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from reports import pdf
from reports.layout import faults
from reports.statement import (
    Issuer,
    Scope,
    StatementFiles,
    StatementJob,
    build,
    file_name,
    html,
    write_statement,
    write_statements,
)
from reports.view import Statement
from tests.unit.reports.marts_fixture import build_marts

OCTOBER = date(2026, 10, 1)
ORGANISATION = Scope("organisation")
LONG = "Unbrokenprojectnameoffiftyfivecharactersforthetestofit5"
HOSTILE = [
    f"UPDATE usage SET project = '{LONG}', model = '{LONG.upper()}' WHERE project = 'Call notes'",
    f"UPDATE usage SET department = '{LONG}', cost_centre = '{LONG[:30]}' WHERE department = 'Finance'",
    "UPDATE usage SET department = 'Ελληνική υποστήριξη', project = 'Кириллица и ещё' WHERE department = 'Marketing'",
    "UPDATE usage SET department = 'Zażółć gęślą', project = '<script>alert(1)</script>' WHERE department = 'People'",
    "UPDATE usage SET project = '=cmd|'' /C calc''!A0', provider = 'prov\u202eider' WHERE project = 'Doc embedding'",
    "UPDATE usage SET department = '' , cost_centre = '', project = '' WHERE project = 'Policy search'",
    "UPDATE usage SET effective_cost = effective_cost * 30000 WHERE department = 'Engineering'",
    "UPDATE usage SET effective_cost = -effective_cost WHERE project = 'Contract review'",
]


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.fixture(scope="module")
def organisation(marts: Path, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> StatementFiles:
    out = tmp_path_factory.mktemp("statements")
    return write_statement(marts=marts, month=OCTOBER, scope=ORGANISATION, issuer=issuer, out_dir=out)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_marts(tmp_path_factory.mktemp("hostile") / "marts", edits=HOSTILE, organisation_budget="12345678.90")


@pytest.fixture(scope="module")
def statements(hostile: Path) -> list[Statement]:
    issuer = Issuer(LONG * 2, (LONG, "Ωμέγα 7, Łódź"), "Europe/London")
    scopes = (ORGANISATION, Scope("department", LONG), Scope("department", "Engineering"))
    return [build(hostile, OCTOBER, scope, issuer, attachment="a.csv") for scope in scopes]


class TestOrganisation:
    def test_files_bear_the_scopes_name_and_nothing_else_is_left(self, organisation: StatementFiles) -> None:
        assert sorted(p.name for p in organisation.pdf.parent.iterdir()) == ["organisation.csv", "organisation.pdf"]

    def test_the_csv_is_attached_as_it_lies_beside(self, organisation: StatementFiles) -> None:
        reader = PdfReader(organisation.pdf)
        assert reader.attachments["organisation.csv"] == [organisation.csv.read_bytes()]

    def test_title_language_tags_and_bookmarks(self, organisation: StatementFiles) -> None:
        reader = PdfReader(organisation.pdf)
        catalog = reader.root_object
        assert reader.metadata is not None
        assert reader.metadata.title == "AI usage statement October 2026: Halden Group plc"
        assert catalog["/Lang"] == "en-GB"
        assert catalog["/MarkInfo"]["/Marked"]
        assert b'pdfuaid:part="1"' in catalog["/Metadata"].get_data()
        chapters = [entry.title for entry in reader.outline if not isinstance(entry, list)]
        assert chapters == ["Summary", "Course of the month", "Departments", "Usage detail", "Charges"]

    def test_it_prints_the_figures_of_the_marts(
        self, organisation: StatementFiles, marts: Path, issuer: Issuer
    ) -> None:
        text = text_of(organisation.pdf.read_bytes())
        statement = build(marts, OCTOBER, ORGANISATION, issuer, attachment="organisation.csv")
        assert f"{statement.figures.total:,}" in text
        assert "organisation.csv" in text
        assert "genai-prices 0.2.3, a1b2c3d4" in text

    def test_every_page_is_marked_as_a_draft(self, organisation: StatementFiles) -> None:
        pages = PdfReader(organisation.pdf).pages
        assert all("Draft: not closed" in page.extract_text() for page in pages)

    def test_contents_name_the_pages_where_chapters_start(self, organisation: StatementFiles) -> None:
        pages = [page.extract_text() for page in PdfReader(organisation.pdf).pages]
        heads = ("Change from September", "Projects that changed most", "By department, project", "Charge for October")
        starts = [next(number for number, text in enumerate(pages, 1) if head in text) for head in heads]
        # The numbers float to the right, and are drawn before the words.
        assert pages[0].startswith("".join(f"{number}\n" for number in starts))

    def test_the_page_of_charges_stands_alone(self, organisation: StatementFiles) -> None:
        pages = [page.extract_text() for page in PdfReader(organisation.pdf).pages]
        assert all(part in pages[-1] for part in ("Charge for October", "Provenance", "Definitions"))
        assert "Usage by model" in pages[-2]

    def test_the_cover_says_once_that_it_is_a_draft_and_for_whom_it_is(self, organisation: StatementFiles) -> None:
        cover = PdfReader(organisation.pdf).pages[0].extract_text()
        assert "Confidential. Prepared for Halden Group plc" in cover
        assert "Status" not in cover


@pytest.mark.parametrize("lines", range(44, 56))
def test_no_page_begins_with_the_last_lines_of_a_group(lines: int) -> None:
    cells = "<td>x</td>" * 6
    rows = f"<tr><th>line</th>{cells}</tr>" * lines
    table = f"<thead><tr><th>P</th>{cells}</tr></thead><tbody>{rows}<tr class='sum'><th>Total</th>{cells}</tr></tbody>"
    pages = pdf.lay_out(f"<html lang=en><h2>Usage detail</h2><table class='d'>{table}</table>").pages
    on_last = list(texts(pages[-1]._page_box))
    assert len(pages) == 1 or on_last.count("line") >= 3
    assert "Total" in on_last


def texts(box: Any) -> Iterator[str]:
    if hasattr(box, "text"):
        yield box.text
    for child in getattr(box, "children", ()):
        yield from texts(getattr(child, "_box", child))


@pytest.mark.parametrize("scope", [ORGANISATION, Scope("department", "Data & Analytics")], ids=lambda s: s.kind)
def test_no_text_leaves_its_page_or_cell(marts: Path, issuer: Issuer, scope: Scope) -> None:
    assert faults(pdf.lay_out(html(build(marts, OCTOBER, scope, issuer, attachment="a.csv")))) == []


def test_a_line_never_ends_within_a_signed_amount(marts: Path, issuer: Issuer) -> None:
    page = html(build(marts, OCTOBER, ORGANISATION, issuer, attachment="a.csv"))
    (standfirst,) = re.findall(r'<p class="standfirst[^"]*">(.*?)</p>', page)
    signed = re.findall(r"\(([^)]*)\)", standfirst)
    assert signed and all(re.fullmatch(r'<span class="held">\+\$[\d,]+</span>', amount) for amount in signed)


def test_without_budgets_departments_are_shown_by_spend(issuer: Issuer, tmp_path: Path) -> None:
    """A new user's first statement: no table of dashes under the name of a budget, and untagged is no department."""
    marts = build_marts(
        tmp_path / "marts",
        first=date(2026, 10, 1),
        budgets={},
        organisation_budget=None,
        edits=["UPDATE usage SET department = '', cost_centre = ''"],
    )
    page = html(build(marts, OCTOBER, ORGANISATION, issuer, attachment="a.csv"))
    assert "All spend is untagged: it names no department</h2>" in page
    assert "Spend by department" in page and "Budget by department" not in page
    assert "Variance" not in page and ">Months<" not in page and "Cost centre" not in page
    assert faults(pdf.lay_out(page)) == []


def test_names_of_many_lines_leave_the_cover_on_one_page(issuer: Issuer, tmp_path: Path) -> None:
    marts = build_marts(
        tmp_path / "marts",
        first=date(2026, 9, 1),
        until=date(2026, 10, 20),
        budgets={},
        edits=["UPDATE usage SET department = department || ' and everything else that belongs to it'"],
    )
    statement = build(marts, OCTOBER, ORGANISATION, issuer, attachment="a.csv")
    assert 0 < len(statement.cover_rows) < 8
    assert statement.cover_left_out == 8 - len(statement.cover_rows)
    second = "".join(texts(pdf.lay_out(html(statement)).pages[1]._page_box))
    assert "Cumulative spend" in second


class TestHostileNames:
    def test_nothing_overflows_and_nothing_is_missing(self, statements: list[Statement]) -> None:
        for statement in statements:
            document = pdf.lay_out(html(statement))
            assert faults(document) == []
            assert pdf.draw(document, [])

    def test_markup_stays_text(self, statements: list[Statement]) -> None:
        page = html(statements[0])
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    def test_characters_that_turn_text_around_are_dropped(self, statements: list[Statement]) -> None:
        assert "\u202e" not in html(statements[0])


def test_the_layout_check_finds_what_overflows() -> None:
    page = f"<html lang=en><table><tr><td style='width:9mm;white-space:nowrap'>{LONG}</td><td>x</td></tr></table>"
    assert [fault.what for fault in faults(pdf.lay_out(page))] == ["beside its cell"]
    wide = pdf.lay_out(f"<html lang=en><p style='white-space:nowrap'>{LONG * 4}</p>")
    assert [fault.what for fault in faults(wide)] == ["beside its page"]


def test_a_missing_glyph_fails_with_its_name() -> None:
    document = pdf.lay_out("<html lang=en><title>t</title><p>plan \U00012000</p>")
    with pytest.raises(pdf.RenderError, match=r"U\+12000, CUNEIFORM SIGN A"):
        pdf.draw(document, [])


@pytest.mark.parametrize(
    "source", ["https://example.com/a.png", "file:///etc/hostname", "data:image/png;base64,AAAA", "../../README.md"]
)
def test_only_bundled_files_are_loaded(source: str) -> None:
    with pytest.raises(BaseException, match=r"may load bundled files only|disallowed|Error fetching"):
        pdf.lay_out(f"<html lang=en><img alt=a src='{source}'>")


def test_an_unknown_property_fails_the_render() -> None:
    with pytest.raises(pdf.RenderError, match="colour"):
        pdf.lay_out("<html lang=en><p style='colour:red'>x</p>")


def test_missing_pango_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, issuer: Issuer
) -> None:
    class Hidden:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    with pytest.raises(pdf.PangoMissing, match=r"apt-get install --no-install-recommends libpangoft2-1\.0-0"):
        write_statement(
            marts=tmp_path / "none", month=OCTOBER, scope=ORGANISATION, issuer=issuer, out_dir=tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()


def test_hidden_harfbuzz_subset_is_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf.check_pango()
    monkeypatch.setattr("weasyprint.text.ffi.harfbuzz_subset", None)
    with pytest.raises(pdf.PangoMissing, match=r"HarfBuzz-Subset, version 4\.1\.0 .* libharfbuzz-subset0"):
        pdf.check_pango()


def test_a_failed_render_leaves_the_old_files(marts: Path, issuer: Issuer, tmp_path: Path) -> None:
    (tmp_path / "organisation.pdf").write_bytes(b"old")
    nameless = Issuer("\U00012000", (), "Europe/London")
    with pytest.raises(pdf.RenderError, match=r"^organisation\.pdf was not drawn: no installed font has .*CUNEIFORM"):
        write_statement(marts=marts, month=OCTOBER, scope=ORGANISATION, issuer=nameless, out_dir=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["organisation.pdf"]
    assert (tmp_path / "organisation.pdf").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("People", "department-people"),
        ("Data & Analytics", "department-data-and-analytics"),
        ("../../etc/passwd", "department-etc-passwd-"),
        ("Ελληνική", "department-"),
    ],
)
def test_file_names_are_slugs(name: str, expected: str) -> None:
    found = file_name(Scope("department", name))
    assert found.startswith(expected)
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_names_that_differ_get_files_that_differ() -> None:
    names = ["R&D", "R & D", "R and D", "r and d", "People", "people", "PEOPLE", "Πeople", LONG, LONG + "6"]
    assert len({file_name(Scope("department", name)) for name in names}) == len(names)


def test_a_pool_writes_the_same_bytes_as_one_process(
    marts: Path, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.statement.FEW_STATEMENTS", 1)
    scopes = [Scope("department", "People"), Scope("department", "Finance")]
    files = {
        workers: write_statements(
            [StatementJob(marts, OCTOBER, scope, issuer, tmp_path / str(workers)) for scope in scopes], workers
        )
        for workers in (1, 2)
    }
    assert [file.pdf.name for file in files[2]] == ["department-people.pdf", "department-finance.pdf"]
    for one, two in zip(files[1], files[2], strict=True):
        assert one.pdf.read_bytes() == two.pdf.read_bytes()
        assert one.csv.read_bytes() == two.csv.read_bytes()


@pytest.mark.parametrize("few", [1, 4])
def test_a_failure_is_raised_after_the_others_were_written(
    marts: Path, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("reports.statement.FEW_STATEMENTS", few)
    nameless = Issuer("\U00012000", (), "Europe/London")
    jobs = [
        StatementJob(marts, OCTOBER, ORGANISATION, nameless, tmp_path),
        StatementJob(marts, OCTOBER, Scope("department", "People"), issuer, tmp_path),
    ]
    with pytest.raises(pdf.RenderError, match=r"^organisation\.pdf was not drawn"):
        write_statements(jobs, workers=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["department-people.csv", "department-people.pdf"]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a statement must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
