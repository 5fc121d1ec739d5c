"""The API's description and the page that shows it."""

import re

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.settings import api_settings

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from lrs_tracker.problem_details import CONTENT_TYPE
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db
JSON = "application/vnd.oai.openapi+json"


@pytest.fixture
def described(client: Client) -> dict:
    client.force_login(UserFactory())
    response = client.get("/api/schema/", headers={"Accept": JSON})
    assert response.status_code == 200
    return response.json()


def test_description_is_openapi_3_1_with_both_ways_to_authenticate(described):
    assert described["openapi"].startswith("3.1")
    assert set(described["components"]["securitySchemes"]) == {"token", "cookieAuth"}
    assert len(api_settings.DEFAULT_AUTHENTICATION_CLASSES) == 2


def test_description_is_for_those_who_may_use_the_api(client):
    assert client.get("/api/schema/").status_code == 401
    assert client.get("/api/docs/")["Location"].startswith("/accounts/login/")


def test_description_needs_no_more_than_a_reading_token(client):
    _token, key = create_token(
        user=UserFactory(), name="Docs", scope=TokenScope.READ, expires_at=None, at=timezone.now()
    )
    response = client.get("/api/schema/", headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/vnd.oai.openapi")


def test_description_refuses_parameters(client):
    client.force_login(UserFactory())
    response = client.get("/api/schema/?lang=xx")
    assert (response.status_code, response["Content-Type"]) == (400, CONTENT_TYPE)


def test_every_type_is_named_once(described):
    """JSON Schema asks for it: readers refuse `[string, null, null]`."""

    def types(value):
        if isinstance(value, dict):
            if isinstance(value.get("type"), list):
                yield value["type"]
            value = list(value.values())
        if isinstance(value, list):
            for inner in value:
                yield from types(inner)

    found = list(types(described))
    assert found
    assert [one for one in found if len(set(one)) < len(one)] == []


def test_what_is_described_of_an_address_is_what_stands_in_it(described):
    wrong = [
        (method, address)
        for address, methods in described["paths"].items()
        for method, one in methods.items()
        if sorted(re.findall(r"{(\w+)}", address))
        != sorted(parameter["name"] for parameter in one.get("parameters", ()) if parameter["in"] == "path")
    ]
    assert wrong == []


def test_the_committed_description_is_that_of_this_version_and_the_served_one(tmp_path, described):
    written = tmp_path / "openapi.yaml"
    call_command("spectacular", "--file", str(written))

    committed = settings.BASE_DIR / "docs" / "openapi.yaml"
    same = written.read_text() == committed.read_text()
    assert same, "python manage.py spectacular --file docs/openapi.yaml"
    assert yaml.safe_load(committed.read_text()) == described


def answers_of(described: dict, address: str, method: str) -> dict:
    """Return the answers of an operation, those that it shares with others in full."""
    shared = described["components"]["responses"]
    return {
        status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in described["paths"][address][method]["responses"].items()
    }


def test_headers_of_answers_are_described(described):
    made = answers_of(described, "/api/v1/companies", "post")
    assert set(made["201"]["headers"]) == {"ETag", "Idempotency-Replayed", "Location"}
    assert "Idempotency-Replayed" in made["400"]["headers"]
    assert set(made["401"]["headers"]) == {"WWW-Authenticate"}
    assert set(made["429"]["headers"]) == {"Retry-After"}
    read = answers_of(described, "/api/v1/companies", "get")
    assert "Idempotency-Replayed" not in read["200"]["headers"]
    assert "headers" not in read["400"]
    assert set(read["401"]["headers"]) == {"WWW-Authenticate"}


def test_every_answer_and_parameter_says_what_it_is(described):
    for address, methods in described["paths"].items():
        for method, one in methods.items():
            for status, answer in answers_of(described, address, method).items():
                assert answer["description"], (address, method, status)
                if int(status) >= 400:
                    (content,) = answer["content"].values()
                    assert "BulkProblem" in str(content["schema"]) or content["example"]["status"] == int(status)
            assert all(parameter["description"] for parameter in one.get("parameters", ())), (address, method)
    queries = described["paths"]["/api/v1/invoices"]["get"]["parameters"]
    age = next(parameter for parameter in queries if parameter["name"] == "age")
    assert "“4”: Over 90 days." in age["description"]
