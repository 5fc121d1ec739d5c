"""The rates and index values that royalties need: what is missing, what is known, and what waits for it."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from lrs_tracker.exports import export_response, requested_format
from lrs_tracker.formats import format_count
from money.enums import RateKind
from royalties.domain.needed_indices import needed_values
from royalties.domain.needed_rates import NeededRate, RateState, blocked_agreements, needed_rates
from royalties.domain.rate_entry import fill_receivables, waiting_invoices
from royalties.exports.rates import COLUMNS

PAGE_SIZE = 50
PILLS = {RateState.MISSING: "blocked", RateState.COMING: "waiting", RateState.PRESENT: "done"}
SORTS: dict[str, Callable[[NeededRate], Any]] = {
    "day": lambda needed: (needed.key.on, needed.key),
    "pair": lambda needed: needed.key,
}


class Row(NamedTuple):
    """A needed rate as the list shows it: with its pill and the query that names it."""

    needed: NeededRate
    pill: str
    query: str


@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
@require_safe
def list_rates(request: UserRequest) -> HttpResponseBase:
    """Show the rates that royalties need, missing ones first; `?export=csv` as a file."""
    rates = needed_rates(request.user, today=request.today)
    shown = [needed for needed in rates if _matches(needed, request)]
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") in SORTS:
        shown.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(shown, COLUMNS, name="needed-rates", file_format=file_format, today=request.today)
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    currencies = sorted({code for needed in rates for code in (needed.key.base, needed.key.quote)})
    return render(
        request,
        "royalties/rates.html",
        {
            "page": page,
            "rows": [Row(needed, PILLS[needed.state], rate_query(needed)) for needed in page],
            "sort": sort,
            "states": [{"value": value, "label": label} for value, label in RateState.choices],
            "kinds": [{"value": value, "label": label} for value, label in RateKind.choices],
            "currencies": [{"value": code, "label": code} for code in currencies],
            "missing": sum(needed.state == RateState.MISSING for needed in rates),
            "blocked": len(blocked_agreements(rates)),
            "waiting_invoices": len(waiting_invoices(rates)),
            "is_narrowed": any(request.GET.get(name) for name in ("state", "kind", "currency")),
            "values": needed_values(request.user, today=request.today),
        },
    )


@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
@require_safe
def count_missing(request: UserRequest) -> HttpResponse:
    """Answer with how many rates and index values are missing: for the bar of royalties, or `?notice` in words."""
    rates = needed_rates(request.user, today=request.today)
    values = needed_values(request.user, today=request.today)
    missing = sum(needed.state == RateState.MISSING for needed in rates) + sum(not value.is_coming for value in values)
    return render(
        request,
        "royalties/rates_notice.html" if "notice" in request.GET else "royalties/rates_count.html",
        {"missing": missing, "blocked": len(blocked_agreements(rates))},
    )


@login_required
@permission_required(["royalties.view_agreement", "royalties.change_invoice"], raise_exception=True)
@require_POST
def fill_in(request: UserRequest) -> HttpResponse:
    """Let the invoices that waited for a rate take the one that is known by now."""
    waiting = waiting_invoices(needed_rates(request.user, today=request.today))
    filled = fill_receivables(invoices=waiting, by=request.user)
    told = ngettext("%(count)s invoice took its rate.", "%(count)s invoices took their rates.", filled)
    messages.success(request, told % {"count": format_count(filled)})
    return redirect("royalties:rates")


def rate_query(needed: NeededRate) -> str:
    """Return the query that names a needed rate."""
    base, quote, on, kind = needed.key
    return urlencode({"base": base, "quote": quote, "on": on.isoformat(), "kind": kind})


def _matches(needed: NeededRate, request: UserRequest) -> bool:
    state, kind, currency = (request.GET.get(name, "") for name in ("state", "kind", "currency"))
    return (
        (state not in RateState.values or needed.state == state)
        and (kind not in RateKind.values or needed.key.kind == kind)
        and (not currency or currency in {needed.key.base, needed.key.quote})
    )
