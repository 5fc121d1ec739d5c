"""The team of a deal, and who may know of it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.requests import UserRequest
from deals.domain.team import add_member, may_set_confidential, remove_member, set_confidential
from deals.forms.parts import MemberForm
from deals.models import Deal
from deals.views.deal_pages import answer, deal_view, show_form, submit


@deal_view("GET", "HEAD", "POST", permission="deals.add_dealteammember")
def add(request: UserRequest, deal: Deal) -> HttpResponse:
    """Add a colleague to the team."""
    form = MemberForm(request.POST or None, deal=deal)
    if request.method == "POST":
        member = submit(form, lambda: add_member(deal=deal, user=form.cleaned_data["user"], by=request.user))
        if member is not None:
            return answer(request, deal, _("%(name)s is in the team.") % {"name": member.user})
    return show_form(request, deal, form, title=_("Add to the team"), submit_label=_("Add"))


@deal_view("POST", permission="deals.delete_dealteammember")
def remove(request: UserRequest, deal: Deal, user_id: int) -> HttpResponse:
    """Take a colleague off the team."""
    user = get_object_or_404(User, pk=user_id, team_memberships__deal=deal)
    remove_member(deal=deal, user=user, by=request.user)
    return answer(request, deal, _("%(name)s is off the team.") % {"name": user})


@deal_view("POST")
def change_confidentiality(request: UserRequest, deal: Deal) -> HttpResponse:
    """Hide the deal from all but its team, or open it."""
    if not may_set_confidential(deal=deal, by=request.user):
        raise PermissionDenied
    is_confidential = request.POST.get("is_confidential") == "1"
    set_confidential(deal=deal, is_confidential=is_confidential, by=request.user)
    text = _("Only the team sees this deal now.") if is_confidential else _("Everyone sees this deal now.")
    return answer(request, deal, text)
