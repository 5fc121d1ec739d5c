import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.enums import Role
from deals.enums import DocumentAudience
from deals.models import Approval, Deal, DealContact, DealTeamMember, Document, Note, Task
from tests.accounts.factories import UserFactory
from tests.deals.factories import (
    ApprovalFactory,
    DealContactFactory,
    DealFactory,
    DocumentFactory,
    NoteFactory,
    TaskFactory,
)

pytestmark = pytest.mark.django_db

PARTS = [
    (Task, TaskFactory),
    (Note, NoteFactory),
    (Document, DocumentFactory),
    (Approval, ApprovalFactory),
    (DealContact, DealContactFactory),
]


@pytest.fixture
def secret():
    return DealFactory(is_confidential=True)


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.FINANCE, Role.READ_ONLY])
def test_confidential_deal_does_not_exist_outside_its_team(secret, role):
    assert not Deal.objects.visible_to(UserFactory(role=role)).exists()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_confidential_deal_exists_for_managers_and_administrators(secret, role):
    assert list(Deal.objects.visible_to(UserFactory(role=role))) == [secret]


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.FINANCE, Role.READ_ONLY])
def test_confidential_deal_exists_for_owner_and_team(secret, role):
    member = UserFactory(role=role)
    DealTeamMember.objects.create(deal=secret, user=member)

    assert list(Deal.objects.visible_to(member)) == [secret]
    assert list(Deal.objects.visible_to(secret.owner)) == [secret]


def test_deals_do_not_exist_for_strangers_inactive_users_and_users_without_a_role():
    deal = DealFactory()
    deal.owner.is_active = False

    for user in (AnonymousUser(), deal.owner, UserFactory(role=False)):
        assert not Deal.objects.visible_to(user).exists()


@pytest.mark.parametrize(("model", "factory"), PARTS)
def test_parts_of_a_confidential_deal_exist_for_whom_the_deal_exists(secret, model, factory):
    part = factory(deal=secret)

    assert not model.objects.visible_to(UserFactory()).exists()
    assert not model.objects.visible_to(AnonymousUser()).exists()
    assert list(model.objects.visible_to(secret.owner)) == [part]
    assert list(model.objects.visible_to(UserFactory(role=Role.MANAGER))) == [part]


def test_document_for_the_team_is_hidden_from_others_who_see_the_deal():
    document = DocumentFactory(audience=DocumentAudience.TEAM)
    member = UserFactory()
    DealTeamMember.objects.create(deal=document.deal, user=member)

    assert not Document.objects.visible_to(UserFactory()).exists()
    for user in (document.deal.owner, member, UserFactory(role=Role.MANAGER)):
        assert list(Document.objects.visible_to(user)) == [document]


def test_a_manager_who_was_deactivated_sees_nothing(secret):
    manager = UserFactory(role=Role.MANAGER, is_active=False)

    assert not Deal.objects.visible_to(manager).exists()
    assert not Task.objects.visible_to(manager).exists()
