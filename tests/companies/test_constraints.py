import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests.companies.factories import CompanyFactory, ContactFactory, SourcedFactFactory

pytestmark = pytest.mark.django_db


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"name": ""}, "name_not_blank"),
        ({"kind": "club"}, "kind_known"),
        ({"country": "de"}, "country_code"),
        ({"country": "D1"}, "country_code"),
    ],
)
def test_company_constraint_holds_in_the_database(values, constraint):
    with refused(f"companies_company_{constraint}"), transaction.atomic():
        CompanyFactory(**values)


def test_company_name_is_unique_in_a_country_whatever_its_letters_and_spaces():
    CompanyFactory(name="GTX-Pro AG", country="DE")
    CompanyFactory(name="GTX-Pro AG", country="FR")

    with refused("companies_company_name_unique"), transaction.atomic():
        CompanyFactory(name="gtxpro ag", country="DE")


def test_company_cannot_be_its_own_parent():
    company = CompanyFactory()
    company.parent = company

    with refused("cannot be its own parent"), transaction.atomic():
        company.save()


def test_company_cannot_stand_below_its_own_child():
    top = CompanyFactory()
    middle = CompanyFactory(parent=top)
    bottom = CompanyFactory(parent=middle)
    top.parent = bottom

    with refused("cannot be its own parent"), transaction.atomic():
        top.save()


def test_contact_needs_a_name():
    with refused("companies_contact_name_not_blank"), transaction.atomic():
        ContactFactory(name="")


def test_contact_address_is_unique_in_its_company_in_any_letters():
    company = CompanyFactory()
    ContactFactory(company=company, email="dana@example.com")
    ContactFactory(email="dana@example.com")
    ContactFactory(company=company, email="")
    ContactFactory(company=company, email="")

    with refused("companies_contact_email_unique"), transaction.atomic():
        ContactFactory(company=company, email="Dana@example.com")


@pytest.mark.parametrize("field", ["metric", "value", "source"])
def test_fact_is_complete(field):
    with refused("companies_sourcedfact_complete"), transaction.atomic():
        SourcedFactFactory(**{field: ""})


@pytest.mark.parametrize("as_of", [dt.date(1900, 1, 1), dt.date(2100, 1, 1)])
def test_fact_date_is_plausible(as_of):
    with refused("companies_sourcedfact_date_plausible"), transaction.atomic():
        SourcedFactFactory(as_of=as_of)
