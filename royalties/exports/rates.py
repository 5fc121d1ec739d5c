"""The columns of the list of needed exchange rates as a file."""

from django.utils.translation import gettext_lazy as _

from lrs_tracker.exports import Column
from royalties.domain.needed_rates import NeededRate

COLUMNS = [
    Column[NeededRate](_("State"), lambda needed: needed.state.label),
    Column[NeededRate](_("One unit of"), lambda needed: needed.key.base),
    Column[NeededRate](_("Buys units of"), lambda needed: needed.key.quote),
    Column[NeededRate](_("Date"), lambda needed: needed.key.on),
    Column[NeededRate](_("Kind"), lambda needed: needed.key.kind.label),
    Column[NeededRate](
        _("Waiting"), lambda needed: ", ".join(f"{use.agreement.code} {use.name}" for use in needed.uses)
    ),
    Column[NeededRate](_("Amount to convert"), lambda needed: needed.amount),
    Column[NeededRate](_("Currency"), lambda needed: needed.key.base),
    Column[NeededRate](_("Rate"), lambda needed: round(needed.known.rate, 10) if needed.known else None),
    Column[NeededRate](_("Date of the rate"), lambda needed: needed.known.on if needed.known else None),
    Column[NeededRate](_("How it follows"), lambda needed: needed.known.way.label if needed.known else None),
    Column[NeededRate](_("Source"), lambda needed: needed.known.source if needed.known else None),
]
