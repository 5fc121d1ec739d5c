"""The pages of reports: the due calendar, entering figures, and each step on a filing's page."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from royalties.models import ReportFiling
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    IssuedStatementFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    """The day on which the pages are read: what is due or missing depends on it."""
    time_machine.move_to(NOW)


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


@pytest.fixture
def agreement():
    """An agreement of half-years since January 2026 with one plant."""
    agreement = AgreementFactory(plants=[PlantFactory(name="Larkspur 1")])
    RoyaltyTermFactory(agreement=agreement)
    return agreement


@pytest.fixture
def filing(agreement):
    """A draft of the first half of 2026."""
    return ReportFilingFactory(agreement=agreement, status="draft", submitted_at=None, decided_at=None, decided_by=None)


def grid(filing, *rows, unit="kWh", **values):
    """Return what a browser sends for rows of (month, sold) or of dicts."""
    plant = filing.agreement.plants.get()
    typed = {
        "rows-TOTAL_FORMS": len(rows),
        "rows-INITIAL_FORMS": 0,
        "unit": unit,
        "shown_unit": "kWh",
        "version": filing.version,
        "then": "save",
    } | values
    for place, row in enumerate(rows):
        facts = {"plant": plant.pk, "month": "2026-01-01", "chemistry": "lfp", "field": "ev"} | row
        typed |= {f"rows-{place}-{name}": value for name, value in facts.items()}
    return typed


def test_report_is_begun_entered_submitted_and_accepted(client, finance, agreement):
    response = client.post(
        reverse("royalties:report_new", args=[agreement.pk]), {"period": "2026-06-30", "kind": "figures"}
    )
    filing = ReportFiling.objects.get()
    assert response["Location"] == f"/royalties/filings/{filing.pk}/edit/"
    page = client.get(response["Location"]).content.decode()
    assert page.count("data-figure") == 12
    rows = [
        {"month": f"2026-0{month}-01", "energy_produced_kwh": "1,500", "energy_sold_kwh": "1.25"}
        for month in range(1, 7)
    ]
    response = client.post(response["Location"], grid(filing, *rows, unit="MWh", then="submit"))
    assert response["Location"] == filing.get_absolute_url()
    filing.refresh_from_db()
    assert filing.status == "submitted"
    assert set(filing.reports.values_list("energy_produced_kwh", "energy_sold_kwh")) == {(1_500_000, 1250)}
    client.post(reverse("royalties:filing_accept", args=[filing.pk]), {"version": filing.version})
    filing.refresh_from_db()
    assert filing.status == "accepted"
    assert client.get(filing.get_absolute_url()).status_code == 200


def test_sales_in_several_currencies_have_a_total_for_each(client, finance, agreement, filing):
    plant = agreement.plants.get()
    for month, net, currency in ((1, "1000.50", "EUR"), (2, "2000", "EUR"), (3, "70000", "CNY"), (4, "0", "USD")):
        ProductionReportFactory(
            filing=filing, plant=plant, month=dt.date(2026, month, 1), net_sales=Decimal(net), currency=currency
        )

    page = client.get(filing.get_absolute_url()).content.decode()

    foot = re.search(r"<tfoot>.*?</tfoot>", page, re.DOTALL).group().replace("\N{NO-BREAK SPACE}", " ")
    assert re.findall(r'<td class="num">(.*?)</td>', foot) == [
        "36,400,000 kWh",
        "36,000,000 kWh",
        "CNY 70,000.00<br>EUR 3,000.50",
    ]


@pytest.mark.parametrize(("kind", "count"), [("nil", 6), ("estimate", 6)])
def test_report_of_nothing_or_by_estimate_is_one_button(client, finance, agreement, kind, count):
    plant = agreement.plants.get()
    agreement.effective_on = dt.date(2025, 1, 1)
    agreement.save()
    before = ReportFilingFactory(
        agreement=agreement, period_start=dt.date(2025, 7, 1), period_end=dt.date(2025, 12, 31)
    )
    for month in range(7, 13):
        ProductionReportFactory(filing=before, plant=plant, month=dt.date(2025, month, 1))
    client.post(reverse("royalties:report_new", args=[agreement.pk]), {"period": "2026-06-30", "kind": kind})
    filing = ReportFiling.objects.latest("pk")
    expected = {(True, False, Decimal(0))} if kind == "nil" else {(False, True, Decimal(9_000_000))}
    assert filing.reports.count() == count
    assert set(filing.reports.values_list("is_nil", "is_estimate", "energy_sold_kwh")) == expected
    assert client.get(filing.get_absolute_url()).status_code == 200


def test_nothing_typed_is_lost_on_an_error(client, finance, filing):
    url = reverse("royalties:filing_edit", args=[filing.pk])
    response = client.post(
        url, grid(filing, {"energy_sold_kwh": "12,34,5"}, {"energy_sold_kwh": "-7"}, note="From a mail")
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "12,34,5" in page
    assert "From a mail" in page
    assert "is not a number" in page
    response = client.post(url, grid(filing, {"energy_sold_kwh": "-7"}))
    assert "Negative figures are only for returns" in response.content.decode()
    assert not filing.reports.exists()


@pytest.mark.parametrize("figure", ["99999999999999999999", "9" * 38, "1000000000", "-99999999999999999999999999999"])
@pytest.mark.parametrize("unit", ["kWh", "GWh"])
def test_figure_that_is_too_large_is_refused_in_words(client, finance, filing, figure, unit):
    url = reverse("royalties:filing_edit", args=[filing.pk])

    response = client.post(url, grid(filing, {"energy_sold_kwh": figure}, unit=unit))

    assert response.status_code == 422
    assert "The number is too large." in response.content.decode()
    assert not filing.reports.exists()


def test_rows_without_figures_are_left_out_and_nought_is_nil(client, finance, filing):
    url = reverse("royalties:filing_edit", args=[filing.pk])
    client.post(url, grid(filing, {"energy_sold_kwh": ""}, {"month": "2026-02-01", "energy_sold_kwh": "0"}))
    assert list(filing.reports.values_list("month", "is_nil")) == [(dt.date(2026, 2, 1), True)]


def test_more_rows_keep_what_was_typed(client, finance, filing):
    url = reverse("royalties:filing_edit", args=[filing.pk])
    response = client.post(url, grid(filing, {"energy_sold_kwh": "77"}, more="1"))
    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="77"' in page
    assert 'name="rows-TOTAL_FORMS" value="4"' in page


def test_figures_left_as_shown_keep_their_quantity_in_another_unit(client, finance, filing):
    ProductionReportFactory(
        filing=filing,
        plant=filing.agreement.plants.get(),
        month=dt.date(2026, 1, 1),
        status="draft",
        accepted_on=None,
        energy_produced_kwh=5000,
        energy_sold_kwh=4000,
    )
    url = reverse("royalties:filing_edit", args=[filing.pk])
    client.post(url, grid(filing, {"energy_produced_kwh": "5,000", "energy_sold_kwh": "3"}, unit="MWh"))
    assert list(filing.reports.values_list("energy_produced_kwh", "energy_sold_kwh")) == [(5000, 3000)]


def test_stale_form_shows_both_versions_and_then_saves(client, finance, filing):
    url = reverse("royalties:filing_edit", args=[filing.pk])
    client.post(url, grid(filing, {"energy_sold_kwh": "10"}))
    response = client.post(url, grid(filing, {"energy_sold_kwh": "20"}))
    page = response.content.decode()
    assert response.status_code == 422
    assert "while you were writing" in page
    assert "10\xa0kWh" in page
    assert "20\xa0kWh" in page
    stored = ReportFiling.objects.get()
    client.post(url, grid(stored, {"energy_sold_kwh": "20"}))
    assert filing.reports.get().energy_sold_kwh == 20


@pytest.mark.parametrize("tampered", [{"rows-TOTAL_FORMS": "x"}, {"rows-TOTAL_FORMS": "99999"}, {"unit": "TWh"}])
def test_tampered_forms_are_refused(client, finance, filing, tampered):
    url = reverse("royalties:filing_edit", args=[filing.pk])
    assert client.post(url, grid(filing, {"energy_sold_kwh": "1"}, **tampered)).status_code == 422
    assert not filing.reports.exists()


def test_warnings_are_accepted_on_the_page(client, finance, filing):
    plant = filing.agreement.plants.get()
    filing.status, filing.submitted_at = "submitted", filing.created_at
    filing.save()
    ProductionReportFactory(filing=filing, plant=plant, month=dt.date(2026, 1, 1), status="submitted", accepted_on=None)
    page = client.get(filing.get_absolute_url())
    [missing] = [item for item in page.context["checks"] if item["state"] == "open"]
    assert missing["title"] == "Larkspur 1: Feb 2026, Mar 2026, Apr 2026, May 2026, Jun 2026 missing"
    client.post(reverse("royalties:filing_accept", args=[filing.pk]), {"version": filing.version})
    filing.refresh_from_db()
    assert filing.status == "submitted"
    client.post(reverse("royalties:filing_warning", args=[filing.pk]), {"key": missing["key"]})
    page = client.get(filing.get_absolute_url())
    assert [item["state"] for item in page.context["checks"]].count("waived") == 1
    filing.refresh_from_db()
    client.post(reverse("royalties:filing_accept", args=[filing.pk]), {"version": filing.version})
    filing.refresh_from_db()
    assert filing.status == "accepted"
    assert finance.name in client.get(filing.get_absolute_url()).content.decode()


def test_report_is_sent_back_with_a_reason(client, finance, filing):
    filing.status, filing.submitted_at = "submitted", filing.created_at
    filing.save()
    url = reverse("royalties:filing_send_back", args=[filing.pk])
    assert client.post(url, {"reason": " "}).status_code == 422
    client.post(url, {"reason": "March is in MWh"})
    assert "March is in MWh" in client.get(filing.get_absolute_url()).content.decode()


def test_draft_is_deleted(client, finance, filing):
    response = client.post(reverse("royalties:filing_withdraw", args=[filing.pk]))
    assert response["Location"] == reverse("royalties:reports")
    assert not ReportFiling.objects.exists()


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_others_read_and_change_nothing(client, filing, role):
    client.force_login(UserFactory(role=role))
    assert client.get(filing.get_absolute_url()).status_code == 200
    assert client.get(reverse("royalties:reports")).status_code == 200
    for name in (
        "filing_edit",
        "filing_submit",
        "filing_accept",
        "filing_warning",
        "filing_send_back",
        "filing_withdraw",
    ):
        assert client.post(reverse(f"royalties:{name}", args=[filing.pk])).status_code == 403, name
    assert client.get(reverse("royalties:report_new", args=[filing.agreement_id])).status_code == 403


def test_filing_of_a_confidential_deal_does_not_exist_for_others(client, finance, filing):
    deal = filing.agreement.deal
    deal.is_confidential = True
    deal.save()
    for name in ("filing", "filing_edit"):
        assert client.get(reverse(f"royalties:{name}", args=[filing.pk])).status_code == 404
    assert filing.agreement.code not in client.get(reverse("royalties:reports")).content.decode()


def test_calendar_says_what_is_due(client, finance, agreement):
    page = client.get(reverse("royalties:reports"))
    assert [row.state for row, _kind in page.context["rows"]] == ["late", "not_over"]
    assert [row.name for row, _kind in page.context["rows"]] == ["H1 2026", "H2 2026"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("?state=late", 1), ("?state=open", 1), ("?state=nil", 0), ("?q=nothing", 0), ("?span=all", 2), ("?sort=due", 2)],
)
def test_calendar_is_filtered(client, finance, agreement, query, count):
    assert len(client.get(reverse("royalties:reports") + query).context["rows"]) == count


def test_calendar_is_narrowed_to_an_agreement(client, finance, agreement):
    RoyaltyTermFactory()
    page = client.get(reverse("royalties:reports") + f"?agreement={agreement.pk}")
    assert {row.agreement for row, _kind in page.context["rows"]} == {agreement}
    assert client.get(reverse("royalties:reports") + "?agreement=9999").context["rows"] == []


def test_calendar_is_exported(client, finance, agreement):
    content = b"".join(client.get(reverse("royalties:reports") + "?export=csv&state=late").streaming_content).decode()
    assert "2026-06-30,2026-07-30" in content


@pytest.mark.parametrize("count", [1, 3])
def test_calendar_takes_the_same_queries_for_any_number(client, finance, django_assert_num_queries, fetch_raise, count):
    for _each in range(count):
        ReportFilingFactory(agreement=AgreementFactory())
    client.get(reverse("royalties:reports"))
    with django_assert_num_queries(7):
        client.get(reverse("royalties:reports"))


def test_timeline_names_periods_and_months_for_the_reader(client, finance, filing):
    ProductionReportFactory(filing=filing, plant=filing.agreement.plants.get())
    page = client.get(filing.agreement.get_absolute_url(), {"tab": "timeline"}).content.decode()
    assert "Larkspur 1, Mar 2026" in page
    assert re.search(r"filing <b[^>]*>H1 2026", page)


def test_accepted_report_leads_to_the_draft_that_takes_it(client, finance, filing):
    ProductionReportFactory(filing=filing, plant=filing.agreement.plants.get())
    url = filing.get_absolute_url()
    assert "Draft statement" not in client.get(url).content.decode()
    ReportFiling.objects.filter(pk=filing.pk).update(
        status="accepted", submitted_at=NOW, decided_at=NOW, decided_by=finance
    )
    assert "Draft statement" in client.get(url).content.decode()
    IssuedStatementFactory(agreement=filing.agreement, issued_at=NOW - dt.timedelta(days=1))
    page = client.get(url).content.decode()
    assert "Draft corrections" in page
    assert 'name="through" value="2026-06-30"' in page
    IssuedStatementFactory(agreement=filing.agreement, issued_at=NOW + dt.timedelta(days=1))
    assert "Draft corrections" not in client.get(url).content.decode()
