"""Exchange rates over the API."""

import datetime as dt

import pytest

from accounts.enums import Role
from money.models import FxRate
from tests.api.test_objects import problem
from tests.money.factories import FxRateFactory

pytestmark = pytest.mark.django_db
RATE = {"base": "EUR", "quote": "JPY", "on": "2026-06-30", "kind": "reference", "rate": "163.27", "source": "ECB"}


@pytest.fixture
def finance(caller_of):
    """A caller of finance."""
    return caller_of(Role.FINANCE)


def test_rate_is_created_changed_and_kept(finance, bd):
    made = finance.post("fx-rates", RATE)
    assert made.status_code == 201, made.content
    rate = made.json()
    assert {name: rate[name] for name in RATE} == {**RATE, "rate": "163.2700000000"}
    changed = finance.patch(f"fx-rates/{rate['id']}", {"rate": "163.28"}, If_Match=made["ETag"])
    assert changed.json()["rate"] == "163.2800000000"
    assert bd.get(f"fx-rates/{rate['id']}").json() == changed.json()
    assert problem(finance.patch(f"fx-rates/{rate['id']}", {"rate": "1"}, If_Match=made["ETag"]), 412) == []
    assert problem(finance.delete(f"fx-rates/{rate['id']}"), 405) == []
    assert problem(bd.post("fx-rates", {**RATE, "on": "2026-07-01"}), 403) == []
    assert problem(bd.patch(f"fx-rates/{rate['id']}", {"source": "X"}), 403) == []


@pytest.mark.parametrize(
    ("facts", "errors"),
    [
        ({"rate": "0"}, [("rate", "min_value")]),
        ({"rate": "-1"}, [("rate", "min_value")]),
        ({"rate": 1.5}, [("rate", "not_text")]),
        ({"rate": "NaN"}, [("rate", "invalid")]),
        ({"base": "JPY"}, [("quote", "invalid")]),
        ({"base": "XXQ"}, [("base", "unknown_currency")]),
        ({"on": "1900-01-01"}, [("on", "implausible_date")]),
        ({"on": "2026-06-29"}, [(None, "invalid")]),
    ],
)
def test_rates_that_cannot_be_are_refused(finance, facts, errors):
    FxRateFactory(quote="JPY", on=dt.date(2026, 6, 29))
    refused = problem(finance.post("fx-rates", {**RATE, **facts}), 400)
    assert [field for field, _code in refused] == [field for field, _code in errors]
    assert FxRate.objects.count() == 1


def test_many_rates_come_at_once_and_are_narrowed(finance, bd):
    operations = [{"op": "create", "data": {**RATE, "on": f"2026-06-{day:02}"}} for day in range(1, 29)]
    answer = finance.post("fx-rates/bulk", {"atomic": True, "operations": operations})
    assert {one["status"] for one in answer.json()["results"]} == {201}
    other = FxRateFactory(quote="USD", on=dt.date(2026, 1, 2), source="Bank", kind="period_end")

    def ids(query):
        return [int(one["id"]) for one in bd.get(f"fx-rates?{query}").json()["results"]]

    for query in ("pair=EUR/USD", "quote=usd", "q=bank", "q=usd", "period_to=2026-05-01"):
        assert ids(query) == [other.pk], query
    assert ids("kind=period_end&base=EUR") == [other.pk]
    assert len(ids("period_from=2026-06-27")) == 2
    assert ids("ordering=on&limit=1") == [other.pk]
