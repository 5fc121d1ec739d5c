"""Webhooks through the API."""

import pytest

from sync.domain.feed import current_position
from sync.models import WebhookEndpoint
from tests.api.test_objects import problem

pytestmark = pytest.mark.django_db
BODY = {"name": "CRM", "url": "http://127.0.0.1:9/hook", "resources": ["deal", "company"]}


def test_webhook_is_created_changed_rotated_and_deleted(bd):
    made = bd.post("webhooks", BODY)
    assert made.status_code == 201, made.content
    pk, secret = made.json()["id"], made.json()["secret"]
    assert secret.startswith("whsec_")
    assert "secret" not in bd.get(f"webhooks/{pk}").json()

    changed = bd.patch(f"webhooks/{pk}", {"name": "CRM of sales"}, If_Match=made["ETag"])
    assert changed.status_code == 200, changed.content
    assert (changed.json()["name"], changed.json()["resources"]) == ("CRM of sales", ["company", "deal"])

    rotated = bd.post(f"webhooks/{pk}/rotate-secret", None)
    assert rotated.status_code == 200, rotated.content
    assert rotated.json()["secret"].startswith("whsec_")
    assert rotated.json()["secret"] != secret

    assert bd.post(f"webhooks/{pk}/disable", None).json()["disabled_at"]
    assert bd.post(f"webhooks/{pk}/enable", {"skips_missed": True}).json()["disabled_at"] is None
    assert problem(bd.post(f"webhooks/{pk}/replay", {"after": "forged"}), 400) == [("after", "cursor")]
    since = {"since": "2026-01-01T00:00:00Z"}
    assert problem(bd.post(f"webhooks/{pk}/replay", {**since, "after": str(current_position())}), 400) == [
        ("since", "invalid")
    ]
    assert bd.post(f"webhooks/{pk}/replay", since).status_code == 200
    assert bd.delete(f"webhooks/{pk}").status_code == 204
    assert not WebhookEndpoint.objects.exists()


def test_nobody_sees_anothers_webhook(bd, caller_of):
    pk = bd.post("webhooks", BODY).json()["id"]
    other = caller_of()
    assert other.get("webhooks").json()["results"] == []
    for response in (
        other.get(f"webhooks/{pk}"),
        other.delete(f"webhooks/{pk}"),
        other.post(f"webhooks/{pk}/disable", None),
    ):
        assert problem(response, 404) == []


def test_webhook_of_the_organisation_is_for_administrators(bd, administrator):
    assert problem(bd.post("webhooks", {**BODY, "for_everyone": True}), 403) == []
    assert administrator.post("webhooks", {**BODY, "for_everyone": True}).json()["owner"] is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "http://10.0.0.1/hook"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"resources": ["secret"]}, "resources"),
    ],
)
def test_address_and_resources_are_checked(bd, values, field):
    assert problem(bd.post("webhooks", {**BODY, **values}), 400)[0][0] == field
