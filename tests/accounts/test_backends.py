import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission

from accounts.backends import EmailBackend
from accounts.enums import Role
from accounts.models import User
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db


def load(user):
    return EmailBackend().get_user(user.pk)


@pytest.mark.parametrize("role", [False, *Role])
def test_get_user_brings_the_permissions_that_django_would_look_up(role, django_assert_num_queries):
    user = UserFactory(role=role)
    user.user_permissions.add(Permission.objects.get(codename="waive_gate"))
    with django_assert_num_queries(1):
        loaded = load(user)
        found = loaded.get_all_permissions()

    assert loaded == user
    assert found == ModelBackend().get_all_permissions(User.objects.get(pk=user.pk))


def test_get_user_forgets_a_permission_once_it_is_revoked():
    user = UserFactory(role=Role.MANAGER)
    assert load(user).has_perm("deals.waive_gate")

    Group.objects.get(name=Role.MANAGER).permissions.remove(Permission.objects.get(codename="waive_gate"))
    assert not load(user).has_perm("deals.waive_gate")

    user.groups.clear()
    assert load(user).get_all_permissions() == set()


def test_get_user_knows_no_inactive_or_missing_user():
    user = UserFactory()
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert load(user) is None
    assert EmailBackend().get_user(0) is None


def test_get_user_leaves_every_permission_to_a_superuser():
    user = UserFactory(role=False)
    User.objects.filter(pk=user.pk).update(is_superuser=True)

    assert load(user).get_all_permissions() >= {"deals.waive_gate", "accounts.change_user"}
