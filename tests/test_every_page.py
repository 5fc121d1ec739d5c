"""Every address by every kind of visitor: strangers, read-only, outsiders, business development, managers."""

import pytest
from django.urls import reverse

from accounts.enums import Role
from deals.models import Deal
from sync.models import Change
from tests.accounts.factories import UserFactory
from tests.pages import MARKER, addresses, make_desk

pytestmark = pytest.mark.django_db

# 400: the live board without its cursor.
READS = {200, 204, 302, 400, 404, 405}
# What a read-only user may still do to their own things.
OWN_THINGS = (
    "accounts:",
    "deals:view_",
    "deals:my_day_read",
    "deals:saved_view",
    "reminders:calendar",
    "reminders:inbox",
    "reminders:preferences",
    "sync:webhook",
    # It writes nothing.
    "royalties:calculator",
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def visit(client, address, method="get"):
    response = getattr(client, method)(address.path)
    return response, text_of(response)


def text_of(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode(errors="replace")


def test_strangers_are_sent_to_log_in_from_every_address(client):
    desk = make_desk(is_confidential=False)
    for address in addresses(desk, user=desk.deal.owner):
        for method in ("get", "post"):
            response, body = visit(client, address, method)
            if address.path.startswith("/api/") and response.status_code == 401:
                assert response["WWW-Authenticate"].startswith("Bearer "), address.name
                continue
            assert response.status_code in {302, 405}, (address.name, method, response.status_code)
            if response.status_code == 302:
                assert response["Location"].startswith(reverse("account_login")), (address.name, response["Location"])
            assert MARKER not in body


@pytest.mark.parametrize(
    "role", [Role.BUSINESS_DEVELOPMENT, Role.MANAGER, Role.FINANCE, Role.ADMINISTRATOR, Role.READ_ONLY]
)
def test_every_address_answers_each_role_without_an_error(client, role):
    desk = make_desk(is_confidential=False)
    client.force_login(UserFactory(role=role))
    for address in addresses(desk, user=desk.deal.owner):
        response, _body = visit(client, address)
        assert response.status_code in READS | {403}, (address.name, response.status_code)


def test_read_only_users_change_nothing_by_any_address(client):
    desk = make_desk(is_confidential=False)
    client.force_login(UserFactory(role=Role.READ_ONLY))
    before = Change.objects.count()
    for address in addresses(desk, user=desk.deal.owner):
        if address.name.startswith(OWN_THINGS):
            continue
        response, _body = visit(client, address, "post")
        # 415: the API reads no forms.
        assert response.status_code in {403, 404, 405, 415}, (address.name, response.status_code)
    assert Change.objects.count() == before


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.FINANCE, Role.READ_ONLY])
def test_confidential_deal_does_not_exist_for_outsiders_on_any_address(client, role):
    desk = make_desk(is_confidential=True)
    client.force_login(UserFactory(role=role))
    before = Change.objects.count()
    for address in addresses(desk, user=desk.deal.owner):
        for method in ("get", "post") if address.is_of_deal else ("get",):
            response, body = visit(client, address, method)
            if address.is_of_deal:
                assert response.status_code in {403, 404, 405}, (address.name, method, response.status_code)
                if method == "get" and response.status_code != 405:
                    assert response.status_code == 404, address.name
            assert MARKER not in body, address.name
            assert desk.deal.code not in body.replace(address.path, ""), address.name
    assert Change.objects.count() == before


def test_confidential_deal_is_in_no_search_count_or_export(client):
    desk = make_desk(is_confidential=True)
    open_deal = Deal.objects.exclude(pk=desk.deal.pk)
    assert not open_deal.exists()
    client.force_login(UserFactory())
    for path in (
        f"/search/?q={MARKER}",
        f"/search/?q={desk.deal.code}",
        f"/deals/?q={MARKER}",
        "/deals/?export=csv",
        "/deals/?export=xlsx",
        f"/board/{desk.deal.stage.pipeline.slug}/?q={MARKER}",
    ):
        response = client.get(path)
        body = text_of(response)
        assert response.status_code == 200, path
        assert f"{MARKER} title" not in body, path
        assert f"/deals/{desk.deal.code}/" not in body, path


def test_manager_and_owner_see_the_confidential_deal(client):
    desk = make_desk(is_confidential=True)
    for user in (desk.deal.owner, UserFactory(role=Role.MANAGER)):
        client.force_login(user)
        assert MARKER in client.get(desk.deal.get_absolute_url()).content.decode()
        assert MARKER in client.get(f"/search/?q={MARKER}").content.decode()


def test_wrong_methods_and_rubbish_never_break_an_address(client):
    desk = make_desk(is_confidential=False)
    client.force_login(UserFactory(role=Role.ADMINISTRATOR))
    rubbish = {"stage": "x", "version": "99999999999999999999", "due_on": "32.13.2026", "q": "\x00", "pk": "-1"}
    for address in addresses(desk, user=desk.deal.owner):
        for method in ("put", "delete", "patch"):
            assert getattr(client, method)(address.path).status_code in {400, 403, 404, 405}, (address.name, method)
        for query in ("?page=x&q=%00&after=x&since=x&sort=x&owner=x&region=x", "?page=99999999999999999999"):
            response = client.get(address.path + query)
            text_of(response)
            assert response.status_code < 500, (address.name, query)
        assert client.post(address.path, rubbish).status_code < 500, address.name
