"""An open subject of each kind that a rule can remind of, and how it is dealt with."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from accounts.enums import Role
from accounts.models import User
from deals.enums import ApprovalStatus, StageType
from deals.models import Approval, Deal, GateCheck, Task
from plants.models import MilestoneForecast, PlantMilestone
from reminders.enums import SubjectKind
from royalties.models import Agreement, Minimum, Statement
from tests.accounts.factories import UserFactory
from tests.deals.factories import (
    NOW,
    TODAY,
    ApprovalFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory, PlantMilestoneFactory
from tests.royalties.factories import (
    AgreementFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """How a subject of a kind is made, due on TODAY, in a deal; and what ends it."""

    make: Callable[[Deal], None]
    close: Callable[[Deal], None]


def make_stuck(deal):
    deal.stage.rot_days = 30
    deal.stage.save()
    Deal.objects.filter(pk=deal.pk).update(entered_stage_at=NOW - 30 * DAY)
    TaskFactory(deal=deal, due_on=TODAY + 300 * DAY)


def move_away(deal):
    Deal.objects.filter(pk=deal.pk).update(entered_stage_at=NOW)


def make_gate(deal):
    GateFactory(stage=deal.stage, due_after_days=10)
    Deal.objects.filter(pk=deal.pk).update(entered_stage_at=NOW - 10 * DAY)


def tick_gates(deal):
    GateCheck.objects.create(deal=deal, gate=deal.stage.gates.get(), by=deal.owner, at=NOW)


def make_without_step(deal):
    Deal.objects.filter(pk=deal.pk).update(created_at=NOW)


def make_milestone(deal):
    plant = PlantFactory()
    deal.plants.add(plant)
    PlantMilestoneFactory(plant=plant, baseline_on=TODAY - 90 * DAY, forecast_on=TODAY)


def make_slip(deal):
    make_milestone(deal)
    milestone = PlantMilestone.objects.get()
    MilestoneForecast.objects.create(
        milestone=milestone, previous_on=TODAY, forecast_on=TODAY + 60 * DAY, by=deal.owner, at=NOW
    )
    PlantMilestone.objects.update(forecast_on=TODAY + 60 * DAY)


def reach_milestone(deal):
    PlantMilestone.objects.update(actual_on=TODAY)


def make_reporting(deal):
    """The first half-year's report is due TODAY."""
    days = (TODAY - dt.date(2026, 6, 30)).days
    agreement = AgreementFactory(deal=deal, report_days=days, plants=[PlantFactory()])
    RoyaltyTermFactory(agreement=agreement)


def accept_report(deal):
    agreement = Agreement.objects.get()
    filing = ReportFilingFactory(agreement=agreement)
    for month in range(1, 7):
        ProductionReportFactory(filing=filing, plant=agreement.plants.get(), month=dt.date(2026, month, 1))


def issue(deal):
    IssuedStatementFactory(agreement=Agreement.objects.get())


def make_invoice(deal):
    statement = IssuedStatementFactory(agreement=AgreementFactory(deal=deal))
    InvoiceFactory(statement=statement, due_on=TODAY)


def dispute(deal):
    Statement.objects.update(status="disputed", dispute_reason="Counted twice", disputed_at=NOW, disputed_by=deal.owner)


def make_minimum(deal):
    """A contract year that ends TODAY with nothing earned."""
    start = TODAY + DAY
    agreement = AgreementFactory(
        deal=deal, effective_on=dt.date(2025, 11, 25), contract_year_start=f"{start:%m-%d}", reporting_period="year"
    )
    Minimum.objects.create(agreement=agreement, contract_year=1, amount=Decimal(20_000_000))


def drop_minimum(deal):
    Minimum.objects.all().delete()


def make_agreement(**dates):
    return lambda deal: AgreementFactory(deal=deal, **dates) and None


def end_agreement(deal):
    Agreement.objects.update(ended_on=TODAY - DAY)


def make_held(deal):
    hold = StageFactory(pipeline=deal.stage.pipeline, type=StageType.HOLD)
    Deal.objects.filter(pk=deal.pk).update(stage=hold, resume_on=TODAY)


def resume(deal):
    Deal.objects.filter(pk=deal.pk).update(stage=StageFactory(), resume_on=None)


def make_approval(**facts):
    return lambda deal: ApprovalFactory(deal=deal, **facts) and None


def set_approval(**facts):
    return lambda deal: Approval.objects.update(**facts) and None


CASES: dict[SubjectKind, Case] = {
    SubjectKind.DEAL_STUCK: Case(make_stuck, move_away),
    SubjectKind.DEAL_WITHOUT_STEP: Case(make_without_step, lambda deal: TaskFactory(deal=deal) and None),
    SubjectKind.TASK_DUE: Case(
        lambda deal: TaskFactory(deal=deal, due_on=TODAY) and None,
        lambda deal: Task.objects.update(done_at=NOW, done_by=deal.owner) and None,
    ),
    SubjectKind.GATE_DUE: Case(make_gate, tick_gates),
    SubjectKind.APPROVAL_FILING: Case(
        make_approval(file_by_on=TODAY), set_approval(status=ApprovalStatus.FILED, filed_on=TODAY)
    ),
    SubjectKind.APPROVAL_DECISION: Case(
        make_approval(status=ApprovalStatus.FILED, filed_on=TODAY - DAY, decision_due_on=TODAY),
        set_approval(status=ApprovalStatus.INFORMATION_REQUESTED),
    ),
    SubjectKind.APPROVAL_EXPIRY: Case(
        make_approval(status=ApprovalStatus.GRANTED, decided_on=TODAY - 90 * DAY, expires_on=TODAY),
        set_approval(expires_on=TODAY + 365 * DAY),
    ),
    SubjectKind.DOCUMENT_EXPIRY: Case(
        lambda deal: DocumentFactory(deal=deal, title="NDA", expires_on=TODAY) and None,
        lambda deal: DocumentFactory(deal=deal, title="NDA", number=2, expires_on=TODAY + 365 * DAY) and None,
    ),
    SubjectKind.MILESTONE_DUE: Case(make_milestone, reach_milestone),
    SubjectKind.MILESTONE_SLIPPED: Case(make_slip, reach_milestone),
    SubjectKind.REPORT_DUE: Case(make_reporting, accept_report),
    SubjectKind.STATEMENT_DUE: Case(make_reporting, issue),
    SubjectKind.INVOICE_DUE: Case(make_invoice, dispute),
    SubjectKind.MINIMUM_AT_RISK: Case(make_minimum, drop_minimum),
    SubjectKind.AGREEMENT_NOTICE: Case(make_agreement(notice_on=TODAY), end_agreement),
    SubjectKind.AGREEMENT_EXPIRY: Case(make_agreement(expires_on=TODAY), end_agreement),
    SubjectKind.HOLD_RESUME: Case(make_held, resume),
}


def make_deal() -> Deal:
    """Return a deal whose owner has a manager."""
    manager = UserFactory(role=Role.MANAGER)
    return DealFactory(owner=UserFactory(role=Role.BUSINESS_DEVELOPMENT, manager=manager))


def make_outsider() -> User:
    """Return someone who sees open deals and none of the confidential ones."""
    return UserFactory(role=Role.BUSINESS_DEVELOPMENT)
