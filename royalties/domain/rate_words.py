"""Tiers, rates and scopes of a royalty term in words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lrs_tracker.formats import NO_BREAK, format_amount, format_number, format_percent
from plants.enums import Chemistry
from royalties.enums import Basis, EscalatorKind, FieldOfUse, TierMode, TierWindow
from royalties.models import RoyaltyTerm

_ENERGY = frozenset({Basis.ENERGY_PRODUCED, Basis.ENERGY_SOLD})
_UNITS = ((Decimal(1_000_000), "GWh"), (Decimal(1_000), "MWh"), (Decimal(1), "kWh"))
_EXACT = "#,##0.###"


class TierWords(NamedTuple):
    """A tier to read: its range and its rate."""

    range: str
    rate: str

    def __str__(self) -> str:
        return _("%(range)s at %(rate)s") % {"range": self.range, "rate": self.rate}


def tiers_in_words(
    tiers: Sequence[tuple[Decimal | None, Decimal]], *, basis: str, currency: str, window: str
) -> list[TierWords]:
    """Return each tier, given as (up to, rate), in words: “0–5 GWh”, “USD 2.00 per kWh”."""
    rates = [_rate(rate, basis, currency, window) for _up_to, rate in tiers]
    if len(tiers) == 1 and tiers[0][0] is None:
        return [TierWords(_whole(basis), rates[0])]
    scale, unit = _scale([up_to for up_to, _rate_ in tiers if up_to is not None], basis, currency)
    lower = Decimal(0)
    words = []
    for (up_to, _figure), rate in zip(tiers, rates, strict=True):
        words.append(TierWords(_range(lower, up_to, scale, unit), rate))
        lower = lower if up_to is None else up_to
    return words


def _whole(basis: str) -> str:
    if basis in _ENERGY:
        return _("every kWh")
    return {Basis.UNITS: _("every unit"), Basis.NET_SALES: _("all net sales")}.get(Basis(basis), _("lump sum"))


def _scale(bounds: Sequence[Decimal], basis: str, currency: str) -> tuple[Decimal, str]:
    if basis in _ENERGY:
        lowest = min((bound for bound in bounds if bound > 0), default=Decimal(1))
        return next(((size, unit) for size, unit in _UNITS if lowest >= size), _UNITS[-1])
    return Decimal(1), currency if basis == Basis.NET_SALES else _("units")


def _range(lower: Decimal, upper: Decimal | None, scale: Decimal, unit: str) -> str:
    low = format_number(lower / scale, pattern=_EXACT)
    if upper is None:
        return _("above %(bound)s") % {"bound": f"{low}{NO_BREAK}{unit}"}
    return f"{low}–{format_number(upper / scale, pattern=_EXACT)}{NO_BREAK}{unit}"


def _rate(rate: Decimal, basis: str, currency: str, window: str) -> str:
    if basis == Basis.NET_SALES:
        return f"{format_number(rate, pattern='#,##0.########')}{NO_BREAK}%"
    if basis == Basis.LUMP_SUM:
        return f"{format_amount(rate, currency)} {_windows()[TierWindow(window)]}"
    least = "0" * get_currency_precision(currency)
    pattern = f"#,##0.{least}{'#' * (8 - len(least))}"
    unit = _("per kWh") if basis in _ENERGY else _("per unit")
    return f"{currency}{NO_BREAK}{format_number(rate, pattern=pattern)} {unit}"


def _windows() -> dict[TierWindow, str]:
    return {
        TierWindow.PERIOD: _("per reporting period"),
        TierWindow.CONTRACT_YEAR: _("per contract year"),
        TierWindow.LIFETIME: _("once"),
    }


def describe_term(term: RoyaltyTerm, *, tier_count: int) -> str:
    """Return what a term is charged on and how its tiers count."""
    basis = {
        Basis.ENERGY_PRODUCED: _("On energy produced"),
        Basis.ENERGY_SOLD: _("On energy sold"),
        Basis.UNITS: _("On units"),
        Basis.NET_SALES: _("On net sales"),
        Basis.LUMP_SUM: _("A lump sum"),
    }[Basis(term.basis)]
    parts = [basis]
    if tier_count > 1:
        parts.append(
            _("each unit at its own tier’s rate")
            if term.mode == TierMode.GRADUATED
            else _("all units at the rate of the tier reached")
        )
        parts.append(
            {
                TierWindow.PERIOD: _("counted over each reporting period"),
                TierWindow.CONTRACT_YEAR: _("counted over each contract year"),
                TierWindow.LIFETIME: _("counted over the lifetime"),
            }[TierWindow(term.window)]
        )
    if not term.is_creditable:
        parts.append(_("not counted towards the minimum"))
    return ", ".join(parts)


def describe_scope(term: RoyaltyTerm, plants: Sequence[str]) -> str:
    """Return what a term covers; nothing when it covers everything."""
    parts = [*plants]
    chemistries = dict(Chemistry.choices)
    fields = dict(FieldOfUse.choices)
    parts += [str(chemistries.get(name, name)) for name in term.chemistries]
    parts += [str(fields.get(name, name)) for name in term.fields]
    return ", ".join(parts)


def format_factor(factor: Decimal) -> str:
    """Return what rates are multiplied by: “1.0404”, to ten decimals at most."""
    return format_number(factor, pattern="0.00########")


def describe_escalator(term: RoyaltyTerm) -> str:
    """Return how the rates of a term rise; nothing when they stay."""
    if term.escalator == EscalatorKind.PERCENT and term.escalator_percent is not None:
        words = _("rates rise by %(percent)s a contract year") % {"percent": format_percent(term.escalator_percent)}
    elif term.escalator == EscalatorKind.INDEX and term.index is not None:
        lag = ngettext("%(years)d year before", "%(years)d years before", term.index_lag_years) % {
            "years": term.index_lag_years
        }
        words = _("rates follow %(index)s from %(year)s, %(lag)s") % {
            "index": term.index.name,
            "year": term.index_base_year,
            "lag": lag,
        }
    else:
        return ""
    floor, cap = term.escalator_floor_percent, term.escalator_cap_percent
    if floor is not None:
        words += ", " + _("at least %(percent)s") % {"percent": format_percent(floor)}
    if cap is not None:
        words += ", " + _("at most %(percent)s") % {"percent": format_percent(cap)}
    return words
