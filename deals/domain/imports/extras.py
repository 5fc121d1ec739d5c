"""Next steps, notes and contacts that rows bring, and which of them are there already."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from companies.models import Company, Contact
from deals.domain.imports.cells import ParsedRow
from deals.domain.imports.mapping import ImportMap, value_key
from deals.domain.imports.plans import Extras
from deals.domain.imports.problems import CellError, short
from deals.enums import ContactRole
from deals.models import Deal, DealContact, Note, Task


class ExtrasBook:
    """What the deals that a file is about have already, so that nothing is added twice."""

    def __init__(self, *, import_map: ImportMap, deals: Iterable[Deal], companies: Iterable[Company]) -> None:
        fields = import_map.fields
        ids = [deal.pk for deal in deals]
        self._may_create_contact = "contact" in import_map.create
        self._tasks: set[tuple[Any, ...]] = set()
        self._notes: set[tuple[Any, ...]] = set()
        self._links: set[tuple[Any, ...]] = set()
        self._contacts: dict[tuple[Any, str], Contact] = {}
        if "next_step" in fields:
            self._tasks.update(Task.objects.filter(deal__in=ids).values_list("deal_id", "title", "due_on"))
        if "notes" in fields:
            self._notes.update(Note.objects.filter(deal__in=ids).values_list("deal_id", "body"))
        if {"contact", "contact_email"} & fields:
            self._links.update(DealContact.objects.filter(deal__in=ids).values_list("deal_id", "contact_id", "role"))
            known = Contact.objects.filter(company__in=[each.pk for each in companies if each.pk])
            for contact in known.order_by("-pk"):
                self._remember(contact)

    def read(self, row: ParsedRow, company: Company, deal: Deal | None) -> tuple[Extras, list[tuple[str, str]]]:
        """Return what the row adds to its deal, and remarks as (field, text); raise CellError."""
        extras, remarks = Extras(), []
        values = row.values
        deal_id = deal.pk if deal is not None else None
        if title := values.get("next_step"):
            due_on = values.get("next_step_on")
            if due_on is None:
                remarks.append(("next_step", _("A next step needs a date; it is left out.")))
            elif (deal_id, title, due_on) not in self._tasks:
                extras.next_step = (title, due_on)
        if (note := values.get("notes")) and (deal_id, note) not in self._notes:
            extras.note = note
        if contact := self._contact(values, company):
            role = values.get("contact_role", ContactRole.OTHER)
            if contact.pk is None or (deal_id, contact.pk, role) not in self._links:
                extras.contact = (contact, role)
        return extras, remarks

    def _contact(self, values: dict[str, Any], company: Company) -> Contact | None:
        email, name = values.get("contact_email", "").lower(), values.get("contact", "")
        if not email and not name:
            return None
        found = self._contacts.get((id_of(company), email)) if email else None
        found = found or self._contacts.get((id_of(company), value_key(name)))
        if found is not None:
            return found
        if not self._may_create_contact:
            raise CellError(
                _("%(company)s has no contact “%(name)s”. Allow contacts to be made, or add the contact first.")
                % {"company": short(company), "name": short(name or email)}
            )
        contact = Contact(company=company, name=(name or email)[:120], email=email)
        self._remember(contact)
        return contact

    def _remember(self, contact: Contact) -> None:
        for key in filter(None, (contact.email.lower(), value_key(contact.name))):
            self._contacts[id_of(contact.company), key] = contact


def id_of(company: Company) -> Any:
    """Return what tells a company apart, saved or not."""
    return company.pk or id(company)
