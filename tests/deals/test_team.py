import pytest

from accounts.enums import Role
from deals.domain.contacts import add_deal_contact, remove_deal_contact
from deals.domain.plants import link_plant, unlink_plant
from deals.domain.team import add_member, remove_member, set_confidential
from deals.enums import ContactRole
from deals.models import Deal, DealContact, DealPlant, DealTeamMember
from lrs_tracker.problems import DomainError, PermissionRefusedError
from tests.accounts.factories import UserFactory
from tests.companies.factories import ContactFactory
from tests.deals.factories import NOW, DealFactory
from tests.plants.factories import PlantFactory

pytestmark = pytest.mark.django_db


def test_team_members_come_and_go():
    deal, user = DealFactory(), UserFactory()

    add_member(deal=deal, user=user, by=deal.owner)
    add_member(deal=deal, user=user, by=deal.owner)
    assert DealTeamMember.objects.count() == 1

    remove_member(deal=deal, user=user, by=deal.owner)
    assert not DealTeamMember.objects.exists()


def test_add_member_refuses_who_cannot_work_here():
    deal = DealFactory()

    with pytest.raises(DomainError, match="not active"):
        add_member(deal=deal, user=UserFactory(is_active=False), by=deal.owner)
    with pytest.raises(DomainError, match="sees no deals"):
        add_member(deal=deal, user=UserFactory(role=False), by=deal.owner)


@pytest.mark.parametrize(("role", "allowed"), [(Role.MANAGER, True), (Role.BUSINESS_DEVELOPMENT, False)])
def test_set_confidential_by_role(role, allowed):
    deal, user = DealFactory(), UserFactory(role=role)

    if allowed:
        assert set_confidential(deal=deal, is_confidential=True, by=user).version == 2
    else:
        with pytest.raises(PermissionRefusedError):
            set_confidential(deal=deal, is_confidential=True, by=user)
    assert Deal.objects.get().is_confidential == allowed


def test_set_confidential_by_its_owner():
    deal = DealFactory()

    assert set_confidential(deal=deal, is_confidential=True, by=deal.owner).is_confidential


def test_contacts_have_a_role_once():
    deal = DealFactory()
    contact = ContactFactory(company=deal.company)

    link = add_deal_contact(deal=deal, contact=contact, role=ContactRole.SPONSOR, by=deal.owner)
    with pytest.raises(DomainError, match="has this role already"):
        add_deal_contact(deal=deal, contact=contact, role=ContactRole.SPONSOR, by=deal.owner)
    add_deal_contact(deal=deal, contact=contact, role=ContactRole.LEGAL, by=deal.owner)
    remove_deal_contact(link=link, by=deal.owner)

    assert list(DealContact.objects.values_list("role", flat=True)) == ["legal"]


def test_plants_are_linked_once_and_unlinked():
    deal, plant = DealFactory(), PlantFactory()

    link_plant(deal=deal, plant=plant, by=deal.owner)
    link_plant(deal=deal, plant=plant, by=deal.owner)
    assert DealPlant.objects.count() == 1
    unlink_plant(deal=deal, plant=plant, by=deal.owner)
    assert not DealPlant.objects.exists()


def test_archived_plants_and_contacts_are_refused():
    deal = DealFactory()

    with pytest.raises(DomainError, match="archived"):
        link_plant(deal=deal, plant=PlantFactory(archived_at=NOW), by=deal.owner)
    with pytest.raises(DomainError, match="archived"):
        add_deal_contact(deal=deal, contact=ContactFactory(archived_at=NOW), role=ContactRole.SPONSOR, by=deal.owner)


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_team_contacts_and_plants_refuse_other_roles(role):
    deal, user = DealFactory(), UserFactory(role=role)
    link = DealContact.objects.create(deal=deal, contact=ContactFactory(), role=ContactRole.SPONSOR)
    attempts = [
        lambda: add_member(deal=deal, user=user, by=user),
        lambda: remove_member(deal=deal, user=user, by=user),
        lambda: set_confidential(deal=deal, is_confidential=True, by=user),
        lambda: add_deal_contact(deal=deal, contact=link.contact, role=ContactRole.LEGAL, by=user),
        lambda: remove_deal_contact(link=link, by=user),
        lambda: link_plant(deal=deal, plant=PlantFactory(), by=user),
        lambda: unlink_plant(deal=deal, plant=PlantFactory(), by=user),
    ]

    for attempt in attempts:
        with pytest.raises(PermissionRefusedError):
            attempt()
