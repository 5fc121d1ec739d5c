"""Tokens at the door of the API: who comes in, how far, and what is written down of it."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import path
from rest_framework.response import Response
from structlog.testing import capture_logs

from accounts.domain.tokens import create_token, revoke_token
from accounts.enums import TokenScope
from accounts.models import ApiToken
from lrs_tracker.api.views import KnownParameters
from sync.models import Change
from tests.accounts.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


class Me(KnownParameters):
    def get(self, request):
        return Response({"user": request.user.email})

    def post(self, request):
        request.user.currency = "EUR"
        request.user.save(update_fields=["currency"])
        return Response({"user": request.user.email})


urlpatterns = [path("api/me", Me.as_view())]


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def user():
    return UserFactory()


def make_key(user, scope=TokenScope.READ, expires_at=None):
    _token, key = create_token(user=user, name="CRM", scope=scope, expires_at=expires_at, at=NOW)
    return key


def call(authorization, method="get"):
    return getattr(Client(), method)("/api/me", headers={"Authorization": authorization})


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_token_acts_as_its_user(user, scheme):
    response = call(f"{scheme} {make_key(user, expires_at=NOW + DAY)}")

    assert (response.status_code, response.json()) == (200, {"user": user.email})


def test_stranger_is_challenged():
    response = Client().get("/api/me")

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="LRS Tracker"')
    assert response.json()["type"] == "urn:lrs-tracker:problem:not-authenticated"


def refused(authorization):
    response = call(authorization)
    assert response.json()["type"] == "urn:lrs-tracker:problem:authentication-failed"
    return response.status_code, response["WWW-Authenticate"]


WRONG = (401, 'Bearer realm="LRS Tracker", error="invalid_token"')


def test_expired_token_is_refused(user, now):
    key = make_key(user, expires_at=NOW + DAY)
    now.move_to(NOW + DAY, tick=False)

    assert refused(f"Bearer {key}") == WRONG


def test_revoked_token_is_refused(user):
    key = make_key(user)
    revoke_token(token=ApiToken.objects.get(), by=user, at=NOW)

    assert refused(f"Bearer {key}") == WRONG


def test_token_of_an_inactive_user_is_refused():
    assert refused(f"Bearer {make_key(UserFactory(is_active=False))}") == WRONG


@pytest.mark.parametrize("rest", ["", " ", " lrs_unknown", " {key} {key}", " \xff\xfe", " " + "x" * 10_000, ' "{key}"'])
def test_malformed_or_unknown_token_is_refused(user, rest):
    assert refused("Bearer" + rest.format(key=make_key(user))) == WRONG


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Token {key}", "{key}"])
def test_other_schemes_are_no_token(user, authorization):
    response = call(authorization.format(key=make_key(user)))

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="LRS Tracker"')


def test_wrong_token_is_refused_in_spite_of_a_session(user):
    client = Client()
    client.force_login(user)

    assert client.get("/api/me", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_read_scope_changes_nothing(user):
    response = call(f"Bearer {make_key(user)}", "post")

    assert (response.status_code, response.json()["type"]) == (403, "urn:lrs-tracker:problem:permission-denied")
    user.refresh_from_db()
    assert user.currency == "USD"


def test_write_scope_needs_no_csrf_token_and_the_change_names_the_user(user):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/api/me", headers={"Authorization": f"Bearer {make_key(user, TokenScope.WRITE)}"})

    change = Change.objects.latest("pk")
    assert response.status_code == 200
    assert (change.resource, change.actor_id, change.channel) == ("user", user.pk, "api")


def test_use_is_noted_once_a_minute_at_the_price_of_one_query(user, now, django_assert_num_queries):
    key = make_key(user)
    for seconds, queries, noted in ((0, 2, 0), (30, 1, 0), (60, 2, 60)):
        now.move_to(NOW + dt.timedelta(seconds=seconds), tick=False)
        with django_assert_num_queries(queries):
            assert call(f"Bearer {key}").status_code == 200
        assert ApiToken.objects.get().last_used_at == NOW + dt.timedelta(seconds=noted)


def test_each_token_has_its_own_rate(user, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    one, two = make_key(user), make_key(user)

    assert [call(f"Bearer {key}").status_code for key in (one, one, two)] == [200, 429, 200]


def test_key_is_in_no_log_and_no_answer(user):
    key = make_key(user)
    with capture_logs() as logs:
        answers = [call(f"Bearer {key}"), call(f"Bearer {key}", "post"), call(f"Bearer {key}x")]

    assert [answer.status_code for answer in answers] == [200, 403, 401]
    assert key not in str(logs)
    assert not any(key in answer.content.decode() + str(answer.headers) for answer in answers)
