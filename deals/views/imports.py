"""The pages of imports: upload a file, say what its columns mean, check, apply, undo."""

import json
from operator import itemgetter
from typing import Any

from celery import Task
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh
from kombu.exceptions import OperationalError

from accounts.models import User
from accounts.requests import UserRequest
from deals import tasks
from deals.domain.imports import batches
from deals.domain.imports.problems import Severity
from deals.enums import ImportStatus
from deals.forms.imports import MapFileForm, MapForm, UploadForm
from deals.models import ImportBatch, Pipeline, Stage
from lrs_tracker.exports import Column, FileFormat, export_response, requested_format
from lrs_tracker.formats import format_moment, format_number
from lrs_tracker.problems import DomainError

_SHOWN_BATCHES = 25
_SHOWN_PROBLEMS = 25
_SHOWN_SUGGESTIONS = 50
_PROBLEM_COLUMNS = (
    Column(gettext_lazy("Row"), itemgetter("row")),
    Column(gettext_lazy("Column"), itemgetter("column")),
    Column(gettext_lazy("Severity"), itemgetter("severity")),
    Column(gettext_lazy("Message"), itemgetter("message")),
)
_COLUMNS = (
    Column[ImportBatch](gettext_lazy("File"), lambda batch: batch.file_name),
    Column[ImportBatch](gettext_lazy("Status"), lambda batch: batch.get_status_display()),
    Column[ImportBatch](gettext_lazy("Rows"), lambda batch: batch.row_count),
    Column[ImportBatch](gettext_lazy("Created"), lambda batch: _counts(batch)["created"]),
    Column[ImportBatch](gettext_lazy("Changed"), lambda batch: _counts(batch)["updated"]),
    Column[ImportBatch](gettext_lazy("Left out"), lambda batch: _counts(batch)["rejected"]),
    Column[ImportBatch](gettext_lazy("Who"), lambda batch: batch.created_by.name if batch.created_by else None),
    Column[ImportBatch](gettext_lazy("Uploaded"), lambda batch: batch.created_at),
)
_may_import = permission_required("deals.import_deal", raise_exception=True)


@login_required
@_may_import
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: UserRequest) -> HttpResponseBase:
    """List past imports (`?export=csv` as a file), and take in a new file."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = batches.upload_file(content=file.read(), name=file.name, by=request.user)
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            return redirect(batch)
    past = ImportBatch.objects.visible_to(request.user).select_related("created_by").defer("mapping").order_by("-pk")
    if (file_format := requested_format(request)) is not None:
        return export_response(past, _COLUMNS, name="imports", file_format=file_format, today=request.today)
    page = Paginator(past, _SHOWN_BATCHES).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "batches": [_summary(batch) for batch in page]}
    return render(request, "deals/import.html", context, status=422 if form.errors else 200)


@login_required
@_may_import
@require_http_methods(["GET", "HEAD", "POST"])
def batch_page(request: UserRequest, pk: int) -> HttpResponse:
    """Show an import: its map, what a check found, how far it is, what it did; save its map."""
    batch = _get(request, pk)
    if request.htmx and request.GET.get("part") == "progress":
        if not batches.is_busy(batch):
            return HttpResponseClientRefresh()
        return render(request, "deals/import_batch.html#progress", _progress(batch))
    sent = request.POST if request.method == "POST" else None
    form = MapForm(sent, raw_map=batch.mapping, survey=batch.result.get("survey", {}))
    if form.is_valid():
        try:
            batch = batches.change_map(batch=batch, raw_map=form.to_map())
            _check(request, batch)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect(batch)
    return _render_batch(request, batch, form)


@login_required
@_may_import
@require_POST
def check(request: UserRequest, pk: int) -> HttpResponse:
    """Take in a map that was saved before, and check the file by it."""
    batch = _get(request, pk)
    map_form = MapFileForm(request.POST, request.FILES)
    if map_form.is_valid():
        try:
            _check(request, batches.change_map(batch=batch, raw_map=map_form.cleaned_data["map_file"]))
        except DomainError as error:
            map_form.add_error("map_file", str(error))
    if map_form.errors:
        form = MapForm(raw_map=batch.mapping, survey=batch.result.get("survey", {}))
        return _render_batch(request, batch, form, map_form=map_form)
    return redirect(batch)


@login_required
@_may_import
@require_POST
def apply(request: UserRequest, pk: int) -> HttpResponse:
    """Start a checked import; a worker carries it out."""
    batch = _get(request, pk)
    try:
        batches.start_batch(batch=batch)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        _hand_over(request, batch, tasks.apply_import)
    return redirect(batch)


@login_required
@_may_import
@require_POST
def undo(request: UserRequest, pk: int) -> HttpResponse:
    """Take back an import, at once or by a worker."""
    batch = _get(request, pk)
    leave_changed = "leave_changed" in request.POST
    try:
        is_short = batches.start_undo(batch=batch)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(batch)
    if is_short:
        batches.undo_batch(batch_id=batch.pk, by=request.user, at=timezone.now(), leave_changed=leave_changed)
    else:
        _hand_over(request, batch, tasks.undo_import, by_id=request.user.pk, leave_changed=leave_changed)
    return redirect(batch)


@login_required
@_may_import
@require_POST
def confirm(request: UserRequest, pk: int) -> HttpResponse:
    """Keep which suggested deals are the same and which are new, and check again."""
    batch = _get(request, pk)
    decided = {name[4:]: code for name, code in request.POST.items() if name.startswith("row-") and code}
    everything = request.POST.get("all")
    for row, codes in batch.result.get("report", {}).get("suggestions", {}).items():
        if everything and row not in decided:
            decided[row] = "new" if everything == "new" else codes[0]
    try:
        confirmed = batch.mapping.get("confirm", {}) | decided
        _check(request, batches.change_map(batch=batch, raw_map=batch.mapping | {"confirm": confirmed}))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(batch)


@login_required
@_may_import
@require_safe
def map_file(request: UserRequest, pk: int) -> HttpResponse:
    """Download the map, without what was confirmed: that belongs to this one file."""
    batch = _get(request, pk)
    raw_map = {name: value for name, value in batch.mapping.items() if name != "confirm"}
    response = HttpResponse(json.dumps(raw_map, ensure_ascii=False, indent=2), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="map-{batch.pk}.json"'
    return response


@login_required
@_may_import
@require_safe
def problems_file(request: UserRequest, pk: int) -> HttpResponseBase:
    """Download the problems of an import as CSV."""
    report = _get(request, pk).result.get("report", {})
    problems = _with_severity(report.get("problems", []), request.GET.get("severity", ""))
    name, today = f"import-{pk}-problems", timezone.localdate()
    return export_response(problems, _PROBLEM_COLUMNS, name=name, file_format=FileFormat.CSV, today=today)


def _get(request: UserRequest, pk: int) -> ImportBatch:
    visible = ImportBatch.objects.visible_to(request.user).select_related("created_by", "undone_by")
    return get_object_or_404(visible, pk=pk)


def _check(request: UserRequest, batch: ImportBatch) -> None:
    if batches.start_check(batch=batch):
        batches.check_batch(batch_id=batch.pk, at=timezone.now(), today=timezone.localdate())
    else:
        _hand_over(request, batch, tasks.check_import)


def _hand_over(request: UserRequest, batch: ImportBatch, task: Task, **more: Any) -> None:
    """Ask a worker to go on with a batch; say so when none can be asked."""
    try:
        task.delay(batch_id=batch.pk, **more)
    except OperationalError:
        batches.release_batch(batch=batch)
        messages.error(request, _("The background work cannot be reached. Nothing was changed; try again in a minute."))


def _with_severity(problems: list[dict[str, Any]], severity: str) -> list[dict[str, Any]]:
    return [problem for problem in problems if problem["severity"] == severity] if severity else problems


def _weight(problem: dict[str, Any]) -> int:
    return Severity.values.index(problem["severity"])


def _progress(batch: ImportBatch) -> dict[str, Any]:
    done = batches.progress_of(batch) or 0
    doing = _("Importing") if batch.status == ImportStatus.RUNNING else _("Checking the file")
    return {
        "batch": batch,
        "done": done,
        "is_counted": batch.status == ImportStatus.RUNNING and done > 0,
        "doing": _("Undoing") if batch.result.get("is_undoing") else doing,
    }


def _summary(batch: ImportBatch) -> dict[str, Any]:
    report = batch.result.get("report", {})
    kinds = {ImportStatus.APPLIED: "done", ImportStatus.FAILED: "late", ImportStatus.RUNNING: "info"}
    return {
        "batch": batch,
        "report": report,
        "counts": _counts(batch),
        "kind": kinds.get(ImportStatus(batch.status), ""),
    }


def _counts(batch: ImportBatch) -> dict[str, int | None]:
    report = batch.result.get("report", {})
    return {name: report.get(name) for name in ("created", "updated", "rejected")}


def _render_batch(
    request: UserRequest, batch: ImportBatch, form: MapForm, map_form: MapFileForm | None = None
) -> HttpResponse:
    report = batch.result.get("report", {})
    severity = request.GET.get("severity", "")
    # What keeps rows out comes first.
    problems = sorted(_with_severity(report.get("problems", []), severity), key=_weight)
    pipeline = Pipeline.objects.filter(pk=batch.result.get("pipeline_id")).first()
    suggestions = sorted(report.get("suggestions", {}).items(), key=lambda pair: int(pair[0]))
    is_open = batch.status in {ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED}
    context = {
        **_progress(batch),
        **_summary(batch),
        "facts": _facts(batch),
        "trail": [{"label": _("Import"), "url": reverse("deals:import")}],
        "form": form,
        "map_form": map_form or MapFileForm(),
        "is_busy": batches.is_busy(batch),
        "is_stuck": batch.status == ImportStatus.RUNNING and not batches.is_busy(batch),
        "is_open": is_open,
        "to_import": report.get("created", 0) + report.get("updated", 0),
        "pipeline": pipeline if batch.status == ImportStatus.APPLIED else None,
        "severity": severity,
        "severities": _severity_counts(report),
        "page": Paginator(problems, _SHOWN_PROBLEMS).get_page(request.GET.get("page")),
        "suggestions": suggestions[:_SHOWN_SUGGESTIONS],
        "suggestion_count": len(suggestions),
        "pipelines": Pipeline.objects.filter(archived_at__isnull=True).order_by("position", "pk"),
        "stages": Stage.objects.filter(pipeline__name=batch.mapping.get("pipeline", ""), archived_at__isnull=True),
        "owners": User.objects.filter(is_active=True).order_by("name", "pk"),
        "survey": batch.result.get("survey", {}),
    }
    status = 422 if form.errors or (map_form and map_form.errors) else 200
    return render(request, "deals/import_batch.html", context, status=status)


def _facts(batch: ImportBatch) -> list[str]:
    """Return what the head of the page says of an import."""
    return [
        batch.get_status_display(),
        ngettext("%(count)s row", "%(count)s rows", batch.row_count) % {"count": format_number(batch.row_count)},
        _("uploaded %(when)s") % {"when": format_moment(batch.created_at, today=timezone.localdate())},
        str(batch.created_by or _("command line")),
    ]


def _severity_counts(report: dict[str, Any]) -> list[dict[str, Any]]:
    found = [problem["severity"] for problem in report.get("problems", [])]
    return [
        {"value": severity.value, "label": severity.label, "count": found.count(severity.value)}
        for severity in Severity
        if severity.value in found
    ]
