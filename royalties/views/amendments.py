"""Recording amendments and what they change of the agreement's own dates."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from lrs_tracker.formats import format_day_in_full
from royalties.domain.amendments import (
    change_amendment,
    change_end,
    change_withholding,
    count_affected_statements,
    record_amendment,
)
from royalties.forms.amendments import AmendmentForm, EndForm, WithholdingForm
from royalties.models import Agreement, Amendment
from royalties.views.agreement_pages import agreement_view, answer_form, page_of, part_or_404

_FORM = ("GET", "HEAD", "POST")
_SIGN = "royalties.sign_agreement"


@agreement_view(*_FORM, permission=_SIGN)
def record(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Record an amendment; what it changes is entered next."""
    form = AmendmentForm(
        request.POST or None, agreement=agreement, user=request.user, initial={"signed_on": request.today}
    )
    back = page_of(agreement, "amendments")
    if request.method == "POST":
        amendment = submit(form, lambda: record_amendment(agreement=agreement, values=form.values, by=request.user))
        if amendment is not None:
            return leave_form(request, back, _recorded(amendment))
    return show_form(request, form, title=_("New amendment"), back=back, submit_label=_("Record amendment"))


def _recorded(amendment: Amendment) -> str:
    affected = count_affected_statements(amendment)
    if not affected:
        return _("The amendment is recorded. Enter what it changes next.")
    return ngettext(
        "The amendment is recorded. It reaches back over %(count)d issued statement, "
        "which the next statement will correct. Enter what it changes next.",
        "The amendment is recorded. It reaches back over %(count)d issued statements, "
        "which the next statement will correct. Enter what it changes next.",
        affected,
    ) % {"count": affected}


@agreement_view(*_FORM, permission=_SIGN)
def edit(request: UserRequest, agreement: Agreement, amendment_pk: int) -> HttpResponse:
    """Correct an amendment's own facts."""
    amendment = part_or_404(Amendment.objects.all(), agreement, amendment_pk)
    form = AmendmentForm(request.POST or None, instance=amendment, agreement=agreement, user=request.user)
    return answer_form(
        request,
        form,
        lambda: change_amendment(
            amendment=amendment, values=form.values, expected_version=form.stored_version, by=request.user
        ),
        title=_("Edit amendment %(number)s") % {"number": amendment.number},
        done=_("The amendment is saved."),
        back=page_of(agreement, "amendments"),
    )


@agreement_view(*_FORM, permission=_SIGN)
def edit_end(request: UserRequest, agreement: Agreement, amendment_pk: int) -> HttpResponse:
    """Change the agreement's last day and notice date."""
    amendment = part_or_404(Amendment.objects.all(), agreement, amendment_pk)
    form = EndForm(request.POST or None, instance=agreement)
    return answer_form(
        request,
        form,
        lambda: change_end(
            amendment=amendment,
            expires_on=form.cleaned_data["expires_on"],
            notice_on=form.cleaned_data["notice_on"],
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Last day and notice"),
        done=_("The dates are saved."),
        back=page_of(agreement, "amendments"),
    )


@agreement_view(*_FORM, permission=_SIGN)
def edit_withholding(request: UserRequest, agreement: Agreement, amendment_pk: int) -> HttpResponse:
    """Set the withholding rate from the amendment's day on."""
    amendment = part_or_404(Amendment.objects.all(), agreement, amendment_pk)
    form = WithholdingForm(request.POST or None, instance=amendment)
    return answer_form(
        request,
        form,
        lambda: change_withholding(
            amendment=amendment,
            percent=form.cleaned_data["withholding_percent"],
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Withholding tax from %(day)s") % {"day": format_day_in_full(amendment.effective_on)},
        done=_("The withholding tax is saved."),
        back=page_of(agreement, "amendments"),
    )
