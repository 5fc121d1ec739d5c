"""Changing many deals at once."""

import datetime as dt

import pytest

from accounts.enums import Role
from companies.enums import Region
from deals.domain import bulk_edit as module
from deals.domain.bulk_edit import BULK_FIELDS, BulkChange, NewStep, bulk_edit, undo_bulk_edit
from deals.models import Deal, DealTeamMember, Task
from lrs_tracker.change_log import change_context
from lrs_tracker.problems import DomainError, PermissionRefusedError
from plants.enums import Chemistry
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.deals.factories import TODAY, DealFactory

EUROPE = BulkChange(values={"region": Region.EUROPE})


def everything():
    return Deal.objects.all()


@pytest.fixture
def maria(db):
    return UserFactory(name="Maria Falk")


@pytest.fixture
def acting(maria):
    """Attribute changes to Maria, as in a request of hers."""
    with change_context(actor_id=maria.pk, channel="web"):
        yield maria


def test_bulk_edit_sets_each_field(maria):
    wei = UserFactory(name="Wei Lin")
    deals = DealFactory.create_batch(3)
    values = {
        "owner": wei,
        "region": Region.EAST_ASIA,
        "chemistry": Chemistry.LMFP,
        "is_confidential": False,
        "expected_sop_on": dt.date(2029, 7, 1),
    }
    assert tuple(values) == BULK_FIELDS

    result = bulk_edit(deals=everything(), change=BulkChange(values=values), by=maria)

    assert result.deals == 3
    for deal in deals:
        deal.refresh_from_db()
        assert {name: getattr(deal, name) for name in values} == values
        assert deal.version == 2


def test_bulk_edit_leaves_other_deals_alone(maria):
    first, second = DealFactory.create_batch(2, region=Region.OCEANIA)

    bulk_edit(deals=Deal.objects.filter(pk=first.pk), change=EUROPE, by=maria)

    second.refresh_from_db()
    assert second.region == Region.OCEANIA


def test_bulk_edit_adds_a_step_for_each_owner(maria):
    first, second = DealFactory(), DealFactory(owner=None)

    bulk_edit(deals=everything(), change=BulkChange(step=NewStep("Review", TODAY)), by=maria)

    assert list(Task.objects.order_by("deal").values_list("deal", "title", "due_on", "assignee")) == [
        (first.pk, "Review", TODAY, first.owner_id),
        (second.pk, "Review", TODAY, None),
    ]


def test_bulk_edit_passes_over_deals_that_do_not_exist_for_the_user(maria):
    hidden = DealFactory(is_confidential=True, region=Region.OCEANIA)
    DealFactory()

    result = bulk_edit(deals=everything(), change=EUROPE, by=maria)

    hidden.refresh_from_db()
    assert (result.deals, hidden.region) == (1, Region.OCEANIA)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.READ_ONLY, False])
def test_bulk_edit_refuses_roles_that_cannot_change_deals(db, role):
    deal = DealFactory(region=Region.OCEANIA)

    with pytest.raises(PermissionRefusedError):
        bulk_edit(deals=everything(), change=EUROPE, by=UserFactory(role=role))

    deal.refresh_from_db()
    assert deal.region == Region.OCEANIA


def test_bulk_edit_refuses_a_step_without_the_permission(db):
    with pytest.raises(PermissionRefusedError):
        bulk_edit(
            deals=everything(),
            change=BulkChange(step=NewStep("Review", TODAY)),
            by=UserFactory(role=Role.FINANCE),
        )


def test_bulk_edit_refuses_nothing_to_do(maria):
    DealFactory()
    with pytest.raises(DomainError, match="Choose what to change"):
        bulk_edit(deals=everything(), change=BulkChange(), by=maria)


def test_bulk_edit_refuses_no_deals(maria):
    with pytest.raises(DomainError, match="at least one"):
        bulk_edit(deals=everything(), change=EUROPE, by=maria)


def test_bulk_edit_refuses_too_many_deals(maria, monkeypatch):
    monkeypatch.setattr(module, "BULK_LIMIT", 2)
    DealFactory.create_batch(3)

    with pytest.raises(DomainError, match="At most 2"):
        bulk_edit(deals=everything(), change=EUROPE, by=maria)


def test_bulk_edit_refuses_an_inactive_owner(maria):
    DealFactory()
    with pytest.raises(DomainError) as refused:
        bulk_edit(deals=everything(), change=BulkChange(values={"owner": UserFactory(is_active=False)}), by=maria)
    assert refused.value.field == "owner"


@pytest.mark.parametrize("name", ["stage", "rank", "company", "version"])
def test_bulk_edit_never_sets_other_fields(maria, name):
    with pytest.raises(ValueError, match="not a field"):
        bulk_edit(deals=everything(), change=BulkChange(values={name: 1}), by=maria)


def test_bulk_edit_refuses_to_hide_deals_from_its_author(maria):
    DealFactory.create_batch(2)
    DealFactory(owner=maria)

    with pytest.raises(DomainError, match="no longer see 2"):
        bulk_edit(deals=everything(), change=BulkChange(values={"is_confidential": True}), by=maria)

    assert not Deal.objects.filter(is_confidential=True).exists()


def test_bulk_edit_hides_deals_that_its_author_still_sees(maria):
    teamwork = DealFactory()
    DealTeamMember.objects.create(deal=teamwork, user=maria)
    DealFactory(owner=maria)

    result = bulk_edit(deals=everything(), change=BulkChange(values={"is_confidential": True}), by=maria)

    assert result.deals == Deal.objects.filter(is_confidential=True).count() == 2


def test_undo_puts_back_what_each_deal_had(acting):
    wei = UserFactory()
    deals = [
        DealFactory(region=Region.OCEANIA),
        DealFactory(region="", owner=None, expected_sop_on=TODAY),
        DealFactory(region=Region.EUROPE, is_confidential=True, owner=acting),
    ]
    before = list(everything().order_by("pk").values("owner", "region", "is_confidential", "expected_sop_on"))
    values = {"owner": wei, "region": Region.EUROPE, "is_confidential": False, "expected_sop_on": None}
    result = bulk_edit(deals=everything(), change=BulkChange(values, NewStep("Review", TODAY)), by=acting)

    assert undo_bulk_edit(transaction_id=result.transaction_id, by=acting) == len(deals)

    assert list(everything().order_by("pk").values(*before[0])) == before
    assert not Task.objects.exists()


def test_undo_keeps_what_changed_since(acting):
    first, second = DealFactory.create_batch(2, region="")
    result = bulk_edit(deals=everything(), change=BulkChange(EUROPE.values, NewStep("Review", TODAY)), by=acting)
    with change_context(actor_id=second.owner_id, channel="web"):
        Deal.objects.filter(pk=second.pk).update(region=Region.OCEANIA)
        Task.objects.filter(deal=second).update(title="Review twice")

    undo_bulk_edit(transaction_id=result.transaction_id, by=acting)

    assert dict(everything().values_list("pk", "region")) == {first.pk: "", second.pk: Region.OCEANIA}
    assert list(Task.objects.values_list("title", flat=True)) == ["Review twice"]


def test_undo_is_for_the_author(acting):
    deal = DealFactory(region="")
    result = bulk_edit(deals=everything(), change=EUROPE, by=acting)

    with pytest.raises(DomainError, match="nothing left"):
        undo_bulk_edit(transaction_id=result.transaction_id, by=UserFactory(role=Role.MANAGER))

    deal.refresh_from_db()
    assert deal.region == Region.EUROPE


def test_undo_refuses_who_lost_the_permission(acting):
    DealFactory(region="")
    result = bulk_edit(deals=everything(), change=EUROPE, by=acting)

    with pytest.raises(PermissionRefusedError):
        undo_bulk_edit(transaction_id=result.transaction_id, by=UserFactory(role=Role.READ_ONLY))


def test_bulk_edit_is_in_the_change_log(acting):
    deal = DealFactory(region="")
    result = bulk_edit(deals=everything(), change=EUROPE, by=acting)

    change = Change.objects.get(transaction_id=result.transaction_id, resource="deal", operation="update")
    assert (change.object_id, change.actor_id, change.fields) == (deal.pk, acting.pk, {"region": ["", "europe"]})


@pytest.mark.parametrize("count", [1, 3])
def test_bulk_edit_asks_as_many_queries_for_more_deals(maria, count, django_assert_num_queries):
    DealFactory.create_batch(count)
    maria.has_perm("deals.change_deal")

    with django_assert_num_queries(8):
        bulk_edit(deals=everything(), change=BulkChange(EUROPE.values, NewStep("Review", TODAY)), by=maria)
