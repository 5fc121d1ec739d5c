"""The pages of agreements: reading, filtering, taking away."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.enums import Role
from royalties.enums import AgreementStatus
from royalties.models import PriceIndexValue
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    FeeFactory,
    IssuedStatementFactory,
    PriceIndexFactory,
    RoyaltyTermFactory,
    ServiceTermFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


def listed(client, **query):
    page = client.get(reverse("royalties:agreements"), query)
    return [agreement.pk for agreement in page.context["page"]]


def test_list_shows_agreements_and_says_what_to_do_without_any(client, finance):
    empty = client.get(reverse("royalties:agreements"))
    agreement = AgreementFactory(plants=[PlantFactory(name="Harlan Ridge")])

    page = client.get(reverse("royalties:agreements"))

    assert b"No agreements yet" in empty.content
    assert agreement.code.encode() in page.content
    assert b"Harlan Ridge" in page.content


def test_agreement_in_force_leads_to_its_reports_and_statements(client, finance):
    agreement = AgreementFactory(reporting_period="month")
    RoyaltyTermFactory(agreement=agreement)
    issued = IssuedStatementFactory(agreement=agreement)
    draft = AgreementFactory(status=AgreementStatus.DRAFT)

    page = client.get(agreement.get_absolute_url()).content.decode()

    assert page.count(reverse("royalties:report_new", args=[agreement.pk])) == 4
    assert f'href="{issued.get_absolute_url()}"' in page
    assert f"{reverse('royalties:reports')}?agreement={agreement.pk}" in page
    assert reverse("royalties:statement_draft", args=[agreement.pk]) in page
    assert "Reports and statements" not in client.get(draft.get_absolute_url()).content.decode()


def test_glance_of_what_applies_only_later_is_that_of_its_first_day(client, finance):
    draft = AgreementFactory(status=AgreementStatus.DRAFT, effective_on=dt.date(2090, 3, 1))
    RoyaltyTermFactory(agreement=draft, label="Royalty per kWh", effective_from=dt.date(2090, 3, 1))

    page = client.get(draft.get_absolute_url())
    today = client.get(draft.get_absolute_url(), {"on": "2026-11-24"}).content.decode()

    assert page.context["glance"].on == dt.date(2090, 3, 1)
    assert "Royalty per kWh" in page.content.decode()
    assert "First day</a>" in today
    assert "No royalty term applies on this day." in today


def test_filters_narrow_the_list(client, finance):
    first = AgreementFactory(title="Cell licence", licensee=CompanyFactory(name="Meridian"), currency="JPY")
    second = AgreementFactory(status=AgreementStatus.DRAFT)

    assert listed(client, q="cell") == [first.pk]
    assert listed(client, q="meridian") == [first.pk]
    assert listed(client, q=first.code) == [first.pk]
    assert listed(client, q=f"lrs {second.deal_id}") == [second.pk]
    assert listed(client, status="draft") == [second.pk]
    assert listed(client, currency="jpy") == [first.pk]
    assert listed(client, licensee=first.licensee_id) == [first.pk]
    assert listed(client, q="nothing") == []


@pytest.mark.parametrize("query", ["status=x", "licensee=x", "currency=EURO", "q=%00", "licensee=99999999999999999999"])
def test_rubbish_in_filters_is_told_or_finds_nothing(client, finance, query):
    AgreementFactory()

    assert client.get(f"{reverse('royalties:agreements')}?{query}").status_code == 200


@pytest.mark.parametrize(
    "sort", ["code", "-code", "licensee", "status", "-effective", "last_day", "-notice", "rubbish"]
)
def test_list_is_sorted_by_every_column(client, finance, sort):
    AgreementFactory(notice_on=dt.date(2027, 1, 1), expires_on=dt.date(2028, 1, 1))
    AgreementFactory()

    assert len(listed(client, sort=sort)) == 2


def test_missed_notice_is_marked_on_an_agreement_in_force_only(client, finance):
    AgreementFactory(notice_on=dt.date(2020, 1, 1))
    AgreementFactory(notice_on=dt.date(2020, 1, 1), status=AgreementStatus.DRAFT)

    assert b"missed" in client.get(reverse("royalties:agreements"), {"status": "in_force"}).content
    assert b"missed" not in client.get(reverse("royalties:agreements"), {"status": "draft"}).content


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_list_is_taken_away_as_a_file(client, finance, file_format):
    AgreementFactory(title="=cmd()", plants=[PlantFactory()])

    response = client.get(reverse("royalties:agreements"), {"export": file_format})

    assert response.status_code == 200
    assert 'filename="agreements-' in response["Content-Disposition"]
    response.close()


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_fixed_number_of_queries(client, finance, rows, fetch_raise, django_assert_num_queries):
    for _row in range(rows):
        AgreementFactory(plants=[PlantFactory(), PlantFactory()])
    client.get(reverse("royalties:agreements"))

    with django_assert_num_queries(6):
        client.get(reverse("royalties:agreements"))


def test_agreement_of_a_confidential_deal_exists_for_its_circle_only(client, finance):
    hidden = AgreementFactory(deal=DealFactory(is_confidential=True))

    assert listed(client) == []
    assert client.get(hidden.get_absolute_url()).status_code == 404
    client.force_login(hidden.deal.owner)
    assert client.get(hidden.get_absolute_url()).status_code == 200


TABS = ["glance", "terms", "fees", "services", "amendments", "timeline"]


def with_everything(**facts):
    plant = PlantFactory()
    agreement = AgreementFactory(
        plants=[plant], expires_on=dt.date(2035, 12, 31), clauses={"minimum": "5.1", "audit": "12"}, **facts
    )
    amendment = AmendmentFactory(agreement=agreement)
    old = RoyaltyTermFactory(agreement=agreement, effective_to=dt.date(2026, 6, 30), ended_by=amendment, clause="4.1")
    old.plants.add(plant)
    RoyaltyTermFactory(
        agreement=agreement,
        label="New royalty",
        effective_from=dt.date(2026, 7, 1),
        introduced_by=amendment,
        continues=old,
        tiers=[(None, "1.25")],
    )
    agreement.minimums.create(contract_year=1, amount=Decimal(20_000_000))
    agreement.caps.create(contract_year=2, amount=Decimal(60_000_000), amendment=amendment)
    FeeFactory(agreement=agreement)
    FeeFactory(agreement=agreement, trigger="milestone", plant=plant, milestone="start_of_production", due_on=None)
    ServiceTermFactory(agreement=agreement)
    return agreement


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_shown(client, finance, tab):
    page = client.get(with_everything().get_absolute_url(), {"tab": tab})

    assert page.status_code == 200
    assert b"style=" not in page.content


def test_glance_says_what_applied_on_a_day_and_by_which_amendment(client, finance):
    address = with_everything().get_absolute_url()

    before = client.get(address, {"on": "2026-03-01"}).content.decode()
    after = client.get(address, {"on": "2027-03-01"}).content.decode()

    assert "0–5 GWh" in before.replace("\N{NO-BREAK SPACE}", " ")
    assert "USD 2.00 per kWh" in before.replace("\N{NO-BREAK SPACE}", " ")
    assert "Contract year 1" in before
    assert "USD 20,000,000.00 in contract year 1." in before.replace("\N{NO-BREAK SPACE}", " ")
    assert "New royalty" not in before
    assert "USD 1.25 per kWh" in after.replace("\N{NO-BREAK SPACE}", " ")
    assert "Amendment 1" in after
    assert "USD 60,000,000.00 in contract year 2." in after.replace("\N{NO-BREAK SPACE}", " ")
    assert ">5.1<" in after


def rates_shown(client, agreement, **query):
    """Return the rows of the table of tiers on an agreement's page as the texts of their cells."""
    page = client.get(agreement.get_absolute_url(), query).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    table = page.partition('<table class="tier-table">')[2].partition("</table>")[0]
    return [
        [" ".join(strip_tags(cell).split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in table.split("<tr>")[1:]
    ]


def test_glance_has_base_rates_and_those_of_the_contract_year_looked_at(client, finance):
    agreement = AgreementFactory()
    RoyaltyTermFactory(
        agreement=agreement,
        escalator="percent",
        escalator_percent=Decimal(5),
        escalator_cap_percent=Decimal(2),
        tiers=[("5000000", "2.00"), (None, "1.50")],
    )

    assert rates_shown(client, agreement, on="2026-12-31") == [
        ["Tier", "Base rate", "Contract year 1 × 1.00"],
        ["0–5 GWh", "USD 2.00 per kWh", "USD 2.00 per kWh"],
        ["above 5 GWh", "USD 1.50 per kWh", "USD 1.50 per kWh"],
    ]
    assert rates_shown(client, agreement, on="2028-01-01") == [
        ["Tier", "Base rate", "Contract year 3 × 1.0404"],
        ["0–5 GWh", "USD 2.00 per kWh", "USD 2.0808 per kWh"],
        ["above 5 GWh", "USD 1.50 per kWh", "USD 1.5606 per kWh"],
    ]
    assert "USD 2.00 per kWh" in str(rates_shown(client, agreement, tab="terms"))


def test_term_whose_rates_stay_has_its_rates_only(client, finance):
    agreement = AgreementFactory()
    RoyaltyTermFactory(agreement=agreement, tiers=[(None, "1.25")])

    assert rates_shown(client, agreement, on="2028-01-01") == [["every kWh", "USD 1.25 per kWh"]]


def test_rates_that_follow_an_index_say_when_its_value_is_missing(client, finance):
    index = PriceIndexFactory()
    for year, value in ((2025, 100), (2026, 104)):
        PriceIndexValue.objects.create(index=index, year=year, value=value)
    agreement = AgreementFactory()
    RoyaltyTermFactory(
        agreement=agreement,
        escalator="index",
        index=index,
        index_base_year=2025,
        index_lag_years=1,
        tiers=[(None, "2.00")],
    )

    assert rates_shown(client, agreement, on="2027-05-01")[1] == ["every kWh", "USD 2.00 per kWh", "USD 2.08 per kWh"]
    assert rates_shown(client, agreement, on="2028-05-01") == [["every kWh", "USD 2.00 per kWh"]]
    page = client.get(agreement.get_absolute_url(), {"on": "2028-05-01"}).content.decode()
    assert "those of contract year 3 are not known. There is no value of the price index for 2027." in page


def test_glance_says_which_withholding_tax_applies_on_a_day(client, finance):
    agreement = with_everything(withholding_percent=Decimal(10))
    AmendmentFactory(agreement=agreement, withholding_percent=Decimal("7.5"))

    def sentence(day):
        said = client.get(agreement.get_absolute_url(), {"on": day}).context["glance"].sentences
        (tax,) = (one for one in said if one.rule == "withholding")
        return [text.replace("\N{NO-BREAK SPACE}", " ") for text in (tax.text, *tax.notes)], tax.made_by

    note = "Each period takes the rate of its last day: 10 % from 1 Jan 2026, 7.5 % from 1 Jul 2026."
    assert sentence("2026-06-30") == (["10 %, deducted from what is payable.", note], None)
    assert sentence("2026-07-01") == (
        ["7.5 %, deducted from what is payable.", note],
        agreement.amendments.get(number=2),
    )


@pytest.mark.parametrize("day", ["2026-02-30", "x", "0001-01-01", "9999-12-31", "\x00"])
def test_glance_of_no_real_day_is_today_s(client, finance, day):
    page = client.get(with_everything().get_absolute_url(), {"on": day})

    assert page.status_code == 200
    assert b"This is not a date" in page.content


@pytest.mark.parametrize("tab", TABS)
def test_agreement_takes_a_fixed_number_of_queries(client, finance, tab, fetch_raise):
    agreement = with_everything()
    client.get(agreement.get_absolute_url())
    counts = []
    for row in range(1, 3):
        with CaptureQueriesContext(connection) as queries:
            client.get(agreement.get_absolute_url(), {"tab": tab})
        counts.append(len(queries))
        RoyaltyTermFactory(agreement=agreement, basis="units", effective_from=dt.date(2026 + row, 1, 1))
        FeeFactory(agreement=agreement)
        ServiceTermFactory(agreement=agreement)
        AmendmentFactory(agreement=agreement)
        agreement.plants.add(PlantFactory())

    assert counts == [QUERIES[tab]] * 2


QUERIES = {"glance": 20, "terms": 16, "fees": 14, "services": 14, "amendments": 22, "timeline": 15}
