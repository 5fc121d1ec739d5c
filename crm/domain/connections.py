"""Connecting CRMs, changing connections, and taking them away."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm.connectors.base import Credentials
from crm.domain.mappings import create_default_mappings, read_all_again
from crm.domain.pairs import forget_pairs
from crm.enums import CrmKind
from crm.models import ConnectionState, CrmConnection
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.sealed import seal, unseal

# A My Domain, such as `acme.my` or `acme--test.sandbox.my`: always a host of Salesforce.
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
# What a change of means that other records go along, or that those which did not go are to be looked at again.
_RANGE = ("acting_user", "company_direction", "contact_direction", "deal_direction", "currency", "carries_archiving")


@transaction.atomic
def connect_crm(*, kind: CrmKind, values: Mapping[str, Any], secret: str, by: User) -> CrmConnection:
    """Connect a CRM, switched off, with the mapping of its standard fields.

    Raise DomainError for a CRM that is connected already or credentials that cannot be any,
    PermissionRefusedError without the right.
    """
    require_permission(by, "crm.add_crmconnection")
    if not secret.strip():
        raise DomainError(_("Paste the secret."), field="secret")
    connection = CrmConnection(kind=kind, sealed_secret=seal(secret.strip()), **_checked(kind, values))
    with constraints_in_words(CrmConnection):
        connection.save()
    ConnectionState.objects.create(connection=connection)
    create_default_mappings(connection)
    return connection


@transaction.atomic
def change_connection(
    *,
    connection: CrmConnection,
    values: Mapping[str, Any],
    secret: str = "",
    expected_version: int | None = None,
    by: User,
) -> CrmConnection:
    """Change a connection; without a secret it keeps its own. Raise as `connect_crm`, and StaleVersionError."""
    require_permission(by, "crm.change_crmconnection")
    connection = lock_row(connection, expected_version=expected_version)
    checked = _checked(CrmKind(connection.kind), values)
    if any(name in checked and getattr(connection, name) != checked[name] for name in _RANGE):
        read_all_again(connection)
    if checked.get("carries_archiving") and not connection.carries_archiving:
        # What was archived there before is news now.
        connection.record_states.update(is_gone_there=False)
    sealed = {"sealed_secret": seal(secret.strip())} if secret.strip() else {}
    return write_changes(connection, checked | sealed)


@transaction.atomic
def switch_connection(*, connection: CrmConnection, is_enabled: bool, by: User) -> CrmConnection:
    """Switch a connection on or off."""
    require_permission(by, "crm.change_crmconnection")
    return write_changes(lock_row(connection), {"is_enabled": is_enabled})


@transaction.atomic
def remove_connection(*, connection: CrmConnection, by: User) -> None:
    """Take a connection away, with its mappings, its log, and which records are pairs; the records stay."""
    require_permission(by, "crm.delete_crmconnection")
    forget_pairs(connection)
    connection.delete()


def credentials_of(connection: CrmConnection) -> Credentials:
    """Return what a connection signs in with. Raise BrokenSealError when the secret key is another one now."""
    return Credentials(
        secret=unseal(connection.sealed_secret),
        domain=connection.domain,
        username=connection.username,
        consumer_key=connection.consumer_key,
    )


def _checked(kind: CrmKind, values: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }
    if kind == CrmKind.SALESFORCE:
        checked["domain"] = checked.get("domain", "").removeprefix("https://").removesuffix(".salesforce.com").lower()
        if not _DOMAIN.fullmatch(checked["domain"]):
            raise DomainError(_("Write your My Domain, such as acme.my."), field="domain")
        if not checked.get("consumer_key"):
            raise DomainError(_("Paste the consumer key of the connected app."), field="consumer_key")
    acting_user: User | None = values.get("acting_user")
    if acting_user is not None and not acting_user.is_active:
        raise DomainError(_("%(name)s is not active any more.") % {"name": acting_user}, field="acting_user")
    return checked
