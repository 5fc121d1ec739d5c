"""Many deals by ids of another system, at once."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from accounts.models import User
from companies.models import Company
from deals.domain.many_deals import OneByOneError, change_deals, create_deals
from deals.models import Deal, Stage
from lrs_tracker.api.changing import known_of
from lrs_tracker.api.resources import Upserted
from lrs_tracker.api.writing import Writer, find_linked
from sync.domain.refs import Ref, add_refs, find_refs

_LINKED: Mapping[str, QuerySet[Any]] = {
    "company": Company.objects.all(),
    "owner": User.objects.all(),
    "stage": Stage.objects.select_related("pipeline"),
}


def upsert_many(
    request: Request, upserts: Sequence[tuple[Ref, dict[str, Any]]], *, creator: type[Writer], changer: type[Writer]
) -> list[Upserted]:
    """Create or change the deals that hold some refs, from bodies of plain facts; call it inside a transaction.

    Raise what doing it one by one would raise for one of them, or OneByOneError; nothing is done then.
    """
    user = cast(User, request.user)
    held = find_refs(resource="deal", refs=[ref for ref, _body in upserts])
    there = _lock(user, set(held.values()))
    bodies = [body for _ref, body in upserts]
    context = {"request": request, "linked": find_linked(user, bodies, _LINKED)}
    create_with, change_with = creator(context=context), changer(partial=True, context=context)
    new: list[tuple[Ref, dict[str, Any]]] = []
    changed: list[tuple[Deal, dict[str, Any]]] = []
    for ref, body in upserts:
        if ref not in held:
            new.append((ref, create_with.run_validation(body)))
            continue
        deal = there[held[ref]]
        if body.get("stage", str(deal.stage_id)) != str(deal.stage_id):
            raise OneByOneError(_("Its stage changes by a move."))
        changed.append((deal, change_with.run_validation({name: body[name] for name in body if name != "stage"})))
    known = known_of(request)
    made = create_deals(rows=[values for _ref, values in new], **known) if new else []
    add_refs(resource="deal", held=[(ref, deal.pk) for (ref, _values), deal in zip(new, made, strict=True)])
    if changed:
        change_deals(changes=changed, by=user)
    keys = held | {ref: deal.pk for (ref, _values), deal in zip(new, made, strict=True)}
    versions = dict(Deal.objects.filter(pk__in=keys.values()).values_list("pk", "version"))
    return [Upserted(keys[ref], versions[keys[ref]], is_new=ref not in held) for ref, _body in upserts]


def _lock(user: User, keys: set[int]) -> dict[int, Deal]:
    """Return deals by key, locked in one order. Raise Http404 unless all exist for the user."""
    rows = Deal.objects.visible_to(user).filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    found = {deal.pk: deal for deal in rows.select_related("company", "owner", "stage")}
    if found.keys() != keys:
        raise Http404
    return found
