"""What every answer carries, and how requests fail."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from accounts.models import User

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECRET = "a-secret-of-the-inside"


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise {"400": SuspiciousOperation, "403": PermissionDenied, "404": Http404, "500": RuntimeError}[kind](SECRET)


def accept(request: HttpRequest) -> HttpResponse:
    return HttpResponse("accepted")


urlpatterns = [path("fail/<kind>/", fail), path("accept/", accept)]
handler400 = "lrs_tracker.errors.bad_request"
handler403 = "lrs_tracker.errors.permission_denied"
handler404 = "lrs_tracker.errors.page_not_found"
handler500 = "lrs_tracker.errors.server_error"


@pytest.fixture
def failing(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def test_answer_carries_a_strict_policy(client: Client) -> None:
    headers = client.get("/healthz").headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("kind", ["400", "403", "404", "500"])
@override_settings(ROOT_URLCONF=__name__)
def test_failure_shows_a_page_with_the_request_id_and_no_secret(failing: Client, kind: str) -> None:
    response = failing.get(f"/fail/{kind}/", headers={"X-Request-ID": "request-0001"})
    page = response.content.decode()
    assert response.status_code == int(kind)
    assert "request-0001" in page
    assert SECRET not in page
    assert "Traceback" not in page


@override_settings(ROOT_URLCONF=__name__)
def test_form_without_token_says_how_to_go_on() -> None:
    response = Client(enforce_csrf_checks=True).post("/accept/")
    assert response.status_code == 403
    assert "Go back, reload the page and send it again" in response.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_request_above_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    response = client.generic("POST", "/accept/", b"x", CONTENT_LENGTH=str(50 * 1024 * 1024 + 1))
    page = response.content.decode()
    assert response.status_code == 413
    assert "This is larger than the limit of 50 MB. Nothing was saved." in page
    assert 'href="/accept/"' in page


@override_settings(ROOT_URLCONF=__name__)
def test_request_below_the_limit_passes(client: Client) -> None:
    assert client.post("/accept/", b"x" * 1024, content_type="application/octet-stream").content == b"accepted"


def test_sign_up_is_closed(client: Client, db: None) -> None:
    client.post(
        "/accounts/signup/",
        {"email": "me@example.com", "password1": "a-long-phrase-1", "password2": "a-long-phrase-1"},
    )
    assert User.objects.count() == 0


def test_login_is_throttled(client: Client, db: None) -> None:
    answers = [
        client.post("/accounts/login/", {"login": "bd@example.com", "password": f"wrong {number}"}).content
        for number in range(8)
    ]
    assert b"Too many failed login attempts" in answers[-1]
    assert b"Too many failed login attempts" not in answers[0]


def test_admin_sends_strangers_to_the_common_login(client: Client, db: None) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/accounts/login/")
