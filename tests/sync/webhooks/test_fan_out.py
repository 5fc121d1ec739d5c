"""From the feed to deliveries: once each, and nothing that the owner may not know of."""

import json

import pytest
from django.utils import timezone

from accounts.domain.roles import set_role
from accounts.enums import Role
from accounts.models import User
from deals.models import Deal, DealTeamMember
from sync.domain import webhook_fan_out
from sync.domain.feed import CursorGoneError, Position
from sync.domain.pruning import prune_changes
from sync.domain.webhook_endpoints import change_endpoint, enable_endpoint, replay_from
from sync.domain.webhook_fan_out import fan_out
from sync.models import Change, FeedState, WebhookDelivery, WebhookEndpoint
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory, TaskFactory
from tests.sync.webhooks.conftest import settle
from tests.sync.webhooks.factories import WebhookEndpointFactory

pytestmark = pytest.mark.django_db(transaction=True)


def names(endpoint):
    bodies = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("body", flat=True)
    return [json.loads(body)["data"]["fields"]["name"][1] for body in bodies]


def test_position_and_deliveries_are_written_together_or_not_at_all(endpoint, fan_out_all, monkeypatch):
    CompanyFactory(name="One")
    settle()
    monkeypatch.setattr(webhook_fan_out, "_delivery", lambda *_facts: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fan_out(endpoint=endpoint, at=timezone.now())
    monkeypatch.undo()
    unmoved = WebhookEndpoint.objects.get()
    assert (unmoved.position_transaction, unmoved.position_row) == (
        endpoint.position_transaction,
        endpoint.position_row,
    )

    fan_out_all()
    assert names(endpoint) == ["One"]


def test_of_two_that_read_the_same_changes_only_the_first_writes(endpoint):
    CompanyFactory(name="One")
    settle()
    other = WebhookEndpoint.objects.select_related("owner").get()
    fan_out(endpoint=endpoint, at=timezone.now())
    fan_out(endpoint=other, at=timezone.now())

    assert names(endpoint) == ["One"]


def test_change_of_an_endpoint_while_it_is_read_for_is_not_overtaken(endpoint, owner, fan_out_all):
    CompanyFactory(name="One")
    settle()
    stale = WebhookEndpoint.objects.select_related("owner").get()
    changed = change_endpoint(
        endpoint=endpoint, name="X", url=endpoint.url, resources=["deal"], by=owner, at=timezone.now()
    )
    fan_out(endpoint=stale, at=timezone.now())
    fan_out_all()

    assert (changed.version, names(endpoint)) == (2, [])


def test_moving_the_position_is_neither_a_version_nor_a_change(endpoint, fan_out_all):
    CompanyFactory()
    fan_out_all()
    moved = WebhookEndpoint.objects.get()

    assert moved.position_transaction > endpoint.position_transaction
    assert moved.version == endpoint.version
    assert Change.objects.filter(resource="webhook").count() == 1


def test_where_much_waits_the_feed_keeps_the_rest(endpoint, monkeypatch, fan_out_all):
    for module in ("webhook_fan_out", "webhook_runs"):
        monkeypatch.setattr(f"sync.domain.{module}.MOST_WAITING", 10)
    monkeypatch.setattr(webhook_fan_out, "PAGE", 5)
    CompanyFactory.create_batch(30)
    fan_out_all()
    assert WebhookDelivery.objects.count() == 10

    WebhookDelivery.objects.update(status="delivered", settled_at=timezone.now())
    fan_out_all()
    assert WebhookDelivery.objects.count() == 20


def test_only_chosen_resources_are_told_with_what_belongs_to_them(owner, fan_out_all):
    endpoint = WebhookEndpointFactory(owner=owner, resources=["deal"])
    deal = DealFactory()
    DealTeamMember.objects.create(deal=deal, user=owner)
    CompanyFactory()
    fan_out_all()

    told = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("type", "object_id")
    assert list(told) == [("deal.created", deal.pk), ("deal.updated", deal.pk)]
    body = json.loads(WebhookDelivery.objects.latest("pk").body)["data"]
    assert body["part"] == "deal-team-member"
    assert body["fields"] == {"deal": [None, str(deal.pk)], "user": [None, str(owner.pk)]}


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.FINANCE, Role.READ_ONLY])
def test_owner_outside_the_team_gets_nothing_of_a_confidential_deal(role, fan_out_all):
    endpoint = WebhookEndpointFactory(owner=UserFactory(role=role))
    before = WebhookDelivery.objects.count()
    deal = DealFactory(is_confidential=True, title="Zyxomma")
    TaskFactory(deal=deal, title="Zyxomma step")
    Deal.objects.filter(pk=deal.pk).update(title="Zyxomma again")
    fan_out_all()

    deliveries = WebhookDelivery.objects.filter(endpoint=endpoint)
    assert deliveries.count() > before
    assert not deliveries.filter(resource__in=["deal", "task"]).exists()
    assert not deliveries.filter(body__contains="Zyxomma").exists()


def test_organisation_is_told_of_confidential_deals(fan_out_all):
    WebhookEndpointFactory(owner=None, resources=["deal"])
    deal = DealFactory(is_confidential=True)
    fan_out_all()

    assert list(WebhookDelivery.objects.values_list("object_id", flat=True)) == [deal.pk]


def test_what_became_secret_before_it_was_sent_is_skipped_and_its_end_told(receiver, taken, run, fan_out_all):
    endpoint = WebhookEndpointFactory(url=receiver.url, owner=UserFactory(), resources=["deal"])
    taken.secret = endpoint.secret
    deal = DealFactory(title="Zyxomma")
    fan_out_all()
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)
    fan_out_all()
    run()

    ((_id, message),) = taken.messages
    facts = message["data"]
    assert (message["type"], facts["id"], facts["fields"], facts["actor"]) == ("deal.deleted", str(deal.pk), {}, None)
    statuses = WebhookDelivery.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["skipped", "delivered"]


def test_replay_tells_everything_again_and_skips_what_would_come_twice(endpoint, owner, taken, run, fan_out_all):
    before = Position(endpoint.position_transaction, endpoint.position_row)
    CompanyFactory(name="Sent")
    fan_out_all()
    run()
    CompanyFactory(name="Waiting")
    fan_out_all()
    replay_from(endpoint=endpoint, after=before, by=owner, at=timezone.now())
    fan_out_all()
    run()

    told = [message["data"]["fields"]["name"][1] for _id, message in taken.messages]
    # Each object has an order of its own; which of two goes first is nobody's promise.
    assert sorted(told) == ["Sent", "Sent", "Waiting"]
    assert len({webhook_id for webhook_id, _message in taken.messages}) == 3
    assert WebhookDelivery.objects.filter(status="skipped").count() == 1


def test_endpoint_whose_changes_were_pruned_is_disabled_and_can_go_on_from_now(endpoint, owner, run, mailoutbox):
    CompanyFactory()
    settle()
    assert prune_changes(before=timezone.now()) > 0
    CompanyFactory()
    settle()
    run()

    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == "cursor_gone"
    assert "not kept any more" in mailoutbox[0].body
    with pytest.raises(Exception, match="not kept any more"):
        enable_endpoint(endpoint=endpoint, by=owner, at=timezone.now())
    enabled = enable_endpoint(endpoint=endpoint, skips_missed=True, by=owner, at=timezone.now())
    assert (enabled.disabled_at, FeedState.objects.count()) == (None, 1)


def test_endpoint_whose_owner_has_other_rights_is_disabled_and_goes_on_from_now(mailoutbox):
    endpoint = WebhookEndpointFactory(resources=["deal"])
    DealFactory(title="Before")
    settle()
    fan_out(endpoint=endpoint, at=timezone.now())
    secret = DealFactory(is_confidential=True)
    owner = User.objects.get(pk=endpoint.owner_id)
    set_role(user=owner, role=Role.MANAGER, by=None)
    settle()

    # The receiver has nothing of what the owner came to see, and no change tells of it.
    endpoint = WebhookEndpoint.objects.select_related("owner").get()
    assert not fan_out(endpoint=endpoint, at=timezone.now())

    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, WebhookDelivery.objects.count()) == ("other_sight", 1)
    assert "is not what it was" in mailoutbox[0].body
    owner = User.objects.get(pk=endpoint.owner_id)
    with pytest.raises(CursorGoneError, match="not see the same"):
        enable_endpoint(endpoint=endpoint, by=owner, at=timezone.now())
    enable_endpoint(endpoint=endpoint, skips_missed=True, by=owner, at=timezone.now())
    Deal.objects.filter(pk=secret.pk).update(title="Plan")
    settle()
    fan_out(endpoint=WebhookEndpoint.objects.select_related("owner").get(), at=timezone.now())
    last = json.loads(WebhookDelivery.objects.latest("pk").body)["data"]
    assert (last["id"], last["fields"]) == (str(secret.pk), {"title": [secret.title, "Plan"]})
