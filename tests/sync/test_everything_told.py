"""Whatever row changes, by whatever means: each object whose answer is another one then has a change in the log."""

import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

import lrs_tracker.api.urls  # noqa: F401  # every resource is known by being loaded
from accounts.enums import Role
from deals.models import DealContact, DealPlant, DealTeamMember
from lrs_tracker.api.resources import resources
from lrs_tracker.prepared import Prepared
from plants.models import PlantFact
from royalties.enums import AllocationKind
from royalties.models import AgreementPlant, Allocation, Cap, Minimum, RoyaltyTermPlant, StatementLine
from sync import registry
from sync.models import Change, ExternalRef
from tests.accounts.factories import UserFactory
from tests.api.test_every_resource import MADE_BY
from tests.companies.factories import SourcedFactFactory
from tests.deals.factories import NOW, ApprovalFactory, DocumentFactory, NoteFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    AmendmentFactory,
    CreditNoteFactory,
    InvoiceFactory,
    PaymentFactory,
    RoyaltyTermFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db

APPS = ("accounts", "money", "companies", "plants", "deals", "royalties", "sync")
# What the database keeps of a row by itself.
BOOKKEEPING = ("id", "version", "created_at", "updated_at")
# What is no object and shows in none.
APART = ("sync_change", "sync_feedstate", "sync_idempotentanswer")


@pytest.fixture
def reader(settings, tmp_path):
    """Somebody who sees everything, and rows of every kind, the one with most about it last."""
    settings.MEDIA_ROOT = tmp_path
    reader = UserFactory(role=Role.ADMINISTRATOR)
    for make, _change in MADE_BY.values():
        make()
    plant, agreement = PlantFactory(), AgreementFactory()
    PlantFact.objects.create(plant=plant, fact=SourcedFactFactory())
    document = DocumentFactory(deal=agreement.deal)
    agreement.document = document
    agreement.save()
    ApprovalFactory(deal=agreement.deal, document=document)
    DealTeamMember.objects.create(deal=agreement.deal, user=reader)
    DealPlant.objects.create(deal=agreement.deal, plant=plant)
    DealContact.objects.create(deal=agreement.deal, contact=MADE_BY["contacts"][0]())
    NoteFactory(deal=agreement.deal).mentions.add(reader)
    AgreementPlant.objects.create(agreement=agreement, plant=plant)
    amendment = AmendmentFactory(agreement=agreement)
    Minimum.objects.create(agreement=agreement, contract_year=2026, amount=Decimal(5))
    Cap.objects.create(agreement=agreement, contract_year=2026, amount=Decimal(5), amendment=amendment)
    term = RoyaltyTermFactory(agreement=agreement)
    RoyaltyTermPlant.objects.create(term=term, plant=plant)
    invoice = InvoiceFactory()
    note = CreditNoteFactory(agreement=invoice.agreement)
    payment = PaymentFactory(licensor=invoice.licensor)
    Allocation.objects.create(
        invoice=invoice, kind=AllocationKind.CREDIT, credit_note=note, on=NOW.date(), amount=Decimal(5)
    )
    Allocation.objects.create(
        invoice=invoice, payment=payment, on=NOW.date(), amount=Decimal(5), source_amount=Decimal(5), fx_gain=Decimal(1)
    )
    draft = StatementFactory(agreement=agreement)
    StatementLine.objects.create(
        statement=draft, position=1, kind="royalty", term=term, period_end=dt.date(2026, 6, 30), label="A", amount=1
    )
    ExternalRef.objects.create(resource="deal", object_id=agreement.deal_id, system="crm", external_id="1")
    # All this is one transaction, of which an object is told once.
    Change.objects.update(transaction_id=1)
    return reader


@pytest.fixture
def answers(reader):
    """Return what the API answers of each object of the feed; the queries are put together once."""
    queries = [
        (one.singular, one.detail_reader, Prepared(one.detail_reader.columns(one.visible(reader))))
        for one in resources()
        if registry.is_synced(one.singular)
    ]

    def read():
        found = {}
        for name, columns, query in queries:
            objects, _extra = columns.convert(query.run())
            found |= {(name, int(one["id"])): one for one in objects}
        return found

    return read


def told_after(last):
    """Return the objects that the log has changes of after a row."""
    rows = Change.objects.filter(pk__gt=last).values_list("resource", "object_id", "parent_resource", "parent_id")
    return {key for resource, pk, parent, parent_pk in rows for key in ((resource, pk), (parent, parent_pk))}


def tables():
    """Yield the models of every table, those of many-to-many fields too."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in APPS and model._meta.db_table not in APART and not model._meta.proxy:
            yield model


def others(field, value):
    """Return values that a column may have instead, as far as its kind tells."""
    if field.is_relation:
        rows = field.related_model._base_manager.exclude(pk=value).order_by("pk").values_list("pk", flat=True)
        return [*rows[:4], None]
    if field.choices:
        return [choice for choice, _label in field.flatchoices if choice != value]
    if isinstance(field, models.BooleanField):
        return [not value]
    if isinstance(field, models.DateTimeField):
        return [(value or NOW) + dt.timedelta(hours=1), None]
    if isinstance(field, models.DateField):
        return [(value or NOW.date()) + dt.timedelta(days=1), None]
    if isinstance(field, models.DecimalField | models.IntegerField):
        return [(value or 0) + 1, None]
    if isinstance(field, models.JSONField):
        return [[{"code": "x", "severity": "x", "title": "x", "text": "x"}], {"x": "y"}]
    if isinstance(field, models.CharField | models.TextField | models.FileField):
        return [f"{value or ''}x", "EUR", "02-01", "Zz"]
    return [["ev"], ["stationary"], [], None]


def test_whatever_column_of_whatever_row_changes_the_objects_that_show_it_are_told(answers):
    tried, refused, silent = 0, [], set()
    before = answers()
    for model in tables():
        for field in model._meta.concrete_fields:
            if field.column in BOOKKEEPING:
                continue
            has_changed = False
            for pk, value in list(model._base_manager.order_by("-pk").values_list("pk", field.attname)[:1]):
                for other in others(field, value):
                    last = Change.objects.latest("pk").pk
                    with transaction.atomic():
                        try:
                            with transaction.atomic(), connection.cursor() as cursor:
                                model._base_manager.filter(pk=pk).update(**{field.attname: other})
                                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                        except (DatabaseError, ValueError, TypeError):
                            continue
                        has_changed = True
                        after = answers()
                        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
                        silent |= {(model.__name__, field.name, key[0]) for key in changed - told_after(last)}
                        transaction.set_rollback(True)
                    break
            tried += has_changed
            refused += [] if has_changed else [f"{model.__name__}.{field.name}"]
    assert sorted(silent) == []
    assert tried > 250, refused


def test_whatever_row_is_removed_the_objects_that_show_it_are_told(answers):
    silent, tried = set(), 0
    before = answers()
    for model in tables():
        for pk in list(model._base_manager.order_by("-pk").values_list("pk", flat=True)[:2]):
            last = Change.objects.latest("pk").pk
            with transaction.atomic():
                try:
                    with transaction.atomic(), connection.cursor() as cursor:
                        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [pk])  # noqa: S608
                        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                except DatabaseError:
                    continue
                tried += 1
                after = answers()
                changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
                silent |= {(model.__name__, key[0]) for key in changed - told_after(last)}
                transaction.set_rollback(True)
    assert sorted(silent) == []
    assert tried > 30
