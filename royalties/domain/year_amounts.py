"""Minimums and caps per contract year."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import require_permission, write_changes
from lrs_tracker.problems import DomainError
from royalties.domain.agreement_edits import lock_for_change, no_new_contradiction, raise_version
from royalties.domain.contract_years import contract_year_on
from royalties.enums import CapWindow
from royalties.models import Agreement, Amendment, Cap, Minimum


class YearValue(NamedTuple):
    """An amount from a contract year on."""

    contract_year: int
    amount: Decimal


def set_minimums(
    *,
    agreement: Agreement,
    minimums: Sequence[YearValue],
    is_prorated: bool,
    amendment: Amendment | None = None,
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    """Set the minimums of an agreement. Raise as `set_year_amounts` does."""
    return set_year_amounts(
        agreement=agreement,
        minimums=minimums,
        rules={"prorate_minimum": is_prorated},
        amendment=amendment,
        expected_version=expected_version,
        by=by,
    )


def set_caps(
    *,
    agreement: Agreement,
    caps: Sequence[YearValue],
    window: CapWindow,
    amendment: Amendment | None = None,
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    """Set the caps of an agreement: by contract year, or one for its lifetime. Raise as `set_year_amounts` does."""
    return set_year_amounts(
        agreement=agreement,
        caps=caps,
        rules={"cap_window": window},
        amendment=amendment,
        expected_version=expected_version,
        by=by,
    )


@transaction.atomic
def set_year_amounts(
    *,
    agreement: Agreement,
    minimums: Sequence[YearValue] | None = None,
    caps: Sequence[YearValue] | None = None,
    rules: Mapping[str, Any],
    amendment: Amendment | None = None,
    expected_version: int | None = None,
    by: User,
) -> Agreement:
    """Set the minimums or caps that are given, by an amendment from the contract year in which it applies.

    `rules` are the two of the agreement that say how they apply: `prorate_minimum` and `cap_window`. Raise
    DomainError for a cap below a minimum, two amounts of one year, or a year before the amendment.
    """
    for given, permission in ((minimums, "royalties.change_minimum"), (caps, "royalties.change_cap")):
        if given is not None:
            require_permission(by, permission)
    locked = lock_for_change(agreement, amendment=amendment, expected_version=expected_version)
    with no_new_contradiction(locked):
        if minimums is not None:
            _write(locked, Minimum, minimums, amendment, field="minimums")
        if caps is not None:
            _write(locked, Cap, caps, amendment, field="caps")
        locked = write_changes(locked, rules)
    return locked


def _write(
    agreement: Agreement,
    model: type[Minimum] | type[Cap],
    amounts: Sequence[YearValue],
    amendment: Amendment | None,
    *,
    field: str,
) -> None:
    wanted = {value.contract_year: value.amount for value in amounts}
    if len(wanted) != len(amounts):
        raise DomainError(_("There are two amounts for one contract year."), field=field)
    stored = {row.contract_year: row for row in model.objects.filter(agreement=agreement)}
    changed = {year for year in {*wanted, *stored} if year not in stored or wanted.get(year) != stored[year].amount}
    if not changed:
        return
    _refuse_before(agreement, amendment, changed, field)
    with constraints_in_words(model):
        model.objects.filter(agreement=agreement, contract_year__in=changed - wanted.keys()).delete()
        for year in sorted(changed & wanted.keys()):
            if year in stored:
                write_changes(stored[year], {"amount": wanted[year], "amendment": amendment or stored[year].amendment})
            else:
                model(agreement=agreement, contract_year=year, amount=wanted[year], amendment=amendment).save()
    raise_version(agreement)


def _refuse_before(agreement: Agreement, amendment: Amendment | None, years: set[int], field: str) -> None:
    """Refuse years before the amendment's own; a lifetime has none."""
    if amendment is None or (agreement.cap_window == CapWindow.LIFETIME and field == "caps"):
        return
    first = contract_year_on(agreement, amendment.effective_on)
    if first is not None and min(years) < first:
        raise DomainError(
            _("The amendment applies from contract year %(year)s; amounts of earlier years stay.") % {"year": first},
            field=field,
        )
