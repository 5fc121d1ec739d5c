"""Gates in words."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from deals.domain.gate_facts import kinds
from deals.models import Gate


def asked_for(gate: Gate) -> str:
    """Return what a gate checks, such as “Document present: NDA”."""
    kind = kinds().get(gate.kind)
    if kind is None:
        return _("Not checked any more")
    requirement = dict(kind.requirements).get(gate.requirement)
    return f"{kind.label}: {capfirst(requirement)}" if requirement else str(kind.label)
