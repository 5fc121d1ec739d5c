"""Production reports as a resource, line by line; what is decided is decided of the whole report."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.api.actions import ActionView
from lrs_tracker.api.changing import refuse_stale_row
from lrs_tracker.api.exceptions import Conflict, Invalid
from lrs_tracker.api.reading import (
    TEXT,
    Member,
    choice,
    date,
    flag,
    instant,
    integer,
    key,
    link,
    money,
    number,
    object_schema,
    text,
)
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import DistinctList, StrictSerializer, Text, Writer
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.problem_details import FieldProblem
from plants.enums import Chemistry
from plants.models import Plant
from royalties.api.amounts import amount_in, sales_currency
from royalties.api.filters import ReportsFilter
from royalties.domain.filings import (
    WarningsOpenError,
    accept_filing,
    accept_warnings,
    dispute_filing,
    lock_filing,
    submit_filing,
    withdraw_filing,
)
from royalties.domain.report_checks import open_warnings
from royalties.domain.report_line_edits import add_line, change_line, remove_line
from royalties.domain.report_lines import SALES, LineKey, ReportLine
from royalties.domain.report_scope import LinesRefusedError
from royalties.enums import FieldOfUse, ReportChannel, ReportStatus
from royalties.models import Agreement, ProductionReport, ReportFiling

_KEY = ["agreement", "plant", "month", "chemistry", "field"]
_QUANTITIES = ("energy_produced_kwh", "energy_sold_kwh", "units")
_FLAGS = ("is_nil", "is_return", "is_estimate")
_MOST_WARNINGS = 500


class _ReportFigures(Writer):
    """What a line says."""

    gross_sales = amount_in("gross_sales", required=False)
    deductions = amount_in("deductions", required=False)
    net_sales = amount_in("net_sales", required=False, help_text="Gross sales less deductions unless given.")


class ReportCreator(_ReportFigures):
    """A line of a report: what a plant made and sold in a month, of one chemistry for one field of use."""

    class Meta:
        model = ProductionReport
        fields = [*_KEY, *_QUANTITIES, *SALES, *_FLAGS]


class ReportChanger(_ReportFigures):
    """The figures of a line."""

    class Meta:
        model = ProductionReport
        fields = [*_QUANTITIES, *SALES, *_FLAGS]


def _create(
    *,
    agreement: Agreement,
    plant: Plant,
    month: dt.date,
    chemistry: str,
    field: str,
    values: Mapping[str, Any],
    by: User,
    today: dt.date,
) -> ProductionReport:
    about = LineKey(plant.pk, month, chemistry, field)
    line = ReportLine(*about, **{"currency": agreement.currency, **_figures(values)})
    try:
        return add_line(agreement=agreement, line=line, by=by, today=today)
    except LinesRefusedError as error:
        raise _at_fields(error) from error


def _change(
    *,
    report: ProductionReport,
    values: Mapping[str, Any],
    expected_version: int | None = None,
    by: User,
    today: dt.date,
) -> ProductionReport:
    try:
        return change_line(
            report=report, values=_figures(values), expected_version=expected_version, by=by, today=today
        )
    except LinesRefusedError as error:
        raise _at_fields(error) from error


def _figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body says of a line; net sales that it leaves out are computed, as in the form."""
    figures = {name: values[name] for name in (*_QUANTITIES, *SALES, *_FLAGS) if name in values}
    if currency := sales_currency(values, SALES):
        figures["currency"] = currency
    if "gross_sales" in figures and "net_sales" not in figures:
        figures["net_sales"] = figures["gross_sales"] - figures.get("deductions", Decimal(0))
    return figures


def _at_fields(error: LinesRefusedError) -> Invalid:
    """Return what is wrong with the line that was sent, which is the last one, or else with the others."""
    last = max(problem.place for problem in error.problems)
    return Invalid(
        [
            FieldProblem(field=problem.name, code="refused", message=problem.message)
            for problem in error.problems
            if problem.place == last
        ]
    )


class _FilingView(ActionView):
    """An action on the whole report of a line, of which the caller saw a version of the line."""

    def locked_filing(self, row: ProductionReport, expected: int | None) -> ReportFiling:
        """Lock the report before its line, as its own functions do, and return it. Raise Stale for an older line."""
        filing = lock_filing(row.filing)
        refuse_stale_row(self.resource, row, expected)
        return filing


class SubmitView(_FilingView):
    """Handing a report in."""

    verb = "submit"
    summary = "Submit the whole report of a line for acceptance"

    def act(self, row: ProductionReport, values: dict[str, Any], expected: int | None) -> object:
        """Hand it in."""
        return submit_filing(filing=self.locked_filing(row, expected), by=self.by, at=self.at)


class AcceptView(_FilingView):
    """Accepting a report."""

    verb = "accept"
    summary = "Accept the whole report of a line: its lines count from now on"
    details = "409 `warnings-open` lists in `missing` the warnings that wait for somebody, each with its key."

    def act(self, row: ProductionReport, values: dict[str, Any], expected: int | None) -> object:
        """Accept it."""
        try:
            return accept_filing(filing=self.locked_filing(row, expected), by=self.by, at=self.at)
        except WarningsOpenError as error:
            url = self.request.build_absolute_uri(reverse("royalties:filing", args=[row.filing_id]))
            missing = [
                {"key": warning.key, "label": warning.title, "why": warning.text, "link": url}
                for warning in open_warnings(row.filing)
            ]
            raise Conflict(error.message, error.code, missing) from error


class WarningsBody(StrictSerializer):
    """The keys of warnings that are let pass."""

    keys = DistinctList(child=Text(max_length=400), min_length=1, max_length=_MOST_WARNINGS)


class AcceptWarningsView(_FilingView):
    """Letting warnings pass."""

    verb = "accept-warnings"
    summary = "Let warnings about the whole report of a line pass"
    details = "The keys are those that accepting told in `missing`. Who let them pass, and when, is kept."
    body = WarningsBody

    def act(self, row: ProductionReport, values: dict[str, Any], expected: int | None) -> object:
        """Let them pass."""
        return accept_warnings(filing=self.locked_filing(row, expected), **values, by=self.by, at=self.at)


class DisputeReportBody(StrictSerializer):
    """What is to be corrected."""

    reason = Text(max_length=4000)


class DisputeReportView(_FilingView):
    """Sending a report back."""

    verb = "dispute"
    summary = "Send the whole report of a line back to whoever sent it"
    body = DisputeReportBody

    def act(self, row: ProductionReport, values: dict[str, Any], expected: int | None) -> object:
        """Send it back."""
        return dispute_filing(filing=self.locked_filing(row, expected), **values, by=self.by, at=self.at)


class WithdrawView(_FilingView):
    """Taking a report back."""

    verb = "withdraw"
    summary = "Take the whole report of a line back, before it is accepted"
    details = "What was submitted stays as superseded. The lines of a draft are deleted instead: 409."

    def act(self, row: ProductionReport, values: dict[str, Any], expected: int | None) -> object:
        """Take it back."""
        filing = self.locked_filing(row, expected)
        if filing.status == ReportStatus.DRAFT:
            raise Conflict(_("This report is a draft: delete its lines instead."), "move-refused")
        return withdraw_filing(filing=filing, by=self.by, at=self.at)


_WARNING = {name: Member((name,), TEXT) for name in ("code", "severity", "title", "text")}


@register
class ProductionReports(Resource):
    """What licensees report, by plant and month."""

    name = "production-reports"
    singular = "production-report"
    title = "Production reports"
    description = (
        "A line of a licensee's report: what a plant made and sold in a month, of one chemistry for one field of use. "
        "Lines that are created gather in one draft for each reporting period of an agreement, until that is "
        "submitted. What was submitted is changed by a new report: 409. A line that counted stays as superseded."
    )
    model = ProductionReport
    members = versioned(
        {
            "agreement": key("agreement_id"),
            "filing": key("filing_id"),
            "plant": key("plant_id"),
            "month": date("month"),
            "chemistry": choice("chemistry", Chemistry),
            "field": choice("field", FieldOfUse),
            "number": integer("number"),
            "status": choice("status", ReportStatus),
            "energy_produced_kwh": number("energy_produced_kwh"),
            "energy_sold_kwh": number("energy_sold_kwh"),
            "units": number("units"),
            "gross_sales": money("gross_sales", "currency"),
            "deductions": money("deductions", "currency"),
            "net_sales": money("net_sales", "currency"),
            "is_nil": flag("is_nil"),
            "is_return": flag("is_return"),
            "is_estimate": flag("is_estimate"),
            "flags": Member(("flags",), {"type": "array", "items": object_schema(_WARNING)}),
            "accepted_on": date("accepted_on"),
            "period_start": date("filing__period_start"),
            "period_end": date("filing__period_end"),
            "channel": choice("filing__channel", ReportChannel),
            "sender": text("filing__sender"),
            "note": text("filing__note"),
            "submitted_at": instant("filing__submitted_at"),
            "decided_at": instant("filing__decided_at"),
            "decided_by": link("filing__decided_by_id"),
            "decision_note": text("filing__decision_note"),
        }
    )
    filters = ReportsFilter
    orders = {"month": "month"}
    includes = {"agreement": Include("agreement", "agreements")}
    creator = ReportCreator
    changer = ReportChanger
    domain = DomainFunctions(create=_create, change=_change, delete=remove_line)
    actions = {
        "submit": SubmitView,
        "accept": AcceptView,
        "accept-warnings": AcceptWarningsView,
        "dispute": DisputeReportView,
        "withdraw": WithdrawView,
    }
