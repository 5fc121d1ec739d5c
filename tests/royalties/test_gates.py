"""What gates ask of agreements: a deal is blocked, and passes once the fact is there."""

import datetime as dt

import pytest

from deals.domain.gate_facts import facts_of
from deals.domain.gates import unmet_gates
from deals.domain.moves import GateUnmetError, move_deal
from deals.models import Gate
from royalties.enums import FeeKind, FeeTrigger, LineKind, StatementStatus
from royalties.gates import FIRST_STATEMENT_PAID, ROYALTY_BASIS, UPFRONT_FEE_PAID
from royalties.models import Statement, StatementLine
from tests.deals.factories import NOW, TODAY, DealFactory, GateFactory, PipelineFactory, StageFactory
from tests.royalties.factories import (
    AgreementFactory,
    FeeFactory,
    IssuedStatementFactory,
    RoyaltyTermFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal():
    pipeline = PipelineFactory()
    deal = DealFactory(stage=StageFactory(pipeline=pipeline, position=1))
    StageFactory(pipeline=pipeline, position=2, name="Next")
    return deal


def guard(deal, kind):
    return GateFactory(stage=deal.stage, kind=kind, label="Agreed")


def move(deal):
    target = deal.stage.pipeline.stages.get(name="Next")
    return move_deal(deal=deal, target=target, by=deal.owner, at=NOW, today=TODAY, expected_version=deal.version)


def statement_with_fee(deal, *, kind=FeeKind.UPFRONT):
    agreement = AgreementFactory(deal=deal)
    fee = FeeFactory(agreement=agreement, kind=kind, trigger=FeeTrigger.EFFECTIVE_DATE, due_on=None)
    statement = StatementFactory(agreement=agreement, fees=1_000_000, payable=1_000_000)
    StatementLine.objects.create(
        statement=statement,
        position=1,
        kind=LineKind.FEE,
        fee=fee,
        label="Upfront fee",
        period_end=statement.period_end,
        amount=1_000_000,
    )
    Statement.objects.filter(pk=statement.pk).update(
        status=StatementStatus.ISSUED,
        number=1,
        issued_on=dt.date(2026, 7, 10),
        issued_at=NOW,
        issued_by=deal.owner,
        due_on=dt.date(2026, 8, 14),
    )
    return Statement.objects.get(pk=statement.pk)


def settle(statement):
    Statement.objects.filter(pk=statement.pk).update(status=StatementStatus.SETTLED, settled_on=TODAY)


def test_deal_is_blocked_until_a_draft_has_a_royalty_term_and_a_fee(deal):
    guard(deal, ROYALTY_BASIS)
    agreement = AgreementFactory(deal=deal, status="draft")
    RoyaltyTermFactory(agreement=agreement)
    with pytest.raises(GateUnmetError):
        move(deal)

    FeeFactory(agreement=agreement)
    move(deal)

    deal.refresh_from_db()
    assert deal.stage.name == "Next"


def test_term_and_fee_of_two_agreements_are_no_royalty_basis(deal):
    RoyaltyTermFactory(agreement=AgreementFactory(deal=deal))
    FeeFactory(agreement=AgreementFactory(deal=deal))

    assert facts_of([deal.pk], today=TODAY)[deal.pk] == set()


def test_deal_is_blocked_until_the_upfront_fee_is_paid(deal):
    guard(deal, UPFRONT_FEE_PAID)
    statement = statement_with_fee(deal)
    with pytest.raises(GateUnmetError):
        move(deal)

    settle(statement)
    move(deal)

    deal.refresh_from_db()
    assert deal.stage.name == "Next"


def test_another_fee_that_is_paid_is_no_upfront_fee(deal):
    settle(statement_with_fee(deal, kind=FeeKind.MILESTONE))

    assert facts_of([deal.pk], today=TODAY)[deal.pk] == {"first_statement_paid:"}


def test_deal_is_blocked_until_the_first_statement_is_paid(deal):
    gate = guard(deal, FIRST_STATEMENT_PAID)
    statement = IssuedStatementFactory(agreement__deal=deal)
    with pytest.raises(GateUnmetError):
        move(deal)

    settle(statement)

    assert unmet_gates(deal=deal, gates=[gate], today=TODAY) == []


def test_gate_leads_to_the_tab_of_agreements(deal):
    gate = Gate.objects.select_related("stage").get(pk=guard(deal, ROYALTY_BASIS).pk)

    [state] = unmet_gates(deal=deal, gates=[gate], today=TODAY)

    assert state.href == f"{deal.get_absolute_url()}?tab=agreements"
