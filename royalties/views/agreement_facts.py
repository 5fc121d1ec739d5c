"""Changing an agreement's facts and rules, signing and ending it."""

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from lrs_tracker.problems import DomainError
from royalties.domain.agreements import (
    change_agreement,
    delete_agreement,
    expire_agreement,
    obstacles_to_signing,
    sign_agreement,
    terminate_agreement,
)
from royalties.domain.year_amounts import set_caps, set_minimums
from royalties.forms.agreements import AgreementForm, ClausesForm, RulesForm, SignForm, TerminateForm
from royalties.forms.terms import CapsForm, MinimumsForm
from royalties.models import Agreement
from royalties.views.agreement_pages import agreement_view, amendment_of, answer_form, page_of

_FORM = ("GET", "HEAD", "POST")
_CHANGE = "royalties.change_agreement"
_SIGN = "royalties.sign_agreement"


@agreement_view(*_FORM, permission=_CHANGE)
def edit(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Change parties, dates and what is covered."""
    form = AgreementForm(request.POST or None, instance=agreement, user=request.user)
    return answer_form(
        request,
        form,
        lambda: change_agreement(
            agreement=agreement,
            values=form.facts,
            plants=form.cleaned_data["plants"],
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Edit %(agreement)s") % {"agreement": agreement.code},
        done=_("The agreement is saved."),
        back=agreement.get_absolute_url(),
    )


@agreement_view(*_FORM, permission=_CHANGE)
def edit_rules(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Change the rules of calculation, payment and audit."""
    form = RulesForm(request.POST or None, instance=agreement)
    return answer_form(
        request,
        form,
        lambda: change_agreement(
            agreement=agreement, values=form.facts, expected_version=form.stored_version, by=request.user
        ),
        title=_("Rules of calculation"),
        done=_("The rules are saved."),
        back=agreement.get_absolute_url(),
    )


@agreement_view(*_FORM, permission=_CHANGE)
def edit_clauses(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Change the numbers of clauses."""
    form = ClausesForm(request.POST or None, instance=agreement)
    return answer_form(
        request,
        form,
        lambda: change_agreement(
            agreement=agreement,
            values={"clauses": form.clauses},
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Clauses"),
        done=_("The clauses are saved."),
        back=agreement.get_absolute_url(),
    )


@agreement_view(*_FORM, permission="royalties.change_minimum")
def edit_minimums(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Set the minimums, by an amendment if one is named."""
    amendment = amendment_of(request, agreement)
    form = MinimumsForm(request.POST or None, instance=agreement)
    return answer_form(
        request,
        form,
        lambda: set_minimums(
            agreement=agreement,
            minimums=form.amounts,
            is_prorated=form.cleaned_data["prorate_minimum"],
            amendment=amendment,
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Minimums, %(currency)s") % {"currency": agreement.currency},
        done=_("The minimums are saved."),
        back=page_of(agreement, "glance", amendment),
    )


@agreement_view(*_FORM, permission="royalties.change_cap")
def edit_caps(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Set the caps, by an amendment if one is named."""
    amendment = amendment_of(request, agreement)
    form = CapsForm(request.POST or None, instance=agreement)
    return answer_form(
        request,
        form,
        lambda: set_caps(
            agreement=agreement,
            caps=form.amounts,
            window=form.window,
            amendment=amendment,
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Caps, %(currency)s") % {"currency": agreement.currency},
        done=_("The caps are saved."),
        back=page_of(agreement, "glance", amendment),
    )


@agreement_view(*_FORM, permission=_SIGN)
def sign(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Put a draft into force; what is missing or contradicts is listed first."""
    form = SignForm(request.POST or None, initial={"signed_on": agreement.signed_on or request.today})
    return answer_form(
        request,
        form,
        lambda: sign_agreement(agreement=agreement, signed_on=form.cleaned_data["signed_on"], by=request.user),
        title=_("Put %(agreement)s into force") % {"agreement": agreement.code},
        done=_("%(agreement)s is in force.") % {"agreement": agreement.code},
        back=agreement.get_absolute_url(),
        submit_label=_("Put into force"),
        template="royalties/sign",
        context={"obstacles": obstacles_to_signing(agreement), "agreement": agreement},
    )


@agreement_view(*_FORM, permission=_SIGN)
def terminate(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """End an agreement early."""
    form = TerminateForm(request.POST or None, initial={"ended_on": request.today})
    return answer_form(
        request,
        form,
        lambda: terminate_agreement(agreement=agreement, ended_on=form.cleaned_data["ended_on"], by=request.user),
        title=_("Terminate %(agreement)s") % {"agreement": agreement.code},
        done=_("%(agreement)s is terminated.") % {"agreement": agreement.code},
        back=agreement.get_absolute_url(),
        submit_label=_("Terminate"),
    )


@agreement_view("POST", permission=_SIGN)
def expire(request: UserRequest, agreement: Agreement) -> HttpResponseBase:
    """Mark an agreement as expired."""
    try:
        expire_agreement(agreement=agreement, today=request.today, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(agreement)s has expired.") % {"agreement": agreement.code})
    return redirect(agreement)


@agreement_view("POST", permission="royalties.delete_agreement")
def delete(request: UserRequest, agreement: Agreement) -> HttpResponseBase:
    """Delete a draft."""
    try:
        delete_agreement(agreement=agreement, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(agreement)
    messages.success(request, _("The draft %(agreement)s is deleted.") % {"agreement": agreement.code})
    return redirect("royalties:agreements")
