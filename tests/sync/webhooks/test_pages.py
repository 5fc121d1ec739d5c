"""The pages of webhooks: who sees which, secrets shown once, forms, buttons and the log."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from accounts.enums import Role
from sync.domain.feed import Position, current_position
from sync.models import Change, WebhookDelivery, WebhookEndpoint
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.sync.webhooks.factories import WebhookDeliveryFactory, WebhookEndpointFactory
from tests.web_server import say

pytestmark = pytest.mark.django_db
LIST, NEW = "/settings/webhooks/", "/settings/webhooks/new/"
TYPED = {"name": "CRM", "url": "https://crm.example/hooks", "resources": ["deal", "company"]}
AFTER_OTHERS = "As soon as the receiver takes what waits before it"
ENABLED = "When the webhook is enabled"
ACTIONS = ("test", "rotate", "disable", "enable", "delete")


@pytest.fixture
def person(client):
    person = UserFactory()
    client.force_login(person)
    return person


@pytest.fixture
def hook(person):
    return WebhookEndpointFactory(owner=person, name="CRM")


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_everybody_may_have_one_and_its_secret_is_shown_once(client, person):
    response = client.post(NEW, TYPED, follow=True)

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.owner, endpoint.resources) == (person, ["company", "deal"])
    assert response.redirect_chain == [(endpoint.get_absolute_url(), 302)]
    assert endpoint.secret in response.content.decode()
    assert endpoint.secret.startswith("whsec_")
    for path in (endpoint.get_absolute_url(), LIST, f"{endpoint.get_absolute_url()}edit/"):
        assert endpoint.secret not in client.get(path).content.decode()
    changes = str(list(Change.objects.values_list("fields", flat=True)))
    assert endpoint.secret not in changes
    assert "crm.example" not in changes


def test_secret_waits_for_the_page_of_its_own_webhook(client, person, hook):
    other = WebhookEndpointFactory(owner=person)
    client.post(f"{hook.get_absolute_url()}rotate/")
    hook.refresh_from_db()

    assert hook.secret not in client.get(other.get_absolute_url()).content.decode()
    page = client.get(hook.get_absolute_url()).content.decode()
    assert hook.secret in page
    assert "The old one signs too until" in page
    assert hook.secret not in client.get(hook.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"url": "ftp://crm.example"}, "url"),
        ({"url": "https://user:pass@crm.example/"}, "url"),
        ({"url": "http://crm.example/hooks"}, "url"),
        ({"url": "https://" + "x" * 5000}, "url"),
        ({"resources": ["nothing"]}, "resources"),
    ],
)
def test_mistakes_are_named_beside_their_field(client, person, hook, changes, field):
    edit = f"{hook.get_absolute_url()}edit/"
    for response in (client.post(NEW, TYPED | changes), client.post(edit, TYPED | changes | {"version": hook.version})):
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]


def test_organisation_has_its_own_by_administrators_alone(client, person):
    client.post(NEW, TYPED | {"for_everyone": "on"})
    assert WebhookEndpoint.objects.get().owner == person
    shared = WebhookEndpointFactory(owner=None, name="Warehouse")
    assert "Warehouse" not in client.get(LIST).content.decode()
    assert client.get(shared.get_absolute_url()).status_code == 404

    client.force_login(UserFactory(role=Role.ADMINISTRATOR))
    client.post(NEW, TYPED | {"name": "Shared", "for_everyone": "on"})
    assert WebhookEndpoint.objects.get(name="Shared").owner is None
    page = client.get(LIST).content.decode()
    own = WebhookEndpoint.objects.get(owner=person).get_absolute_url()
    assert ("Warehouse" in page, "Shared" in page, own in page) == (True, True, False)


@pytest.mark.parametrize("role", [Role.BUSINESS_DEVELOPMENT, Role.MANAGER, Role.ADMINISTRATOR])
def test_nobody_sees_or_touches_anothers(client, role):
    theirs = WebhookEndpointFactory(name="Theirs")
    delivery = WebhookDeliveryFactory(endpoint=theirs)
    client.force_login(UserFactory(role=role))

    assert "Theirs" not in client.get(LIST).content.decode()
    for path in ("", "edit/", "replay/", f"deliveries/{delivery.pk}/"):
        assert client.get(f"{theirs.get_absolute_url()}{path}").status_code == 404
    for action in (*ACTIONS, "edit", "replay", f"deliveries/{delivery.pk}/redeliver"):
        assert client.post(f"{theirs.get_absolute_url()}{action}/").status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_refuse_get(client, hook, action):
    assert client.get(f"{hook.get_absolute_url()}{action}/").status_code == 405


def test_edit_keeps_the_secret_and_says_who_was_first(client, hook):
    edit = f"{hook.get_absolute_url()}edit/"
    client.post(edit, TYPED | {"name": "ERP", "version": hook.version})
    changed = WebhookEndpoint.objects.get()
    assert (changed.name, changed.resources, changed.secret) == ("ERP", ["company", "deal"], hook.secret)

    assert client.post(edit, TYPED | {"version": hook.version}).status_code == 422


def test_test_is_sent_at_once_and_its_outcome_shown(client, person, web_server):
    hook = WebhookEndpointFactory(owner=person, name="CRM", url=web_server.url)

    taken = client.post(f"{hook.get_absolute_url()}test/", follow=True)
    web_server.answer = say(400, "no <such> thing")
    refused = client.post(f"{hook.get_absolute_url()}test/", follow=True)

    assert said(taken) == ["“CRM” took the test."]
    assert said(refused) == ["“CRM” did not take the test."]
    assert "no &lt;such&gt; thing" in refused.content.decode()
    assert [body["type"] for _path, _headers, body in web_server.posts] == ["test.ping", "test.ping"]
    deliveries = WebhookDelivery.objects.order_by("pk").values_list("status", "response_status", "attempts")
    assert list(deliveries) == [("delivered", 200, 1), ("failed", 400, 1)]


def test_switching_off_and_on_keeps_what_waits_or_skips_it(client, hook):
    waiting = WebhookDeliveryFactory(endpoint=hook, attempts=5)
    path = hook.get_absolute_url()

    client.post(f"{path}disable/")
    assert "Nothing is sent until it is enabled" in client.get(path).content.decode()
    client.post(f"{path}enable/")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("pending", 0)

    client.post(f"{path}disable/")
    client.post(f"{path}enable/", {"skip": "1"})
    waiting.refresh_from_db()
    hook.refresh_from_db()
    assert (waiting.status, hook.disabled_at) == ("skipped", None)


def test_delete_removes_it_with_its_log(client, hook):
    WebhookDeliveryFactory(endpoint=hook)
    assert said(client.post(f"{hook.get_absolute_url()}delete/", follow=True)) == ["“CRM” is deleted."]
    assert (WebhookEndpoint.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_replay_goes_back_to_a_cursor_or_a_time(client, person, hook):
    path = f"{hook.get_absolute_url()}replay/"
    before = current_position()
    CompanyFactory()
    change = Change.objects.latest("pk")
    start = Position(before.transaction, 7)
    client.post(path, {"after": str(start)})
    hook.refresh_from_db()
    assert (hook.position_transaction, hook.position_row) == start

    local = timezone.localtime(change.at).strftime("%Y-%m-%dT%H:%M")
    client.post(path, {"since": local})
    hook.refresh_from_db()
    assert hook.position_transaction < change.transaction_id

    for typed, field in (
        ({}, "since"),
        ({"since": "2999-01-01T00:00"}, "since"),
        ({"since": "soon"}, "since"),
        ({"after": "1.1~forged"}, "after"),
        ({"after": str(Position(2**40, 1))}, "after"),
        ({"after": str(start), "since": local}, "since"),
    ):
        refused = client.post(path, typed)
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, [field]), typed


def test_log_is_filtered_and_shows_request_and_answer(client, person, hook):
    company = CompanyFactory()
    now = timezone.now()
    body = json.dumps({"type": "company.updated", "data": {"fields": {"name": ["電池", "Battery"]}}})
    delivery = WebhookDeliveryFactory(
        endpoint=hook,
        type="company.updated",
        resource="company",
        object_id=company.pk,
        body=body,
        status="delivered",
        settled_at=now,
        attempts=3,
        response_status=201,
        duration_ms=1234,
        response_head="thanks",
    )
    WebhookDeliveryFactory(endpoint=hook, object_id=99)
    path = hook.get_absolute_url()

    def listed(query):
        return [row.type for row in client.get(f"{path}{query}").context["page"]]

    assert listed("") == ["deal.updated", "company.updated"]
    assert listed("?status=delivered") == ["company.updated"]
    assert listed("?resource=deal") == ["deal.updated"]
    assert listed("?object=99") == ["deal.updated"]
    assert listed("?object=x") == []
    page = client.get(delivery.get_absolute_url()).content.decode()
    for text in (delivery.webhook_id, "1,234 ms", "201", "thanks", "電池"):
        assert text in page

    client.post(f"{delivery.get_absolute_url()}redeliver/")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.settled_at) == ("pending", 0, None)


def test_what_failed_says_when_it_is_sent_next_and_only_waits_while_the_webhook_is_disabled(client, hook):
    now = timezone.now()
    past, soon, rested = (now + dt.timedelta(minutes=minutes) for minutes in (-5, 5, 9))
    delivery = WebhookDeliveryFactory(endpoint=hook, attempts=2, response_status=503, next_attempt_at=soon)

    def shown(*, next_attempt_at, **states):
        WebhookDelivery.objects.update(next_attempt_at=next_attempt_at)
        WebhookEndpoint.objects.update(**{"resting_until": None, **states})
        log, message = (client.get(one.get_absolute_url()).content.decode() for one in (hook, delivery))
        words = [*(f"{timezone.localtime(one):%H:%M:%S}" for one in (soon, rested, past)), AFTER_OTHERS, ENABLED]
        return ["Retrying" in page for page in (log, message)], [text for text in words if text in message]

    assert shown(next_attempt_at=soon) == ([True, True], [f"{timezone.localtime(soon):%H:%M:%S}"])
    rests = shown(next_attempt_at=past, resting_until=rested)
    assert rests == ([True, True], [f"{timezone.localtime(rested):%H:%M:%S}"])
    assert shown(next_attempt_at=past) == ([True, True], [AFTER_OTHERS])
    assert shown(next_attempt_at=past, disabled_at=now, disabled_reason="gone") == ([False, False], [ENABLED])


def test_request_about_a_deal_that_became_secret_is_not_shown_any_more(client, person, hook):
    deal = DealFactory()
    delivery = WebhookDeliveryFactory(endpoint=hook, object_id=deal.pk, body='{"data": "Zyxomma"}')
    assert "Zyxomma" in client.get(delivery.get_absolute_url()).content.decode()

    type(deal).objects.filter(pk=deal.pk).update(is_confidential=True)
    assert "Zyxomma" not in client.get(delivery.get_absolute_url()).content.decode()


def test_lists_take_the_same_queries_for_many(client, person, hook, fetch_raise, django_assert_num_queries):
    for count in (1, 3):
        WebhookEndpointFactory.create_batch(count, owner=person)
        WebhookDeliveryFactory.create_batch(count, endpoint=hook)
        client.get(LIST)
        with django_assert_num_queries(2):
            client.get(LIST)
        with django_assert_num_queries(5):
            client.get(hook.get_absolute_url())
