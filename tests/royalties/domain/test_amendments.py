"""Amendments: replacing, ending and adding, from a day that may lie in the past."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError
from royalties.domain.agreement_edits import AmendmentNeededError
from royalties.domain.agreements import change_agreement
from royalties.domain.amendments import (
    change_amendment,
    change_end,
    change_withholding,
    count_affected_statements,
    record_amendment,
)
from royalties.domain.contradictions import ContradictionError
from royalties.domain.engine_input import read_agreement
from royalties.domain.fees import add_fee
from royalties.domain.terms import TierStep, add_term, change_term, end_term, replace_term
from royalties.domain.year_amounts import YearValue, set_caps, set_minimums
from royalties.enums import AgreementStatus, Basis, CapWindow
from tests.accounts.factories import UserFactory
from tests.royalties.factories import AgreementFactory, AmendmentFactory, IssuedStatementFactory, RoyaltyTermFactory

pytestmark = pytest.mark.django_db
JULY = dt.date(2026, 7, 1)
FLAT = [TierStep(None, Decimal(1))]
FACTS = {"label": "New royalty", "basis": Basis.ENERGY_SOLD, "mode": "graduated", "window": "contract_year"}


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def agreement():
    """An agreement in force with a statement of the first half of 2026."""
    agreement = AgreementFactory(expires_on=dt.date(2035, 12, 31))
    RoyaltyTermFactory(agreement=agreement)
    IssuedStatementFactory(agreement=agreement, issued_at=timezone.now() - dt.timedelta(days=1))
    return agreement


def amend(agreement, by, day=JULY):
    values = {"title": "First", "signed_on": dt.date(2026, 6, 1), "effective_on": day}
    return record_amendment(agreement=agreement, values=values, by=by)


@pytest.mark.parametrize("counts_on", [True, False])
def test_replacement_ends_the_old_term_the_day_before(agreement, finance, counts_on):
    old, amendment = agreement.terms.get(), amend(agreement, finance)

    new = replace_term(
        term=old, amendment=amendment, values=FACTS, tiers=FLAT, plants=[], counts_on=counts_on, by=finance
    )

    old.refresh_from_db()
    assert (old.effective_to, old.ended_by) == (dt.date(2026, 6, 30), amendment)
    assert (new.effective_from, new.introduced_by) == (JULY, amendment)
    assert new.continues == (old if counts_on else None)
    assert [term.id for term in read_agreement(agreement).terms] == [old.pk, new.pk]


def test_amendment_dated_before_a_term_voids_it(agreement, finance):
    old = agreement.terms.get()
    amendment = amend(agreement, finance, agreement.effective_on)

    new = replace_term(term=old, amendment=amendment, values=FACTS, tiers=FLAT, plants=[], counts_on=False, by=finance)

    old.refresh_from_db()
    assert old.effective_to == agreement.effective_on - dt.timedelta(days=1)
    assert [term.id for term in read_agreement(agreement).terms] == [new.pk]


def test_replacement_that_contradicts_leaves_the_old_term(agreement, finance):
    old, amendment = agreement.terms.get(), amend(agreement, finance)

    with pytest.raises(ContradictionError) as error:
        replace_term(
            term=old,
            amendment=amendment,
            values=FACTS,
            tiers=[TierStep(Decimal(5), Decimal(1))],
            plants=[],
            counts_on=True,
            by=finance,
        )

    assert error.value.field == "tiers"
    old.refresh_from_db()
    assert (old.effective_to, agreement.terms.count()) == (None, 1)


def test_affected_statements_are_those_of_periods_that_it_reaches(agreement, finance):
    assert count_affected_statements(amend(agreement, finance, JULY)) == 0
    assert count_affected_statements(amend(agreement, finance, dt.date(2026, 6, 30))) == 1


def test_changes_under_an_amendment_go_on_until_a_statement_is_issued(agreement, finance):
    amendment = amend(agreement, finance)
    term = add_term(
        agreement=agreement,
        values=FACTS | {"basis": Basis.UNITS, "effective_from": JULY},
        tiers=FLAT,
        amendment=amendment,
        by=finance,
    )
    change_term(term=term, values={"label": "Corrected"}, by=finance)
    IssuedStatementFactory(
        agreement=agreement,
        period_start=JULY,
        period_end=dt.date(2026, 12, 31),
        issued_at=timezone.now() + dt.timedelta(minutes=1),
    )

    with pytest.raises(AmendmentNeededError):
        change_term(term=term, values={"label": "Again"}, by=finance)
    with pytest.raises(AmendmentNeededError):
        end_term(term=agreement.terms.first(), amendment=amendment, by=finance)


def test_term_of_an_amendment_starts_no_earlier(agreement, finance):
    with pytest.raises(DomainError):
        add_term(
            agreement=agreement,
            values=FACTS | {"basis": Basis.UNITS, "effective_from": dt.date(2026, 6, 30)},
            tiers=FLAT,
            amendment=amend(agreement, finance),
            by=finance,
        )


def test_minimums_and_caps_change_from_the_amendment_s_contract_year(agreement, finance):
    agreement.minimums.create(contract_year=1, amount=Decimal(10))
    amendment = amend(agreement, finance, dt.date(2027, 3, 1))

    with pytest.raises(DomainError) as error:
        set_minimums(
            agreement=agreement,
            minimums=[YearValue(1, Decimal(20))],
            is_prorated=False,
            amendment=amendment,
            by=finance,
        )
    assert error.value.field == "minimums"
    both = [YearValue(1, Decimal(10)), YearValue(2, Decimal(20))]
    set_minimums(agreement=agreement, minimums=both, is_prorated=True, amendment=amendment, by=finance)

    stored = agreement.minimums.order_by("contract_year").values_list("contract_year", "amount", "amendment")
    assert list(stored) == [(1, 10, None), (2, 20, amendment.pk)]


def test_cap_below_the_minimum_is_refused(finance):
    draft = AgreementFactory(status=AgreementStatus.DRAFT)
    set_minimums(agreement=draft, minimums=[YearValue(1, Decimal(20))], is_prorated=False, by=finance)

    with pytest.raises(ContradictionError) as error:
        set_caps(agreement=draft, caps=[YearValue(1, Decimal(10))], window=CapWindow.CONTRACT_YEAR, by=finance)

    assert error.value.field == "caps"
    assert not draft.caps.exists()


def test_two_amounts_of_one_year_are_refused(finance):
    draft = AgreementFactory(status=AgreementStatus.DRAFT)

    with pytest.raises(DomainError):
        set_minimums(agreement=draft, minimums=[YearValue(1, Decimal(1))] * 2, is_prorated=False, by=finance)


def test_fee_is_added_by_an_amendment(agreement, finance):
    amendment = amend(agreement, finance)
    values = {"label": "Extension fee", "kind": "other", "trigger": "date", "due_on": JULY, "amount": Decimal(5)}

    with pytest.raises(AmendmentNeededError):
        add_fee(agreement=agreement, values=values, by=finance)

    assert add_fee(agreement=agreement, values=values, amendment=amendment, by=finance).introduced_by == amendment


def test_last_day_changes_and_is_told_in_the_summary(agreement, finance):
    amendment = amend(agreement, finance)

    changed = change_end(
        amendment=amendment, expires_on=dt.date(2040, 12, 31), notice_on=dt.date(2040, 6, 30), by=finance
    )

    amendment.refresh_from_db()
    assert changed.expires_on == dt.date(2040, 12, 31)
    assert amendment.summary == "Last day: 2040-12-31; notice by: 2040-06-30."
    with pytest.raises(DomainError) as error:
        change_end(amendment=amendment, expires_on=dt.date(2026, 3, 31), notice_on=None, by=finance)
    assert error.value.field == "expires_on"


@pytest.mark.parametrize(
    ("day", "field"), [(dt.date(2025, 1, 1), "effective_on"), (dt.date(2040, 1, 1), "effective_on")]
)
def test_amendment_applies_within_the_agreement(agreement, finance, day, field):
    with pytest.raises(DomainError) as error:
        amend(agreement, finance, day)

    assert error.value.field == "effective_on"


def test_draft_is_not_amended_and_a_day_with_changes_stays(agreement, finance):
    with pytest.raises(DomainError):
        amend(AgreementFactory(status=AgreementStatus.DRAFT), finance)
    amendment = amend(agreement, finance)
    end_term(term=agreement.terms.get(), amendment=amendment, by=finance)

    with pytest.raises(DomainError) as error:
        change_amendment(amendment=amendment, values={"effective_on": dt.date(2026, 8, 1)}, by=finance)

    assert error.value.field == "effective_on"


def test_only_who_may_sign_amends(agreement):
    with pytest.raises(PermissionRefusedError):
        amend(agreement, UserFactory(role=Role.MANAGER))
    with pytest.raises(PermissionRefusedError):
        end_term(term=agreement.terms.get(), amendment=AmendmentFactory(agreement=agreement), by=UserFactory())


def test_rate_of_an_amendment_reaches_the_engine_and_the_later_one_of_a_day_counts(agreement, finance):
    for percent, day in ((Decimal(5), JULY), (Decimal(0), dt.date(2027, 1, 1)), (Decimal("7.5"), JULY)):
        change_withholding(amendment=amend(agreement, finance, day), percent=percent, by=finance)

    changes = read_agreement(agreement).rules.withholding_changes

    assert [(change.starts_on, change.percent) for change in changes] == [
        (JULY, Decimal("7.5")),
        (dt.date(2027, 1, 1), 0),
    ]


def test_rate_of_an_amendment_holds_its_day_and_is_taken_back_with_none(agreement, finance):
    amendment = change_withholding(amendment=amend(agreement, finance), percent=Decimal(0), by=finance)
    with pytest.raises(DomainError) as error:
        change_amendment(amendment=amendment, values={"effective_on": dt.date(2026, 8, 1)}, by=finance)
    assert error.value.field == "effective_on"

    change_withholding(amendment=amendment, percent=None, by=finance)

    assert read_agreement(agreement).rules.withholding_changes == ()
    change_amendment(amendment=amendment, values={"effective_on": dt.date(2026, 8, 1)}, by=finance)


def test_rate_that_cannot_be_is_refused(agreement, finance):
    agreement.is_grossed_up = True
    agreement.save()
    amendment = amend(agreement, finance)

    with pytest.raises(ContradictionError) as error:
        change_withholding(amendment=amendment, percent=Decimal(100), by=finance)
    assert error.value.field == "withholding_percent"
    with pytest.raises(PermissionRefusedError):
        change_withholding(amendment=amendment, percent=Decimal(5), by=UserFactory(role=Role.MANAGER))
    IssuedStatementFactory(
        agreement=agreement,
        period_start=JULY,
        period_end=dt.date(2026, 12, 31),
        issued_at=timezone.now() + dt.timedelta(minutes=1),
    )
    with pytest.raises(AmendmentNeededError):
        change_withholding(amendment=amendment, percent=Decimal(5), by=finance)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("advance", Decimal(5)),
        ("is_advance_recoupable", False),
        ("is_advance_repayable", True),
        ("rounding", "half_up"),
        ("currency", "EUR"),
        ("is_grossed_up", True),
        ("fx_rule", "payment_date"),
        ("payment_days", 5),
        ("title", "Other"),
    ],
)
def test_rules_of_the_whole_agreement_are_not_amended(agreement, finance, field, value):
    unchanged = {"advance": agreement.advance, "rounding": agreement.rounding}

    with pytest.raises(DomainError, match="no amendment changes it") as error:
        change_agreement(agreement=agreement, values={**unchanged, field: value}, by=finance)

    assert error.value.field == field


@pytest.mark.parametrize(("field", "value"), [("expires_on", dt.date(2040, 1, 1)), ("withholding_percent", Decimal(7))])
def test_what_an_amendment_changes_is_refused_by_naming_it(agreement, finance, field, value):
    with pytest.raises(AmendmentNeededError, match=r"Only an amendment can change its .*last day.*withholding tax"):
        change_agreement(agreement=agreement, values={"advance": agreement.advance, field: value}, by=finance)
