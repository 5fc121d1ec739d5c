"""What is issued never changes: by the ORM, by SQL, by the admin or by a page; and numbers have no gaps."""

import contextlib
import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.enums import Role
from lrs_tracker.problems import DomainError
from royalties.domain.statements import AlreadyIssuedError, issue_statement
from royalties.models import Invoice, Statement, StatementLine
from tests.accounts.factories import UserFactory
from tests.royalties.statements.desk import FIRST_ISSUE, draft, finance, issue, make_agreement, report

BEFORE = FIRST_ISSUE - dt.timedelta(days=10)


def reported():
    """Return an agreement whose first half-year is reported."""
    agreement = make_agreement()
    report(agreement, "2026-01", "9", through="2026-06", at=BEFORE)
    return agreement


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE royalties_statement SET payable = 1, earned = 1",
        "UPDATE royalties_statement SET number = 7",
        "UPDATE royalties_statement SET terms_used = '{}'",
        "UPDATE royalties_statement SET status = 'draft'",
        "UPDATE royalties_statement SET due_on = due_on + 1",
        "DELETE FROM royalties_statement",
        "UPDATE royalties_statementline SET amount = 1",
        "UPDATE royalties_statementline SET trace = '{}'",
        "DELETE FROM royalties_statementline",
        """INSERT INTO royalties_statementline
            (statement_id, position, kind, period_end, is_adjustment, label, amount, trace)
            SELECT id, 99, 'shortfall', period_end, false, 'More', 1, '{}' FROM royalties_statement""",
    ],
)
def test_issued_statement_is_kept_against_sql(sql):
    issue(reported(), FIRST_ISSUE)
    with pytest.raises(IntegrityError, match=r"never change|never deleted"), transaction.atomic():
        connection.cursor().execute(sql)


@pytest.mark.django_db
def test_issued_statement_is_kept_against_the_orm():
    statement = issue(reported(), FIRST_ISSUE)
    for change in (
        lambda: Statement.objects.filter(pk=statement.pk).update(payable=1, earned=1),
        lambda: StatementLine.objects.filter(statement=statement).update(amount=1),
        lambda: StatementLine.objects.filter(statement=statement).delete(),
        lambda: statement.lines.first().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.django_db
def test_issued_statement_is_kept_against_pages_and_admin(client):
    statement = issue(reported(), FIRST_ISSUE)
    before = Statement.objects.values().get()
    client.force_login(UserFactory(role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True))
    for name in ("statement_issue", "statement_calculate", "statement_resolve"):
        response = client.post(reverse(f"royalties:{name}", args=[statement.pk]), {"version": statement.version})
        assert response.status_code == 302
    for page in ("change", "delete"):
        response = client.post(reverse(f"admin:royalties_statement_{page}", args=[statement.pk]), {"payable": "1"})
        assert response.status_code == 403
    assert Statement.objects.filter(pk=statement.pk).values().get() == before


@pytest.mark.django_db(transaction=True)
def test_two_people_issue_the_same_statement_at_once():
    statement = draft(reported(), FIRST_ISSUE)
    people = [UserFactory(role=Role.FINANCE, name=name) for name in ("Ada", "Grace")]
    refusals, won = [], []
    start = threading.Barrier(2)

    def run(person):
        start.wait()
        try:
            won.append(
                issue_statement(statement=statement, expected_version=statement.version, by=person, at=FIRST_ISSUE)
            )
        except AlreadyIssuedError as error:
            refusals.append(str(error))
        finally:
            connection.close()

    in_threads(run, people)
    issued = Statement.objects.get()
    assert (len(won), issued.number, Invoice.objects.count()) == (1, 1, 1)
    assert len(refusals) == 1
    assert refusals[0].startswith(f"{issued.issued_by.name} issued this statement as number 1")


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_under_concurrent_issue():
    person = finance()
    agreements = [reported() for _number in range(3)]
    days = [FIRST_ISSUE, FIRST_ISSUE + dt.timedelta(days=200)]
    for agreement in agreements:
        report(agreement, "2026-07", "3", through="2026-12", at=days[1] - dt.timedelta(days=3))

    def run(place):
        # Everybody issues what is next of every agreement; most come too late for some.
        for agreement in agreements[place % 3 :] + agreements[: place % 3]:
            for day in days:
                with contextlib.closing(connection), contextlib.suppress(DomainError):
                    issue(agreement, day, by=person)

    in_threads(run, range(8))
    for agreement in agreements:
        numbers = list(
            agreement.statements.filter(number__isnull=False).order_by("number").values_list("number", flat=True)
        )
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 2
    papers = list(Invoice.objects.order_by("licensor", "number").values_list("licensor", "number"))
    for licensor in {licensor for licensor, _number in papers}:
        numbers = [number for owner, number in papers if owner == licensor]
        assert numbers == list(range(1, len(numbers) + 1))


def in_threads(run, arguments):
    """Run a function at once with each argument."""
    errors = []

    def guarded(argument):
        try:
            run(argument)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=[argument]) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
