"""Our own legal entities: creating and changing licensors."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.models import Licensor

_RULES = {
    "royalties_licensor_name_unique": (_("There is a licensor of this name already."), "name"),
    "royalties_licensor_prefix_unique": (_("Another licensor uses this prefix."), "invoice_prefix"),
}


@transaction.atomic
def create_licensor(*, values: Mapping[str, Any], by: User) -> Licensor:
    """Create a licensor. Raise DomainError for a name or prefix that is taken."""
    require_permission(by, "royalties.add_licensor")
    refuse_unseen(values["name"], field="name")
    licensor = Licensor(**values)
    with constraints_in_words(Licensor, _RULES):
        licensor.save()
    return licensor


@transaction.atomic
def change_licensor(
    *, licensor: Licensor, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> Licensor:
    """Change a licensor. Raise DomainError for a prefix or currency under which invoices were written."""
    require_permission(by, "royalties.change_licensor")
    refuse_unseen(values.get("name", ""), field="name")
    locked = lock_row(licensor, expected_version=expected_version)
    for field in ("invoice_prefix", "reporting_currency"):
        if field in values and values[field] != getattr(locked, field) and locked.invoices.exists():
            raise DomainError(_("Invoices have been written under it, so it stays."), field=field)
    with constraints_in_words(Licensor, _RULES):
        return write_changes(locked, values)
