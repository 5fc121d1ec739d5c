"""The form behind a private link: figures, a file, or nothing to report."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from lrs_tracker.problems import DomainError
from royalties.domain import report_links
from royalties.domain.periods import name_period
from royalties.domain.report_checks import check_filing
from royalties.domain.report_flags import Severity
from royalties.domain.report_lines import ReportLine, line_of, live_lines
from royalties.domain.report_rows import former_lines, rows_of
from royalties.domain.report_scope import LinesRefusedError, filing_scope
from royalties.enums import ReportChannel, ReportStatus
from royalties.forms.filings import UNITS, FilingForm, LineFormSet, initial_rows, with_more_rows
from royalties.forms.report_files import LinkFileForm
from royalties.models import ReportFiling, ReportLink


def unsaved_filing(link: ReportLink) -> ReportFiling:
    """Return the filing that a link begins, which nothing keeps yet."""
    return ReportFiling(
        agreement=link.agreement,
        period_start=link.period_start,
        period_end=link.period_end,
        link=link,
        channel=ReportChannel.LINK,
    )


class LinkPage:
    """The form of a licensee: figures, file or nothing to report, checked before it is sent."""

    def __init__(self, request: HttpRequest, link: ReportLink, filing: ReportFiling | None) -> None:
        self.request = request
        self.link = link
        self.filing = filing or unsaved_filing(link)
        self.scope = filing_scope(self.filing)
        self.rows = rows_of(self.filing, self.scope)
        self.upload = LinkFileForm()
        self.problems: list[Any] = []
        self.remarks: list[Any] = []
        self.confirmed = ""
        self.is_saved = False
        self.replaces = False
        sent = request.POST if request.method == "POST" and "rows-TOTAL_FORMS" in request.POST else None
        self._bind(sent)

    def _bind(self, sent: Any) -> None:
        shown_unit = sent.get("shown_unit", "") if sent else ""
        self.shown_unit = shown_unit if shown_unit in UNITS else "kWh"
        sent = with_more_rows(sent)
        facts = {
            "unit": self.shown_unit,
            "shown_unit": self.shown_unit,
            "sender": self.filing.sender,
            "note": self.filing.note,
        }
        self.form = FilingForm(sent, initial=facts)
        self.formset = LineFormSet(
            sent,
            prefix="rows",
            initial=initial_rows(self.rows, unit=self.shown_unit),
            form_kwargs={"scope": self.scope},
        )

    def answer(self) -> HttpResponse:
        """Do what the button says; show the form again with words where that is refused."""
        then = self.request.POST.get("then", "")
        if "file" in self.request.FILES or then == "file":
            return self._take_file()
        if then == "nil":
            return self._send_nil()
        if not self.form.is_bound or "more" in self.request.POST:
            return self.show()
        if not (self.form.is_valid() & self.formset.is_valid()):
            return self.show(status=422)
        return self._send(then)

    def _facts(self) -> dict[str, Any]:
        now = timezone.now()
        return {"link": self.link, "at": now, "today": timezone.localdate(now)}

    def _send(self, then: str) -> HttpResponse:
        lines = self.formset.lines(unit=self.form.cleaned_data["unit"], shown_unit=self.shown_unit, is_estimate=False)
        facts = {**self._facts(), "sender": self.form.cleaned_data["sender"], "note": self.form.cleaned_data["note"]}
        try:
            if then != "send":
                report_links.save_by_link(lines=lines, **facts)
                self.is_saved = True
                self._check(lines)
                return self.show()
            self._check(lines)
            if self.remarks and self.request.POST.get("confirmed") != self.confirmed:
                report_links.save_by_link(lines=lines, **facts)
                return self.show()
            report_links.send_by_link(lines=lines, **facts)
        except LinesRefusedError as error:
            self.formset.refuse(error.problems)
            self.remarks = []  # what is refused is not to be confirmed
            return self.show(status=422)
        except report_links.LinkUsedError:
            raise
        except DomainError as error:
            self.form.add_error(error.field if error.field in self.form.fields else None, str(error))
            return self.show(status=422)
        return HttpResponseRedirect(self.request.path)

    @property
    def _said(self) -> dict[str, Any]:
        """Who reports and the note as typed, else as saved before."""
        kept = {"sender": self.filing.sender, "note": self.filing.note}
        return {name: self.request.POST.get(name, "").strip() or text for name, text in kept.items()}

    def _has_new_figures(self) -> bool:
        return self.formset.is_bound and any(row.has_new_figures for row in self.formset)

    def _send_nil(self) -> HttpResponse:
        if self._has_new_figures():
            return self.show(
                status=422,
                refusal=_("You typed figures below. Send them, or empty their fields and send the nil report again."),
            )
        try:
            report_links.send_nil_by_link(**self._said, **self._facts())
        except report_links.LinkUsedError:
            raise
        except LinesRefusedError as error:
            return self.show(status=422, refusal=" ".join(dict.fromkeys(map(str, error.details))))
        except DomainError as error:
            return self.show(status=422, refusal=str(error))
        return HttpResponseRedirect(self.request.path)

    def _take_file(self) -> HttpResponse:
        self.upload = LinkFileForm(self.request.POST, self.request.FILES)
        if not self.upload.is_valid():
            return self.show(status=422)
        if self._has_new_figures() and "replace" not in self.request.POST:
            self.replaces = True
            self.upload.add_error(
                "file",
                _("The figures of the file would replace those you typed below. Choose it once more to replace them."),
            )
            return self.show(status=422)
        file = self.upload.cleaned_data["file"]
        try:
            filing = report_links.take_file_by_link(content=file.read(), name=file.name, **self._said, **self._facts())
        except report_links.LinkUsedError:
            raise
        except report_links.FileRefusedError as error:
            self.upload.add_error("file", str(error))
            self.problems = error.reading.problems[:50]
            return self.show(status=422)
        except DomainError as error:
            self.upload.add_error("file", str(error))
            return self.show(status=422)
        page = LinkPage(self.request, self.link, filing)
        page._bind(None)
        page.is_saved = True
        page._check([line_of(row) for row in live_lines(filing)])
        return page.show()

    def _check(self, lines: list[ReportLine]) -> None:
        """Look at figures as those who accept them will; the remarks are confirmed together."""
        flags = [flag for flag in check_filing(self.filing, lines) if flag.severity == Severity.WARNING]
        keys = "\n".join(sorted(flag.key for flag in flags))
        self.remarks = flags
        self.confirmed = hashlib.sha256(keys.encode()).hexdigest()

    def show(self, *, status: int = 200, refusal: str = "") -> HttpResponse:
        """Show the form with everything that was typed."""
        context = {
            "link": self.link,
            "period": name_period(self.link.period_start, self.link.period_end),
            "filing": self.filing,
            "scope": self.scope,
            "form": self.form,
            "formset": self.formset,
            "upload": self.upload,
            "problems": self.problems,
            "remarks": self.remarks,
            "confirmed": self.confirmed,
            "is_saved": self.is_saved,
            "replaces": self.replaces,
            "refusal": refusal,
            "is_reported": self.filing.status == ReportStatus.DRAFT and bool(former_lines(self.filing, self.scope)),
            "is_over": self.link.period_end < timezone.localdate(),
        }
        return render(self.request, "royalties/reports/link.html", context, status=status)
