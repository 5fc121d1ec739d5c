"""Every address of the application, with an object of each kind to fill it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from accounts.models import User
from deals.enums import DocumentAudience
from deals.models import Deal, DealContact, DealPlant, DealTeamMember, ImportBatch, SavedView
from reminders.domain.calendar_tokens import create_feed
from reminders.models import Mute, Notification
from royalties.enums import AllocationKind
from royalties.models import Allocation
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory, SourcedFactFactory
from tests.crm.factories import RunFactory, SuggestionFactory
from tests.deals.factories import (
    NOW,
    ApprovalFactory,
    DealFactory,
    DocumentFactory,
    GateFactory,
    NoteFactory,
    StageFactory,
    TaskFactory,
)
from tests.money.factories import FxRateFactory
from tests.plants.factories import PlantFactory, PlantMilestoneFactory
from tests.reminders.factories import ChatEndpointFactory, ReminderFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    CreditNoteFactory,
    FeeFactory,
    InvoiceFactory,
    PaymentFactory,
    PriceIndexFactory,
    ReportFilingFactory,
    ReportLinkFactory,
    RoyaltyTermFactory,
    ServiceTermFactory,
    TermSheetFactory,
)
from tests.sync.webhooks.factories import WebhookDeliveryFactory

# The pages behind private links, and other people's applications inside ours; they have tests of their own.
FOREIGN = (
    *("report/", "from-mail/", "calendar/"),
    *("admin/", "accounts/", "api/reference/", "styleguide/", "healthz", "readyz", "metrics", "static/", "media/"),
)
# The addresses that belong to a deal: none exists for whom the deal does not.
OF_DEAL = (
    "deals/<deal:pk>",
    "insights/forecast/<deal:pk>",
    "royalties/sandbox/<deal:pk>",
    "my-day/steps/",
    "inbox/<int:pk>",
    *(
        f"royalties/{part}/<int:pk>"
        for part in (
            "agreements",
            "filings",
            "report-links",
            "statements",
            "invoices",
            "credit-notes",
            "payments",
            "allocations",
        )
    ),
)
# Stands in the texts of the deal, so that a page which shows any of them is found.
MARKER = "Zyxomma"


@dataclass
class Desk:
    """A deal with one of everything around it; `deal` may be confidential."""

    deal: Deal
    keys: dict[str, Any] = field(default_factory=dict)


def make_desk(*, is_confidential: bool) -> Desk:
    """Create a deal with every kind of part, and what the settings pages name."""
    stage = StageFactory()
    gate = GateFactory(stage=stage)
    StageFactory(pipeline=stage.pipeline)
    deal = DealFactory(
        stage=stage, title=f"{MARKER} title", plant_concept=f"{MARKER} concept", is_confidential=is_confidential
    )
    colleague = UserFactory(name="Colleague")
    plant = PlantFactory()
    milestone = PlantMilestoneFactory(plant=plant)
    fact = SourcedFactFactory(company=deal.company)
    plant_fact = SourcedFactFactory(company=plant.company)
    plant.plant_facts.create(fact=plant_fact)
    contact = ContactFactory(company=deal.company)
    DealTeamMember.objects.create(deal=deal, user=colleague)
    DealPlant.objects.create(deal=deal, plant=plant)
    token, _key = create_token(user=deal.owner, name="CRM", scope=TokenScope.READ, expires_at=None, at=NOW)
    batch = ImportBatch.objects.create(file_name=f"{MARKER}.csv", sha256="0" * 64, created_by=deal.owner)
    agreement = AgreementFactory(deal=deal, title=f"{MARKER} agreement", plants=[plant])
    filing = ReportFilingFactory(
        agreement=agreement,
        status="draft",
        submitted_at=None,
        decided_at=None,
        decided_by=None,
        note=f"{MARKER} filing",
    )
    invoice = InvoiceFactory(statement__agreement=agreement, note=f"{MARKER} invoice")
    credit_note = CreditNoteFactory(agreement=agreement, reason=f"{MARKER} credit")
    payment = PaymentFactory(
        licensor=agreement.licensor, payer=agreement.licensee, reference=f"{MARKER} payment", amount=Decimal(500)
    )
    allocation = Allocation.objects.create(
        invoice=invoice,
        kind=AllocationKind.WITHHOLDING,
        payment=payment,
        on=payment.received_on,
        amount=Decimal(100),
        note=f"{MARKER} allocation",
    )
    reminder = ReminderFactory(deal=deal, recipient=colleague, title=f"{MARKER} reminder")
    message = Notification.objects.create(
        channel="email", kind="single", recipient=colleague, status="failed", next_attempt_at=NOW
    )
    message.reminders.add(reminder)
    delivery = WebhookDeliveryFactory(
        endpoint__owner=deal.owner, object_id=deal.pk, body=json.dumps({"title": f"{MARKER} webhook"})
    )
    run = RunFactory()
    keys = {
        "deals/pk": deal.pk,
        "inbox/pk": reminder.pk,
        "settings/mutes/pk": Mute.objects.create(user=colleague, rule=reminder.rule, deal=deal).pk,
        "insights/pk": deal.pk,
        "deals/task_id": TaskFactory(deal=deal, title=f"{MARKER} task").pk,
        "deals/note_id": NoteFactory(deal=deal, body=f"{MARKER} note").pk,
        "deals/document_id": DocumentFactory(deal=deal, title=f"{MARKER} document", audience=DocumentAudience.DEAL).pk,
        "deals/approval_id": ApprovalFactory(deal=deal, regime=f"{MARKER} regime").pk,
        "deals/link_id": DealContact.objects.create(deal=deal, contact=contact).pk,
        "deals/gate_id": gate.pk,
        "deals/plant_id": plant.pk,
        "deals/user_id": colleague.pk,
        "deals/name": "title",
        "my-day/pk": TaskFactory(deal=deal, title=f"{MARKER} step").pk,
        "import/pk": batch.pk,
        "board/slug": stage.pipeline.slug,
        "board/stage_id": stage.pk,
        "companies/pk": deal.company_id,
        "companies/contact_pk": contact.pk,
        "companies/fact_pk": fact.pk,
        "plants/pk": plant.pk,
        "plants/part": "status",
        "plants/milestone_pk": milestone.pk,
        "plants/phase_pk": plant.phases.create(number=1, nameplate_gwh=5).pk,
        "plants/fact_pk": plant_fact.pk,
        "settings/slug": stage.pipeline.slug,
        "settings/gates/pk": gate.pk,
        "settings/stages/pk": stage.pk,
        "settings/pipelines/pk": stage.pipeline_id,
        "settings/users/pk": colleague.pk,
        "views/pk": SavedView.objects.create(owner=deal.owner, name="Mine").pk,
        "settings/tokens/pk": token.pk,
        "settings/calendar/pk": create_feed(user=colleague)[0].pk,
        "settings/fx-rates/pk": FxRateFactory().pk,
        "royalties/agreements/pk": agreement.pk,
        "royalties/indices/pk": PriceIndexFactory().pk,
        "settings/rules/pk": reminder.rule_id,
        "settings/chats/pk": ChatEndpointFactory().pk,
        "settings/operations/pk": message.pk,
        "settings/webhooks/pk": delivery.endpoint_id,
        "settings/webhooks/delivery_pk": delivery.pk,
        "settings/crm/pk": run.connection_id,
        "settings/crm/kind": "salesforce",
        "settings/crm/resource": "company",
        "settings/crm/run_pk": run.pk,
        "settings/crm/suggestion_pk": SuggestionFactory(connection=run.connection).pk,
        "settings/licensors/pk": agreement.licensor_id,
        "royalties/filings/pk": filing.pk,
        "royalties/invoices/pk": invoice.pk,
        "royalties/credit-notes/pk": credit_note.pk,
        "royalties/payments/pk": payment.pk,
        "royalties/payments/token": "no-such-file",
        "royalties/allocations/pk": allocation.pk,
        "royalties/statements/pk": invoice.statement_id,
        "royalties/sandbox/pk": deal.pk,
        "royalties/sheet_pk": TermSheetFactory(deal=deal, name=f"{MARKER} sheet").pk,
        "royalties/term_pk": RoyaltyTermFactory(agreement=agreement, label=f"{MARKER} term").pk,
        "royalties/fee_pk": FeeFactory(agreement=agreement, label=f"{MARKER} fee").pk,
        "royalties/service_pk": ServiceTermFactory(agreement=agreement, label=f"{MARKER} service").pk,
        "royalties/amendment_pk": AmendmentFactory(agreement=agreement, title=f"{MARKER} amendment").pk,
        "royalties/filings/ending": "csv",
        "dev/mail/key": "20261124-090000-1-0",
        "royalties/report-links/pk": ReportLinkFactory(agreement=agreement).pk,
    }
    return Desk(deal, keys)


@dataclass(frozen=True)
class Address:
    """One address: the name of its view, its path, and whether it belongs to the desk's deal."""

    name: str
    path: str
    is_of_deal: bool


def addresses(desk: Desk, *, user: User) -> list[Address]:
    """Return every address of our own, filled with the desk's objects; raise KeyError for an unknown part."""
    return [
        Address(
            name,
            reverse(name, kwargs=_fill(route, params, desk)),
            route.startswith(OF_DEAL),
        )
        for name, route, params in _patterns(get_resolver().url_patterns)
    ]


def _fill(route: str, params: list[str], desk: Desk) -> dict[str, Any]:
    first, second, *_rest = [*route.split("/"), ""]
    filled = {}
    for name in params:
        known = [key for key in (f"{first}/{second}/{name}", f"{first}/{name}", name) if key in desk.keys]
        if not known:
            raise KeyError(f"{route} names {name}, for which tests.pages has no object")
        filled[name] = desk.keys[known[0]]
    return filled


def _patterns(
    patterns: list[URLPattern | URLResolver], namespace: str = "", before: str = ""
) -> Iterator[tuple[str, str, list[str]]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        # What resources answer to whom is tested with the API, by tokens and with bodies.
        is_resource = route.startswith("api/v1/") and not route.startswith("api/v1/royalties/") and route != "api/v1/"
        if route.startswith(FOREIGN) or is_resource:
            continue
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _patterns(pattern.url_patterns, inner, route)
        elif pattern.name:
            yield f"{namespace}{pattern.name}", route, list(pattern.pattern.converters)
