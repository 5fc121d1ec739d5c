"""Payments that settle what a reader may see and what they may not, and what the feed tells of both sides."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from accounts.enums import Role
from royalties.domain.allocations import Part, allocate_payment, remove_allocation
from royalties.models import Allocation
from tests.api.test_changes import follow, settle
from tests.deals.factories import DealFactory, StageFactory, TaskFactory
from tests.royalties.factories import CreditNoteFactory, InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def finance(caller_of):
    return caller_of(Role.FINANCE)


@pytest.fixture
def sides(administrator):
    """An open invoice, a secret one, and a payment that settles a part of each."""
    invoice = InvoiceFactory()
    secret = InvoiceFactory(
        statement__agreement__deal__is_confidential=True, statement__agreement__licensor=invoice.licensor
    )
    payment = PaymentFactory(licensor=invoice.licensor, amount=Decimal(500))
    return invoice, secret, payment


def test_payment_that_also_settles_something_hidden_is_not_named(administrator, finance, sides):
    invoice, secret, payment = sides
    settle()
    start, starts_all = (
        caller.get("invoices?snapshot=true").json()["changes_cursor"] for caller in (finance, administrator)
    )
    parts = [Part(invoice.pk, Decimal(100)), Part(secret.pk, Decimal(200))]
    allocate_payment(payment=payment, parts=parts, by=administrator.user)

    for read in (
        finance.get(f"invoices/{invoice.pk}").json(),
        finance.get("invoices").json()["results"][0],
        finance.get("invoices?include=deal").json()["results"][0],
        follow(finance, start, "&resource=invoice&expand=object")[0][0]["object"],
    ):
        (allocation,) = read["allocations"]
        assert (allocation["payment"], allocation["amount"]["amount"]) == (None, "100.00")
    # The second says to look again: by the other part of it the payment went out of sight.
    (change, again) = follow(finance, start, "&resource=invoice")[0]
    assert (again["part"], again["fields"]) == ("", {})
    assert (change["part"], "payment" in change["fields"]) == ("allocation", True)
    assert change["fields"]["payment"] == [None, None]
    (allocation,) = administrator.get(f"invoices/{invoice.pk}").json()["allocations"]
    assert allocation["payment"] == str(payment.pk)
    (seen, *_rest) = follow(administrator, starts_all, "&resource=invoice")[0]
    assert seen["fields"]["payment"] == [None, str(payment.pk)]


def test_payment_that_comes_to_be_seen_is_told(administrator, finance, sides):
    _invoice, secret, payment = sides
    allocate_payment(payment=payment, parts=[Part(secret.pk, Decimal(200))], by=administrator.user)
    settle()
    start = finance.get("payments?snapshot=true").json()["changes_cursor"]
    assert finance.get("payments").json()["results"] == []

    remove_allocation(allocation=Allocation.objects.get(), by=administrator.user)

    changes, _cursor = follow(finance, start, "&resource=payment&expand=object")
    assert changes[-1]["object"] == finance.get("payments").json()["results"][0]


def test_what_is_left_of_payments_and_credit_notes_is_told_with_its_new_version(administrator, sides):
    invoice, _secret, payment = sides
    note = CreditNoteFactory(agreement=invoice.agreement)
    addresses = [f"payments/{payment.pk}", f"credit-notes/{note.pk}", f"invoices/{invoice.pk}"]
    before = [administrator.get(address) for address in addresses]
    settle()
    start = administrator.get("payments?snapshot=true").json()["changes_cursor"]

    body = {"parts": [{"invoice": str(invoice.pk), "amount": {"amount": "100.00", "currency": "USD"}}]}
    assert administrator.post(f"payments/{payment.pk}/allocate", body).status_code == 200
    credit = {"invoice": str(invoice.pk), "amount": {"amount": "10.00", "currency": "USD"}, "on": "2026-08-20"}
    assert administrator.post(f"credit-notes/{note.pk}/allocate", credit).status_code == 200

    after = [administrator.get(address).json() for address in addresses]
    assert all(now["version"] > then.json()["version"] for now, then in zip(after, before, strict=True))
    changes, _cursor = follow(administrator, start, "&resource=payment&resource=credit-note&expand=object")
    assert {(one["resource"], one["object"]["left"]["amount"]) for one in changes} == {
        ("payment", "400.00"),
        ("credit-note", "990.00"),
    }
    again = administrator.post(f"payments/{payment.pk}/allocate", body, If_Match=before[0]["ETag"])
    assert again.status_code == 412


def at_once(caller, asked, tag):
    """Ask twice at the same time, each against one version; return the statuses in order."""
    barrier, statuses = threading.Barrier(2), []

    def ask(method, path, body):
        barrier.wait(20)
        statuses.append(caller.call(method, path, body, If_Match=tag).status_code)
        connection.close()

    threads = [threading.Thread(target=ask, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


@pytest.mark.parametrize("turn", range(3))
def test_of_two_callers_with_one_version_one_wins(administrator, sides, turn):
    invoice, _secret, payment = sides
    stage = StageFactory()
    deal = DealFactory(stage=stage)
    targets = [str(StageFactory(pipeline=stage.pipeline).pk) for _number in range(2)]
    task = TaskFactory()
    part = {"invoice": str(invoice.pk), "amount": {"amount": "10.00", "currency": "USD"}}
    for address, asked in (
        (f"deals/{deal.pk}", [("PATCH", f"deals/{deal.pk}", {"title": title}) for title in ("One", "Two")]),
        (f"deals/{deal.pk}", [("POST", f"deals/{deal.pk}/move", {"stage": target}) for target in targets]),
        (f"tasks/{task.pk}", [("POST", f"tasks/{task.pk}/done", {}), ("PATCH", f"tasks/{task.pk}", {"title": "X"})]),
        (f"payments/{payment.pk}", [("POST", f"payments/{payment.pk}/allocate", {"parts": [part]})] * 2),
    ):
        tag = administrator.get(address)["ETag"]
        assert at_once(administrator, asked, tag) == [200, 412], asked
