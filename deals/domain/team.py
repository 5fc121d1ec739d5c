"""Who works on a deal, and who may know of it."""

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.deals import lock_deal
from deals.models import Deal, DealTeamMember
from lrs_tracker.problems import DomainError, PermissionRefusedError


@transaction.atomic
def add_member(*, deal: Deal, user: User, by: User) -> DealTeamMember:
    """Add a user to a deal's team; adding again keeps the first time.

    Raise DomainError for a user who is not active or whose role sees no deals, PermissionRefusedError without the
    permission.
    """
    if not by.has_perm("deals.add_dealteammember"):
        raise PermissionRefusedError(_("Your role cannot change the team."))
    if not user.is_active:
        raise DomainError(_("%(name)s is not active any more.") % {"name": user}, field="user")
    if not user.has_perm("deals.view_deal"):
        raise DomainError(_("The role of %(name)s sees no deals.") % {"name": user}, field="user")
    member, _created = DealTeamMember.objects.get_or_create(deal=deal, user=user)
    return member


@transaction.atomic
def remove_member(*, deal: Deal, user: User, by: User) -> None:
    """Take a user off a deal's team. Raise PermissionRefusedError without the permission."""
    if not by.has_perm("deals.delete_dealteammember"):
        raise PermissionRefusedError(_("Your role cannot change the team."))
    DealTeamMember.objects.filter(deal=deal, user=user).delete()


@transaction.atomic
def set_confidential(*, deal: Deal, is_confidential: bool, by: User) -> Deal:
    """Hide a deal from all but its owner, its team and managers, or open it to everyone.

    Raise PermissionRefusedError for anyone but its owner and managers.
    """
    deal = lock_deal(deal)
    if not may_set_confidential(deal=deal, by=by):
        raise PermissionRefusedError(_("Only its owner or a manager decides who may know of a deal."))
    if deal.is_confidential != is_confidential:
        deal.is_confidential = is_confidential
        # The trigger raises the version; the expression makes Django read it back.
        deal.version = models.F("version")
        deal.save(update_fields=["is_confidential", "version"])
    return deal


def may_set_confidential(*, deal: Deal, by: User) -> bool:
    """Return whether a user may decide who knows of a deal."""
    may_change = by.has_perm("deals.change_deal")
    return may_change and (deal.owner_id == by.pk or by.has_perm("deals.see_confidential_deal"))
