"""Production reports over the API, from single lines to what counts."""

import datetime as dt

import pytest

from accounts.enums import Role
from plants.enums import Chemistry
from royalties.enums import AgreementStatus, ReportChannel
from royalties.models import ProductionReport, ReportFiling
from tests.api.test_objects import problem
from tests.plants.factories import PlantFactory
from tests.royalties.factories import (
    AgreementFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(caller_of):
    """A caller of finance."""
    return caller_of(Role.FINANCE)


@pytest.fixture
def agreement():
    """An agreement over one plant, by half-years since 2026."""
    agreement = AgreementFactory(plants=[PlantFactory(name="Works one")])
    RoyaltyTermFactory(agreement=agreement)
    return agreement


def line(agreement, month="2026-03-01", **figures):
    """Return the body of a line."""
    return {
        "agreement": str(agreement.pk),
        "plant": str(agreement.plants.get().pk),
        "month": month,
        "chemistry": "lfp",
        "field": "ev",
        **(figures or {"energy_sold_kwh": "9000000", "energy_produced_kwh": "9100000.5"}),
    }


def accept_with_warnings(finance, address):
    """Accept a report, and the warnings that stand against it first."""
    answer = finance.post(f"{address}/accept", {})
    if answer.status_code == 409:
        assert answer.json()["type"].endswith(":warnings-open"), answer.content
        missing = answer.json()["missing"]
        assert all(one["label"] and one["why"] and "/royalties/" in one["link"] for one in missing)
        keys = [one["key"] for one in missing]
        assert finance.post(f"{address}/accept-warnings", {"keys": keys}).status_code == 200
        answer = finance.post(f"{address}/accept", {})
    return answer


def test_lines_gather_in_a_draft_are_submitted_and_count(finance, agreement):
    first = finance.post("production-reports", line(agreement))
    assert first.status_code == 201, first.content
    months = [f"2026-{month:02}-01" for month in (1, 2, 4, 5, 6)]
    rest = finance.post(
        "production-reports/bulk",
        {"operations": [{"op": "create", "data": line(agreement, month, is_nil=True)} for month in months]},
    )
    assert {one["status"] for one in rest.json()["results"]} == {201}

    one = first.json()
    filing = ReportFiling.objects.get()
    assert (filing.channel, filing.reports.count()) == (ReportChannel.API, 6)
    expected = {
        "filing": str(filing.pk),
        "status": "draft",
        "number": 1,
        "energy_sold_kwh": "9000000.000",
        "energy_produced_kwh": "9100000.500",
        "net_sales": {"amount": "0.00", "currency": "USD"},
        "is_nil": False,
        "period_start": "2026-01-01",
        "period_end": "2026-06-30",
        "channel": "api",
    }
    assert {name: one[name] for name in expected} == expected

    address = f"production-reports/{one['id']}"
    changed = finance.patch(address, {"energy_sold_kwh": "9050000"}, If_Match=first["ETag"])
    assert changed.json()["energy_sold_kwh"] == "9050000.000"
    assert problem(finance.patch(address, {"units": "1"}, If_Match=first["ETag"]), 412) == []

    assert problem(finance.post(f"{address}/accept", {}), 409) == []
    submitted = finance.post(f"{address}/submit", {})
    assert (submitted.json()["status"], submitted.json()["submitted_at"] is not None) == ("submitted", True)
    for refused in (finance.patch(address, {"units": "1"}), finance.delete(address)):
        assert problem(refused, 409) == []
        assert refused.json()["type"].endswith(":move-refused")
        assert "submitted" in refused.json()["detail"]

    accepted = accept_with_warnings(finance, address)
    assert (accepted.json()["status"], accepted.json()["decided_by"]) == ("accepted", str(finance.user.pk))
    assert accepted.json()["accepted_on"]
    assert finance.get(address).json() == accepted.json()


def test_correction_supersedes_what_counted(finance, agreement):
    old = ProductionReportFactory(
        filing=ReportFilingFactory(agreement=agreement), plant=agreement.plants.get(), chemistry=Chemistry.LFP
    )
    new = finance.post("production-reports", line(agreement, energy_sold_kwh="9100000", energy_produced_kwh="9100000"))
    address = f"production-reports/{new.json()['id']}"
    assert new.json()["number"] == 2
    finance.post(f"{address}/submit", {})
    assert accept_with_warnings(finance, address).json()["status"] == "accepted"
    assert finance.get(f"production-reports/{old.pk}").json()["status"] == "superseded"
    assert problem(finance.patch(f"production-reports/{old.pk}", {"units": "1"}), 409) == []


def test_report_that_was_sent_back_is_mended_and_submitted_again(finance, agreement):
    made = finance.post("production-reports", line(agreement)).json()
    address = f"production-reports/{made['id']}"
    finance.post(f"{address}/submit", {})

    assert problem(finance.post(f"{address}/dispute", {"reason": " "}), 400) == [("reason", "blank")]
    back = finance.post(f"{address}/dispute", {"reason": "Too much"})
    assert (back.json()["status"], back.json()["decision_note"]) == ("disputed", "Too much")
    assert finance.patch(address, {"energy_sold_kwh": "8000000"}).status_code == 200
    again = finance.post("production-reports", line(agreement, "2026-02-01"))
    assert (again.status_code, again.json()["filing"], again.json()["status"]) == (201, made["filing"], "disputed")
    assert finance.post(f"{address}/submit", {}).json()["status"] == "submitted"
    assert finance.post(f"{address}/withdraw", {}).json()["status"] == "superseded"


def test_draft_goes_with_its_last_line(finance, agreement):
    first = finance.post("production-reports", line(agreement))
    second = finance.post("production-reports", line(agreement, "2026-02-01"))
    address = f"production-reports/{first.json()['id']}"
    assert problem(finance.post(f"{address}/withdraw", {}), 409) == []
    assert problem(finance.delete(address, If_Match='"9"'), 412) == []
    assert finance.delete(address, If_Match=first["ETag"]).status_code == 204
    assert ReportFiling.objects.count() == 1
    assert finance.delete(f"production-reports/{second.json()['id']}").status_code == 204
    assert ReportFiling.objects.count() == 0


def test_sales_have_one_currency_and_a_net(finance, agreement):
    euro = {"amount": "100.00", "currency": "EUR"}
    made = finance.post("production-reports", line(agreement, gross_sales=euro, deductions={**euro, "amount": "2.50"}))
    assert made.status_code == 201, made.content
    assert made.json()["net_sales"] == {"amount": "97.50", "currency": "EUR"}
    two = line(agreement, "2026-02-01", gross_sales=euro, net_sales={"amount": "1.00", "currency": "USD"})
    assert problem(finance.post("production-reports", two), 400) == [("net_sales", "other-currency")]


@pytest.mark.parametrize(
    ("facts", "errors"),
    [
        ({"month": "2026-03-15"}, [("month", "invalid")]),
        ({"month": "2025-12-01"}, [("month", "invalid")]),
        ({"month": "2026-12-01"}, [("month", "refused")]),
        ({"month": "2026-03"}, [("month", "invalid")]),
        ({"energy_sold_kwh": "-5"}, [("energy_sold_kwh", "refused")]),
        ({"energy_sold_kwh": "0", "energy_produced_kwh": "0"}, [("is_nil", "required")]),
        ({"is_nil": True}, [("is_nil", "refused")]),
        ({"field": "moon"}, [("field", "invalid_choice")]),
        ({"plant": "9"}, [("plant", "unknown")]),
        ({"status": "accepted"}, [("status", "unknown_field")]),
        ({"number": 5}, [("number", "unknown_field")]),
    ],
)
def test_lines_that_cannot_be_are_refused(finance, agreement, facts, errors):
    assert problem(finance.post("production-reports", {**line(agreement), **facts}), 400) == errors
    assert ReportFiling.objects.count() == 0


def test_plant_that_is_not_covered_is_refused(finance, agreement):
    other = line(agreement) | {"plant": str(PlantFactory().pk)}
    assert problem(finance.post("production-reports", other), 400) == [("plant", "refused")]


def test_states_that_stand_against_a_line_are_conflicts(finance, agreement):
    draft = AgreementFactory(status=AgreementStatus.DRAFT, plants=[PlantFactory()])
    assert problem(finance.post("production-reports", line(draft)), 409) == []
    assert finance.post("production-reports", line(agreement)).status_code == 201
    again = finance.post("production-reports", line(agreement))
    assert again.json()["type"].endswith(":line-exists")
    second = AgreementFactory(plants=[PlantFactory()])
    ReportFilingFactory(agreement=second, status="draft", decided_at=None, decided_by=None)
    in_browser = finance.post("production-reports", line(second))
    assert (in_browser.status_code, in_browser.json()["type"].rpartition(":")[2]) == (409, "draft-exists")


def test_retried_line_is_one_line(finance, agreement):
    answers = [finance.post("production-reports", line(agreement), Idempotency_Key="k1") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert ProductionReport.objects.count() == 1
    submits = [
        finance.post(f"production-reports/{answers[0].json()['id']}/submit", {}, Idempotency_Key="k2") for _ in range(2)
    ]
    assert [one.status_code for one in submits] == [200, 200]


def test_reports_are_narrowed(finance, agreement):
    plant = agreement.plants.get()
    filing = ReportFilingFactory(agreement=agreement)
    report = ProductionReportFactory(filing=filing, plant=plant, chemistry=Chemistry.LFP)
    other = ProductionReportFactory(
        month=dt.date(2026, 5, 1), chemistry=Chemistry.NMC, field="storage", is_estimate=True, status="superseded"
    )

    def ids(query):
        answer = finance.get(f"production-reports?{query}")
        assert answer.status_code == 200, answer.content
        return [int(one["id"]) for one in answer.json()["results"]]

    for query in (f"plant={plant.pk}", "q=works", "chemistry=lfp", "field=ev", "status=accepted", "is_estimate=false"):
        assert ids(query) == [report.pk], query
    assert ids(f"q={agreement.code}") == ids("period_to=2026-04-30") == [report.pk]
    assert ids("period_from=2026-04-01") == ids("ordering=-month&limit=1") == [other.pk]
