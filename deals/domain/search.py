"""Search in everything a user may see: deals, companies, plants, contacts, and what apps above add."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from companies.models import Company, Contact
from deals.models import Deal
from deals.models.deals import deal_code
from lrs_tracker.full_text import every_word, has_words
from plants.models import Plant

PER_KIND = 6
LONGEST_QUERY = 100
_CODE = re.compile(r"(?:lrs)?[\s-]*0*([0-9]{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is called, what tells it apart, and where it is."""

    title: str
    hint: str
    path: str


@dataclass(frozen=True, slots=True)
class HitGroup:
    """The hits of one kind, the best first, and the name of its icon."""

    label: str | Promise
    icon: str
    hits: tuple[Hit, ...]


type HitSource = Callable[[str, User], HitGroup]
_sources: list[HitSource] = []


def register_source(source: HitSource) -> None:
    """Let an app above find things of its own, at most `PER_KIND`; called from `AppConfig.ready`."""
    if source not in _sources:
        _sources.append(source)


def search(query: str, *, user: User) -> list[HitGroup]:
    """Return what `user` may see that contains every word of `query`: at most six hits a kind, one query each.

    A hit ranks higher when a name is the text, then when it begins with it, then when a word of it does.
    Nothing but the rows that are visible is counted or compared.
    """
    text = " ".join(query.replace("\x00", "").split())[:LONGEST_QUERY]
    if not text:
        return []
    groups = (
        HitGroup(_("Deals"), "table", _deals(text, user)),
        HitGroup(_("Companies"), "building", _companies(text, user)),
        HitGroup(_("Plants"), "building-factory-2", _plants(text, user)),
        HitGroup(_("Contacts"), "user", _contacts(text, user)),
        *(source(text, user) for source in _sources),
    )
    return [group for group in groups if group.hits]


def has_word(word: str) -> Q:
    """Return the condition that a deal's title or company has a word."""
    # In a subquery, so that the index of each table serves it.
    return Q(title__icontains=word) | Q(
        company__in=Company.objects.filter(name__icontains=word).order_by().values("pk")
    )


def _deals(text: str, user: User) -> tuple[Hit, ...]:
    condition = every_word(text, has_word)
    code = _CODE.fullmatch(text)
    if code is not None:
        condition |= Q(pk=int(code[1]))
    deals = Deal.objects.visible_to(user).filter(condition)
    by_code = [When(pk=int(code[1]), then=0)] if code is not None else []
    found = _best(deals, text, "title", "company__name", first=by_code).values_list(
        "pk", "title", "company__name", "stage__name"
    )
    return tuple(
        Hit(f"{company} · {title}" if title else company, f"{deal_code(pk)} · {stage}", f"deals/{deal_code(pk)}/")
        for pk, title, company, stage in found
    )


def _companies(text: str, user: User) -> tuple[Hit, ...]:
    companies = Company.objects.visible_to(user).filter(has_words(text, "name"), archived_at__isnull=True)
    found = _best(companies, text, "name").values_list("pk", "name", "kind", "country")
    kinds = dict(Company._meta.get_field("kind").flatchoices)
    return tuple(Hit(name, _joined(kinds[kind], country), f"companies/{pk}/") for pk, name, kind, country in found)


def _plants(text: str, user: User) -> tuple[Hit, ...]:
    plants = Plant.objects.visible_to(user).filter(
        has_words(text, "name", "locality", "company__name"), archived_at__isnull=True
    )
    found = _best(plants, text, "name").values_list("pk", "name", "locality", "country")
    return tuple(Hit(name, _joined(locality, country), f"plants/{pk}/") for pk, name, locality, country in found)


def _contacts(text: str, user: User) -> tuple[Hit, ...]:
    contacts = Contact.objects.visible_to(user).filter(
        has_words(text, "name", "email", "company__name"), archived_at__isnull=True
    )
    found = _best(contacts, text, "name").values_list("pk", "name", "job_title", "company_id", "company__name")
    return tuple(
        Hit(name, _joined(job, company), f"companies/{company_id}/#contact-{pk}")
        for pk, name, job, company_id, company in found
    )


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _best(rows: "QuerySet[Any]", text: str, *columns: str, first: list[When] | None = None) -> "QuerySet[Any]":
    """Return the best few rows: those whose columns are, begin with, or have a word that begins with the text."""
    ranks: list[When] = list(first or ())
    looks: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("iexact", lambda found: found),
        ("istartswith", lambda found: found),
        ("icontains", lambda found: f" {found}"),
    )
    for place, (lookup, shaped) in enumerate(looks, start=1):
        ranks += [When(**{f"{column}__{lookup}": shaped(text)}, then=place) for column in columns]
    rank = Case(*ranks, default=Value(len(looks) + 1), output_field=IntegerField())
    return rows.order_by(rank, *(Lower(column) for column in columns), "-pk")[:PER_KIND]
