"""The calculator: the what-if calculation in the browser's own page."""

import json

import pytest
from django.urls import reverse

from accounts.enums import Role
from royalties.domain.sandbox_examples import read_examples
from tests.accounts.factories import UserFactory
from tests.royalties.worked_examples import EXAMPLES

pytestmark = pytest.mark.django_db

URL = "/royalties/calculator/"
# The example of the page for each of the contract.
OF_CONTRACT = {
    "1": "1 graduated, in two",
    "2": "2 volume, in two",
    "3": "3 restated",
    "4": "4 minimum",
    "5": "5 advance",
    "6": "6 currencies",
}


@pytest.fixture
def reader(client):
    user = UserFactory(role=Role.READ_ONLY)
    client.force_login(user)
    return user


def payable(response):
    return [str(statement.payable) for statement in response.context["calculator"].statements]


def problems(response):
    return {problem.field: str(problem.message) for problem in response.context["calculator"].problems}


def as_form(client, number="1"):
    """Return what a browser would send of the form of an example."""
    forms = client.get(URL, {"example": number}).context["calculator"].forms
    sent = {"by": "form", "terms": str(len(forms.terms))}
    for form in forms.all:
        for field in form:
            value = field.value()
            if hasattr(field.field, "cells"):
                for place, column in enumerate(field.field.cells):
                    sent[f"{field.html_name}-{column}"] = ["" if row[place] is None else row[place] for row in value]
            elif value not in (None, False):
                sent[field.html_name] = "on" if value is True else value
    return sent


@pytest.mark.parametrize("number", OF_CONTRACT)
def test_examples_are_those_of_the_contract(number):
    assert read_examples()[number].document == EXAMPLES[OF_CONTRACT[number]][0]


@pytest.mark.parametrize("number", OF_CONTRACT)
def test_example_is_calculated_from_the_page_the_form_and_the_text(client, reader, number):
    document, totals = EXAMPLES[OF_CONTRACT[number]]

    shown = client.get(URL, {"example": number})
    typed = client.post(URL, as_form(client, number))
    pasted = client.post(URL, {"by": "json", "scenario": json.dumps(document)})

    for response in (shown, typed, pasted):
        assert response.status_code == 200
        assert payable(response) == totals["payable"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_channel_example_can_be_pasted(client, reader, name):
    document, totals = EXAMPLES[name]

    assert payable(client.post(URL, {"by": "json", "scenario": json.dumps(document)})) == totals["payable"]


def test_form_becomes_the_text_of_the_same_scenario_and_back(client, reader):
    text = client.post(URL, {**as_form(client, "4"), "to": "json"}).context["calculator"].text
    form = client.post(URL, {"by": "json", "scenario": text, "to": "form"})

    assert json.loads(text)["agreement"]["minimums"] == [{"contract_year": 1, "amount": "20000000.00"}]
    assert form.context["calculator"].mode == "form"
    assert payable(form) == EXAMPLES["4 minimum"][1]["payable"]


def test_problems_stand_beside_the_field_and_nothing_typed_is_lost(client, reader):
    sent = as_form(client)
    sent["term-0-tiers-up_to"] = ["5,000,000", "4,000,000", ""]
    sent["rules-currency"] = "XXY"
    sent["reported-reports-energy_sold_kwh"] = ["nine", "9000000"]

    response = client.post(URL, sent)

    assert response.status_code == 422
    assert set(problems(response)) == {"agreement.currency", "terms[0].tiers[1].up_to", "reports[0].energy_sold_kwh"}
    forms = response.context["calculator"].forms
    assert "Row 2" in forms.terms[0].errors["tiers"][0]
    assert "Row 1, sold, kWh" in forms.reported.errors["reports"][0]
    assert list(forms.rules.errors) == ["currency"]
    assert b'value="nine"' in response.content
    assert payable(response) == []


def test_terms_are_added_and_removed(client, reader):
    more = client.post(URL, {**as_form(client), "add": "term"})
    fewer = client.post(URL, {**as_form(client), "remove": "0"})

    assert len(more.context["calculator"].forms.terms) == 2
    assert fewer.context["calculator"].forms.terms == []


@pytest.mark.parametrize(
    "scenario", ["", "[", "null", "[]", '"x"', "1e999", '{"a": 1, "a": 2}', '{"agreement": []}', "[" * 100_000, "{}"]
)
def test_text_that_is_no_scenario_is_refused_in_words(client, reader, scenario):
    response = client.post(URL, {"by": "json", "scenario": scenario})

    assert response.status_code == 422
    assert response.context["calculator"].problems


@pytest.mark.parametrize(
    "sent",
    [
        {"by": "form"},
        {"by": "form", "terms": "99999999999"},
        {"by": "form", "terms": "-1", "remove": "x"},
        {"by": "x", "to": "json"},
        {"by": "form", "rules-currency": "\x00", "term-0-id": "x" * 999},
        {"by": "json", "scenario": "{}", "to": "form"},
        {"by": "json", "scenario": '{"terms": {}, "agreement": 3, "reports": [[]], "fees": "x"}', "to": "form"},
        {"by": "json", "scenario": '{"terms": [{"tiers": 3, "scope": [], "escalator": "x"}]}', "to": "form"},
    ],
)
def test_rubbish_never_breaks_the_page(client, reader, sent):
    assert client.post(URL, sent).status_code in {200, 422}
    assert client.get(URL, sent).status_code == 200


def test_too_much_work_is_refused(client, reader):
    document = json.loads(json.dumps(EXAMPLES["4 minimum"][0]))
    document["issues"] *= 48
    document["fees"] = [{}] * 1000

    response = client.post(URL, {"by": "json", "scenario": json.dumps(document)})

    assert problems(response).keys() == {"issues"}


def test_calculator_is_for_people_who_see_agreements(client):
    assert client.get(URL).url.startswith(reverse("account_login"))


def test_advance_that_is_repaid_at_the_end_is_ticked_and_shown(client, reader):
    typed = as_form(client, "5") | {"rules-ends_on": "2026-12-31", "rules-advance": "30000000"}

    kept = client.post(URL, typed)
    repaid = client.post(URL, typed | {"rules-advance_repayable": "on"})

    assert (payable(kept), payable(repaid)) == (["0.00", "0.00"], ["0.00", "-2000000.00"])
    totals = {str(label): amount for label, amount in repaid.context["calculator"].statements[1].totals}
    assert (totals["Recouped"], totals["Repaid"]) == (12_000_000, 2_000_000)
    assert repaid.context["calculator"].forms.rules["advance_repayable"].value()
    assert "Repaid, as the agreement ends" in repaid.content.decode()
