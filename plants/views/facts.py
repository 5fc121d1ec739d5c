"""Adding, correcting and deleting facts about a plant."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from companies.domain.facts import change_fact
from companies.forms.facts import FactForm
from companies.models import SourcedFact
from lrs_tracker.form_pages import leave_form, show_form, submit
from plants.domain.facts import add_plant_fact, delete_plant_fact
from plants.models import Plant


@login_required
@permission_required(["plants.add_plantfact", "companies.add_sourcedfact"], raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Keep what a source says about the plant."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    form = FactForm(request.POST or None)
    if request.method == "POST":
        fact = submit(form, lambda: add_plant_fact(plant=plant, values=form.values, by=request.user))
        if fact is not None:
            return leave_form(request, plant.get_absolute_url(), _("The fact is kept with its source."))
    return show_form(
        request,
        form,
        title=_("New fact about %(plant)s") % {"plant": plant},
        back=plant.get_absolute_url(),
        submit_label=_("Add fact"),
    )


@login_required
@permission_required("companies.change_sourcedfact", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int, fact_pk: int) -> HttpResponse:
    """Correct a fact."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    fact = get_object_or_404(SourcedFact.objects.visible_to(request.user), pk=fact_pk, plants=plant)
    form = FactForm(request.POST or None, instance=fact)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_fact(fact=fact, values=form.values, expected_version=form.stored_version, by=request.user),
        )
        if saved is not None:
            return leave_form(request, plant.get_absolute_url(), _("The fact is saved."))
    return show_form(request, form, title=_("Edit fact"), back=plant.get_absolute_url())


@login_required
@permission_required(["plants.delete_plantfact", "companies.delete_sourcedfact"], raise_exception=True)
@require_POST
def delete(request: UserRequest, pk: int, fact_pk: int) -> HttpResponse:
    """Delete a fact."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    fact = get_object_or_404(SourcedFact.objects.visible_to(request.user), pk=fact_pk, plants=plant)
    delete_plant_fact(plant=plant, fact=fact, by=request.user)
    messages.success(request, _("The fact is deleted."))
    return redirect(plant)
