"""The pages of the forecast: what they show to whom, what they answer to rubbish, and their files."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from accounts.models import User
from royalties.templatetags.forecast import signed, signed_percent, whole
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory, StageFactory
from tests.money.factories import FxRateFactory
from tests.plants.factories import PlantFactory, RampScenarioFactory
from tests.royalties.factories import (
    AgreementFactory,
    FeeFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
PAGE = "/insights/forecast/"


@pytest.fixture(autouse=True)
def _now(time_machine):
    """The day on which the pages are read: what is due or missing depends on it."""
    time_machine.move_to(NOW)


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE, currency="USD")
    client.force_login(user)
    return user


def make_contract(**values):
    plant = PlantFactory(nameplate_gwh=Decimal(10), chemistry="lfp")
    RampScenarioFactory(plant=plant, sop_on=dt.date(2025, 1, 1), months_to_nameplate=12)
    agreement = AgreementFactory(plants=[plant], **values)
    RoyaltyTermFactory(agreement=agreement)
    FeeFactory(agreement=agreement, due_on=dt.date(2027, 5, 1))
    filing = ReportFilingFactory(agreement=agreement, period_start=dt.date(2026, 3, 1))
    ProductionReportFactory(filing=filing, plant=plant)
    return agreement


def estimated(**values):
    usual = {"annual_royalty": Decimal(12_000_000), "currency": "USD", "expected_sop_on": dt.date(2028, 1, 1)}
    return DealFactory(**{**usual, **values})


def shown(client, **query):
    context = client.get(PAGE, query).context
    return sorted(row.key for row in context["years"].rows)


def test_page_without_deals_says_what_to_do(client, finance):
    assert b"Nothing to forecast yet" in client.get(PAGE).content


def test_page_without_a_match_offers_all_deals(client, finance):
    estimated(region="europe")

    assert b"No deal matches" in client.get(PAGE, {"region": "oceania"}).content


def test_page_shows_plan_assumptions_rates_and_what_is_left_out(client, finance):
    FxRateFactory(on=dt.date(2026, 11, 20))
    agreement = make_contract(currency="EUR")
    silent = DealFactory()
    foreign = estimated(currency="CHF")

    page = client.get(PAGE, {"group": "deal"})
    text = page.content.decode()

    assert agreement.code in text
    assert f">{silent.code}<" in text
    assert "It has no terms and no estimated royalty." in text
    assert "Without a rate" in text
    assert foreign.code in text
    assert "seed 1" in text
    assert "Version 1: SOP Jan 2025, 12 months" in text
    assert "ECB" in text
    assert "style=" not in text
    assert "Actual against forecast" in text


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_what_it_may_see(client, role):
    open_deal, hidden = estimated(), estimated(is_confidential=True)
    client.force_login(UserFactory(role=role))

    keys = shown(client, group="deal")

    sees_all = role in {Role.MANAGER, Role.ADMINISTRATOR}
    assert keys == ([open_deal.code, hidden.code] if sees_all else [open_deal.code])
    address = reverse("royalties:forecast_deal", args=[hidden.pk])
    assert client.get(address).status_code == (200 if sees_all else 404)


def main_part(client):
    return client.get(PAGE, {"group": "region", "seed": "3"}).content.decode().partition("<main")[2]


def test_confidential_deal_changes_no_number_and_no_choice_for_outsiders(client, finance):
    estimated()
    before = main_part(client)
    estimated(is_confidential=True, region="oceania", currency="CHF", owner=UserFactory(name="Zyx Hidden"))
    contract = make_contract(deal=DealFactory(is_confidential=True))

    assert main_part(client) == before
    assert contract.code not in client.get(PAGE, {"group": "deal"}).content.decode()
    client.force_login(User.objects.get(name="Zyx Hidden"))
    assert main_part(client) != before


def test_without_permission_there_is_no_forecast(client):
    user = UserFactory(role=Role.READ_ONLY)
    user.groups.clear()
    client.force_login(user)

    assert client.get(PAGE).status_code == 403
    assert client.get(reverse("royalties:forecast_deal", args=[1])).status_code == 403


def test_filters_narrow_the_forecast(client, finance):
    owner = UserFactory()
    first = estimated(region="europe", owner=owner, stage=StageFactory(type="delivery", probability_percent=90))
    second = estimated(currency="EUR")
    FxRateFactory(on=dt.date(2026, 11, 20))

    assert shown(client, group="deal") == [first.code, second.code]
    assert shown(client, group="deal", region="europe") == [first.code]
    assert shown(client, group="deal", owner=owner.pk) == [first.code]
    assert shown(client, group="deal", type="delivery") == [first.code]
    assert shown(client, group="deal", currency="eur") == [second.code]
    assert shown(client, group="deal", deal=second.code) == [second.code]
    assert shown(client, group="region") == ["", "europe"]
    assert shown(client, group="currency") == ["EUR", "USD"]


@pytest.mark.parametrize(
    "query",
    [
        "years=7&step=x&group=x&currency=%00",
        "region=x&owner=x&type=lost&deal=x",
        "deal=LRS-9999999999999999&owner=99999999999999999999",
        "deal=LRS-%D9%A3",
        "seed=-1&draws=7&slip_likely=9999&slip_high=x",
        "seed=%00&utilisation_low=NaN&price_high=Infinity&terms_low=1e999",
        "price_eur=0&kwh_per_unit=0&sold_percent=101&index_percent=-99&ramp_months=0",
        "slip_likely=20&slip_high=3",
        "draws=+&seed=+&ramp_months=+",
    ],
)
@pytest.mark.parametrize("of_deal", [False, True])
def test_rubbish_in_the_address_is_told_or_ignored(client, finance, query, of_deal):
    agreement = make_contract()
    path = reverse("royalties:forecast_deal", args=[agreement.deal_id]) if of_deal else PAGE

    assert client.get(f"{path}?{query}").status_code == 200


def test_refused_assumption_is_told_and_the_usual_one_counts(client, finance):
    estimated()

    page = client.get(PAGE, {"seed": "-1", "slip_likely": "20", "slip_high": "3", "ramp_months": "12"})

    parameters = page.context["form"].parameters
    assert (parameters.seed, parameters.slip_likely, parameters.slip_high, parameters.ramp_months) == (1, 3, 18, 12)
    assert "shorter than the likely delay" in page.content.decode()


@pytest.mark.parametrize("query", ["export=csv", "export=csv&group=deal", "export=xlsx&group=region&step=month"])
def test_forecast_is_taken_away_as_a_file(client, finance, query):
    make_contract(deal=DealFactory(title="=cmd()"))

    response = client.get(f"{PAGE}?{query}")

    assert response.status_code == 200
    assert 'filename="forecast-' in response["Content-Disposition"]
    response.close()


def test_file_of_the_periods_has_the_figures_of_the_page(client, finance):
    make_contract()

    page = client.get(PAGE, {"step": "year"})
    lines = b"".join(client.get(PAGE, {"step": "year", "export": "csv"}).streaming_content).decode().splitlines()

    rows = page.context["tables"].by_period
    assert len(lines) == len(rows) + 1
    assert [Decimal(line.split(",")[6].strip('"')) for line in lines[1:]] == [row.sums.total for row in rows]


def test_actual_against_forecast_is_said_in_the_words_of_statements_and_taken_away(client, finance):
    agreement = make_contract(reporting_period="month", contract_year_start="04-01")
    agreement.minimums.create(contract_year=1, amount=Decimal(30_000_000))

    page = client.get(PAGE)
    text = page.content.decode()
    files = b"".join(client.get(PAGE, {"export": "csv", "part": "past"}).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(files.lstrip("\ufeff"))))

    row = page.context["past"].agreements[0]
    march = next(month for month in row.months if month.period.label == "2026-03")
    assert 'class="num">Shortfall to the minimum</th>' in text
    assert f'<td class="num">{whole(march.actual.shortfall)}</td>' in text
    assert march.actual.shortfall == 30_000_000 - march.actual.earned
    assert len(rows) == 12
    found = next(each for each in rows if each["From"] == "2026-03-01")
    assert found["Agreement"] == agreement.code
    assert Decimal(found["Earned, reported"]) == march.actual.earned
    assert Decimal(found["Shortfall to the minimum, reported"]) == march.actual.shortfall
    assert Decimal(found["Earned, by ramp and terms"]) == march.said.earned


@pytest.mark.parametrize(
    ("amount", "words"), [("-0.4", "0"), ("0.4", "0"), ("-1250.5", "−1,250"), ("1250.5", "+1,250"), (None, "–")]
)
def test_difference_is_signed_unless_it_is_nought(amount, words):
    assert signed(amount and Decimal(amount)) == words


def test_difference_of_no_percent_has_no_sign():
    assert signed_percent(Decimal("-0.0")) == "0.0\N{NO-BREAK SPACE}%"


def test_wrong_method_and_unknown_format(client, finance):
    assert client.post(PAGE).status_code == 405
    assert client.get(PAGE, {"export": "pdf"}).status_code == 404


def test_deal_page_shows_its_plans_month_by_month(client, finance):
    agreement = make_contract()
    AgreementFactory(deal=agreement.deal)

    text = client.get(reverse("royalties:forecast_deal", args=[agreement.deal_id]), {"years": "3"}).content.decode()

    assert "kWh" in text
    assert "ramp version 1" in text
    assert f"{agreement.deal.code}/2" in text
    assert "No plant is linked" in text


def test_deal_page_of_a_deal_that_says_too_little_says_what_is_missing(client, finance):
    deal = DealFactory()

    text = client.get(reverse("royalties:forecast_deal", args=[deal.pk])).content.decode()

    assert "It has no terms and no estimated royalty." in text


def test_page_takes_a_fixed_number_of_queries(client, finance, fetch_raise):
    counts = []
    for _row in range(2):
        make_contract(deal=DealFactory(owner=finance))
        estimated(owner=finance)
        DealFactory(owner=finance)
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE, {"group": "deal"})
        counts.append(len(queries))

    assert counts == [QUERIES, QUERIES]


# Session and user, deals, agreements with their parts, plants and ramps, reports, term sheets, rates, owners.
QUERIES = 19


def test_page_says_when_there_is_too_much_to_simulate(client, finance, monkeypatch):
    monkeypatch.setattr("royalties.domain.forecast_results.MOST_AMOUNTS", 1_000)
    estimated()

    text = client.get(PAGE).content.decode()

    assert "take too long to simulate" in text
    assert "The bars are the plan" in text
