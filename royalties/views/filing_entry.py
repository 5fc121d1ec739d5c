"""Entering the figures of a report in the browser."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from royalties.domain import filings
from royalties.domain.periods import name_period
from royalties.domain.report_lines import ReportLine, line_of, live_lines
from royalties.domain.report_rows import estimated_lines, nil_lines, rows_of
from royalties.domain.report_scope import LinesRefusedError, ReportScope, filing_scope
from royalties.domain.report_versions import compare_lines
from royalties.forms.filing_start import StartForm
from royalties.forms.filings import UNITS, FilingForm, LineFormSet, initial_rows, with_more_rows
from royalties.models import Agreement, ReportFiling
from royalties.views.filings import get_filing, title_of, trail_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: UserRequest, pk: int) -> HttpResponse:
    """Begin a report of a period of an agreement: figures to enter, nothing made, or an estimate."""
    visible = Agreement.objects.visible_to(request.user).select_related("licensee", "deal")
    agreement = get_object_or_404(visible, pk=pk)
    if not request.user.has_perm("royalties.add_reportfiling"):
        raise PermissionDenied
    form = StartForm(
        request.POST or None, agreement=agreement, today=request.today, initial={"period": request.GET.get("period")}
    )
    if request.method == "POST":
        filing = submit(form, lambda: _begin(request, agreement, form))
        if filing is not None:
            to = filing.get_absolute_url()
            return leave_form(request, f"{to}edit/" if form.cleaned_data["kind"] == "figures" else to, _("Begun."))
    return show_form(request, form, title=_("New report"), back=agreement.get_absolute_url(), submit_label=_("Go on"))


def _begin(request: UserRequest, agreement: Agreement, form: StartForm) -> ReportFiling:
    starts_on, ends_on = form.period_days
    kind = form.cleaned_data["kind"]
    return filings.begin_filing(
        agreement=agreement,
        period_start=starts_on,
        period_end=ends_on,
        make_lines={"nil": nil_lines, "estimate": estimated_lines}.get(kind),
        by=request.user,
        today=request.today,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Enter or correct the figures of a draft, or of a report that was sent back."""
    filing = get_filing(request, pk, permission="royalties.change_reportfiling")
    if filing.status not in filings.EDITABLE:
        messages.error(request, _("The figures of this report can no longer be changed."))
        return redirect(filing)
    entry = Entry(request, filing)
    if request.method == "POST" and (answer := entry.answer()) is not None:
        return answer
    return entry.show()


class Entry:
    """The form of a filing: what it was shown with, what was typed, and what became of it."""

    def __init__(self, request: UserRequest, filing: ReportFiling) -> None:
        self.request = request
        self.filing = filing
        self.scope: ReportScope = filing_scope(filing)
        self.rows = rows_of(filing, self.scope)
        self.differences: list[Any] = []
        lines = [row.line for row in self.rows if row.line]
        sent: QueryDict | None = request.POST if request.method == "POST" else None
        shown_unit = sent.get("shown_unit", "") if sent else request.GET.get("unit", "")
        self.shown_unit = shown_unit if shown_unit in UNITS else "kWh"
        facts = {
            "unit": self.shown_unit,
            "shown_unit": self.shown_unit,
            "version": filing.version,
            "sender": filing.sender,
            "note": filing.note,
            "is_estimate": any(line.is_estimate for line in lines),
        }
        sent = with_more_rows(sent)
        self.form = FilingForm(sent, initial=facts)
        self.formset = LineFormSet(
            sent,
            prefix="rows",
            initial=initial_rows(self.rows, unit=self.shown_unit),
            form_kwargs={"scope": self.scope},
        )

    def answer(self) -> HttpResponse | None:
        """Save what was typed and go on; None when the form is to be shown again."""
        is_valid = self.form.is_valid() & self.formset.is_valid()
        if not is_valid or "more" in self.request.POST:
            return None
        try:
            filing = self._save()
            if self.request.POST.get("then") == "submit":
                filings.submit_filing(filing=filing, by=self.request.user, at=timezone.now())
                messages.success(self.request, _("The report is submitted. Look at what its checks found."))
            else:
                messages.success(self.request, _("The draft is saved."))
        except PermissionRefusedError as error:
            raise PermissionDenied(str(error)) from error
        except StaleVersionError:
            self._show_both_versions()
        except LinesRefusedError as error:
            self.formset.refuse(error.problems)
        except DomainError as error:
            self.form.add_error(error.field if error.field in self.form.fields else None, str(error))
        else:
            return redirect(filing)
        return None

    def lines(self) -> list[ReportLine]:
        """Return what the valid form says."""
        return self.formset.lines(
            unit=self.form.cleaned_data["unit"],
            shown_unit=self.shown_unit,
            is_estimate=self.form.cleaned_data["is_estimate"],
        )

    def _save(self) -> ReportFiling:
        return filings.save_report(
            filing=self.filing,
            lines=self.lines(),
            sender=self.form.cleaned_data["sender"],
            note=self.form.cleaned_data["note"],
            by=self.request.user,
            today=self.request.today,
            expected_version=self.form.cleaned_data["version"],
        )

    def _show_both_versions(self) -> None:
        """Refuse once, with what someone else stored beside what was typed; sending again keeps the latter."""
        stored = ReportFiling.objects.get(pk=self.filing.pk)
        self.differences = compare_lines(map(line_of, live_lines(stored)), self.lines())
        typed = self.request.POST.copy()
        typed["version"] = str(stored.version)
        self.form.data = typed
        self.form.add_error(
            None, _("Someone saved this report while you were writing. Compare, then save again to keep yours.")
        )

    def show(self) -> HttpResponse:
        """Show the form, with everything that was typed."""
        is_refused = self.form.is_bound and "more" not in self.request.POST
        context = {
            "filing": self.filing,
            "title": title_of(self.filing),
            "period": name_period(self.filing.period_start, self.filing.period_end),
            "trail": trail_of(self.filing),
            "scope": self.scope,
            "form": self.form,
            "formset": self.formset,
            "differences": self.differences,
            "plants": self.scope.plants,
        }
        return render(self.request, "royalties/reports/entry.html", context, status=422 if is_refused else 200)
