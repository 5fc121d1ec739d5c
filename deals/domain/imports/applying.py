"""Carrying out a plan, a few statements for thousands of rows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import batched

from accounts.models import User
from companies.models import Company, Contact
from deals.domain.imports.matching import DEAL_RESOURCE
from deals.domain.imports.plans import ChangedDeal, Extras, NewDeal, Plan
from deals.domain.moves import move_deal
from deals.enums import PATH_TYPES, MoveKind
from deals.models import Deal, DealContact, Note, Stage, StageTransition, Task
from lrs_tracker.many_rows import insert_many, update_many
from sync.models import ExternalRef

_BATCH = 500

type Progress = Callable[[int], None]


def apply_plan(
    *, plan: Plan, system: str, by: User | None, at: dt.datetime, today: dt.date, on_progress: Progress
) -> list[int]:
    """Write what a plan says, inside the caller's transaction; return the ids of refs on deals that were there.

    `on_progress` is told how many rows are done.
    """
    _create_surroundings(plan)
    done = plan.unchanged_count + plan.rejected_count
    on_progress(done)
    for group in batched(plan.new_deals, _BATCH):
        _create_deals(group, by)
        done += len(group)
        on_progress(done)
    for changed in plan.changed_deals:
        _move(changed, by, at, today)
    _change_deals(plan.changed_deals)
    pairs = [(each.deal, each.extras) for each in plan.taken]
    refs = _create_extras(pairs, system=system, by=by)
    on_progress(plan.row_count)
    created = {new.deal.pk for new in plan.new_deals}
    return [ref.pk for ref in refs if ref.object_id not in created]


def _create_surroundings(plan: Plan) -> None:
    """Make the pipeline, stages, companies, owners and contacts that the deals refer to."""
    if plan.pipeline.pk is None and plan.new_stages:
        plan.pipeline.save()
    Stage.objects.bulk_create(plan.new_stages)
    Company.objects.bulk_create(plan.new_companies)
    User.objects.bulk_create(plan.new_owners)
    Contact.objects.bulk_create(plan.new_contacts)


def _create_deals(group: tuple[NewDeal, ...], by: User | None) -> None:
    deals = [new.deal for new in group]
    insert_many(deals)
    StageTransition.objects.bulk_create(
        StageTransition(
            deal=deal,
            to_stage=deal.stage,
            kind=MoveKind.FORWARD if deal.stage.type in PATH_TYPES else MoveKind.ASIDE,
            reason=deal.outcome_reason,
            by=by,
            at=deal.entered_stage_at,
        )
        for deal in deals
    )


def _move(changed: ChangedDeal, by: User | None, at: dt.datetime, today: dt.date) -> None:
    if changed.move_to is None or by is None:
        return
    changed.deal = move_deal(
        deal=changed.deal,
        target=changed.move_to,
        by=by,
        at=at,
        today=today,
        reason=changed.move_reason,
        resume_on=changed.resume_on,
    )


def _change_deals(changed_deals: list[ChangedDeal]) -> None:
    alike: dict[tuple[str, ...], list[Deal]] = defaultdict(list)
    for changed in changed_deals:
        for attribute, value in changed.changes.items():
            setattr(changed.deal, attribute, value)
        if changed.changes:
            alike[tuple(sorted(changed.changes))].append(changed.deal)
    for attributes, deals in alike.items():
        update_many(deals, attributes)


def _create_extras(pairs: list[tuple[Deal, Extras]], *, system: str, by: User | None) -> list[ExternalRef]:
    Task.objects.bulk_create(_tasks(pairs), batch_size=_BATCH)
    Note.objects.bulk_create(
        [Note(deal=deal, body=extras.note, author=by) for deal, extras in pairs if extras.note], batch_size=_BATCH
    )
    DealContact.objects.bulk_create(
        [
            DealContact(deal=deal, contact=extras.contact[0], role=extras.contact[1])
            for deal, extras in pairs
            if extras.contact
        ],
        batch_size=_BATCH,
    )
    return ExternalRef.objects.bulk_create(
        [
            ExternalRef(resource=DEAL_RESOURCE, object_id=deal.pk, system=system, external_id=extras.external_id)
            for deal, extras in pairs
            if extras.external_id
        ],
        batch_size=_BATCH,
    )


def _tasks(pairs: list[tuple[Deal, Extras]]) -> Iterator[Task]:
    for deal, extras in pairs:
        if extras.next_step:
            title, due_on = extras.next_step
            yield Task(deal=deal, title=title, due_on=due_on, assignee_id=deal.owner_id)
