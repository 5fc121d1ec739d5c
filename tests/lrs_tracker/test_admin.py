"""The admin of every model: list, search, forms and history, without an N+1; people who may only read, only read."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from deals.models import (
    SavedView,
)
from lrs_tracker.visible_admin import RecordAdmin
from tests.accounts.factories import UserFactory
from tests.lrs_tracker.admin_rows import MAKERS

pytestmark = pytest.mark.django_db
MODELS = pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.label_lower)
READ_ONLY = {model for model, shown in admin.site._registry.items() if isinstance(shown, RecordAdmin)}


@pytest.fixture(scope="module", autouse=True)
def _media(tmp_path_factory):
    """Keep the files of documents out of the way."""
    former, settings.MEDIA_ROOT = settings.MEDIA_ROOT, str(tmp_path_factory.mktemp("media"))
    yield
    settings.MEDIA_ROOT = former


@pytest.fixture
def staff(client):
    staff = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(staff)
    return staff


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_ours_is_in_the_admin_and_no_other():
    ours = {model for app in settings.LOCAL_APPS for model in apps.get_app_config(app).get_models()}

    assert set(admin.site._registry) == ours == set(MAKERS)


@MODELS
def test_list_takes_the_same_queries_for_many(client, staff, fetch_raise, model):
    MAKERS[model](staff)
    client.get(url(model, "changelist"))
    counts = []
    for more in (0, 2):
        for _number in range(more):
            MAKERS[model](staff)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(url(model, "changelist"))
        assert response.status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12


@MODELS
def test_search_and_bad_filters_answer(client, staff, model):
    row = MAKERS[model](staff)

    assert client.get(url(model, "changelist"), {"q": str(row)[:20] or "x"}).status_code == 200
    assert client.get(url(model, "changelist"), {"q": "99999999999999999999"}).status_code == 200
    assert client.get(url(model, "changelist"), {"nonsense__x": "1"}).status_code == 302


@MODELS
def test_change_form_and_history_are_shown(client, staff, model):
    row = MAKERS[model](staff)

    assert client.get(url(model, "change", row.pk)).status_code == 200
    assert client.get(url(model, "history", row.pk)).status_code == 200
    assert client.get(url(model, "change", 99999999)).status_code == 302


@MODELS
def test_add_form_is_shown_where_rows_are_added(client, staff, model):
    assert client.get(url(model, "add")).status_code == (403 if model in READ_ONLY else 200)


@MODELS
def test_delete_page_never_fails(client, staff, model):
    row = MAKERS[model](staff)

    response = client.post(url(model, "delete", row.pk), {"post": "yes"})

    assert response.status_code in {200, 302, 403}
    if model in READ_ONLY:
        assert response.status_code == 403


@MODELS
def test_read_only_staff_may_look_and_nothing_else(client, model):
    viewer = UserFactory(role=Role.READ_ONLY, is_staff=True)
    row = MAKERS[model](viewer)
    client.force_login(viewer)
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    expected = 200 if viewer.has_perm(permission) else 403

    assert client.get(url(model, "changelist")).status_code == expected
    assert client.get(url(model, "change", row.pk)).status_code in {expected, 302}
    assert client.get(url(model, "history", row.pk)).status_code in {expected, 302}
    if model is not SavedView:
        assert client.post(url(model, "change", row.pk), {}).status_code in {403, 302}
        assert client.get(url(model, "add")).status_code == 403
        assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code in {403, 302}


@MODELS
@pytest.mark.parametrize("role", [None, Role.MANAGER])
def test_strangers_and_people_without_the_admin_stay_out(client, model, role):
    if role is not None:
        client.force_login(UserFactory(role=role))

    response = client.get(url(model, "changelist"))

    assert response.status_code == 302
    assert "/login/" in response.headers["Location"]


def test_admin_keeps_the_strict_policy_and_bears_our_name(client, staff):
    response = client.get("/admin/")

    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "LRS Tracker: every record" in response.content.decode()
