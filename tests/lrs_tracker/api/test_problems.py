"""How the API refuses: problem details for every failure, whoever finds it."""

import itertools
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.http import Http404
from django.test import Client
from django.urls import path
from django.utils.datastructures import MultiValueDictKeyError
from rest_framework import serializers
from rest_framework.response import Response

from lrs_tracker.api.throttling import Tally
from lrs_tracker.api.views import KnownParameters
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
SECRET = "a-secret-of-the-inside"


class GatesUnmet(DomainError):
    details = ("A signed agreement", "An owner")


class Tier(serializers.Serializer):
    rate = serializers.DecimalField(max_digits=6, decimal_places=2)


class Term(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    tiers = Tier(many=True)

    def validate(self, attrs):
        raise serializers.ValidationError("These do not fit together.", code="contradiction")


FAILURES = {
    "missing": Http404(SECRET),
    "denied": PermissionDenied(SECRET),
    "refused": PermissionRefusedError("Only managers may waive."),
    "stale": StaleVersionError("Somebody changed it."),
    "domain": DomainError("Choose a day in the future.", field="due_on", code="past"),
    "domain-whole": GatesUnmet("Two things are missing."),
    "model-fields": ValidationError({"name": ValidationError("Too long.", code="max_length"), "__all__": ["Odd."]}),
    "model-whole": ValidationError("Odd."),
    "too-big": RequestDataTooBig(SECRET),
    "suspicious": SuspiciousOperation(SECRET),
    "fault": RuntimeError(SECRET),
    "key-fault": MultiValueDictKeyError(SECRET),
}


class Echo(KnownParameters):
    query_parameters = ("limit", "after")

    def get(self, request):
        return Response({"limit": request.query_params.get("limit")})

    def post(self, request):
        return Response(request.data)


class Bare(KnownParameters):
    def get(self, request):
        return Response()


class Fail(KnownParameters):
    def get(self, request, kind):
        raise FAILURES[kind]


class Terms(KnownParameters):
    def post(self, request):
        Term(data=request.data).is_valid(raise_exception=True)


urlpatterns = [
    path("api/echo", Echo.as_view()),
    path("api/bare", Bare.as_view()),
    path("api/fail/<kind>", Fail.as_view()),
    path("api/terms", Terms.as_view()),
]
handler400 = "lrs_tracker.errors.bad_request"
handler403 = "lrs_tracker.errors.permission_denied"
handler404 = "lrs_tracker.errors.page_not_found"
handler500 = "lrs_tracker.errors.server_error"


@pytest.fixture
def caller(client: Client) -> Client:
    client.force_login(UserFactory())
    client.raise_request_exception = False
    return client


def problem(response, *, status, kind):
    """Return the problem's detail and errors, after checking what every problem has."""
    members = response.json()
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert (members["type"], members["status"]) == (f"urn:lrs-tracker:problem:{kind}", status)
    assert members["title"]
    assert members["instance"] == response.wsgi_request.path
    assert SECRET not in response.content.decode()
    assert set(members) <= {"type", "title", "status", "detail", "instance", "errors"}
    return members["detail"], members.get("errors")


@pytest.mark.parametrize(
    ("kind", "status", "type_", "detail"),
    [
        ("missing", 404, "not-found", "Not found."),
        ("denied", 403, "permission-denied", "You do not have permission to perform this action."),
        ("refused", 403, "permission-denied", "Only managers may waive."),
        ("stale", 412, "stale", "Somebody changed it."),
        ("too-big", 413, "too-large", "The body is too large."),
        ("suspicious", 400, "bad-request", "This request could not be understood."),
        ("fault", 500, "server-error", "Something went wrong on our side. It has been recorded."),
        ("key-fault", 500, "server-error", "Something went wrong on our side. It has been recorded."),
    ],
)
def test_failure_is_told_without_the_inside(caller, kind, status, type_, detail):
    assert problem(caller.get(f"/api/fail/{kind}"), status=status, kind=type_) == (detail, None)


@pytest.mark.parametrize(
    ("kind", "errors"),
    [
        ("domain", [("due_on", "past", "Choose a day in the future.")]),
        (
            "domain-whole",
            [
                (None, "invalid", "Two things are missing."),
                (None, "invalid", "A signed agreement"),
                (None, "invalid", "An owner"),
            ],
        ),
        ("model-fields", [("name", "max_length", "Too long."), (None, "invalid", "Odd.")]),
        ("model-whole", [(None, "invalid", "Odd.")]),
    ],
)
def test_refused_values_are_named_one_by_one(caller, kind, errors):
    _detail, found = problem(caller.get(f"/api/fail/{kind}"), status=400, kind="invalid")

    assert found == [{"field": field, "code": code, "message": message} for field, code, message in errors]


def test_serializer_names_nested_fields_by_their_path(caller):
    response = caller.post(
        "/api/terms", {"name": "long", "tiers": [{"rate": "1"}, {"rate": "x"}]}, content_type="application/json"
    )

    _detail, errors = problem(response, status=400, kind="invalid")
    assert [(error["field"], error["code"]) for error in errors] == [
        ("name", "max_length"),
        ("tiers[1].rate", "invalid"),
    ]


def test_serializer_names_no_field_for_a_contradiction(caller):
    response = caller.post("/api/terms", {"name": "a", "tiers": []}, content_type="application/json")

    _detail, errors = problem(response, status=400, kind="invalid")
    assert errors == [{"field": None, "code": "contradiction", "message": "These do not fit together."}]


def test_unknown_address_is_told_before_and_after_login(caller):
    for client in (caller, Client()):
        detail, _errors = problem(client.get("/api/nowhere"), status=404, kind="not-found")
        assert detail == "There is nothing at this address, or you may not see it."


def test_wrong_method_names_those_allowed(caller):
    for method in ("put", "patch", "delete", "options"):
        response = getattr(caller, method)("/api/echo")
        problem(response, status=405, kind="method-not-allowed")
        assert response["Allow"] == "GET, POST, HEAD"


def test_method_that_there_is_not_is_told_whatever_comes_with_it(caller):
    problem(caller.put("/api/echo?colour=red"), status=405, kind="method-not-allowed")


def test_answer_is_json_only(caller):
    problem(caller.get("/api/echo", headers={"Accept": "text/html"}), status=406, kind="not-acceptable")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_body_is_json_only(caller, content_type):
    response = caller.post("/api/echo", "a=1", content_type=content_type)
    problem(response, status=415, kind="unsupported-media-type")


@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"[" * 100_000])
def test_malformed_json_is_refused(caller, body):
    response = caller.post("/api/echo", body, content_type="application/json")
    problem(response, status=400, kind="parse-error")


def test_json_is_echoed(caller):
    sent = {"text": "Škoda 寧徳", "numbers": [1, 2.5, None]}
    assert caller.post("/api/echo", sent, content_type="application/json").json() == sent


def test_body_above_the_limit_is_refused(caller, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
    fits = b'"' + b"x" * (2 * 1024**2 - 2) + b'"'

    assert caller.post("/api/echo", fits, content_type="application/json").status_code == 200
    response = caller.post("/api/echo", fits + b" ", content_type="application/json")
    detail, _errors = problem(response, status=413, kind="too-large")
    assert detail == "The body is larger than the limit of 2 MB."


def test_body_above_the_limit_of_all_requests_is_refused_before_it_is_read(caller):
    announced = str(django_settings.REQUEST_MAX_BYTES + 1)
    response = caller.generic("POST", "/api/echo", b"{}", "application/json", CONTENT_LENGTH=announced)
    problem(response, status=413, kind="too-large")


def test_body_without_its_length_is_refused(caller):
    response = caller.generic(
        "POST", "/api/echo", b"{}", "application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"
    )
    problem(response, status=411, kind="length-required")


def test_unknown_parameters_are_refused_with_those_allowed(caller):
    response = caller.get("/api/echo?limit=1&format=xml&colour=red")

    _detail, errors = problem(response, status=400, kind="invalid")
    assert errors == [
        {"field": name, "code": "unknown_parameter", "message": "Unknown. Allowed: after, limit."}
        for name in ("colour", "format")
    ]
    _detail, errors = problem(caller.get("/api/bare?a="), status=400, kind="invalid")
    assert errors == [{"field": "a", "code": "unknown_parameter", "message": "No parameter is allowed."}]
    assert caller.get("/api/echo?limit=1").json() == {"limit": "1"}


def test_session_writes_only_with_its_csrf_token():
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(UserFactory())

    problem(strict.post("/api/echo", {}, content_type="application/json"), status=403, kind="permission-denied")
    strict.cookies["csrftoken"] = "a" * 32
    response = strict.post("/api/echo", {}, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert response.status_code == 200


def test_caller_above_the_rate_is_told_when_to_come_back(caller, settings, time_machine):
    settings.API_REQUESTS_PER_MINUTE = 2
    time_machine.move_to("2026-11-24T09:00:45Z", tick=False)

    assert [caller.get("/api/bare").status_code for _number in range(2)] == [200, 200]
    response = caller.get("/api/bare")

    problem(response, status=429, kind="throttled")
    assert response["Retry-After"] == "15"
    other = Client()
    other.force_login(UserFactory())
    assert other.get("/api/bare").status_code == 200
    time_machine.move_to("2026-11-24T09:01:00Z", tick=False)
    assert caller.get("/api/bare").status_code == 200


@pytest.mark.parametrize("turns", [[0, 1], [0, 0, 0, 0, 1], [0] * 300 + [1] * 300])
def test_processes_count_together_and_refuse_nobody_too_early(turns):
    processes, caller = [Tally(), Tally()], f"token:{uuid4()}"

    counts = [processes[turn].count(caller, 1, limit=500) for turn in itertools.islice(itertools.cycle(turns), 600)]

    assert min(made for made, count in enumerate(counts, start=1) if count > 500) > 500
    assert 500 <= sum(count <= 500 for count in counts) <= 508
    assert processes[0].count(caller, 2, limit=500) == 1


def test_count_of_requests_that_is_lost_meanwhile_begins_again(caller, monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *_args, **_options: False)  # it was there, a moment ago
    assert caller.get("/api/bare").status_code == 200
