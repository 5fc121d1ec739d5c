"""Entering an agreement through its forms: from nothing to a signed and amended contract."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from royalties.enums import AgreementStatus
from royalties.models import Agreement, PriceIndex
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    LicensorFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TERM = {
    "label": "Royalty per kWh",
    "basis": "energy_sold",
    "mode": "graduated",
    "window": "contract_year",
    "effective_from": "2026-01-01",
    "escalator": "none",
    "index_lag_years": "1",
    "tiers-up_to": ["5000000", "", ""],
    "tiers-rate": ["2.00", "1.50", ""],
}


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


@pytest.fixture
def draft():
    return AgreementFactory(status=AgreementStatus.DRAFT)


def address(name, agreement, *args):
    return reverse(f"royalties:{name}", args=[agreement.pk, *args])


def test_new_agreement_begins_with_what_the_deal_says(client, finance):
    deal = DealFactory(currency="EUR", annual_royalty=1, title="Two plants")
    plant = PlantFactory()
    deal.plants.add(plant)
    licensor = LicensorFactory()

    form = client.get(reverse("royalties:agreement_new"), {"deal": deal.pk}).context["form"]

    assert (form.initial["licensee"], form.initial["currency"]) == (deal.company_id, "EUR")
    assert (form.initial["plants"], form.initial["licensor"]) == ([plant.pk], licensor.pk)


def test_agreement_is_created_and_leads_to_its_terms(client, finance):
    deal, company, licensor = DealFactory(), CompanyFactory(), LicensorFactory()

    response = client.post(
        reverse("royalties:agreement_new"),
        {
            "deal": deal.pk,
            "title": "Licence",
            "type": "licence",
            "licensor": licensor.pk,
            "licensee": company.pk,
            "currency": "JPY",
            "reporting_period": "quarter",
            "effective_on": "2026-01-01",
            "fields_of_use": ["ev"],
        },
    )

    agreement = Agreement.objects.get()
    assert response.url == f"{agreement.get_absolute_url()}?tab=terms"
    assert (agreement.currency, agreement.fields_of_use, agreement.status) == ("JPY", ["ev"], "draft")


@pytest.mark.parametrize("deal", ["x", "999999", "\x00", "99999999999999999999"])
def test_new_agreement_of_no_real_deal_is_refused(client, finance, deal):
    assert client.get(reverse("royalties:agreement_new"), {"deal": deal}).status_code == 200
    assert client.post(reverse("royalties:agreement_new"), {"deal": deal}).status_code == 422


def test_deals_are_found_for_the_choice(client, finance):
    deal = DealFactory(title="Harlan Ridge")
    DealFactory(title="Harlan secret", is_confidential=True)

    results = client.get(reverse("royalties:agreement_deals"), {"q": "harlan"}).json()["results"]

    assert [row["value"] for row in results] == [str(deal.pk)]


def test_term_is_entered_with_its_tiers(client, finance, draft):
    response = client.post(address("term_new", draft), TERM, headers=HTMX)

    assert response["HX-Redirect"] == f"{draft.get_absolute_url()}?tab=terms"
    term = draft.terms.get()
    assert list(term.tiers.order_by("position").values_list("up_to", "rate")) == [
        (Decimal(5_000_000), Decimal(2)),
        (None, Decimal("1.5")),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tiers-up_to": ["5000000", "x"], "tiers-rate": ["2", "1"]}, "Row 2, up to (kWh, units or amount): Enter a"),
        ({"tiers-up_to": ["5000000"], "tiers-rate": [""]}, "Row 1, rate: This field is required."),
        ({"tiers-up_to": ["5000000"], "tiers-rate": ["1"]}, "Tier 1: The last tier must be without a bound."),
        ({"tiers-up_to": [], "tiers-rate": []}, "Fill in at least one row."),
        ({"tiers-up_to": [""], "tiers-rate": ["NaN"]}, "Row 1, rate: Enter a number."),
        ({"tiers-up_to": ["1"] * 300, "tiers-rate": ["1"] * 300}, "These are too many rows."),
    ],
)
def test_wrong_tiers_are_told_and_stay_as_typed(client, finance, draft, change, words):
    response = client.post(address("term_new", draft), TERM | change)

    assert response.status_code == 422
    assert words in response.content.decode()
    if change["tiers-up_to"]:
        assert f'value="{change["tiers-up_to"][0]}"' in response.content.decode()
    assert not draft.terms.exists()


def test_tiers_are_said_in_words_while_they_are_typed(client, finance, draft):
    words = client.get(address("tier_preview", draft), TERM).content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert "0–5 GWh at USD 2.00 per kWh" in words
    assert "above 5 GWh at USD 1.50 per kWh" in words
    assert client.get(address("tier_preview", draft), {"basis": "x", "tiers-rate": "\x00"}).status_code == 200


def test_stale_term_shows_both_versions_and_loses_nothing(client, finance, draft):
    term = RoyaltyTermFactory(agreement=draft)
    seen = term.version
    client.post(address("term_edit", draft, term.pk), TERM | {"version": seen, "label": "Theirs"})

    response = client.post(address("term_edit", draft, term.pk), TERM | {"version": seen, "label": "Ours"})

    assert response.status_code == 422
    assert [(row.stored, row.typed) for row in response.context["form"].differences] == [("Theirs", "Ours")]


@pytest.mark.parametrize("part", ["minimums", "caps"])
def test_amounts_by_year_are_entered_and_compared(client, finance, draft, part):
    rows = {f"{part}-year": ["1", "3"], f"{part}-amount": ["10", "20"], "cap_window": "contract_year"}

    client.post(address(part, draft), rows | {"version": draft.version})
    stale = client.post(address(part, draft), rows | {f"{part}-amount": ["11", "20"], "version": draft.version})

    assert list(getattr(draft, part).order_by("contract_year").values_list("contract_year", "amount")) == [
        (1, 10),
        (3, 20),
    ]
    assert stale.status_code == 422
    assert [(row.stored, row.typed) for row in stale.context["form"].differences] == [
        ("1 · 10; 3 · 20", "1 · 11; 3 · 20")
    ]


def test_instalments_are_dated_by_months(client, finance, draft):
    client.post(
        address("fee_instalments", draft),
        {
            "label": "Know-how",
            "kind": "other",
            "amount": "100",
            "count": "3",
            "first_on": "2026-01-31",
            "months": "1",
        },
    )

    assert list(draft.fees.order_by("instalment").values_list("due_on", "amount")) == [
        (dt.date(2026, 1, 31), Decimal("33.33")),
        (dt.date(2026, 2, 28), Decimal("33.33")),
        (dt.date(2026, 3, 31), Decimal("33.34")),
    ]


def test_clauses_and_rules_are_kept(client, finance, draft):
    client.post(address("agreement_clauses", draft), {"minimum": "5.1", "version": draft.version})

    draft.refresh_from_db()
    assert draft.clauses == {"minimum": "5.1"}


def test_signature_through_the_dialog_lists_what_is_missing(client, finance, draft):
    dialog = client.get(address("agreement_sign", draft), headers=HTMX).content.decode()
    refused = client.post(address("agreement_sign", draft), {"signed_on": "2025-12-01"})
    client.post(address("term_new", draft), TERM)
    signed = client.post(address("agreement_sign", draft), {"signed_on": "2025-12-01"})

    assert "It has no royalty term, fee or service." in dialog
    assert refused.status_code == 422
    assert signed.url == draft.get_absolute_url()
    draft.refresh_from_db()
    assert draft.status == AgreementStatus.IN_FORCE


def test_term_is_replaced_by_an_amendment_through_its_form(client, finance):
    old = RoyaltyTermFactory()
    amendment = AmendmentFactory(agreement=old.agreement)
    where = address("term_replace", old.agreement, amendment.pk, old.pk)

    shown = client.get(where).context["form"]
    client.post(where, TERM | {"label": "Amended", "counts_on": "on", "tiers-up_to": [""], "tiers-rate": ["1"]})

    assert shown.initial["tiers"][0] == (Decimal(5_000_000), Decimal(2))
    new = old.agreement.terms.get(label="Amended")
    assert (new.introduced_by, new.continues, new.effective_from) == (amendment, old, amendment.effective_on)


def test_withholding_tax_is_changed_by_an_amendment_through_its_form(client, finance):
    agreement = AgreementFactory(withholding_percent=Decimal(10))
    amendment = AmendmentFactory(agreement=agreement)
    where = address("amendment_withholding", agreement, amendment.pk)

    dialog = client.get(where, headers=HTMX).content.decode()
    refused = client.post(where, {"withholding_percent": "100.5", "version": amendment.version})
    client.post(where, {"withholding_percent": "5", "version": amendment.version})

    assert "Withholding tax from Wed 1 Jul 2026" in dialog
    assert refused.status_code == 422
    amendment.refresh_from_db()
    assert amendment.withholding_percent == 5
    tab = client.get(agreement.get_absolute_url(), {"tab": "amendments"}).content.decode()
    assert "withholding tax 5 % for the periods that end from then on" in tab.replace("\N{NO-BREAK SPACE}", " ")
    client.force_login(UserFactory())
    assert client.post(where, {"withholding_percent": "0"}).status_code == 403
    amendment.agreement.deal.is_confidential = True
    amendment.agreement.deal.save()
    assert client.post(where, {"withholding_percent": "0"}).status_code == 404


def test_advance_is_refused_in_words_once_statements_rest_on_it(client, finance):
    agreement = AgreementFactory()
    IssuedStatementFactory(agreement=agreement)
    where = address("agreement_rules", agreement)
    form = client.get(where).context["form"]
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value is not False}

    answer = client.post(where, values | {"advance": "5000000", "version": agreement.version})

    assert answer.status_code == 422
    assert "no amendment changes it" in answer.content.decode()


@pytest.mark.parametrize("named", ["x", "0", "999999", "99999999999999999999"])
def test_change_by_no_amendment_of_this_agreement_is_not_found(client, finance, draft, named):
    assert client.get(address("minimums", draft), {"amendment": named}).status_code == 404


def test_parts_of_another_agreement_are_not_found(client, finance, draft):
    other = RoyaltyTermFactory()

    assert client.get(address("term_edit", draft, other.pk)).status_code == 404
    assert client.post(address("term_remove", draft, other.pk)).status_code == 404


def test_licensor_keeps_its_prefix_once_invoices_bear_it(client, finance):
    licensor = InvoiceFactory().licensor
    values = {"name": "Norden GmbH", "country": "DE", "reporting_currency": "EUR", "version": licensor.version}
    where = reverse("royalties:licensor_edit", args=[licensor.pk])

    refused = client.post(where, values | {"invoice_prefix": "NEW"})
    client.post(where, values | {"invoice_prefix": licensor.invoice_prefix})

    assert "Invoices have been written under it" in refused.content.decode()
    licensor.refresh_from_db()
    assert licensor.name == "Norden GmbH"


def test_index_is_created_with_its_values(client, finance):
    where = reverse("royalties:index_new")
    values = {
        "name": "PPI",
        "source": "Destatis",
        "observed-year": ["2024", "2025"],
        "observed-value": ["100", "103.5"],
    }

    twice = client.post(where, values | {"observed-year": ["2024", "2024"]})
    client.post(where, values)

    assert "There are two values for one year." in twice.content.decode()
    index = PriceIndex.objects.get()
    assert list(index.values_by_year.order_by("year").values_list("year", "value")) == [
        (2024, 100),
        (2025, Decimal("103.5")),
    ]
    assert b"103.5" in client.get(reverse("royalties:indices")).content


def test_business_development_reads_and_changes_nothing(client, draft):
    client.force_login(UserFactory())

    page = client.get(draft.get_absolute_url()).content

    assert b"/edit/" not in page
    assert [
        client.post(address(name, draft)).status_code
        for name in ("agreement_edit", "agreement_rules", "term_new", "fee_new", "agreement_sign", "amendment_new")
    ] == [403] * 6
