"""The royalty forecast: all deals together, and one deal month by month."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import UserRequest
from companies.enums import Region
from deals.models import Deal
from lrs_tracker.exports import FileFormat, export_response, requested_format
from royalties.domain.forecast_chart import chart_of
from royalties.domain.forecast_months import plan_table
from royalties.domain.forecast_parameters import HORIZONS, MONTHS_A_YEAR, Horizon
from royalties.domain.forecast_past import Past, compare_past
from royalties.domain.forecast_plans import ramps_of, read_forecast_deals
from royalties.domain.forecast_results import calculate_forecast, calculate_past
from royalties.domain.forecast_tables import ForecastTables, Group, Step, tables_of
from royalties.exports.forecast import group_columns, group_periods, past_cells, past_columns, period_columns
from royalties.filters.forecast import OPEN_STAGE_TYPES, ForecastFilter
from royalties.forms.forecast import AssumptionsForm

_USUAL_YEARS = 5
_STEPS = [(Step.MONTH, _("Months")), (Step.QUARTER, _("Quarters")), (Step.YEAR, _("Years"))]
_GROUPS = [
    (Group.PERIOD, _("By period")),
    (Group.DEAL, _("By deal")),
    (Group.REGION, _("By region")),
    (Group.CURRENCY, _("By currency")),
]


@dataclass(frozen=True, slots=True)
class Question:
    """What an address asks of the forecast; values that are not known are the usual ones."""

    years: int
    step: Step
    group: Group
    currency: str

    @classmethod
    def of(cls, request: UserRequest) -> "Question":
        """Read the address."""
        asked = request.GET
        years = asked.get("years", "")
        step, group = asked.get("step", ""), asked.get("group", "")
        return cls(
            int(years) if years in map(str, HORIZONS) else _USUAL_YEARS,
            Step(step) if step in list(Step) else Step.QUARTER,
            Group(group) if group in list(Group) else Group.PERIOD,
            asked.get("currency", "").upper(),
        )

    def horizon(self, request: UserRequest) -> Horizon:
        """Return the months asked for, from this month of the reader's."""
        return Horizon.of_years(self.years, today=request.today)


@require_safe
@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
def show_forecast(request: UserRequest) -> HttpResponseBase:
    """Show what the visible deals are expected to pay; `?export=csv` as a file, with `part=past` what became of it."""
    question = Question.of(request)
    form = AssumptionsForm(request.GET)
    visible = Deal.objects.visible_to(request.user).unclosed()
    narrowed = ForecastFilter(request.GET, deals=visible, user=request.user, at=timezone.now())
    read = read_forecast_deals(
        narrowed.deals, currency=request.user.currency, parameters=form.parameters, today=request.today
    )
    currencies = sorted({planned.currency for planned in read.planned})
    if question.currency in currencies:
        read.planned = [planned for planned in read.planned if planned.currency == question.currency]
    horizon = question.horizon(request)
    forecast = calculate_forecast(read, horizon=horizon, parameters=form.parameters)
    tables = tables_of(forecast, currency=read.currency, horizon=horizon, step=question.step, group=question.group)
    past = compare_past(calculate_past(read, today=request.today), currency=read.currency)
    if (file_format := requested_format(request)) is not None:
        return _file(request, tables, past, question, file_format)
    years = tables_of(forecast, currency=read.currency, horizon=horizon, step=Step.YEAR, group=question.group)
    return render(
        request,
        "royalties/forecast.html",
        {
            "question": question,
            "horizon": horizon,
            "currency": read.currency,
            "form": form,
            "tables": tables,
            "years": years,
            "next_year": next((row for row in years.by_period if row.period.months == MONTHS_A_YEAR), None),
            "chart": chart_of(tables.by_period) if tables.rows else None,
            "simulation": forecast.simulation,
            "is_too_much": forecast.is_too_much,
            "past": past,
            "read": read,
            "ramps": ramps_of(read),
            "rates": [rate for rate in read.rates.values() if rate.base != rate.quote],
            "problems": narrowed.problems,
            "is_narrowed": bool(narrowed.active) or question.currency in currencies,
            **_choices(visible, currencies),
        },
    )


def _file(
    request: UserRequest, tables: ForecastTables, past: Past, question: Question, file_format: FileFormat
) -> HttpResponseBase:
    named: dict[str, Any] = {"name": "forecast", "file_format": file_format, "today": request.today}
    currency = request.user.currency
    if request.GET.get("part") == "past":
        return export_response(list(past_cells(past)), past_columns(currency), **{**named, "name": "forecast-past"})
    if question.group == Group.PERIOD:
        return export_response(tables.by_period, period_columns(currency), **named)
    return export_response(list(group_periods(tables)), group_columns(currency), **named)


def _choices(visible: Any, currencies: list[str]) -> dict[str, Any]:
    owners = User.objects.filter(pk__in=visible.order_by().values("owner")).order_by("name", "pk")
    return {
        "horizons": [{"value": years, "label": years} for years in HORIZONS],
        "steps": [{"value": value, "label": label} for value, label in _STEPS],
        "groups": [{"value": value, "label": label} for value, label in _GROUPS],
        "regions": [{"value": value, "label": label} for value, label in Region.choices],
        "owners": [{"value": str(pk), "label": name} for pk, name in owners.values_list("pk", "name")],
        "types": [{"value": value, "label": label} for value, label in OPEN_STAGE_TYPES],
        "currencies": [{"value": code, "label": code} for code in currencies],
    }


@require_safe
@login_required
@permission_required("royalties.view_agreement", raise_exception=True)
def show_deal(request: UserRequest, pk: int) -> HttpResponse:
    """Show the plans of one deal month by month: energy × rate = royalty."""
    question = Question.of(request)
    form = AssumptionsForm(request.GET)
    deals = Deal.objects.visible_to(request.user).unclosed().filter(pk=pk)
    read = read_forecast_deals(deals, currency=request.user.currency, parameters=form.parameters, today=request.today)
    found = [*(each.deal for each in read.planned), *(each.deal for each in read.left_out)]
    if not found:
        raise Http404
    horizon = question.horizon(request)
    forecast = calculate_forecast(read, horizon=horizon, parameters=form.parameters)
    tables = tables_of(forecast, currency=read.currency, horizon=horizon, step=question.step, group=Group.PERIOD)
    return render(
        request,
        "royalties/forecast_deal.html",
        {
            "deal": found[0],
            "trail": [{"label": _("Forecast"), "url": f"{reverse('royalties:forecast')}?{request.GET.urlencode()}"}],
            "question": question,
            "currency": read.currency,
            "plans": [plan_table(each, horizon=horizon, currency=read.currency) for each in forecast.deals],
            "left_out": read.left_out,
            "chart": chart_of(tables.by_period) if tables.rows else None,
            "simulation": forecast.simulation,
            "rates": [rate for rate in read.rates.values() if rate.base != rate.quote],
            "horizons": [{"value": years, "label": years} for years in HORIZONS],
            "past": compare_past(calculate_past(read, today=request.today), currency=read.currency),
        },
    )
