"""The permissions of each role: those in the database are those of docs/roles.md."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission

from accounts.domain.roles import sync_roles
from accounts.enums import Role

pytestmark = pytest.mark.django_db
PAGE = Path(settings.BASE_DIR) / "docs" / "roles.md"


def documented():
    """Return the permissions that docs/roles.md gives each role."""
    found = {role: set() for role in Role}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(("| what", "| action")):
            roles = [Role(cell) for cell in cells[1:]]
        elif line.startswith("| `"):
            name = cells[0].strip("`")
            app, _dot, model = name.partition(".")
            for role, cell in zip(roles, cells[1:], strict=True):
                if cell == "yes":
                    found[role].add(name)
                elif cell != "–":
                    found[role] |= {f"{app}.{verb}_{model}" for verb in cell.split(", ")}
    return found


def ours():
    """Return the names of all permissions on the models of our apps."""
    return {
        permission
        for app in settings.LOCAL_APPS
        for model in apps.get_app_config(app).get_models()
        for permission in (
            *(f"{app}.{verb}_{model._meta.model_name}" for verb in ("view", "add", "change", "delete")),
            *(f"{app}.{code}" for code, _name in model._meta.permissions),
        )
    }


@pytest.mark.parametrize("role", Role)
def test_role_holds_the_documented_permissions_and_no_other(role):
    permissions = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")

    held = {f"{app}.{codename}" for app, codename in permissions}
    assert held & ours() == documented()[role]
    if role != Role.ADMINISTRATOR:
        assert held <= ours()


def test_administrators_hold_every_permission_of_ours():
    assert documented()[Role.ADMINISTRATOR] == ours()


def test_sync_roles_takes_back_what_was_changed_by_hand():
    group = Group.objects.get(name=Role.READ_ONLY)
    before = set(group.permissions.values_list("pk", flat=True))
    group.permissions.add(Permission.objects.get(codename="delete_deal"))

    sync_roles()

    assert set(group.permissions.values_list("pk", flat=True)) == before
