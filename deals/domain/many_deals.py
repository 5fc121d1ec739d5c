"""Creating and changing many deals at once, in a handful of statements.

What a deal may be is what `deals.domain.deals` says; only plain facts go this way. Whatever is not plain, such as a
deal that starts further along, is refused with OneByOneError: the caller then takes the deals one by one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.domain.deals import CHANGEABLE, RELATIONS, first_stage, refuse_inactive
from deals.domain.moves import top_rank
from deals.enums import MoveKind
from deals.models import Deal, Stage, StageTransition
from lrs_tracker.many_rows import insert_many, update_many
from lrs_tracker.problems import DomainError, PermissionRefusedError
from lrs_tracker.visible_text import refuse_unseen


class OneByOneError(DomainError):
    """Refuse to do for many at once what has to be looked at one by one."""

    code = "one-by-one"


@transaction.atomic
def create_deals(*, rows: Sequence[Mapping[str, Any]], by: User, at: dt.datetime, today: dt.date) -> list[Deal]:
    """Create deals in the first stage of their pipelines, each with its first transition, and return them.

    `rows` are values for `create_deal`. Raise what it raises, and IntegrityError where it raises ValidationError for
    what only the database checks.
    """
    if not by.has_perm("deals.add_deal"):
        raise PermissionRefusedError(_("Your role cannot create deals."))
    first: dict[int, Stage] = {}
    deals = []
    for row in rows:
        company, stage = row["company"], row["stage"]
        if company.archived_at is not None:
            raise DomainError(_("%(company)s is archived.") % {"company": company}, field="company")
        if stage.pk not in first:
            first[stage.pk] = first_stage(stage)
        if first[stage.pk].pk != stage.pk:
            raise OneByOneError(_("This deal passes gates on its way."))
        deal = Deal(entered_stage_at=at, rank=top_rank(at), opened_on=today)
        _set(deal, row)
        refuse_inactive(deal.owner)
        deals.append(deal)
    insert_many(deals)
    insert_many(
        [
            StageTransition(deal_id=deal.pk, to_stage_id=deal.stage_id, kind=MoveKind.FORWARD, by_id=by.pk, at=at)
            for deal in deals
        ]
    )
    return deals


@transaction.atomic
def change_deals(*, changes: Sequence[tuple[Deal, Mapping[str, Any]]], by: User) -> None:
    """Change facts of deals that are locked. Raise what `change_deal` raises, and IntegrityError as above."""
    if not by.has_perm("deals.change_deal"):
        raise PermissionRefusedError(_("Your role cannot change deals."))
    alike: dict[tuple[str, ...], list[Deal]] = defaultdict(list)
    for deal, values in changes:
        if values.keys() - CHANGEABLE:
            raise OneByOneError(_("This is no plain fact."))
        if "owner" in values:
            if deal.is_confidential:
                raise OneByOneError(_("Who knows of a confidential deal changes with its owner."))
            refuse_inactive(values["owner"])
        different = {name: value for name, value in values.items() if getattr(deal, name) != value}
        _set(deal, values)
        if different:
            alike[tuple(sorted(different))].append(deal)
    for names, deals in alike.items():
        update_many(deals, names)


def _set(deal: Deal, values: Mapping[str, Any]) -> None:
    """Set plain facts of a deal. Raise ValidationError for implausible values."""
    refuse_unseen(values.get("title", ""), field="title")
    for name, value in values.items():
        setattr(deal, name, value.strip() if isinstance(value, str) else value)
    deal.clean_fields(exclude=RELATIONS)
