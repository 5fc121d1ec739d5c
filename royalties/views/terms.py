"""Entering, correcting, replacing and ending royalty terms."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from royalties.domain.rate_words import tiers_in_words
from royalties.domain.terms import add_term, change_term, end_term, remove_term, replace_term
from royalties.enums import Basis, TierWindow
from royalties.forms.terms import ReplacementForm, TermForm, TierPreviewForm
from royalties.models import Agreement, Amendment, RoyaltyTerm
from royalties.views.agreement_pages import (
    agreement_view,
    amendment_of,
    answer_form,
    page_of,
    part_or_404,
)
from royalties.views.part_actions import run_action

_FORM = ("GET", "HEAD", "POST")
_TEMPLATE = "royalties/term"


@agreement_view(*_FORM, permission="royalties.add_royaltyterm")
def add(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Add a term, by an amendment if one is named."""
    amendment = amendment_of(request, agreement)
    form = TermForm(request.POST or None, agreement=agreement, amendment=amendment)
    return answer_form(
        request,
        form,
        lambda: add_term(
            agreement=agreement,
            values=form.facts,
            tiers=form.steps,
            plants=form.cleaned_data["plants"],
            amendment=amendment,
            by=request.user,
        ),
        title=_("New royalty term"),
        done=_("“%(row)s” is added."),
        back=page_of(agreement, "terms", amendment),
        submit_label=_("Add term"),
        template=_TEMPLATE,
        context={"agreement": agreement},
    )


@agreement_view(*_FORM, permission="royalties.change_royaltyterm")
def edit(request: UserRequest, agreement: Agreement, term_pk: int) -> HttpResponse:
    """Correct a term."""
    term = part_or_404(RoyaltyTerm.objects.select_related("introduced_by"), agreement, term_pk)
    form = TermForm(request.POST or None, instance=term, agreement=agreement)
    return answer_form(
        request,
        form,
        lambda: change_term(
            term=part_or_404(RoyaltyTerm.objects.select_related("introduced_by"), agreement, term_pk),
            values=form.facts,
            tiers=form.steps,
            plants=form.cleaned_data["plants"],
            expected_version=form.stored_version,
            by=request.user,
        ),
        title=_("Edit %(term)s") % {"term": term.label},
        done=_("“%(row)s” is saved."),
        back=page_of(agreement, "terms"),
        template=_TEMPLATE,
        context={"agreement": agreement},
    )


@agreement_view("POST", permission="royalties.delete_royaltyterm")
def remove(request: UserRequest, agreement: Agreement, term_pk: int) -> HttpResponseBase:
    """Remove a term on which nothing has been stated."""
    term = part_or_404(RoyaltyTerm.objects.select_related("introduced_by"), agreement, term_pk)
    done = _("“%(term)s” is removed.") % {"term": term}
    return run_action(
        request, lambda: remove_term(term=term, by=request.user), done=done, back=page_of(agreement, "terms")
    )


@agreement_view(*_FORM, permission="royalties.sign_agreement")
def replace(request: UserRequest, agreement: Agreement, amendment_pk: int, term_pk: int) -> HttpResponse:
    """Put another term in the place of one, from the day of an amendment."""
    amendment = part_or_404(Amendment.objects.all(), agreement, amendment_pk)
    term = part_or_404(RoyaltyTerm.objects.all(), agreement, term_pk)
    form = ReplacementForm(request.POST or None, agreement=agreement, amendment=amendment, old=term)
    return answer_form(
        request,
        form,
        lambda: replace_term(
            term=term,
            amendment=amendment,
            values=form.facts,
            tiers=form.steps,
            plants=form.cleaned_data["plants"],
            counts_on=form.cleaned_data["counts_on"],
            by=request.user,
        ),
        title=_("In place of %(term)s") % {"term": term.label},
        done=_("“%(row)s” takes the place of the old term."),
        back=page_of(agreement, "amendments"),
        submit_label=_("Replace term"),
        template=_TEMPLATE,
        context={"agreement": agreement},
    )


@agreement_view("POST", permission="royalties.sign_agreement")
def end(request: UserRequest, agreement: Agreement, amendment_pk: int, term_pk: int) -> HttpResponseBase:
    """End a term on the day before an amendment applies."""
    amendment = part_or_404(Amendment.objects.all(), agreement, amendment_pk)
    term = part_or_404(RoyaltyTerm.objects.all(), agreement, term_pk)
    return run_action(
        request,
        lambda: end_term(term=term, amendment=amendment, by=request.user),
        done=_("“%(term)s” is ended.") % {"term": term},
        back=page_of(agreement, "amendments"),
    )


@agreement_view("GET", "HEAD")
def preview(request: UserRequest, agreement: Agreement) -> HttpResponse:
    """Say tiers in words while they are typed."""
    form = TierPreviewForm(request.GET)
    words = []
    if form.is_valid() and form.cleaned_data["basis"] in Basis.values and form.cleaned_data["window"] in TierWindow:
        words = tiers_in_words(
            form.cleaned_data["tiers"],
            basis=form.cleaned_data["basis"],
            currency=agreement.currency,
            window=form.cleaned_data["window"],
        )
    return render(request, "royalties/tier_preview.html", {"tiers": words})
