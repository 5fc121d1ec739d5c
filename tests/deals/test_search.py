"""Search in everything that a user may see."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from deals.domain.search import search
from deals.models import DealTeamMember
from deals.views.search import highlight
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory

URL = "/search/"
PALETTE = {"HX-Request": "true"}


@pytest.fixture
def maria(db):
    return UserFactory(name="Maria Falk")


@pytest.fixture
def maria_client(client, maria):
    client.force_login(maria)
    return client


def titles(query, user):
    return {str(group.label): [hit.title for hit in group.hits] for group in search(query, user=user)}


def test_search_address():
    assert reverse("deals:search") == URL


def test_search_finds_each_kind(maria):
    company = CompanyFactory(name="Meridian Motor")
    DealFactory(company=company, title="LFP, Valencia")
    PlantFactory(company=company, name="Harlan Ridge")
    ContactFactory(company=company, name="Dana Ortiz", email="dana@meridian.example")

    assert titles("meridian", maria) == {
        "Deals": ["Meridian Motor · LFP, Valencia"],
        "Companies": ["Meridian Motor"],
        "Plants": ["Harlan Ridge"],
        "Contacts": ["Dana Ortiz"],
    }


@pytest.mark.parametrize("shaped", ["{code}", "{pk}", "lrs{pk}", " {code} ", "LRS {pk}"])
def test_search_finds_a_deal_by_its_code(maria, shaped):
    deal = DealFactory(title="Valencia")
    query = shaped.format(code=deal.code.lower(), pk=deal.pk)
    assert titles(query, maria)["Deals"] == [f"{deal.company} · Valencia"]


def test_search_wants_every_word_wherever_it_is(maria):
    company = CompanyFactory(name="Meridian Motor")
    DealFactory(company=company, title="LFP, Valencia")
    DealFactory(company=company, title="NMC, Lombardy")
    assert titles("lfp merid", maria)["Deals"] == ["Meridian Motor · LFP, Valencia"]
    assert "Deals" not in titles("lfp lombardy", maria)


def test_search_puts_the_closest_names_first(maria):
    for name in ("Grand Motor", "Automotor", "Motor", "Motorwerk"):
        CompanyFactory(name=name)
    assert titles("motor", maria) == {"Companies": ["Motor", "Motorwerk", "Grand Motor", "Automotor"]}


def test_search_shows_at_most_six_of_a_kind(maria):
    for number in range(8):
        CompanyFactory(name=f"Motor {number}")
    assert len(titles("motor", maria)["Companies"]) == 6


@pytest.mark.parametrize(
    "query", ["", "   ", "\x00", "%", "_", "\\", "100%", "' OR 1=1 --", "(", "x" * 10_000, "🔋", "比"]
)
def test_search_takes_wildcards_and_nonsense_literally(maria, query):
    DealFactory(title="Valencia")
    CompanyFactory(name="Meridian")
    assert titles(query, maria) == {}


def test_search_finds_a_percent_sign(maria):
    CompanyFactory(name="100% Electric")
    assert titles("100%", maria) == {"Companies": ["100% Electric"]}


def test_search_keeps_confidential_deals_secret(maria):
    hidden = DealFactory(title="Secret Valencia", is_confidential=True)

    assert titles("valencia", maria) == {}
    assert titles(hidden.code, maria) == {}
    assert "Deals" in titles("valencia", UserFactory(role=Role.MANAGER))
    DealTeamMember.objects.create(deal=hidden, user=maria)
    assert "Deals" in titles("valencia", maria)


@pytest.mark.parametrize("count", [1, 3])
def test_search_asks_as_many_queries_for_more_hits(maria_client, count, django_assert_num_queries, fetch_raise):
    for _number in range(count):
        company = CompanyFactory()
        DealFactory(company=company)
        PlantFactory(company=company)
        ContactFactory(company=company)

    with django_assert_num_queries(6):  # the user with permissions, and one a kind
        maria_client.get(URL, {"q": "company"}, headers=PALETTE)


def test_palette_gets_the_hits_alone(maria_client):
    company = CompanyFactory(name="Meridian & Sons")
    html = maria_client.get(URL, {"q": "merid"}, headers=PALETTE).content.decode()
    assert "<html" not in html
    assert "<mark>Merid</mark>ian &amp; Sons" in html
    assert f'href="{company.get_absolute_url()}"' in html


def test_addresses_of_hits_are_those_of_their_pages(maria_client):
    company = CompanyFactory(name="Meridian")
    plant = PlantFactory(company=company, name="Meridian North")
    contact = ContactFactory(company=company, name="Meri Dian")
    html = maria_client.get(URL, {"q": "meri"}, headers=PALETTE).content.decode()
    for found in (company, plant, contact):
        assert f'href="{found.get_absolute_url()}"' in html


def test_search_without_scripts_is_a_page(maria_client):
    CompanyFactory(name="Meridian")
    html = maria_client.get(URL, {"q": "meridian"}).content.decode()
    assert "<html" in html
    assert "<mark>Meridian</mark>" in html


def test_search_finds_pages_and_offers_them_at_first(maria_client):
    assert "Settings" in maria_client.get(URL, {"q": "sett"}).content.decode()
    assert maria_client.get(URL, headers=PALETTE).content.decode().count('role="option"') == 10


def test_search_that_finds_nothing_says_so(maria_client):
    assert "Nothing found" in maria_client.get(URL, {"q": "zzzz"}, headers=PALETTE).content.decode()
    assert "Nothing found" in maria_client.get(URL, {"q": "zzzz"}).content.decode()


def test_search_is_for_those_who_may_see_deals(client, db):
    assert client.get(URL).headers["Location"].startswith("/accounts/login/")
    client.force_login(UserFactory(role=False))
    assert client.get(URL).status_code == 403
    client.force_login(UserFactory(role=Role.READ_ONLY))
    assert client.get(URL).status_code == 200
    assert client.post(URL).status_code == 405


@pytest.mark.parametrize(
    ("text", "query", "html"),
    [
        ("Meridian Motor", "mot", "Meridian <mark>Mot</mark>or"),
        ("<b>&", "b", "&lt;<mark>b</mark>&gt;&amp;"),
        ("a+b", "+", "a<mark>+</mark>b"),
        ("plain", "", "plain"),
        ("abc ab", "ab abc", "<mark>abc</mark> <mark>ab</mark>"),
    ],
)
def test_highlight(text, query, html):
    assert highlight(text, query) == html
