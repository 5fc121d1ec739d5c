"""Contacts in a deal, each with a role."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.domain.contacts import add_contact
from companies.models import Contact
from deals.enums import ContactRole
from deals.models import Deal, DealContact
from lrs_tracker.problems import DomainError, PermissionRefusedError


@transaction.atomic
def add_deal_contact(*, deal: Deal, contact: Contact, role: ContactRole, by: User) -> DealContact:
    """Give a contact a role in a deal.

    Raise DomainError when they have it already or are archived, PermissionRefusedError without the permission.
    """
    if not by.has_perm("deals.add_dealcontact"):
        raise PermissionRefusedError(_("Your role cannot change the contacts of a deal."))
    if contact.archived_at is not None:
        raise DomainError(_("%(name)s is archived.") % {"name": contact}, field="contact")
    link, created = DealContact.objects.get_or_create(deal=deal, contact=contact, role=role)
    if not created:
        raise DomainError(_("%(name)s has this role already.") % {"name": contact}, field="role")
    return link


@transaction.atomic
def add_new_contact(*, deal: Deal, name: str, job_title: str, email: str, role: ContactRole, by: User) -> DealContact:
    """Add a contact to the deal's company and give them a role in the deal.

    Raise DomainError for an address that the company has already, else as `add_deal_contact` does.
    """
    values = {"name": name, "job_title": job_title, "email": email}
    contact = add_contact(company=deal.company, values=values, by=by)
    return add_deal_contact(deal=deal, contact=contact, role=role, by=by)


@transaction.atomic
def remove_deal_contact(*, link: DealContact, by: User) -> None:
    """Take a contact's role in a deal away; the contact stays with their company."""
    if not by.has_perm("deals.delete_dealcontact"):
        raise PermissionRefusedError(_("Your role cannot change the contacts of a deal."))
    link.delete()
