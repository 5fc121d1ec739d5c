"""Agreements on the pages of others: in a deal's workspace, on companies and plants, in the search."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, InvoiceFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


def plain(response):
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_deal_shows_its_agreements_with_terms_and_what_is_open(client, finance):
    term = RoyaltyTermFactory(label="Royalty per kWh")
    invoice = InvoiceFactory(statement__agreement=term.agreement)

    page = plain(client.get(term.agreement.deal.get_absolute_url(), {"tab": "agreements"}))

    assert term.agreement.code in page
    assert "0–5 GWh at USD 2.00 per kWh" in page
    assert "Statement 1" in page
    assert f"open USD {invoice.amount:,.2f}" in page
    assert "overdue" in page


def test_deal_without_agreements_says_what_to_do(client, finance):
    page = plain(client.get(DealFactory().get_absolute_url(), {"tab": "agreements"}))

    assert "No agreements yet" in page
    assert f"{reverse('royalties:agreement_new')}?deal=" in page


@pytest.mark.parametrize("size", [1, 3])
def test_tab_of_agreements_takes_a_fixed_number_of_queries(
    client, finance, fetch_raise, django_assert_num_queries, size
):
    deal = DealFactory()
    for _number in range(size):
        agreement = AgreementFactory(deal=deal)
        RoyaltyTermFactory(agreement=agreement)
        InvoiceFactory(statement__agreement=agreement)
    client.get(deal.get_absolute_url(), {"tab": "agreements"})

    with django_assert_num_queries(9):
        client.get(deal.get_absolute_url(), {"tab": "agreements"})


def test_tab_counts_the_agreements(client, finance):
    deal = DealFactory()
    AgreementFactory.create_batch(2, deal=deal)

    tabs = client.get(deal.get_absolute_url()).context["tabs"]

    assert {str(tab["label"]): tab["count"] for tab in tabs}["Agreements"] == 2


def test_company_and_plant_show_agreements_that_the_reader_may_see(client, finance):
    company, plant = CompanyFactory(), PlantFactory()
    seen = AgreementFactory(licensee=company, plants=[plant])
    hidden = AgreementFactory(licensee=company, plants=[plant], deal=DealFactory(is_confidential=True))

    for page in (client.get(company.get_absolute_url()), client.get(plant.get_absolute_url())):
        assert seen.code in plain(page)
        assert hidden.code not in plain(page)


@pytest.mark.parametrize("query", ["Aster", "Meridian cell", "{code}", "lrs {deal}"])
def test_search_finds_agreements(client, finance, query):
    agreement = AgreementFactory(title="Aster licence", licensee=CompanyFactory(name="Meridian cell works"))
    AgreementFactory(title="Aster secret", deal=DealFactory(is_confidential=True))

    page = plain(client.get("/search/", {"q": query.format(code=agreement.code, deal=agreement.deal_id)}))

    assert agreement.get_absolute_url() in page
    assert "secret" not in page
