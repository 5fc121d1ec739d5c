"""The what-if endpoint: the worked examples to the cent, refusals in words, and nothing written."""

import copy
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role, TokenScope
from tests.accounts.factories import UserFactory
from tests.royalties.engine.documents import amounts, totals
from tests.royalties.worked_examples import EXAMPLES

pytestmark = pytest.mark.django_db
PATH = "/api/v1/royalties/calculate"
SCENARIO, _EXPECTED = EXAMPLES["1 graduated, in two"]


@pytest.fixture
def key():
    user = UserFactory(role=Role.READ_ONLY)
    _token, key = create_token(user=user, name="What-if", scope=TokenScope.READ, expires_at=None, at=timezone.now())
    return key


@pytest.fixture
def calculate(key):
    """Return a function that posts a document with a real token, and returns the response."""

    def post(document):
        body = document if isinstance(document, bytes) else json.dumps(document)
        return Client(raise_request_exception=False).post(
            PATH, body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
        )

    return post


@pytest.mark.parametrize(("scenario", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_worked_example_is_right_to_the_cent(calculate, scenario, expected):
    response = calculate(scenario)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert {name: totals(response.json(), name) for name in expected} == expected


def test_restated_half_year_is_explained_line_by_line(calculate):
    scenario, _expected = EXAMPLES["3 restated"]

    adjustment = calculate(scenario).json()["statements"][2]

    assert amounts(adjustment) == {"2026-06-30": "3000000.00", "2026-12-31": "-1000000.00"}
    assert [line["trace"]["reports"][0]["version"] for line in adjustment["lines"]] == [2, 2]


def test_endpoint_answers_what_the_command_does(calculate, capsys, tmp_path):
    for scenario, _expected in EXAMPLES.values():
        file = tmp_path / "scenario.json"
        file.write_text(json.dumps(scenario))
        call_command("royalty_calc", str(file))

        assert calculate(scenario).json() == json.loads(capsys.readouterr().out)


def test_document_that_breaks_rules_is_refused_with_a_problem_for_each_field(calculate):
    document = copy.deepcopy(SCENARIO)
    document["agreement"]["currency"] = "dollars"
    document["terms"][0]["tiers"][1]["up_to"] = "4000000"
    document["reports"][0]["energy_sold_kwh"] = 9.5
    document["surprise"] = 1

    response = calculate(document)

    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert problem["type"] == "urn:lrs-tracker:problem:invalid"
    fields = [error["field"] for error in problem["errors"]]
    assert sorted(fields) == [
        "agreement.currency",
        "reports[0].energy_sold_kwh",
        "surprise",
        "terms[0].tiers[1].up_to",
    ]
    assert all(error["message"] for error in problem["errors"])
    assert "statements" not in problem


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "CNH", "usd"])
def test_currency_that_nobody_pays_in_is_refused_wherever_it_stands(calculate, code):
    document = copy.deepcopy(SCENARIO)
    document["agreement"]["currency"] = code
    document["reports"][0] |= {"net_sales": "5.00", "currency": code}
    document["fx"] = [{"base": code, "quote": "USD", "on": "2026-06-30", "rate": "1.10", "kind": "period_end"}]

    response = calculate(document)

    words = "This is not a currency code such as USD, EUR or CNY."
    found = {error["field"]: error["message"] for error in response.json()["errors"]}
    assert response.status_code == 400
    assert found == dict.fromkeys(("agreement.currency", "fx[0].base", "reports[0].currency"), words)


@pytest.mark.parametrize("document", [[], "text", 1, None, {}])
def test_anything_but_a_scenario_is_refused(calculate, document):
    response = calculate(document)

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.json()["errors"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"agreement": NaN}', b'{"fees": [], "fees": []}', b"\xff"])
def test_what_is_not_strict_json_is_refused(calculate, body):
    response = calculate(body)

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


def test_too_much_work_for_one_request_is_refused_before_it_is_done(calculate):
    document = SCENARIO | {"reports": SCENARIO["reports"] * 10_000, "issues": SCENARIO["issues"] * 120}
    document["fees"] = [{"id": f"f{number}", "on": "2026-01-15", "amount": "1.00"} for number in range(1000)]

    response = calculate(document)

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [("issues", "too_much_work")]


@pytest.mark.parametrize(
    "document", [{"issues": [1] * 9}, {"issues": [[]] * 300, "terms": [1, {"tiers": 3}], "reports": [[], None]}]
)
def test_work_is_judged_on_any_document(calculate, document):
    assert calculate(document).status_code == 400


def test_body_above_5_mb_is_refused(calculate):
    assert calculate(b" " * (5 * 1024**2 + 1)).status_code == 413


def test_stranger_and_wrong_method_are_refused(client, key):
    assert client.post(PATH, {}, content_type="application/json").status_code == 401
    for method in ("get", "put", "patch", "delete"):
        response = getattr(client, method)(PATH, headers={"Authorization": f"Bearer {key}"})
        assert (response.status_code, response["Allow"]) == (405, "POST")


def test_signed_in_user_calculates_with_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    client.cookies["csrftoken"] = "a" * 32

    assert client.post(PATH, SCENARIO, content_type="application/json").status_code == 403
    answered = client.post(PATH, SCENARIO, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert totals(answered.json(), "payable") == ["16000000.00", "12000000.00"]


def test_nothing_is_read_or_written_but_the_token_and_its_use(calculate):
    with CaptureQueriesContext(
        connection,
    ) as first:
        assert calculate(SCENARIO).status_code == 200
    with CaptureQueriesContext(connection) as second:
        assert calculate(SCENARIO).status_code == 200

    first_sql, second_sql = ([query["sql"] for query in queries] for queries in (first, second))
    assert len(first_sql) == 2
    assert first_sql[0].startswith("SELECT")
    assert 'UPDATE "accounts_apitoken" SET "last_used_at"' in first_sql[1]
    # The token with its user and their permissions.
    assert len(second_sql) == 1
    assert ' FROM "accounts_apitoken" INNER JOIN "accounts_user"' in second_sql[0]
