"""The list of plants: table, timeline, map and files."""

from decimal import Decimal

import pytest
from django.urls import reverse

from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.plants.builders import plant_with_everything
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db
LONG = "x" * 10_000


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("view", "queries"), [("table", 6), ("timeline", 5), ("map", 4)])
def test_list_takes_a_fixed_number_of_queries(client, bd, rows, view, queries, fetch_raise, django_assert_num_queries):
    for _row in range(rows):
        plant_with_everything()
    client.get(reverse("plants:list"))

    with django_assert_num_queries(queries):
        client.get(reverse("plants:list"), {"view": view})


def test_list_filters_and_searches(client, bd):
    company = CompanyFactory(name="Norvik Motors")
    wanted = PlantFactory(name="Olofshamn", company=company, status="operating", chemistry="lfp", region="europe")
    PlantFactory(name="Elsewhere")

    for query in ({"q": "norvik"}, {"status": "operating"}, {"chemistry": "lfp"}, {"company": company.pk}):
        assert list(client.get(reverse("plants:list"), query).context["page"]) == [wanted]


def test_list_counts_only_deals_that_the_reader_may_see(client, bd):
    secret, shown = PlantFactory(), PlantFactory()
    DealFactory(is_confidential=True).plants.add(secret)
    DealFactory().plants.add(shown)

    page = client.get(reverse("plants:list"))

    assert page.context["counts"]["deals"] == {shown.pk: 1}
    assert list(client.get(reverse("plants:list"), {"has": "deals"}).context["page"]) == [shown]
    assert client.get(secret.get_absolute_url()).context["panels"][0].context["deals"] == []


@pytest.mark.parametrize("query", ["?view=evil", "?status=bogus&q=%00", f"?q={LONG}", "?company=x", "?company=999"])
def test_list_answers_nonsense_filters_calmly(client, bd, query):
    PlantFactory()

    assert client.get(reverse("plants:list") + query).status_code == 200


def test_export_holds_the_filtered_list(client, bd):
    PlantFactory(name="Harlan Ridge", nameplate_gwh=Decimal("17.5"))
    PlantFactory(name="Other")

    response = client.get(reverse("plants:list"), {"q": "harlan", "export": "csv"})

    rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "17.5" in rows[1]
