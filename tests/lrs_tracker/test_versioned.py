"""What the database would refuse is found in one query, and named one by one."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deals.models import Deal
from tests.deals.factories import DealFactory, PipelineFactory

pytestmark = pytest.mark.django_db


def test_all_checks_of_a_row_that_passes_take_one_query():
    deal = DealFactory()

    with CaptureQueriesContext(connection) as queries:
        deal.full_clean(exclude=["company", "owner", "stage"])

    asked = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) == 1
    assert sum(constraint.name.startswith("deals_deal_") for constraint in Deal._meta.constraints) > 5


def test_each_check_that_fails_is_named():
    deal = DealFactory()
    deal.currency, deal.scope = "eur", ["lunch"]

    with pytest.raises(ValidationError) as refused:
        deal.validate_constraints()

    assert len(refused.value.messages) == 2
    assert not deal._has_passed_checks


def test_what_a_passing_row_shares_with_another_is_still_found():
    PipelineFactory(slug="licences")
    twin = PipelineFactory.build(slug="licences", name="Other")

    with pytest.raises(ValidationError) as refused:
        twin.full_clean()

    assert refused.value.messages == ["Another pipeline has this name in its links."]
