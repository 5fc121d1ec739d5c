"""The page of needed rates: reading, entering, and what outsiders do not learn from it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from money.domain.averages import business_days
from money.enums import RateKind
from money.models import FxRate
from royalties.enums import Basis, EscalatorKind, FxRule
from royalties.models import PriceIndex, PriceIndexValue
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, DealFactory
from tests.money.factories import FxRateFactory
from tests.royalties.factories import (
    AgreementFactory,
    InvoiceFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db
PAGE, ENTER, COUNT = "/royalties/rates/", "/royalties/rates/enter/", "/royalties/rates/count/"
INDEX = "/royalties/rates/index-value/"
HALF = dt.date(2026, 6, 30)
KEY = {"base": "EUR", "quote": "USD", "on": "2026-06-30", "kind": "period_end"}
TYPED = {"quoted": "as_needed", "rate": "1.10", "source": "Contract bank"}


@pytest.fixture(autouse=True)
def _now(time_machine):
    """The day on which the pages are read: what is due or missing depends on it."""
    time_machine.move_to(NOW)


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


def sell(*, currency="EUR", **rules):
    agreement = AgreementFactory(**rules)
    RoyaltyTermFactory(agreement=agreement, basis=Basis.NET_SALES, tiers=[(None, "3")])
    return ProductionReportFactory(
        filing=ReportFilingFactory(agreement=agreement), net_sales=Decimal(1_000_000), currency=currency
    )


def address(path, query):
    return f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def listed(client, **query):
    return [tuple(row.needed.key[:2]) for row in client.get(PAGE, query).context["rows"]]


def test_page_shows_what_waits_and_says_what_it_is_for_when_nothing_does(client, finance):
    empty = client.get(PAGE)
    report = sell()

    page = client.get(PAGE).content.decode()

    assert "No rate is needed" in empty.content.decode()
    assert report.agreement.code in page
    assert "H1 2026" in page
    assert "1,000,000.00" in page
    assert "1 statement waits" in page


def test_page_names_date_source_and_way_of_a_known_rate(client, finance):
    sell()
    FxRateFactory(base="USD", quote="EUR", on=dt.date(2026, 6, 26), rate=Decimal("0.8"))

    page = client.get(PAGE).content.decode()

    assert "1.25" in page
    assert "26 Jun 2026" in page
    assert "Inverse of the published rate" in page
    assert "as none was entered" in page


def test_filters_and_sorts(client, finance):
    sell()
    sell(currency="JPY", fx_rule=FxRule.PERIOD_AVERAGE)
    FxRateFactory(on=HALF)

    assert listed(client) == [("JPY", "USD"), ("EUR", "USD")]
    assert listed(client, state="present") == [("EUR", "USD")]
    assert listed(client, kind="period_average") == [("JPY", "USD")]
    assert listed(client, currency="JPY") == [("JPY", "USD")]
    assert listed(client, currency="CHF") == []
    assert listed(client, sort="pair") == [("EUR", "USD"), ("JPY", "USD")]
    assert listed(client, sort="-day", state="x", kind="\x00", page="99") == [("JPY", "USD"), ("EUR", "USD")]
    assert b"No rate matches" in client.get(PAGE, {"currency": "CHF"}).content


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_list_is_taken_away_as_a_file(client, finance, file_format):
    sell()
    InvoiceFactory()

    response = client.get(PAGE, {"export": file_format})

    assert response.status_code == 200
    assert 'filename="needed-rates-' in response["Content-Disposition"]
    response.close()


@pytest.mark.parametrize("rows", [1, 3])
def test_page_takes_a_fixed_number_of_queries(client, finance, rows, fetch_raise, django_assert_num_queries):
    for number in range(rows):
        sell(fx_rule=list(FxRule)[number])
        InvoiceFactory()
    client.get(PAGE)

    with django_assert_num_queries(15):
        client.get(PAGE)


def test_entering_a_rate_says_what_it_sets_free(client, finance):
    sell()
    shown = client.get(address(ENTER, KEY), headers={"HX-Request": "true"})

    response = client.post(address(ENTER, KEY), TYPED, follow=True)

    assert b"EUR to USD, Tue 30 Jun 2026" in shown.content
    rate = FxRate.objects.get()
    assert (rate.base, rate.quote, rate.on, rate.kind, rate.source) == (
        "EUR",
        "USD",
        HALF,
        RateKind.PERIOD_END,
        "Contract bank",
    )
    assert b"1 statement can be calculated now." in response.content


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": ""},
        {"rate": "0"},
        {"rate": "-1"},
        {"rate": "NaN"},
        {"rate": "1e30"},
        {"rate": "1,10"},
        {"source": " "},
        {"source": "\u200b"},
        {"source": "x" * 81},
        {"source": "a\x00"},
        {"quoted": "x"},
    ],
)
def test_wrong_input_is_told_and_nothing_is_kept(client, finance, wrong):
    sell()

    response = client.post(address(ENTER, KEY), {**TYPED, **wrong})

    assert response.status_code == 422
    assert not FxRate.objects.exists()


def test_doubt_is_shown_in_words_and_holds_for_the_figure_that_was_confirmed(client, finance):
    sell()
    FxRateFactory(on=dt.date(2026, 3, 31))

    asked = client.post(address(ENTER, KEY), {**TYPED, "rate": "11.0"})
    other = client.post(address(ENTER, KEY), {**TYPED, "rate": "110", "is_confirmed": "11.0"})
    kept = client.post(address(ENTER, KEY), {**TYPED, "rate": "11.0", "is_confirmed": "11.0"})

    assert b"above the latest known rate" in asked.content
    assert b'name="is_confirmed"' in asked.content
    assert b'value="11.0"' in asked.content
    assert [asked.status_code, other.status_code, kept.status_code] == [422, 422, 302]


def test_average_of_the_reference_rates_is_offered_and_taken(client, finance):
    sell(fx_rule=FxRule.PERIOD_AVERAGE)
    for day in business_days(dt.date(2026, 1, 1), HALF):
        FxRateFactory(on=day)
    where = address(ENTER, {**KEY, "kind": "period_average"})

    shown = client.get(where).content.decode()
    client.post(where, {"average": "1"})

    days = len(business_days(dt.date(2026, 1, 1), HALF))
    assert f"Take the average of the {days} reference rates" in shown
    assert FxRate.objects.get(kind=RateKind.PERIOD_AVERAGE).source == f"average of {days} ECB reference rates"


def test_average_with_too_few_rates_is_refused_in_words(client, finance):
    sell(fx_rule=FxRule.PERIOD_AVERAGE)
    where = address(ENTER, {**KEY, "kind": "period_average"})

    response = client.post(where, {"average": "1"})

    assert response.status_code == 422
    assert b"business days from 2026-01-01 to 2026-06-30 have no reference rate" in response.content
    assert b"This field is required" not in response.content


@pytest.mark.parametrize(
    "query", [{}, {"base": "CHF"}, {"quote": "\x00"}, {"on": "x"}, {"on": "2026-06-29"}, {"kind": "reference"}]
)
def test_rate_that_nothing_needs_cannot_be_entered_here(client, finance, query):
    sell()
    wanted = {**KEY, **query} if query else {}

    assert client.get(ENTER, wanted).status_code == 404
    assert client.post(address(ENTER, wanted), TYPED).status_code == 404


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.MANAGER, Role.READ_ONLY])
def test_others_read_but_do_not_enter(client, role):
    sell()
    client.force_login(UserFactory(role=role))

    page = client.get(PAGE).content.decode()

    assert "EUR/USD" in page
    assert ENTER not in page
    for path in (address(ENTER, KEY), address(INDEX, {"index": 1, "year": 2025})):
        assert client.get(path).status_code == 403
        assert client.post(path, TYPED).status_code == 403
    assert client.post("/royalties/rates/fill-in/").status_code == 403
    assert not FxRate.objects.exists()


def test_rate_that_only_a_confidential_agreement_needs_does_not_exist_for_outsiders(client, finance):
    hidden = sell(deal=DealFactory(is_confidential=True))

    assert listed(client) == []
    assert client.get(COUNT).content.strip() == b""
    assert client.get(ENTER, KEY).status_code == 404
    assert "EUR" not in "".join(map(str, client.get(PAGE).context["currencies"]))
    client.force_login(hidden.agreement.deal.owner)
    assert listed(client) == [("EUR", "USD")]


def test_count_of_missing_ones_adds_rates_and_index_values(client, finance):
    sell()
    index = PriceIndex.objects.create(name="Producer prices", source="Destatis")
    agreement = AgreementFactory(effective_on=dt.date(2025, 1, 1))
    RoyaltyTermFactory(
        agreement=agreement,
        effective_from=dt.date(2025, 1, 1),
        escalator=EscalatorKind.INDEX,
        index=index,
        index_base_year=2024,
    )

    assert b"section-count" in client.get(COUNT).content
    assert client.get(COUNT).context["missing"] == 3
    assert b"3 rates or index values are missing. 1 statement waits." in client.get(f"{COUNT}?notice").content
    assert client.post(COUNT).status_code == 405


def test_index_value_is_entered_and_asked_about(client, finance):
    index = PriceIndex.objects.create(name="Producer prices", source="Destatis")
    term = RoyaltyTermFactory(
        agreement=AgreementFactory(effective_on=dt.date(2025, 1, 1)),
        effective_from=dt.date(2025, 1, 1),
        escalator=EscalatorKind.INDEX,
        index=index,
        index_base_year=2024,
    )
    PriceIndexValue.objects.create(index=index, year=2024, value=100)
    where = address(INDEX, {"index": index.pk, "year": 2025})
    page = client.get(PAGE).content.decode()

    asked = client.post(where, {"value": "1000"})
    kept = client.post(where, {"value": "102.5"}, follow=True)

    assert term.agreement.code in page
    assert "Producer prices" in page
    assert asked.status_code == 422
    assert b"above the value of 2024" in asked.content
    assert b"2025: 102.5" in kept.content
    assert b"Values of price indices" not in client.get(PAGE).content
    assert client.get(where).status_code == 404


def test_invoices_take_a_rate_that_came_later(client, finance):
    invoice = InvoiceFactory()
    FxRateFactory(on=invoice.issued_on)

    page = client.get(PAGE).content.decode()
    response = client.post("/royalties/rates/fill-in/", follow=True)

    invoice.refresh_from_db()
    assert "The rate for 1 invoice is known by now" in page
    assert b"1 invoice took its rate." in response.content
    assert invoice.reporting_amount is not None
    assert reverse("royalties:rates_fill_in") not in response.content.decode()
