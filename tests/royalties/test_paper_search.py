"""Invoices, statements and credit notes in the search, by the numbers they are known by."""

import datetime as dt

import pytest

from accounts.enums import Role
from deals.domain.search import search
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory
from tests.deals.factories import DealFactory
from tests.royalties.factories import (
    AgreementFactory,
    CreditNoteFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    LicensorFactory,
    StatementFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def agreement():
    licensor = LicensorFactory(invoice_prefix="LRS-B2")
    return AgreementFactory(licensor=licensor, licensee=CompanyFactory(name="Meridian Motor"), title="LFP licence")


@pytest.fixture
def papers(agreement):
    """A first invoice with its first statement, and a first credit note, of Meridian Motor."""
    invoice = InvoiceFactory(statement__agreement=agreement, due_on=dt.date(2099, 1, 31))
    return invoice, invoice.statement, CreditNoteFactory(agreement=agreement)


def paths(query, user):
    return {
        str(group.label): [hit.path for hit in group.hits]
        for group in search(query, user=user)
        if group.label in {"Invoices", "Statements", "Credit notes"}
    }


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("1", "isc"),
        ("#1", "isc"),
        ("0001", "isc"),
        ("LRS-B2-0001", "i"),
        ("lrs-b2-1", "i"),
        ("LRS-B2 1", "i"),
        ("Invoice 1", "i"),
        ("LRS-B2-CN-0001", "c"),
        ("lrs-b2-cn-1", "c"),
        ("CN-1", "c"),
        ("CN 1", "c"),
        ("Credit note 1", "c"),
        ("{code}/1", "s"),
        ("{code} 1", "s"),
        ("Statement 1", "s"),
        ("Statement 1 · {code} · Meridian Motor", "s"),
        ("Meridian 1", "isc"),
        ("1 lfp", "isc"),
        ("Invoice LRS-B2-0001 Meridian", "i"),
        ("2", ""),
        ("Invoice 2", ""),
        ("INV-0001", ""),
        ("INV-CN-0001", ""),
        ("LRS-9999/1/1", ""),
        ("Northvolt 1", ""),
        ("Meridian", ""),
        ("Statement", ""),
        ("{code}", ""),
        ("1 -", "isc"),
        ("9" * 40, ""),
    ],
)
def test_search_finds_papers_by_number(finance, agreement, papers, query, kinds):
    invoice, statement, note = papers
    every = {
        "i": ("Invoices", [f"royalties/invoices/{invoice.pk}/"]),
        "s": ("Statements", [f"royalties/statements/{statement.pk}/"]),
        "c": ("Credit notes", [f"royalties/credit-notes/{note.pk}/"]),
    }

    assert paths(query.format(code=agreement.code), finance) == dict(every[kind] for kind in kinds)


def test_found_papers_say_what_they_are(finance, agreement, papers):
    # An agreement is no paper; its licensor's name may have the number too.
    hits = [
        hit
        for group in search("Meridian 1", user=finance)
        for hit in group.hits
        if hit.path.startswith("royalties") and not hit.path.startswith("royalties/agreements")
    ]

    assert [(hit.title, hit.hint.replace("\N{NO-BREAK SPACE}", " ")) for hit in hits] == [
        ("LRS-B2-0001 · Meridian Motor", "USD 1,000,000.00 · Open"),
        (f"Statement 1 · {agreement.code} · Meridian Motor", "January to June 2026 · Issued"),
        ("LRS-B2-CN-0001 · Meridian Motor", "USD 1,000.00"),
    ]


def test_addresses_of_found_papers_are_those_of_their_pages(client, finance, papers):
    client.force_login(finance)
    html = client.get("/search/", {"q": "Meridian 1"}, headers={"HX-Request": "true"}).content.decode()
    for paper in papers:
        assert f'href="{paper.get_absolute_url()}"' in html


def test_search_shows_the_latest_of_equal_numbers_first_and_at_most_six(finance):
    invoices = [InvoiceFactory(issued_on=dt.date(2026, 7, day)) for day in range(1, 9)]

    assert paths("invoice 1", finance)["Invoices"] == [f"royalties/invoices/{each.pk}/" for each in invoices[:1:-1]]


def test_draft_of_a_statement_has_no_number_to_find(finance):
    draft = StatementFactory()

    assert paths("statement 1", finance) == {}
    assert paths(f"{draft.agreement.code} 1", finance) == {}


def test_search_keeps_the_papers_of_confidential_deals_secret(papers):
    secret = AgreementFactory(deal=DealFactory(is_confidential=True))
    hidden = InvoiceFactory(statement__agreement=secret)
    CreditNoteFactory(agreement=secret)

    outsider = paths("1", UserFactory(role=Role.BUSINESS_DEVELOPMENT))

    assert outsider == {
        "Invoices": [f"royalties/invoices/{papers[0].pk}/"],
        "Statements": [f"royalties/statements/{papers[1].pk}/"],
        "Credit notes": [f"royalties/credit-notes/{papers[2].pk}/"],
    }
    assert paths(hidden.code, UserFactory(role=Role.BUSINESS_DEVELOPMENT)) == {}
    assert len(paths("1", UserFactory(role=Role.MANAGER))["Invoices"]) == 2


def test_search_finds_no_papers_for_those_who_may_see_none(papers):
    assert paths("1", UserFactory(role=False)) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_search_by_number_takes_a_fixed_number_of_queries(
    client, finance, fetch_raise, django_assert_num_queries, count
):
    for _number in range(count):
        InvoiceFactory()
        CreditNoteFactory()
        IssuedStatementFactory()
    client.force_login(finance)

    with django_assert_num_queries(9):  # the user with permissions, and one a kind
        client.get("/search/", {"q": "1"}, headers={"HX-Request": "true"})
