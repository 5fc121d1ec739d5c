"""Endpoints and deliveries for tests."""

import factory

from sync.domain.feed import current_position
from sync.domain.webhook_messages import new_secret
from sync.models import WebhookDelivery, WebhookEndpoint
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW


class WebhookEndpointFactory(factory.django.DjangoModelFactory):
    """An endpoint of a business-development user that is told what changes from now on."""

    class Meta:
        model = WebhookEndpoint

    name = factory.Sequence(lambda n: f"CRM {n}")
    url = "https://crm.example/hooks"
    owner = factory.SubFactory(UserFactory)
    secret = factory.LazyFunction(new_secret)
    position_transaction = factory.LazyFunction(lambda: current_position().transaction)
    position_row = factory.LazyFunction(lambda: current_position().row)


class WebhookDeliveryFactory(factory.django.DjangoModelFactory):
    """A message about a deal that waits."""

    class Meta:
        model = WebhookDelivery

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    type = "deal.updated"
    resource = "deal"
    object_id = factory.Sequence(lambda n: n + 1)
    transaction_id = factory.Sequence(lambda n: n + 1)
    row_id = factory.Sequence(lambda n: n + 1)
    body = '{"type":"deal.updated"}'
    next_attempt_at = NOW
