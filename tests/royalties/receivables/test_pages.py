"""The pages of receivables, payments and reconciling."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.enums import Role
from royalties.domain.allocations import Part, allocate_payment
from royalties.domain.exchange_gains import take_rates
from royalties.enums import DunningLevel, InvoiceStatus
from royalties.models import Allocation, CreditNote, Invoice, Payment, WithholdingCertificate
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.money.factories import FxRateFactory
from tests.royalties.factories import AgreementFactory, CreditNoteFactory, InvoiceFactory, PaymentFactory

pytestmark = pytest.mark.django_db
RECEIVABLES = "/royalties/receivables/"
VIEWS = ("ageing", "invoices", "reminders", "credit-notes", "certificates")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def finance(client):
    user = UserFactory(role=Role.FINANCE)
    client.force_login(user)
    client.get(RECEIVABLES)  # the session is in the cache from now on
    return user


@pytest.fixture
def invoice():
    return InvoiceFactory(statement__agreement__interest_percent=Decimal("7.3"), due_on=dt.date(2026, 8, 14))


def payment_to(invoice, amount=1_000_000, **facts):
    return PaymentFactory(licensor=invoice.licensor, amount=Decimal(amount), **facts)


def act(name, row, client, **sent):
    return client.post(reverse(f"royalties:{name}", args=[row.pk]), sent)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "sent", ["", "&export=csv", "&as_of=2026-09-01", "&as_of=soon&page=x&sort=%00", "&age=99&q=%00"]
)
def test_receivables_answer(client, finance, invoice, view, sent):
    CreditNoteFactory(agreement=invoice.agreement)

    response = client.get(f"{RECEIVABLES}?view={view}{sent}")

    assert response.status_code == 200


@pytest.mark.usefixtures("fetch_raise")
@pytest.mark.parametrize("view", VIEWS)
def test_receivables_take_the_same_queries_for_one_row_and_three(client, finance, view, django_assert_num_queries):
    queries = {"ageing": 5, "invoices": 5, "reminders": 3, "credit-notes": 3, "certificates": 3}[view]
    for count in (1, 2):
        for _each in range(count):
            each = InvoiceFactory(due_on=dt.date(2026, 8, 14))
            CreditNoteFactory(agreement=each.agreement)
            Allocation.objects.create(invoice=each, kind="withholding", on=each.issued_on, amount=Decimal(5))
            payment_to(each)
        with django_assert_num_queries(queries):
            assert client.get(f"{RECEIVABLES}?view={view}").status_code == 200


@pytest.mark.usefixtures("fetch_raise")
@pytest.mark.parametrize(("path", "queries"), [("/royalties/payments/", 4), ("/royalties/reconcile/", 4)])
def test_payments_take_the_same_queries_for_one_row_and_three(
    client, finance, path, queries, django_assert_num_queries
):
    for count in (1, 2):
        for _each in range(count):
            each = InvoiceFactory()
            payment_to(each, payer=each.agreement.licensee, reference=each.code)
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


def test_drill_down_names_the_invoices_of_a_bucket(client, finance, invoice):
    page = client.get(f"{RECEIVABLES}?as_of=2026-09-30").content.decode()
    links = re.findall(r'href="(\?view=invoices[^"]*age=2[^"]*)"', page)

    listed = client.get(f"{RECEIVABLES}{links[0].replace('&amp;', '&')}").content.decode()

    assert len(links) == 1
    assert invoice.code in listed


def test_confidential_deals_are_in_no_list_sum_or_file(client, finance, invoice):
    secret = InvoiceFactory(
        statement__agreement__deal=DealFactory(is_confidential=True),
        statement__agreement__licensee__name="Zyxomma",
        due_on=dt.date(2026, 8, 14),
    )
    payment_to(secret, payer=secret.agreement.licensee, reference="Zyxomma paid")
    allocate_payment(
        payment=payment_to(secret, reference="Zyxomma too"),
        parts=[Part(secret.pk, Decimal(5))],
        by=UserFactory(role=Role.ADMINISTRATOR),
    )
    CreditNoteFactory(agreement=secret.agreement)
    pages = [f"{RECEIVABLES}?view={view}{more}" for view in VIEWS for more in ("", "&export=csv")]
    pages += ["/royalties/payments/", "/royalties/payments/?export=csv", "/royalties/reconcile/"]

    for path in pages:
        response = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert b"Zyxomma" not in body, path
        assert secret.code.encode() not in body, path
    for row in (secret, *Payment.objects.filter(licensor=secret.licensor), CreditNote.objects.get()):
        assert client.get(row.get_absolute_url()).status_code == 404


def test_invoice_is_settled_on_its_page(client, finance, invoice):
    payment = payment_to(invoice, 600_000)

    answer = act("invoice_settle", invoice, client, payment=payment.pk)
    assert answer.url == invoice.get_absolute_url()
    page = client.get(invoice.get_absolute_url()).content.decode()
    assert "USD\xa0400,000.00" in page
    answer = act("invoice_settle", invoice, client, payment=payment.pk)
    assert answer.status_code == 422  # nothing of the payment is left: it is not offered any more
    form = client.get(reverse("royalties:invoice_deduct", args=[invoice.pk])).context["form"]
    assert form["amount"].value() is None  # what is outstanding is not what was withheld
    assert form["amount"].help_text == "USD\xa0400,000.00 are outstanding."
    answer = act("invoice_deduct", invoice, client, kind="write_off", amount="5", on="2026-09-01")
    assert "Say why the difference is written off." in answer.content.decode()
    act("invoice_deduct", invoice, client, kind="withholding", amount="400000", on="2026-09-01")

    assert "Paid" in client.get(invoice.get_absolute_url()).content.decode()
    allocation = Allocation.objects.get(kind="withholding")
    act(
        "allocation_certificate",
        allocation,
        client,
        number="T-1",
        issued_on="2026-09-02",
        currency="usd",
        amount="400000",
    )
    assert WithholdingCertificate.objects.get().number == "T-1"
    assert act("allocation_remove", allocation, client).url == invoice.get_absolute_url()
    assert Invoice.objects.with_balance().get().outstanding == 400_000


def test_taking_back_leads_back_only_within_the_site(client, finance, invoice):
    payment = payment_to(invoice)
    allocations = allocate_payment(payment=payment, parts=[Part(invoice.pk)], by=finance)

    answer = act("allocation_remove", allocations[0], client, back="https://elsewhere.example/")

    assert answer.url == invoice.get_absolute_url()


def test_dispute_reminder_interest_and_cancellation(client, finance, invoice):
    act("invoice_reminder", invoice, client, on="2026-09-01")
    assert Invoice.objects.get().dunning_level == DunningLevel.REMINDED
    assert "Payment reminder" in client.get(invoice.get_absolute_url()).content.decode()
    assert "First notice" in client.get(f"{invoice.get_absolute_url()}letter/").content.decode()
    act("invoice_dispute", invoice, client, note="Counts twice")
    assert Invoice.objects.get().status == InvoiceStatus.DISPUTED
    act("invoice_reopen", invoice, client)
    assert Invoice.objects.get().status == InvoiceStatus.OPEN

    shown = client.get(f"{invoice.get_absolute_url()}interest/").content.decode()
    assert "To charge" in shown
    answer = act("invoice_interest", invoice, client, through="2026-09-13")
    interest = Invoice.objects.get(kind="interest")
    assert (answer.url, interest.amount) == (interest.get_absolute_url(), 6000)
    assert "30" in client.get(interest.get_absolute_url()).content.decode()
    again = act("invoice_interest", invoice, client, through="2026-09-13")
    assert "is charged already" in again.content.decode()
    assert "Cancel that invoice first" in act("invoice_cancel", invoice, client, reason="Wrong").content.decode()
    act("invoice_cancel", interest, client, reason="Goodwill")
    act("invoice_cancel", invoice, client, reason="Wrong")
    assert set(Invoice.objects.values_list("status", flat=True)) == {InvoiceStatus.CANCELLED}
    note = CreditNote.objects.get(cancels=invoice)
    assert client.get(note.get_absolute_url()).status_code == 200


def test_dates_of_an_invoice_are_written_for_the_reader(client, finance, invoice):
    payment = payment_to(invoice, 300_000, received_on=dt.date(2026, 9, 3))
    allocate_payment(payment=payment, parts=[Part(invoice.pk)], by=finance)
    invoice.refresh_from_db()
    act("invoice_reminder", invoice, client, on="2026-09-20", level=DunningLevel.REMINDED, version=invoice.version)

    for address in (invoice.get_absolute_url(), reverse("royalties:invoice_letter", args=[invoice.pk])):
        page = client.get(address).content.decode()
        assert "20 Sept 2026" in page or "letter" in address
        assert re.findall(r">[^<]*\d{4}-\d\d-\d\d[^<]*<", page) == []


def test_gain_on_a_payment_in_another_currency_shows_what_it_was_worth(client, finance, invoice):
    FxRateFactory(base="EUR", quote="USD", on=invoice.issued_on, rate=Decimal("1.25"))
    take_rates(invoice=invoice, by=finance)
    payment = payment_to(invoice, 450_000, currency="EUR", payer=None, payer_name="")
    allocate_payment(
        payment=payment, parts=[Part(invoice.pk, amount=Decimal(500_000), source_amount=Decimal(450_000))], by=finance
    )

    page = " ".join(client.get(invoice.get_absolute_url()).content.decode().split())

    assert '50,000.00<div class="hint">0.8 → 0.9</div>' in page
    assert '<div class="hint" dir="auto">EUR 450,000.00 at 1.11111111</div>' in page


def test_credit_note_offers_the_open_invoices_of_its_licensee(client, finance, invoice):
    note = CreditNoteFactory(agreement=invoice.agreement, licensor=invoice.licensor)
    InvoiceFactory()
    address = reverse("royalties:invoice_credit", args=[invoice.pk]) + f"?credit_note={note.pk}"

    page = client.get(note.get_absolute_url()).content.decode()
    form = client.get(address).context["form"]

    assert re.findall(r'href="([^"]*credit_note=[^"]*)"', page) == [address]
    assert (form["credit_note"].value(), form["amount"].value()) == (note.pk, Decimal(1000))
    assert "credit_note" not in client.get(f"{address}0").context["form"].initial
    act("invoice_credit", invoice, client, credit_note=note.pk, amount="1000", on="2026-09-01")
    assert "Open invoices of the licensee" not in client.get(note.get_absolute_url()).content.decode()


def test_credit_note_is_used_and_repaid(client, finance, invoice):
    note = CreditNoteFactory(agreement=invoice.agreement)

    act("invoice_credit", invoice, client, credit_note=note.pk, amount="400", on="2026-09-01")
    act("credit_note_repay", note, client, amount="600", on="2026-09-01")
    page = client.get(note.get_absolute_url()).content.decode()
    assert invoice.code in page
    assert CreditNote.objects.with_left().get().left == 0
    assert f">{note}<" not in page
    act("credit_note_take_back", note, client)
    assert CreditNote.objects.with_left().get().left == 600


def test_payment_is_entered_allocated_and_set_aside(client, finance, invoice):
    sent = {
        "licensor": invoice.licensor_id,
        "received_on": "2026-08-14",
        "currency": "usd",
        "amount": "1500000",
        "reference": f"{invoice.code} with thanks",
        "bank_reference": "B-1",
    }
    client.post(reverse("royalties:payment_new"), sent)
    payment = Payment.objects.get()
    again = client.post(reverse("royalties:payment_new"), sent)
    assert "was entered already" in again.content.decode() or "already exists" in again.content.decode()
    page = client.get(payment.get_absolute_url()).content.decode()
    assert "Its number is in the remittance text" in page

    refused = act("payment_allocate", payment, client, **{f"amount-{invoice.pk}": "1000000.01"})
    assert refused.status_code == 422
    assert "1000000.01" in refused.content.decode()
    assert "is not an amount" in act("payment_allocate", payment, client, **{"amount-1": "ten"}).content.decode()
    assert act("payment_allocate", payment, client, **{"amount-999999": "5"}).status_code == 422
    assert act("payment_allocate", payment, client).status_code == 422
    act("payment_allocate", payment, client, **{f"amount-{invoice.pk}": "1,000,000"})
    assert Payment.objects.with_left().get().left == 500_000
    act("payment_ignore", payment, client, is_ignored="1")
    assert not Payment.objects.get().is_ignored  # a part of it is allocated


def test_reconcile_accepts_sets_aside_and_undoes(client, finance, invoice):
    payment = payment_to(invoice, reference=f"Invoice {invoice.code}")
    other = payment_to(invoice, 17, reference="Refund of a phone bill")
    page = client.get("/royalties/reconcile/").content.decode()
    assert "Its number is in the remittance text" in page
    assert "No invoice is like it." in page

    def send(**sent):
        return client.post("/royalties/reconcile/", sent, headers=HTMX).content.decode()

    answer = send(action="accept", payment=payment.pk, invoices=invoice.pk)
    allocation = Allocation.objects.get()
    assert "USD\xa01,000,000.00 set against" in answer
    send(action="undo", allocations=allocation.pk)
    assert not Allocation.objects.exists()
    assert "taken back already" in send(action="undo", allocations=allocation.pk)
    send(action="ignore", payment=other.pk)
    assert Payment.objects.get(pk=other.pk).is_ignored
    send(action="restore", payment=other.pk)
    assert not Payment.objects.get(pk=other.pk).is_ignored
    assert "There is no such invoice" in send(action="accept", payment=payment.pk, invoices="999999,x")
    assert "Choose what to do" in send(action="burn", payment=payment.pk)
    assert client.post("/royalties/reconcile/", {"action": "accept", "payment": "x"}).status_code == 404


def test_reconcile_takes_several_invoices_that_the_text_names(client, finance, invoice):
    second = InvoiceFactory(agreement=invoice.agreement, statement__agreement=invoice.agreement)
    payment = payment_to(invoice, 1_500_000, reference=f"{invoice.code} / {second.code.lower()}")
    page = client.get("/royalties/reconcile/").content.decode()
    assert "All are named in the remittance text" in page

    client.post(
        "/royalties/reconcile/",
        {"action": "accept", "payment": payment.pk, "invoices": f"{invoice.pk},{second.pk}"},
    )

    assert sorted(Invoice.objects.with_balance().values_list("outstanding", flat=True)) == [0, 500_000]


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.BUSINESS_DEVELOPMENT, Role.MANAGER])
def test_others_read_and_do_not_write(client, role, invoice):
    client.force_login(UserFactory(role=role))
    payment = payment_to(invoice)

    for path in (RECEIVABLES, invoice.get_absolute_url(), payment.get_absolute_url(), "/royalties/reconcile/"):
        assert client.get(path).status_code == 200
    for name, row in (
        ("invoice_settle", invoice),
        ("invoice_deduct", invoice),
        ("invoice_cancel", invoice),
        ("invoice_interest", invoice),
        ("payment_edit", payment),
        ("payment_allocate", payment),
        ("payment_ignore", payment),
    ):
        assert act(name, row, client).status_code == 403, name
    sent = {"action": "accept", "payment": payment.pk, "invoices": invoice.pk}
    assert client.post("/royalties/reconcile/", sent).status_code == 403
    assert client.get("/royalties/payments/import/").status_code == 403


def test_invoice_page_queries_do_not_grow(client, finance, invoice, fetch_raise, django_assert_num_queries):
    for queries in (10, 10):
        for amount in (5, 6):
            allocate_payment(payment=payment_to(invoice, 50), parts=[Part(invoice.pk, Decimal(amount))], by=finance)
        with django_assert_num_queries(queries):
            assert client.get(invoice.get_absolute_url()).status_code == 200


def test_another_agreement_of_the_licensor_is_offered_for_a_payment(client, finance, invoice):
    other = InvoiceFactory(statement__agreement=AgreementFactory(licensor=invoice.licensor))

    page = client.get(payment_to(invoice, 7).get_absolute_url()).content.decode()

    assert f"amount-{other.pk}" in page
