"""What agreements charge, as resources: royalty terms and fees."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rest_framework import serializers

from accounts.models import User
from lrs_tracker.api.actions import ActionView
from lrs_tracker.api.reading import (
    choice,
    choices,
    date,
    flag,
    ids,
    integer,
    key,
    link,
    money,
    number,
    objects,
    text,
)
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Choice, DistinctList, ExactNumber, Link, StrictSerializer, Writer
from lrs_tracker.domain_functions import DomainFunctions
from plants.enums import Chemistry, MilestoneKind
from plants.models import Plant
from royalties.api.amounts import amount_in, plain_amounts
from royalties.api.filters import FeesFilter, TermsFilter
from royalties.domain.fees import add_fee, change_fee, remove_fee
from royalties.domain.terms import TierStep, add_term, change_term, end_term, remove_term
from royalties.enums import Basis, EscalatorKind, FeeKind, FeeTrigger, FieldOfUse, TierMode, TierWindow
from royalties.models import Agreement, Amendment, Fee, RoyaltyTerm, RoyaltyTermPlant, Tier

_MOST = 200
_TERM_FACTS = [
    "label",
    "clause",
    "basis",
    "mode",
    "window",
    "tiers",
    "effective_from",
    "effective_to",
    "plants",
    "chemistries",
    "fields",
    "is_creditable",
    "continues",
    "escalator",
    "escalator_percent",
    "escalator_floor_percent",
    "escalator_cap_percent",
    "index",
    "index_base_year",
    "index_lag_years",
]


class TierBody(StrictSerializer):
    """A tier: up to a quantity (null for the last) at a rate."""

    up_to = ExactNumber(max_digits=20, decimal_places=3, allow_null=True)
    rate = ExactNumber(max_digits=20, decimal_places=8)


class _TermFacts(Writer):
    """What a term may be created with and changed to."""

    plants = DistinctList(child=Link(Plant), required=False, max_length=_MOST)
    chemistries = DistinctList(child=Choice(choices=Chemistry.choices), required=False, max_length=len(Chemistry))
    fields = DistinctList(  # type: ignore[assignment]  # REST framework takes it out of the class
        child=Choice(choices=FieldOfUse.choices), required=False, max_length=len(FieldOfUse)
    )
    tiers = serializers.ListField(child=TierBody(), min_length=1, max_length=_MOST)


class TermCreator(_TermFacts):
    """A term of an agreement: of a draft, or by an amendment."""

    class Meta:
        model = RoyaltyTerm
        fields = ["agreement", *_TERM_FACTS, "introduced_by"]


class TermChanger(_TermFacts):
    """Facts and tiers of a term, which stays with its agreement."""

    class Meta:
        model = RoyaltyTerm
        fields = _TERM_FACTS


def _add_term(
    *,
    agreement: Agreement,
    values: Mapping[str, Any],
    tiers: Sequence[Mapping[str, Any]],
    plants: Collection[Plant] = (),
    introduced_by: Amendment | None = None,
    by: User,
) -> RoyaltyTerm:
    return add_term(
        agreement=agreement, values=values, tiers=_steps(tiers), plants=plants, amendment=introduced_by, by=by
    )


def _change_term(
    *,
    term: RoyaltyTerm,
    values: Mapping[str, Any],
    tiers: Sequence[Mapping[str, Any]] | None = None,
    plants: Collection[Plant] | None = None,
    expected_version: int | None = None,
    by: User,
) -> RoyaltyTerm:
    steps = None if tiers is None else _steps(tiers)
    return change_term(term=term, values=values, tiers=steps, plants=plants, expected_version=expected_version, by=by)


def _steps(tiers: Sequence[Mapping[str, Any]]) -> list[TierStep]:
    return [TierStep(tier["up_to"], tier["rate"]) for tier in tiers]


class EndBody(StrictSerializer):
    """The amendment that ends a term."""

    amendment = Link(Amendment)


class EndView(ActionView):
    """Ending a term by an amendment."""

    verb = "end"
    summary = "End a royalty term on the day before an amendment applies"
    body = EndBody

    def act(self, row: RoyaltyTerm, values: dict[str, Any], expected: int | None) -> object:
        """End it."""
        return end_term(term=row, **values, expected_version=expected, by=self.by)


@register
class RoyaltyTerms(Resource):
    """What royalties are charged on, and at which rates."""

    name = "royalty-terms"
    singular = "royalty-term"
    title = "Royalty terms"
    description = (
        "A royalty on one basis, in tiers. Rates are amounts of the agreement's currency per kWh or unit, percentages "
        "of net sales, or lump sums. Once statements rest on a term, only an amendment ends or replaces it: 409."
    )
    model = RoyaltyTerm
    members = versioned(
        {
            "agreement": key("agreement_id"),
            "label": text("label"),
            "clause": text("clause"),
            "basis": choice("basis", Basis),
            "mode": choice("mode", TierMode),
            "window": choice("window", TierWindow),
            "currency": text("agreement__currency"),
            "tiers": objects(
                Tier.objects.all(),
                of="term_id",
                members={"up_to": number("up_to"), "rate": number("rate")},
                order="position",
            ),
            "effective_from": date("effective_from"),
            "effective_to": date("effective_to"),
            "plants": ids(RoyaltyTermPlant.objects.all(), of="term_id", column="plant_id"),
            "chemistries": choices("chemistries", Chemistry),
            "fields": choices("fields", FieldOfUse),
            "is_creditable": flag("is_creditable"),
            "continues": link("continues_id"),
            "escalator": choice("escalator", EscalatorKind),
            "escalator_percent": number("escalator_percent"),
            "escalator_floor_percent": number("escalator_floor_percent"),
            "escalator_cap_percent": number("escalator_cap_percent"),
            "index": link("index_id"),
            "index_base_year": integer("index_base_year", nullable=True),
            "index_lag_years": integer("index_lag_years"),
            "introduced_by": link("introduced_by_id"),
            "ended_by": link("ended_by_id"),
        }
    )
    filters = TermsFilter
    orders = {"label": "label", "effective_from": "effective_from"}
    includes = {"agreement": Include("agreement", "agreements")}
    creator = TermCreator
    changer = TermChanger
    domain = DomainFunctions(create=_add_term, change=_change_term, delete=remove_term)
    actions = {"end": EndView}


_FEE_FACTS = ["label", "clause", "kind", "trigger", "amount", "due_on", "plant", "milestone", "offset_days"]


class _FeeFacts(Writer):
    """What a fee may be created with and changed to."""

    amount = amount_in("amount")


class FeeCreator(_FeeFacts):
    """A fee of an agreement."""

    class Meta:
        model = Fee
        fields = ["agreement", *_FEE_FACTS, "introduced_by"]


class FeeChanger(_FeeFacts):
    """Facts of a fee, which stays with its agreement."""

    class Meta:
        model = Fee
        fields = _FEE_FACTS


def _add_fee(
    *, agreement: Agreement, values: Mapping[str, Any], introduced_by: Amendment | None = None, by: User
) -> Fee:
    facts = plain_amounts(values, ("amount",), agreement.currency)
    return add_fee(agreement=agreement, values=facts, amendment=introduced_by, by=by)


def _change_fee(*, fee: Fee, values: Mapping[str, Any], expected_version: int | None = None, by: User) -> Fee:
    facts = plain_amounts(values, ("amount",), fee.agreement.currency)
    return change_fee(fee=fee, values=facts, expected_version=expected_version, by=by)


@register
class Fees(Resource):
    """Fixed amounts that fall due once."""

    name = "fees"
    singular = "fee"
    title = "Fees"
    description = (
        "A fixed amount that falls due once: on a date, on the effective date, or days after a plant's milestone. "
        "Once a statement rests on it, it stays: 409 `amendment-needed`."
    )
    model = Fee
    members = versioned(
        {
            "agreement": key("agreement_id"),
            "label": text("label"),
            "clause": text("clause"),
            "kind": choice("kind", FeeKind),
            "trigger": choice("trigger", FeeTrigger),
            "amount": money("amount", "agreement__currency"),
            "due_on": date("due_on"),
            "plant": link("plant_id"),
            "milestone": choice("milestone", MilestoneKind, blank=True),
            "offset_days": integer("offset_days"),
            "instalment": integer("instalment", nullable=True),
            "instalments": integer("instalments", nullable=True),
            "introduced_by": link("introduced_by_id"),
        }
    )
    filters = FeesFilter
    orders = {"label": "label"}
    includes = {"agreement": Include("agreement", "agreements")}
    creator = FeeCreator
    changer = FeeChanger
    domain = DomainFunctions(create=_add_fee, change=_change_fee, delete=remove_fee)
