"""Deciding whether two records that look alike are the same one."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm.domain import pairs
from crm.domain.our_fields import MODELS
from crm.enums import Resource
from crm.models import PairSuggestion, RecordState
from lrs_tracker.edits import require_permission
from lrs_tracker.problems import DomainError


@transaction.atomic
def accept_suggestion(*, suggestion: PairSuggestion, by: User) -> None:
    """Pair two records: the next run brings them together, by the conflict rule where both say something else.

    A former partner that is gone there makes way. Raise DomainError when one of them has another partner by now,
    PermissionRefusedError without the right.
    """
    suggestion = _locked(suggestion, by)
    resource, system = Resource(suggestion.resource), suggestion.connection.kind
    if not MODELS[resource]._default_manager.filter(pk=suggestion.object_id).exists():
        suggestion.delete()
        raise DomainError(_("%(name)s is not here any more.") % {"name": suggestion.our_label})
    pairs.forget_gone(suggestion.connection, resource, object_id=suggestion.object_id)
    if pairs.our_ids(resource, [suggestion.external_id], system=system) or pairs.their_ids(
        resource, [suggestion.object_id], system=system
    ):
        raise DomainError(_("One of the two has another partner by now."))
    pairs.pair(resource=resource, object_id=suggestion.object_id, external_id=suggestion.external_id, system=system)
    _try_again(suggestion)
    others = PairSuggestion.objects.filter(connection=suggestion.connection, resource=resource)
    (others.filter(object_id=suggestion.object_id) | others.filter(external_id=suggestion.external_id)).delete()


@transaction.atomic
def refuse_suggestion(*, suggestion: PairSuggestion, by: User) -> None:
    """Say that two records are different ones; the next run creates each on the other side."""
    suggestion = _locked(suggestion, by)
    suggestion.is_refused = True
    suggestion.save(update_fields=["is_refused"])
    _try_again(suggestion)


def _locked(suggestion: PairSuggestion, by: User) -> PairSuggestion:
    require_permission(by, "crm.change_pairsuggestion")
    return PairSuggestion.objects.select_for_update(of=("self",)).select_related("connection").get(pk=suggestion.pk)


def _try_again(suggestion: PairSuggestion) -> None:
    """Have the next run look at both records, although neither changes."""
    known = RecordState.objects.filter(connection=suggestion.connection, resource=suggestion.resource)
    same = known.filter(object_id=suggestion.object_id) | known.filter(external_id=suggestion.external_id)
    same.update(needs_retry=True, problem="")
    for side in ({"object_id": suggestion.object_id}, {"external_id": suggestion.external_id}):
        if not known.filter(**side).exists():
            RecordState.objects.create(
                connection=suggestion.connection, resource=suggestion.resource, needs_retry=True, **side
            )
