"""Term sheets: entering and ordering them, comparing them on the deal's ramp, saving one as a draft."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from deals.models import DealPlant
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from royalties.domain.engine_input import read_agreement
from royalties.domain.sandbox import Inputs, compare_sheets
from royalties.domain.sandbox_chart import chart_of
from royalties.domain.sandbox_from_agreement import terms_of_agreement
from royalties.domain.sandbox_ramps import read_plants
from royalties.domain.sandbox_rows import bridge_rows
from royalties.domain.term_sheets import (
    create_term_sheet,
    delete_term_sheet,
    duplicate_term_sheet,
    move_term_sheet,
    rename_term_sheet,
)
from royalties.domain.term_sheets_agreement import save_as_draft
from royalties.engine.problems import ScenarioError
from royalties.enums import AgreementStatus
from royalties.forecast.comparison import TermSheet as ComparedSheet
from royalties.forecast.comparison import compare
from royalties.forecast.output import Assumptions
from royalties.models import Agreement, TermSheet
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.money.factories import FxRateFactory
from tests.plants.factories import PlantFactory, RampScenarioFactory
from tests.royalties.factories import LicensorFactory, TermSheetFactory, sheet_terms

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 23)
FEES = [
    {"id": "f1", "on": "2026-01-15", "amount": "1000000.00", "label": "Upfront"},
    {"id": "f2", "on": "2026-01-15", "amount": "500000.00", "label": "Start of production"},
]


@pytest.fixture
def deal():
    deal = DealFactory(currency="USD")
    plant = PlantFactory(name="Harlan Ridge", nameplate_gwh=Decimal(20), chemistry="lfp")
    RampScenarioFactory(plant=plant, sop_on=dt.date(2027, 3, 1))
    DealPlant.objects.create(deal=deal, plant=plant)
    return deal


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


def log_in(client, role=Role.BUSINESS_DEVELOPMENT):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def names(deal):
    return list(TermSheet.objects.filter(deal=deal).order_by("position").values_list("position", "name"))


def sandbox(deal, *, years=5, **inputs):
    viewer = UserFactory(role=Role.MANAGER)
    return compare_sheets(
        list(TermSheet.objects.filter(deal=deal).order_by("position")),
        plants=read_plants(deal, viewer=viewer),
        inputs=Inputs(years=years, **inputs),
        chemistry="",
        currency="USD",
        today=TODAY,
    )


def address(name, deal, *args):
    return reverse(f"royalties:{name}", args=[deal.pk, *args])


def test_versions_are_added_copied_moved_and_deleted(deal, finance):
    first = create_term_sheet(deal=deal, name="Ours", terms=sheet_terms(), by=finance)
    copy = duplicate_term_sheet(sheet=first, by=finance)
    create_term_sheet(deal=deal, name="Theirs", terms=sheet_terms(), by=finance)
    move_term_sheet(sheet=copy, places=-1, by=finance)

    assert names(deal) == [(1, "Ours 2"), (2, "Ours"), (3, "Theirs")]
    delete_term_sheet(sheet=TermSheet.objects.get(name="Ours 2"), by=finance)
    assert names(deal) == [(1, "Ours"), (2, "Theirs")]
    move_term_sheet(sheet=TermSheet.objects.get(name="Theirs"), places=5, by=finance)
    assert names(deal) == [(1, "Ours"), (2, "Theirs")]


def test_fifth_version_a_taken_name_and_wrong_terms_are_refused(deal, finance):
    sheets = [TermSheetFactory(deal=deal, name=f"V{number}") for number in range(1, 5)]

    with pytest.raises(DomainError, match="at most 4"):
        create_term_sheet(deal=deal, name="Five", terms=sheet_terms(), by=finance)
    with pytest.raises(DomainError, match="at most 4"):
        duplicate_term_sheet(sheet=sheets[0], by=finance)
    with pytest.raises(DomainError, match="has this name"):
        rename_term_sheet(sheet=sheets[0], name="v2", by=finance)
    with pytest.raises(StaleVersionError):
        rename_term_sheet(sheet=sheets[0], name="Other", expected_version=99, by=finance)
    sheets[3].delete()
    with pytest.raises(ScenarioError) as refused:
        create_term_sheet(deal=deal, name="Bad", terms=sheet_terms(cap="1", advance="-1"), by=finance)
    assert [problem.field for problem in refused.value.problems] == ["agreement.advance"]


def test_readers_change_nothing(deal):
    sheet = TermSheetFactory(deal=deal)
    reader = UserFactory(role=Role.READ_ONLY)
    bd = UserFactory()

    for action in (
        lambda: create_term_sheet(deal=deal, name="New", terms=sheet_terms(), by=reader),
        lambda: duplicate_term_sheet(sheet=sheet, by=reader),
        lambda: move_term_sheet(sheet=sheet, places=1, by=reader),
        lambda: delete_term_sheet(sheet=sheet, by=reader),
        lambda: rename_term_sheet(sheet=sheet, name="New", by=reader),
        lambda: save_as_draft(sheet=sheet, title="Draft", licensor=LicensorFactory(), plants=[], by=bd),
    ):
        with pytest.raises(PermissionRefusedError):
            action()
    assert not Agreement.objects.exists()


def test_versions_are_compared_on_the_ramp(deal):
    TermSheetFactory(deal=deal, terms=sheet_terms(fees=FEES, sop_fees=["f2"]))
    TermSheetFactory(deal=deal, terms=sheet_terms(minimums=[{"contract_year": 1, "amount": "30000000.00"}]))

    plain, guarded = sandbox(deal)

    assert [year.fees for year in plain.outcome.years] == [0, 500_000, 0, 0, 0, 0]
    assert guarded.outcome.years[0].shortfall == 30_000_000
    assert guarded.outcome.coverage[0].percent == 0
    assert plain.outcome.coverage[0].percent is None
    assert plain.outcome.years[0].cash == 0
    chart = chart_of([plain, guarded], currency="USD", starts_on=TODAY, years=5)
    assert [line.number for line in chart.lines] == [1, 2]


def test_years_and_cash_begin_with_this_month_and_what_was_due_before_is_named(client, deal):
    log_in(client)
    agreement = {"advance": "2000000.00", "withholding_percent": "5", "effective_on": "2026-01-01"}
    TermSheetFactory(deal=deal, terms=sheet_terms(fees=FEES, sop_fees=["f2"], **agreement))

    (version,) = sandbox(deal)
    page = client.get(address("sandbox", deal), {"years": "5"}).content.decode()

    first, *others = version.outcome.years
    assert (first.period.starts_on, first.period.ends_on) == (dt.date(2026, 11, 1), dt.date(2026, 12, 31))
    assert [year.period.label for year in others] == ["2027", "2028", "2029", "2030", "2031"]
    assert [fee.label for fee in version.passed] == ["Upfront", "Advance"]
    assert "“Upfront” is in no year’s sum: it was due before" in page
    assert "Through 2031" in page


def test_sum_of_the_years_becomes_the_cash_step_by_step(client, deal):
    log_in(client)
    terms = sheet_terms(
        effective_on="2027-01-01",
        advance="2000000.00",
        withholding_percent="5",
        period="year",
        minimums=[{"contract_year": 1, "amount": "100000000.00"}],
        term={"tiers": [{"up_to": None, "rate": "1.00"}], "from": "2027-01-01"},
    )
    TermSheetFactory(deal=deal, terms=terms)

    (version,) = versions = sandbox(deal)
    page = client.get(address("sandbox", deal), {"years": "5"}).content.decode()

    # Five years at the minimum of 100 million, 2 million advanced and recouped, 5 % of the other 498 million withheld.
    assert [(str(label), cells[0].amount) for label, cells in bridge_rows(versions)] == [
        ("Royalty, shortfall and fees", 500_000_000),
        ("Advance", 2_000_000),
        ("Advance recouped", -2_000_000),
        ("Tax withheld", -24_900_000),
        ("Cash in all", 475_100_000),
    ]
    assert version.outcome.cash[-1][1] == 475_100_000
    assert version.outcome.total == 500_000_000
    assert "475,100,000.00" in page


def test_present_value_is_each_payment_discounted_from_its_day(deal):
    terms = sheet_terms(
        effective_on="2027-01-01",
        period="year",
        payment_days=30,
        minimums=[{"contract_year": 1, "amount": "100000000.00"}],
        term={"tiers": [{"up_to": None, "rate": "1.00"}], "from": "2027-01-01"},
    )
    TermSheetFactory(deal=deal, terms=terms)

    (version,) = sandbox(deal, annual_percent=Decimal(10))

    due = [dt.date(year + 1, 1, 30) for year in range(2027, 2032)]
    worth = sum(100_000_000 / 1.1 ** ((day - TODAY).days / 365) for day in due)
    assert [on for on, _amount in version.outcome.cash] == due
    assert abs(float(version.outcome.present_value) - worth) < 0.01


def test_chart_comes_before_the_columns_and_the_tables(client, deal):
    log_in(client)
    TermSheetFactory(deal=deal)

    page = client.get(address("sandbox", deal)).content.decode()

    places = [page.index(mark) for mark in ('id="cash-title"', 'class="sheet"', 'id="years-title"', 'id="cash-table"')]
    assert places == sorted(places)


def test_what_stands_in_the_way_is_said_of_its_version(deal):
    TermSheetFactory(deal=deal, terms=sheet_terms(term={"basis": "net_sales", "tiers": [{"up_to": None, "rate": "3"}]}))
    TermSheetFactory(deal=deal, terms=[1, 2])
    TermSheetFactory(deal=deal)

    priceless, broken, good = sandbox(deal)

    assert "price" in str(priceless.obstacle)
    assert "cannot be calculated" in str(broken.obstacle)
    assert good.outcome is not None
    FxRateFactory(base="EUR", quote="USD", on=TODAY, rate=Decimal("1.25"))
    euro = sandbox(deal, price_per_kwh=Decimal(40), price_currency="EUR")[0]
    dollar = sandbox(deal, price_per_kwh=Decimal(50), price_currency="USD")[0]
    assert euro.outcome == dollar.outcome


def test_draft_calculates_the_same_as_the_sandbox(deal, finance):
    terms = sheet_terms(
        fees=FEES[:1],
        minimums=[{"contract_year": 2, "amount": "9000000.00"}],
        cap="40000000.00",
        advance="2000000.00",
        advance_repayable=True,
        withholding_percent="5",
        term={
            "escalator": {"percent": "2.5", "cap": "3", "floor": None},
            "scope": {"plants": [str(deal.plants.get().pk)], "chemistries": ["lfp"], "fields": []},
        },
    )
    sheet = TermSheetFactory(deal=deal, terms=terms)
    plants = read_plants(deal, viewer=finance)

    draft = save_as_draft(sheet=sheet, title="Cell licence", licensor=LicensorFactory(), plants=plants, by=finance)

    sheet.refresh_from_db()
    assert (draft.status, draft.licensee, sheet.agreement) == (AgreementStatus.DRAFT, deal.company, draft)
    assert draft.is_advance_repayable
    assert terms_of_agreement(draft)[0]["agreement"]["advance_repayable"] is True
    in_sandbox = sandbox(deal, years=10)[0].outcome
    ramp = plants[0].planned(chemistry="", field="ev", utilisation=None, good_share=None)
    stored = compare(
        [ComparedSheet("stored", read_agreement(draft))],
        ramps=[type(ramp)(**{**{name: getattr(ramp, name) for name in ramp.__slots__}, "plant": deal.plants.get().pk})],
        assumptions=Assumptions(),
        annual_percent=Decimal(8),
        valued_on=TODAY,
        months=2 + 120,
    ).versions[0]
    assert stored.present_value == in_sandbox.present_value
    assert [year.total for year in stored.years] == [year.total for year in in_sandbox.years]
    assert [(flow.on, flow.amount) for flow in stored.cumulative_cash] == list(in_sandbox.cash)


def test_fee_at_sop_waits_for_the_milestone_of_the_draft(deal, finance):
    sheet = TermSheetFactory(deal=deal, terms=sheet_terms(fees=FEES, sop_fees=["f2"]))
    plants = read_plants(deal, viewer=finance)

    draft = save_as_draft(sheet=sheet, title="Licence", licensor=LicensorFactory(), plants=plants, by=finance)

    assert list(draft.fees.order_by("pk").values_list("trigger", "milestone")) == [
        ("date", ""),
        ("milestone", "start_of_production"),
    ]
    back, left_out = terms_of_agreement(draft)
    assert (back["sop_fees"], left_out) == (["f1"] if back["fees"][0]["label"] != "Upfront" else ["f2"], [])
    TermSheetFactory(deal=deal, terms=back)
    first, again = sandbox(deal)
    assert first.outcome == again.outcome


@pytest.mark.parametrize(
    "changes",
    [
        {"term": {"tiers": [{"up_to": None, "rate": "1.1234567891"}]}},
        {"term": {"tiers": [{"up_to": None, "rate": "999999999999999999"}]}},
        {"term": {"id": "x" * 200}},
        {"withholding_percent": "5.123"},
        {"advance": "999999999999999999.00"},
        {"term": {"scope": {"plants": ["77"], "chemistries": [], "fields": []}}},
    ],
)
def test_terms_that_an_agreement_cannot_hold_leave_no_draft(deal, finance, changes):
    sheet = TermSheetFactory(deal=deal, terms=sheet_terms(**changes))

    with pytest.raises(DomainError):
        save_as_draft(
            sheet=sheet,
            title="Licence",
            licensor=LicensorFactory(),
            plants=read_plants(deal, viewer=finance),
            by=finance,
        )


def test_page_shows_versions_side_by_side(client, deal):
    log_in(client)
    TermSheetFactory(deal=deal, name="Ours")
    TermSheetFactory(deal=deal, name="Theirs", terms=sheet_terms(currency="EUR"))

    page = client.get(address("sandbox", deal), {"rate": "12", "years": "5"})
    part = client.get(address("sandbox", deal), {"rate": "0"}, headers={"HX-Request": "true"})

    assert page.status_code == 200
    for text in ("Ours", "Theirs", "Present value at 12", "Minimum coverage", "cumulative", "Harlan Ridge"):
        assert text in page.content.decode()
    assert "<html" not in part.content.decode()
    assert "Present value at 0" in part.content.decode()


@pytest.mark.parametrize(
    "query",
    ["rate=x&years=7&sold=-1&utilisation=1e99", "rate=NaN&price=Infinity", "unit=0&price=0", "field=x"],
)
def test_rubbish_in_the_inputs_is_told(client, deal, query):
    log_in(client)
    TermSheetFactory(deal=deal)

    assert client.get(f"{address('sandbox', deal)}?{query}").status_code == 200


def test_deal_without_plants_or_versions_says_what_to_do(client):
    log_in(client)
    empty = DealFactory()

    assert b"No versions yet" in client.get(address("sandbox", empty)).content
    TermSheetFactory(deal=empty, terms=sheet_terms(fees=FEES, sop_fees=["f2"]))
    page = client.get(address("sandbox", empty)).content
    assert b"This deal has no plant" in page
    assert b"no start of production is planned" in page


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_a_fixed_number_of_queries(client, deal, count, fetch_raise, django_assert_num_queries):
    log_in(client)
    for _sheet in range(count):
        TermSheetFactory(deal=deal)
    client.get(address("sandbox", deal))

    with django_assert_num_queries(9):
        client.get(address("sandbox", deal))


def typed(client, deal, *args, name="sheet_new"):
    """Return what a browser would send of a form as it is shown."""
    context = client.get(address(name, deal, *args)).context
    sent = {"name": "Version A", "version": context["name_form"]["version"].value() or ""}
    sent["terms"] = len(context["forms"].terms)
    for form in context["forms"].all:
        for field in form:
            value = field.value()
            if hasattr(field.field, "cells"):
                for place, column in enumerate(field.field.cells):
                    sent[f"{field.html_name}-{column}"] = ["" if row[place] is None else row[place] for row in value]
            elif value not in (None, False):
                sent[field.html_name] = "on" if value is True else value
    return sent


def test_version_is_entered_and_changed_by_business_development(client, deal):
    log_in(client)
    sent = typed(client, deal)
    wrong = client.post(address("sheet_new", deal), sent)
    sent |= {"term-0-tiers-up_to": ["5,000,000", ""], "term-0-tiers-rate": ["2.00", "1.50"]}
    sent |= {"fees-fees-label": ["SOP fee"], "fees-fees-amount": ["5"], "fees-fees-due": ["sop"], "fees-fees-on": [""]}

    created = client.post(address("sheet_new", deal), sent)

    assert wrong.status_code == 422
    assert "tiers" in wrong.context["forms"].terms[0].errors
    assert created.status_code == 302
    sheet = TermSheet.objects.get()
    assert sheet.terms["terms"][0]["tiers"][0] == {"up_to": "5000000", "rate": "2.00"}
    assert sheet.terms["sop_fees"] == ["f1"]
    edited = typed(client, deal, sheet.pk, name="sheet_edit") | {"rules-advance": "1,000.00"}
    assert client.post(address("sheet_edit", deal, sheet.pk), edited).status_code == 302
    stale = client.post(address("sheet_edit", deal, sheet.pk), edited | {"rules-advance": "7"})
    sheet.refresh_from_db()
    assert stale.status_code == 422
    assert sheet.terms["agreement"]["advance"] == "1000.00"


def test_draft_is_saved_by_finance_only(client, deal):
    sheet = TermSheetFactory(deal=deal)
    licensor = LicensorFactory()
    sent = {"title": "Licence", "licensor": licensor.pk, "version": sheet.version}
    log_in(client)
    refused = client.post(address("sheet_draft", deal, sheet.pk), sent)
    page = client.get(address("sandbox", deal)).content
    log_in(client, Role.FINANCE)

    saved = client.post(address("sheet_draft", deal, sheet.pk), sent)

    assert refused.status_code == 403
    assert b"Finance or an administrator saves" in page
    assert saved.url == Agreement.objects.get().get_absolute_url()


def test_version_is_tried_with_the_planned_quantities(client, deal):
    log_in(client, Role.READ_ONLY)
    sheet = TermSheetFactory(deal=deal, terms=sheet_terms(fees=FEES, sop_fees=["f2"]))

    page = client.get(address("sheet_quantities", deal, sheet.pk))

    calculator = page.context["calculator"]
    assert calculator.problems == []
    assert [str(statement.period_end) for statement in calculator.statements] == ["2027-06-30", "2027-12-31"]


def test_confidential_deal_has_no_sandbox_for_outsiders(client):
    log_in(client)
    sheet = TermSheetFactory(deal=DealFactory(is_confidential=True))

    for name, args in (("sandbox", ()), ("sheet_new", ()), ("sheet_edit", (sheet.pk,)), ("sheet_draft", (sheet.pk,))):
        assert client.get(address(name, sheet.deal, *args)).status_code == 404
    other = TermSheetFactory()
    assert client.get(address("sheet_edit", DealFactory(), other.pk)).status_code == 404
