"""A confidential deal with one of everything that can hang on one, among things that everybody sees."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, models

from accounts.models import User
from companies.models import Company, Contact
from deals.enums import DocumentAudience, MoveKind
from deals.models import (
    Approval,
    Deal,
    DealContact,
    DealPlant,
    DealTeamMember,
    Document,
    Gate,
    Note,
    StageTransition,
    Task,
    Waiver,
)
from plants.models import Plant
from royalties.enums import AllocationKind
from royalties.models import (
    Agreement,
    Allocation,
    Amendment,
    CreditNote,
    Fee,
    Invoice,
    Licensor,
    Payment,
    ProductionReport,
    ReportFiling,
    RoyaltyTerm,
    Statement,
)
from sync.models import ExternalRef
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory
from tests.deals.factories import (
    NOW,
    ApprovalFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    TaskFactory,
)
from tests.plants.factories import PlantMilestoneFactory, PlantPhaseFactory
from tests.reminders.factories import ReminderFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    CreditNoteFactory,
    FeeFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    LicensorFactory,
    PaymentFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

# Stands in every text that hangs on the deal.
MARKER = "Zyxomma"
# The ids of what is hidden, each kind in a range of its own, and one that nothing has, of as many digits.
MISSING = "89999999"
HIDDEN_IDS = r"8[0-7]\d{6}"
MODELS: dict[str, type[models.Model]] = {
    "deals": Deal,
    "transitions": StageTransition,
    "waivers": Waiver,
    "approvals": Approval,
    "tasks": Task,
    "notes": Note,
    "documents": Document,
    "agreements": Agreement,
    "royalty-terms": RoyaltyTerm,
    "fees": Fee,
    "production-reports": ProductionReport,
    "statements": Statement,
    "invoices": Invoice,
    "credit-notes": CreditNote,
    "payments": Payment,
    "allocations": Allocation,
    "amendments": Amendment,
    "filings": ReportFiling,
}


@dataclass
class Surroundings:
    """What everybody sees: what the deals are about and who works on them."""

    owner: User = field(default_factory=UserFactory)
    company: Company = field(default_factory=CompanyFactory)
    plant: Plant = field(default_factory=lambda: PlantPhaseFactory().plant)
    gate: Gate = field(default_factory=GateFactory)
    licensor: Licensor = field(default_factory=LicensorFactory)
    contact: Contact = field(init=False)

    def __post_init__(self) -> None:
        self.contact = ContactFactory(company=self.company)
        SourcedFactFactory(company=self.company)
        PlantMilestoneFactory(plant=self.plant)


@contextlib.contextmanager
def hidden_ids() -> Iterator[None]:
    """Have what is made inside get ids that nothing else in any answer looks like."""
    before = {}
    with connection.cursor() as cursor:
        for place, model in enumerate(MODELS.values()):
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
            (sequence,) = cursor.fetchone()
            cursor.execute("SELECT nextval(%s)", [sequence])
            before[sequence] = cursor.fetchone()[0]
            cursor.execute("SELECT setval(%s, %s)", [sequence, 81_000_000 + 100_000 * place])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for sequence, number in before.items():
                cursor.execute("SELECT setval(%s, %s)", [sequence, number])


def hang_everything_on(deal: Deal, around: Surroundings, *, text: str, ref: str, told: User) -> dict[str, str]:
    """Hang one of everything on a deal, with a text in all of them; return their ids by resource.

    The reminder is one that `told` was told.
    """
    DealTeamMember.objects.create(deal=deal, user=around.owner)
    DealPlant.objects.create(deal=deal, plant=around.plant)
    DealContact.objects.create(deal=deal, contact=around.contact)
    document = DocumentFactory(
        deal=deal, title=f"{text} document", audience=DocumentAudience.DEAL, file_name=f"{text}.pdf"
    )
    transition = StageTransition.objects.create(
        deal=deal, to_stage=deal.stage, kind=MoveKind.FORWARD, by=around.owner, at=NOW, reason=f"{text} move"
    )
    agreement = AgreementFactory(
        deal=deal, title=f"{text} agreement", plants=[around.plant], licensor=around.licensor, licensee=around.company
    )
    filing = ReportFilingFactory(agreement=agreement, decided_by=around.owner, note=f"{text} filing")
    statement = IssuedStatementFactory(agreement=agreement, issued_by=around.owner)
    invoice = InvoiceFactory(statement=statement, note=f"{text} invoice")
    payment = PaymentFactory(
        licensor=around.licensor, payer=around.company, amount=Decimal(700), reference=f"{text} payment"
    )
    made: dict[str, Any] = {
        "deals": deal,
        "documents": document,
        "approvals": ApprovalFactory(deal=deal, regime=f"{text} regime", document=document),
        "tasks": TaskFactory(deal=deal, title=f"{text} task", assignee=around.owner),
        "notes": NoteFactory(deal=deal, body=f"{text} note", author=around.owner),
        "transitions": transition,
        "waivers": Waiver.objects.create(
            transition=transition,
            deal=deal,
            gate=around.gate,
            label=f"{text} gate",
            reason=f"{text} reason",
            by=around.owner,
            at=NOW,
        ),
        "agreements": agreement,
        "amendments": AmendmentFactory(agreement=agreement, title=f"{text} amendment"),
        "royalty-terms": RoyaltyTermFactory(agreement=agreement, label=f"{text} term"),
        "fees": FeeFactory(agreement=agreement, label=f"{text} fee"),
        "filings": filing,
        "production-reports": ProductionReportFactory(filing=filing, plant=around.plant),
        "statements": statement,
        "invoices": invoice,
        "credit-notes": CreditNoteFactory(agreement=agreement, reason=f"{text} credit"),
        "payments": payment,
        "allocations": Allocation.objects.create(
            invoice=invoice,
            kind=AllocationKind.PAYMENT,
            payment=payment,
            on=payment.received_on,
            amount=Decimal(600),
            source_amount=Decimal(600),
            note=f"{text} allocation",
        ),
    }
    for resource in ("deal", "agreement"):
        pk = made[f"{resource}s"].pk
        ExternalRef.objects.create(resource=resource, object_id=pk, system="crm", external_id=f"{ref}-{resource}")
    ReminderFactory(deal=deal, recipient=told, title=f"{text} reminder")
    return {name: str(row.pk) for name, row in made.items()}


def make_deal(around: Surroundings, *, is_confidential: bool, title: str) -> Deal:
    """Make a deal that is about what is around."""
    return DealFactory(
        company=around.company,
        stage=around.gate.stage,
        owner=around.owner,
        title=title,
        plant_concept=f"{title} concept",
        is_confidential=is_confidential,
    )
