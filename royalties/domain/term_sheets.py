"""Term sheets of a deal: entering, changing, ordering, removing. A deal has at most four."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.models import Deal
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.domain.sandbox_terms import read_terms
from royalties.models import TermSheet

MOST_SHEETS = 4


@transaction.atomic
def create_term_sheet(*, deal: Deal, name: str, terms: Mapping[str, Any], by: User) -> TermSheet:
    """Add a version of the terms after the deal's others.

    Raise ScenarioError with the fields that are wrong, DomainError for a fifth version or a name that is taken.
    """
    require_permission(by, "royalties.add_termsheet")
    sheets = _lock(deal)
    if len(sheets) >= MOST_SHEETS:
        raise DomainError(_("A deal compares at most %(most)s versions. Delete one first.") % {"most": MOST_SHEETS})
    _check_name(name, sheets)
    read_terms(terms, sop_on=None)
    sheet = TermSheet(deal=deal, position=len(sheets) + 1, name=name, terms=dict(terms))
    sheet.save()
    return sheet


@transaction.atomic
def change_term_sheet(
    *, sheet: TermSheet, name: str, terms: Mapping[str, Any], expected_version: int | None = None, by: User
) -> TermSheet:
    """Change a version's name and terms. Raise as `create_term_sheet` does, StaleVersionError for an older version."""
    require_permission(by, "royalties.change_termsheet")
    others = [one for one in _lock(sheet.deal) if one.pk != sheet.pk]
    locked = lock_row(sheet, expected_version=expected_version)
    _check_name(name, others)
    read_terms(terms, sop_on=None)
    return write_changes(locked, {"name": name, "terms": dict(terms)})


@transaction.atomic
def rename_term_sheet(*, sheet: TermSheet, name: str, expected_version: int | None = None, by: User) -> TermSheet:
    """Give a version another name."""
    require_permission(by, "royalties.change_termsheet")
    others = [one for one in _lock(sheet.deal) if one.pk != sheet.pk]
    locked = lock_row(sheet, expected_version=expected_version)
    _check_name(name, others)
    return write_changes(locked, {"name": name})


@transaction.atomic
def duplicate_term_sheet(*, sheet: TermSheet, by: User) -> TermSheet:
    """Add a copy of a version, with a name of its own. Raise DomainError for a fifth version."""
    require_permission(by, "royalties.add_termsheet")
    sheets = _lock(sheet.deal)
    if len(sheets) >= MOST_SHEETS:
        raise DomainError(_("A deal compares at most %(most)s versions. Delete one first.") % {"most": MOST_SHEETS})
    copy = TermSheet(deal=sheet.deal, position=len(sheets) + 1, name=_copy_name(sheet.name, sheets), terms=sheet.terms)
    copy.save()
    return copy


@transaction.atomic
def move_term_sheet(*, sheet: TermSheet, places: int, by: User) -> None:
    """Move a version by so many places, to the left if negative; the ends of the row stop it."""
    require_permission(by, "royalties.change_termsheet")
    sheets = _lock(sheet.deal)
    here = next(place for place, one in enumerate(sheets) if one.pk == sheet.pk)
    there = min(max(here + places, 0), len(sheets) - 1)
    sheets.insert(there, sheets.pop(here))
    _number(sheets)


@transaction.atomic
def delete_term_sheet(*, sheet: TermSheet, by: User) -> None:
    """Delete a version; those after it move up. An agreement made from it stays."""
    require_permission(by, "royalties.delete_termsheet")
    others = [one for one in _lock(sheet.deal) if one.pk != sheet.pk]
    sheet.delete()
    _number(others)


def _lock(deal: Deal) -> list[TermSheet]:
    """Return the deal's versions in order; nobody else changes them until the transaction ends."""
    Deal.objects.select_for_update(of=("self",)).get(pk=deal.pk)
    return list(TermSheet.objects.filter(deal=deal).order_by("position"))


def _number(sheets: list[TermSheet]) -> None:
    """Give versions their places from 1; positions may coincide until the transaction ends."""
    for place, sheet in enumerate(sheets, start=1):
        write_changes(sheet, {"position": place})


def _check_name(name: str, others: list[TermSheet]) -> None:
    refuse_unseen(name, field="name")
    if not name.strip():
        raise DomainError(_("Give the version a name."), field="name")
    if any(one.name.casefold() == name.casefold() for one in others):
        raise DomainError(_("Another version has this name."), field="name")


def _copy_name(name: str, sheets: list[TermSheet]) -> str:
    taken = {sheet.name for sheet in sheets}
    longest = TermSheet._meta.get_field("name").max_length or 80
    for number in range(2, MOST_SHEETS + 2):
        copy = f"{name[: longest - 2]} {number}"
        if copy not in taken:
            break
    return copy
