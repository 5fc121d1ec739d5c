"""The list of statements, and the overview."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.enums import Role
from royalties.enums import StatementStatus
from tests.accounts.factories import UserFactory
from tests.deals.factories import DealFactory
from tests.royalties.factories import AgreementFactory, IssuedStatementFactory, StatementFactory
from tests.royalties.statements.desk import FIRST_ISSUE, draft, finance, make_agreement, report

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_fixed_number_of_queries(client, rows, fetch_raise, django_assert_num_queries):
    IssuedStatementFactory.create_batch(rows)
    client.force_login(finance())
    client.get(reverse("royalties:statements"))
    with django_assert_num_queries(8):
        client.get(reverse("royalties:statements"))


@pytest.mark.parametrize("rows", [1, 3])
def test_statement_takes_a_fixed_number_of_queries(client, rows, request, django_assert_num_queries):
    agreement = make_agreement()
    for _row in range(rows - 1):
        StatementFactory(agreement=make_agreement())
    report(agreement, "2026-01", "9", through="2026-06", at=FIRST_ISSUE)
    statement = draft(agreement, FIRST_ISSUE)
    client.force_login(finance())
    request.getfixturevalue("fetch_raise")
    client.get(statement.get_absolute_url())
    with django_assert_num_queries(27):
        client.get(statement.get_absolute_url())


def test_list_filters_sorts_and_adds_up_by_currency(client):
    dollars = IssuedStatementFactory(agreement=AgreementFactory(currency="USD", title="Dollars"))
    euros = StatementFactory(agreement=AgreementFactory(currency="EUR"), period_end=dt.date(2027, 6, 30))
    client.force_login(finance())
    url = reverse("royalties:statements")
    for query in ({"currency": "USD"}, {"q": "dollars"}, {"status": "issued"}, {"year": 2026}):
        assert list(client.get(url, query).context["page"]) == [dollars]
    for query in ({"agreement": euros.agreement.pk}, {"licensee": euros.agreement.licensee_id}):
        assert list(client.get(url, query).context["page"]) == [euros]
    assert list(client.get(url, {"sort": "period"}).context["page"]) == [dollars, euros]
    totals = client.get(url).context["totals"]
    assert [(total["currency"], total["payable"], total["count"]) for total in totals] == [
        ("EUR", 0, 1),
        ("USD", 1_000_000, 1),
    ]


@pytest.mark.parametrize(
    "query", ["?status=x&agreement=x&licensee=999&year=x&currency=%00", "?year=99999999999&sort=x"]
)
def test_list_answers_nonsense_filters_calmly(client, query):
    client.force_login(finance())
    assert client.get(reverse("royalties:statements") + query).status_code == 200


def test_export_holds_the_filtered_list(client):
    IssuedStatementFactory(agreement=AgreementFactory(title="=Evil"))
    StatementFactory()
    client.force_login(finance())
    response = client.get(reverse("royalties:statements"), {"status": "issued", "export": "csv"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=Evil" in lines[1]


def test_confidential_statements_are_on_no_list_and_in_no_total(client):
    IssuedStatementFactory(agreement=AgreementFactory(deal=DealFactory(is_confidential=True)))
    client.force_login(finance())
    page = client.get(reverse("royalties:statements"))
    assert (list(page.context["page"]), list(page.context["totals"])) == ([], [])
    assert client.get(reverse("royalties:overview")).context["owed"] == []


def test_overview_lists_what_is_to_be_done(client):
    waiting = make_agreement()
    report(waiting, "2026-01", "9", through="2026-06", at=FIRST_ISSUE)
    drafted = draft(make_agreement(), FIRST_ISSUE)
    disputed = IssuedStatementFactory(status=StatementStatus.DISPUTED, dispute_reason="June")
    client.force_login(finance())
    context = client.get(reverse("royalties:overview")).context
    assert waiting in [due.agreement for due in context["due"]]
    assert (context["drafts"], context["disputed"]) == ([drafted], [disputed])


@pytest.mark.parametrize("role", list(Role))
def test_pages_by_role(client, role):
    statement = IssuedStatementFactory()
    client.force_login(UserFactory(role=role))
    for name in ("statement", "statement_pdf", "statement_csv", "statement_json"):
        assert client.get(reverse(f"royalties:{name}", args=[statement.pk])).status_code == 200
    is_allowed = role in {Role.FINANCE, Role.ADMINISTRATOR}
    response = client.post(reverse("royalties:statement_resolve", args=[statement.pk]))
    assert response.status_code == (302 if is_allowed else 403)
