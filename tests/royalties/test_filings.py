"""Filings: every step from draft to the lines that count."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from royalties.domain.filings import (
    EDITABLE,
    MoveRefusedError,
    WarningsOpenError,
    accept_filing,
    accept_warnings,
    dispute_filing,
    save_lines,
    start_filing,
    submit_filing,
    withdraw_filing,
)
from royalties.domain.report_checks import open_warnings
from royalties.domain.report_lines import ReportLine
from royalties.domain.report_scope import LinesRefusedError
from royalties.enums import REPORT_MOVES, AgreementStatus, ReportStatus
from royalties.models import ProductionReport, ReportFiling
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
TODAY = NOW.date()
JANUARY = dt.date(2026, 1, 1)


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def agreement():
    """An agreement by months of one plant."""
    return AgreementFactory(reporting_period="month", plants=[PlantFactory()])


def line(agreement, **values):
    facts = {
        "plant_id": agreement.plants.get().pk,
        "month": JANUARY,
        "chemistry": "lfp",
        "field": "ev",
        "energy_produced_kwh": Decimal(1_000_000),
        "energy_sold_kwh": Decimal(900_000),
        "currency": "USD",
    }
    return ReportLine(**facts | values)


def draft(agreement, by, *lines, month=JANUARY):
    end = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    filing = start_filing(agreement=agreement, period_start=month, period_end=end, by=by, today=TODAY)
    return save_lines(filing=filing, lines=lines or [line(agreement, month=month)], by=by, today=TODAY)


def submitted(agreement, by, *lines, **options):
    return submit_filing(filing=draft(agreement, by, *lines, **options), by=by, at=NOW)


def accepted(agreement, by, *lines, **options):
    filing = submitted(agreement, by, *lines, **options)
    waiting = [flag.key for flag in open_warnings(filing)]
    return accept_filing(filing=accept_warnings(filing=filing, keys=waiting, by=by, at=NOW), by=by, at=NOW)


def state_of(*filings):
    return [ReportFiling.objects.get(pk=filing.pk).status for filing in filings]


def test_report_goes_from_draft_to_lines_that_count(agreement, finance):
    filing = accepted(agreement, finance)
    report = filing.reports.get()
    assert (filing.status, report.status, report.number) == ("accepted", "accepted", 1)
    assert (filing.submitted_at, filing.decided_at, filing.decided_by) == (NOW, NOW, finance)
    assert report.accepted_on == TODAY


def test_restatement_is_the_next_version_and_supersedes_the_last(agreement, finance):
    IssuedStatementFactory(agreement=agreement, period_end=dt.date(2026, 1, 31))
    first = accepted(agreement, finance)
    second = accepted(agreement, finance, line(agreement, energy_sold_kwh=Decimal(950_000)))
    assert state_of(first, second) == ["superseded", "accepted"]
    assert list(second.reports.values_list("number", "status", "energy_sold_kwh")) == [(2, "accepted", 950_000)]


def test_partial_restatement_leaves_the_other_lines(agreement, finance):
    first = accepted(agreement, finance, line(agreement), line(agreement, field="storage"))
    second = accepted(agreement, finance, line(agreement, field="storage", energy_sold_kwh=Decimal(1)))
    assert state_of(first, second) == ["accepted", "accepted"]
    counting = ProductionReport.objects.filter(status="accepted").order_by("field")
    assert list(counting.values_list("field", "number")) == [("ev", 1), ("storage", 2)]


def test_later_version_supersedes_one_that_still_waits(agreement, finance):
    waiting = submitted(agreement, finance)
    later = accepted(agreement, finance, line(agreement, energy_sold_kwh=Decimal(5)))
    assert state_of(waiting, later) == ["superseded", "accepted"]
    with pytest.raises(MoveRefusedError):
        accept_filing(filing=waiting, by=finance, at=NOW)


def test_versions_follow_the_order_of_submission(agreement, finance):
    early = draft(agreement, finance)
    withdrawn = ReportFilingFactory(agreement=agreement, period_end=dt.date(2026, 1, 31), status="superseded")
    ProductionReportFactory(
        filing=withdrawn, plant=agreement.plants.get(), month=JANUARY, number=2, status="superseded", accepted_on=None
    )
    assert submit_filing(filing=early, by=finance, at=NOW).reports.get().number == 3


def test_estimate_gives_way_to_the_report_even_of_another_chemistry(agreement, finance):
    estimate = accepted(agreement, finance, line(agreement, is_estimate=True))
    real = accepted(agreement, finance, line(agreement, chemistry="nmc"))
    assert state_of(estimate, real) == ["superseded", "accepted"]
    assert ProductionReport.objects.filter(status="accepted").get().chemistry == "nmc"


def test_estimate_of_a_reported_month_is_refused(agreement, finance):
    accepted(agreement, finance)
    with pytest.raises(DomainError, match="has been reported"):
        accepted(agreement, finance, line(agreement, chemistry="nmc", is_estimate=True))


def test_filing_sent_back_is_corrected_and_accepted(agreement, finance):
    filing = dispute_filing(filing=submitted(agreement, finance), reason=" March is in MWh ", by=finance, at=NOW)
    assert (filing.status, filing.decision_note, filing.reports.get().status) == (
        "disputed",
        "March is in MWh",
        "disputed",
    )
    filing = save_lines(filing=filing, lines=[line(agreement, units=Decimal(5))], by=finance, today=TODAY)
    filing = submit_filing(filing=filing, by=finance, at=NOW)
    assert (filing.status, filing.decision_note, filing.decided_by) == ("submitted", "", None)
    assert filing.reports.get().units == 5


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "\u202e", "x" * 4001])
def test_sending_back_without_a_readable_reason_is_refused(agreement, finance, reason):
    with pytest.raises(DomainError):
        dispute_filing(filing=submitted(agreement, finance), reason=reason, by=finance, at=NOW)


STEPS = {
    ReportStatus.SUBMITTED: submit_filing,
    ReportStatus.ACCEPTED: accept_filing,
    ReportStatus.DISPUTED: lambda **values: dispute_filing(reason="Why", **values),
    ReportStatus.SUPERSEDED: withdraw_filing,
}


@pytest.mark.parametrize("status", ReportStatus.values)
@pytest.mark.parametrize("target", STEPS)
def test_every_move_is_made_or_refused(agreement, finance, status, target):
    filing = ReportFilingFactory(agreement=agreement, period_end=dt.date(2026, 1, 31), status=status)
    ProductionReportFactory(
        filing=filing,
        plant=agreement.plants.get(),
        month=JANUARY,
        status=status,
        accepted_on=TODAY if status == "accepted" else None,
    )
    is_withdrawn_draft = (status, target) == (ReportStatus.DRAFT, ReportStatus.SUPERSEDED)
    by_report = (status, target) == (ReportStatus.ACCEPTED, ReportStatus.SUPERSEDED)
    if is_withdrawn_draft:
        assert STEPS[target](filing=filing, by=finance, at=NOW) is None
        assert not ReportFiling.objects.exists()
    elif target in REPORT_MOVES[ReportStatus(status)] and not by_report:
        assert STEPS[target](filing=filing, by=finance, at=NOW).status == target
        assert filing.reports.get().status == target
    else:
        with pytest.raises(MoveRefusedError):
            STEPS[target](filing=filing, by=finance, at=NOW)
        assert state_of(filing) == [status]


@pytest.mark.parametrize("status", ReportStatus.values)
def test_lines_are_written_while_nobody_relies_on_them(agreement, finance, status):
    filing = ReportFilingFactory(agreement=agreement, period_end=dt.date(2026, 1, 31), status=status)
    if status in EDITABLE:
        save_lines(filing=filing, lines=[line(agreement)], by=finance, today=TODAY)
        assert filing.reports.get().status == status
    else:
        with pytest.raises(MoveRefusedError):
            save_lines(filing=filing, lines=[line(agreement)], by=finance, today=TODAY)


def test_parts_of_a_line_add_up(agreement, finance):
    filing = draft(agreement, finance, line(agreement), line(agreement, energy_sold_kwh=Decimal(7)))
    assert list(filing.reports.values_list("energy_produced_kwh", "energy_sold_kwh")) == [(2_000_000, 900_007)]


def test_amounts_in_two_currencies_are_not_added(agreement, finance):
    with pytest.raises(DomainError, match="cannot be added"):
        draft(
            agreement,
            finance,
            line(agreement, net_sales=Decimal(1)),
            line(agreement, net_sales=Decimal(1), currency="EUR"),
        )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"plant_id": 0}, "plant"),
        ({"month": dt.date(2026, 2, 1)}, "month"),
        ({"month": dt.date(2025, 12, 1)}, "month"),
        ({"chemistry": "nmc"}, "chemistry"),
        ({"field": "marine"}, "field"),
        ({"energy_sold_kwh": Decimal(-1)}, "energy_sold_kwh"),
        ({"units": Decimal(10) ** 15}, "units"),
        ({"is_nil": True}, "is_nil"),
        ({"currency": "XXY"}, "currency"),
        ({"currency": ""}, "currency"),
    ],
)
def test_lines_that_cannot_be_true_are_refused_whole(agreement, finance, values, name):
    RoyaltyTermFactory(agreement=agreement, chemistries=["lfp"])
    agreement.fields_of_use = ["ev"]
    agreement.save()
    filing = draft(agreement, finance)
    with pytest.raises(LinesRefusedError) as refused:
        save_lines(
            filing=filing, lines=[line(agreement, units=Decimal(1)), line(agreement, **values)], by=finance, today=TODAY
        )
    assert [(problem.place, problem.name) for problem in refused.value.problems] == [(1, name)]
    assert filing.reports.get().units == 0


def test_returns_may_be_negative(agreement, finance):
    filing = draft(agreement, finance, line(agreement, energy_sold_kwh=Decimal(-5), is_return=True))
    assert filing.reports.get().energy_sold_kwh == -5


def test_month_that_is_not_over_is_only_estimated(agreement, finance):
    november = dt.date(2026, 11, 1)
    filing = draft(agreement, finance, line(agreement, month=november, is_estimate=True), month=november)
    assert filing.reports.get().is_estimate
    with pytest.raises(LinesRefusedError):
        save_lines(filing=filing, lines=[line(agreement, month=november)], by=finance, today=TODAY)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (dt.date(2026, 1, 1), dt.date(2026, 3, 31), "not a reporting period"),
        (dt.date(2025, 12, 1), dt.date(2025, 12, 31), "not in force"),
    ],
)
def test_period_that_the_agreement_does_not_have_is_refused(agreement, finance, start, end, words):
    with pytest.raises(DomainError, match=words):
        start_filing(agreement=agreement, period_start=start, period_end=end, by=finance, today=TODAY)


def test_period_of_a_draft_agreement_is_closed(agreement, finance):
    agreement.status = AgreementStatus.DRAFT
    agreement.save()
    with pytest.raises(DomainError, match="draft"):
        draft(agreement, finance)


def test_period_of_an_ended_and_settled_agreement_is_closed(agreement, finance):
    agreement.ended_on = dt.date(2026, 6, 30)
    agreement.save()
    filing = draft(agreement, finance)
    IssuedStatementFactory(agreement=agreement, period_end=agreement.ended_on, status="settled")
    with pytest.raises(DomainError, match="closed"):
        submit_filing(filing=filing, by=finance, at=NOW)


def test_period_whose_books_the_audit_clause_has_closed_is_closed(agreement, finance):
    agreement.audit_years = 0
    agreement.save()
    with pytest.raises(DomainError, match="books were open until 31 Jan 2026"):
        draft(agreement, finance)


def test_second_draft_of_a_period_is_refused(agreement, finance):
    draft(agreement, finance)
    with pytest.raises(DomainError, match="draft for this period"):
        draft(agreement, finance)


def test_report_without_lines_is_not_submitted(agreement, finance):
    filing = draft(agreement, finance)
    filing = save_lines(filing=filing, lines=[], by=finance, today=TODAY)
    with pytest.raises(DomainError, match="no lines"):
        submit_filing(filing=filing, by=finance, at=NOW)


def test_stale_writers_are_refused(agreement, finance):
    filing = draft(agreement, finance)
    with pytest.raises(StaleVersionError):
        save_lines(filing=filing, lines=[], by=finance, today=TODAY, expected_version=filing.version - 1)


def test_warnings_wait_for_someone_and_remember_who(agreement, finance):
    filing = submitted(agreement, finance, line(agreement, energy_sold_kwh=Decimal(2_000_000)))
    with pytest.raises(WarningsOpenError) as refused:
        accept_filing(filing=filing, by=finance, at=NOW)
    assert refused.value.details == [f"{agreement.plants.get()} has sold more than it made"]
    [warning] = open_warnings(filing)
    filing = accept_warnings(filing=filing, keys=[warning.key], by=finance, at=NOW)
    assert filing.accepted_warnings == [
        {"key": warning.key, "title": warning.title, "by": finance.pk, "name": str(finance), "at": NOW.isoformat()}
    ]
    assert accept_filing(filing=filing, by=finance, at=NOW).status == "accepted"


def test_unknown_warning_is_refused(agreement, finance):
    with pytest.raises(DomainError, match="no longer"):
        accept_warnings(filing=submitted(agreement, finance), keys=["oversold:1:1"], by=finance, at=NOW)


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.MANAGER, Role.READ_ONLY])
def test_only_finance_keeps_reports(agreement, finance, role):
    stranger = UserFactory(role=role)
    filing = draft(agreement, finance)
    for attempt in (
        lambda: start_filing(
            agreement=agreement, period_start=JANUARY, period_end=dt.date(2026, 1, 31), by=stranger, today=TODAY
        ),
        lambda: save_lines(filing=filing, lines=[], by=stranger, today=TODAY),
        lambda: submit_filing(filing=filing, by=stranger, at=NOW),
        lambda: accept_filing(filing=filing, by=stranger, at=NOW),
        lambda: accept_warnings(filing=filing, keys=[], by=stranger, at=NOW),
        lambda: dispute_filing(filing=filing, reason="x", by=stranger, at=NOW),
        lambda: withdraw_filing(filing=filing, by=stranger, at=NOW),
    ):
        with pytest.raises(PermissionRefusedError):
            attempt()
