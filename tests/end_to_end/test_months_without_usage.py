"""Months that end in silence or have no usage owe their fees and shared costs, and are closed in their turn."""

from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.policy import SMTP

import pytest

from orchestration.closing.account import charged_in
from orchestration.closing.close import close_month
from orchestration.closing.issued import closed_months
from orchestration.delivery.deliver import deliver
from orchestration.errors import SettingsError
from orchestration.home import Home
from orchestration.marts.manifest import read_manifest
from orchestration.pipeline import plan_build
from reports.statement import Scope
from tests.end_to_end.test_charges import sums, text_of
from tests.support.homes import main_job, settings_of
from tests.support.ledgers import each_day, priced_home, rows, spend

NOW = "2026-11-21T04:00:00+00:00"
JULY, AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (7, 8, 9, 10))
ORGANISATION = Scope("organisation")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """$10 a day in July and from September to 30 October; $1,200 shared by two departments and a fee of $310."""
    home = priced_home(tmp_path_factory.mktemp("silent") / "home")
    settings = home.settings_file.read_text(encoding="utf-8")
    home.settings_file.write_text(settings.replace("operators: []", "operators: [ops@example.com]"), encoding="utf-8")
    rows(home, "departments.csv", "Ops,CC-2,Olive,olive@example.com")
    spend(home, "july", each_day(JULY, {"Law": "10"}))
    spend(home, "september", each_day(SEPTEMBER, {"Law": "10"}))
    spend(home, "october", each_day(OCTOBER, {"Law": "10"}, until=date(2026, 10, 30)))
    rows(home, "shared_costs.csv", "gateway,Gateway,cost,1200.00,USD,even,department,Law;Ops,,2026-07-01")
    rows(home, "commitments.csv", "capacity,Capacity,flat,other,,310.00,USD,2026-07-01")
    main_job(home, now=NOW)
    return home


def test_a_month_owes_its_fee_and_shared_costs_whether_its_days_have_usage_or_not(home: Home) -> None:
    manifest = read_manifest(home)
    assert manifest is not None and sorted(manifest.months) == [JULY, AUGUST, SEPTEMBER, OCTOBER]
    marts = home.current_marts.resolve()
    charged = {month: charged_in(marts, month, ORGANISATION, "USD") for month in manifest.months}
    owed = Decimal("1510.00")
    assert charged == {JULY: owed + 310, AUGUST: owed, SEPTEMBER: owed + 300, OCTOBER: owed + 300}
    assert {charged_in(marts, month, Scope("department", "Ops"), "USD") for month in charged} == {Decimal("600.00")}
    assert plan_build(home, settings_of(home, NOW)).is_empty


def test_a_month_without_usage_is_closed_in_its_turn_with_a_reason(home: Home) -> None:
    settings = settings_of(home, NOW)
    close_month(home, settings, JULY, approved_by="Ada Osei")
    with pytest.raises(SettingsError, match="every day has usage: 31 days without any"):
        close_month(home, settings, AUGUST, approved_by="Ada Osei")
    for month in (AUGUST, SEPTEMBER, OCTOBER):
        close_month(home, settings, month, approved_by="Ada Osei", reason="nobody worked")
    assert list(closed_months(home)) == [JULY, AUGUST, SEPTEMBER, OCTOBER]
    august = home.statements / "2026-08" / "organisation"
    assert sums(august.with_suffix(".csv"))["Total, USD"] == Decimal("1510.00")
    assert "$1,510.00" in text_of(august.with_suffix(".pdf"))
    october = text_of(home.statements / "2026-10" / "organisation.pdf")
    assert "Data complete until 30 October 2026" in october
    for word in ("remaining days", "so far", "2026 to date", "1–30 October", "are complete"):
        assert word not in october
    # Ops has a statement of its share alone and gets it; each message says what is charged.
    deliver(home, settings, retry_now=True)
    files = sorted((home.root / "messages").glob("*.eml"))
    sent = {
        str(mail["Subject"]): str(mail["To"])
        for mail in (message_from_bytes(p.read_bytes(), policy=SMTP) for p in files)
    }
    assert sent["Statement of October 2026 for Ops: $600.00"] == "olive@example.com"
    assert sent["Statement of October 2026 for Lab Ltd: $1,810.00"] == "ops@example.com"
