"""Rows inserted together are those that Django would insert one by one."""

import datetime as dt
import string

import pytest
from django.db import DataError, IntegrityError, transaction
from django.forms import model_to_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deals.enums import Scope
from deals.models import Deal
from lrs_tracker.many_rows import insert_many, update_many
from sync.models import WebhookEndpoint
from tests.deals.factories import DealFactory
from tests.sync.webhooks.factories import WebhookEndpointFactory

pytestmark = pytest.mark.django_db
SCOPE = list(Scope)[:2]
WORDS = st.text(st.sampled_from(string.printable + "äß中😀"), max_size=40)
ENDPOINTS = st.builds(
    WebhookEndpointFactory.build,
    name=st.text(st.sampled_from(string.ascii_letters + "%'\\\""), min_size=1, max_size=80),
    owner=st.none(),
    resources=st.lists(WORDS | st.sampled_from(["NULL", "null", "", "{}", ",", '"', "\\"]), max_size=4),
    failing_since=st.none() | st.just(dt.datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=dt.UTC)),
)


@given(st.lists(ENDPOINTS, min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_are_those_that_django_would_insert(endpoints):
    wanted = [model_to_dict(endpoint, exclude=["id"]) for endpoint in endpoints]

    insert_many(endpoints)

    assert all(endpoint.pk and endpoint.created_at and not endpoint._state.adding for endpoint in endpoints)
    stored = WebhookEndpoint.objects.in_bulk([endpoint.pk for endpoint in endpoints])
    assert [model_to_dict(stored[endpoint.pk], exclude=["id"]) for endpoint in endpoints] == wanted


@given(st.lists(st.tuples(ENDPOINTS, ENDPOINTS), min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_get_their_own_values(pairs):
    names = ["name", "resources", "failing_since"]
    endpoints, other = [old for old, _new in pairs], WebhookEndpointFactory(owner=None)
    insert_many(endpoints)
    for endpoint, (_old, new) in zip(endpoints, pairs, strict=True):
        endpoint.url = "https://not.written.example"
        for name in names:
            setattr(endpoint, name, getattr(new, name))

    update_many(endpoints, names)

    stored = WebhookEndpoint.objects.in_bulk()
    for endpoint in endpoints:
        assert [getattr(stored[endpoint.pk], name) for name in names] == [getattr(endpoint, name) for name in names]
        assert stored[endpoint.pk].url != endpoint.url
    assert model_to_dict(stored[other.pk]) == model_to_dict(other)


def test_deals_are_inserted_in_their_order():
    like = DealFactory()
    same = {name: getattr(like, name) for name in ("company", "stage", "rank", "entered_stage_at")}
    deals = [Deal(title=f"{number} of many", scope=SCOPE, **same) for number in range(1_500)]

    insert_many(deals)

    stored = Deal.objects.filter(title__endswith="of many").order_by("pk")
    assert [(deal.pk, deal.title, deal.scope) for deal in stored] == [(deal.pk, deal.title, SCOPE) for deal in deals]


def test_rows_that_are_alike_in_everything_are_inserted_and_updated_each():
    like = DealFactory()
    same = {name: getattr(like, name) for name in ("company", "stage", "rank", "entered_stage_at", "scope", "title")}
    deals = [Deal(**same) for _number in range(3)]

    insert_many(deals)
    for deal in deals:
        deal.title = "Another"
    update_many(deals, ["title"])
    update_many([like], ["title"])

    assert len({deal.pk for deal in deals}) == 3
    assert Deal.objects.filter(title="Another").count() == 3


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"name": "x" * 81}, DataError),
        ({"resources": ["x" * 41]}, DataError),
        ({"name": ""}, IntegrityError),
        ({"secret": None}, IntegrityError),
    ],
)
def test_what_the_table_refuses_is_refused(values, error):
    with pytest.raises(error), transaction.atomic():
        insert_many([WebhookEndpointFactory.build(owner=None), WebhookEndpointFactory.build(owner=None, **values)])
    assert not WebhookEndpoint.objects.exists()


def test_default_of_the_database_is_used_for_all_rows_or_for_none():
    early = WebhookEndpointFactory.build(owner=None, created_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    with pytest.raises(ValueError, match="created_at"):
        insert_many([WebhookEndpointFactory.build(owner=None), early])


def test_no_rows_need_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_many([])
        update_many([], ["name"])
