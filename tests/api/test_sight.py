"""A reader whose own rights change: the feed tells what happens to objects, so their copy is to be loaded anew."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.domain.roles import set_role
from accounts.enums import Role
from deals.models import DealTeamMember
from sync.domain.feed import Position
from sync.domain.sight import Cursor, _permissions
from tests.accounts.factories import UserFactory
from tests.api.test_changes import settle
from tests.api.test_objects import problem
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db(transaction=True)


def snapshot(caller):
    settle()
    return caller.get("deals?snapshot=true").json()["changes_cursor"]


def assert_gone(response):
    assert problem(response, 410) == []
    assert response.json()["type"].endswith(":cursor-gone")
    assert "snapshot=true" in response.json()["detail"]


def test_sight_rests_on_what_the_gates_ask_for():
    assert _permissions() == (
        "deals.see_confidential_deal",
        "deals.view_deal",
        "royalties.view_agreement",
        "royalties.view_payment",
    )


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_cursor_from_before_a_change_of_role_is_gone_and_one_from_after_it_goes_on(bd, role):
    UserFactory(role=Role.ADMINISTRATOR)
    deal = DealFactory(is_confidential=True)
    before = snapshot(bd)
    paged = bd.get(f"changes?after={before}").json()["next"]

    set_role(user=bd.user, role=role, by=None)

    assert_gone(bd.get(f"changes?after={before}"))
    assert_gone(bd.get(f"changes?after={paged}"))
    after = snapshot(bd)
    assert str(deal.pk) in [one["id"] for one in bd.get("deals").json()["results"]]
    again = bd.get(f"changes?after={after}").json()
    assert bd.get(f"changes?after={again['next']}").status_code == 200

    set_role(user=bd.user, role=Role.READ_ONLY, by=None)
    assert_gone(bd.get(f"changes?after={again['next']}"))


def test_rights_of_the_group_and_of_the_user_alone_and_superusers_count_too(bd):
    see = Permission.objects.get(codename="see_confidential_deal")
    group = Group.objects.get(name=Role.BUSINESS_DEVELOPMENT)
    cursor = snapshot(bd)

    group.permissions.add(see)
    assert_gone(bd.get(f"changes?after={cursor}"))
    group.permissions.remove(see)
    assert bd.get(f"changes?after={cursor}").status_code == 200
    bd.user.user_permissions.add(see)
    assert_gone(bd.get(f"changes?after={cursor}"))
    bd.user.user_permissions.remove(see)
    type(bd.user).objects.filter(pk=bd.user.pk).update(is_superuser=True)
    assert_gone(bd.get(f"changes?after={cursor}"))


def test_what_changes_nothing_that_is_seen_keeps_the_cursor(bd):
    cursor = snapshot(bd)
    set_role(user=bd.user, role=Role.READ_ONLY, by=None)
    DealTeamMember.objects.create(deal=DealFactory(), user=bd.user)
    assert bd.get(f"changes?after={cursor}").status_code == 200


def test_cursor_of_another_user_is_gone(bd, caller_of):
    assert_gone(caller_of().get(f"changes?after={snapshot(bd)}"))


def test_position_goes_with_every_sight_and_a_cursor_is_a_position_for_a_replay(bd):
    position = Position(12, 34)
    cursor = str(Cursor(position, "7-1010"))
    assert Position.parse(cursor) == position
    assert Cursor.parse(cursor) == Cursor(position, "7-1010")
    assert Cursor.parse(str(position)).refuse_other("8-1111") == position
