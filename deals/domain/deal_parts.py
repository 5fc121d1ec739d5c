"""The people, plants and contacts of a deal, given as whole lists."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Contact
from deals.domain.contacts import add_deal_contact, remove_deal_contact
from deals.domain.deals import lock_deal
from deals.domain.plants import link_plant, unlink_plant
from deals.domain.team import add_member, remove_member
from deals.enums import ContactRole
from deals.models import Deal
from lrs_tracker.problems import DomainError
from plants.models import Plant


@transaction.atomic
def set_parts(
    *,
    deal: Deal,
    team: Collection[User] | None = None,
    plants: Collection[Plant] | None = None,
    contacts: Collection[tuple[Contact, ContactRole]] | None = None,
    by: User,
) -> Deal:
    """Let a deal have these people, plants and contacts with roles, and no others; None leaves them as they are.

    What differs is added and taken away one by one, by its own rule. The deal's version rises when something did, so
    that whole lists are written against the lists that were read. Raise what those rules raise, and DomainError when
    `by` would no longer see the deal.
    """
    deal = lock_deal(deal)
    changed = [
        team is not None and _set_team(deal, team, by),
        plants is not None and _set_plants(deal, plants, by),
        contacts is not None and _set_contacts(deal, contacts, by),
    ]
    if any(changed):
        # The trigger raises the version; the expressions make Django read both back.
        deal.version, deal.updated_at = models.F("version"), Now()
        deal.save(update_fields=["version", "updated_at"])
    return deal


def _set_team(deal: Deal, team: Collection[User], by: User) -> bool:
    held = {member.user for member in deal.team_members.select_related("user")}
    with _problems_of("team"):
        for user in _in_order(set(team) - held):
            add_member(deal=deal, user=user, by=by)
        for user in _in_order(held - set(team)):
            remove_member(deal=deal, user=user, by=by)
        if not Deal.objects.visible_to(by).filter(pk=deal.pk).exists():
            raise DomainError(_("You would no longer see this deal."))
    return held != set(team)


def _set_plants(deal: Deal, plants: Collection[Plant], by: User) -> bool:
    held = {link.plant for link in deal.deal_plants.select_related("plant")}
    with _problems_of("plants"):
        for plant in _in_order(set(plants) - held):
            link_plant(deal=deal, plant=plant, by=by)
        for plant in _in_order(held - set(plants)):
            unlink_plant(deal=deal, plant=plant, by=by)
    return held != set(plants)


def _set_contacts(deal: Deal, contacts: Collection[tuple[Contact, ContactRole]], by: User) -> bool:
    held = {(link.contact_id, link.role): link for link in deal.deal_contacts.order_by("pk")}
    wanted = {(contact.pk, str(role)): (contact, role) for contact, role in contacts}
    with _problems_of("contacts"):
        for pair, (contact, role) in wanted.items():
            if pair not in held:
                add_deal_contact(deal=deal, contact=contact, role=role, by=by)
        for pair, link in held.items():
            if pair not in wanted:
                remove_deal_contact(link=link, by=by)
    return held.keys() != wanted.keys()


@contextmanager
def _problems_of(field: str) -> Iterator[None]:
    """Say of a refusal which list it is about."""
    try:
        yield
    except DomainError as error:
        error.field = field
        raise


def _in_order[Row: models.Model](rows: Collection[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.pk)
