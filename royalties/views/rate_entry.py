"""Entering missing rates and index values, in a dialog or on a page of its own."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.formats import format_count, format_day_in_full
from lrs_tracker.problems import DomainError
from money.domain.averages import PeriodAverage
from money.domain.plausibility import UnlikelyRateError
from money.enums import RateKind
from royalties.domain.index_values import UnlikelyValueError, enter_value
from royalties.domain.needed_indices import NeededValue, needed_values
from royalties.domain.needed_rates import NeededRate, needed_rates
from royalties.domain.rate_entry import Entered, enter_average, enter_rate, period_average
from royalties.forms.rates import ConfirmedForm, IndexValueForm, RateForm


@login_required
@permission_required(["royalties.view_agreement", "money.add_fxrate"], raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: UserRequest) -> HttpResponse:
    """Enter the rate that the address names, or take the average of its period."""
    needed = _needed(request)
    form = RateForm(request.POST or None, key=needed.key)
    if request.method == "POST":
        entered = _take_average(request, form, needed) if "average" in request.POST else _enter(request, form, needed)
        if entered is not None:
            return leave_form(request, reverse("royalties:rates"), _told(entered))
    average, refusal = _average(needed)
    return show_form(
        request,
        form,
        title=_("%(base)s to %(quote)s, %(day)s")
        % {"base": needed.key.base, "quote": needed.key.quote, "day": format_day_in_full(needed.key.on)},
        back=reverse("royalties:rates"),
        submit_label=_("Keep rate"),
        template="royalties/rates_enter",
        context={"needed": needed, "average": average, "refusal": refusal},
    )


@login_required
@permission_required(["royalties.view_agreement", "royalties.add_priceindexvalue"], raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def enter_index_value(request: UserRequest) -> HttpResponse:
    """Enter the index value that the address names."""
    needed = _needed_value(request)
    form = IndexValueForm(request.POST or None)
    if request.method == "POST":
        stored = submit(
            form,
            lambda: _asked(
                form,
                lambda: enter_value(
                    index=needed.index,
                    year=needed.year,
                    value=form.cleaned_data["value"],
                    is_confirmed=form.is_certain,
                    by=request.user,
                    today=request.today,
                ),
            ),
        )
        if stored is not None:
            told = _("%(index)s, %(value)s is kept.") % {"index": needed.index, "value": stored}
            return leave_form(request, reverse("royalties:rates"), told)
    return show_form(
        request,
        form,
        title=_("%(index)s, value of %(year)s") % {"index": needed.index, "year": needed.year},
        back=reverse("royalties:rates"),
        submit_label=_("Keep value"),
        template="royalties/rates_enter",
        context={"value": needed},
    )


def _enter(request: UserRequest, form: RateForm, needed: NeededRate) -> Entered | None:
    return submit(
        form,
        lambda: _asked(
            form,
            lambda: enter_rate(
                key=needed.key,
                rate=form.cleaned_data["rate"],
                source=form.cleaned_data["source"],
                is_inverse=form.is_inverse,
                is_confirmed=form.is_certain,
                by=request.user,
                today=request.today,
            ),
        ),
    )


def _take_average(request: UserRequest, form: RateForm, needed: NeededRate) -> Entered | None:
    """Take the average, for which nothing needs to be typed; a refusal stands above the form."""
    try:
        return enter_average(needed=needed, by=request.user, today=request.today)
    except DomainError as error:
        form.full_clean()
        form.errors.clear()
        form.add_error(None, str(error))
        return None


def _asked[Result](form: ConfirmedForm, action: Callable[[], Result]) -> Result:
    """Run an action; when it doubts the figure, let the form ask about it."""
    try:
        return action()
    except (UnlikelyRateError, UnlikelyValueError):
        form.ask()
        raise


def _average(needed: NeededRate) -> tuple[PeriodAverage | None, str]:
    """Return the average that could be taken, or why there is none."""
    if needed.key.kind != RateKind.PERIOD_AVERAGE:
        return None, ""
    try:
        return period_average(needed), ""
    except DomainError as error:
        return None, str(error)


def _needed(request: UserRequest) -> NeededRate:
    """Return the rate that the address names, if something that the reader may see needs it."""
    wanted = tuple(request.GET.get(name) for name in ("base", "quote", "on", "kind"))
    for needed in needed_rates(request.user, today=request.today):
        base, quote, on, kind = needed.key
        if wanted == (base, quote, on.isoformat(), kind):
            return needed
    raise Http404


def _needed_value(request: UserRequest) -> NeededValue:
    wanted = (request.GET.get("index"), request.GET.get("year"))
    for value in needed_values(request.user, today=request.today):
        if wanted == (str(value.index.pk), str(value.year)):
            return value
    raise Http404


def _told(entered: Entered) -> str:
    """Say what was kept and what it sets free."""
    said = [_("%(rate)s is kept.") % {"rate": entered.rate}]
    if entered.statements:
        told = ngettext(
            "%(count)s statement can be calculated now.",
            "%(count)s statements can be calculated now.",
            entered.statements,
        )
        said.append(told % {"count": format_count(entered.statements)})
    if entered.invoices:
        told = ngettext("%(count)s invoice took its rate.", "%(count)s invoices took their rates.", entered.invoices)
        said.append(told % {"count": format_count(entered.invoices)})
    return " ".join(said)
