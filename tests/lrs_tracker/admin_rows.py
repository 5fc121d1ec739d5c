"""A row of every model, for tests of the admin."""

import datetime as dt
import itertools
from decimal import Decimal

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from accounts.models import ApiToken, User
from companies.models import Company, Contact, SourcedFact
from crm.models import (
    ConnectionState,
    CrmConnection,
    FieldMapping,
    PairSuggestion,
    RecordState,
    StageMapping,
    SyncRecord,
    SyncRun,
)
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
from reminders.models import (
    CalendarEntry,
    CalendarFeed,
    ChatEndpoint,
    KindPreference,
    MessageTotal,
    Mute,
    Notification,
    NotificationItem,
    Preference,
    Reminder,
    ReminderRule,
    Scan,
    ScanState,
    UsedLink,
)
from royalties.models import (
    Agreement,
    AgreementPlant,
    Allocation,
    Amendment,
    BankImport,
    Cap,
    CreditNote,
    EarnedLine,
    Fee,
    Invoice,
    Licensor,
    Minimum,
    Payment,
    PriceIndex,
    PriceIndexValue,
    ProductionReport,
    ReportFiling,
    ReportLink,
    ReportMapping,
    RoyaltyTerm,
    RoyaltyTermPlant,
    ServiceTerm,
    Statement,
    StatementLine,
    TermSheet,
    Tier,
    WithholdingCertificate,
)
from sync.models import Change, ExternalRef, FeedState, IdempotentAnswer, WebhookDelivery, WebhookEndpoint
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory
from tests.crm.factories import (
    ConnectionFactory,
    RecordStateFactory,
    RunFactory,
    StageMappingFactory,
    SuggestionFactory,
    SyncRecordFactory,
)
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
from tests.reminders.factories import ChatEndpointFactory, ReminderFactory, RuleFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    CreditNoteFactory,
    FeeFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    LicensorFactory,
    PaymentFactory,
    PriceIndexFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    ReportLinkFactory,
    RoyaltyTermFactory,
    ServiceTermFactory,
    StatementFactory,
    TermSheetFactory,
)
from tests.sync.webhooks.factories import WebhookDeliveryFactory, WebhookEndpointFactory

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


def _statement_line(user):
    return StatementLine.objects.create(
        statement=StatementFactory(), position=1, kind="shortfall", period_end=TODAY, label="Shortfall", amount=1
    )


def _allocation(user):
    invoice = InvoiceFactory()
    payment = PaymentFactory(licensor=invoice.licensor)
    return Allocation.objects.create(invoice=invoice, payment=payment, on=TODAY, amount=1, source_amount=1, by=user)


def _notification(user):
    return Notification.objects.create(channel="email", kind="single", recipient=user, next_attempt_at=NOW)


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
    Licensor: lambda user: LicensorFactory(),
    TermSheet: lambda user: TermSheetFactory(),
    ReportMapping: lambda user: ReportMapping.objects.create(agreement=AgreementFactory(), name="Their file"),
    ReportLink: lambda user: ReportLinkFactory(token=f"token {next(_numbers)}"),
    ReportFiling: lambda user: ReportFilingFactory(),
    ProductionReport: lambda user: ProductionReportFactory(),
    Statement: lambda user: IssuedStatementFactory(),
    StatementLine: _statement_line,
    EarnedLine: lambda user: EarnedLine.objects.create(
        agreement=AgreementFactory(), kind="royalty", period_end=TODAY, amount=1, currency="USD", calculated_at=NOW
    ),
    Invoice: lambda user: InvoiceFactory(),
    CreditNote: lambda user: CreditNoteFactory(),
    Payment: lambda user: PaymentFactory(),
    Allocation: _allocation,
    BankImport: lambda user: BankImport.objects.create(
        licensor=LicensorFactory(), file_name="bank.csv", sha256=f"{next(_numbers):064x}", source="csv", created_by=user
    ),
    WithholdingCertificate: lambda user: WithholdingCertificate.objects.create(
        agreement=AgreementFactory(), number="1", issued_on=TODAY, currency="USD", amount=1
    ),
    Agreement: lambda user: AgreementFactory(),
    AgreementPlant: lambda user: AgreementPlant.objects.create(agreement=AgreementFactory(), plant=PlantFactory()),
    Amendment: lambda user: AmendmentFactory(),
    Minimum: lambda user: Minimum.objects.create(agreement=AgreementFactory(), contract_year=1, amount=5),
    Cap: lambda user: Cap.objects.create(agreement=AgreementFactory(), contract_year=1, amount=5),
    RoyaltyTerm: lambda user: RoyaltyTermFactory(),
    RoyaltyTermPlant: lambda user: RoyaltyTermPlant.objects.create(term=RoyaltyTermFactory(), plant=PlantFactory()),
    Tier: lambda user: RoyaltyTermFactory().tiers.get(position=1),
    Fee: lambda user: FeeFactory(),
    ServiceTerm: lambda user: ServiceTermFactory(),
    PriceIndex: lambda user: PriceIndexFactory(),
    PriceIndexValue: lambda user: PriceIndexValue.objects.create(index=PriceIndexFactory(), year=2025, value=100),
    ReminderRule: lambda user: RuleFactory(),
    ChatEndpoint: lambda user: ChatEndpointFactory(owner=user),
    Reminder: lambda user: ReminderFactory(),
    Mute: lambda user: Mute.objects.create(user=user, rule=RuleFactory(), deal=DealFactory()),
    Notification: _notification,
    NotificationItem: lambda user: NotificationItem.objects.create(
        notification=_notification(user), reminder=ReminderFactory(recipient=user)
    ),
    UsedLink: lambda user: UsedLink.objects.create(
        digest=f"{next(_numbers):064x}", reminder=ReminderFactory(recipient=user), action="done"
    ),
    # Of each of these there is one for a person, or one in all.
    Preference: lambda user: Preference.objects.get_or_create(user=user)[0],
    IdempotentAnswer: lambda user: IdempotentAnswer.objects.create(
        user=user, key=f"key-{next(_numbers)}", request_digest="0" * 64, status=201, body=b"{}", created_at=NOW
    ),
    FeedState: lambda user: FeedState.objects.get_or_create(pk=1)[0],
    ScanState: lambda user: ScanState.objects.get_or_create(pk=1)[0],
    KindPreference: lambda user: KindPreference.objects.get_or_create(user=user, kind="task_due")[0],
    CalendarFeed: lambda user: CalendarFeed.objects.create(user=user, digest=f"{next(_numbers):064x}"),
    CalendarEntry: lambda user: CalendarEntry.objects.create(user=user, key=f"task:{next(_numbers)}", on=TODAY),
    MessageTotal: lambda user: MessageTotal.objects.create(
        channel="email", outcome="sent", slot=next(_numbers), count=1
    ),
    WebhookEndpoint: lambda user: WebhookEndpointFactory(owner=user),
    WebhookDelivery: lambda user: WebhookDeliveryFactory(endpoint__owner=user),
    CrmConnection: lambda user: ConnectionFactory(),
    FieldMapping: lambda user: ConnectionFactory().field_mappings.get_or_create(
        resource="company", our_field="name", their_field="name"
    )[0],
    StageMapping: lambda user: StageMappingFactory(),
    ConnectionState: lambda user: ConnectionState.objects.get_or_create(connection=ConnectionFactory())[0],
    RecordState: lambda user: RecordStateFactory(),
    PairSuggestion: lambda user: SuggestionFactory(),
    SyncRun: lambda user: RunFactory(),
    SyncRecord: lambda user: SyncRecordFactory(),
    Scan: lambda user: Scan.objects.create(at=NOW, took_ms=5, seen=1, created=1),
}
