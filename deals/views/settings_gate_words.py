"""Gates in words."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.domain.gate_facts import kinds
from deals.models import Gate


def asked_for(gate: Gate) -> str:
    """Return what a gate checks and when it is due, such as “Document present: NDA · due after 30 days”."""
    kind = kinds().get(gate.kind)
    if kind is None:
        return _("Not checked any more")
    requirement = dict(kind.requirements).get(gate.requirement)
    checks = f"{kind.label}: {capfirst(requirement)}" if requirement else str(kind.label)
    if gate.due_after_days is None:
        return checks
    due = ngettext("due after %(count)d day", "due after %(count)d days", gate.due_after_days)
    return f"{checks} · {due % {'count': gate.due_after_days}}"
