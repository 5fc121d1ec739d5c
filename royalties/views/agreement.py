"""An agreement's page."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import UserRequest
from deals.models import Document
from lrs_tracker.dates import EARLIEST_DATE, LATEST_DATE
from royalties.domain.agreement_course import course_of
from royalties.domain.agreement_edits import is_open_amendment, is_open_for_changes
from royalties.domain.amendments import count_affected_statements
from royalties.domain.glance import glance_of, shown_terms
from royalties.enums import AgreementStatus, FieldOfUse
from royalties.models import Agreement, Amendment, Fee, RoyaltyTerm, ServiceTerm
from royalties.views.agreement_pages import agreement_view
from sync.domain.timeline import timeline_of

TABS = {
    "glance": gettext_lazy("At a glance"),
    "terms": gettext_lazy("Terms"),
    "fees": gettext_lazy("Fees"),
    "services": gettext_lazy("Services"),
    "amendments": gettext_lazy("Amendments"),
    "timeline": gettext_lazy("Timeline"),
}


@agreement_view("GET", "HEAD")
def show_agreement(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Show an agreement: `?tab=` says which part, `?on=` the day whose terms are shown."""
    wanted = request.GET.get("tab", "")
    tab = wanted if wanted in TABS else "glance"
    return render(
        request,
        "royalties/agreement.html",
        {
            "agreement": agreement,
            "document": _seen(request, [agreement.document]).get(agreement.document_id),
            "today": request.today,
            "trail": [
                {"label": _("Royalties"), "url": reverse("royalties:overview")},
                {"label": _("Agreements"), "url": reverse("royalties:agreements")},
            ],
            "tab": tab,
            "tabs": _tabs(agreement, tab),
            "tab_template": f"royalties/agreement_{tab}.html",
            "is_open": is_open_for_changes(agreement),
            "is_over": _is_over(agreement, request.today),
            "plants": list(agreement.plants.order_by("name", "pk")),
            "fields_of_use": _fields_of_use(agreement),
            "course": course_of(agreement, today=request.today),
            **_FILLERS[tab](request, agreement),
        },
    )


def _tabs(agreement: Agreement, current: str) -> list[dict[str, Any]]:
    counts = {
        "terms": agreement.terms.count(),
        "fees": agreement.fees.count(),
        "services": agreement.services.count(),
        "amendments": agreement.amendments.count(),
    }
    return [_tab(agreement, name, label, current, counts.get(name)) for name, label in TABS.items()]


def _tab(agreement: Agreement, name: str, label: str | Promise, current: str, count: int | None) -> dict[str, Any]:
    url = f"{agreement.get_absolute_url()}?tab={name}"
    return {"label": label, "url": url, "count": count, "is_current": name == current}


def _is_over(agreement: Agreement, today: dt.date) -> bool:
    """Tell whether an agreement in force has passed its last day."""
    is_in_force = agreement.status == AgreementStatus.IN_FORCE
    return is_in_force and agreement.expires_on is not None and agreement.expires_on < today


def _fields_of_use(agreement: Agreement) -> list[str]:
    return [str(FieldOfUse(name).label) for name in agreement.fields_of_use]


def _glance(request: UserRequest, agreement: Agreement) -> dict[str, Any]:
    typed = request.GET.get("on", "")
    day = _day_of(typed)
    # What applies only later is looked at as of its first day.
    usual = max(agreement.effective_on or request.today, request.today)
    on = day or usual
    return {
        "glance": glance_of(agreement, on=on),
        "usual_day": None if on == usual else usual,
        "bad_day": bool(typed) and not day,
    }


def _day_of(typed: str) -> dt.date | None:
    try:
        day = parse_date(typed)
    except ValueError:
        return None
    return day if day is not None and EARLIEST_DATE <= day <= LATEST_DATE else None


def _terms(request: UserRequest, agreement: Agreement) -> dict[str, Any]:
    terms = RoyaltyTerm.objects.filter(agreement=agreement)
    return {"terms": shown_terms(terms, agreements={agreement.pk: agreement}, on=request.today)}


def _fees(request: UserRequest, agreement: Agreement) -> dict[str, Any]:
    fees = Fee.objects.filter(agreement=agreement).select_related("plant", "introduced_by")
    return {"fees": list(fees.order_by("due_on", "instalment", "pk"))}


def _services(request: UserRequest, agreement: Agreement) -> dict[str, Any]:
    return {"services": list(ServiceTerm.objects.filter(agreement=agreement).order_by("label", "pk"))}


def _amendments(request: UserRequest, agreement: Agreement) -> dict[str, Any]:
    amendments = Amendment.objects.filter(agreement=agreement).select_related("document__deal")
    rows = list(amendments.prefetch_related("terms_added", "terms_ended", "fees_added").order_by("-number", "-pk"))
    minimums = list(agreement.minimums.order_by("contract_year"))
    caps = list(agreement.caps.order_by("contract_year"))
    newest = rows[:1]
    for one in newest:
        one.agreement = agreement
    documents = _seen(request, [one.document for one in rows])
    return {
        "amendments": [
            {
                "amendment": one,
                "document": documents.get(one.document_id),
                "minimums": [row for row in minimums if row.amendment_id == one.pk],
                "caps": [row for row in caps if row.amendment_id == one.pk],
                "is_open": one in newest and is_open_amendment(agreement, one),
                "affected": count_affected_statements(one) if one in newest else 0,
            }
            for one in rows
        ],
        "running": list(
            RoyaltyTerm.objects.filter(agreement=agreement, ended_by__isnull=True).order_by("effective_from", "pk")
        ),
    }


def _seen(request: UserRequest, documents: Iterable[Document | None]) -> dict[int | None, Document]:
    """Return those of some documents that the reader may open, by key."""
    named = {document.pk: document for document in documents if document is not None}
    if not named:
        return {}
    keys = Document.objects.visible_to(request.user).filter(pk__in=named).order_by("pk").values_list("pk", flat=True)
    return {pk: named[pk] for pk in keys}


def _timeline(request: UserRequest, agreement: Agreement) -> dict[str, Any]:
    before = request.GET.get("before", "")
    page = timeline_of(
        "agreement",
        agreement.pk,
        viewer=request.user,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    return {"page": page}


_FILLERS: dict[str, Callable[[UserRequest, Agreement], dict[str, Any]]] = {
    "glance": _glance,
    "terms": _terms,
    "fees": _fees,
    "services": _services,
    "amendments": _amendments,
    "timeline": _timeline,
}
