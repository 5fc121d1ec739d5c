"""Creating, changing and archiving companies."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.visible_text import refuse_unseen

_TRIGGER_RULES = {
    "companies_company_no_cycle": (
        _("A company cannot be its own parent, directly or through others."),
        "parent",
    )
}


@transaction.atomic
def create_company(*, values: Mapping[str, Any], by: User) -> Company:
    """Create a company from its fields' values.

    Raise DomainError for an invisible name or one that its country has, PermissionRefusedError without the right.
    """
    require_permission(by, "companies.add_company")
    refuse_unseen(values.get("name", ""), field="name")
    company = Company(**values)
    with constraints_in_words(Company, _TRIGGER_RULES):
        company.save()
    return company


@transaction.atomic
def change_company(
    *, company: Company, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> Company:
    """Change fields of a company.

    Raise DomainError for a parent that is below it, an invisible or a taken name, StaleVersionError when it is no
    longer at `expected_version`, PermissionRefusedError without the right.
    """
    require_permission(by, "companies.change_company")
    refuse_unseen(values.get("name", ""), field="name")
    company = lock_row(company, expected_version=expected_version)
    with constraints_in_words(Company, _TRIGGER_RULES):
        return write_changes(company, values)


def archive_company(*, company: Company, by: User, at: dt.datetime) -> Company:
    """Take a company off the directory; its deals, plants and facts stay. Archiving twice keeps the first time."""
    return change_company(company=company, values={"archived_at": company.archived_at or at}, by=by)


def restore_company(*, company: Company, by: User) -> Company:
    """Put an archived company back into the directory."""
    return change_company(company=company, values={"archived_at": None}, by=by)
