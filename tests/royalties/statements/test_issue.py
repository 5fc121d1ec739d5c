"""Drafting, issuing, disputing: who may, what is refused, and in which words."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from royalties.domain.line_differences import compare_lines
from royalties.domain.statement_lines import describe_lines
from royalties.domain.statements import (
    AlreadyIssuedError,
    DraftChangedError,
    NotIssuableError,
    dispute_statement,
    draft_statement,
    issue_statement,
    resolve_dispute,
)
from royalties.engine.fx import MissingRate
from royalties.enums import AgreementStatus, Basis, StatementStatus
from royalties.models import CreditNote, Invoice, ProductionReport, Statement
from tests.accounts.factories import UserFactory
from tests.money.factories import FxRateFactory
from tests.royalties.factories import FeeFactory
from tests.royalties.statements.desk import (
    FIRST_ISSUE,
    SECOND_ISSUE,
    draft,
    finance,
    issue,
    make_agreement,
    report,
)

pytestmark = pytest.mark.django_db

BEFORE = FIRST_ISSUE - dt.timedelta(days=10)


@pytest.fixture
def agreement():
    """An agreement whose first half-year is reported: 9 GWh."""
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    return agreement


def test_issue_numbers_dates_and_invoices(agreement):
    person = finance()
    statement = issue(agreement, FIRST_ISSUE, by=person)
    assert (statement.status, statement.number, statement.issued_on, statement.issued_by) == (
        StatementStatus.ISSUED,
        1,
        dt.date(2026, 8, 1),
        person,
    )
    invoice = Invoice.objects.get(statement=statement)
    assert (invoice.amount, invoice.due_on) == (Decimal(16_000_000), statement.due_on)
    assert statement.terms_used["terms"][0]["tiers"][0] == {"up_to": "5000000", "rate": "2"}


def test_draft_is_calculated_anew_and_keeps_the_lines_before(agreement):
    first = draft(agreement, FIRST_ISSUE)
    report(agreement, "2026-02", "1", at=FIRST_ISSUE)
    second = draft(agreement, FIRST_ISSUE)
    assert (second.pk, second.version > first.version) == (first.pk, True)
    differences = compare_lines(second.previous_lines, describe_lines(second.lines.order_by("position")))
    assert [line.change for line in differences] == [Decimal(1_500_000)]


def test_draft_without_a_change_keeps_the_comparison(agreement):
    draft(agreement, FIRST_ISSUE)
    report(agreement, "2026-02", "1", at=FIRST_ISSUE)
    kept = draft(agreement, FIRST_ISSUE).previous_lines
    assert draft(agreement, FIRST_ISSUE).previous_lines == kept != []


def test_issue_refuses_something_else_than_was_seen_and_keeps_the_new_draft(agreement):
    statement = draft(agreement, FIRST_ISSUE)
    report(agreement, "2026-02", "1", at=FIRST_ISSUE)
    with pytest.raises(DraftChangedError, match="1 line differs"):
        issue_statement(statement=statement, expected_version=statement.version, by=finance(), at=FIRST_ISSUE)
    statement.refresh_from_db()
    assert (statement.status, statement.payable) == (StatementStatus.DRAFT, Decimal(17_500_000))
    assert not Invoice.objects.exists()


def test_issue_refuses_a_draft_that_was_calculated_anew_meanwhile(agreement):
    seen = draft(agreement, FIRST_ISSUE)
    draft(agreement, FIRST_ISSUE + dt.timedelta(minutes=1))
    with pytest.raises(StaleVersionError, match="calculated anew"):
        issue_statement(statement=seen, expected_version=seen.version, by=finance(), at=FIRST_ISSUE)


def test_issue_refuses_missing_months_by_name():
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-04", at=BEFORE)
    statement = draft(agreement, FIRST_ISSUE)
    plant = agreement.plants.get()
    with pytest.raises(NotIssuableError, match=f"2 months are not reported yet: {plant} May 2026, {plant} Jun 2026"):
        issue_statement(statement=statement, by=finance(), at=FIRST_ISSUE)


def test_an_estimate_stands_in_and_is_reversed_by_the_report():
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-05", at=BEFORE)
    report(agreement, "2026-06", "1", at=BEFORE, is_estimate=True)
    assert issue(agreement, FIRST_ISSUE).payable == Decimal(17_500_000)
    report(agreement, "2026-06", "2", at=SECOND_ISSUE)
    report(agreement, "2026-07", through="2026-12", at=SECOND_ISSUE)
    second = issue(agreement, SECOND_ISSUE)
    assert second.payable == Decimal(1_500_000)
    assert [line.is_adjustment for line in second.lines.order_by("position")] == [False, True]


def test_nil_periods_are_stated_at_zero_and_settled():
    agreement = make_agreement()
    report(agreement, "2026-01", through="2026-06", at=BEFORE)
    statement = issue(agreement, FIRST_ISSUE)
    assert (statement.payable, statement.status) == (Decimal(0), StatementStatus.SETTLED)
    assert list(statement.lines.values_list("quantity", "amount")) == [(Decimal(0), Decimal(0))]


def test_issue_refuses_a_period_that_is_not_over(agreement):
    early = dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC)
    statement = draft(agreement, early)
    with pytest.raises(NotIssuableError, match="The period ends on Tue 30 Jun 2026"):
        issue_statement(statement=statement, by=finance(), at=early)


def test_missing_rate_is_named():
    agreement = make_agreement(currency="JPY", tiers=[(None, "3")], term={"basis": Basis.NET_SALES})
    sales = {"gross_sales": Decimal(10), "net_sales": Decimal(10), "currency": "EUR"}
    report(agreement, "2026-01", through="2026-06", at=BEFORE, **sales)
    with pytest.raises(MissingRate, match="EUR to JPY"):
        draft(agreement, FIRST_ISSUE)


def test_quantities_with_many_decimals_are_stated_once():
    agreement = make_agreement(currency="EUR", tiers=[(None, "3")], term={"basis": Basis.NET_SALES})
    FxRateFactory(base="USD", quote="EUR", on=dt.date(2026, 6, 30), kind="period_end", rate=Decimal("0.8951287"))
    sales = {"gross_sales": Decimal("99.99"), "net_sales": Decimal("99.99"), "currency": "USD"}
    report(agreement, "2026-01", through="2026-06", at=BEFORE, **sales)
    issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-07", through="2026-12", at=SECOND_ISSUE)
    assert [line.is_adjustment for line in draft(agreement, SECOND_ISSUE).lines.all()] == [False]


def test_correction_of_the_last_period_makes_a_credit_note(agreement):
    first = issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-01", "8", at=FIRST_ISSUE + dt.timedelta(days=5))
    later = FIRST_ISSUE + dt.timedelta(days=9)
    second = issue(agreement, later, through=first.period_end)
    assert (second.number, second.payable) == (2, Decimal(-1_500_000))
    assert CreditNote.objects.get(statement=second).amount == Decimal(1_500_000)
    assert second.lines.get().label == "Restatement of H1 2026, report v1 → v2"


def test_other_periods_than_the_next_are_refused(agreement):
    with pytest.raises(DomainError, match="The next statement is that of H1 2026"):
        draft(agreement, SECOND_ISSUE, through=dt.date(2026, 12, 31))


def test_draft_agreement_has_no_statements():
    with pytest.raises(DomainError, match="Put it into force"):
        draft(make_agreement(status=AgreementStatus.DRAFT), FIRST_ISSUE)


def test_grossed_up_tax_is_shown_and_not_deducted():
    agreement = make_agreement(withholding_percent=Decimal(10), is_grossed_up=True)
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    statement = issue(agreement, FIRST_ISSUE)
    assert (statement.payable, statement.withheld) == (Decimal(16_000_000), Decimal("1777777.78"))


def test_fees_are_stated_once(agreement):
    FeeFactory(agreement=agreement)
    assert issue(agreement, FIRST_ISSUE).fees == Decimal(1_000_000)
    report(agreement, "2026-07", through="2026-12", at=SECOND_ISSUE)
    assert issue(agreement, SECOND_ISSUE).fees == Decimal(0)


def test_dispute_and_its_end(agreement):
    person = finance()
    statement = issue(agreement, FIRST_ISSUE)
    with pytest.raises(DomainError, match="Say what is disputed"):
        dispute_statement(statement=statement, reason=" ", by=person, at=FIRST_ISSUE)
    disputed = dispute_statement(statement=statement, reason="June is too high", by=person, at=FIRST_ISSUE)
    assert (disputed.status, disputed.disputed_by) == (StatementStatus.DISPUTED, person)
    resolved = resolve_dispute(statement=disputed, by=person)
    assert (resolved.status, resolved.dispute_reason) == (StatementStatus.ISSUED, "June is too high")
    with pytest.raises(DomainError, match="not disputed"):
        resolve_dispute(statement=resolved, by=person)


def test_drafts_are_not_disputed(agreement):
    with pytest.raises(DomainError, match="Only an issued statement"):
        dispute_statement(statement=draft(agreement, FIRST_ISSUE), reason="No", by=finance(), at=FIRST_ISSUE)


def test_second_issue_says_who_issued(agreement):
    statement = draft(agreement, FIRST_ISSUE)
    first = UserFactory(role=Role.FINANCE, name="Ingrid Sollie")
    issue_statement(statement=statement, expected_version=statement.version, by=first, at=FIRST_ISSUE)
    with pytest.raises(AlreadyIssuedError, match="Ingrid Sollie issued this statement as number 1 on 1 Aug"):
        issue_statement(statement=statement, expected_version=statement.version, by=finance(), at=FIRST_ISSUE)


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.MANAGER, Role.READ_ONLY])
def test_only_finance_drafts_and_issues(agreement, role):
    statement = draft(agreement, FIRST_ISSUE)
    other = UserFactory(role=role)
    with pytest.raises(PermissionRefusedError):
        draft_statement(agreement=agreement, by=other, at=FIRST_ISSUE)
    with pytest.raises(PermissionRefusedError):
        issue_statement(statement=statement, by=other, at=FIRST_ISSUE)
    with pytest.raises(PermissionRefusedError):
        dispute_statement(statement=statement, reason="No", by=other, at=FIRST_ISSUE)
    assert Statement.objects.get().status == StatementStatus.DRAFT


def test_splitting_a_report_changes_nothing(agreement):
    whole = draft(agreement, FIRST_ISSUE).payable
    halves = make_agreement()
    for field in ("storage", "ev"):
        lines = report(halves, "2026-01", "4.5", through="2026-06", at=BEFORE)
        ProductionReport.objects.filter(pk__in=[line.pk for line in lines]).update(field=field)
    assert draft(halves, FIRST_ISSUE).payable == whole
