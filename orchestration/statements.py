"""Which monthly statements are due, and writing them from the published marts."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.closing.issued import closed_months, issued_are_missing, issued_files
from orchestration.closing.policy import months_to_close
from orchestration.closing.records import Record
from orchestration.errors import SettingsError, TallyhouseError
from orchestration.files import write_atomically
from orchestration.home import Home
from orchestration.journal import Journal, keeping, record, tell
from orchestration.lock import writer
from orchestration.marts.calendar import month_of
from orchestration.marts.manifest import LAYOUT, Manifest, read_manifest
from orchestration.reference import PAYMENTS
from orchestration.settings import Settings
from orchestration.words import month_of as month_given

if TYPE_CHECKING:
    from reports.statement import Correction, Scope, Standing

_TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "statement"


@dataclass(frozen=True)
class StatementsReport:
    """The months whose statements were written, and every file of them."""

    months: tuple[date, ...]
    files: tuple[Path, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def last_full_month(settings: Settings, manifest: Manifest) -> date | None:
    """The latest month with published usage that is over today, or None."""
    current = month_of(settings.today)
    used = {month_of(day) for day in manifest.days}  # a month may have a provider's cost report and no usage
    return max((month for month in manifest.months if month < current and month in used), default=None)


def due_months(home: Home, settings: Settings, manifest: Manifest | None) -> list[date]:
    """Full months whose statement is missing or was made from other figures, or that the policy closes now, in order.

    A closed month is due only when an issued file is missing. The first statement ever is that of the last full
    month; from then on no month is skipped, however long nothing ran. An earlier month that was asked for is kept up
    to date, and makes no other month due.
    """
    if manifest is None:
        return []
    last = last_full_month(settings, manifest)
    if last is None:
        return []
    written = _written(home)
    closed = closed_months(home)
    to_close = months_to_close(home, settings, manifest)
    first = _first_due(written, last)
    return [
        month
        for month in sorted(manifest.months)
        if (first <= month or month.isoformat() in written)
        and month <= last
        and (month in to_close or _is_due(home, written, month, _key(home, settings, manifest, month, closed), closed))
    ]


def _is_due(
    home: Home,
    written: Mapping[str, Mapping[str, object]],
    month: date,
    key: str,
    closed: Mapping[date, Record],
) -> bool:
    if month in closed:
        return issued_are_missing(home, month)
    return _needs_writing(home, written.get(month.isoformat()), key)


def report(
    home: Home, settings: Settings, *, month: str | None, scope: str | None, say: Callable[[str], None]
) -> StatementsReport:
    """`tallyhouse report`: the statements of one month (YYYY-MM, default the last full one), due or not."""
    manifest = read_manifest(home)
    if manifest is None or not manifest.months:
        raise TallyhouseError("Nothing is published yet.", "Run first: tallyhouse run")
    if manifest.layout != LAYOUT:
        raise TallyhouseError(
            "The published figures are of an earlier version and lack columns that statements print.",
            "Run first: tallyhouse run",
        )
    chosen = month_given(month, "--month") if month else last_full_month(settings, manifest)
    if chosen is None or chosen not in manifest.months:
        known = ", ".join(f"{item:%Y-%m}" for item in sorted(manifest.months))
        raise SettingsError(
            f"There is no usage in {month or 'any month before the current one'}.", f"Published months: {known}."
        )
    with keeping(Journal(say=say)):
        written = write_statements(home, settings, months=[chosen], scope=scope)
    assert written is not None
    return written


def write_statements(
    home: Home, settings: Settings, *, months: Iterable[date] | None = None, scope: str | None = None
) -> StatementsReport | None:
    """Write the statements of `months` (default: those due), PDF and CSV, for the organisation and each department.

    `scope`: "organisation" or "department:NAME" writes only that one. None when nothing was due.
    """
    with writer(home, doing="write statements", now=settings.now):
        manifest = read_manifest(home)
        chosen = sorted(months) if months is not None else due_months(home, settings, manifest)
        if manifest is None or not chosen:
            return None
        files: list[Path] = []
        for month in chosen:
            tell(f"Writing the statements of {month:%B %Y}")
            of_month = _write_month(home, settings, month, scope)
            if scope is None:
                _remember(home, settings, manifest, month, of_month)
            files += of_month
        return record(StatementsReport(months=tuple(chosen), files=tuple(files)))


def _write_month(home: Home, settings: Settings, month: date, scope: str | None) -> list[Path]:
    """Drafts are drawn anew; what the policy closes is issued; of a closed month missing files are put back."""
    from orchestration.closing.close import close_by_policy
    from orchestration.closing.differences import as_corrections, carried_forward
    from orchestration.closing.issued import issued_marts

    if scope is None and month in months_to_close(home, settings, read_manifest(home)):
        return list(close_by_policy(home, settings, month).files)
    if month in closed_months(home):
        return issued_files(home, month)
    return render_month(
        home,
        settings,
        month,
        marts=issued_marts(home),
        out_dir=home.statements / f"{month:%Y-%m}",
        corrections=as_corrections(carried_forward(home, settings, month)),
        scope=scope,
    )


def render_month(
    home: Home,
    settings: Settings,
    month: date,
    *,
    marts: Path,
    out_dir: Path,
    standing: "Standing | None" = None,
    corrections: "Sequence[Correction]" = (),
    scope: str | None = None,
) -> list[Path]:
    """Draw the statements of a month from `marts` into `out_dir`: all of them, or that of one `scope`."""
    from orchestration.closing.account import accounts
    from reports.pdf import PANGO_PACKAGE, PangoMissing, RenderError
    from reports.statement import Issuer, Seller, StatementJob
    from reports.statement import write_statements as render

    if not (marts / "monthly_charges" / f"{month:%Y-%m}.parquet").exists():
        raise TallyhouseError(
            f"What is published of {month:%B %Y} was built by an earlier version, without its charges.",
            "Run first: tallyhouse run",
        )
    billing = settings.billing
    issuer = Issuer(
        name=settings.organisation.name,
        address=settings.organisation.address,
        timezone=settings.timezone,
        currency=settings.currency,
        seller=Seller(billing.seller, billing.address, billing.tax_id, tuple(billing.bank.items()), billing.terms_days)
        if billing.seller
        else None,
    )
    wanted = scopes_of(home, marts, month, corrections)
    if scope is not None:
        wanted = [_named(scope, wanted)]
    jobs = [
        StatementJob(
            marts=marts,
            month=month,
            scope=item,
            issuer=issuer,
            out_dir=out_dir,
            standing=standing,
            corrections=tuple(corrections),
            balance=account.balance,
        )
        for item, account in accounts(
            home, settings, month, marts=marts, scopes=wanted, corrections=tuple(corrections)
        ).items()
    ]
    try:
        written = render(jobs, workers=2)
    except PangoMissing as error:
        raise TallyhouseError(
            "The figures are published, but no statement can be drawn: the system lacks Pango or HarfBuzz-Subset.",
            f"Have them installed and run again: {PANGO_PACKAGE}",
        ) from error
    except RenderError as error:
        raise TallyhouseError(
            f"The figures are published, but not all statements of {month:%B %Y}. {error}.",
            "Mend that and run again; statements that stood before are unchanged.",
        ) from error
    return [path for files in written for path in (files.pdf, files.csv)]


def scopes_of(home: Home, marts: Path, month: date, corrections: "Sequence[Correction]" = ()) -> "list[Scope]":
    """Whose statements of a month there are: the organisation's, and one for each department.

    A department without anything in the month has one where corrections are carried to it or a balance is left.
    """
    from orchestration.closing.account import with_a_balance
    from reports.statement import Scope

    corrected = {line.department for line in corrections if line.scope_type == "department"} - {""}
    names = {*_departments(marts, month), *corrected, *with_a_balance(home, month)}
    return [Scope("organisation"), *(Scope("department", name) for name in sorted(names))]


def _departments(snapshot: Path, month: date) -> list[str]:
    """Departments with usage, a budget or a share of costs in the month, in order; untagged usage is no department."""
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select distinct department from (
                select department from read_parquet(?) where department <> ''
                union all
                select scope from read_parquet(?) where scope_type = 'department'
                union all
                select scope from read_parquet(?) where scope_type = 'department' and scope <> ''
            ) order by department
            """,
            [
                str(snapshot / "monthly_usage" / f"{month:%Y-%m}.parquet"),
                str(snapshot / "monthly_budget_status" / f"{month:%Y-%m}.parquet"),
                str(snapshot / "monthly_charges" / f"{month:%Y-%m}.parquet"),
            ],
        ).fetchall()
    return [row[0] for row in rows]


def _named(text: str, scopes: "Sequence[Scope]") -> "Scope":
    """The scope that `--scope` names: organisation, or department:NAME."""
    names = {f"{scope.kind}:{scope.name}".rstrip(":"): scope for scope in scopes}
    if text not in names:
        raise SettingsError(f"There is no scope {text!r} in that month.", f"Use one of: {', '.join(names)}.")
    return names[text]


def _needs_writing(home: Home, written: Mapping[str, object] | None, key: str) -> bool:
    if written is None or written["key"] != key:
        return True
    files = written["files"]
    assert isinstance(files, list)
    return not all((home.root / name).exists() for name in files)


def _key(home: Home, settings: Settings, manifest: Manifest, month: date, closed: Mapping[date, Record]) -> str:
    """What a month's statements are made from: its own and the compared months' figures, issuer, templates, payments.

    A closed month stands for what was issued of it; what it is now matters only where that is carried forward.
    """
    carries = settings.close.late_usage == "carry_forward"
    paid = home.reference / PAYMENTS.file
    payments = paid.read_text(encoding="utf-8").splitlines()[1:] if paid.exists() else []
    # A balance goes back as far as it goes; else a year is compared.
    earliest = date.min if payments or settings.billing.seller else month.replace(year=month.year - 1)
    months = [
        f"{other}={value.fingerprint}"
        for other, value in sorted(manifest.months.items())
        if earliest <= other <= month and (other not in closed or carries)
    ]
    templates = hashlib.sha256()
    for path in sorted(_TEMPLATES.rglob("*")):
        if path.is_file():
            templates.update(path.read_bytes())
    months += [f"{other}={record.hash}" for other, record in closed.items() if earliest <= other]
    parts = [
        months,
        settings.organisation.model_dump(),
        settings.billing.model_dump(),
        payments,
        settings.timezone,
        manifest.price_books,
        templates.hexdigest(),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _register(home: Home) -> Path:
    return home.data / "statements.json"


def _written(home: Home) -> dict[str, dict[str, object]]:
    try:
        known = json.loads(_register(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    assert isinstance(known, dict)
    return known


def _first_due(written: Mapping[str, Mapping[str, object]], last: date) -> date:
    """The month from which on every one gets a statement; those `asked` for were earlier when they were written."""
    return min([*(date.fromisoformat(month) for month, entry in written.items() if not entry.get("asked")), last])


def _remember(home: Home, settings: Settings, manifest: Manifest, month: date, files: Sequence[Path]) -> None:
    written = _written(home)
    last = last_full_month(settings, manifest)
    asked = last is not None and month < _first_due(written, last)
    entry = {
        "asked": asked,
        "files": [path.relative_to(home.root).as_posix() for path in files],
        "key": _key(home, settings, manifest, month, closed_months(home)),
    }
    write_atomically(_register(home), json.dumps({**written, month.isoformat(): entry}, indent=1, sort_keys=True))
