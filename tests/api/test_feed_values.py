"""What the feed says of values: the same as the objects themselves, for every resource."""

from decimal import Decimal

import pytest

import lrs_tracker.api.urls  # noqa: F401  # every resource is known by being loaded
from lrs_tracker.api.resources import resource, resources
from sync import registry
from tests.api.test_changes import follow, settle
from tests.api.test_every_resource import MADE_BY
from tests.companies.factories import CompanyFactory
from tests.deals.factories import NOW
from tests.money.factories import FxRateFactory

pytestmark = pytest.mark.django_db(transaction=True)
SYNCED = [one.name for one in resources() if registry.is_synced(one.singular)]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def as_column(value):
    """Return what a member says as its column does: money without the zeros that its currency does not have."""
    is_money = isinstance(value, dict) and set(value) == {"amount", "currency"}
    return Decimal(value["amount"]) if is_money else value


@pytest.mark.parametrize("name", SYNCED)
def test_new_values_are_those_of_the_object(administrator, name):
    start = administrator.get(f"{name}?snapshot=true").json()["changes_cursor"]
    row = MADE_BY[name][0]()
    changes, _cursor = follow(administrator, start, f"&resource={resource(name).singular}&expand=object")
    told = [one for one in changes if one["id"] == str(row.pk) and not one["part"]]
    values = {}
    for one in told:
        values |= {column: new for column, (_old, new) in one["fields"].items()}
    now = told[-1]["object"]
    expected = {column: as_column(now[column]) for column in values if column in now}
    assert len(expected) > 1
    # Exact numbers are strings, like everywhere in the API.
    assert [one for one in values.values() if isinstance(one, float)] == []
    for column, value in expected.items():
        assert (Decimal(values[column]) if isinstance(value, Decimal) else values[column]) == value


def test_rate_is_told_to_its_last_digit_and_instants_in_utc(administrator):
    rate = FxRateFactory(rate=Decimal("0.1234567891"))
    company = CompanyFactory()
    settle()
    start = administrator.get("companies?snapshot=true").json()["changes_cursor"]
    type(rate).objects.filter(pk=rate.pk).update(rate=Decimal("1234567891.0123456789"))
    type(company).objects.filter(pk=company.pk).update(archived_at=NOW)

    changes, _cursor = follow(administrator, start)

    assert changes[0]["fields"]["rate"] == ["0.1234567891", "1234567891.0123456789"]
    assert changes[1]["fields"] == {
        "archived_at": [None, administrator.get(f"companies/{company.pk}").json()["archived_at"]]
    }


def test_id_of_another_system_is_told_by_its_name(administrator):
    company = CompanyFactory()
    settle()
    start = administrator.get("companies?snapshot=true").json()["changes_cursor"]
    administrator.patch(f"companies/{company.pk}", {"refs": [{"system": "crm", "external_id": "8812"}]})

    (change,), _cursor = follow(administrator, start)

    assert (change["part"], change["fields"]["system"], change["fields"]["external_id"]) == (
        "external-ref",
        [None, "crm"],
        [None, "8812"],
    )
