"""The fields of ours that a CRM can have, and what the CRMs' standard fields for them are."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise

from companies.models import Company, Contact
from crm.enums import CrmKind, FieldKind, Resource
from deals.models import Deal

MODELS: dict[Resource, type[models.Model]] = {
    Resource.COMPANY: Company,
    Resource.CONTACT: Contact,
    Resource.DEAL: Deal,
}
# Besides these, the stage of a deal and the company of a contact or deal always go along.
STAGE, COMPANY = "stage", "company"


@dataclass(frozen=True, slots=True)
class OurField:
    """A field of one of our models that a field of a CRM may stand for."""

    resource: Resource
    name: str
    kind: FieldKind

    @property
    def label(self) -> str | Promise:
        """What people call it."""
        return MODELS[self.resource]._meta.get_field(self.name).verbose_name  # type: ignore[union-attr]  # a plain field


_NAMES: Mapping[Resource, Mapping[str, FieldKind]] = {
    Resource.COMPANY: {
        "name": FieldKind.TEXT,
        "website": FieldKind.WEBSITE,
        "country": FieldKind.COUNTRY,
        "about": FieldKind.TEXT,
    },
    Resource.CONTACT: {
        "name": FieldKind.TEXT,
        "email": FieldKind.TEXT,
        "job_title": FieldKind.TEXT,
        "phone": FieldKind.TEXT,
        "about": FieldKind.TEXT,
    },
    Resource.DEAL: {
        "title": FieldKind.TEXT,
        "annual_royalty": FieldKind.NUMBER,
        "currency": FieldKind.TEXT,
        "capacity_gwh": FieldKind.NUMBER,
        "probability_percent": FieldKind.NUMBER,
        "plant_concept": FieldKind.TEXT,
        "expected_effective_on": FieldKind.DATE,
        "signed_on": FieldKind.DATE,
        "effective_on": FieldKind.DATE,
        "expected_sop_on": FieldKind.DATE,
    },
}
FIELDS: Mapping[Resource, Mapping[str, OurField]] = {
    resource: {name: OurField(resource, name, kind) for name, kind in names.items()}
    for resource, names in _NAMES.items()
}

# The standard fields of each CRM; HubSpot has none for what we write about a contact.
DEFAULT_FIELDS: Mapping[CrmKind, Mapping[Resource, Mapping[str, str]]] = {
    CrmKind.HUBSPOT: {
        Resource.COMPANY: {"name": "name", "website": "domain", "country": "country", "about": "description"},
        Resource.CONTACT: {
            "name": "firstname lastname",
            "email": "email",
            "job_title": "jobtitle",
            "phone": "phone",
        },
        Resource.DEAL: {"title": "dealname", "annual_royalty": "amount", "expected_effective_on": "closedate"},
    },
    CrmKind.SALESFORCE: {
        Resource.COMPANY: {
            "name": "Name",
            "website": "Website",
            "country": "BillingCountry",
            "about": "Description",
        },
        Resource.CONTACT: {
            "name": "FirstName LastName",
            "email": "Email",
            "job_title": "Title",
            "phone": "Phone",
            "about": "Description",
        },
        Resource.DEAL: {"title": "Name", "annual_royalty": "Amount", "expected_effective_on": "CloseDate"},
    },
}
