"""Price indices that rates follow, with their values by year."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import refuse_unseen
from royalties.models import PriceIndex, PriceIndexValue

_RULES = {"royalties_priceindex_name_unique": (_("There is an index of this name already."), "name")}
_VALUE_RULES = {
    "royalties_priceindexvalue_positive": (_("A value must be above zero."), "observed"),
    "royalties_priceindexvalue_year_plausible": (_("Years are from 1950 to 2099."), "observed"),
}

type YearlyValues = Sequence[tuple[int, Decimal]]


@transaction.atomic
def create_index(*, values: Mapping[str, Any], observed: YearlyValues, by: User) -> PriceIndex:
    """Create an index with its values. Raise DomainError for a taken name or two values of one year."""
    require_permission(by, "royalties.add_priceindex")
    refuse_unseen(values["name"], field="name")
    index = PriceIndex(**values)
    with constraints_in_words(PriceIndex, _RULES):
        index.save()
    _write(index, observed)
    return index


@transaction.atomic
def change_index(
    *,
    index: PriceIndex,
    values: Mapping[str, Any],
    observed: YearlyValues,
    expected_version: int | None = None,
    by: User,
) -> PriceIndex:
    """Change an index and its values.

    A value that a term takes as its base stays. Raise DomainError as `create_index` does.
    """
    require_permission(by, "royalties.change_priceindex")
    refuse_unseen(values.get("name", ""), field="name")
    locked = lock_row(index, expected_version=expected_version)
    with constraints_in_words(PriceIndex, _RULES):
        locked = write_changes(locked, values)
    _write(locked, observed)
    return locked


def _write(index: PriceIndex, observed: YearlyValues) -> None:
    wanted = dict(observed)
    if len(wanted) != len(observed):
        raise DomainError(_("There are two values for one year."), field="observed")
    stored = {row.year: row for row in index.values_by_year.all()}
    based_on = index.terms.values_list("index_base_year", flat=True)
    missing = {year for year in based_on if year is not None} - wanted.keys()
    if missing:
        raise DomainError(
            _("A royalty term starts from the value of %(year)s.") % {"year": min(missing)}, field="observed"
        )
    with constraints_in_words(PriceIndexValue, _VALUE_RULES):
        index.values_by_year.filter(year__in=stored.keys() - wanted.keys()).delete()
        for year, value in wanted.items():
            if year in stored:
                write_changes(stored[year], {"value": value})
            else:
                PriceIndexValue(index=index, year=year, value=value).save()
