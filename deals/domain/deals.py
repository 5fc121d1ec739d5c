"""Creating deals and changing their facts; only `deals.domain.moves` changes their stage."""

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.domain.companies import create_company
from companies.models import Company
from deals.domain.moves import move_deal, top_rank
from deals.domain.tasks import add_task
from deals.enums import PATH_TYPES, MoveKind
from deals.models import Deal, Stage, StageTransition
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from lrs_tracker.visible_text import refuse_unseen

# What a person may change about a deal; who may know of it is a matter of `deals.domain.team`.
CHANGEABLE = frozenset(
    {
        "company",
        "title",
        "owner",
        "scope",
        "chemistry",
        "region",
        "capacity_gwh",
        "currency",
        "annual_royalty",
        "probability_percent",
        "plant_concept",
        "opened_on",
        "expected_effective_on",
        "signed_on",
        "effective_on",
        "expected_sop_on",
        "royalty_start_on",
    }
)
RELATIONS = ("company", "owner", "stage")


class StaleDealError(StaleVersionError):
    """Refuse a change of a field that someone else has changed since; `deal` is as it is stored."""

    def __init__(self, deal: Deal, names: Collection[str]) -> None:
        super().__init__(_("Someone changed this while you were writing."))
        self.deal = deal
        self.names = names


@transaction.atomic
def create_deal(
    *,
    company: Company,
    stage: Stage,
    by: User,
    at: dt.datetime,
    today: dt.date,
    title: str = "",
    owner: User | None = None,
    region: str = "",
    chemistry: str = "",
    scope: Collection[str] = (),
    capacity_gwh: Decimal | None = None,
    currency: str = "",
    annual_royalty: Decimal | None = None,
    is_confidential: bool = False,
    next_step: str = "",
    next_step_on: dt.date | None = None,
    reason: str = "",
    waive: Collection[str] = (),
    waiver_reason: str = "",
    **others: Any,
) -> Deal:
    """Create a deal in a stage, with its first transition and, if given, its next step.

    `others` are further facts that `change_deal` takes; a deal is opened today unless they say when.
    A deal starts in the first stage of its pipeline; one that is further along passes the gates on
    its way like any other move. Raise what `move_deal` raises, ValidationError for implausible values, DomainError
    for an archived company or pipeline, PermissionRefusedError without the permission.
    """
    _refuse_unknown(others)
    if not by.has_perm("deals.add_deal"):
        raise PermissionRefusedError(_("Your role cannot create deals."))
    if company.archived_at is not None:
        raise DomainError(_("%(company)s is archived.") % {"company": company}, field="company")
    refuse_unseen(title, field="title")
    deal = Deal(
        company=company,
        title=title.strip(),
        stage=first_stage(stage),
        entered_stage_at=at,
        rank=top_rank(at),
        owner=owner,
        region=region,
        chemistry=chemistry,
        scope=list(scope),
        capacity_gwh=capacity_gwh,
        currency=currency,
        annual_royalty=annual_royalty,
        is_confidential=is_confidential,
        **{"opened_on": today, **_stripped(others)},
    )
    refuse_inactive(owner)
    deal.full_clean(exclude=RELATIONS)
    deal.save()
    StageTransition.objects.create(deal=deal, to_stage=deal.stage, kind=MoveKind.FORWARD, by=by, at=at)
    _refuse_hiding(deal, by)
    if next_step:
        add_task(deal=deal, title=next_step, due_on=next_step_on or today, assignee=owner or by, by=by)
    if stage.pk != deal.stage_id:
        deal = move_deal(
            deal=deal,
            target=stage,
            by=by,
            at=at,
            today=today,
            reason=reason,
            waive=waive,
            waiver_reason=waiver_reason,
        )
    return deal


@transaction.atomic
def create_deal_with_new_company(*, company_name: str, by: User, **values: Any) -> Deal:
    """Create a company with its first deal; `values` and errors are those of `create_deal`.

    Raise also DomainError for a name that a company has already.
    """
    return create_deal(company=create_company(values={"name": company_name}, by=by), by=by, **values)


@transaction.atomic
def change_deal(
    *,
    deal: Deal,
    changes: Mapping[str, Any],
    by: User,
    expected_version: int | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Deal:
    """Change facts of a deal.

    With an older `expected_version` the change is still made when every changed field holds what the writer has
    `seen`; else StaleDealError. Raise ValidationError for implausible values, DomainError for an owner who is not
    active or a change after which `by` would no longer see the deal, PermissionRefusedError without the permission.
    """
    _refuse_unknown(changes)
    if not by.has_perm("deals.change_deal"):
        raise PermissionRefusedError(_("Your role cannot change deals."))
    deal = lock_deal(deal)
    if expected_version is not None and deal.version != expected_version:
        moved_on = [name for name in changes if seen is None or getattr(deal, name) != seen.get(name)]
        if moved_on:
            raise StaleDealError(deal, moved_on)
    if "owner" in changes:
        _refuse_owner_change(deal, changes["owner"], by)
    refuse_unseen(changes.get("title", ""), field="title")
    for name, value in _stripped(changes).items():
        setattr(deal, name, value)
    deal.full_clean(exclude=RELATIONS)
    _save(deal, changes)
    if "owner" in changes:
        _refuse_losing_sight(deal, by)
    return deal


def _refuse_unknown(facts: Mapping[str, Any]) -> None:
    if unknown := facts.keys() - CHANGEABLE:
        raise TypeError(f"a deal has no changeable {sorted(unknown)}")


def _stripped(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}


def lock_deal(deal: Deal) -> Deal:
    """Return a fresh, locked copy of a deal; call it inside a transaction."""
    deals = Deal.objects.select_for_update(of=("self",)).select_related(*RELATIONS)
    locked = deals.filter(pk=deal.pk).first()
    if locked is None:
        # Who held the lock changed a relation: PostgreSQL looks at the new row beside the old one's, and finds no pair.
        Deal.objects.select_for_update().get(pk=deal.pk)
        locked = deals.get(pk=deal.pk)
    return locked


def unclosed_deals_with(company: Company, *, user: User) -> models.QuerySet[Deal]:
    """Return the deals with a company that are neither lost nor ended and exist for a user, newest first."""
    deals = Deal.objects.visible_to(user).unclosed().filter(company=company)
    return deals.select_related("stage", "owner", "company").order_by("-updated_at", "-pk")


def _save(deal: Deal, changes: Mapping[str, Any]) -> None:
    # The trigger raises the version; the expression makes Django read it back.
    deal.version = models.F("version")
    deal.save(update_fields=[*changes, "version"])


def first_stage(stage: Stage) -> Stage:
    """Return the stage that a deal on its way to another one starts in. Raise DomainError for one not in use."""
    if stage.archived_at is not None or stage.pipeline.archived_at is not None:
        raise DomainError(_("Choose a stage that is in use."), field="stage")
    path = Stage.objects.filter(pipeline=stage.pipeline_id, type__in=PATH_TYPES, archived_at__isnull=True)
    return path.order_by("position", "pk").first() or stage


def refuse_inactive(owner: User | None) -> None:
    """Raise DomainError for an owner who is not active any more."""
    if owner is not None and not owner.is_active:
        raise DomainError(_("%(name)s is not active any more.") % {"name": owner}, field="owner")


def _refuse_owner_change(deal: Deal, owner: User | None, by: User) -> None:
    refuse_inactive(owner)
    if deal.is_confidential and deal.owner_id != by.pk and not by.has_perm("deals.see_confidential_deal"):
        raise DomainError(_("Only its owner or a manager hands on a confidential deal."), field="owner")


def _refuse_hiding(deal: Deal, by: User) -> None:
    if not _is_hidden_from(by, deal):
        return
    if deal.owner is None:
        raise DomainError(
            _("Choose an owner, or yourself: without one you would not see this confidential deal."), field="owner"
        )
    raise DomainError(_("Choose yourself: you would not see a confidential deal of this owner."), field="owner")


def _refuse_losing_sight(deal: Deal, by: User) -> None:
    if _is_hidden_from(by, deal):
        raise DomainError(_("You would no longer see this deal. Join its team first."), field="owner")


def _is_hidden_from(user: User, deal: Deal) -> bool:
    return deal.is_confidential and not Deal.objects.visible_to(user).filter(pk=deal.pk).exists()
