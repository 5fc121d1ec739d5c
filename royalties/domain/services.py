"""Service terms of an agreement."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.agreement_edits import lock_for_change
from royalties.models import Agreement, ServiceTerm

_RULES = {
    "royalties_serviceterm_ends_after_start": (_("The service cannot end before it starts."), "ends_on"),
    "royalties_serviceterm_amounts_plausible": (_("The rate is too large, or negative."), "rate"),
}


@transaction.atomic
def add_service(*, agreement: Agreement, values: Mapping[str, Any], by: User) -> ServiceTerm:
    """Add a service. Raise DomainError for dates outside the agreement."""
    require_permission(by, "royalties.add_serviceterm")
    locked = lock_for_change(agreement)
    _check(locked, values)
    service = ServiceTerm(agreement=locked, **values)
    with constraints_in_words(ServiceTerm, _RULES):
        service.save()
    return service


@transaction.atomic
def change_service(
    *, service: ServiceTerm, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> ServiceTerm:
    """Change a service. Raise as `add_service` does, StaleVersionError for an older version."""
    require_permission(by, "royalties.change_serviceterm")
    agreement = lock_for_change(service.agreement)
    _check(agreement, values)
    locked = lock_row(service, expected_version=expected_version)
    with constraints_in_words(ServiceTerm, _RULES):
        return write_changes(locked, values)


@transaction.atomic
def remove_service(*, service: ServiceTerm, by: User) -> None:
    """Remove a service."""
    require_permission(by, "royalties.delete_serviceterm")
    lock_for_change(service.agreement)
    service.delete()


def _check(agreement: Agreement, values: Mapping[str, Any]) -> None:
    if "label" in values:
        refuse_unseen(values["label"], field="label")
    starts_on, ends_on, last_day = values.get("starts_on"), values.get("ends_on"), agreement.last_day
    if starts_on and agreement.effective_on and starts_on < agreement.effective_on:
        raise DomainError(_("The service starts before the agreement takes effect."), field="starts_on")
    if ends_on and last_day and ends_on > last_day:
        raise DomainError(_("The service ends after the agreement."), field="ends_on")
