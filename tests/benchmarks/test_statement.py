"""One statement against WeasyPrint drawing the same HTML with the same, already parsed styles."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from orchestration.home import Home
from reports import pdf, statement
from reports.statement import Issuer, Scope
from tests.benchmarks import measure, work

pytestmark = pytest.mark.bench
MONTH = date(2026, 10, 1)


def test_one_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from weasyprint import HTML

    home = Home(tmp_path / "home")
    work.make_inbox(tmp_path / "inbox", measure.EVENTS // 10)
    work.land_and_build(home.root, tmp_path / "inbox")
    pages: list[str] = []
    lay_out = pdf.lay_out

    def heard(html: str) -> object:
        pages.append(html)
        return lay_out(html)

    monkeypatch.setattr(pdf, "lay_out", heard)
    issuer, scope = Issuer("Benchmark", ("One",), "Europe/London"), Scope("organisation", "")
    styles = pdf.styles()

    def ours() -> None:
        statement.write_statement(
            marts=home.current_marts.resolve(), month=MONTH, scope=scope, issuer=issuer, out_dir=tmp_path / "out"
        )

    def bare() -> None:
        HTML(string=pages[-1], base_url=f"{pdf.TEMPLATES.as_uri()}/", url_fetcher=styles.fetcher).write_pdf(
            tmp_path / "bare.pdf", stylesheets=list(styles.sheets), font_config=styles.fonts, pdf_variant="pdf/ua-1"
        )

    ours()
    ours_costs, bare_costs = measure.by_turns(ours, bare)
    assert (tmp_path / "bare.pdf").stat().st_size > 0
    seconds, bare_seconds = [c.seconds for c in ours_costs], [c.seconds for c in bare_costs]
    cpu, bare_cpu = [c.cpu for c in ours_costs], [c.cpu for c in bare_costs]
    measure.show(
        f"One statement of the organisation, {measure.EVENTS // 10:,} events in 13 months",
        [
            ("write_statement", f"{measure.median(seconds):.2f} s"),
            ("WeasyPrint alone", f"{measure.median(bare_seconds):.2f} s"),
            ("ratio", f"{measure.ratio(seconds, bare_seconds):.2f}"),
            ("ratio of processor seconds", f"{measure.ratio(cpu, bare_cpu):.2f}"),
        ],
    )
    shutil.rmtree(tmp_path)
