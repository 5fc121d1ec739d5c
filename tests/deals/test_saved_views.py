import pytest
from django.db import IntegrityError, transaction

from accounts.enums import Role
from deals.domain.saved_views import delete_view, pinned_views, save_view
from deals.models import SavedView
from lrs_tracker.problems import PermissionRefusedError
from tests.accounts.factories import UserFactory
from tests.deals.factories import PipelineFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


def save(owner, name="Stuck", **facts):
    return SavedView.objects.create(owner=owner, name=name, **{"page": "board", "query": "stuck=1", **facts})


def test_view_is_saved_from_the_board_and_opens_it(client, user):
    PipelineFactory(slug="lrs")
    form = {"name": "Stuck in Europe", "is_pinned": "on", "page": "board", "pipeline_slug": "lrs"}

    response = client.post("/views/new/", {**form, "query": "stuck=1&region=europe"})

    assert response["Location"] == "/board/lrs/?stuck=1&region=europe"
    assert SavedView.objects.get().owner == user


def test_view_of_the_table_opens_the_table(user):
    assert save(user, page="table").get_absolute_url() == "/deals/?stuck=1"


def test_form_shows_the_filters_it_came_with(client, user):
    html = client.get("/views/new/?page=table&query=stuck%3D1", headers={"hx-request": "true"}).content.decode()

    assert 'value="stuck=1"' in html


def test_second_view_of_a_name_is_refused_in_words(client, user):
    save(user)

    response = client.post("/views/new/", {"name": "Stuck", "page": "board"})

    assert response.status_code == 422
    assert "You have a view of this name already." in response.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        save(user)


def test_pinned_views_are_ones_own_and_shared_ones(user):
    other = UserFactory()
    save(user, "Mine")
    save(user, "Unpinned", is_pinned=False)
    save(other, "Shared", is_shared=True)
    save(other, "Private")

    assert [view["name"] for view in pinned_views(user)] == ["Mine", "Shared"]


def test_pinned_views_are_read_once_and_anew_after_a_change(
    user, django_assert_num_queries, django_capture_on_commit_callbacks
):
    view = save(user)
    pinned_views(user)
    with django_assert_num_queries(0):
        pinned_views(user)

    view.name = "Renamed"
    with django_capture_on_commit_callbacks(execute=True):
        save_view(view=view, by=user)
    assert [found["name"] for found in pinned_views(user)] == ["Renamed"]
    with django_capture_on_commit_callbacks(execute=True):
        delete_view(view=view, by=user)
    assert pinned_views(user) == []


def test_shared_view_appears_in_the_sidebar_of_others(client, user):
    save(UserFactory(), "Everyone's", is_shared=True)

    assert "Everyone&#x27;s" in client.get("/views/").content.decode()


def test_view_of_another_can_be_neither_changed_nor_deleted(client, user):
    view = save(UserFactory(), is_shared=True)

    assert client.get(f"/views/{view.pk}/").status_code == 404
    assert client.post(f"/views/{view.pk}/delete/").status_code == 404
    with pytest.raises(PermissionRefusedError):
        save_view(view=view, by=user)
    with pytest.raises(PermissionRefusedError):
        delete_view(view=view, by=user)


def test_view_is_changed_and_deleted_by_its_owner(client, user):
    view = save(user)
    form = {"name": "New", "page": "board", "pipeline_slug": "", "query": "mine=1"}

    client.post(f"/views/{view.pk}/", form)
    view.refresh_from_db()
    assert (view.name, view.is_pinned, view.query) == ("New", False, "mine=1")
    assert client.get(f"/views/{view.pk}/delete/").status_code == 405
    client.post(f"/views/{view.pk}/delete/")
    assert SavedView.objects.count() == 0


def test_views_are_not_for_strangers_nor_for_those_without_a_role(client):
    assert client.get("/views/").status_code == 302
    nobody = UserFactory(role=Role.READ_ONLY)
    nobody.groups.clear()
    client.force_login(nobody)
    assert client.get("/views/new/").status_code == 403
