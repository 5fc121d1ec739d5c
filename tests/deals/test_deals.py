import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from accounts.enums import Role
from deals.domain.deals import StaleDealError, change_deal, create_deal, unclosed_deals_with
from deals.domain.moves import GateUnmetError
from deals.domain.tasks import add_task, change_task
from deals.enums import StageType
from deals.models import Deal, DealTeamMember, StageTransition, Task, Waiver
from lrs_tracker.problems import DomainError, PermissionRefusedError
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW, TODAY, DealFactory, GateFactory, PipelineFactory, StageFactory, TaskFactory

pytestmark = pytest.mark.django_db


def create(stage, by, **values):
    values.setdefault("company", CompanyFactory())
    return create_deal(stage=stage, by=by, at=NOW, today=TODAY, **values)


@pytest.fixture
def path():
    pipeline = PipelineFactory()
    return [StageFactory(pipeline=pipeline) for _number in range(3)]


def test_create_deal_starts_with_a_transition_and_a_next_step(path):
    bd = UserFactory()

    deal = create(path[0], bd, owner=bd, title=" LFP ", next_step="Call", next_step_on=TODAY)

    assert (deal.title, deal.stage, deal.opened_on) == ("LFP", path[0], TODAY)
    assert StageTransition.objects.values_list("from_stage", "to_stage", "by", "at").get() == (
        None,
        path[0].pk,
        bd.pk,
        NOW,
    )
    assert Task.objects.values_list("title", "due_on", "assignee").get() == ("Call", TODAY, bd.pk)


def test_create_deal_further_along_passes_the_gates_on_its_way(path):
    gate = GateFactory(stage=path[0])
    GateFactory(stage=path[2])

    with pytest.raises(GateUnmetError) as caught:
        create(path[2], UserFactory())
    assert [state.gate for state in caught.value.missing] == [gate]
    assert not Deal.objects.exists()


def test_create_deal_further_along_by_a_managers_waiver(path):
    gate = GateFactory(stage=path[0])

    with pytest.raises(PermissionRefusedError):
        create(path[2], UserFactory(), waive=[str(gate.pk)], waiver_reason="Known for years")
    deal = create(path[2], UserFactory(role=Role.MANAGER), waive=[str(gate.pk)], waiver_reason="Known for years")

    assert deal.stage == path[2]
    assert Waiver.objects.values_list("gate", "reason").get() == (gate.pk, "Known for years")


def test_create_deal_beside_the_path_needs_a_reason(path):
    lost = StageFactory(pipeline=path[0].pipeline, type=StageType.LOST)

    with pytest.raises(DomainError, match="reason"):
        create(lost, UserFactory())
    assert create(lost, UserFactory(), reason="Too late").outcome_reason == "Too late"


@pytest.mark.parametrize(
    "values",
    [
        {"capacity_gwh": Decimal(-1)},
        {"capacity_gwh": Decimal(1001)},
        {"annual_royalty": Decimal(5)},
        {"annual_royalty": Decimal(-5), "currency": "USD"},
        {"currency": "XXY"},
        {"title": "x" * 201},
        {"region": "atlantis"},
        {"scope": ["banking"]},
        {"next_step": "x", "next_step_on": dt.date(2101, 1, 1)},
    ],
)
def test_create_deal_refuses_implausible_values(path, values):
    with pytest.raises(ValidationError):
        create(path[0], UserFactory(), **values)
    assert not Deal.objects.exists()


def test_create_deal_refuses_an_archived_company_and_an_inactive_owner(path):
    with pytest.raises(DomainError, match="archived"):
        create(path[0], UserFactory(), company=CompanyFactory(archived_at=NOW))
    with pytest.raises(DomainError, match="not active"):
        create(path[0], UserFactory(), owner=UserFactory(is_active=False))


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_create_and_change_deal_refuse_other_roles(path, role):
    user = UserFactory(role=role)

    with pytest.raises(PermissionRefusedError):
        create(path[0], user)
    with pytest.raises(PermissionRefusedError):
        change_deal(deal=DealFactory(), changes={"title": "x"}, by=user)


def test_create_deal_refuses_a_confidential_one_that_its_maker_would_not_see(path):
    with pytest.raises(DomainError, match=r"^Choose yourself: you would not see") as refusal:
        create(path[0], UserFactory(), owner=UserFactory(), is_confidential=True)
    assert refusal.value.field == "owner"
    with pytest.raises(DomainError, match=r"^Choose an owner, or yourself: without one") as refusal:
        create(path[0], UserFactory(), owner=None, is_confidential=True)
    assert refusal.value.field == "owner"


def test_change_deal_returns_the_new_version():
    deal = DealFactory()

    changed = change_deal(deal=deal, changes={"title": "New"}, by=deal.owner, expected_version=deal.version)

    assert (changed.title, changed.version) == ("New", 2)


def test_change_deal_refuses_the_stage():
    deal = DealFactory()

    with pytest.raises(TypeError):
        change_deal(deal=deal, changes={"stage": deal.stage}, by=deal.owner)


def test_change_deal_refuses_a_field_that_changed_since():
    deal = DealFactory(title="Old")
    change_deal(deal=deal, changes={"title": "Theirs"}, by=deal.owner)

    with pytest.raises(StaleDealError) as caught:
        change_deal(deal=deal, changes={"title": "Mine"}, by=deal.owner, expected_version=1, seen={"title": "Old"})
    assert (caught.value.deal.title, list(caught.value.names)) == ("Theirs", ["title"])


def test_change_deal_passes_when_only_other_fields_changed():
    deal = DealFactory(title="Old", region="europe")
    change_deal(deal=deal, changes={"title": "Theirs"}, by=deal.owner)

    change_deal(deal=deal, changes={"region": "oceania"}, by=deal.owner, expected_version=1, seen={"region": "europe"})

    assert Deal.objects.values_list("title", "region").get() == ("Theirs", "oceania")


def test_only_the_owner_or_a_manager_hands_on_a_confidential_deal():
    deal = DealFactory(is_confidential=True)
    member, successor = UserFactory(), UserFactory()
    DealTeamMember.objects.create(deal=deal, user=member)

    with pytest.raises(DomainError, match="Only its owner or a manager"):
        change_deal(deal=deal, changes={"owner": member}, by=member)
    with pytest.raises(DomainError, match="no longer see"):
        change_deal(deal=deal, changes={"owner": successor}, by=deal.owner)
    change_deal(deal=deal, changes={"owner": successor}, by=UserFactory(role=Role.MANAGER))
    assert Deal.objects.get().owner == successor


def test_unclosed_deals_with_a_company_are_those_the_user_may_see():
    company = CompanyFactory()
    open_one = DealFactory(company=company)
    DealFactory(company=company, is_confidential=True)
    DealFactory(company=company, stage=StageFactory(type=StageType.LOST))
    DealFactory()

    assert list(unclosed_deals_with(company, user=UserFactory())) == [open_one]


def test_deals_and_their_tasks_refuse_an_invisible_title(path):
    deal = DealFactory()
    task = TaskFactory(deal=deal)
    refused = [
        lambda: create(path[0], deal.owner, title="\u200b"),
        lambda: change_deal(deal=deal, changes={"title": "Plant\u202e"}, by=deal.owner),
        lambda: add_task(deal=deal, title="\u2060", due_on=TODAY, assignee=None, by=deal.owner),
        lambda: change_task(task=task, title="\u200b", by=deal.owner),
    ]

    for attempt in refused:
        with pytest.raises(DomainError) as refusal:
            attempt()
        assert refusal.value.field == "title"
