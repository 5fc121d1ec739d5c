"""Companies, contacts and facts for tests."""

import datetime as dt

import factory

from companies.models import Company, Contact, SourcedFact


class CompanyFactory(factory.django.DjangoModelFactory):
    """An OEM."""

    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")


class ContactFactory(factory.django.DjangoModelFactory):
    """A person at a company."""

    class Meta:
        model = Contact

    company = factory.SubFactory(CompanyFactory)
    name = factory.Sequence(lambda n: f"Contact {n}")


class SourcedFactFactory(factory.django.DjangoModelFactory):
    """A fact about a company."""

    class Meta:
        model = SourcedFact

    company = factory.SubFactory(CompanyFactory)
    metric = "nameplate capacity"
    value = "35"
    unit = "GWh/year"
    source = "Press"
    as_of = dt.date(2024, 1, 31)
