"""The finished messages: safe against what names may hold, and with nobody else's figures."""

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

from orchestration import alerts
from reports.messages import FailureFacts, run_failed
from tests.unit.alerts.company import Budget, Company, over_budget, settings

HOSTILE = 'Evil"><script>alert(1)</script>\r\nBcc: all@halden.example\u202e & Söhne'


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_hostile_names_become_neither_markup_nor_headers(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.budgets = [Budget("b\r\nX-Evil: 1", "", Decimal("100.00"))]
    company.spent(date(2026, 11, 5), "90", department=HOSTILE, project=HOSTILE, model=HOSTILE)
    company.publish(date(2026, 11, 20))
    (shown,) = alerts.preview(company.home, settings())
    assert "\n" not in shown.subject and "\r" not in shown.subject
    tags = _Tags()
    tags.feed(shown.html)
    assert "script" not in tags.seen
    assert "&lt;script&gt;" in shown.html
    assert "\u202e" not in shown.html and "\u202e" not in shown.text
    assert "Bcc: all" in shown.text and not any(row.startswith("Bcc") for row in shown.text.splitlines())


def test_a_name_that_no_table_can_hold_has_no_owner_and_a_subject_of_one_line(tmp_path: Path) -> None:
    company = Company(tmp_path)
    name = "R&D\r\nBcc: all@halden.example"
    company.budgets = [Budget("b", name, Decimal("100.00"))]
    company.spent(date(2026, 11, 5), "90", department=name)
    company.home.reference.mkdir(parents=True)
    (company.home.reference / "departments.csv").write_text(
        "department,cost_centre,owner,owner_email,valid_from,valid_to\nother,,,other@halden.example,,\n"
    )
    company.publish(date(2026, 11, 20))
    alerts.evaluate(company.home, settings())
    # The owner is unknown, since no table can hold such a name; the message is held, not sent astray.
    assert alerts.deliver(company.home, settings()).held == 1
    (item,) = alerts.pending(company.home)
    assert item.message.subject == "R&D Bcc: all@halden.example has used 90% of its November budget"


def test_a_departments_message_holds_only_its_own_figures(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    before = [item.html for item in alerts.preview(company.home, settings()) if item.recipients[0].startswith("dana")]
    company.spend = [
        row if row[1] == "Data & Analytics" else (*row[:3], "other-model", True, 1, Decimal("77.77"), *row[7:])
        for row in company.spend
    ]
    company.publish(date(2026, 11, 20))
    after = [item.html for item in alerts.preview(company.home, settings()) if item.recipients[0].startswith("dana")]
    assert before == after and len(after) == 1
    for foreign in ("code-review", "Engineering", "claude-opus-4-1", "engineering"):
        assert foreign not in after[0]


def test_text_and_html_say_the_same_figures(tmp_path: Path) -> None:
    (shown,) = alerts.preview(over_budget(tmp_path).home, settings())
    for figure in ("$11,200.00", "$1,200.00", "document-archive", "$6,000.00", "54%", "18 November", "1,204 of 41,204"):
        assert figure in shown.text and figure in shown.html, figure
    assert all(len(row) <= 78 for row in shown.text.splitlines())


def test_causes_are_the_largest_and_the_rest_in_one_row(tmp_path: Path) -> None:
    (shown,) = alerts.preview(over_budget(tmp_path).home, settings())
    rows = [row.split() for row in shown.text.splitlines() if row.startswith("  ") and "$" in row]
    assert rows[:4] == [
        ["document-archive", "$6,000.00", "54%"],
        ["forecasting", "$2,400.00", "21%"],
        ["churn-model", "$1,600.00", "14%"],
        ["2", "more", "$1,200.00", "11%"],
    ]


def test_a_failure_message_holds_the_error_as_text(tmp_path: Path) -> None:
    message = run_failed(
        FailureFacts("Halden Group plc", "run-7", "Broken <b>model</b>\r\n\x1b[31mred\n" + "x" * 9000, settings().now)
    )
    assert message.subject == "A Tallyhouse run failed: Broken <b>model</b>"
    assert "&lt;b&gt;model&lt;/b&gt;" in message.html and "<b>" not in message.html
    assert "\x1b" not in message.text and "The error text is cut here." in message.text
    assert "run-7" in message.text


def test_unpriced_tokens_of_a_report_without_requests_are_told(tmp_path: Path) -> None:
    company = over_budget(tmp_path)
    company.spent(date(2026, 11, 10), None, model="house-report", requests=0, tokens=7_654_321)
    company.publish(date(2026, 11, 20))
    (shown,) = alerts.preview(company.home, settings())
    assert "7,654,321 tokens of which the requests are not counted" in " ".join(shown.text.split())
