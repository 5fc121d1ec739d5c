"""Approvals that a deal needs."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.approvals import add_approval, change_approval
from deals.forms.parts import ApprovalForm
from deals.models import Approval, Deal
from deals.views.deal_pages import answer, deal_view, show_form, submit


@deal_view("GET", "HEAD", "POST", permission="deals.add_approval")
def add(request: UserRequest, deal: Deal) -> HttpResponse:
    """Add an approval that the deal needs."""
    form = ApprovalForm(request.POST or None, deal=deal, user=request.user)
    if request.method == "POST":
        approval = submit(form, lambda: add_approval(deal=deal, by=request.user, **form.values))
        if approval is not None:
            return answer(request, deal, _("Added: %(approval)s.") % {"approval": approval}, tab="approvals")
    return show_form(request, deal, form, title=_("Add an approval"), submit_label=_("Add"))


@deal_view("GET", "HEAD", "POST", permission="deals.change_approval")
def change(request: UserRequest, deal: Deal, approval_id: int) -> HttpResponse:
    """Change the status and dates of an approval."""
    approval = get_object_or_404(Approval, pk=approval_id, deal=deal)
    title = approval.regime
    form = ApprovalForm(request.POST or None, instance=approval, deal=deal, user=request.user)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_approval(
                approval=approval, by=request.user, expected_version=form.cleaned_data["version"], **form.values
            ),
        )
        if saved is not None:
            return answer(request, deal, _("Saved: %(approval)s.") % {"approval": saved}, tab="approvals")
    return show_form(request, deal, form, title=title, submit_label=_("Save"))
