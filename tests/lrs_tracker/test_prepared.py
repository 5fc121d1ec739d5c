"""Queries that are put together once serve every reader, each with what only that reader may see."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.enums import Role
from accounts.models import User
from deals.models import Deal
from lrs_tracker.prepared import Hole, Prepared, PreparedForViewers
from lrs_tracker.visibility import Viewer
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory

pytestmark = pytest.mark.django_db


def _visible(viewer: Viewer) -> QuerySet[Deal]:
    return Deal.objects.visible_to(viewer).order_by("pk")


def test_a_prepared_query_runs_with_other_values():
    one, two = DealFactory.create_batch(2)
    query = Prepared(Deal.objects.select_related("company").filter(pk=Hole("deal")))

    assert [query.run(deal=deal.pk) for deal in (one, two)] == [[one], [two]]
    assert query.run(deal=two.pk)[0].company == two.company


def test_a_prepared_query_is_planned_once_for_all_values():
    sale = DealFactory(title="100% of 50%%s")
    query = Prepared(Deal.objects.filter(title="100% of 50%%s", pk=Hole("deal")))

    assert [query.run(deal=key) for key in (1, sale.pk, 2**40)] == [[], [sale], []]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE position('100% of 50%%s' in statement) > 0")
        assert cursor.fetchone() == (1,)


def test_a_query_prepared_for_one_reader_shows_another_only_what_is_theirs():
    maria, tom, manager = UserFactory(), UserFactory(), UserFactory(role=Role.MANAGER)
    hers, his, open_one = (DealFactory(owner=owner, is_confidential=True) for owner in (maria, tom, None))
    Deal.objects.filter(pk=open_one.pk).update(is_confidential=False)
    query = PreparedForViewers(_visible)

    seen = {who.pk: query.run(User.objects.get(pk=who.pk)) for who in (manager, maria, tom, manager, maria)}

    assert seen == {maria.pk: [hers, open_one], tom.pk: [his, open_one], manager.pk: [hers, his, open_one]}


def test_a_prepared_query_is_empty_for_a_reader_who_may_see_nothing():
    DealFactory()
    maria = UserFactory()
    query = PreparedForViewers(_visible)
    assert len(query.run(maria)) == 1

    assert query.run(User.objects.get(pk=UserFactory(role=False).pk)) == []
    maria.is_active = False
    assert query.run(maria) == []
