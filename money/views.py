"""The exchange rates: list, files, adding, correcting, and taking in the ECB's file."""

import datetime as dt

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from lrs_tracker.exports import Column, export_response, requested_format
from lrs_tracker.form_pages import leave_form, show_form, submit
from money.domain.rates import add_rate, change_rate, import_rates
from money.enums import RateKind
from money.filters import FxRateFilter
from money.forms import EcbFileForm, FxRateForm
from money.models import FxRate

PAGE_SIZE = 50
IMPORTED_SPAN = dt.timedelta(days=365)
SORTS = {
    "-on": ("-on", "base", "quote", "pk"),
    "on": ("on", "base", "quote", "pk"),
    "pair": ("base", "quote", "-on", "pk"),
    "-pair": ("-base", "-quote", "-on", "pk"),
}
COLUMNS = [
    Column[FxRate](gettext_lazy("Date"), lambda rate: rate.on),
    Column[FxRate](gettext_lazy("One unit of"), lambda rate: rate.base),
    Column[FxRate](gettext_lazy("Buys units of"), lambda rate: rate.quote),
    Column[FxRate](gettext_lazy("Rate"), lambda rate: rate.rate.normalize()),
    Column[FxRate](gettext_lazy("Kind"), lambda rate: rate.get_kind_display()),
    Column[FxRate](gettext_lazy("Source"), lambda rate: rate.source),
]


@login_required
@permission_required("money.view_fxrate", raise_exception=True)
@require_safe
def list_rates(request: UserRequest) -> HttpResponseBase:
    """Show the rates, the newest first; `?export=csv` as a file."""
    visible = FxRate.objects.visible_to(request.user)
    rates = FxRateFilter(request.GET, queryset=visible, request=request)
    sort = request.GET.get("sort", "-on")
    sort = sort if sort in SORTS else "-on"
    rows = rates.qs.order_by(*SORTS[sort])
    file_format = requested_format(request)
    if file_format is not None:
        return export_response(rows, COLUMNS, name="fx-rates", file_format=file_format, today=request.today)
    pairs = visible.order_by("base", "quote").values_list("base", "quote").distinct()
    return render(
        request,
        "money/rates.html",
        {
            "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
            "filter": rates,
            "sort": sort,
            "pairs": [{"value": f"{base}/{quote}", "label": f"{base}/{quote}"} for base, quote in pairs],
            "kinds": [{"value": value, "label": label} for value, label in RateKind.choices],
        },
    )


@login_required
@permission_required("money.add_fxrate", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Add a rate by hand."""
    form = FxRateForm(request.POST or None, initial={"base": "EUR", "on": request.today})
    if request.method == "POST":
        rate = submit(form, lambda: add_rate(values=form.values, by=request.user))
        if rate is not None:
            return leave_form(request, reverse("money:rates"), _("%(rate)s is kept.") % {"rate": rate})
    return show_form(
        request, form, title=_("New exchange rate"), back=reverse("money:rates"), submit_label=_("Add rate")
    )


@login_required
@permission_required("money.change_fxrate", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Correct a rate."""
    rate = get_object_or_404(FxRate.objects.visible_to(request.user), pk=pk)
    form = FxRateForm(request.POST or None, instance=rate)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_rate(rate=rate, values=form.values, expected_version=form.stored_version, by=request.user),
        )
        if saved is not None:
            return leave_form(request, reverse("money:rates"), _("%(rate)s is saved.") % {"rate": saved})
    return show_form(request, form, title=_("Edit exchange rate"), back=reverse("money:rates"))


@login_required
@permission_required(["money.add_fxrate", "money.change_fxrate"], raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def import_ecb_file(request: UserRequest) -> HttpResponse:
    """Take in the reference rates of a file from the European Central Bank."""
    form = EcbFileForm(request.POST or None, request.FILES or None, initial={"since": request.today - IMPORTED_SPAN})
    if request.method == "POST":
        stored = submit(
            form,
            lambda: import_rates(file=form.cleaned_data["file"], since=form.cleaned_data["since"], by=request.user),
        )
        if stored is not None:
            told = ngettext("%(number)s rate was new or different.", "%(number)s rates were new or different.", stored)
            return leave_form(request, reverse("money:rates"), told % {"number": stored})
    return show_form(
        request,
        form,
        title=_("Import the ECB's reference rates"),
        back=reverse("money:rates"),
        submit_label=_("Import"),
    )
