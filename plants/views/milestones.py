"""Adding milestones and keeping their dates."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from plants.domain.milestones import add_default_milestones, add_milestone, change_milestone
from plants.enums import MilestoneKind
from plants.forms.milestones import MilestoneForm, NewMilestoneForm
from plants.models import Plant, PlantMilestone


@login_required
@permission_required("plants.add_plantmilestone", raise_exception=True)
@require_POST
def add_defaults(request: UserRequest, pk: int) -> HttpResponse:
    """Add the default milestones that the plant lacks."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    added = add_default_milestones(plant=plant, by=request.user)
    messages.success(request, _("%(number)s milestones added. Set their baselines next.") % {"number": len(added)})
    return redirect(plant)


@login_required
@permission_required("plants.add_plantmilestone", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Add one milestone."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    form = NewMilestoneForm(request.POST or None, plant=plant)
    if request.method == "POST":
        milestone = submit(
            form,
            lambda: add_milestone(plant=plant, kind=MilestoneKind(form.cleaned_data["kind"]), by=request.user),
        )
        if milestone is not None:
            return leave_form(
                request, plant.get_absolute_url(), _("“%(milestone)s” is added.") % {"milestone": milestone}
            )
    return show_form(
        request,
        form,
        title=_("New milestone"),
        back=plant.get_absolute_url(),
        submit_label=_("Add milestone"),
    )


@login_required
@permission_required("plants.change_plantmilestone", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int, milestone_pk: int) -> HttpResponse:
    """Set the baseline once, move the forecast, note the actual day."""
    milestones = PlantMilestone.objects.visible_to(request.user).select_related("plant")
    milestone = get_object_or_404(milestones, pk=milestone_pk, plant_id=pk)
    form = MilestoneForm(request.POST or None, instance=milestone)
    if request.method == "POST":
        saved = submit(
            form,
            lambda: change_milestone(
                milestone=milestone,
                dates=form.dates,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                expected_version=form.stored_version,
                by=request.user,
                at=timezone.now(),
                today=request.today,
            ),
        )
        if saved is not None:
            return leave_form(
                request, milestone.plant.get_absolute_url(), _("“%(milestone)s” is saved.") % {"milestone": saved}
            )
    return show_form(
        request,
        form,
        title=milestone.get_kind_display(),
        back=milestone.plant.get_absolute_url(),
        template="plants/milestone",
        context={"moves": list(milestone.forecasts.select_related("by").order_by("-at", "-pk"))},
    )
