"""Receivables: by age, as invoices, reminders that are due, credit notes and missing certificates."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Case, F, When
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from companies.models import Company
from lrs_tracker.dates import EARLIEST_DATE, LATEST_DATE
from lrs_tracker.exports import FileFormat, export_response, requested_format
from royalties.domain.ageing import BUCKET_LABELS, Ageing, Bucket, ageing, unallocated_by_currency
from royalties.domain.certificates import outstanding_certificates
from royalties.domain.dunning import due_for_dunning, next_level
from royalties.domain.invoice_states import days_overdue, with_state
from royalties.enums import InvoiceState
from royalties.exports.receivables import AGEING_COLUMNS, CERTIFICATE_COLUMNS, CREDIT_NOTE_COLUMNS, invoice_columns
from royalties.filters.receivables import OWED, InvoiceFilter
from royalties.models import CreditNote, Invoice

PAGE_SIZE = 50
MOST_CHOICES = 50
VIEWS = {
    "ageing": gettext_lazy("By age"),
    "invoices": gettext_lazy("Invoices"),
    "reminders": gettext_lazy("Reminders due"),
    "credit-notes": gettext_lazy("Credit notes"),
    "certificates": gettext_lazy("Certificates missing"),
}
_SETTLED_LAST = Case(When(outstanding=0, then=1), default=0)
SORTS: dict[str, tuple[Any, ...]] = {
    "": (_SETTLED_LAST, "due_on", "pk"),
    "number": ("licensor_id", "number", "pk"),
    "-number": ("licensor_id", "-number", "pk"),
    "licensee": ("agreement__licensee__name", "due_on", "pk"),
    "-licensee": ("-agreement__licensee__name", "due_on", "pk"),
    "issued": ("issued_on", "pk"),
    "-issued": ("-issued_on", "-pk"),
    "due": ("due_on", "pk"),
    "-due": ("-due_on", "-pk"),
    "amount": ("currency", "amount", "pk"),
    "-amount": ("currency", "-amount", "pk"),
    "outstanding": ("currency", F("outstanding").asc(), "pk"),
    "-outstanding": ("currency", F("outstanding").desc(), "pk"),
}


@login_required
@permission_required("royalties.view_invoice", raise_exception=True)
@require_safe
def show_receivables(request: UserRequest) -> HttpResponseBase:
    """Show what licensees owe as `?view=` says; `?as_of=` on an earlier day, `?export=csv` as a file."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "ageing"
    return _SHOW[view](request, view, requested_format(request))


def _render(request: UserRequest, view: str, context: dict[str, Any]) -> HttpResponseBase:
    return render(
        request,
        "royalties/receivables.html",
        {
            "view": view,
            "tabs": [
                {"label": label, "url": f"?view={name}", "is_current": name == view} for name, label in VIEWS.items()
            ],
            "part": f"royalties/receivables_{view.replace('-', '_')}.html",
            **context,
        },
    )


def _as_of(request: UserRequest) -> dt.date:
    """Return the day that the address asks for; today where it names none that is over."""
    try:
        asked = dt.date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return request.today
    return asked if EARLIEST_DATE <= asked <= min(request.today, LATEST_DATE) else request.today


def _show_ageing(request: UserRequest, view: str, file_format: FileFormat | None) -> HttpResponseBase:
    as_of = _as_of(request)
    owed = ageing(request.user, as_of=as_of, currency=request.user.currency)
    if file_format is not None:
        rows = [*owed.rows, owed.converted]
        return export_response(rows, AGEING_COLUMNS, name="ageing", file_format=file_format, today=request.today)
    return _render(
        request,
        view,
        {
            "as_of": as_of,
            "ageing": owed,
            "groups": _groups(owed),
            "buckets": BUCKET_LABELS.items(),
            "credit": unallocated_by_currency(request.user),
            "reminders": due_for_dunning(request.user, today=request.today).count(),
        },
    )


def _groups(owed: Ageing) -> list[dict[str, Any]]:
    """Return the rows of each licensee with its bar, the one that owes most first."""
    most = max((row.total for row in owed.licensees), default=0)
    converted = {row.licensee_id: row for row in owed.licensees}
    order = {row.licensee_id: place for place, row in enumerate(owed.licensees)}
    groups: dict[int | None, dict[str, Any]] = {}
    for row in owed.rows:
        group = groups.setdefault(row.licensee_id, {"licensee": row.licensee, "pk": row.licensee_id, "rows": []})
        group["rows"].append(row)
    for pk, group in groups.items():
        group["converted"] = converted.get(pk)
        group["bar"] = _bar(converted[pk].buckets, most) if pk in converted else []
    return sorted(groups.values(), key=lambda group: (order.get(group["pk"], len(order)), group["licensee"]))


def _bar(amounts: list[Any], most: Any) -> list[dict[str, Any]]:
    """Return the pieces of a bar from 0 to 100, the longest of the page being 100."""
    pieces, x = [], 0.0
    for bucket, amount in zip(Bucket, amounts, strict=True):
        width = round(float(amount / most * 100), 2)
        if width:
            pieces.append({"bucket": bucket.value, "x": round(x, 2), "width": width})
        x += width
    return pieces


def _show_invoices(request: UserRequest, view: str, file_format: FileFormat | None) -> HttpResponseBase:
    as_of = _as_of(request)
    visible = Invoice.objects.visible_to(request.user)
    rows = with_state(visible, today=request.today, as_of=as_of if as_of != request.today else None)
    invoices = InvoiceFilter(request.GET, queryset=rows, request=request, day=as_of)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else ""
    found = invoices.qs.select_related("licensor", "agreement__licensee", "statement").order_by(*SORTS[sort])
    if file_format is not None:
        columns = invoice_columns(as_of)
        return export_response(found, columns, name="invoices", file_format=file_format, today=request.today)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    currencies = visible.order_by("currency").values_list("currency", flat=True).distinct()[:MOST_CHOICES]
    licensees = Company.objects.visible_to(request.user).filter(pk__in=visible.order_by().values("agreement__licensee"))
    return _render(
        request,
        view,
        {
            "as_of": as_of,
            "filter": invoices,
            "sort": sort,
            "page": page,
            "rows": [
                (invoice, days_overdue(invoice, outstanding=invoice.outstanding, today=as_of)) for invoice in page
            ],
            "states": [
                {"value": OWED, "label": gettext_lazy("Anything owed")},
                *({"value": value, "label": label} for value, label in InvoiceState.choices),
            ],
            "ages": [{"value": bucket.value, "label": BUCKET_LABELS[bucket]} for bucket in Bucket],
            "licensees": [
                {"value": pk, "label": name}
                for pk, name in licensees.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES]
            ],
            "currencies": [{"value": code, "label": code} for code in currencies],
        },
    )


def _show_reminders(request: UserRequest, view: str, file_format: FileFormat | None) -> HttpResponseBase:
    found = with_state(
        Invoice.objects.visible_to(request.user).filter(
            pk__in=due_for_dunning(request.user, today=request.today).values("pk")
        ),
        today=request.today,
    )
    found = found.select_related("licensor", "agreement__licensee").order_by("due_on", "pk")
    if file_format is not None:
        columns = invoice_columns(request.today)
        return export_response(found, columns, name="reminders", file_format=file_format, today=request.today)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        (invoice, days_overdue(invoice, outstanding=invoice.outstanding, today=request.today), next_level(invoice))
        for invoice in page
    ]
    return _render(request, view, {"page": page, "rows": rows})


def _show_credit_notes(request: UserRequest, view: str, file_format: FileFormat | None) -> HttpResponseBase:
    notes = CreditNote.objects.visible_to(request.user).with_left()
    notes = notes.select_related("licensor", "agreement__licensee", "statement", "cancels__licensor")
    notes = notes.order_by("-issued_on", "-pk")
    if file_format is not None:
        return export_response(
            notes, CREDIT_NOTE_COLUMNS, name="credit-notes", file_format=file_format, today=request.today
        )
    return _render(request, view, {"page": Paginator(notes, PAGE_SIZE).get_page(request.GET.get("page"))})


def _show_certificates(request: UserRequest, view: str, file_format: FileFormat | None) -> HttpResponseBase:
    missing = outstanding_certificates(request.user)
    if file_format is not None:
        return export_response(
            missing, CERTIFICATE_COLUMNS, name="certificates", file_format=file_format, today=request.today
        )
    return _render(request, view, {"page": Paginator(missing, PAGE_SIZE).get_page(request.GET.get("page"))})


_SHOW: dict[str, Callable[[UserRequest, str, FileFormat | None], HttpResponseBase]] = {
    "ageing": _show_ageing,
    "invoices": _show_invoices,
    "reminders": _show_reminders,
    "credit-notes": _show_credit_notes,
    "certificates": _show_certificates,
}
