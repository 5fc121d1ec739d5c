"""What the checks of a report find, in words and numbers."""

import datetime as dt
from decimal import Decimal

import pytest

from plants.enums import PlantStatus
from royalties.domain.report_checks import check_filing, run_checks
from royalties.domain.report_lines import ReportLine
from tests.plants.factories import PlantFactory, RampScenarioFactory
from tests.royalties.factories import AgreementFactory, ProductionReportFactory, ReportFilingFactory

pytestmark = pytest.mark.django_db
FEBRUARY = dt.date(2026, 2, 1)


@pytest.fixture
def plant():
    """A plant of 12 GWh a year at full ramp: 855 MWh in a month at 90 % utilisation and 95 % yield."""
    plant = PlantFactory(name="Aster", nameplate_gwh=12)
    RampScenarioFactory(plant=plant, sop_on=dt.date(2020, 1, 1), months_to_nameplate=12)
    return plant


@pytest.fixture
def filing(plant):
    """A filing of February 2026 without lines."""
    return ReportFilingFactory(
        agreement=AgreementFactory(reporting_period="month", plants=[plant]),
        period_start=FEBRUARY,
        period_end=dt.date(2026, 2, 28),
        status="submitted",
        decided_at=None,
        decided_by=None,
    )


def line(plant, produced=855_000, **values):
    facts = {"energy_produced_kwh": Decimal(produced), "energy_sold_kwh": Decimal(1), "currency": "USD"}
    return ReportLine(plant.pk, FEBRUARY, "lfp", "ev", **facts | values)


def found(filing, *lines):
    return [(flag.code, flag.title, flag.text) for flag in check_filing(filing, lines)]


def last_month(filing, plant, produced, **values):
    january = ReportFilingFactory(
        agreement=filing.agreement, period_start=dt.date(2026, 1, 1), period_end=dt.date(2026, 1, 31)
    )
    facts = {"energy_produced_kwh": produced, "energy_sold_kwh": 1, "month": dt.date(2026, 1, 1)}
    return ProductionReportFactory(filing=january, plant=plant, **facts | values)


def test_what_is_as_planned_has_no_remark(filing, plant):
    assert found(filing, line(plant)) == []
    assert [check.title for check in run_checks(filing, [line(plant)])] == [
        "All months reported",
        "Quantities plausible",
        "Sold within produced",
    ]


def test_more_than_nameplate_allows(filing, plant):
    assert found(filing, line(plant, 900_000)) == [
        (
            "above-nameplate",
            "Aster, Feb 2026: above nameplate",
            "900 MWh against 855 MWh in a month at 90 % utilisation and 95 % yield.",
        )
    ]


def test_nameplate_counts_without_a_ramp(filing, plant):
    plant.ramps.all().delete()
    assert found(filing, line(plant, 1_100_000)) == [
        (
            "above-nameplate",
            "Aster, Feb 2026: above nameplate",
            "1.1 GWh against 1 GWh in a month by nameplate alone.",
        )
    ]


def test_break_with_the_ramp(filing, plant):
    assert found(filing, line(plant, 427_500)) == [
        (
            "off-ramp",
            "Aster, Feb 2026: 50 % below the ramp",
            "427.5 MWh against 855 MWh planned at 90 % utilisation and 95 % yield.",
        )
    ]


@pytest.fixture
def neighbour(filing, plant):
    """Another agreement of the deal over the plant, under which February's report is accepted as given."""
    agreement = filing.agreement
    other = AgreementFactory(
        deal=agreement.deal, licensee=agreement.licensee, number=agreement.number + 1, plants=[plant]
    )

    def report(produced):
        accepted = ReportFilingFactory(agreement=other, period_start=FEBRUARY, period_end=dt.date(2026, 2, 28))
        facts = {"energy_produced_kwh": produced, "energy_sold_kwh": 1, "month": FEBRUARY, "field": "storage"}
        ProductionReportFactory(filing=accepted, plant=plant, **facts)
        return other

    return report


def test_parts_of_a_plant_under_two_agreements_are_compared_with_its_ramp_together(filing, plant, neighbour):
    neighbour(600_000)
    assert found(filing, line(plant, 255_000)) == []


def test_parts_of_a_plant_that_together_miss_its_ramp(filing, plant, neighbour):
    other = neighbour(172_500)
    words = (
        "255 MWh against 855 MWh planned at 90 % utilisation and 95 % yield. "
        f"The plant is under {other.code} too: with what was accepted there it is 427.5 MWh."
    )
    assert found(filing, line(plant, 255_000)) == [("off-ramp", "Aster, Feb 2026: 50 % below the ramp", words)]


def test_same_energy_reported_under_two_agreements_is_not_above_the_ramp(filing, plant, neighbour):
    neighbour(800_000)
    assert found(filing, line(plant, 800_000)) == []


def test_part_of_a_plant_that_shifts_to_another_agreement_is_a_break_with_last_period(filing, plant, neighbour):
    neighbour(655_000)
    last_month(filing, plant, 500_000)
    assert [code for code, _title, _text in found(filing, line(plant, 200_000))] == ["off-last-period"]


def test_chemistries_of_a_plant_are_compared_together(filing, plant):
    other = ReportLine(plant.pk, FEBRUARY, "nmc", "ev", energy_produced_kwh=Decimal(500_000), currency="USD")
    assert [code for code, _title, _text in found(filing, line(plant, 500_000), other)] == ["above-nameplate"]


def test_break_with_last_period(filing, plant):
    plant.ramps.all().delete()
    last_month(filing, plant, 200_000)
    assert found(filing, line(plant, 400_000)) == [
        (
            "off-last-period",
            "Aster, Feb 2026: 100 % above last period",
            "400 MWh against 200 MWh in an average month of it.",
        )
    ]


@pytest.mark.parametrize(("produced", "words"), [(855, "MWh may have been"), (855_000_000, "kWh may have been")])
def test_wrong_unit_is_named_and_nothing_else(filing, plant, produced, words):
    last_month(filing, plant, 850_000)
    [(code, title, text)] = found(filing, line(plant, produced))
    assert (code, title) == ("unit", "Aster, Feb 2026: a factor of a thousand")
    assert words in text


def test_wrong_unit_of_what_was_sold_is_named_too(filing, plant):
    [(code, title, _text), (more, *_words)] = found(filing, line(plant, energy_sold_kwh=Decimal(850_000_000)))
    assert (code, title, more) == ("unit", "Aster, Feb 2026: a factor of a thousand", "oversold")


def test_nothing_where_something_was_accepted(filing, plant):
    counted = ReportFilingFactory(agreement=filing.agreement, period_start=FEBRUARY, period_end=dt.date(2026, 2, 28))
    ProductionReportFactory(filing=counted, plant=plant, month=FEBRUARY, energy_sold_kwh=800_000)
    nil = ReportLine(plant.pk, FEBRUARY, "lfp", "ev", currency="USD", is_nil=True)
    assert found(filing, nil) == [("nothing-now", "Aster, Feb 2026: nothing any more", "Accepted before: 800 MWh.")]


def test_unchanged_sales_in_several_currencies_have_no_remark(filing, plant):
    sales = {"gross_sales": Decimal(90), "net_sales": Decimal(90)}
    last_month(filing, plant, 855_000, currency="EUR", **sales)
    last_month(filing, plant, 1, currency="JPY", field="storage", **sales)
    lines = (
        line(plant, currency="EUR", **sales),
        ReportLine(plant.pk, FEBRUARY, "lfp", "storage", currency="JPY", **sales),
    )
    assert "currency" not in [code for code, _title, _text in found(filing, *lines)]


def test_missing_plants_that_operate(filing, plant):
    elm = PlantFactory(name="Elm", status=PlantStatus.OPERATING)
    filing.agreement.plants.add(elm, PlantFactory(name="Fir", status=PlantStatus.CONSTRUCTION))
    assert found(filing, line(plant)) == [
        (
            "missing",
            "Elm: Feb 2026 missing",
            "A month in which nothing was made or sold is reported as nil.",
        )
    ]


def test_nil_line_is_no_missing_month(filing, plant):
    nil = line(plant, 0, energy_sold_kwh=Decimal(0), is_nil=True)
    assert "missing" not in [code for code, _title, _text in found(filing, nil)]
    plant.ramps.all().delete()
    assert found(filing, nil) == []


def test_sold_beyond_what_was_ever_made(filing, plant):
    last_month(filing, plant, 800_000, energy_sold_kwh=700_000)
    assert found(filing, line(plant, 855_000, energy_sold_kwh=Decimal(955_000))) == []
    assert found(filing, line(plant, 855_000, energy_sold_kwh=Decimal(960_000))) == [
        ("oversold", "Aster has sold more than it made", "1.66 GWh sold against 1.66 GWh produced so far, 5 MWh more.")
    ]


def test_restated_month_counts_once_in_what_was_made(filing, plant):
    counted = ReportFilingFactory(agreement=filing.agreement, period_start=FEBRUARY, period_end=dt.date(2026, 2, 28))
    ProductionReportFactory(
        filing=counted, plant=plant, month=FEBRUARY, energy_produced_kwh=855_000, energy_sold_kwh=855_000
    )
    assert [code for code, _title, _text in found(filing, line(plant, 700_000, energy_sold_kwh=Decimal(750_000)))] == [
        "oversold"
    ]


def test_line_that_stays_from_an_earlier_report_is_noted(filing, plant):
    counted = ReportFilingFactory(agreement=filing.agreement, period_start=FEBRUARY, period_end=dt.date(2026, 2, 28))
    ProductionReportFactory(filing=counted, plant=plant, month=FEBRUARY, chemistry="nmc", energy_sold_kwh=1)
    [flag] = [flag for flag in check_filing(filing, [line(plant)]) if flag.code == "kept"]
    assert (flag.severity, flag.title) == ("note", "Aster, Feb 2026: an earlier line stays")


def test_sales_that_do_not_add_up_or_are_in_another_currency(filing, plant):
    sales = {"gross_sales": Decimal(100), "deductions": Decimal(10), "net_sales": Decimal(95), "currency": "EUR"}
    assert found(filing, line(plant, **sales)) == [
        (
            "net",
            "Aster, Feb 2026, LFP: net is not gross less deductions",
            "Net EUR\xa095.00 against EUR\xa090.00 by gross and deductions.",
        ),
        (
            "currency",
            "Aster, Feb 2026, LFP: sales in EUR",
            "The agreement is in USD; the sales will be converted.",
        ),
    ]


def test_other_figures_make_another_remark(filing, plant):
    one, other = (check_filing(filing, [line(plant, produced)])[0].key for produced in (900_000, 900_001))
    assert one != other


def sold(plant, net, units=0, month=FEBRUARY, currency="USD", **values):
    """Return a line without energy: of units, of sales, or of both."""
    facts = {"units": Decimal(units), "gross_sales": Decimal(net), "net_sales": Decimal(net), "currency": currency}
    return ReportLine(plant.pk, month, "lfp", "ev", **facts | values)


def accept(filing, line, month):
    """Let a line count for a month, by a report of its own."""
    other = ReportFilingFactory(agreement=filing.agreement, period_start=month, period_end=month.replace(day=28))
    facts = {name: getattr(line, name) for name in ("units", "gross_sales", "net_sales", "currency")}
    ProductionReportFactory(
        filing=other, plant_id=line.plant_id, month=month, energy_produced_kwh=0, energy_sold_kwh=0, **facts
    )


@pytest.mark.parametrize(
    ("units", "shown", "words"),
    [
        (5, "5 units", "thousands may have been entered as ones."),
        (5_000_000, "5,000,000 units", "ones may have been entered as thousands."),
    ],
)
def test_units_off_by_a_thousand(filing, plant, units, shown, words):
    accept(filing, sold(plant, 0, 5_000), dt.date(2026, 1, 1))
    title = "Aster, Feb 2026: units off by a factor of a thousand"
    text = f"{shown} against 5,000 units in an average month of last period: {words}"
    assert found(filing, sold(plant, 0, units)) == [("unit", title, text)]


@pytest.mark.parametrize("factor", [Decimal(1) / 2999, Decimal(1) / 301, Decimal(301), Decimal(2999)])
def test_sales_off_by_a_thousand(filing, plant, factor):
    accept(filing, sold(plant, 1_000_000), dt.date(2026, 1, 1))
    title = "Aster, Feb 2026: sales off by a factor of a thousand"
    assert [(code, words) for code, words, _text in found(filing, sold(plant, 1_000_000 * factor))] == [("unit", title)]


def test_sales_in_another_currency_are_not_compared(filing, plant):
    accept(filing, sold(plant, 1_000_000, currency="USD"), dt.date(2026, 1, 1))
    assert [code for code, _title, _text in found(filing, sold(plant, 1_000, currency="JPY"))] == ["currency"]


def test_unit_mistake_is_seen_by_earlier_reports_when_last_period_had_nothing(filing, plant):
    filing.agreement.effective_on = dt.date(2025, 1, 1)
    filing.agreement.save()
    accept(filing, sold(plant, 1_000_000, 5_000), dt.date(2025, 9, 1))
    words = (
        "USD\xa01,000.00 against USD\xa01,000,000.00 in an average month of earlier reports: thousands may have been"
    )
    [(code, _title, text)] = found(filing, sold(plant, 1_000, 5_000))
    assert (code, text.startswith(words)) == ("unit", True)


def test_correction_by_a_factor_of_a_thousand_is_seen_in_a_first_period(filing, plant):
    accept(filing, sold(plant, 0, 5_000), FEBRUARY)
    [(code, _title, text)] = found(filing, sold(plant, 0, 5_000_000))
    assert code == "unit"
    assert "against 5,000 units in an average month as accepted before" in text


def test_sales_that_break_with_last_period(filing, plant):
    plant.ramps.all().delete()
    accept(filing, sold(plant, 1_000, 500), dt.date(2026, 1, 1))
    assert found(filing, sold(plant, 1_500, 250)) == []
    assert found(filing, sold(plant, 1_501, 249)) == [
        (
            "off-last-period",
            "Aster, Feb 2026: sales 50 % above last period",
            "USD\xa01,501.00 against USD\xa01,000.00 in an average month of it.",
        ),
        (
            "off-last-period",
            "Aster, Feb 2026: units 50 % below last period",
            "249 units against 500 units in an average month of it.",
        ),
    ]


def test_plant_in_its_ramp_sells_more_than_last_period(filing, plant):
    plant.ramps.update(sop_on=dt.date(2025, 12, 1), months_to_nameplate=24)
    accept(filing, sold(plant, 1_000), dt.date(2026, 1, 1))
    assert found(filing, sold(plant, 3_000)) == []


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ({"net": 0, "units": 5_000}, "Accepted before: 5,000 units."),
        ({"net": 90}, "Accepted before: USD\xa090.00."),
        ({"net": 90, "units": 5_000}, "Accepted before: USD\xa090.00, 5,000 units."),
    ],
)
def test_nothing_where_units_or_sales_were_accepted(filing, plant, before, words):
    accept(filing, sold(plant, **before), FEBRUARY)
    nil = ReportLine(plant.pk, FEBRUARY, "lfp", "ev", currency="USD", is_nil=True)
    assert found(filing, nil) == [("nothing-now", "Aster, Feb 2026: nothing any more", words)]


def test_a_part_of_what_was_accepted_that_is_gone(filing, plant):
    accept(filing, sold(plant, 90, 5_000), FEBRUARY)
    assert found(filing, sold(plant, 90)) == [
        ("nothing-now", "Aster, Feb 2026: no units any more", "Accepted before: 5,000 units.")
    ]


def test_line_that_stays_is_not_gone(filing, plant):
    accept(filing, sold(plant, 0, 5_000), FEBRUARY)
    other = ReportLine(plant.pk, FEBRUARY, "nmc", "ev", currency="USD", is_nil=True)
    assert "nothing-now" not in [code for code, _title, _text in found(filing, other)]


def test_nothing_where_last_period_had_something(filing, plant):
    accept(filing, sold(plant, 90, 5_000), dt.date(2026, 1, 1))
    nil = ReportLine(plant.pk, FEBRUARY, "lfp", "ev", currency="USD", is_nil=True)
    assert found(filing, nil) == [
        (
            "nothing-now",
            "Aster, Feb 2026: nothing, unlike last period",
            "USD\xa090.00, 5,000 units in an average month of last period.",
        )
    ]


def test_nothing_where_the_ramp_plans_something(filing, plant):
    nil = ReportLine(plant.pk, FEBRUARY, "lfp", "ev", currency="USD", is_nil=True)
    assert found(filing, nil) == [
        (
            "off-ramp",
            "Aster, Feb 2026: nothing, unlike the ramp",
            "855 MWh planned at 90 % utilisation and 95 % yield.",
        )
    ]
