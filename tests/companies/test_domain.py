import datetime as dt

import pytest

from accounts.enums import Role
from companies.domain.companies import archive_company, change_company, create_company, restore_company
from companies.domain.contacts import add_contact, change_contact
from companies.domain.directory import companies_above, similar_companies, tree_of
from companies.domain.facts import add_fact, delete_fact, group_facts
from companies.models import Company, SourcedFact
from lrs_tracker.problems import DomainError, PermissionRefusedError, StaleVersionError
from tests.accounts.factories import UserFactory
from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def test_create_company_refuses_a_taken_name_in_words():
    CompanyFactory(name="Norvik Motors", country="NO")

    with pytest.raises(DomainError, match="There is a company of this name in this country already"):
        create_company(values={"name": "NORVIK motors", "country": "NO"}, by=UserFactory())


def test_change_company_refuses_a_parent_below_it_at_the_field():
    top = CompanyFactory()
    below = CompanyFactory(parent=top)

    with pytest.raises(DomainError, match="cannot be its own parent") as refusal:
        change_company(company=top, values={"parent": below}, by=UserFactory())

    assert refusal.value.field == "parent"
    top.refresh_from_db()
    assert top.parent_id is None


def test_change_company_raises_the_version_only_when_something_changes():
    company = CompanyFactory(name="Before")
    user = UserFactory()

    same = change_company(company=company, values={"name": "Before"}, by=user)
    changed = change_company(company=company, values={"name": "After"}, by=user)

    assert (same.version, changed.version, changed.name) == (1, 2, "After")


def test_change_company_refuses_an_older_version():
    company = CompanyFactory()
    change_company(company=company, values={"name": "First"}, expected_version=1, by=UserFactory())

    with pytest.raises(StaleVersionError):
        change_company(company=company, values={"name": "Second"}, expected_version=1, by=UserFactory())


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.FINANCE])
def test_change_company_needs_the_right(role):
    with pytest.raises(PermissionRefusedError):
        change_company(company=CompanyFactory(), values={"name": "X"}, by=UserFactory(role=role))


def test_archive_company_keeps_the_first_time_and_restore_clears_it():
    user, company = UserFactory(), CompanyFactory()

    archived = archive_company(company=company, by=user, at=AT)
    again = archive_company(company=archived, by=user, at=AT + dt.timedelta(days=1))
    restored = restore_company(company=again, by=user)

    assert (again.archived_at, restored.archived_at) == (AT, None)


def test_contact_address_that_is_taken_is_refused_in_words():
    user, contact = UserFactory(), ContactFactory(email="dana@example.com")
    other = add_contact(company=contact.company, values={"name": "Other"}, by=user)

    with pytest.raises(DomainError, match="has a contact with this e-mail address already"):
        change_contact(contact=other, values={"email": "DANA@example.com"}, by=user)


def test_facts_of_one_metric_with_two_values_are_a_conflict_and_both_are_kept():
    company = CompanyFactory()
    user = UserFactory()
    values = {"metric": "Nameplate capacity", "unit": "GWh/year", "source": "Press", "as_of": dt.date(2023, 2, 13)}
    first = add_fact(company=company, values={**values, "value": "35"}, by=user)
    second = add_fact(
        company=company,
        values={**values, "metric": "nameplate  capacity", "value": "20", "as_of": dt.date(2023, 11, 21)},
        by=user,
    )

    (group,) = group_facts(SourcedFact.objects.filter(company=company))

    assert group.facts == [second, first]
    assert group.is_conflict


def test_facts_of_two_periods_or_of_the_same_value_are_no_conflict():
    facts = [
        SourcedFactFactory(period="2023", value="10"),
        SourcedFactFactory(period="2024", value="20"),
        SourcedFactFactory(period="2024", value=" 20 "),
    ]

    groups = group_facts(facts)

    assert [(group.period, group.is_conflict) for group in groups] == [("2023", False), ("2024", False)]


def test_delete_fact_needs_the_right():
    with pytest.raises(PermissionRefusedError):
        delete_fact(fact=SourcedFactFactory(), by=UserFactory(role=Role.FINANCE))


def test_tree_lists_each_root_followed_by_those_below_it_by_name(django_assert_num_queries):
    top = CompanyFactory(name="Top")
    CompanyFactory(name="Z", parent=top)
    child = CompanyFactory(name="A", parent=top)
    CompanyFactory(name="Below A", parent=child)

    with django_assert_num_queries(2):
        branches = tree_of([top], companies=Company.objects.all())

    assert [(branch.company.name, branch.depth, branch.has_children) for branch in branches] == [
        ("Top", 0, True),
        ("A", 1, True),
        ("Below A", 2, False),
        ("Z", 1, False),
    ]


def test_companies_above_go_from_the_topmost_down():
    top = CompanyFactory(name="Top")
    middle = CompanyFactory(name="Middle", parent=top)

    above = companies_above(CompanyFactory(parent=middle))

    assert [company.name for company in above] == ["Top", "Middle"]


def test_similar_companies_are_found_by_key_and_by_likeness():
    for name in ("Norvik Motors", "NORVIK-MOTORS AB", "Hallberg Group"):
        CompanyFactory(name=name)

    similar = similar_companies(name="norvik motors", user=UserFactory())

    assert [company.name for company in similar] == ["Norvik Motors", "NORVIK-MOTORS AB"]


@pytest.mark.parametrize("name", ["\u200b\u200b", "Hallberg\u202e"])
def test_company_name_must_be_visible(name):
    user = UserFactory()

    with pytest.raises(DomainError) as refusal:
        create_company(values={"name": name}, by=user)
    assert refusal.value.field == "name"
    with pytest.raises(DomainError):
        change_company(company=CompanyFactory(), values={"name": name}, by=user)
