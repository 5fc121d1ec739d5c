"""Agreements, royalty terms and fees over the API."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from royalties.enums import AgreementStatus
from royalties.models import Agreement, Fee, RoyaltyTerm
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, DocumentFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    FeeFactory,
    IssuedStatementFactory,
    LicensorFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(caller_of):
    """A caller of finance."""
    return caller_of(Role.FINANCE)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def new_agreement(**facts):
    """Return the body of a new agreement."""
    return {
        "deal": str(DealFactory().pk),
        "title": "Licence Nordwind",
        "licensor": str(LicensorFactory().pk),
        "licensee": str(CompanyFactory().pk),
        "effective_on": "2026-01-01",
        "currency": "USD",
        **facts,
    }


def tier(up_to, rate):
    return {"up_to": up_to, "rate": rate}


def test_agreement_goes_from_draft_through_its_terms_into_force(finance):
    plant = PlantFactory()
    body = new_agreement(
        plants=[str(plant.pk)],
        fields_of_use=["ev"],
        minimums=[{"contract_year": 1, "amount": usd("20000000.00")}],
        caps=[{"contract_year": 1, "amount": usd("30000000.00")}],
        advance=usd("15000000.00"),
        clauses={"minimum": "5.1", "cap": ""},
        refs=[{"system": "erp", "external_id": "A1"}],
    )
    made = finance.post("agreements", body)
    assert made.status_code == 201, made.content
    agreement = made.json()
    assert finance.get(f"agreements/{agreement['id']}").json() == agreement
    year = {"contract_year": 1, "amendment": None}
    expected = {
        "code": Agreement.objects.get().code,
        "status": "draft",
        "plants": [str(plant.pk)],
        "fields_of_use": ["ev"],
        "minimums": [{**year, "amount": usd("20000000.00")}],
        "caps": [{**year, "amount": usd("30000000.00")}],
        "advance": usd("15000000.00"),
        "clauses": {"minimum": "5.1"},
        "refs": [{"system": "erp", "external_id": "A1"}],
        "effective_on": "2026-01-01",
    }
    assert {name: agreement[name] for name in expected} == expected

    unsigned = finance.post(f"agreements/{agreement['id']}/sign", {"signed_on": "2025-12-01"})
    assert problem(unsigned, 409) == [(None, "unsignable")]
    assert unsigned.json()["errors"][0]["message"] == "It has no royalty term, fee or service."

    term = finance.post(
        "royalty-terms",
        {
            "agreement": agreement["id"],
            "label": "Royalty per kWh",
            "clause": "4.1",
            "effective_from": "2026-01-01",
            "tiers": [tier("5000000", "2.00"), tier("15000000.000", "1.5"), tier(None, "1")],
            "plants": [str(plant.pk)],
            "fields": ["ev"],
        },
    )
    assert term.status_code == 201, term.content
    assert (term.json()["tiers"], term.json()["plants"], term.json()["fields"], term.json()["currency"]) == (
        [tier("5000000.000", "2.00000000"), tier("15000000.000", "1.50000000"), tier(None, "1.00000000")],
        [str(plant.pk)],
        ["ev"],
        "USD",
    )

    current = finance.get(f"agreements/{agreement['id']}")
    signed = finance.post(f"agreements/{agreement['id']}/sign", {"signed_on": "2025-12-01"}, If_Match=current["ETag"])
    assert signed.status_code == 200, signed.content
    assert (signed.json()["status"], signed.json()["signed_on"]) == ("in_force", "2025-12-01")
    assert problem(finance.post(f"agreements/{agreement['id']}/sign", {"signed_on": "2025-12-01"}), 409) == []


def test_facts_of_an_agreement_are_changed_against_a_version(finance):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    tag = finance.get(f"agreements/{agreement.pk}")["ETag"]
    plant = PlantFactory()

    changed = finance.patch(
        f"agreements/{agreement.pk}",
        {
            "title": "New title",
            "plants": [str(plant.pk)],
            "minimums": [{"contract_year": 2, "amount": usd("5.00")}],
            "prorate_minimum": True,
        },
        If_Match=tag,
    )

    assert changed.status_code == 200, changed.content
    one = changed.json()
    assert (one["title"], one["plants"], one["prorate_minimum"]) == ("New title", [str(plant.pk)], True)
    assert [amount["amount"] for amount in one["minimums"]] == [usd("5.00")]
    assert problem(finance.patch(f"agreements/{agreement.pk}", {"title": "Z"}, If_Match=tag), 412) == []
    assert problem(finance.patch(f"agreements/{agreement.pk}", {"minimums": []}, If_Match=tag), 412) == []
    assert Agreement.objects.get().title == "New title"


def test_minimum_and_cap_change_together(finance):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    for minimum, cap in (("10", "12"), ("20", "25"), ("5", "8")):
        years = {
            "minimums": [{"contract_year": 1, "amount": usd(minimum)}],
            "caps": [{"contract_year": 1, "amount": usd(cap)}],
        }
        assert finance.patch(f"agreements/{agreement.pk}", years).status_code == 200
    refused = finance.patch(f"agreements/{agreement.pk}", {"caps": [{"contract_year": 1, "amount": usd("4")}]})
    assert set(problem(refused, 400)) == {("caps", "contradiction")}


def test_agreement_is_put_by_the_id_of_another_system(finance):
    body = new_agreement()
    made = finance.put("agreements/by-ref/erp/7", body)
    assert made.status_code == 201, made.content
    again = finance.put("agreements/by-ref/erp/7", {**body, "title": "Renamed"})
    assert again.status_code == 200, again.content
    assert (again.json()["id"], again.json()["title"]) == (made.json()["id"], "Renamed")
    done = finance.post(
        "agreements/bulk",
        {"operations": [{"op": "upsert", "ref": {"system": "erp", "external_id": "7"}, "data": {"title": "Bulk"}}]},
    )
    assert [one["status"] for one in done.json()["results"]] == [200]
    assert finance.get("agreements/by-ref/erp/7").json()["title"] == "Bulk"


@pytest.mark.parametrize(
    ("facts", "errors"),
    [
        ({"expires_on": "2025-01-01"}, [("expires_on", "invalid")]),
        ({"contract_year_start": "02-30"}, [("contract_year_start", "invalid")]),
        ({"advance": {"amount": "1.00", "currency": "EUR"}}, [("advance", "other-currency")]),
        ({"advance": {"amount": "-1.00", "currency": "USD"}}, [("advance", "invalid")]),
        ({"advance": None}, [("advance", "null")]),
        ({"title": " "}, [("title", "blank")]),
        ({"currency": "XYZ"}, [("currency", "unknown_currency")]),
        ({"withholding_percent": "101"}, [("withholding_percent", "max_value")]),
        ({"withholding_percent": "NaN"}, [("withholding_percent", "invalid")]),
        ({"withholding_percent": 5}, [("withholding_percent", "not_text")]),
        ({"withholding_percent": "100", "is_grossed_up": True}, [("is_grossed_up", "invalid")]),
        ({"clauses": {"colour": "red"}}, [("clauses.colour", "unknown_field")]),
        ({"plants": ["9"]}, [("plants[0]", "unknown")]),
        ({"fields_of_use": ["moon"]}, [("fields_of_use[0]", "invalid_choice")]),
        ({"minimums": [{"contract_year": 0, "amount": usd("1")}]}, [("minimums[0].contract_year", "min_value")]),
        ({"status": "in_force"}, [("status", "unknown_field")]),
    ],
)
def test_agreements_that_contradict_are_refused(finance, facts, errors):
    assert problem(finance.post("agreements", new_agreement(**facts)), 400) == errors
    assert Agreement.objects.count() == 0


def test_what_statements_rest_on_stays(finance):
    agreement = AgreementFactory()
    term, fee = RoyaltyTermFactory(agreement=agreement), FeeFactory(agreement=agreement)
    IssuedStatementFactory(agreement=agreement)

    for answer, code in [
        (finance.patch(f"agreements/{agreement.pk}", {"payment_days": 10}), "state"),
        (finance.patch(f"agreements/{agreement.pk}", {"minimums": []}), "amendment-needed"),
        (finance.patch(f"royalty-terms/{term.pk}", {"label": "X"}), "amendment-needed"),
        (finance.patch(f"fees/{fee.pk}", {"label": "X"}), "amendment-needed"),
        (finance.delete(f"royalty-terms/{term.pk}"), "amendment-needed"),
        (finance.delete(f"fees/{fee.pk}"), "amendment-needed"),
        (finance.delete(f"agreements/{agreement.pk}"), "state"),
    ]:
        problem(answer, 409)
        assert answer.json()["type"].endswith(f":{code}")
        assert answer.json()["detail"]
    assert (RoyaltyTerm.objects.count(), Fee.objects.count(), Agreement.objects.count()) == (1, 1, 1)


def test_amendment_brings_a_term_a_fee_and_a_minimum(finance):
    agreement = AgreementFactory()
    term = RoyaltyTermFactory(agreement=agreement)
    amendment = AmendmentFactory(agreement=agreement, effective_on=dt.date(2027, 1, 1))
    other = AmendmentFactory()

    ended = finance.post(f"royalty-terms/{term.pk}/end", {"amendment": str(amendment.pk)})
    assert ended.status_code == 200, ended.content
    assert (ended.json()["effective_to"], ended.json()["ended_by"]) == ("2026-12-31", str(amendment.pk))
    body = {
        "agreement": str(agreement.pk),
        "label": "From 2027",
        "effective_from": "2027-01-01",
        "tiers": [tier(None, "1.25")],
        "continues": str(term.pk),
        "introduced_by": str(amendment.pk),
    }
    made = finance.post("royalty-terms", body)
    assert made.status_code == 201, made.content
    assert (made.json()["continues"], made.json()["introduced_by"]) == (str(term.pk), str(amendment.pk))
    fee = finance.post(
        "fees",
        {
            "agreement": str(agreement.pk),
            "label": "Amendment fee",
            "amount": usd("500.00"),
            "due_on": "2027-02-01",
            "introduced_by": str(amendment.pk),
        },
    )
    assert fee.status_code == 201, fee.content
    year = finance.patch(
        f"agreements/{agreement.pk}",
        {"minimums": [{"contract_year": 2, "amount": usd("7.00")}], "amendment": str(amendment.pk)},
    )
    assert year.json()["minimums"] == [{"contract_year": 2, "amount": usd("7.00"), "amendment": str(amendment.pk)}]

    foreign = finance.post("royalty-terms", {**body, "label": "Y", "introduced_by": str(other.pk)})
    assert problem(foreign, 400) == [(None, "invalid")]
    stranger = RoyaltyTermFactory()
    assert problem(finance.patch(f"royalty-terms/{made.json()['id']}", {"continues": str(stranger.pk)}), 400) == [
        ("continues", "invalid")
    ]


@pytest.mark.parametrize(
    ("facts", "errors"),
    [
        ({"tiers": [tier(None, "1"), tier("5", "2")]}, "tiers"),
        ({"tiers": []}, "tiers"),
        ({"tiers": [tier(None, 1)]}, "tiers[0].rate"),
        ({"tiers": [tier(None, "-1")]}, "tiers"),
        ({"effective_from": "2025-12-31"}, "effective_from"),
        ({"effective_to": "2025-12-30"}, "effective_to"),
        ({"escalator": "percent"}, "escalator_percent"),
        ({"basis": "net_sales", "tiers": [tier(None, "101")]}, "tiers"),
    ],
)
def test_terms_that_contradict_are_refused(finance, facts, errors):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    body = {
        "agreement": str(agreement.pk),
        "label": "Royalty",
        "effective_from": "2026-01-01",
        "tiers": [tier(None, "1")],
        **facts,
    }
    refused = problem(finance.post("royalty-terms", body), 400)
    assert {field for field, _code in refused} == {errors}
    assert RoyaltyTerm.objects.count() == 0


def test_term_and_fee_are_changed_and_deleted(finance):
    agreement = AgreementFactory(status=AgreementStatus.DRAFT)
    term, fee = RoyaltyTermFactory(agreement=agreement), FeeFactory(agreement=agreement)

    changed = finance.patch(f"royalty-terms/{term.pk}", {"tiers": [tier(None, "3.5")], "mode": "volume"})
    assert (changed.json()["tiers"], changed.json()["mode"]) == ([tier(None, "3.50000000")], "volume")
    stale = finance.delete(f"royalty-terms/{term.pk}", If_Match='"1"')
    assert problem(stale, 412) == []
    assert finance.delete(f"royalty-terms/{term.pk}", If_Match=changed["ETag"]).status_code == 204
    assert problem(finance.get(f"royalty-terms/{term.pk}"), 404) == []

    changed = finance.patch(f"fees/{fee.pk}", {"amount": usd("1500000.00"), "kind": "other"})
    assert (changed.json()["amount"], changed.json()["kind"]) == (usd("1500000.00"), "other")
    assert problem(finance.patch(f"fees/{fee.pk}", {"amount": {"amount": "1", "currency": "EUR"}}), 400) == [
        ("amount", "other-currency")
    ]
    assert problem(finance.patch(f"fees/{fee.pk}", {"due_on": None}), 400) == [("due_on", "invalid")]
    assert problem(finance.patch(f"fees/{fee.pk}", {"amount": usd("-1")}), 400) == [("amount", "invalid")]
    assert finance.delete(f"fees/{fee.pk}").status_code == 204
    assert finance.delete(f"agreements/{agreement.pk}").status_code == 204
    assert Agreement.objects.count() == 0


def test_agreement_ends(finance):
    ending = AgreementFactory(expires_on=dt.date(2020, 1, 1), effective_on=dt.date(2010, 1, 1))
    going = AgreementFactory(expires_on=dt.date(2090, 1, 1))

    assert finance.post(f"agreements/{ending.pk}/expire", None).json()["status"] == "expired"
    assert problem(finance.post(f"agreements/{going.pk}/expire", {}), 409) == []
    assert problem(finance.post(f"agreements/{going.pk}/expire", {"now": True}), 400) == [("now", "unknown_field")]
    late = finance.post(f"agreements/{going.pk}/terminate", {"ended_on": "2091-01-01"})
    assert problem(late, 400) == [("ended_on", "invalid")]
    ended = finance.post(f"agreements/{going.pk}/terminate", {"ended_on": "2027-06-30"})
    assert (ended.json()["status"], ended.json()["ended_on"]) == ("terminated", "2027-06-30")
    assert problem(finance.patch(f"agreements/{going.pk}", {"title": "X"}), 409) == []


def test_text_of_another_deal_is_not_taken(finance):
    agreement = AgreementFactory()
    documents = [DocumentFactory(deal=deal) for deal in (agreement.deal, DealFactory())]
    own, other = (str(document.pk) for document in documents)
    assert finance.patch(f"agreements/{agreement.pk}", {"document": own}).json()["document"] == own
    assert problem(finance.patch(f"agreements/{agreement.pk}", {"document": other}), 400) == [("document", "invalid")]


def test_lists_of_agreements_terms_and_fees_are_narrowed(finance):
    plant = PlantFactory()
    first = AgreementFactory(title="Nordwind one", plants=[plant], currency="EUR", type="service")
    second = AgreementFactory(title="Other", status=AgreementStatus.DRAFT, effective_on=dt.date(2028, 1, 1))
    term = RoyaltyTermFactory(agreement=first, label="Per kWh", effective_to=dt.date(2026, 12, 31))
    later = RoyaltyTermFactory(agreement=second, label="Share", basis="net_sales", effective_from=dt.date(2028, 1, 1))
    term.plants.add(plant)
    fee = FeeFactory(agreement=first, label="Upfront", amount=Decimal(5), plant=plant)
    milestone = FeeFactory(agreement=second, label="Other", kind="service", due_on=dt.date(2028, 5, 1))

    def ids(address):
        answer = finance.get(address)
        assert answer.status_code == 200, answer.content
        return [int(one["id"]) for one in answer.json()["results"]]

    for query in (
        "q=nordwind",
        f"plant={plant.pk}",
        "currency=eur",
        "type=service",
        "status=in_force",
        f"licensor={first.licensor_id}",
        "period_to=2027-01-01",
        f"q={first.code}",
    ):
        assert ids(f"agreements?{query}") == [first.pk], query
    for query in ("q=kwh", f"plant={plant.pk}", "basis=energy_sold", "period_to=2027-12-31"):
        assert ids(f"royalty-terms?{query}") == [term.pk], query
    assert ids("royalty-terms?period_from=2027-01-01") == [later.pk]
    for query in ("q=upfront", f"plant={plant.pk}", "kind=upfront", "period_to=2027-12-31"):
        assert ids(f"fees?{query}") == [fee.pk], query
    assert ids("fees?trigger=date&period_from=2028-01-01") == [milestone.pk]
