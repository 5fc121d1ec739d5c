"""Invoices, credit notes and payments over the API."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Role
from deals.models import Deal
from royalties.models import Allocation, CreditNote, Payment
from tests.api.test_objects import problem
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.royalties.factories import (
    AgreementFactory,
    CreditNoteFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    LicensorFactory,
    PaymentFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(caller_of):
    """A caller of finance."""
    return caller_of(Role.FINANCE)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def kind_of(answer, status):
    """Return the kind of problem of a refusal."""
    problem(answer, status)
    assert answer.json()["detail"]
    return answer.json()["type"].rpartition(":")[2]


def test_payment_is_entered_corrected_allocated_and_taken_back(finance):
    invoice = InvoiceFactory()
    agreement = invoice.agreement
    made = finance.post(
        "payments",
        {
            "licensor": str(invoice.licensor_id),
            "payer": str(agreement.licensee_id),
            "received_on": "2026-08-14",
            "amount": usd("400000.00"),
            "reference": "INV",
            "bank_reference": "B-1",
        },
    )
    assert made.status_code == 201, made.content
    payment = made.json()
    assert (payment["amount"], payment["left"], payment["source"], payment["allocations"]) == (
        usd("400000.00"),
        usd("400000.00"),
        "manual",
        [],
    )
    address = f"payments/{payment['id']}"
    corrected = finance.patch(address, {"amount": usd("500000.00"), "note": "Typed wrong"}, If_Match=made["ETag"])
    assert (corrected.json()["left"], corrected.json()["note"]) == (usd("500000.00"), "Typed wrong")
    assert problem(finance.patch(address, {"note": "Z"}, If_Match=made["ETag"]), 412) == []

    part = {"invoice": str(invoice.pk), "amount": usd("300000.00")}
    settled = finance.post(f"{address}/allocate", {"parts": [part]}, Idempotency_Key="once")
    assert settled.status_code == 200, settled.content
    again = finance.post(f"{address}/allocate", {"parts": [part]}, Idempotency_Key="once")
    assert again.content == settled.content
    assert settled.json()["left"] == usd("200000.00")
    [allocation] = settled.json()["allocations"]
    assert (allocation["invoice"], allocation["amount"], allocation["source_amount"], allocation["on"]) == (
        str(invoice.pk),
        usd("300000.00"),
        usd("300000.00"),
        "2026-08-14",
    )
    read = finance.get(f"invoices/{invoice.pk}").json()
    assert (read["amount"], read["settled"], read["outstanding"]) == (
        usd("1000000.00"),
        usd("300000.00"),
        usd("700000.00"),
    )
    assert [one["payment"] for one in read["allocations"]] == [payment["id"]]

    assert kind_of(finance.patch(address, {"amount": usd("1.00")}), 409) == "state"
    assert kind_of(finance.patch(address, {"is_ignored": True}), 409) == "state"
    other = InvoiceFactory()
    foreign = finance.post(f"invoices/{other.pk}/take-back", {"allocation": allocation["id"]})
    assert problem(foreign, 400) == [("allocation", "invalid")]
    back = finance.post(f"invoices/{invoice.pk}/take-back", {"allocation": allocation["id"]})
    assert back.json()["outstanding"] == usd("1000000.00")
    assert finance.patch(address, {"is_ignored": True}).json()["is_ignored"] is True
    assert kind_of(finance.post(f"{address}/allocate", {"parts": [part]}), 409) == "state"
    assert problem(finance.delete(address), 405) == []


@pytest.mark.parametrize(
    ("facts", "errors"),
    [
        ({"received_on": "2090-01-01"}, [("received_on", "invalid")]),
        ({"amount": usd("0.00")}, [("amount", "invalid")]),
        ({"amount": {"amount": "1.50", "currency": "JPY"}}, [("amount", "invalid")]),
        ({"amount": "5"}, [("amount", "invalid")]),
        ({"amount": {"amount": 5, "currency": "USD"}}, [("amount", "invalid")]),
        ({"licensor": "9"}, [("licensor", "unknown")]),
        ({"source": "camt"}, [("source", "unknown_field")]),
        ({"bank_reference": "B-1"}, [(None, "invalid")]),
    ],
)
def test_payments_that_cannot_be_are_refused(finance, facts, errors):
    licensor = LicensorFactory()
    PaymentFactory(licensor=licensor, bank_reference="B-1")
    body = {"licensor": str(licensor.pk), "received_on": "2026-08-14", "amount": usd("5.00"), **facts}
    assert problem(finance.post("payments", body), 400) == errors
    assert Payment.objects.count() == 1


def test_payer_of_a_confidential_deal_is_as_unknown_as_any_other(finance):
    secret = AgreementFactory(deal=DealFactory(is_confidential=True))
    shared = AgreementFactory(deal=DealFactory(is_confidential=True))
    AgreementFactory(licensee=shared.licensee)
    refusals = []
    for company in (secret.licensee, shared.licensee, CompanyFactory()):
        body = {
            "licensor": str(secret.licensor_id),
            "payer": str(company.pk),
            "received_on": "2026-08-14",
            "amount": usd("5.00"),
        }
        refusals.append(finance.post("payments", body))
    assert [problem(answer, 400) for answer in refusals] == [[("payer", "unknown")]] * 3
    assert len({answer.content for answer in refusals}) == 1


def test_more_than_is_owed_or_left_is_not_allocated(finance):
    invoice = InvoiceFactory()
    payment = PaymentFactory(licensor=invoice.licensor, amount=Decimal(2_000_000))
    hidden = InvoiceFactory(statement=IssuedStatementFactory(agreement__deal__is_confidential=True))

    def allocate(**part):
        return finance.post(f"payments/{payment.pk}/allocate", {"parts": [{"invoice": str(invoice.pk), **part}]})

    assert problem(allocate(amount=usd("1000000.01")), 400) == [("amount", "more-than-owed")]
    assert problem(allocate(amount={"amount": "1.00", "currency": "EUR"}), 400) == [("amount", "other-currency")]
    assert problem(allocate(invoice=str(hidden.pk)), 400) == problem(allocate(invoice="987654"), 400)
    assert problem(finance.post(f"payments/{payment.pk}/allocate", {"parts": []}), 400) == [("parts", "min_length")]
    assert Allocation.objects.count() == 0
    assert allocate().json()["left"] == usd("1000000.00")
    assert finance.get(f"invoices/{invoice.pk}").json()["state"] == "paid"


def test_invoice_is_disputed_reopened_and_cancelled(finance):
    invoice = InvoiceFactory()
    address = f"invoices/{invoice.pk}"
    read = finance.get(address)
    assert (read.json()["code"], read.json()["status"], read.json()["statement"]) == (
        f"{invoice.licensor.invoice_prefix}-0001",
        "open",
        str(invoice.statement_id),
    )
    assert problem(finance.patch(address, {"amount": "1"}), 405) == []
    assert problem(finance.post(f"{address}/dispute", {}), 400) == [("note", "required")]
    disputed = finance.post(f"{address}/dispute", {"note": "Too much"}, If_Match=read["ETag"])
    assert (disputed.json()["status"], disputed.json()["note"]) == ("disputed", "Too much")
    assert problem(finance.post(f"{address}/reopen", {}, If_Match=read["ETag"]), 412) == []
    assert kind_of(finance.post(f"{address}/dispute", {"note": "Again"}), 409) == "state"
    assert finance.post(f"{address}/reopen", {}).json()["status"] == "open"

    cancelled = finance.post(f"{address}/cancel", {"reason": "Wrong licensee"})
    assert (cancelled.json()["status"], cancelled.json()["state"]) == ("cancelled", "cancelled")
    note = CreditNote.objects.get()
    assert [one["credit_note"] for one in cancelled.json()["allocations"]] == [str(note.pk)]
    assert finance.get(f"credit-notes/{note.pk}").json()["cancels"] == str(invoice.pk)
    assert kind_of(finance.post(f"{address}/cancel", {"reason": "Again"}), 409) == "state"
    [allocation] = cancelled.json()["allocations"]
    kept = finance.post(f"{address}/take-back", {"allocation": allocation["id"]})
    assert kind_of(kept, 409) == "state"


def test_late_invoice_is_reminded_of_and_bears_interest(finance):
    invoice = InvoiceFactory(
        statement=IssuedStatementFactory(agreement__interest_percent=Decimal(5)), due_on=dt.date(2026, 8, 14)
    )
    address = f"invoices/{invoice.pk}"
    early = finance.post(f"{address}/remind", {"on": "2026-08-14"})
    assert problem(early, 400) == [("on", "invalid")]
    reminded = finance.post(f"{address}/remind", {"on": "2026-08-20"})
    assert (reminded.json()["dunning_level"], reminded.json()["dunned_on"]) == (1, "2026-08-20")
    for day in ("2026-09-05", "2026-09-25"):
        assert finance.post(f"{address}/remind", {"on": day}).status_code == 200
    assert kind_of(finance.post(f"{address}/remind", {"on": "2026-10-25"}), 409) == "state"

    charged = finance.post(f"{address}/charge-interest", {"through": "2026-09-13"})
    assert charged.status_code == 200, charged.content
    [interest] = finance.get("invoices?kind=interest").json()["results"]
    assert (interest["interest_on"], interest["interest_through"], interest["amount"]) == (
        str(invoice.pk),
        "2026-09-13",
        usd("4109.59"),
    )
    twice = finance.post(f"{address}/charge-interest", {"through": "2026-09-13"})
    assert problem(twice, 409) == [("through", "charged")]
    assert kind_of(finance.post(f"{address}/cancel", {"reason": "X"}), 409) == "state"
    assert problem(finance.post(f"{address}/take-rates", {}), 400) == [(None, "invalid")]


def test_deductions_settle_what_no_money_comes_for(finance):
    invoice = InvoiceFactory()
    body = {"kind": "withholding", "amount": usd("150000.00"), "on": "2026-08-14"}
    done = finance.post(f"invoices/{invoice.pk}/deduct", body)
    assert done.json()["outstanding"] == usd("850000.00")
    off = {**body, "kind": "write_off"}
    assert problem(finance.post(f"invoices/{invoice.pk}/deduct", off), 400) == [("note", "invalid")]
    large = finance.post(f"invoices/{invoice.pk}/deduct", {**off, "note": "Small difference"})
    assert problem(large, 400) == [("amount", "invalid")]
    early = finance.post(f"invoices/{invoice.pk}/deduct", {**body, "on": "2026-01-01"})
    assert problem(early, 400) == [("on", "invalid")]
    paid = finance.post(f"invoices/{invoice.pk}/deduct", {**body, "kind": "payment"})
    assert problem(paid, 400) == [("kind", "invalid_choice")]


def test_credit_note_is_set_against_an_invoice_and_repaid(finance):
    invoice = InvoiceFactory()
    note = CreditNoteFactory(agreement=invoice.agreement)
    address = f"credit-notes/{note.pk}"
    stranger = InvoiceFactory()
    body = {"invoice": str(stranger.pk), "amount": usd("600.00"), "on": "2026-08-01"}
    assert problem(finance.post(f"{address}/allocate", body), 400) == [("invoice", "invalid")]
    used = finance.post(f"{address}/allocate", {**body, "invoice": str(invoice.pk)})
    assert used.status_code == 200, used.content
    assert (used.json()["amount"], used.json()["left"]) == (usd("1000.00"), usd("400.00"))
    assert finance.get(f"invoices/{invoice.pk}").json()["outstanding"] == usd("999400.00")

    much = finance.post(f"{address}/repay", {"amount": usd("400.01"), "on": "2026-08-02"})
    assert problem(much, 400) == [("amount", "invalid")]
    repaid = finance.post(f"{address}/repay", {"amount": usd("400.00"), "on": "2026-08-02"})
    assert (repaid.json()["left"], repaid.json()["repaid_on"]) == (usd("0.00"), "2026-08-02")
    assert kind_of(finance.post(f"{address}/repay", {"amount": usd("1.00"), "on": "2026-08-02"}), 409) == "state"
    back = finance.post(f"{address}/take-back-repayment", None)
    assert (back.json()["left"], back.json()["repaid_on"]) == (usd("400.00"), None)
    assert kind_of(finance.post(f"{address}/take-back-repayment", {}), 409) == "state"


def test_payment_of_which_a_part_is_secret_is_secret(finance):
    open_invoice = InvoiceFactory()
    payment = PaymentFactory(licensor=open_invoice.licensor)
    deal = DealFactory()
    agreement = AgreementFactory(deal=deal, licensor=open_invoice.licensor)
    for invoice in (open_invoice, InvoiceFactory(statement=IssuedStatementFactory(agreement=agreement))):
        Allocation.objects.create(
            invoice=invoice, payment=payment, on=payment.received_on, amount=Decimal(10), source_amount=Decimal(10)
        )
    assert finance.get(f"payments/{payment.pk}").status_code == 200
    Deal.objects.filter(pk=deal.pk).update(is_confidential=True)
    assert finance.get(f"payments/{payment.pk}").status_code == 404
    assert finance.get("payments").json()["results"] == []
    assert finance.post(f"payments/{payment.pk}/allocate", {"parts": [{"invoice": "1"}]}).status_code == 404


def test_receivables_are_narrowed(finance):
    invoice = InvoiceFactory(statement=IssuedStatementFactory(agreement__title="Nordwind one"))
    other = InvoiceFactory(
        statement=IssuedStatementFactory(),
        status="disputed",
        currency="EUR",
        issued_on=dt.date(2026, 10, 1),
        due_on=dt.date(2090, 12, 1),
    )
    note = CreditNoteFactory(agreement=invoice.agreement, reason="Rebate")
    used = CreditNoteFactory(issued_on=dt.date(2026, 10, 1), repaid_amount=1000, repaid_on=dt.date(2026, 10, 2))
    payment = PaymentFactory(reference="Royalties Nordwind", licensor=invoice.licensor)
    aside = PaymentFactory(is_ignored=True, currency="EUR", received_on=dt.date(2026, 10, 1), source="camt")

    def ids(address):
        answer = finance.get(address)
        assert answer.status_code == 200, answer.content
        return [int(one["id"]) for one in answer.json()["results"]]

    for query in (
        "q=nordwind",
        "currency=usd",
        "status=open",
        "state=overdue",
        f"licensor={invoice.licensor_id}",
        f"statement={invoice.statement_id}",
        "period_to=2026-09-01",
        "due_to=2026-12-31",
    ):
        assert ids(f"invoices?{query}") == [invoice.pk], query
    for query in ("state=disputed", "period_from=2026-10-01", "due_from=2090-01-01", "ordering=-due_on&limit=1"):
        assert ids(f"invoices?{query}") == [other.pk], query
    assert ids("invoices?state=owed&kind=statement") == [invoice.pk, other.pk]
    assert ids("invoices?age=0") == [other.pk]
    for query in ("q=rebate", "q=nordwind", "has_left=true", f"licensor={note.licensor_id}", "period_to=2026-09-01"):
        assert ids(f"credit-notes?{query}") == [note.pk], query
    assert ids("credit-notes?has_left=false") == ids("credit-notes?period_from=2026-10-01") == [used.pk]
    for query in ("q=nordwind", "state=left", "currency=usd", "source=manual", "period_to=2026-09-01"):
        assert ids(f"payments?{query}") == [payment.pk], query
    assert ids(f"payments?licensor={payment.licensor_id}") == [payment.pk]
    assert ids("payments?state=ignored") == ids("payments?period_from=2026-10-01") == [aside.pk]
