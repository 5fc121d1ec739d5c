"""A row of every model, for tests of the admin."""

import datetime as dt
import itertools
from decimal import Decimal

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from accounts.models import ApiToken, User
from companies.models import Company, Contact, SourcedFact
from deals.enums import MoveKind
from deals.models import (
    Approval,
    Deal,
    DealContact,
    DealPlant,
    DealTeamMember,
    Document,
    Gate,
    GateCheck,
    ImportBatch,
    Note,
    Pipeline,
    SavedView,
    Stage,
    StageTransition,
    Task,
    Waiver,
)
from money.models import FxRate
from plants.models import MilestoneForecast, Plant, PlantFact, PlantMilestone, PlantPhase, RampScenario
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory
from tests.deals.factories import (
    NOW,
    TODAY,
    ApprovalFactory,
    DealContactFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    PipelineFactory,
    StageFactory,
    TaskFactory,
)
from tests.plants.factories import PlantFactory, PlantMilestoneFactory

_numbers = itertools.count(1)


def _token(user):
    token, _key = create_token(user=user, name="CRM", scope=TokenScope.READ, expires_at=None, at=NOW)
    return token


def _transition(user):
    deal = DealFactory()
    return StageTransition.objects.create(deal=deal, to_stage=deal.stage, kind=MoveKind.FORWARD, by=user, at=NOW)


def _waiver(user):
    transition = _transition(user)
    gate = GateFactory()
    return Waiver.objects.create(
        transition=transition, deal=transition.deal, gate=gate, label="NDA", reason="Late", by=user, at=NOW
    )


def _rate(user):
    day = TODAY - dt.timedelta(days=next(_numbers))
    return FxRate.objects.create(base="EUR", quote="USD", on=day, rate=Decimal("1.1"), source="ECB")


def _change(user):
    CompanyFactory()
    return Change.objects.latest("pk")


MAKERS = {
    User: lambda user: UserFactory(manager=user),
    ApiToken: _token,
    FxRate: _rate,
    Company: lambda user: CompanyFactory(parent=CompanyFactory()),
    Contact: lambda user: ContactFactory(),
    SourcedFact: lambda user: SourcedFactFactory(),
    Plant: lambda user: PlantFactory(),
    PlantPhase: lambda user: PlantPhase.objects.create(plant=PlantFactory(), number=1, nameplate_gwh=5),
    PlantFact: lambda user: PlantFact.objects.create(plant=PlantFactory(), fact=SourcedFactFactory()),
    PlantMilestone: lambda user: PlantMilestoneFactory(),
    MilestoneForecast: lambda user: MilestoneForecast.objects.create(
        milestone=PlantMilestoneFactory(), forecast_on=TODAY, by=user
    ),
    RampScenario: lambda user: RampScenario.objects.create(
        plant=PlantFactory(), number=1, sop_on=TODAY, months_to_nameplate=24
    ),
    Pipeline: lambda user: PipelineFactory(),
    Stage: lambda user: StageFactory(),
    Gate: lambda user: GateFactory(),
    Deal: lambda user: DealFactory(),
    DealTeamMember: lambda user: DealTeamMember.objects.create(deal=DealFactory(), user=user),
    DealPlant: lambda user: DealPlant.objects.create(deal=DealFactory(), plant=PlantFactory()),
    DealContact: lambda user: DealContactFactory(),
    GateCheck: lambda user: GateCheck.objects.create(deal=DealFactory(), gate=GateFactory(), by=user, at=NOW),
    Task: lambda user: TaskFactory(),
    Note: lambda user: NoteFactory(),
    Document: lambda user: DocumentFactory(),
    Approval: lambda user: ApprovalFactory(),
    SavedView: lambda user: SavedView.objects.create(owner=user, name=f"View {next(_numbers)}"),
    ImportBatch: lambda user: ImportBatch.objects.create(
        file="x.csv", file_name="x.csv", sha256="0" * 64, created_by=user
    ),
    StageTransition: _transition,
    Waiver: _waiver,
    Change: _change,
    ExternalRef: lambda user: ExternalRef.objects.create(
        resource="deal", object_id=1, system="crm", external_id=str(next(_numbers))
    ),
}
