"""A follower whose sight changes all the time: in the end its copy is what the lists show, and it was told no more."""

import datetime as dt
import os
import random
from decimal import Decimal

import orjson
import pytest
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError

import lrs_tracker.api.urls  # noqa: F401  # every resource is known by being loaded
from accounts.domain.roles import set_role
from accounts.enums import Role
from deals.models import Approval, Deal, DealTeamMember, Document, Task
from lrs_client.belonging import RESOURCES
from lrs_client.follower import Follower
from lrs_client.mirror import Mirror
from lrs_tracker.api.resources import resource
from royalties.enums import AllocationKind
from royalties.models import Agreement, Allocation, CreditNote, Invoice, Payment
from sync import registry
from sync.domain.feed import current_position, read_feed
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.clients.conftest import settle
from tests.companies.factories import CompanyFactory
from tests.deals.factories import ApprovalFactory, DealFactory, DocumentFactory, TaskFactory
from tests.royalties.factories import (
    AgreementFactory,
    CreditNoteFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    LicensorFactory,
    PaymentFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

DAY = dt.date(2026, 8, 20)
STEPS = 40
# LRS_FOLLOW_SEEDS=40 is the long run.
SEEDS = range(int(os.environ.get("LRS_FOLLOW_SEEDS", "2")))


class World:
    """Deals with what hangs on them, and somebody at random who changes who may see what."""

    def __init__(self, dice, users):
        self.dice, self.users = dice, users
        self.licensor = LicensorFactory()
        self.companies = CompanyFactory.create_batch(2)
        for number in range(3):
            deal = DealFactory(owner=users[-1], is_confidential=number == 0)
            document = DocumentFactory(deal=deal)
            agreement = AgreementFactory(
                deal=deal, licensor=self.licensor, licensee=self.companies[number % 2], document=document
            )
            InvoiceFactory(statement=IssuedStatementFactory(agreement=agreement))
            CreditNoteFactory(agreement=agreement)
            ApprovalFactory(deal=deal, document=document)
            TaskFactory(deal=deal)
            PaymentFactory(licensor=self.licensor, payer=[*self.companies, None][number])

    def one(self, model, **facts):
        """Return a row at random."""
        rows = list(model.objects.filter(**facts).order_by("pk"))
        return self.dice.choice(rows) if rows else None

    def turn(self):
        """Do one of all that decides about who may see what; what the database refuses is not done."""
        act = self.dice.choice([getattr(self, name) for name in sorted(vars(World)) if name.startswith("do_")])
        try:
            with transaction.atomic():
                act()
        except (DatabaseError, ProtectedError):
            return "refused"
        return act.__name__

    def do_secrecy(self):
        deal = self.one(Deal)
        Deal.objects.filter(pk=deal.pk).update(is_confidential=not deal.is_confidential)

    def do_secrecy_again(self):
        self.do_secrecy()

    def do_owner(self):
        Deal.objects.filter(pk=self.one(Deal).pk).update(owner=self.dice.choice(self.users))

    def do_join(self):
        DealTeamMember.objects.get_or_create(deal=self.one(Deal), user=self.dice.choice(self.users))

    def do_leave(self):
        if member := self.one(DealTeamMember):
            member.delete()

    def do_audience(self):
        if document := self.one(Document):
            audience = "deal" if document.audience == "team" else "team"
            Document.objects.filter(pk=document.pk).update(audience=audience)

    def do_audience_again(self):
        self.do_audience()

    def do_add_document(self):
        DocumentFactory(deal=self.one(Deal), audience=self.dice.choice(["deal", "team"]))

    def do_remove_document(self):
        if document := self.one(Document):
            document.delete()

    def do_name_document(self):
        if document := self.one(Document):
            model = self.dice.choice([Approval, Agreement])
            model.objects.filter(deal=document.deal_id).update(document=document)

    def do_allocate(self):
        payment, invoice = self.one(Payment), self.one(Invoice)
        Allocation.objects.create(payment=payment, invoice=invoice, on=DAY, amount=5, source_amount=5)

    def do_credit(self):
        kind = AllocationKind.CREDIT
        facts = {"credit_note": self.one(CreditNote), "invoice": self.one(Invoice), "amount": 5}
        Allocation.objects.create(kind=kind, on=DAY, **facts)

    def do_take_back(self):
        if allocation := self.one(Allocation):
            allocation.delete()

    def do_move_allocation(self):
        if allocation := self.one(Allocation, kind=AllocationKind.PAYMENT):
            Allocation.objects.filter(pk=allocation.pk).update(payment=self.one(Payment))

    def do_payer(self):
        payer = self.dice.choice([*self.companies, None])
        Payment.objects.filter(pk=self.one(Payment).pk).update(payer=payer)

    def do_pay(self):
        payer = self.dice.choice([*self.companies, None])
        PaymentFactory(licensor=self.licensor, payer=payer, amount=Decimal(500))

    def do_remove_payment(self):
        if (payment := self.one(Payment, allocations=None)) and Payment.objects.count() > 1:
            payment.delete()

    def do_agree(self):
        licensee = self.dice.choice(self.companies)
        AgreementFactory(deal=self.one(Deal), licensor=self.licensor, licensee=licensee)

    def do_licensee(self):
        agreement = self.one(Agreement)
        Agreement.objects.filter(pk=agreement.pk).update(licensee=self.dice.choice(self.companies))

    def do_remove_agreement(self):
        if agreement := self.one(Agreement, invoices=None, credit_notes=None):
            agreement.delete()

    def do_end_and_open_a_deal(self):
        if bare := self.one(Deal, agreements=None):
            bare.delete()
        deal = DealFactory(owner=self.dice.choice(self.users), is_confidential=self.dice.random() < 0.5)
        TaskFactory(deal=deal)
        DocumentFactory(deal=deal, audience="team")

    def do_task(self):
        if task := self.one(Task):
            task.delete()
        TaskFactory(deal=self.one(Deal))

    def do_role(self):
        roles = [Role.BUSINESS_DEVELOPMENT, Role.FINANCE, Role.MANAGER, Role.READ_ONLY]
        set_role(user=self.users[0], role=self.dice.choice(roles), by=None)


def visible(user):
    """Return the keys of all that a user sees now."""
    user = type(user).objects.get(pk=user.pk)
    return {(one.name, pk) for one in registry.synced() for pk in one.visible_to(user).values_list("pk", flat=True)}


def told(user, after):
    """Return the objects that the feed tells a user of, and where it ends."""
    user, found, more = type(user).objects.get(pk=user.pk), set(), True
    while more:
        page = read_feed(user=user, after=after, limit=1000)
        found |= {(change.resource, change.object_id) for change in page.changes}
        after, more = page.next, page.more
    return found, after


def shown(user):
    """Return what the lists of the API show a user."""
    user, found = type(user).objects.get(pk=user.pk), {}
    for name in RESOURCES:
        objects, _extra = resource(name).reader.read(resource(name).visible(user))
        found[name] = {one["id"]: one for one in orjson.loads(orjson.dumps(objects))}
    return found


def of_deals(deals):
    """Return what was deleted of deals, but documents: whoever comes to see a deal reads its past."""
    gone = Change.objects.filter(operation="delete", parent_resource="deal").exclude(resource="document")
    rows = gone.values_list("resource", "object_id", "parent_id")
    return {(name, pk) for name, pk, deal in rows if ("deal", deal) in deals}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("seed", SEEDS)
def test_copy_ends_as_the_lists_and_was_told_of_nothing_that_was_never_seen(connect, tmp_path, request, seed):
    dice = random.Random(seed)  # noqa: S311  # no secret
    users = [UserFactory(role=Role.BUSINESS_DEVELOPMENT) for _number in range(2)]
    world = World(dice, users)
    settle()
    known = {user: visible(user) for user in users}
    position = dict.fromkeys(users, current_position())
    client = connect(users[0])
    mirror = Mirror(tmp_path / "mirror.sqlite3", server="x", resources=RESOURCES)
    request.addfinalizer(mirror.close)
    history = []
    for step in range(STEPS):
        history.append(world.turn())
        for user in users:
            known[user] |= visible(user)
        # It looks now and then, so that several changes come at once.
        if dice.random() < 0.4 or step == STEPS - 1:
            settle()
            list(Follower(client, mirror).run(once=True))
            assert {name: {one["id"]: one for one in mirror.objects(name)} for name in RESOURCES} == shown(users[0])
            for user in users:
                found, position[user] = told(user, position[user])
                assert found - known[user] - of_deals(known[user]) == set(), history
