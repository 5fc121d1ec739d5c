"""What other systems call our objects."""

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lrs_tracker.advisory_locks import lock_number
from lrs_tracker.many_rows import insert_many
from lrs_tracker.problems import DomainError
from sync.models import ExternalRef

MOST_REFS = 50
LONGEST_EXTERNAL_ID = 200
SYSTEM_PATTERN = "^[A-Za-z0-9_-]{1,40}$"
# What is written in an address and stands for another one there (RFC 3986, 5.2.4): no request would arrive.
DOT_SEGMENTS = (".", "..")


class Ref(NamedTuple):
    """The id of an object in another system."""

    system: str
    external_id: str


class RefTakenError(DomainError):
    """Refuse a ref that another object holds."""

    code = "ref-taken"


class TooManyRefsError(DomainError):
    """Refuse another ref of an object that holds as many as one may."""

    code = "too-many-refs"


def is_system(text: Any) -> bool:
    """Tell whether another system may be called so."""
    return isinstance(text, str) and re.fullmatch(SYSTEM_PATTERN, text) is not None


def is_external_id(text: Any) -> bool:
    """Tell whether another system may call an object so: as it stands there, with nothing that cannot be seen."""
    is_length = isinstance(text, str) and 0 < len(text) <= LONGEST_EXTERNAL_ID
    return is_length and text.isprintable() and text not in DOT_SEGMENTS


def is_ref(system: Any, external_id: Any) -> bool:
    """Tell whether another system may be called so, and an object of it."""
    return is_system(system) and is_external_id(external_id)


def holders(*, resource: str, ref: Ref) -> QuerySet[ExternalRef, int]:
    """Return the key of the object that holds a ref, whoever may see it: at most one, for a subquery."""
    found = ExternalRef.objects.filter(resource=resource, system=ref.system, external_id=ref.external_id)
    return found.values_list("object_id", flat=True)


def find_refs(*, resource: str, refs: Collection[Ref]) -> dict[Ref, int]:
    """Return the keys of the objects that hold some refs, whoever may see them."""
    found = ExternalRef.objects.filter(
        resource=resource, system__in={ref.system for ref in refs}, external_id__in={ref.external_id for ref in refs}
    )
    held = {
        Ref(system, external_id): pk
        for system, external_id, pk in found.values_list("system", "external_id", "object_id")
    }
    return {ref: held[ref] for ref in refs if ref in held}


def add_refs(*, resource: str, held: Collection[tuple[Ref, int]]) -> None:
    """Let objects that are new hold refs that nobody holds. Raise IntegrityError where somebody does."""
    insert_many(
        [
            ExternalRef(resource=resource, object_id=pk, system=ref.system, external_id=ref.external_id)
            for ref, pk in held
        ]
    )


def lock_ref(*, resource: str, ref: Ref) -> None:
    """Hold a ref until the transaction ends, so that of several who find that nobody has it only one goes on."""
    with connection.cursor() as cursor:
        name = f"ref:{resource}:{ref.system}:{ref.external_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(name)])


def set_refs(*, resource: str, object_id: int, refs: Collection[Ref]) -> bool:
    """Let an object hold these refs and no others, and return whether that is new; call it inside a transaction.

    Raise RefTakenError or TooManyRefsError.
    """
    mine = ExternalRef.objects.filter(resource=resource, object_id=object_id)
    held, wanted = {Ref(*pair) for pair in mine.values_list("system", "external_id")}, set(refs)
    for gone in held - wanted:
        mine.filter(system=gone.system, external_id=gone.external_id).delete()
    for ref in sorted(wanted - held):
        _hold(resource, object_id, ref)
    _refuse_too_many(len(wanted))
    return held != wanted


def add_ref(*, resource: str, object_id: int, ref: Ref) -> None:
    """Let an object hold a ref. Raise RefTakenError when another does, TooManyRefsError when it has enough."""
    _hold(resource, object_id, ref)
    _refuse_too_many(ExternalRef.objects.filter(resource=resource, object_id=object_id).count())


def _hold(resource: str, object_id: int, ref: Ref) -> None:
    row, _made = ExternalRef.objects.get_or_create(
        resource=resource, system=ref.system, external_id=ref.external_id, defaults={"object_id": object_id}
    )
    if row.object_id != object_id:
        raise RefTakenError(_("Another object holds this external id."), field="refs")


def _refuse_too_many(count: int) -> None:
    if count > MOST_REFS:
        message = _("An object has at most %(most)s external ids.") % {"most": MOST_REFS}
        raise TooManyRefsError(message, field="refs")
