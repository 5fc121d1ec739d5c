"""Plants of a deal."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.plants import link_new_plant, link_plant, unlink_plant
from deals.forms.parts import PlantLinkForm
from deals.models import Deal, DealPlant
from deals.views.deal_pages import answer, deal_view, show_form, submit
from plants.models import Plant


@deal_view("GET", "HEAD", "POST", permission="deals.add_dealplant")
def link(request: UserRequest, deal: Deal) -> HttpResponse:
    """Link a plant of the directory, or a new one."""
    form = PlantLinkForm(request.POST or None, deal=deal)
    if request.method == "POST":
        linked = submit(form, lambda: _link(request, deal, form))
        if linked is not None:
            return answer(request, deal, _("%(plant)s is linked.") % {"plant": linked.plant}, tab="plants")
    return show_form(request, deal, form, title=_("Link a plant"), submit_label=_("Link"))


@deal_view("POST", permission="deals.delete_dealplant")
def unlink(request: UserRequest, deal: Deal, plant_id: int) -> HttpResponse:
    """Take a plant off the deal."""
    plant = get_object_or_404(Plant.objects.visible_to(request.user), pk=plant_id, deal_plants__deal=deal)
    unlink_plant(deal=deal, plant=plant, by=request.user)
    return answer(request, deal, _("%(plant)s is no longer linked.") % {"plant": plant}, tab="plants")


def _link(request: UserRequest, deal: Deal, form: PlantLinkForm) -> DealPlant:
    plant = form.cleaned_data["plant"]
    if plant is not None:
        return link_plant(deal=deal, plant=plant, by=request.user)
    return link_new_plant(deal=deal, name=form.cleaned_data["new_name"], by=request.user)
