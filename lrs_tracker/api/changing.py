"""What bodies do to objects: creating, changing and deleting them, and by another system's id."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from django.db import transaction
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from lrs_tracker.api.answers import refuse_stale
from lrs_tracker.api.exceptions import Invalid, Stale, refuse_idle
from lrs_tracker.api.resources import Resource
from lrs_tracker.api.writing import Writer
from lrs_tracker.domain_functions import call_for_row
from lrs_tracker.problem_details import FieldProblem
from lrs_tracker.problems import StaleVersionError
from sync.domain.refs import Ref, add_ref, holders, is_ref, lock_ref, set_refs

_MOST_ATTEMPTS = 5


def read_ref(system: Any, external_id: Any) -> Ref:
    """Return a ref. Raise Invalid for what none can be."""
    if not is_ref(system, external_id):
        message = _(
            "A system is up to 40 letters, digits, hyphens and underscores; an id is up to 200 characters that can be "
            "seen, and neither “.” nor “..”."
        )
        raise Invalid([FieldProblem(field="ref", code="invalid", message=message)])
    return Ref(system, external_id)


def create(resource: Resource, request: Request, data: Any) -> Any:
    """Create an object from a body and return its row."""
    values, refs = _values(resource, resource.creator, request, data, partial=False)
    with transaction.atomic():
        row = call_for_row(
            cast(Any, resource.domain.create), row=resource.model(), known=known_of(request), given=values
        )
        _refuse_dropped(resource, row.pk, values)
        if refs is not None:
            set_refs(resource=resource.singular, object_id=row.pk, refs=refs)
    return row


def change(
    resource: Resource, request: Request, row: Any, data: Any, *, expected: int | None, held: Ref | None = None
) -> None:
    """Change what a body names of an object, if its version is the expected one.

    The ref that it was found by stays `held`: without it, the same body put again would make another object.
    """
    values, refs = _values(resource, resource.changer, request, data, partial=True)
    if refs is not None and held is not None:
        refs = [*refs, held]
    with transaction.atomic():
        if values:
            _write_values(resource, request, row, values, expected=expected)
        else:
            refuse_stale_row(resource, row, expected)
        if refs is not None or not values:
            require_change(resource, request)
        if refs is not None and set_refs(resource=resource.singular, object_id=row.pk, refs=refs):
            resource.model._base_manager.filter(pk=row.pk).update(updated_at=Now())


def _write_values(
    resource: Resource, request: Request, row: Any, values: Mapping[str, Any], *, expected: int | None
) -> None:
    """Have the domain write values to a row, together with what they leave as it is now.

    Some domain functions take all that a form has. What the body does not name comes from the row, which someone else
    may have changed since it was read: then it is read again, unless the caller expected that version. A function
    that takes no version finds its row locked.
    """
    function = cast(Any, resource.domain.change)
    is_versioned = takes_version(function)
    if expected is not None:
        refuse_stale(row.version, expected)
    for attempt in range(_MOST_ATTEMPTS):
        if attempt or not is_versioned:
            row = _read_again(resource, request, row.pk, is_locked=not is_versioned)
            if expected is not None:
                refuse_stale(row.version, expected)
        known = {**known_of(request), "expected_version": row.version if is_versioned else None}
        try:
            call_for_row(function, row=row, known=known, given=values, changed=frozenset(values))
            _refuse_dropped(resource, row.pk, values)
            return
        except StaleVersionError:
            if expected is not None or attempt == _MOST_ATTEMPTS - 1:
                raise


def _refuse_dropped(resource: Resource, pk: int, values: Mapping[str, Any]) -> None:
    """Raise Invalid for values that were left out of a row; call it in the transaction that wrote it.

    Forms show members that do not apply, such as the cap of a term without escalator, and the domain empties those.
    """
    columns = {column.name for column in resource.model._meta.concrete_fields}
    given = [name for name, value in values.items() if value and name in columns]
    stored = resource.model._base_manager.filter(pk=pk).values(*given).first() if given else None
    message = _("This does not go with the other values.")
    refuse_idle({name: message for name, value in (stored or {}).items() if not value})


def _read_again(resource: Resource, request: Request, pk: int, *, is_locked: bool) -> Any:
    rows = resource.visible(request.user).filter(pk=pk)
    row = (rows.select_for_update(of=("self",)) if is_locked else rows).first()
    if row is None:
        raise Http404
    return row


def delete(resource: Resource, request: Request, row: Any, *, expected: int | None) -> None:
    """Delete an object, if its version is the expected one."""
    with transaction.atomic():
        if expected is not None:
            refuse_stale(row.version, expected)
        if not takes_version(resource.domain.delete):
            refuse_stale_row(resource, row, expected)
        known = {**known_of(request), "expected_version": expected}
        call_for_row(cast(Any, resource.domain.delete), row=row, known=known, given={})


def find_by_ref(resource: Resource, request: Request, ref: Ref) -> Any:
    """Return the row that holds a ref, as far as it exists for the caller, by one query whether it does or not."""
    return resource.visible(request.user).filter(pk__in=holders(resource=resource.singular, ref=ref)).first()


@transaction.atomic
def upsert(
    resource: Resource,
    request: Request,
    ref: Ref,
    data: Any,
    *,
    expected: int | None = None,
    is_for: bool | None = None,
) -> tuple[int, bool]:
    """Create the object that holds a ref, or change it; return its key and whether it is new.

    `is_for` says that it is to be there already, or not yet. Raise Stale where it is otherwise.
    """
    row = find_by_ref(resource, request, ref)
    if row is None:
        # Who puts the same at the same time waits here, and then finds it.
        lock_ref(resource=resource.singular, ref=ref)
        row = find_by_ref(resource, request, ref)
    if row is not None:
        if is_for is False:
            raise Stale(_("There is an object with this id already."))
        change(resource, request, row, _without_fixed(resource, request, row, data), expected=expected, held=ref)
        return int(row.pk), False
    if is_for or expected is not None:
        raise Stale(_("There is no object with this id."))
    pk = int(create(resource, request, data).pk)
    add_ref(resource=resource.singular, object_id=pk, ref=ref)
    return pk, True


def _without_fixed(resource: Resource, request: Request, row: Any, data: Any) -> Any:
    """Return a body without what only a new object takes, so that the same one can be put again.

    Raise Invalid for what no new object would take either, and for another value of what stays as it was, such as the
    company of a contact. How a new one begins, such as the next step of a deal, is not told by what it is now.
    """
    if not isinstance(data, dict) or resource.creator is None or resource.changer is None:
        return data
    known = resource.creator(context={"request": request}).fields
    fixed = {name for name in data if name in known and name not in resource.changer().fields}
    for name in sorted(fixed):
        try:
            value = known[name].run_validation(data[name])
        except ValidationError as error:
            raise ValidationError({name: error.detail}) from error
        if hasattr(row, name) and value != getattr(row, name):
            message = _("This stays as it was when the object was created.")
            raise Invalid([FieldProblem(field=name, code="fixed", message=message)])
    return {name: value for name, value in data.items() if name not in fixed}


def require_change(resource: Resource, request: Request) -> None:
    """Raise PermissionDenied unless the caller's role may change objects of a resource."""
    meta = resource.model._meta
    if not request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
        raise PermissionDenied


def takes_version(function: Callable[..., Any] | None) -> bool:
    """Tell whether a domain function sees to the version itself, after the locks that it takes in its own order."""
    return function is not None and "expected_version" in inspect.signature(function).parameters


def refuse_stale_row(resource: Resource, row: Any, expected: int | None) -> None:
    """Lock a row and raise Stale unless it is at the expected version, if one is expected."""
    if expected is not None:
        refuse_stale(_locked_version(resource, row), expected)


def _locked_version(resource: Resource, row: Any) -> int:
    locked = resource.model._default_manager.select_for_update(of=("self",)).filter(pk=row.pk)
    version = locked.values_list("version", flat=True).first()
    if version is None:
        raise Http404
    return int(version)


def _values(
    resource: Resource, writer: type[Writer] | None, request: Request, data: Any, *, partial: bool
) -> tuple[dict[str, Any], list[Ref] | None]:
    """Return the values of a body and the refs in it, if it has any. Raise ValidationError."""
    if writer is None:
        raise PermissionDenied
    if not isinstance(data, dict):
        message = _("Give an object.")
        raise Invalid([FieldProblem(field=None, code="invalid", message=message)])
    serializer = writer(data=data, partial=partial, context={"request": request})
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = dict(serializer.validated_data)
    refs: list[Ref] | None = values.pop("refs", None)
    return values, refs


def known_of(request: Request) -> dict[str, Any]:
    """Return what domain functions ask for beside values: who, when, and the caller's day."""
    http = request._request
    return {"by": request.user, "at": timezone.now(), "today": http.today}  # type: ignore[attr-defined]
