"""Pipelines, deals and their parts for tests."""

import datetime as dt

import factory

from deals.domain.moves import top_rank
from deals.enums import DocumentKind, GateKind, StageType
from deals.models import Approval, Deal, DealContact, Document, Gate, Note, Pipeline, Stage, Task
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()


class PipelineFactory(factory.django.DjangoModelFactory):
    """A pipeline without stages."""

    class Meta:
        model = Pipeline

    name = factory.Sequence(lambda n: f"Pipeline {n}")
    slug = factory.Sequence(lambda n: f"pipeline-{n}")


class StageFactory(factory.django.DjangoModelFactory):
    """An open stage; positions follow the order of creation."""

    class Meta:
        model = Stage

    pipeline = factory.SubFactory(PipelineFactory)
    name = factory.Sequence(lambda n: f"Stage {n}")
    type = StageType.OPEN
    position = factory.Sequence(lambda n: n)
    probability_percent = 10


class GateFactory(factory.django.DjangoModelFactory):
    """A checklist item."""

    class Meta:
        model = Gate

    stage = factory.SubFactory(StageFactory)
    label = factory.Sequence(lambda n: f"Gate {n}")
    kind = GateKind.CHECKLIST


class DealFactory(factory.django.DjangoModelFactory):
    """A deal that entered its stage at NOW."""

    class Meta:
        model = Deal

    company = factory.SubFactory(CompanyFactory)
    title = factory.Sequence(lambda n: f"Deal {n}")
    stage = factory.SubFactory(StageFactory)
    entered_stage_at = NOW
    rank = factory.LazyAttributeSequence(lambda deal, n: top_rank(deal.entered_stage_at) + n)
    owner = factory.SubFactory(UserFactory)


class TaskFactory(factory.django.DjangoModelFactory):
    """A task due tomorrow."""

    class Meta:
        model = Task

    deal = factory.SubFactory(DealFactory)
    title = factory.Sequence(lambda n: f"Task {n}")
    due_on = TODAY + dt.timedelta(days=1)
    assignee = factory.SelfAttribute("deal.owner")


class NoteFactory(factory.django.DjangoModelFactory):
    """A note by the deal's owner."""

    class Meta:
        model = Note

    deal = factory.SubFactory(DealFactory)
    body = "Agreed to meet again."
    author = factory.SelfAttribute("deal.owner")


class DocumentFactory(factory.django.DjangoModelFactory):
    """A stored NDA."""

    class Meta:
        model = Document

    deal = factory.SubFactory(DealFactory)
    kind = DocumentKind.NDA
    title = factory.Sequence(lambda n: f"Document {n}")
    file = factory.django.FileField(data=b"%PDF-1.7\n", filename="nda.pdf")
    file_name = "nda.pdf"
    content_type = "application/pdf"
    size_bytes = 9
    sha256 = "0" * 64


class ApprovalFactory(factory.django.DjangoModelFactory):
    """An approval to be filed."""

    class Meta:
        model = Approval

    deal = factory.SubFactory(DealFactory)
    regime = "Technology export"


class DealContactFactory(factory.django.DjangoModelFactory):
    """A contact of the deal's company."""

    class Meta:
        model = DealContact

    deal = factory.SubFactory(DealFactory)
    contact = factory.SubFactory(ContactFactory, company=factory.SelfAttribute("..deal.company"))
