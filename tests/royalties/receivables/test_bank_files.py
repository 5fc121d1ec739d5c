"""Bank files: read, checked, taken in once."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.enums import Role
from lrs_tracker.problems import DomainError
from royalties.domain.bank_csv import Mapping, guess_mapping, read_bookings, read_sheet
from royalties.domain.bank_files import check_bank_file, check_bookings, propose_mapping, read_bank_file, take_in
from royalties.domain.camt import read_camt
from royalties.enums import PaymentSource
from royalties.models import BankImport, Payment
from tests.accounts.factories import UserFactory
from tests.deals.factories import TODAY
from tests.royalties.factories import LicensorFactory

CSV = """Buchungstag;Name Zahlungsbeteiligter;Verwendungszweck;Betrag;Währung;Referenz
14.08.2026;Larkspur Motors Inc;Rechnung INV-0001;1.234.567,89;EUR;A1
15.08.2026;Stadtwerke;Strom;-120,50;EUR;A2
16.08.2026;Kurogane KK;Royalty;1.000,00;EUR;
16.08.2026;Kurogane KK;Royalty;1.000,00;EUR;
bald;Niemand;?;1,00;EUR;A3
17.08.2026;Niemand;?;viel;EUR;A4
"""
ENTRY = """
<Ntry>{amount}<CdtDbtInd>{direction}</CdtDbtInd>{reversal}<Sts>{status}</Sts>
<BookgDt><Dt>2026-08-14</Dt></BookgDt>{reference}<NtryDtls>{details}</NtryDtls></Ntry>
"""
DETAILS = """
<TxDtls><Refs>{reference}<EndToEndId>E2E-7</EndToEndId></Refs>{amount}
<RltdPties><Dbtr>{payer}</Dbtr></RltdPties>
<RmtInf><Ustrd>Invoice INV-0001</Ustrd><Ustrd>Q2 royalty</Ustrd>
<Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>
"""


def camt(*entries, version="02"):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><Stmt><Id>S1</Id>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>{"".join(entries)}</Stmt></BkToCstmrStmt></Document>
""".encode()


def amount_of(amount, currency="EUR"):
    return f'<Amt Ccy="{currency}">{amount}</Amt>'


def entry(amount="100.00", *, direction="CRDT", reversal="", status="BOOK", reference="R1", details=None):
    named = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return ENTRY.format(
        amount=amount_of(amount),
        direction=direction,
        reversal=reversal,
        status=status,
        reference=named,
        details=transaction() if details is None else details,
    )


def transaction(amount="", reference="", payer="<Nm>Larkspur Motors</Nm>"):
    return DETAILS.format(amount=amount, reference=reference, payer=payer)


@pytest.fixture
def finance(db):
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def licensor(db):
    return LicensorFactory()


def test_german_csv_is_understood():
    sheet = read_sheet(CSV.encode("cp1252"))
    mapping = guess_mapping(sheet, default_currency="EUR")
    bookings = read_bookings(sheet, mapping)

    assert (mapping.date_format, mapping.decimal) == ("%d.%m.%Y", ",")
    first = bookings[0]
    assert (first.booked_on, first.amount, first.payer_name, first.text, first.bank_reference, first.skipped) == (
        dt.date(2026, 8, 14),
        Decimal("1234567.89"),
        "Larkspur Motors Inc",
        "Rechnung INV-0001",
        "A1",
        "",
    )
    assert [str(each.skipped) for each in bookings[1:]] == [
        "Money that left the account",
        "",
        "",
        "“bald” is not a day in this format",
        "“viel” is not an amount",
    ]
    # Two bookings that say the same are two; in another file they are the same two.
    assert bookings[2].bank_reference != bookings[3].bank_reference
    assert read_bookings(sheet, mapping)[3].bank_reference == bookings[3].bank_reference


@pytest.mark.parametrize("version", ["02", "04", "08"])
def test_camt_in_every_version(version):
    payer = "<Nm>Larkspur Motors</Nm>" if version == "02" else "<Pty><Nm>Larkspur Motors</Nm></Pty>"
    status = "BOOK" if version == "02" else "<Cd>BOOK</Cd>"
    (booking,) = read_camt(camt(entry("1234.50", status=status, details=transaction(payer=payer)), version=version))

    assert (booking.amount, booking.currency, booking.booked_on) == (Decimal("1234.50"), "EUR", dt.date(2026, 8, 14))
    assert booking.payer_name == "Larkspur Motors"
    assert booking.text == "Invoice INV-0001 Q2 royalty RF18539007547034 E2E-7"
    assert booking.bank_reference == "DE89370400440532013000:R1"
    assert booking.skipped == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"direction": "DBIT"}, "Money that left the account"),
        ({"direction": "DBIT", "reversal": "<RvslInd>true</RvslInd>"}, "A reversal: look for the payment"),
        ({"status": "PDNG"}, "Not booked yet"),
        ({"amount": "1e5"}, "cannot be read"),
        ({"amount": "0.00"}, "cannot be read"),
    ],
)
def test_camt_entries_that_are_no_payments(change, why):
    (booking,) = read_camt(camt(entry(**change)))

    assert why in str(booking.skipped)


def test_camt_batch_is_taken_apart_where_it_adds_up():
    parts = [transaction(amount_of("60.00"), f"<AcctSvcrRef>T{number}</AcctSvcrRef>") for number in (1, 2)]
    whole = entry("120.00", details="".join(parts))
    unlike = entry("130.00", details="".join(parts), reference="R2")
    bare = entry("7.00", details="", reference="")
    same = entry("120.00", details=transaction(amount_of("60.00")) * 2, reference="R3")

    found = read_camt(camt(whole, unlike, bare, same))

    assert [(each.amount, each.bank_reference.removeprefix("DE89370400440532013000:")) for each in found[:3]] == [
        (60, "T1"),
        (60, "T2"),
        (130, "R2"),
    ]
    assert found[3].bank_reference.startswith("content:")
    assert [each.bank_reference[-4:] for each in found[4:]] == ["R3/1", "R3/2"]
    assert [each.place for each in found] == ["1", "2", "3", "4", "5", "6"]


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><d>&b;</d>"""
)
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>"""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "defines entities"),
        (OUTSIDE, "defines entities"),
        (b"<Document><a></Document>", "not readable as XML"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "not readable as XML"),
        (b"<a>" * 20_000, "not readable as XML"),
        (b"<a/>", "not a bank statement in the format CAMT.053"),
        (camt(entry()).replace(b"camt.053", b"camt.054"), "not a bank statement"),
        (b"Date,Amount\n", "no bookings"),
        (b"Date,Date\n1,2\n", "name each column once"),
        (b"Date\0,Amount\n1,2\n", "not text"),
        (b"Foo,Bar\n1,2\n", "which column has the day"),
        (b'Date,Amount\n"' + b"x" * 200_000 + b'",2\n', "cannot be read as CSV"),
        (b"Date,Amount\n" + b"2026-01-01,1\n" * 20_001, "more than 20,000"),
    ],
)
def test_hostile_files_are_refused_in_words(content, words):
    with pytest.raises(DomainError, match=words):
        read_bank_file(content)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.csv", b"", "empty"), ("a.csv", b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"), ("../a", b"x", "Rename")],
)
def test_unfit_files_are_refused(licensor, name, content, words):
    with pytest.raises(DomainError, match=words):
        check_bank_file(content=content, name=name, licensor=licensor)


def test_file_is_taken_in_once_and_bookings_too(finance, licensor):
    content = camt(entry("100.00", reference="R1"), entry("200.00", reference="R2"), entry(direction="DBIT"))

    taken = take_in(content=content, name="august.xml", licensor=licensor, by=finance, today=TODAY)

    assert (taken.source, taken.row_count, taken.new_count) == (PaymentSource.CAMT, 3, 2)
    assert list(Payment.objects.order_by("pk").values_list("amount", "payer_name", "source")) == [
        (100, "Larkspur Motors", PaymentSource.CAMT),
        (200, "Larkspur Motors", PaymentSource.CAMT),
    ]
    with pytest.raises(DomainError, match="taken in already"):
        take_in(content=content, name="again.xml", licensor=licensor, by=finance, today=TODAY)
    with pytest.raises(DomainError, match="no payment that is not here already"):
        take_in(content=content + b"\n", name="again.xml", licensor=licensor, by=finance, today=TODAY)
    more = camt(entry("200.00", reference="R2"), entry("300.00", reference="R3"))
    assert take_in(content=more, name="more.xml", licensor=licensor, by=finance, today=TODAY).new_count == 1
    assert Payment.objects.count() == 3


def test_same_booking_twice_in_a_file_counts_once(licensor):
    bookings = read_camt(camt(entry(reference="R1"), entry(reference="R1")))

    assert [each.is_new for each in check_bookings(bookings, licensor=licensor, today=TODAY)] == [True, False]


def test_booking_of_a_day_to_come_is_left_out(finance, licensor):
    content = camt(entry("100.00", reference="R1"))
    early = dt.date(2026, 8, 13)

    [checked] = check_bookings(read_camt(content), licensor=licensor, today=early)

    assert (checked.is_new, str(checked.booking.skipped)) == (False, "Dated in the future")
    with pytest.raises(DomainError, match="no payment that is not here already"):
        take_in(content=content, name="early.xml", licensor=licensor, by=finance, today=early)


def test_mapping_of_the_last_file_is_proposed_again(finance, licensor):
    header = "When,What,Much\n"
    sheet = read_sheet(f"{header}01/08/2026,INV-0001,7\n".encode())
    mapping = Mapping("When", "Much", text="What", default_currency="USD", date_format="%d/%m/%Y", header=sheet.header)
    take_in(
        content=f"{header}01/08/2026,INV-0001,7\n".encode(),
        name="a.csv",
        licensor=licensor,
        mapping=mapping,
        by=finance,
        today=TODAY,
    )

    assert propose_mapping(read_sheet(f"{header}02/08/2026,INV-0002,8\n".encode()), licensor=licensor) == mapping
    assert Payment.objects.get().received_on == dt.date(2026, 8, 1)


def test_fractions_of_a_yen_name_their_booking_and_keep_nothing(finance, licensor):
    content = b"Date,Amount,Currency\n2026-08-01,5,JPY\n2026-08-01,5.5,JPY\n"
    mapping = guess_mapping(read_sheet(content), default_currency="")

    with pytest.raises(DomainError, match="Booking 3: JPY has 0 decimals"):
        take_in(content=content, name="a.csv", licensor=licensor, mapping=mapping, by=finance, today=TODAY)
    assert not Payment.objects.exists()
    assert not BankImport.objects.exists()


def upload(client, licensor, content, name="bank.csv"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("royalties:bank_file"), {"licensor": licensor.pk, "file": file})


def test_csv_is_uploaded_checked_and_taken_in(client, finance, licensor):
    client.force_login(finance)
    page = upload(client, licensor, CSV.encode()).url

    shown = client.get(page).content.decode()
    assert "Take in 3 payments" in shown
    assert "is not a day in this format" in shown
    assert "EUR\N{NO-BREAK SPACE}1,000.00" in shown
    assert "EUR\N{NO-BREAK SPACE}−120.50" in shown
    columns = {
        "date": "Buchungstag",
        "date_format": "%d.%m.%Y",
        "amount": "Betrag",
        "decimal": ",",
        "currency": "Währung",
        "payer": "Name Zahlungsbeteiligter",
        "text": "Verwendungszweck",
        "reference": "Referenz",
    }
    wrong = client.post(page, columns | {"date_format": "%Y-%m-%d", "preview": "1"}).content.decode()
    assert "Take in" not in wrong
    assert client.post(page, columns | {"date": "nonsense", "take": "1"}).status_code == 422
    assert not Payment.objects.exists()
    assert client.post(page, columns | {"take": "1"}).url == "/royalties/reconcile/"
    assert Payment.objects.count() == 3
    assert client.get(page).status_code == 404
    assert "taken in already" in upload(client, licensor, CSV.encode()).content.decode()


def test_camt_is_uploaded_and_taken_in_and_a_bomb_is_not(client, finance, licensor):
    client.force_login(finance)

    assert "defines entities" in upload(client, licensor, BOMB, "a.xml").content.decode()
    page = upload(client, licensor, camt(entry()), "a.xml").url
    assert "Take in 1 payment" in client.get(page).content.decode()
    client.post(page, {"take": "1"})
    assert Payment.objects.get().reference.startswith("Invoice INV-0001")


def test_file_of_another_person_is_not_there(client, finance, licensor):
    client.force_login(finance)
    page = upload(client, licensor, camt(entry()), "a.xml").url
    client.force_login(UserFactory(role=Role.FINANCE))

    assert client.get(page).status_code == 404
