"""Corrections of what was reported: nothing of the former version is lost unless somebody takes it out."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from royalties.domain.filings import dispute_filing
from royalties.domain.report_checks import open_warnings
from royalties.domain.report_links import create_link
from royalties.domain.report_versions import compare_with_replaced
from royalties.models import ReportFiling
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, ProductionReportFactory, ReportFilingFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db
JANUARY = dt.date(2026, 1, 1)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    return user


@pytest.fixture
def plant():
    return PlantFactory(name="Aster 1", chemistry="lfp")


@pytest.fixture
def agreement(plant):
    """An agreement by months on net sales alone."""
    agreement = AgreementFactory(reporting_period="month", plants=[plant], fields_of_use=["ev"])
    RoyaltyTermFactory(agreement=agreement, basis="net_sales", tiers=[(None, "3")])
    return agreement


@pytest.fixture
def reported(agreement, plant):
    """January as it was accepted: with quantities, which no term needs."""
    filing = ReportFilingFactory(agreement=agreement, period_end=dt.date(2026, 1, 31))
    return ProductionReportFactory(
        filing=filing,
        plant=plant,
        month=JANUARY,
        energy_produced_kwh=900_000,
        energy_sold_kwh=Decimal("850000.5"),
        units=7_000,
        gross_sales=120_000,
        deductions=20_000,
        net_sales=100_000,
        currency="EUR",
    )


@pytest.fixture
def url(agreement, finance):
    """The address of a link for January."""
    _link, token = create_link(
        agreement=agreement,
        period_start=JANUARY,
        period_end=dt.date(2026, 1, 31),
        recipient="",
        days=30,
        by=finance,
        at=timezone.now(),
    )
    return reverse("royalties:report_link", args=[token])


def as_shown(response, **changes):
    """Return what the browser sends for a form as it came, with changes in its first row."""
    form, rows = response.context["form"], response.context["formset"]
    sent = {field.html_name: field.value() or "" for field in form if field.value() is not True}
    sent |= {field.html_name: field.value() for field in rows.management_form}
    sent |= {field.html_name: field.value() or "" for row in rows for field in row if field.name != "is_return"}
    return {**sent, "unit": "kWh", **{f"rows-0-{name}": value for name, value in changes.items()}}


def figures(line):
    names = ("energy_produced_kwh", "energy_sold_kwh", "units", "gross_sales", "deductions", "net_sales")
    return [*(getattr(line, name) for name in names), line.currency]


def test_correction_by_a_link_shows_and_keeps_quantities_that_no_term_needs(client, reported, url):
    page = client.get(url)
    assert page.context["scope"].figures == (
        "energy_produced_kwh",
        "energy_sold_kwh",
        "units",
        "gross_sales",
        "deductions",
        "net_sales",
    )
    sent = as_shown(page, gross_sales="130,000", net_sales="110,000", then="save")
    assert client.post(url, {**sent, "then": "save"}).status_code == 200
    [line] = ReportFiling.objects.latest("pk").reports.all()
    assert figures(line) == [900_000, Decimal("850000.5"), 7_000, 130_000, 20_000, 110_000, "EUR"]


def test_first_report_is_asked_for_what_the_terms_need(client, url):
    page = client.get(url)
    assert page.context["scope"].figures == ("gross_sales", "deductions", "net_sales")
    assert "reported before" not in page.content.decode()
    assert 'value="USD"' in page.content.decode()


def test_correction_says_that_it_is_one_also_once_it_is_begun(client, reported, url):
    page = client.get(url)
    client.post(url, as_shown(page) | {"then": "save"})
    for shown in (page, client.get(url)):
        assert "This period has been reported before" in shown.content.decode()


def test_sales_of_a_new_period_begin_in_the_currency_of_last_period(client, reported, agreement, finance):
    client.post(reverse("royalties:report_new", args=[agreement.pk]), {"period": "2026-02-28", "kind": "figures"})
    filing = ReportFiling.objects.latest("pk")
    page = client.get(reverse("royalties:filing_edit", args=[filing.pk]))
    [row] = page.context["formset"]
    assert row["currency"].value() == "EUR"
    assert "last EUR\xa0100,000.00" in page.content.decode()
    template = client.get(reverse("royalties:filing_template", args=[filing.pk, "csv"]))
    assert b'"EUR"' in b"".join(template.streaming_content)


def test_nil_report_keeps_who_saved_the_draft(client, url):
    sent = as_shown(client.get(url), net_sales="5") | {"sender": "Ada Aster", "then": "save"}
    client.post(url, sent)
    client.post(url, {"then": "nil"})
    filing = ReportFiling.objects.get()
    assert (filing.status, filing.sender, filing.reports.get().is_nil) == ("submitted", "Ada Aster", True)


def test_nil_report_over_accepted_sales_waits_for_someone_to_look(client, reported, url):
    client.post(url, {"then": "nil"})
    filing = ReportFiling.objects.latest("pk")
    assert [flag.text for flag in open_warnings(filing)] == [
        "Accepted before: 850 MWh, EUR\xa0100,000.00, 7,000 units."
    ]


def test_correction_in_the_browser_keeps_quantities(client, reported, agreement, finance):
    client.post(reverse("royalties:report_new", args=[agreement.pk]), {"period": "2026-01-31", "kind": "figures"})
    filing = ReportFiling.objects.latest("pk")
    address = reverse("royalties:filing_edit", args=[filing.pk])
    sent = as_shown(client.get(address), net_sales="100,000")
    client.post(address, {**sent, "then": "save"})
    assert figures(filing.reports.get()) == figures(reported)


def test_figure_that_is_taken_out_by_hand_is_taken_out(client, reported, url):
    sent = as_shown(client.get(url), units="")
    client.post(url, {**sent, "then": "save"})
    assert figures(ReportFiling.objects.latest("pk").reports.get())[2] == 0


def test_file_without_a_column_leaves_its_figures_as_they_were(client, reported, url):
    content = b"Plant,Month,Chemistry,Field of use,Units,Energy sold (MWh)\nAster 1,2026-01,LFP,ev,8000,860\n"
    response = client.post(url, {"then": "file", "file": SimpleUploadedFile("report.csv", content)})
    assert response.status_code == 200, response.content.decode()
    [line] = ReportFiling.objects.latest("pk").reports.all()
    assert figures(line) == [900_000, 860_000, 8_000, 120_000, 20_000, 100_000, "EUR"]


def test_file_with_a_part_of_the_sales_says_all_of_them(client, reported, url):
    content = b"Plant,Month,Chemistry,Field of use,Net sales,Currency\nAster 1,2026-01,LFP,ev,95000,USD\n"
    client.post(url, {"then": "file", "file": SimpleUploadedFile("report.csv", content)})
    [line] = ReportFiling.objects.latest("pk").reports.all()
    assert figures(line) == [900_000, Decimal("850000.5"), 7_000, 0, 0, 95_000, "USD"]


def test_file_that_reports_nil_takes_everything_out(client, reported, url):
    content = b"Plant,Month,Chemistry,Field of use,Nil\nAster 1,2026-01,LFP,ev,yes\n"
    client.post(url, {"then": "file", "file": SimpleUploadedFile("report.csv", content)})
    [line] = ReportFiling.objects.latest("pk").reports.all()
    assert (line.is_nil, figures(line)[:6]) == (True, [0] * 6)


def test_file_for_a_report_that_was_sent_back_keeps_what_was_sent(client, agreement, plant, finance):
    filing = ReportFilingFactory(
        agreement=agreement, period_end=dt.date(2026, 1, 31), status="submitted", decided_at=None, decided_by=None
    )
    ProductionReportFactory(
        filing=filing, plant=plant, month=JANUARY, status="submitted", accepted_on=None, units=7_000, net_sales=5
    )
    dispute_filing(filing=filing, reason="Sales are too low", by=finance, at=timezone.now())
    address = reverse("royalties:filing_file", args=[filing.pk])
    content = b"Plant,Month,Chemistry,Field of use,Net sales\nAster 1,2026-01,LFP,ev,95000\n"
    page = client.post(address, {"file": SimpleUploadedFile("report.csv", content)}, follow=True)
    client.post(address, {field.html_name: field.value() or "" for field in page.context["form"]} | {"then": "take"})
    line = filing.reports.get()
    assert (line.units, line.energy_sold_kwh, line.net_sales) == (7_000, 9_000_000, 95_000)


def test_rows_left_for_later_are_still_there(client, finance):
    plant = PlantFactory(name="Aster 1", chemistry="lfp")
    agreement = AgreementFactory(reporting_period="quarter", plants=[plant], fields_of_use=["ev"])
    RoyaltyTermFactory(agreement=agreement)
    client.post(reverse("royalties:report_new", args=[agreement.pk]), {"period": "2026-03-31", "kind": "figures"})
    address = reverse("royalties:filing_edit", args=[ReportFiling.objects.get().pk])
    sent = as_shown(client.get(address)) | {"rows-1-energy_sold_kwh": "500", "then": "save"}
    client.post(address, sent)
    rows = client.get(address).context["formset"]
    assert [(row["month"].value(), row["energy_sold_kwh"].value()) for row in rows] == [
        ("2026-01-01", None),
        ("2026-02-01", "500"),
        ("2026-03-01", None),
    ]


def test_versions_are_compared_with_their_currencies(client, reported, agreement, finance):
    client.post(reverse("royalties:report_new", args=[agreement.pk]), {"period": "2026-01-31", "kind": "figures"})
    filing = ReportFiling.objects.latest("pk")
    address = reverse("royalties:filing_edit", args=[filing.pk])
    client.post(address, as_shown(client.get(address), currency="JPY", energy_sold_kwh="850,001") | {"then": "save"})
    [change] = compare_with_replaced(filing)
    assert [(each.name, each.currency_before, each.currency_after, each.difference) for each in change.figures] == [
        ("energy_sold_kwh", "", "", Decimal("0.5")),
        ("gross_sales", "EUR", "JPY", None),
        ("deductions", "EUR", "JPY", None),
        ("net_sales", "EUR", "JPY", None),
    ]
    page = client.get(filing.get_absolute_url()).content.decode()
    for text in ("EUR\xa0100,000.00", "JPY\xa0100,000", "+0.5\xa0kWh"):
        assert text in page
