"""A report's file: the template to fill in, the upload, what its columns say, and taking its lines."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from deals.domain.imports.problems import Severity
from deals.domain.imports.tables import CalculatedCell, Table
from lrs_tracker.exports import FileFormat, export_response
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain import filings
from royalties.domain.periods import name_period
from royalties.domain.report_file_rows import FileMap
from royalties.domain.report_files import FileReading, open_table, read_lines
from royalties.domain.report_lines import FIGURES
from royalties.domain.report_mappings import guess_map, save_mapping, saved_mappings
from royalties.domain.report_rows import former_lines, rows_of
from royalties.domain.report_scope import filing_scope
from royalties.exports.reports import template_columns
from royalties.forms.report_files import FileMapForm, ReportFileForm
from royalties.models import ReportFiling
from royalties.views.filings import get_filing, title_of, trail_of

_SHOWN_ROWS = 5
_SHOWN_PROBLEMS = 100


@login_required
@require_safe
def download_template(request: UserRequest, pk: int, ending: str) -> HttpResponseBase:
    """Give the template of a filing's period, its rows filled in as far as they are known."""
    filing = get_filing(request, pk)
    return template_response(request, filing, ending)


def template_response(request: Any, filing: ReportFiling, ending: str) -> HttpResponseBase:
    """Return the template of a filing as CSV or XLSX."""
    if ending not in FileFormat:
        raise Http404
    scope = filing_scope(filing)
    return export_response(
        rows_of(filing, scope),
        template_columns(scope),
        name=f"report-{filing.period_start:%Y-%m}-{filing.period_end:%Y-%m}",
        file_format=FileFormat(ending),
        today=request.today,
    )


@login_required
@require_safe
def download_file(request: UserRequest, pk: int) -> HttpResponseBase:
    """Give the file that a report came in, never shown in the browser."""
    filing = get_filing(request, pk)
    if not filing.file:
        raise Http404
    return FileResponse(
        filing.file.open("rb"), as_attachment=True, filename=filing.file_name, content_type="application/octet-stream"
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def use_file(request: UserRequest, pk: int) -> HttpResponse:
    """Upload a file, say what its columns mean, see what it would report, and take its lines."""
    filing = get_filing(request, pk, permission="royalties.change_reportfiling")
    if filing.status not in filings.EDITABLE:
        messages.error(request, _("The figures of this report can no longer be changed."))
        return redirect(filing)
    upload = ReportFileForm(request.POST, request.FILES) if "file" in request.FILES else ReportFileForm()
    if upload.is_bound and upload.is_valid():
        file = upload.cleaned_data["file"]
        try:
            filings.upload_file(filing=filing, content=file.read(), name=file.name, by=request.user)
        except PermissionRefusedError as error:
            raise PermissionDenied(str(error)) from error
        except DomainError as error:
            upload.add_error("file", str(error))
        else:
            return redirect(request.path)
    if not filing.file or upload.errors:
        return _show(request, filing, {"upload": upload}, is_refused=request.method == "POST")
    return _map_page(request, filing, upload)


def _map_page(request: UserRequest, filing: ReportFiling, upload: ReportFileForm) -> HttpResponse:
    with filing.file.open("rb") as stored:
        table = open_table(content=stored.read(), name=filing.file_name)
    scope = filing_scope(filing)
    guessed = guess_map(table.headings, scope, saved=saved_mappings(filing.agreement))
    sent = request.POST if request.method == "POST" else None
    form = FileMapForm(sent, headings=table.headings, scope=scope, file_map=guessed)
    file_map, reading = guessed, None
    if form.is_bound and form.is_valid():
        file_map = form.file_map
    if not form.is_bound or form.is_valid():
        reading = _read(form, table, file_map, filing, request)
    is_taken = request.POST.get("then") == "take"
    if form.is_bound and reading is not None and not (is_taken and reading.is_usable):
        _keep_mapping(request, filing, form)
    if reading is not None and reading.is_usable and is_taken:
        try:
            filings.take_file(
                filing=filing,
                lines=reading.lines,
                file_map=file_map,
                save_as=form.cleaned_data["save_as"],
                by=request.user,
                today=request.today,
            )
        except PermissionRefusedError as error:
            raise PermissionDenied(str(error)) from error
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The lines of the file are in the draft. Look at them, then submit."))
            return redirect(filing)
    context = {
        "upload": upload,
        "form": form,
        "reading": reading,
        "headings": table.headings,
        "preview": _first_rows(table),
        "read_as": table.read_as,
        "figures": list(scope.figures),
        "plants": scope.plants,
        "problems": reading.problems[:_SHOWN_PROBLEMS] if reading else [],
        "errors": sum(each.severity == Severity.ERROR for each in reading.problems) if reading else 0,
    }
    is_refused = bool(form.errors) or is_taken
    return _show(request, filing, context, is_refused=is_refused)


def _keep_mapping(request: UserRequest, filing: ReportFiling, form: FileMapForm) -> None:
    """Keep a mapping that was given a name although nothing is taken yet: a mended file is then read by it."""
    name, file_map = form.cleaned_data["save_as"], form.file_map
    if not name or not any(column in FIGURES for column in file_map.columns.values()):
        return
    try:
        save_mapping(agreement=filing.agreement, name=name, file_map=file_map, by=request.user)
    except PermissionRefusedError as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        form.add_error("save_as", str(error))
    else:
        messages.success(request, _("The mapping is kept."))


def _read(
    form: FileMapForm, table: Table, file_map: FileMap, filing: ReportFiling, request: UserRequest
) -> FileReading | None:
    try:
        scope = filing_scope(filing)
        return read_lines(table, file_map, scope, today=request.today, former=former_lines(filing, scope))
    except DomainError as error:
        if form.is_bound:
            form.add_error(None, str(error))
        return None


def _first_rows(table: Table) -> list[tuple[int, list[str]]]:
    """Return the first rows with their numbers, as far as there are headings: workbooks have endless empty cells."""
    width = len(table.headings)
    return [(row.number, [_text(cell) for cell in row.cells[:width]]) for row in table.rows[:_SHOWN_ROWS]]


def _text(cell: Any) -> str:
    if isinstance(cell, CalculatedCell):
        cell = cell.result
    return "" if cell is None else str(cell)[:60]


def _show(request: UserRequest, filing: ReportFiling, context: dict[str, Any], *, is_refused: bool) -> HttpResponse:
    facts = {
        "filing": filing,
        "title": title_of(filing),
        "period": name_period(filing.period_start, filing.period_end),
        "trail": trail_of(filing),
    }
    return render(request, "royalties/reports/file.html", facts | context, status=422 if is_refused else 200)
