"""Creating a deal."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from companies.domain.directory import similar_companies
from companies.models import Company
from deals.domain.deals import create_deal, create_deal_with_new_company, unclosed_deals_with
from deals.domain.gates import GateState
from deals.domain.moves import GateUnmetError
from deals.forms.new_deal import NewDealForm
from deals.models import Deal
from deals.views.deal_pages import submit
from lrs_tracker.currencies import currency_codes


@login_required
@permission_required("deals.add_deal", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest) -> HttpResponse:
    """Create a deal; one that starts further along passes the gates on its way."""
    initial = {name: request.GET[name] for name in ("company", "stage") if request.GET.get(name, "").isdecimal()}
    form = NewDealForm(request.POST or None, initial=initial, user=request.user)
    missing: list[GateState] = []
    if request.method == "POST":
        deal = submit(form, lambda: _create(request, form, missing))
        if deal is not None:
            messages.success(request, _("%(code)s is created.") % {"code": deal.code})
            return redirect(deal)
    context = {
        "form": form,
        "missing": missing,
        "can_waive": request.user.has_perm("deals.waive_gate"),
        "currencies": sorted(currency_codes()),
        **_look_alikes(request, request.POST if request.method == "POST" else request.GET),
    }
    return render(request, "deals/new.html", context, status=422 if form.errors or missing else 200)


@login_required
@permission_required("deals.add_deal", raise_exception=True)
@require_safe
def show_similar(request: UserRequest) -> HttpResponse:
    """Show companies of a similar name, and open deals with the chosen company."""
    return render(request, "deals/new.html#similar", _look_alikes(request, request.GET))


def _look_alikes(request: UserRequest, typed: Any) -> dict[str, Any]:
    name, chosen = typed.get("new_company", "").replace("\x00", "").strip(), typed.get("company", "")
    company = None
    if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
        company = Company.objects.visible_to(request.user).filter(pk=chosen).first()
    return {
        "similar": similar_companies(name=name[:200], user=request.user) if name else [],
        "chosen": company,
        "open_deals": unclosed_deals_with(company, user=request.user)[:5] if company else [],
    }


def _create(request: UserRequest, form: NewDealForm, missing: list[GateState]) -> Deal | None:
    values = dict(form.cleaned_data)
    company, new_company = values.pop("company"), values.pop("new_company")
    values |= {
        "by": request.user,
        "at": timezone.now(),
        "today": request.today,
        "waive": request.POST.getlist("waive"),
        "waiver_reason": request.POST.get("waiver_reason", "")[:1000],
    }
    try:
        if company is None:
            return create_deal_with_new_company(company_name=new_company, **values)
        return create_deal(company=company, **values)
    except GateUnmetError as refusal:
        missing += [state for state in refusal.missing if not state.is_met]
        return None
