"""Adding, correcting and deleting facts about a company."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from companies.domain.facts import add_fact, change_fact, delete_fact
from companies.forms.facts import FactForm
from companies.models import Company, SourcedFact
from lrs_tracker.form_pages import leave_form, show_form, submit


def _fact_or_404(request: UserRequest, pk: int, fact_pk: int) -> SourcedFact:
    facts = SourcedFact.objects.visible_to(request.user).select_related("company")
    return get_object_or_404(facts, pk=fact_pk, company_id=pk)


@login_required
@permission_required("companies.add_sourcedfact", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Keep what a source says about the company."""
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    form = FactForm(request.POST or None, initial={"metric": request.GET.get("metric", "")[:120]})
    if request.method == "POST":
        fact = submit(form, lambda: add_fact(company=company, values=form.values, by=request.user))
        if fact is not None:
            return leave_form(request, company.get_absolute_url(), _("The fact is kept with its source."))
    return show_form(
        request,
        form,
        title=_("New fact about %(company)s") % {"company": company},
        back=company.get_absolute_url(),
        submit_label=_("Add fact"),
    )


@login_required
@permission_required("companies.change_sourcedfact", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int, fact_pk: int) -> HttpResponse:
    """Correct a fact."""
    fact = _fact_or_404(request, pk, fact_pk)
    form = FactForm(request.POST or None, instance=fact)
    back = reverse("companies:detail", args=[pk])
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_fact(fact=fact, values=form.values, expected_version=form.stored_version, by=request.user),
        )
        if saved is not None:
            return leave_form(request, back, _("The fact is saved."))
    return show_form(request, form, title=_("Edit fact"), back=back)


@login_required
@permission_required("companies.delete_sourcedfact", raise_exception=True)
@require_POST
def delete(request: UserRequest, pk: int, fact_pk: int) -> HttpResponse:
    """Delete a fact."""
    fact = _fact_or_404(request, pk, fact_pk)
    delete_fact(fact=fact, by=request.user)
    messages.success(request, _("The fact is deleted."))
    return redirect("companies:detail", pk)
