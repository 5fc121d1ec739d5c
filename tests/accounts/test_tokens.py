"""API tokens: made, found, revoked; by page and by command."""

import datetime as dt
import hashlib

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domain.tokens import create_token, find_token, revoke_token
from accounts.enums import Role, TokenScope
from accounts.models import ApiToken
from lrs_tracker.problems import DomainError, PermissionRefusedError
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def user():
    return UserFactory()


def make(user, **changes):
    facts = {"name": "CRM", "scope": TokenScope.READ, "expires_at": NOW + DAY, "at": NOW} | changes
    return create_token(user=user, **facts)


def test_create_token_keeps_only_the_digest(user):
    token, key = make(user)

    assert key.startswith("lrs_")
    assert (token.prefix, token.digest) == (key[:12], hashlib.sha256(key.encode()).hexdigest())
    assert key not in str(ApiToken.objects.values())


def test_create_token_refuses_an_expiry_that_has_passed(user):
    with pytest.raises(DomainError) as refused:
        make(user, expires_at=NOW)

    assert refused.value.field == "expires_at"


def test_find_token_returns_a_usable_token_and_notes_its_use_once_a_minute(user):
    token, key = make(user)

    for seconds, noted in ((0, 0), (30, 0), (60, 60)):
        assert find_token(key=key, at=NOW + dt.timedelta(seconds=seconds)) == token
        token.refresh_from_db()
        assert token.last_used_at == NOW + dt.timedelta(seconds=noted)


def test_find_token_finds_none_that_is_expired_revoked_unknown_or_of_an_inactive_user(user):
    _token, expired = make(user)
    revoked_token, revoked = make(user, expires_at=None)
    revoke_token(token=revoked_token, by=user, at=NOW)
    _token, inactive = make(UserFactory(is_active=False))

    assert find_token(key=expired, at=NOW + DAY) is None
    assert find_token(key=revoked, at=NOW) is None
    assert find_token(key=inactive, at=NOW) is None
    assert find_token(key="lrs_unknown", at=NOW) is None
    assert find_token(key="", at=NOW) is None


def test_revoke_token_is_for_its_owner_and_keeps_the_first_time(user):
    token, _key = make(user)

    with pytest.raises(PermissionRefusedError):
        revoke_token(token=token, by=UserFactory(role=Role.ADMINISTRATOR), at=NOW)
    revoke_token(token=token, by=user, at=NOW)
    revoke_token(token=token, by=user, at=NOW + DAY)

    token.refresh_from_db()
    assert token.revoked_at == NOW


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"scope": "all"}, "accounts_apitoken_scope_known"),
        ({"digest": "short"}, "accounts_apitoken_digest_is_sha256"),
        ({"digest": "a" * 64}, "accounts_apitoken_digest_unique"),
    ],
)
def test_the_database_refuses(user, changes, constraint):
    ApiToken.objects.create(user=user, name="One", prefix="lrs_", digest="a" * 64)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApiToken.objects.create(**{"user": user, "name": "Two", "prefix": "lrs_", "digest": "b" * 64} | changes)


def test_page_shows_the_key_once(client, user):
    client.force_login(user)

    created = client.post("/settings/tokens/", {"name": "CRM", "scope": "write", "lifetime": "90"})
    shown = client.get("/settings/tokens/")
    again = client.get("/settings/tokens/")

    token = ApiToken.objects.get()
    assert (created.status_code, created.headers["Location"]) == (302, "/settings/tokens/")
    assert find_token(key=shown.context["new_key"], at=timezone.now()) == token
    assert shown.context["new_key"] in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert again.context["new_key"] is None
    assert "new_api_key" not in client.session
    assert (token.scope, round((token.expires_at - token.created_at) / DAY)) == ("write", 90)


def test_page_refuses_a_token_without_a_name_and_keeps_the_rest(client, user):
    client.force_login(user)

    response = client.post("/settings/tokens/", {"name": "", "scope": "write", "lifetime": ""})

    assert (response.status_code, ApiToken.objects.count()) == (422, 0)
    assert response.context["form"]["scope"].value() == "write"


def test_page_revokes_own_tokens_only(client, user):
    own, _key = make(user)
    other, _key = make(UserFactory())
    client.force_login(user)

    assert client.post(f"/settings/tokens/{other.pk}/revoke/").status_code == 404
    assert client.get(f"/settings/tokens/{own.pk}/revoke/").status_code == 405
    assert client.post(f"/settings/tokens/{own.pk}/revoke/").status_code == 302

    assert list(ApiToken.objects.filter(revoked_at=None)) == [other]
    assert [token.pk for token in client.get("/settings/tokens/").context["tokens"]] == [own.pk]


def test_page_is_for_people_who_are_logged_in(client):
    assert client.get("/settings/tokens/").headers["Location"].startswith("/accounts/login/")


def test_page_takes_the_same_queries_for_many(client, user, fetch_raise, django_assert_num_queries):
    client.force_login(user)
    client.get("/settings/tokens/")
    for count in (1, 3):
        for _number in range(count):
            make(user)
        with django_assert_num_queries(2):
            client.get("/settings/tokens/")


def test_command_prints_the_key_and_nothing_else(user, capsys):
    call_command("create_token", user=user.email.upper(), scope="write", name="BI", expires_days=7)

    printed = capsys.readouterr().out
    token = find_token(key=printed.removesuffix("\n"), at=timezone.now())
    assert (token.user, token.name, token.scope) == (user, "BI", "write")
    assert token.expires_at is not None


@pytest.mark.parametrize("options", [{"user": "nobody@example.com"}, {"expires_days": 0}])
def test_command_refuses(user, options):
    with pytest.raises(CommandError):
        call_command("create_token", **{"user": user.email} | options)


def test_export_holds_nothing_of_the_keys(client, user):
    token, key = make(user, name="CRM sync")
    client.force_login(user)

    text = b"".join(client.get("/settings/tokens/?export=csv").streaming_content).decode("utf-8-sig")

    assert text.splitlines()[0] == '"Name","May","Created","Expires","Last used","Revoked"'
    assert ("CRM sync" in text, token.digest in text, token.prefix in text, key in text) == (True, False, False, False)
