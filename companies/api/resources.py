"""Companies, contacts and facts as resources."""

from companies.domain.companies import archive_company, change_company, create_company, restore_company
from companies.domain.contacts import add_contact, archive_contact, change_contact, restore_contact
from companies.domain.facts import add_fact, change_fact, delete_fact
from companies.enums import CompanyKind
from companies.filters import CompanyFilter, ContactFilter, FactFilter
from companies.models import Company, Contact, SourcedFact
from lrs_tracker.api.actions import action
from lrs_tracker.api.reading import choice, date, flag, instant, key, link, text
from lrs_tracker.api.refs import Refs, refs_of
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Writer
from lrs_tracker.domain_functions import DomainFunctions


class CompanyWriter(Writer):
    """What may be written of a company."""

    refs = Refs(required=False)

    class Meta:
        model = Company
        fields = ["name", "kind", "parent", "country", "website", "about", "is_fictional", "refs"]


@register
class Companies(Resource):
    """OEMs, joint ventures, plant entities, cell makers, agencies and banks."""

    name = "companies"
    singular = "company"
    title = "Companies"
    description = "OEMs, joint ventures, plant entities, cell makers, agencies and banks."
    model = Company
    members = versioned(
        {
            "name": text("name"),
            "kind": choice("kind", CompanyKind),
            "parent": link("parent_id"),
            "country": text("country"),
            "website": text("website"),
            "about": text("about"),
            "is_fictional": flag("is_fictional"),
            "is_placeholder": flag("is_placeholder"),
            "archived_at": instant("archived_at"),
            "refs": refs_of("company"),
        }
    )
    filters = CompanyFilter
    orders = {"name": "name"}
    includes = {"parent": Include("parent", "companies")}
    creator = CompanyWriter
    changer = CompanyWriter
    domain = DomainFunctions(create=create_company, change=change_company)
    has_refs = True
    actions = {
        "archive": action("archive", archive_company, "Archive a company"),
        "restore": action("restore", restore_company, "Restore an archived company"),
    }


class _ContactFacts(Writer):
    """What may be written of a contact."""

    refs = Refs(required=False)


class ContactCreator(_ContactFacts):
    """A new contact of a company."""

    class Meta:
        model = Contact
        fields = ["company", "name", "job_title", "email", "phone", "about", "refs"]


class ContactChanger(_ContactFacts):
    """Facts of a contact, who stays with their company."""

    class Meta:
        model = Contact
        fields = ["name", "job_title", "email", "phone", "about", "refs"]


@register
class Contacts(Resource):
    """People at companies."""

    name = "contacts"
    singular = "contact"
    title = "Contacts"
    description = "A person at a company. Their role in a deal is kept on the deal."
    model = Contact
    members = versioned(
        {
            "company": key("company_id"),
            "name": text("name"),
            "job_title": text("job_title"),
            "email": text("email"),
            "phone": text("phone"),
            "about": text("about"),
            "archived_at": instant("archived_at"),
            "refs": refs_of("contact"),
        }
    )
    filters = ContactFilter
    orders = {"name": "name"}
    includes = {"company": Include("company", "companies")}
    creator = ContactCreator
    changer = ContactChanger
    domain = DomainFunctions(create=add_contact, change=change_contact)
    has_refs = True
    actions = {
        "archive": action("archive", archive_contact, "Archive a contact"),
        "restore": action("restore", restore_contact, "Restore an archived contact"),
    }


class FactCreator(Writer):
    """What a source says, about a company or about nothing that is known yet."""

    class Meta:
        model = SourcedFact
        fields = ["company", "metric", "value", "unit", "period", "as_of", "source", "source_url", "note"]


class FactChanger(Writer):
    """How a fact was taken down."""

    class Meta:
        model = SourcedFact
        fields = ["metric", "value", "unit", "period", "as_of", "source", "source_url", "note"]


@register
class Facts(Resource):
    """What sources say."""

    name = "facts"
    singular = "fact"
    title = "Sourced facts"
    description = "What a source says. A new report is a new fact, not a change of an old one."
    model = SourcedFact
    members = versioned(
        {
            "company": link("company_id"),
            "topic": text("topic"),
            "metric": text("metric"),
            "value": text("value"),
            "unit": text("unit"),
            "period": text("period"),
            "as_of": date("as_of"),
            "source": text("source"),
            "source_url": text("source_url"),
            "note": text("note"),
        }
    )
    filters = FactFilter
    orders = {"as_of": "as_of"}
    includes = {"company": Include("company", "companies")}
    creator = FactCreator
    changer = FactChanger
    domain = DomainFunctions(create=add_fact, change=change_fact, delete=delete_fact)
