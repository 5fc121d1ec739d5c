"""Agreements as a resource."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import models, transaction
from rest_framework import serializers

from accounts.models import User
from deals.api.papers import seen_document
from deals.models import Deal
from deals.models.deals import deal_code
from lrs_tracker.api.actions import ActionView
from lrs_tracker.api.reading import (
    TEXT,
    Member,
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
from lrs_tracker.api.refs import Refs, refs_of
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Choice, Day, DistinctList, Link, StrictSerializer, Text, WholeNumber, Writer
from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.domain_functions import DomainFunctions
from lrs_tracker.visibility import Viewer
from plants.models import Plant
from royalties.api.amounts import amount_in, plain_amount, plain_amounts
from royalties.api.filters import AgreementsFilter
from royalties.domain.agreements import (
    change_agreement,
    create_agreement,
    delete_agreement,
    expire_agreement,
    sign_agreement,
    terminate_agreement,
)
from royalties.domain.year_amounts import YearValue, set_year_amounts
from royalties.enums import (
    AgreementStatus,
    AgreementType,
    CapWindow,
    DueFrom,
    FieldOfUse,
    FxRule,
    ReportingPeriod,
    Rounding,
)
from royalties.models import Agreement, AgreementPlant, Amendment, Cap, Minimum
from royalties.models.agreements import RULES_WITH_CLAUSE

_MOST_PLANTS = 200
_MOST_YEARS = 150
_FACTS = [
    "title",
    "type",
    "licensor",
    "licensee",
    "plants",
    "fields_of_use",
    "effective_on",
    "expires_on",
    "notice_on",
    "currency",
    "contract_year_start",
    "reporting_period",
    "report_days",
    "payment_days",
    "due_from",
    "minimums",
    "prorate_minimum",
    "caps",
    "cap_window",
    "advance",
    "is_advance_recoupable",
    "is_advance_repayable",
    "withholding_percent",
    "is_grossed_up",
    "fx_rule",
    "rounding",
    "interest_percent",
    "interest_days",
    "grace_days",
    "audit_notice_days",
    "audit_years",
    "audit_tolerance_percent",
    "clauses",
    "refs",
]
_BEYOND_FACTS = ("minimums", "caps", "amendment")


class YearAmountBody(StrictSerializer):
    """An amount that holds from a contract year on."""

    contract_year = WholeNumber(min_value=1, max_value=_MOST_YEARS)
    amount = amount_in("amount")


class ClausesBody(StrictSerializer):
    """The number of the clause that each rule comes from."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return a text for each rule."""
        return {rule: Text(max_length=20, allow_blank=True, required=False) for rule in RULES_WITH_CLAUSE}


class _AgreementFacts(Writer):
    """What an agreement may be created with and changed to."""

    plants = DistinctList(child=Link(Plant), required=False, max_length=_MOST_PLANTS)
    fields_of_use = DistinctList(child=Choice(choices=FieldOfUse.choices), required=False, max_length=len(FieldOfUse))
    advance = amount_in("advance", required=False)
    minimums = serializers.ListField(child=YearAmountBody(), required=False, max_length=_MOST_YEARS)
    caps = serializers.ListField(child=YearAmountBody(), required=False, max_length=_MOST_YEARS)
    clauses = ClausesBody(required=False)
    refs = Refs(required=False)


class AgreementCreator(_AgreementFacts):
    """A draft agreement of a deal, with the rules of its calculation."""

    class Meta:
        model = Agreement
        fields = ["deal", *_FACTS]


class AgreementChanger(_AgreementFacts):
    """Facts and rules of an agreement, which stays with its deal."""

    amendment = Link(Amendment, required=False, help_text="The amendment by which minimums and caps change.")

    class Meta:
        model = Agreement
        fields = [*_FACTS, "document", "amendment"]


def _create(*, deal: Deal, values: Mapping[str, Any], plants: Collection[Plant] = (), by: User) -> Agreement:
    facts = _facts(values, values["currency"])
    agreement = create_agreement(deal=deal, values=facts, plants=plants, by=by)
    if not (years := _years(values, agreement.currency)):
        return agreement
    return set_year_amounts(
        agreement=agreement, minimums=years.get("minimums"), caps=years.get("caps"), rules={}, by=by
    )


@transaction.atomic
def _change(
    *,
    agreement: Agreement,
    values: Mapping[str, Any],
    plants: Collection[Plant] | None = None,
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    currency = values.get("currency", agreement.currency)
    facts, years = _facts(values, currency), _years(values, currency)
    # The two rules that say how amounts of years apply change with these, which an amendment may do.
    rules: dict[str, Any] = {
        name: facts.pop(name) for name in ("prorate_minimum", "cap_window") if years and name in facts
    }
    if facts or plants is not None:
        agreement = change_agreement(
            agreement=agreement, values=facts, plants=plants, expected_version=expected_version, by=by
        )
        expected_version = None
    if years:
        amendment = values.get("amendment")
        agreement = set_year_amounts(
            agreement=agreement,
            minimums=years.get("minimums"),
            caps=years.get("caps"),
            rules=rules,
            amendment=amendment,
            expected_version=expected_version,
            by=by,
        )
    return agreement


def _facts(values: Mapping[str, Any], currency: str) -> dict[str, Any]:
    facts = plain_amounts(values, ("advance",), currency)
    if "clauses" in facts:
        facts["clauses"] = {rule: clause for rule, clause in facts["clauses"].items() if clause}
    return {name: value for name, value in facts.items() if name not in _BEYOND_FACTS}


def _years(values: Mapping[str, Any], currency: str) -> dict[str, Sequence[YearValue]]:
    return {
        name: [YearValue(one["contract_year"], plain_amount(one, "amount", currency)) for one in values[name]]  # type: ignore[arg-type]  # required
        for name in ("minimums", "caps")
        if name in values
    }


class SignBody(StrictSerializer):
    """When an agreement was signed."""

    signed_on = Day(validators=[validate_plausible_date])


class SignView(ActionView):
    """Putting a draft into force."""

    verb = "sign"
    summary = "Put an agreement into force"
    details = "409 `unsignable` lists what is missing or contradicts."
    body = SignBody

    def act(self, row: Agreement, values: dict[str, Any], expected: int | None) -> object:
        """Put it into force."""
        return sign_agreement(agreement=row, **values, expected_version=expected, by=self.by)


class TerminateBody(StrictSerializer):
    """When an agreement ended."""

    ended_on = Day(validators=[validate_plausible_date])


class TerminateView(ActionView):
    """Ending an agreement early."""

    verb = "terminate"
    summary = "End an agreement before its last day"
    body = TerminateBody

    def act(self, row: Agreement, values: dict[str, Any], expected: int | None) -> object:
        """End it."""
        return terminate_agreement(agreement=row, **values, expected_version=expected, by=self.by)


class ExpireView(ActionView):
    """Marking an agreement as expired."""

    verb = "expire"
    summary = "Mark an agreement as expired, once its last day has passed"

    def act(self, row: Agreement, values: dict[str, Any], expected: int | None) -> object:
        """Mark it."""
        return expire_agreement(agreement=row, today=self.today, expected_version=expected, by=self.by)


def _code(deal_id: int, of_deal: int) -> str:
    return f"{deal_code(deal_id)}/{of_deal}"


def _amounts_by_year(rows: Any) -> Member:
    return objects(
        rows,
        of="agreement_id",
        members={
            "contract_year": integer("contract_year"),
            "amount": money("amount", "agreement__currency"),
            "amendment": link("amendment_id"),
        },
        order="contract_year",
    )


@register
class Agreements(Resource):
    """Contracts of deals."""

    name = "agreements"
    singular = "agreement"
    title = "Agreements"
    description = (
        "A contract of a deal, with the rules by which its royalties are calculated. It can be changed until "
        "statements rest on it; then 409 `amendment-needed` or `state`. Only a draft can be deleted."
    )
    model = Agreement
    members = versioned(
        {
            "code": Member(("deal_id", "number"), {**TEXT, "examples": ["LRS-0008/2"]}, _code),
            "deal": key("deal_id"),
            "number": integer("number"),
            "title": text("title"),
            "type": choice("type", AgreementType),
            "status": choice("status", AgreementStatus),
            "licensor": key("licensor_id"),
            "licensor_name": text("licensor__name"),
            "licensee": key("licensee_id"),
            "plants": ids(AgreementPlant.objects.all(), of="agreement_id", column="plant_id"),
            "fields_of_use": choices("fields_of_use", FieldOfUse),
            "document": link("seen_document"),
            "signed_on": date("signed_on"),
            "effective_on": date("effective_on"),
            "expires_on": date("expires_on"),
            "notice_on": date("notice_on"),
            "ended_on": date("ended_on"),
            "currency": text("currency"),
            "contract_year_start": text("contract_year_start"),
            "reporting_period": choice("reporting_period", ReportingPeriod),
            "report_days": integer("report_days"),
            "payment_days": integer("payment_days"),
            "due_from": choice("due_from", DueFrom),
            "minimums": _amounts_by_year(Minimum.objects.all()),
            "prorate_minimum": flag("prorate_minimum"),
            "caps": _amounts_by_year(Cap.objects.all()),
            "cap_window": choice("cap_window", CapWindow),
            "advance": money("advance", "currency"),
            "is_advance_recoupable": flag("is_advance_recoupable"),
            "is_advance_repayable": flag("is_advance_repayable"),
            "withholding_percent": number("withholding_percent"),
            "is_grossed_up": flag("is_grossed_up"),
            "fx_rule": choice("fx_rule", FxRule),
            "rounding": choice("rounding", Rounding),
            "interest_percent": number("interest_percent"),
            "interest_days": integer("interest_days"),
            "grace_days": integer("grace_days"),
            "audit_notice_days": integer("audit_notice_days", nullable=True),
            "audit_years": integer("audit_years", nullable=True),
            "audit_tolerance_percent": number("audit_tolerance_percent"),
            "clauses": Member(("clauses",), {"type": "object", "additionalProperties": TEXT}),
            "amendments": objects(
                Amendment.objects.all(),
                of="agreement_id",
                members={
                    "id": key(),
                    "number": integer("number"),
                    "title": text("title"),
                    "signed_on": date("signed_on"),
                    "effective_on": date("effective_on"),
                    "withholding_percent": number("withholding_percent"),
                    "summary": text("summary"),
                },
                order="number",
            ),
            "refs": refs_of("agreement"),
        }
    )
    filters = AgreementsFilter
    orders = {"title": "title", "created_at": "created_at"}
    includes = {"deal": Include("deal", "deals"), "licensee": Include("licensee", "companies")}
    creator = AgreementCreator
    changer = AgreementChanger
    domain = DomainFunctions(create=_create, change=_change, delete=delete_agreement)
    has_refs = True
    actions = {"sign": SignView, "terminate": TerminateView, "expire": ExpireView}

    def visible(self, user: Viewer) -> models.QuerySet[Any]:
        """Return the agreements that exist for a user, with the documents that do."""
        return super().visible(user).annotate(seen_document=seen_document(user))
