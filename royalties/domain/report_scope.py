"""What an agreement lets a licensee report: plants, months, chemistries, fields of use and figures."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from lrs_tracker.currencies import validate_currency
from lrs_tracker.problems import DomainError, StateError
from plants.enums import Chemistry
from plants.models import Plant
from royalties.domain.periods import name_month
from royalties.domain.report_lines import FIGURES, SALES, ReportLine, needed_figures
from royalties.domain.report_periods import months_of
from royalties.engine.calendar import last_day
from royalties.enums import AgreementStatus, Basis, FieldOfUse, ReportStatus, StatementStatus
from royalties.models import Agreement, ProductionReport, ReportFiling, Statement

_LARGEST = dict.fromkeys(FIGURES, 10**15)


@dataclass(frozen=True, slots=True)
class ReportScope:
    """What reports of an agreement may say in one period."""

    agreement: Agreement
    months: tuple[dt.date, ...]
    plants: Mapping[int, Plant]
    chemistries: tuple[str, ...]
    fields: tuple[str, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line is refused: its place among those given, and the figure or part that is wrong."""

    place: int
    name: str
    message: str


class LinesRefusedError(DomainError):
    """Refuse lines that cannot be what happened; `problems` has each with its place."""

    code = "lines-refused"

    def __init__(self, problems: list[LineProblem]) -> None:
        super().__init__(_("Some lines cannot be taken: see each of them."))
        self.problems = problems
        self.details = [problem.message for problem in problems]


def scope_of(agreement: Agreement, months: Iterable[dt.date]) -> ReportScope:
    """Return what reports of an agreement may say in the months of a period."""
    months = tuple(months)
    terms = [
        term
        for term in agreement.terms.order_by("pk")
        if term.basis != Basis.LUMP_SUM
        and months
        and term.effective_from <= last_day(months[-1])
        and (term.effective_to is None or term.effective_to >= months[0])
    ]
    named = {chemistry for term in terms for chemistry in term.chemistries}
    is_any = not terms or any(not term.chemistries for term in terms)
    covered = agreement.fields_of_use or FieldOfUse.values
    return ReportScope(
        agreement=agreement,
        months=months,
        plants={plant.pk: plant for plant in agreement.plants.order_by("name", "pk")},
        chemistries=tuple(each for each in Chemistry.values if is_any or each in named),
        fields=tuple(each for each in FieldOfUse.values if each in covered),
        figures=needed_figures(term.basis for term in terms),
    )


def filing_scope(filing: ReportFiling) -> ReportScope:
    """Return what the lines of a filing may say.

    A figure that was reported for the period is among them though no term needs it: a correction that did
    not ask for it would make it nought.
    """
    scope = scope_of(filing.agreement, months_of(filing.period_start, filing.period_end))
    reported = _reported_figures(filing, scope.months)
    return replace(scope, figures=tuple(name for name in FIGURES if name in scope.figures or name in reported))


def _reported_figures(filing: ReportFiling, months: Iterable[dt.date]) -> set[str]:
    """Return the figures other than nought in a filing's own lines and in those that count now."""
    own = Q(filing=filing.pk) & ~Q(status=ReportStatus.SUPERSEDED)
    counts = Q(status=ReportStatus.ACCEPTED, is_estimate=False)
    reports = ProductionReport.objects.filter(own | counts, agreement=filing.agreement, month__in=months)
    found = reports.order_by().aggregate(**{f"with_{name}": Count("pk", filter=~Q(**{name: 0})) for name in FIGURES})
    names = {name for name in FIGURES if found[f"with_{name}"]}
    # Sales are asked for as a whole, with their currency.
    return names | set(SALES) if names & set(SALES) else names


def refuse_closed(agreement: Agreement, *, period_end: dt.date, today: dt.date) -> None:
    """Raise StateError for a period whose figures nothing can change any more.

    That is one of an agreement that is not in force yet; one of an agreement that ended, once its last
    statement is settled and no later one could carry a correction; and one for which the agreement's
    audit clause has closed the books.
    """
    if agreement.status == AgreementStatus.DRAFT:
        raise StateError(_("The agreement is a draft: put it into force before its reports."), code="period-closed")
    last = agreement.last_day
    if last is not None and last < today:
        settled = Statement.objects.filter(
            agreement=agreement, period_end__gte=last, status=StatementStatus.SETTLED
        ).exists()
        if settled:
            raise StateError(
                _("This period is closed: the agreement ended on %(day)s and its last statement is settled.")
                % {"day": f"{last:%d %b %Y}"},
                code="period-closed",
            )
    if agreement.audit_years is not None and (closes := _years_after(period_end, agreement.audit_years)) < today:
        raise StateError(
            _("This period is closed: its books were open until %(day)s, %(years)s years after it.")
            % {"day": f"{closes:%d %b %Y}", "years": agreement.audit_years},
            code="period-closed",
        )


def check_lines(scope: ReportScope, lines: Iterable[ReportLine], *, today: dt.date) -> None:
    """Raise LinesRefusedError with every line that cannot be what happened under the agreement."""
    problems = [
        LineProblem(place, name, message)
        for place, line in enumerate(lines)
        for name, message in _problems_of(scope, line, today)
    ]
    if problems:
        raise LinesRefusedError(problems)


def _problems_of(scope: ReportScope, line: ReportLine, today: dt.date) -> Iterable[tuple[str, str]]:
    if line.plant_id not in scope.plants:
        yield "plant", _("This plant is not one of the agreement's.")
    if line.month not in scope.months:
        yield "month", _("%(month)s is not a month of this period.") % {"month": name_month(line.month)}
    elif last_day(line.month) >= today and not line.is_estimate:
        yield "month", _("%(month)s is not over yet.") % {"month": name_month(line.month)}
    if line.chemistry not in scope.chemistries:
        yield "chemistry", _("The agreement has no royalty on this chemistry.")
    if line.field not in scope.fields:
        yield "field", _("The agreement does not cover this field of use.")
    yield from _problems_of_figures(line)


def _problems_of_figures(line: ReportLine) -> Iterable[tuple[str, str]]:
    if line.is_nil and line.has_figures:
        yield "is_nil", _("A nil line has no figures.")
    for name in FIGURES:
        figure = getattr(line, name)
        if figure < 0 and not line.is_return:
            yield name, _("Negative figures are only for returns: tick “Returns”.")
        if abs(figure) >= _LARGEST[name]:
            yield name, _("This figure is too large to be true.")
    try:
        validate_currency(line.currency)
    except ValidationError as error:
        yield "currency", error.messages[0]


def _years_after(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=min(day.year + years, 9999))
    except ValueError:
        return day.replace(year=day.year + years, day=28)
