"""Reports in a browser: the licensee's page on a phone, and the grid of figures by keyboard."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.enums import Role
from lrs_tracker.formats import format_number
from royalties.domain.filings import dispute_filing
from royalties.domain.report_links import create_link
from royalties.forms.filings import FigureField
from royalties.models import ReportFiling
from tests.accounts.factories import UserFactory
from tests.browser import PHONE
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, ProductionReportFactory, ReportFilingFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def agreement():
    """An agreement by quarters of one plant, with the first quarter reported."""
    plant = PlantFactory(name="Aster 1", chemistry="lfp", status="operating")
    agreement = AgreementFactory(reporting_period="quarter", plants=[plant], title="Cell licence")
    RoyaltyTermFactory(agreement=agreement)
    before = ReportFilingFactory(agreement=agreement, period_end=dt.date(2026, 3, 31))
    for month in (1, 2, 3):
        ProductionReportFactory(
            filing=before,
            plant=plant,
            month=dt.date(2026, month, 1),
            energy_produced_kwh=Decimal(1_000_000),
            energy_sold_kwh=Decimal(900_000),
        )
    return agreement


@pytest.fixture
def path(agreement, finance):
    """The address of a link for the second quarter."""
    _link, token = create_link(
        agreement=agreement,
        period_start=dt.date(2026, 4, 1),
        period_end=dt.date(2026, 6, 30),
        recipient="",
        days=30,
        by=finance,
        at=timezone.now(),
    )
    return reverse("royalties:report_link", args=[token])


def fill(page, figures):
    for place, (produced, sold) in enumerate(figures):
        page.locator(f"[name=rows-{place}-energy_produced_kwh]").fill(produced)
        page.locator(f"[name=rows-{place}-energy_sold_kwh]").fill(sold)


def width_beyond(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_nil_report_on_a_phone(open_page, axe, path):
    page = open_page(None, path, viewport=PHONE, has_touch=True)
    assert axe(page) == []
    assert width_beyond(page) <= 0
    page.get_by_role("button", name="Send a nil report").tap()
    page.get_by_role("dialog").get_by_role("button", name="Send nil report").tap()
    expect(page.get_by_role("heading", name="Report received")).to_be_visible()
    expect(page.get_by_text("Nothing was made or sold")).to_be_visible()
    assert ReportFiling.objects.latest("pk").reports.filter(is_nil=True).count() == 3
    assert axe(page) == []


def test_nothing_typed_is_lost_for_a_nil_report_or_a_file(open_page, path):
    page = open_page(None, path)
    fill(page, [("1000", "900")])
    page.get_by_label("Reported by").fill("Ada Aster")
    page.get_by_label("Reported by").press("Enter")
    page.get_by_role("button", name="Send a nil report").click()
    page.get_by_role("dialog").get_by_role("button", name="Send nil report").click()
    expect(page.get_by_text("You typed figures below.")).to_be_visible()
    expect(page.locator("[name=rows-0-energy_sold_kwh]")).to_have_value("900")
    page.get_by_label("Your file").set_input_files(
        {"name": "report.csv", "mimeType": "text/csv", "buffer": b"Plant,Month,Sold\nElm,2026-04,5\n"}
    )
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("would replace those you typed below")).to_be_visible()
    expect(page.get_by_label("Reported by")).to_have_value("Ada Aster")
    expect(page.locator("[name=rows-0-energy_sold_kwh]")).to_have_value("900")
    assert not ReportFiling.objects.filter(link__isnull=False).exists()


def test_correction_round_trip_on_a_phone(open_page, axe, path, finance):
    page = open_page(None, path, viewport=PHONE, has_touch=True)
    page.get_by_label("Energy in").select_option("MWh")
    fill(page, [("1000", "900"), ("1,100", "950"), ("1.2", "1")])
    expect(page.locator("[data-total=energy_sold_kwh]")).to_have_text("1,851 MWh")
    page.get_by_role("button", name="Check and send").tap()
    expect(page.get_by_role("heading", name="Please look at these")).to_be_visible()
    expect(page.get_by_text("Aster 1, Jun 2026: a factor of a thousand")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Note").fill("June is right")
    page.get_by_role("button", name="The figures are right: send").tap()
    expect(page.get_by_role("heading", name="Report received")).to_be_visible()
    filing = ReportFiling.objects.latest("pk")
    dispute_filing(filing=filing, reason="June must be in MWh", by=finance, at=timezone.now())
    page.reload()
    expect(page.get_by_text("June must be in MWh")).to_be_visible()
    sold = page.locator("[name=rows-2-energy_sold_kwh]")
    expect(sold).to_have_value("1,000")
    page.locator("[name=rows-2-energy_produced_kwh]").fill("1,200,000")
    sold.fill("1,000,000")
    assert width_beyond(page) <= 0
    page.get_by_role("button", name="Check and send").tap()
    expect(page.get_by_role("heading", name="Report received")).to_be_visible()
    filing.refresh_from_db()
    assert filing.status == "submitted"
    assert list(filing.reports.order_by("month").values_list("energy_sold_kwh", flat=True)) == [900_000, 950_000, 10**6]


def test_figures_are_entered_by_keyboard_and_follow_the_unit(open_page, axe, agreement, finance):
    filing = ReportFilingFactory(
        agreement=agreement,
        period_start=dt.date(2026, 4, 1),
        period_end=dt.date(2026, 6, 30),
        status="draft",
        submitted_at=None,
        decided_at=None,
        decided_by=None,
    )
    ProductionReportFactory(
        filing=filing,
        plant=agreement.plants.get(),
        month=dt.date(2026, 4, 1),
        status="draft",
        accepted_on=None,
        energy_produced_kwh=Decimal(1_000_000),
        energy_sold_kwh=Decimal(900_000),
    )
    page = open_page(finance, reverse("royalties:filing_edit", args=[filing.pk]))
    first = page.locator("[name=rows-0-energy_sold_kwh]")
    expect(page.get_by_text("last 900 MWh").first).to_be_visible()
    page.get_by_label("Energy in").select_option("MWh")
    expect(first).to_have_value("900")
    first.select_text()
    page.keyboard.type("950")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("[data-total=energy_sold_kwh]")).to_have_text("950 MWh")
    assert axe(page) == []
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Lines", exact=True)).to_be_visible()
    assert list(filing.reports.values_list("energy_produced_kwh", "energy_sold_kwh")) == [(10**6, 950_000)]


@pytest.fixture
def draft(agreement):
    """A draft of the second quarter without lines."""
    return ReportFilingFactory(
        agreement=agreement,
        period_start=dt.date(2026, 4, 1),
        period_end=dt.date(2026, 6, 30),
        status="draft",
        submitted_at=None,
        decided_at=None,
        decided_by=None,
    )


def written(output):
    return output.evaluate("output => output.value").replace("\xa0", " ")


def test_totals_are_exact_and_written_as_on_the_page_of_the_report(open_page, draft, finance):
    page = open_page(finance, reverse("royalties:filing_edit", args=[draft.pk]))
    sold, produced = (page.locator(f"[data-total=energy_{name}_kwh]") for name in ("sold", "produced"))
    fill(page, [("999999999.999", "0.1"), ("999,999,999.999", "0.2"), ("0.0015", "−0.1")])
    assert (written(produced), written(sold)) == ("2,000,000,000 kWh", "0.2 kWh")
    page.get_by_label("Energy in").select_option("GWh")
    fill(page, [("999.999999999", "0.000000001"), ("0.1", "0.000000002"), ("0.2", "0")])
    assert (written(produced), written(sold)) == ("1,000.299999999 GWh", "0.000000003 GWh")
    page.get_by_label("Energy in").select_option("MWh")
    fill(page, [("9007199.254741", "0.1"), ("0.000001", "0.2"), ("0.7", "1,234,567.8909")])
    assert (written(produced), written(sold)) == ("9,007,199.954742 MWh", "1,234,568.1909 MWh")
    page.get_by_role("button", name="Save draft").click()
    totals = page.locator("tfoot .num").all_inner_texts()
    assert [text.replace("\xa0", " ") for text in totals[:2]] == ["9,007,199,954.742 kWh", "1,234,568,190.9 kWh"]


def test_figures_keep_every_digit_in_another_unit(open_page, agreement, draft, finance):
    ProductionReportFactory(
        filing=draft,
        plant=agreement.plants.get(),
        month=dt.date(2026, 4, 1),
        status="draft",
        accepted_on=None,
        energy_produced_kwh=Decimal("900719925474.993"),
        energy_sold_kwh=Decimal("0.001"),
    )
    page = open_page(finance, reverse("royalties:filing_edit", args=[draft.pk]))
    for unit, figures in (
        ("GWh", ("900,719.925474993", "0.000000001")),
        ("MWh", ("900,719,925.474993", "0.000001")),
        ("kWh", ("900,719,925,474.993", "0.001")),
    ):
        page.get_by_label("Energy in").select_option(unit)
        for name, figure in zip(("produced", "sold"), figures, strict=True):
            expect(page.locator(f"[name=rows-0-energy_{name}_kwh]")).to_have_value(figure)
            assert written(page.locator(f"[data-total=energy_{name}_kwh]")) == f"{figure} {unit}"


def test_money_is_totalled_by_currency_with_its_decimals(open_page, axe, agreement, draft, finance):
    agreement.terms.update(basis="net_sales")
    page = open_page(finance, reverse("royalties:filing_edit", args=[draft.pk]))
    for place, (currency, gross) in enumerate(
        [("USD", "999,999,999,999,999.99"), ("usd", "999999999999998.02"), ("JPY", "1500")]
    ):
        page.locator(f"[name=rows-{place}-currency]").fill(currency)
        page.locator(f"[name=rows-{place}-gross_sales]").fill(gross)
    gross = page.locator("[data-total=gross_sales]")
    assert written(gross) == "USD 1,999,999,999,999,998.01\nJPY 1,500"
    page.locator("[name=rows-2-currency]").fill("KWD")
    assert written(gross) == "USD 1,999,999,999,999,998.01\nKWD 1,500.000"
    page.locator("[name=rows-0-gross_sales]").fill("0.1")
    page.locator("[name=rows-1-gross_sales]").fill("−0.3")
    assert written(gross) == "USD −0.20\nKWD 1,500.000"
    assert axe(page) == []


TYPED = (
    *("", "0", "1234", "1,234", "1.234", "1,234.5", "1.234,5", "1 234,5", "1'234.5", "0,125", "0.125", "00,125"),
    *(
        ".5",
        "5.",
        "5,",
        "+7",
        "-7",
        "−7",
        "- 7",
        "12,34",
        "1,23,456",
        "1.2.3",
        "1,2,3",
        "12.345.678",
        "1,234,5",
        "1.5.000",
    ),
    *(
        "0.0000000005",
        "0.0005",
        "0.0015",
        "0.0025",
        "1e3",
        "x",
        "--1",
        "1-",
        ".",
        ",",
        "999999999999999",
        "1000000000000000",
    ),
)


def test_figures_are_read_as_the_server_reads_them(open_page, agreement, draft, finance):
    agreement.terms.update(basis="units")
    page = open_page(finance, reverse("royalties:filing_edit", args=[draft.pk]))
    total = page.locator("[data-total=units]")
    for text in TYPED:
        page.locator("[name=rows-0-units]").fill(text)
        try:
            number = (FigureField().clean(text) or Decimal(0)).quantize(Decimal("0.001"))
        except ValidationError:
            assert (text, written(total)) == (text, "–")
        else:
            assert (text, written(total)) == (text, format_number(number, pattern="#,##0.###"))
