"""The monthly statement: a PDF and its CSV twin for one scope, from one published snapshot."""

import multiprocessing
import os
import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from hashlib import sha256
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports import formats, marks, pdf
from reports.currency import using
from reports.queries import read_manifest
from reports.twin import twin
from reports.values import Balance, Correction, Issuer, Payment, Scope, Seller, Standing, StatementFiles, TaxRate

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from reports.view import Statement

__all__ = [
    "Balance",
    "Correction",
    "Issuer",
    "Payment",
    "Scope",
    "Seller",
    "Standing",
    "StatementFiles",
    "StatementJob",
    "TaxRate",
    "write_statement",
    "write_statements",
]

STATEMENTS_PER_PROCESS = 16
# Two processes, each of which imports WeasyPrint anew, draw so many less than a tenth sooner, at 1.6 times the work.
FEW_STATEMENTS = 4
# A worker that is killed takes its statement with it and the pool would wait for ever.
SECONDS_PER_STATEMENT = 300
SLUG_LENGTH = 48
_SIGNED = re.compile(rf"[+{formats.MINUS}][^\s\d<>&]{{0,4}}\d(?:[\d,.]*\d)?")


@dataclass(frozen=True)
class StatementJob:
    """One call of write_statement."""

    marts: Path
    month: date
    scope: Scope
    issuer: Issuer
    out_dir: Path
    standing: Standing | None = None
    corrections: tuple[Correction, ...] = ()
    balance: Balance | None = None


def write_statement(
    *,
    marts: Path,
    month: date,
    scope: Scope,
    issuer: Issuer,
    out_dir: Path,
    standing: Standing | None = None,
    corrections: Sequence[Correction] = (),
    balance: Balance | None = None,
) -> StatementFiles:
    """Write `organisation.pdf|.csv` or `department-<slug>.pdf|.csv` into `out_dir` for the month that holds `month`.

    `marts` is a resolved snapshot. The bytes depend on the scope's own rows, charges and budgets, the month, the
    issuer, the `standing` (without one it is a draft), those of the `corrections` that are of the scope, and its
    `balance` where payments are kept.
    Raises PangoMissing before any work is done, RenderError when WeasyPrint complains, ValueError for an issuer whose
    currency the marts are not in. Each file appears under its name only when it is complete, the CSV first.
    """
    pdf.check_pango()
    published = read_manifest(marts)["currency"]
    if published != issuer.currency:
        raise ValueError(f"The marts are in {published}, the issuer's statements in {issuer.currency}.")
    with using(issuer.currency):
        return _written(
            marts, month, scope, issuer, out_dir, standing=standing, corrections=corrections, balance=balance
        )


def _written(
    marts: Path,
    month: date,
    scope: Scope,
    issuer: Issuer,
    out_dir: Path,
    *,
    standing: Standing | None,
    corrections: Sequence[Correction],
    balance: Balance | None,
) -> StatementFiles:
    name = file_name(scope)
    statement = build(
        marts,
        month,
        scope,
        issuer,
        attachment=f"{name}.csv",
        standing=standing,
        corrections=corrections,
        balance=balance,
    )
    content = twin(marts, month, scope, rows=statement.charges.rows, corrections=corrections)
    dated = datetime.fromisoformat(statement.dated).replace(tzinfo=UTC)
    attached = pdf.AttachedFile(f"{name}.csv", "All lines of the statement with exact amounts", content, dated)
    try:
        drawn = pdf.draw(pdf.lay_out(html(statement)), [attached])
    except pdf.RenderError as error:
        raise pdf.RenderError(f"{name}.pdf was not drawn: {error}") from error
    out_dir.mkdir(parents=True, exist_ok=True)
    files = StatementFiles(pdf=out_dir / f"{name}.pdf", csv=out_dir / f"{name}.csv")
    _replace(files.csv, content)
    _replace(files.pdf, drawn)
    return files


def write_statements(jobs: Sequence[StatementJob], workers: int) -> list[StatementFiles]:
    """Write many statements with up to `workers` processes; the files come back in the order of the jobs.

    The first failure is raised after the others were left to finish. With one worker or few jobs no process is started.
    """
    pdf.check_pango()
    if workers <= 1 or len(jobs) <= FEW_STATEMENTS:
        return _written_here(jobs)
    # Not fork: the caller may hold threads (Dagster, DuckDB) that a forked child would wait for.
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, len(jobs)), _leave_with_parent, (), STATEMENTS_PER_PROCESS) as pool:
        files = pool.map_async(_write, jobs, chunksize=1).get(SECONDS_PER_STATEMENT * len(jobs))
        # Leave in order: a worker that is terminated leaves its temporary fonts behind.
        pool.close()
        pool.join()
        return files


def build(
    marts: Path,
    month: date,
    scope: Scope,
    issuer: Issuer,
    *,
    attachment: str,
    standing: Standing | None = None,
    corrections: Sequence[Correction] = (),
    balance: Balance | None = None,
) -> "Statement":
    """Read the marts and settle everything that the templates print."""
    from reports.allocation import RULES, allocation
    from reports.assemble import Framing, view
    from reports.charges import carried, settle
    from reports.corrections import corrected
    from reports.detail import detail
    from reports.figures import figures
    from reports.narrative.compose import Claim, compose
    from reports.queries import read_facts

    facts = read_facts(marts, month, scope, closed=standing is not None)
    settled = figures(facts)
    lines = detail(facts)
    divided = allocation(facts)
    first = month.replace(day=1)
    charged = settle(
        facts.charges,
        currency=issuer.currency,
        carried=carried(corrections, scope, first),
        balance=balance,
        rules={row.shared_id: RULES[row.rule] for row in facts.allocation if row.shared_id}
        if scope.kind == "department"
        else None,
    )
    invoice = issuer.seller if scope.kind == "organisation" else None
    claim = Claim(
        seller=issuer.seller.name if issuer.seller else "",
        number=number(month, scope, standing) if standing else None,
        due_on=standing.closed_on + timedelta(days=invoice.terms_days) if standing and invoice else None,
    )
    words = compose(
        facts,
        settled,
        charged,
        claim,
        lines=lines.lines,
        printed=lines.printed,
        attachment=attachment,
        allocation=divided,
    )
    framing = Framing(
        issuer=issuer,
        attachment=attachment,
        claim=claim,
        standing=standing,
        corrections=corrected(corrections, scope, first),
        charges=charged,
        allocation=divided,
    )
    return view(facts, settled, words, lines, framing)


def number(month: date, scope: Scope, standing: Standing) -> str:
    """A statement's number: month, whose it is, revision. It depends on nothing but these."""
    return f"{month:%Y-%m}/{file_name(scope).removeprefix('department-')}/{standing.revision}"


def html(statement: "Statement") -> str:
    """The document as HTML; every value is escaped, every name has to exist."""
    template = environment().get_template("statement.html.j2")
    rounded = partial(formats.rounded, quantum=statement.figures.quantum)
    return template.render(s=statement, rounded=rounded)


@cache
def environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    found = Environment(
        loader=FileSystemLoader(pdf.TEMPLATES / "statement"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_printable,
        trim_blocks=True,
    )
    found.filters["held"] = _held
    found.globals.update(
        none_sign=formats.NONE,
        money=formats.money,
        amount=formats.amount,
        change=formats.change,
        count=formats.count,
        short=formats.short,
        share=formats.share,
        part=marks.part,
        half=marks.half,
        left_of=marks.left_of,
        zero_at=marks.zero_at,
        step_at=marks.step_at,
        total_at=marks.total_at,
        spark_path=marks.spark_path,
        spark_end=marks.spark_end,
        svg=lambda chart: Markup(chart.svg),  # our own drawing; its texts were escaped when it was drawn
    )
    return found


def file_name(scope: Scope) -> str:
    """`organisation` or `department-<slug>`: ASCII letters, digits, hyphens; never the same for two departments.

    `Data & Analytics` gives `department-data-and-analytics`. A name that its slug does not give back by this rule,
    such as `Data and Analytics` or `IT`, carries the start of its hash as well.
    """
    if scope.kind == "organisation":
        return scope.kind
    folded = unicodedata.normalize("NFKD", scope.name.replace("&", " and ")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", folded)[:SLUG_LENGTH].strip("-")
    given_back = " ".join("&" if word == "and" else word.capitalize() for word in slug.split("-"))
    mark = "" if given_back == scope.name else sha256(scope.name.encode()).hexdigest()[:8]
    return "-".join(filter(None, ("department", slug, mark)))


def _printable(value: Any) -> Any:
    """Drop characters that control text instead of showing: they could break a line or turn its direction."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return "".join(c for c in value if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    if isinstance(value, (Decimal, float)):
        raise TypeError(f"{value!r} was to be printed without a format.")
    return value


def _held(text: str) -> "Markup":
    """The text with each signed amount kept on one line: a line may otherwise end between `+` and `$3,766`."""
    from markupsafe import Markup, escape

    return Markup(_SIGNED.sub(r'<span class="held">\g<0></span>', str(escape(_printable(text)))))


def _written_here(jobs: Sequence[StatementJob]) -> list[StatementFiles]:
    files, failures = [], []
    for job in jobs:
        try:
            files.append(_write(job))
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return files


def _write(job: StatementJob) -> StatementFiles:
    return write_statement(
        marts=job.marts,
        month=job.month,
        scope=job.scope,
        issuer=job.issuer,
        out_dir=job.out_dir,
        standing=job.standing,
        corrections=job.corrections,
        balance=job.balance,
    )


def _leave_with_parent() -> None:
    """Pool workers outlive a parent that was killed: they hold both ends of its queue. This ends them."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
