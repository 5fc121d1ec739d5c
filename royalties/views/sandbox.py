"""The term sheets of a deal side by side, and what they come to."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.models import Deal
from deals.views.deal_pages import deal_view
from royalties.domain.forecast_parameters import Horizon
from royalties.domain.sandbox import Version, compare_sheets, rules_of
from royalties.domain.sandbox_chart import chart_of
from royalties.domain.sandbox_ramps import read_plants, with_chosen_ramps
from royalties.domain.sandbox_rows import bridge_rows, coverage_rows, total_cells, value_cells, year_rows
from royalties.domain.term_sheets import MOST_SHEETS
from royalties.forms.sandbox import InputsForm
from royalties.models import Agreement, TermSheet


@deal_view("GET", "HEAD", permission="royalties.view_termsheet")
def show_sandbox(request: UserRequest, deal: Deal) -> HttpResponse:
    """Show a deal's term sheets; parameters say the discount rate, horizon, ramps and other assumptions."""
    plants = read_plants(deal, viewer=request.user)
    reader_currency = request.user.currency
    form = InputsForm(request.GET, plants=plants, currency=deal.currency or reader_currency)
    form.is_valid()
    inputs = form.inputs
    plants = with_chosen_ramps(plants, inputs.ramps)
    sheets = list(TermSheet.objects.filter(deal=deal).select_related("agreement").order_by("position"))
    versions = compare_sheets(
        sheets, plants=plants, inputs=inputs, chemistry=deal.chemistry, currency=reader_currency, today=request.today
    )
    currencies = {version.currency for version in versions if version.currency}
    common = currencies.pop() if len(currencies) == 1 else reader_currency
    context = {
        "deal": deal,
        "trail": [{"label": deal.code, "url": f"{deal.get_absolute_url()}?tab=agreements"}],
        "form": form,
        "inputs": inputs,
        "plants": plants,
        "is_planned": any(plant.is_planned for plant in plants),
        "columns": _columns(versions, reader_currency),
        "count": len(versions),
        "may_add": len(versions) < MOST_SHEETS and request.user.has_perm("royalties.add_termsheet"),
        "years": year_rows(versions),
        "totals": total_cells(versions),
        "coverage": coverage_rows(versions),
        "bridge": bridge_rows(versions),
        "horizon": Horizon.of_years(inputs.years, today=request.today),
        "chart": chart_of(versions, currency=common, starts_on=request.today, years=inputs.years),
        "reader_currency": reader_currency,
    }
    template = "royalties/sandbox.html"
    if request.htmx:
        return render(request, f"{template}#results", context)
    agreements = Agreement.objects.filter(deal=deal, effective_on__isnull=False).order_by("-number", "-pk")
    context["agreements"] = list(agreements) if context["may_add"] else []
    return render(request, template, context)


def _columns(versions: list[Version], reader_currency: str) -> list[dict[str, Any]]:
    """Return what each column says: the version, its rules in words, its value, and both converted."""
    return [
        {
            "version": version,
            "sheet": version.sheet,
            "rules": rules_of(version),
            "value": value,
            "total": total,
            "converted": None
            if value.amount is None or version.rate is None or version.currency == reader_currency
            else value.amount * version.rate.rate,
        }
        for version, value, total in zip(versions, value_cells(versions), total_cells(versions), strict=True)
    ]


def sandbox_of(deal: Deal) -> str:
    """Return the address of a deal's sandbox."""
    return reverse("royalties:sandbox", args=[deal.pk])


def trail_of(deal: Deal) -> list[dict[str, str]]:
    """Return the way to a page of the sandbox."""
    return [
        {"label": deal.code, "url": f"{deal.get_absolute_url()}?tab=agreements"},
        {"label": _("Term sheets"), "url": sandbox_of(deal)},
    ]
