"""What the database and the domain functions refuse, whoever asks."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from sync.domain.webhook_endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    redeliver,
    replay_from,
    rotate_secret,
    send_test,
)
from sync.models import WebhookDelivery
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW
from tests.sync.webhooks.factories import WebhookDeliveryFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db
ADDRESS = "https://crm.example/hooks"


@pytest.mark.parametrize(
    "facts",
    [
        {"name": ""},
        {"url": ""},
        {"secret": ""},
        {"disabled_at": NOW},
        {"disabled_reason": "gone"},
        {"disabled_at": NOW, "disabled_reason": "guess"},
        {"old_secret": "whsec_x"},
        {"old_secret_until": NOW},
    ],
)
def test_database_refuses_an_endpoint_that_is_not_whole(facts):
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEndpointFactory(**facts)


@pytest.mark.parametrize(
    "facts",
    [{"type": ""}, {"body": ""}, {"status": "guess"}, {"status": "delivered"}, {"settled_at": NOW}, {"row_id": None}],
)
def test_database_refuses_a_delivery_that_is_not_whole(facts):
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookDeliveryFactory(**facts)


def test_webhook_ids_are_unique():
    first = WebhookDeliveryFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookDeliveryFactory(uid=first.uid)


@pytest.mark.parametrize("is_shared", [True, False])
def test_every_action_is_refused_to_strangers(is_shared):
    endpoint = WebhookEndpointFactory(**({"owner": None} if is_shared else {}))
    delivery = WebhookDeliveryFactory(endpoint=endpoint)
    stranger = UserFactory(role=Role.MANAGER if is_shared else Role.ADMINISTRATOR)
    for act in (
        lambda: change_endpoint(endpoint=endpoint, name="x", url=ADDRESS, by=stranger, at=NOW),
        lambda: rotate_secret(endpoint=endpoint, by=stranger, at=NOW),
        lambda: replay_from(endpoint=endpoint, since=NOW, by=stranger, at=NOW),
        lambda: delete_endpoint(endpoint=endpoint, by=stranger),
        lambda: redeliver(delivery=delivery, by=stranger, at=NOW),
        lambda: send_test(endpoint=endpoint, by=stranger, at=NOW),
    ):
        with pytest.raises(PermissionRefusedError):
            act()


def test_endpoint_of_the_organisation_takes_an_administrator():
    with pytest.raises(PermissionRefusedError):
        create_endpoint(name="x", url=ADDRESS, for_everyone=True, by=UserFactory(role=Role.MANAGER))
    shared = create_endpoint(name="x", url=ADDRESS, for_everyone=True, by=UserFactory(role=Role.ADMINISTRATOR))
    assert shared.owner is None


@pytest.mark.parametrize("url", ["http://crm.example/", "http://10.0.0.1/", "ftp://crm.example/", "crm.example", ""])
def test_addresses_that_nothing_may_be_posted_to_are_refused(url):
    with pytest.raises(DomainError) as refused:
        create_endpoint(name="x", url=url, by=UserFactory())
    assert refused.value.field == "url"


def test_production_takes_no_plain_http_to_its_own_machine(settings):
    assert create_endpoint(name="x", url="http://127.0.0.1:9/", by=UserFactory())
    settings.PRODUCTION = True
    with pytest.raises(DomainError):
        create_endpoint(name="x", url="http://127.0.0.1:9/", by=UserFactory())


def test_unknown_resource_is_named_with_those_there_are():
    with pytest.raises(DomainError, match=r"“dael”. Choose among: .*deal") as refused:
        create_endpoint(name="x", url=ADDRESS, resources=["deal", "dael"], by=UserFactory())
    assert refused.value.field == "resources"


def test_stale_change_is_refused():
    endpoint = WebhookEndpointFactory()
    with pytest.raises(StaleVersionError):
        change_endpoint(
            endpoint=endpoint, name="x", url=ADDRESS, expected_version=9, by=endpoint.owner, at=timezone.now()
        )


def test_another_address_is_tried_at_once():
    now = timezone.now()
    endpoint = WebhookEndpointFactory(failing_since=now, resting_until=now)
    WebhookDeliveryFactory(endpoint=endpoint, next_attempt_at=now.replace(year=2999))
    changed = change_endpoint(endpoint=endpoint, name="x", url="https://new.example/", by=endpoint.owner, at=now)

    assert (changed.failing_since, changed.resting_until) == (None, None)
    assert WebhookDelivery.objects.get().next_attempt_at == now


def test_tests_and_messages_of_a_disabled_endpoint_are_not_redelivered():
    endpoint = WebhookEndpointFactory()
    test = WebhookDeliveryFactory(
        endpoint=endpoint, object_id=None, transaction_id=None, row_id=None, status="failed", settled_at=NOW
    )
    with pytest.raises(DomainError, match="A test"):
        redeliver(delivery=test, by=endpoint.owner, at=NOW)
    disabled = WebhookEndpointFactory(disabled_at=NOW, disabled_reason="gone")
    with pytest.raises(DomainError, match="Enable"):
        redeliver(delivery=WebhookDeliveryFactory(endpoint=disabled), by=disabled.owner, at=NOW)
