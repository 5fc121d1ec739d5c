"""Contacts of a company."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from companies.models import Company, Contact
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes


@transaction.atomic
def add_contact(*, company: Company, values: Mapping[str, Any], by: User) -> Contact:
    """Add a contact to a company. Raise DomainError for an e-mail address the company has already."""
    require_permission(by, "companies.add_contact")
    contact = Contact(company=company, **values)
    with constraints_in_words(Contact):
        contact.save()
    return contact


@transaction.atomic
def change_contact(
    *, contact: Contact, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> Contact:
    """Change fields of a contact.

    Raise DomainError for a taken e-mail address, StaleVersionError when it is no longer at
    `expected_version`, PermissionRefusedError without the right.
    """
    require_permission(by, "companies.change_contact")
    contact = lock_row(contact, expected_version=expected_version)
    with constraints_in_words(Contact):
        return write_changes(contact, values)


def archive_contact(*, contact: Contact, by: User, at: dt.datetime) -> Contact:
    """Take a contact off the company's page; deals that name the contact keep it."""
    return change_contact(contact=contact, values={"archived_at": contact.archived_at or at}, by=by)


def restore_contact(*, contact: Contact, by: User) -> Contact:
    """Put an archived contact back."""
    return change_contact(contact=contact, values={"archived_at": None}, by=by)
