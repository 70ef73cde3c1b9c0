"""A company that reports in euros: marts, statement, mails and terminal; a corrected rate and a closed month."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pypdf import PdfReader

from orchestration.home import Home
from orchestration.marts.manifest import Manifest, read_manifest
from tests.end_to_end.recompute import recompute
from tests.end_to_end.test_independent_month import CENT, check_month, check_statements, spend
from tests.support.homes import command, copy_home, read_table, write_table
from tests.support.shared import made_once

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def daily_rates(first: date, last: date) -> Iterator[dict[str, str]]:
    """A rate on each weekday, as a central bank publishes them; another currency stands among them."""
    day = first
    while day <= last:
        if day.weekday() < 5:
            rate = Decimal("0.92") + Decimal(day.toordinal() * 7919 % 9973).scaleb(-6)
            yield {"currency": "USD", "rate_date": f"{day}", "rate": f"{rate}", "source": "ECB"}
        day += timedelta(days=1)
    yield {"currency": "GBP", "rate_date": f"{first}", "rate": "1.15", "source": "ECB"}


def in_euros(home: Home) -> Home:
    settings = home.settings_file.read_text(encoding="utf-8")
    home.settings_file.write_text(settings.replace("currency: USD", "currency: EUR"), encoding="utf-8")
    write_table(home, "fx_rates.csv", daily_rates(date(2025, 9, 29), date(2026, 11, 20)))
    write_table(home, "budgets.csv", ({**row, "currency": "EUR"} for row in read_table(home, "budgets.csv")))
    return home


def manifest_of(home: Home) -> Manifest:
    manifest = read_manifest(home)
    assert manifest is not None
    return manifest


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


@pytest.fixture(scope="module")
def euro(untouched: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The short home, reported in euros, after its first run. Not to be changed."""

    def make(folder: Path) -> Home:
        home = in_euros(copy_home(untouched, folder / "home"))
        done = command(home, "run")
        assert done.code == 0, done.err
        (folder / "told.txt").write_text(done.out, encoding="utf-8")
        return home

    return made_once(tmp_path_factory, "euro", make)


@pytest.fixture
def home(euro: Home, tmp_path: Path) -> Home:
    return copy_home(euro, tmp_path / "home")


def test_both_months_agree_with_marts_csv_and_pdf_when_recomputed(euro: Home) -> None:
    ours = check_month(euro, OCTOBER)
    assert check_statements(euro, OCTOBER, ours) > 20
    check_month(euro, NOVEMBER)


def test_nothing_is_written_in_dollars_but_prices(euro: Home) -> None:
    for path in sorted((euro.statements / "2026-10").glob("*.pdf")):
        text = text_of(path)
        assert "$" not in text and "Currency Euros" in text and "Total, EUR" in text, path
        said = [line for line in text.splitlines() if "US dollars" in line or "USD" in line]
        assert said[0].startswith("Prices are US dollars; each day’s costs are converted at the rate in force on it.")
        assert {line.rsplit(",", 1)[1] for line in path.with_suffix(".csv").read_text().splitlines()} == {
            "currency", "EUR",
        }  # fmt: skip
        assert set(said[1:]) == {"Days 1 USD in EUR Rate of Source Amount"}
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in euro.root.rglob("*.eml")]
    assert mails
    for mail in mails:
        bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        assert any("€" in body for body in bodies) and not any("$" in body for body in [mail["subject"], *bodies])
        assert "in euros, from" in " ".join(bodies[0].split())
    told = (euro.root.parent / "told.txt").read_text(encoding="utf-8")
    assert re.search(r"Spend of October 2026 +€[\d,]+\.\d\d", told) and "$" not in told
    status = command(euro, "status")
    assert "€" in status.out and "$" not in status.out


def test_the_charges_page_says_which_days_were_converted_at_which_rate(euro: Home) -> None:
    text = text_of(euro.statements / "2026-10" / "organisation.pdf")
    # 22 weekdays; the 1st is a Thursday. The weekend keeps Friday's rate.
    block = text[text.index("1 USD in EUR") : text.index("Provenance")]
    lines = re.findall(r"^(\d+(?:–\d+)? October) (0\.\d+) (\d+ October 2026) ECB ([\d,]+\.\d\d)$", block, re.M)
    rates = {row["rate_date"]: row["rate"] for row in read_table(euro, "fx_rates.csv") if row["currency"] == "USD"}
    assert len(lines) == 22
    assert [line[0] for line in lines[:3]] == ["1 October", "2–4 October", "5 October"]
    for _, rate, dated, _ in lines:
        assert Decimal(rates[f"2026-10-{int(dated.split()[0]):02d}"]) == Decimal(rate)
    total = spend(recompute(euro.root, OCTOBER).rows.values()).quantize(CENT, ROUND_HALF_UP)
    assert sum(Decimal(line[3].replace(",", "")) for line in lines) == total


def test_a_corrected_rate_moves_a_closed_month_neither_by_itself_nor_when_it_is_repriced(home: Home) -> None:
    assert command(home, "close", "2026-10", "--approved-by", "A. Kaur", "--reason", "test").code == 0
    issued = {path: path.read_bytes() for path in (home.statements / "2026-10").iterdir()}
    before = manifest_of(home)
    corrected = Decimal("0.5")

    def changed(row: dict[str, str]) -> dict[str, str]:
        return {**row, "rate": str(corrected)} if (row["currency"], row["rate_date"]) == ("USD", "2026-10-09") else row

    write_table(home, "fx_rates.csv", map(changed, read_table(home, "fx_rates.csv")))
    assert command(home, "run").code == 0
    assert manifest_of(home).days == before.days
    status = command(home, "status")
    assert "3 days from 2026-10-09 to 2026-10-11 would differ by fx_rates.csv as it is now" in status.out

    span = ("--from", "2026-10-01", "--to", "2026-11-30")
    planned = json.loads(command(home, "reprice", *span, "--plan", "--json").out)
    assert planned["days"] == ["2026-10-09", "2026-10-10", "2026-10-11"]
    assert manifest_of(home).days == before.days
    shown = command(home, "reprice", *span)
    assert shown.code == 0, shown.err
    assert "October 2026 is closed: what was issued stays." in shown.out and "€" in shown.out and "$" not in shown.out
    after = manifest_of(home)
    moved = [day for day in after.days if after.days[day] != before.days[day]]
    assert [f"{day}" for day in moved] == planned["days"]
    assert {after.days[day].fx_rate for day in moved} == {"0.5"}
    assert Decimal(planned["new"]) - Decimal(planned["old"]) == after.spend(OCTOBER) - before.spend(OCTOBER)
    check_month(home, OCTOBER)
    assert command(home, "run").code == 0
    assert {path: path.read_bytes() for path in (home.statements / "2026-10").iterdir()} == issued
    differs = command(home, "restate", "2026-10", "--plan")
    assert "October 2026" in differs.out and "-€" in differs.out and "$" not in differs.out


def test_a_closed_month_keeps_its_currency(home: Home) -> None:
    assert command(home, "close", "2026-10", "--approved-by", "A. Kaur", "--reason", "test").code == 0
    settings = home.settings_file.read_text(encoding="utf-8")
    home.settings_file.write_text(settings.replace("currency: EUR", "currency: GBP"), encoding="utf-8")
    write_table(home, "budgets.csv", ({**row, "currency": "GBP"} for row in read_table(home, "budgets.csv")))
    write_table(home, "fx_rates.csv", [{"currency": "USD", "rate_date": "2025-01-01", "rate": "0.8", "source": ""}])
    refused = command(home, "run")
    assert refused.code == 2
    assert "currency is GBP, but October 2026 was closed in EUR." in " ".join(refused.err.split())


def test_the_same_home_in_dollars_needs_no_rate(fresh: Callable[[str], Home]) -> None:
    home = fresh("dollars")
    shutil.rmtree(home.data, ignore_errors=True)
    (home.reference / "fx_rates.csv").unlink(missing_ok=True)
    assert command(home, "run").code == 0
    assert {(day.fx_rate, day.fx_date) for day in manifest_of(home).days.values()} == {("", "")}
    assert not (home.prices / "rates.json").exists()
