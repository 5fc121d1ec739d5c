"""What a person reads who opens an address that only takes forms, or tries something too often."""

import pytest

from accounts.enums import Role
from deals.models import SavedView
from lrs_tracker.errors import page_above
from lrs_tracker.problem_details import API_PREFIX
from sync.models import WebhookEndpoint
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory, StageFactory
from tests.pages import addresses, make_desk

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def manager(client):
    user = UserFactory(role=Role.MANAGER)
    client.force_login(user)
    return user


def test_opening_the_address_of_a_button_shows_a_page_with_the_way_on(client, manager):
    deal = DealFactory()

    response = client.get(f"{deal.get_absolute_url()}team/{manager.pk}/remove/", headers=BROWSER)

    page = response.content.decode()
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>There is no page here</h1>" in page
    assert (
        "A button or form of another page sends something here; it cannot be opened by itself. Nothing was changed."
        in page
    )
    assert f'href="{deal.get_absolute_url()}"' in page
    assert 'href="/board/"' in page  # the frame with its navigation


def test_form_sent_to_a_page_that_takes_none_is_told_so(client, manager):
    page = client.post("/search/", headers=BROWSER)

    assert (page.status_code, page["Allow"]) == (405, "GET, HEAD")
    assert "This address takes nothing in. Nothing was changed." in page.content.decode()


def test_page_for_a_stranger_has_no_frame(client):
    page = client.get("/deals/edit/undo/", headers=BROWSER).content.decode()

    assert 'href="/board/"' not in page


def test_address_with_a_part_that_makes_no_sense_shows_a_page(client, manager):
    stage = StageFactory()

    response = client.get(f"/board/{stage.pipeline.slug}/column/{stage.pk}/?after=x", headers=BROWSER)

    assert response.status_code == 400
    assert "<h1>This request was not understood</h1>" in response.content.decode()


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}, BROWSER | {"HX-Request": "true"}]
)
def test_scripts_get_a_refusal_as_it_is(client, manager, headers):
    response = client.get("/deals/edit/undo/", headers=headers)

    assert (response.status_code, response["Allow"], response.content) == (405, "POST", b"")


def visit(client, path):
    response = client.get(path)
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code


def test_way_on_from_every_address_without_a_page_leads_to_one(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    desk = make_desk(is_confidential=False)
    admin = UserFactory(role=Role.ADMINISTRATOR)
    SavedView.objects.update(owner=admin)
    WebhookEndpoint.objects.update(owner=admin)
    client.force_login(admin)
    # The API tells of its refusals as problems, without a way on.
    for address in (one for one in addresses(desk, user=admin) if not one.path.startswith(API_PREFIX)):
        status, path = visit(client, address.path), address.path
        while status == 405:
            path = page_above(path)
            status = visit(client, path)
        if path != address.path:
            assert status in {200, 302}, (address.name, path)


def test_someone_who_asks_for_too_many_passwords_reads_when_to_try_again(client):
    answers = [
        client.post("/accounts/password/reset/", {"email": f"{number}@example.com"}, headers=BROWSER)
        for number in range(30)
    ]

    assert answers[-1].status_code == 429
    assert "<h1>Too many attempts</h1>" in answers[-1].content.decode()
    assert "Wait a few minutes, then try again." in answers[-1].content.decode()


def test_missing_page_keeps_the_navigation_for_those_who_are_signed_in(client, manager):
    page = client.get("/nowhere/", headers=BROWSER).content.decode()

    assert "<h1>There is nothing here</h1>" in page
    assert 'href="/board/"' in page


def test_missing_page_shows_a_stranger_no_navigation(client):
    page = client.get("/nowhere/", headers=BROWSER).content.decode()

    assert "<h1>There is nothing here</h1>" in page
    assert 'href="/board/"' not in page
