"""Ticking checklist items of the next stage."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import UserRequest
from deals.domain.gates import tick_gate, untick_gate
from deals.enums import GateKind
from deals.models import Deal, Gate
from deals.views.deal_pages import answer, deal_view


@deal_view("POST", permission="deals.add_gatecheck")
def tick(request: UserRequest, deal: Deal, gate_id: int) -> HttpResponse:
    """Tick an item."""
    gate = _gate_of(deal, gate_id)
    tick_gate(deal=deal, gate=gate, note="", by=request.user, at=timezone.now())
    return answer(request, deal, _("Ticked: %(gate)s.") % {"gate": gate})


@deal_view("POST", permission="deals.add_gatecheck")
def untick(request: UserRequest, deal: Deal, gate_id: int) -> HttpResponse:
    """Take a tick back."""
    gate = _gate_of(deal, gate_id)
    untick_gate(deal=deal, gate=gate, by=request.user)
    return answer(request, deal, _("Unticked: %(gate)s.") % {"gate": gate})


def _gate_of(deal: Deal, gate_id: int) -> Gate:
    gates = Gate.objects.select_related("stage").filter(kind=GateKind.CHECKLIST, archived_at__isnull=True)
    return get_object_or_404(gates, pk=gate_id, stage__pipeline=deal.stage.pipeline_id)
