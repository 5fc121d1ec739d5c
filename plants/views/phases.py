"""Adding, changing and removing the phases of a plant."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from plants.domain.phases import add_phase, change_phase, remove_phase
from plants.forms.phases import PhaseForm
from plants.models import Plant, PlantPhase


def _phase_or_404(request: UserRequest, pk: int, phase_pk: int) -> PlantPhase:
    phases = PlantPhase.objects.visible_to(request.user).select_related("plant")
    return get_object_or_404(phases, pk=phase_pk, plant_id=pk)


@login_required
@permission_required("plants.add_plantphase", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Add a phase, numbered after the last one unless typed otherwise."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    last = plant.phases.aggregate(last=Max("number"))["last"] or 0
    form = PhaseForm(request.POST or None, initial={"number": last + 1})
    if request.method == "POST":
        phase = submit(form, lambda: add_phase(plant=plant, values=form.values, by=request.user))
        if phase is not None:
            return leave_form(request, plant.get_absolute_url(), _("The phase is added."))
    return show_form(
        request,
        form,
        title=_("New phase of %(plant)s") % {"plant": plant},
        back=plant.get_absolute_url(),
        submit_label=_("Add phase"),
    )


@login_required
@permission_required("plants.change_plantphase", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int, phase_pk: int) -> HttpResponse:
    """Change a phase."""
    phase = _phase_or_404(request, pk, phase_pk)
    form = PhaseForm(request.POST or None, instance=phase)
    back = phase.plant.get_absolute_url()
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_phase(
                phase=phase, values=form.values, expected_version=form.stored_version, by=request.user
            ),
        )
        if saved is not None:
            return leave_form(request, back, _("The phase is saved."))
    return show_form(request, form, title=_("Edit phase"), back=back)


@login_required
@permission_required("plants.delete_plantphase", raise_exception=True)
@require_POST
def remove(request: UserRequest, pk: int, phase_pk: int) -> HttpResponse:
    """Remove a phase."""
    phase = _phase_or_404(request, pk, phase_pk)
    remove_phase(phase=phase, by=request.user)
    messages.success(request, _("The phase is removed."))
    return redirect(phase.plant)
