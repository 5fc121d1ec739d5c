"""The plants that a deal is about."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.models import Deal, DealPlant
from lrs_tracker.problems import DomainError, PermissionRefusedError
from plants.domain.plants import create_plant
from plants.models import Plant


@transaction.atomic
def link_plant(*, deal: Deal, plant: Plant, by: User) -> DealPlant:
    """Link a plant to a deal; linking again keeps the first time.

    Raise DomainError for an archived plant, PermissionRefusedError without the permission.
    """
    if not by.has_perm("deals.add_dealplant"):
        raise PermissionRefusedError(_("Your role cannot link plants."))
    if plant.archived_at is not None:
        raise DomainError(_("%(plant)s is archived.") % {"plant": plant}, field="plant")
    link, _created = DealPlant.objects.get_or_create(deal=deal, plant=plant)
    return link


@transaction.atomic
def link_new_plant(*, deal: Deal, name: str, by: User) -> DealPlant:
    """Create a plant of the deal's company and link it.

    Raise DomainError for a name that is taken, PermissionRefusedError without the permission.
    """
    values = {"name": name, "company": deal.company, "region": deal.region, "chemistry": deal.chemistry}
    plant = create_plant(values=values, by=by)
    return link_plant(deal=deal, plant=plant, by=by)


@transaction.atomic
def unlink_plant(*, deal: Deal, plant: Plant, by: User) -> None:
    """Take a plant off a deal; the plant stays in the directory."""
    if not by.has_perm("deals.delete_dealplant"):
        raise PermissionRefusedError(_("Your role cannot link plants."))
    DealPlant.objects.filter(deal=deal, plant=plant).delete()
