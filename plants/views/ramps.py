"""New versions of a plant's ramp."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import UserRequest
from lrs_tracker.form_pages import leave_form, show_form, submit
from plants.domain.ramps import add_ramp
from plants.enums import MilestoneKind
from plants.forms.ramps import RampForm
from plants.models import Plant


@login_required
@permission_required("plants.add_rampscenario", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Add a version, starting from the last one."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=pk)
    form = RampForm(request.POST or None, initial=_initial(plant))
    if request.method == "POST":
        ramp = submit(form, lambda: add_ramp(plant=plant, values=form.values, by=request.user))
        if ramp is not None:
            return leave_form(
                request,
                plant.get_absolute_url(),
                _("Version %(number)s of the ramp is kept.") % {"number": ramp.number},
            )
    return show_form(
        request,
        form,
        title=_("New version of the ramp"),
        back=plant.get_absolute_url(),
        submit_label=_("Add version"),
    )


def _initial(plant: Plant) -> dict[str, Any]:
    last = plant.ramps.order_by("-number").first()
    if last is not None:
        return {name: getattr(last, name) for name in RampForm.Meta.fields if name != "label"}
    sop = plant.milestones.filter(kind=MilestoneKind.START_OF_PRODUCTION).first()
    return {"sop_on": sop.expected_on if sop else None, "months_to_nameplate": 24}
