"""Deals as a resource."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db import models, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from companies.enums import Region
from companies.models import Contact
from deals.api.many_deals import upsert_many
from deals.api.moves import MoveView, gate_conflict
from deals.domain.deal_parts import set_parts
from deals.domain.deals import CHANGEABLE, change_deal, create_deal, first_stage
from deals.domain.moves import GateUnmetError
from deals.domain.team import set_confidential
from deals.enums import ContactRole, Scope
from deals.filters import DealResourceFilter
from deals.models import Deal, DealContact, DealPlant, DealTeamMember, Stage
from deals.models.deals import deal_code
from lrs_tracker.api.exceptions import refuse_idle
from lrs_tracker.api.reading import (
    TEXT,
    Member,
    choice,
    choices,
    date,
    flag,
    ids,
    instant,
    integer,
    key,
    link,
    money,
    number,
    objects,
    text,
)
from lrs_tracker.api.refs import Refs, refs_of
from lrs_tracker.api.resources import Include, Resource, Upserted, register, versioned
from lrs_tracker.api.writing import Choice, Day, DistinctList, Flag, Link, Money, StrictSerializer, Text, Writer
from lrs_tracker.domain_functions import DomainFunctions
from plants.enums import Chemistry
from plants.models import Plant
from sync.domain.refs import Ref

_FACTS = [
    "company",
    "title",
    "owner",
    "scope",
    "chemistry",
    "region",
    "capacity_gwh",
    "annual_royalty",
    "is_confidential",
    "probability_percent",
    "plant_concept",
    "opened_on",
    "expected_effective_on",
    "signed_on",
    "effective_on",
    "expected_sop_on",
    "royalty_start_on",
]
# What hangs on a deal, written as whole lists.
_PARTS = ("team", "plants", "contacts")
_MOST_PARTS = 200


class DealContactBody(StrictSerializer):
    """A contact with a role in a deal."""

    contact = Link(Contact)
    role = Choice(choices=ContactRole.choices)


class _DealFacts(Writer):
    """What a deal may be created with and changed to."""

    annual_royalty = Money(amount="annual_royalty", currency="currency", required=False, allow_null=True)
    scope = DistinctList(child=Choice(choices=Scope.choices), required=False, max_length=len(Scope))
    is_confidential = Flag(required=False)
    team = DistinctList(
        child=Link(User), required=False, max_length=_MOST_PARTS, help_text="Everyone in it: others are taken off."
    )
    plants = DistinctList(
        child=Link(Plant), required=False, max_length=_MOST_PARTS, help_text="All of them: others are taken off."
    )
    contacts = DistinctList(
        child=DealContactBody(),
        required=False,
        max_length=_MOST_PARTS,
        help_text="All of them: other roles are taken away.",
    )
    refs = Refs(required=False)


class DealCreator(_DealFacts):
    """A new deal: its facts, the stage that it starts in, and its next step."""

    stage = Link(Stage)
    next_step = Text(max_length=200, required=False, allow_blank=True)
    next_step_on = Day(required=False)
    reason = Text(max_length=1000, required=False, allow_blank=True)

    class Meta:
        model = Deal
        fields = [*_FACTS, *_PARTS, "stage", "next_step", "next_step_on", "reason", "refs"]


class DealChanger(_DealFacts):
    """Facts of a deal; its stage changes by a move."""

    class Meta:
        model = Deal
        fields = [*_FACTS, *_PARTS, "refs"]


@transaction.atomic
def _create(*, values: Mapping[str, Any], by: User, at: dt.datetime, today: dt.date) -> Deal:
    facts = {name: value for name, value in values.items() if name not in _PARTS}
    _refuse_idle(values)
    try:
        deal = create_deal(**facts, by=by, at=at, today=today)
    except GateUnmetError as error:
        raise gate_conflict(error) from error
    return _set_parts(deal, values, by)


def _refuse_idle(values: Mapping[str, Any]) -> None:
    """Raise Invalid for what a new deal would drop."""
    idle = {}
    if values.get("next_step_on") and not values.get("next_step"):
        idle["next_step_on"] = _("This is the day of a next step, and there is none.")
    if values.get("reason") and values["stage"] == first_stage(values["stage"]):
        idle["reason"] = _("A deal that starts in the first stage takes no reason.")
    refuse_idle(idle)


@transaction.atomic
def _change(*, deal: Deal, values: Mapping[str, Any], by: User) -> Deal:
    changes = {name: value for name, value in values.items() if name in CHANGEABLE}
    if changes:
        deal = change_deal(deal=deal, changes=changes, by=by)
    if "is_confidential" in values:
        deal = set_confidential(deal=deal, is_confidential=values["is_confidential"], by=by)
    return _set_parts(deal, values, by)


def _set_parts(deal: Deal, values: Mapping[str, Any], by: User) -> Deal:
    parts = {name: values[name] for name in _PARTS if name in values}
    if "contacts" in parts:
        parts["contacts"] = [(one["contact"], one["role"]) for one in parts["contacts"]]
    return set_parts(deal=deal, by=by, **parts) if parts else deal


@register
class Deals(Resource):
    """Licensing deals."""

    name = "deals"
    singular = "deal"
    title = "Deals"
    description = (
        "A licensing deal with a company, in one stage of one pipeline. Its stage changes by a move; a deal ends "
        "instead of being deleted."
    )
    model = Deal
    members = versioned(
        {
            "code": Member(("pk",), TEXT, deal_code),
            "title": text("title"),
            "company": link("company_id"),
            "pipeline": key("stage__pipeline_id"),
            "stage": key("stage_id"),
            "entered_stage_at": instant("entered_stage_at"),
            "owner": link("owner_id"),
            "team": ids(DealTeamMember.objects.all(), of="deal_id", column="user_id"),
            "plants": ids(DealPlant.objects.all(), of="deal_id", column="plant_id"),
            "contacts": objects(
                DealContact.objects.all(),
                of="deal_id",
                members={"contact": key("contact_id"), "role": choice("role", ContactRole)},
            ),
            "scope": choices("scope", Scope),
            "chemistry": choice("chemistry", Chemistry, blank=True),
            "region": choice("region", Region, blank=True),
            "capacity_gwh": number("capacity_gwh"),
            "annual_royalty": money("annual_royalty", "currency"),
            "probability_percent": integer("probability_percent", nullable=True),
            "plant_concept": text("plant_concept"),
            "opened_on": date("opened_on"),
            "expected_effective_on": date("expected_effective_on"),
            "signed_on": date("signed_on"),
            "effective_on": date("effective_on"),
            "expected_sop_on": date("expected_sop_on"),
            "royalty_start_on": date("royalty_start_on"),
            "closed_on": date("closed_on"),
            "outcome_reason": text("outcome_reason"),
            "resume_on": date("resume_on"),
            "is_confidential": flag("is_confidential"),
            "refs": refs_of("deal"),
        }
    )
    filters = DealResourceFilter
    orders = {"entered_stage_at": "entered_stage_at", "created_at": "created_at"}
    includes = {
        "company": Include("company", "companies"),
        "pipeline": Include("pipeline", "pipelines"),
        "stage": Include("stage", "stages"),
        "plants": Include("plants", "plants"),
    }
    creator = DealCreator
    changer = DealChanger
    domain = DomainFunctions(create=_create, change=_change)
    has_refs = True
    actions = {"move": MoveView}
    # What hangs on a deal, and how it starts, is looked at one by one.
    plain_members = frozenset(
        ({*DealCreator.Meta.fields} | {*DealChanger.Meta.fields})
        - {*_PARTS, "is_confidential", "next_step", "next_step_on", "reason", "refs"}
    )

    def upsert_many(self, request: Request, upserts: Sequence[tuple[tuple[str, str], Any]]) -> list[Upserted]:
        """Create or change many deals at once."""
        return upsert_many(
            request, [(Ref(*ref), body) for ref, body in upserts], creator=DealCreator, changer=DealChanger
        )

    def filter_set(self, request: Request, rows: models.QuerySet[Any], params: QueryDict) -> Any:
        """Return the filters, which know who asks and when."""
        now: dt.datetime = timezone.now()
        return DealResourceFilter(params, deals=rows, user=cast(User, request.user), at=now)
