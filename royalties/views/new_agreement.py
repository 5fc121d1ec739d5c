"""Creating an agreement."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import UserRequest
from deals.domain.search import search
from deals.models import Deal
from lrs_tracker.form_pages import leave_form, show_form, submit
from royalties.domain.agreements import create_agreement
from royalties.forms.agreements import NewAgreementForm


@login_required
@permission_required("royalties.add_agreement", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest) -> HttpResponse:
    """Create a draft agreement, of the deal that `?deal=` names by its key or another."""
    deal = _deal_named(request)
    form = NewAgreementForm(
        request.POST or None, user=request.user, deal=deal, deal_url=reverse("royalties:agreement_deals")
    )
    back = f"{deal.get_absolute_url()}?tab=agreements" if deal else reverse("royalties:agreements")
    if request.method == "POST":
        agreement = submit(
            form,
            lambda: create_agreement(
                deal=form.cleaned_data["deal"],
                values={name: value for name, value in form.facts.items() if name != "deal"},
                plants=form.cleaned_data["plants"],
                by=request.user,
            ),
        )
        if agreement is not None:
            message = _("%(agreement)s is created. Enter its terms next.") % {"agreement": agreement.code}
            return leave_form(request, f"{agreement.get_absolute_url()}?tab=terms", message)
    return show_form(request, form, title=_("New agreement"), back=back, submit_label=_("Create agreement"))


@login_required
@permission_required("royalties.add_agreement", raise_exception=True)
@require_safe
def find_deals(request: UserRequest) -> JsonResponse:
    """Return the deals that a text finds, for the choice of one."""
    groups = search(request.GET.get("q", ""), user=request.user)
    codes = [hit.path.strip("/").removeprefix("deals/") for group in groups for hit in group.hits]
    titles = {hit.path.strip("/").removeprefix("deals/"): hit.title for group in groups for hit in group.hits}
    return JsonResponse(
        {
            "results": [
                {"value": str(int(code.removeprefix("LRS-"))), "text": f"{code} · {titles[code]}"}
                for code in codes
                if code.startswith("LRS-")
            ]
        }
    )


def _deal_named(request: UserRequest) -> Deal | None:
    named = request.GET.get("deal", "")
    if not (named.isascii() and named.isdigit() and len(named) < 10):
        return None
    return Deal.objects.visible_to(request.user).select_related("company").filter(pk=int(named)).first()
