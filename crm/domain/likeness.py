"""Records that may be the same thing. They are suggested to people, and never paired by themselves."""

from collections.abc import Iterable, Mapping

from django.db.models import Q

from companies.domain.directory import similar_companies
from companies.models import Company, Contact
from crm.connectors.base import RemoteRecord, SearchKeys
from crm.domain.values import domain_of
from crm.enums import Likeness, Resource
from deals.models import Deal
from lrs_tracker.visibility import Viewer

_MOST = 3


def ours_like(
    resource: Resource, texts: Mapping[str, str], *, company_id: int | None, user: Viewer
) -> list[tuple[int, str, Likeness]]:
    """Return our objects that one of their records may be: id, what people call it, and why."""
    if resource == Resource.COMPANY:
        return _companies_like(texts, user)
    if resource == Resource.CONTACT:
        contacts = Contact.objects.visible_to(user).select_related("company")
        email, name = texts.get("email", ""), texts.get("name", "")
        by_email = list(contacts.filter(email__iexact=email).order_by("pk")[:_MOST]) if email else []
        found = [(contact, Likeness.EMAIL) for contact in by_email]
        if not found and company_id is not None:
            by_name = contacts.filter(company=company_id, name__iexact=name).order_by("pk")[:_MOST]
            found = [(contact, Likeness.NAME) for contact in by_name]
        return [(contact.pk, f"{contact.name}, {contact.company}", why) for contact, why in found]
    deals = (
        Deal.objects.visible_to(user).filter(company=company_id, title__iexact=texts.get("title", "")).order_by("pk")
    )
    return [(deal.pk, f"{deal.code} {deal.title}", Likeness.NAME) for deal in deals[:_MOST]]


def _companies_like(texts: Mapping[str, str], user: Viewer) -> list[tuple[int, str, Likeness]]:
    name, host = texts.get("name", ""), domain_of(texts.get("website", ""))
    found: dict[int, tuple[int, str, Likeness]] = {}
    if host:
        same_site = Company.objects.visible_to(user).filter(
            Q(website__iregex=rf"^[a-z]+://(www\.)?{_escaped(host)}([/:?#]|$)")
        )
        for company in same_site.order_by("pk")[:_MOST]:
            found[company.pk] = (company.pk, company.name, Likeness.DOMAIN)
    for company in similar_companies(name=name, user=user, limit=_MOST) if name else ():
        found.setdefault(company.pk, (company.pk, company.name, Likeness.NAME))
    return list(found.values())


def search_keys(resource: Resource, texts: Mapping[str, str]) -> SearchKeys:
    """Return by what to look there for an object of ours."""
    if resource == Resource.COMPANY:
        return SearchKeys(name=texts.get("name", ""), domain=domain_of(texts.get("website", "")))
    if resource == Resource.CONTACT:
        return SearchKeys(email=texts.get("email", ""))
    return SearchKeys(name=texts.get("title", ""))


def theirs_like(
    resource: Resource, texts: Mapping[str, str], found: Iterable[tuple[RemoteRecord, Mapping[str, str]]]
) -> list[tuple[RemoteRecord, Likeness]]:
    """Return those of their records, with their plain texts, that one of our objects may be, and why."""
    wanted = search_keys(resource, texts)
    alike = []
    for record, other in found:
        keys = search_keys(resource, other)
        if wanted.email and wanted.email.lower() == keys.email.lower():
            alike.append((record, Likeness.EMAIL))
        elif wanted.domain and wanted.domain == keys.domain:
            alike.append((record, Likeness.DOMAIN))
        elif wanted.name and wanted.name.casefold() == keys.name.casefold() and _same_company(texts, other):
            alike.append((record, Likeness.NAME))
    return alike


def _same_company(texts: Mapping[str, str], other: Mapping[str, str]) -> bool:
    mine, theirs = texts.get("company", ""), other.get("company", "")
    return not mine or not theirs or mine == theirs


def _escaped(text: str) -> str:
    return "".join(rf"\{character}" if not character.isalnum() else character for character in text)
