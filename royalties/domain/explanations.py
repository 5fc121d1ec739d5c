"""What a line is made of, in words and figures: read from its trace alone, for the page and the PDF alike."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_amount, format_day_in_full, format_figure, format_number, format_percent
from royalties.domain.periods import name_month
from royalties.domain.rate_words import format_factor
from royalties.domain.tier_bars import TierBar, tier_bar
from royalties.engine.codes import LineKind
from royalties.enums import DEDUCTIONS, Basis, Rounding

type Trace = Mapping[str, Any]

_RATE = "#,##0.00######"
_QUANTITY = "#,##0.###"
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class TierRow:
    """One tier of a royalty line; a tier that was used up before has no amount."""

    name: str
    first: str
    last: str
    quantity: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an amount's arithmetic."""

    label: str
    figure: str
    is_total: bool = False


@dataclass(slots=True)
class Explanation:
    """What a line is made of. Tiers and their bar are those of royalties; the steps end in the line's amount."""

    unit: str = ""
    bar: TierBar | None = None
    tiers: list[TierRow] = field(default_factory=list)
    conversions: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def explain(trace: Trace) -> Explanation:
    """Return what the line of a trace is made of."""
    found = Explanation()
    if trace.get("removed"):
        found.notes.append(_("A change of the agreement took this line away: what was stated is taken back."))
    else:
        _EXPLAINED[LineKind(trace["kind"])](trace, found)
    found.steps += _closing(trace)
    found.notes += _report_notes(trace["reports"])
    return found


def basis_unit(basis: str, currency: str) -> str:
    """Return the unit that a basis is counted in."""
    match basis:
        case Basis.NET_SALES:
            return currency
        case Basis.UNITS:
            return _("units")
        case Basis.LUMP_SUM:
            return ""
    return "kWh"


def _royalty(trace: Trace, found: Explanation) -> None:
    found.unit = basis_unit(trace["basis"], trace["currency"])
    found.bar = tier_bar(trace)
    found.tiers = list(_tier_rows(trace, found.unit))
    found.conversions = [_conversion(step, trace["currency"]) for step in trace["conversions"]]
    exact = Decimal(trace["exact"])
    found.steps.append(Step(_("Earned in the period, exact"), format_number(exact, pattern="#,##0.00########")))
    words = Rounding(trace["rounding"]).label.lower()
    found.steps.append(Step(_("Rounded once, %(how)s") % {"how": words}, _figure(trace, trace["to_date"])))
    found.notes += _escalator_notes(trace)


def _tier_rows(trace: Trace, unit: str) -> Iterator[TierRow]:
    """Yield the tiers used up before, then those of the line's own quantity."""
    before, after = Decimal(trace["window_before"]), Decimal(trace["window_after"])
    is_graduated = trace["mode"] == "graduated"
    if is_graduated:
        for bracket in trace.get("brackets", ()):
            if bracket["to"] is not None and Decimal(bracket["to"]) <= min(before, after):
                bounds = _quantity(bracket["from"]), _quantity(bracket["to"])
                yield TierRow(_tier_name(bracket, unit), *bounds, _("used before"), "", _NOTHING)
    for part in trace["tiers"]:
        lower, upper = Decimal(part["from"]), None if part["to"] is None else Decimal(part["to"])
        first, last = min(before, after), max(before, after)
        yield TierRow(
            name=_tier_name(part, unit),
            first=_quantity(max(lower, first) if is_graduated else lower),
            last=_quantity(last if upper is None else min(upper, last)),
            quantity=_quantity(part["quantity"]),
            rate=_rate(trace, part),
            amount=format_number(Decimal(part["amount"]), pattern="#,##0.00####"),
        )


def _tier_name(tier: Trace, unit: str) -> str:
    scale, name = (Decimal(1_000_000), "GWh") if unit == "kWh" else (Decimal(1), unit)
    lower = format_number(Decimal(tier["from"]) / scale, pattern=_QUANTITY)
    if tier["to"] is None and not Decimal(tier["from"]):
        return _("all")
    if tier["to"] is None:
        return _("above %(bound)s %(unit)s") % {"bound": lower, "unit": name}
    return f"{lower} – {format_number(Decimal(tier['to']) / scale, pattern=_QUANTITY)} {name}".strip()


def _rate(trace: Trace, part: Trace) -> str:
    rate = format_number(Decimal(part["rate"]), pattern=_RATE)
    return f"{rate} %" if trace["rate_unit"] == "percent" else rate


def _conversion(step: Trace, currency: str) -> str:
    sold = format_amount(Decimal(step["quantity"]), step["currency"])
    if not step["rates"]:
        return _("%(sold)s, no conversion") % {"sold": sold}
    legs = "; ".join(_leg(leg) for leg in step["rates"])
    return _("%(sold)s = %(converted)s at %(rates)s") % {
        "sold": sold,
        "converted": format_amount(Decimal(step["converted"]), currency),
        "rates": legs,
    }


def _leg(leg: Trace) -> str:
    words = _("1 %(base)s = %(rate)s %(quote)s on %(day)s") % {
        "base": leg["base"],
        "rate": format_number(Decimal(leg["rate"]), pattern="#,##0.00########"),
        "quote": leg["quote"],
        "day": format_day_in_full(dt.date.fromisoformat(leg["on"])),
    }
    return f"{words} ({leg['source']})" if leg["source"] else words


def _escalator_notes(trace: Trace) -> Iterator[str]:
    for step in trace["escalator"]:
        words = {
            "year": step["contract_year"],
            "percent": format_percent(Decimal(step["held"])),
            "factor": format_factor(Decimal(step["factor"])),
        }
        if step["index"] is not None:
            words["index"] = " → ".join(format_number(Decimal(value), pattern="0.00##") for value in step["index"])
            yield _("Contract year %(year)s: index %(index)s, rates rise by %(percent)s to × %(factor)s") % words
        else:
            yield _("Contract year %(year)s: rates rise by %(percent)s to × %(factor)s") % words


def _cap(trace: Trace, found: Explanation) -> None:
    cap = trace["cap"]
    if cap["cap"] is None:
        found.notes.append(_("There is no cap any more."))
        return
    limit, earned, before = (Decimal(cap[name]) for name in ("cap", "earned", "earned_before"))
    found.steps += [
        Step(_("Earned to date in the cap's window"), _figure(trace, earned)),
        Step(_("Cap"), _figure(trace, limit)),
        Step(_("Cut to date"), _figure(trace, -max(Decimal(0), earned - limit))),
        Step(_("Cut before this period"), _figure(trace, -max(Decimal(0), before - limit))),
        Step(_("Cut of the period"), _figure(trace, trace["to_date"])),
    ]


def _shortfall(trace: Trace, found: Explanation) -> None:
    figures = trace["shortfall"]
    found.steps.append(Step(_("Minimum of the contract year"), _figure(trace, figures["minimum"])))
    if figures["prorated"] is not None:
        found.notes.append(
            _("The contract year is short: %(days)s of %(of)s days of the minimum are due.") % figures["prorated"]
        )
    found.steps.append(Step(_("Earned in the contract year"), _figure(trace, figures["earned"])))
    for name, label in (("not_creditable", _("of it not counting towards the minimum")), ("cut", _("cut by the cap"))):
        if Decimal(figures[name]):
            found.steps.append(Step(label, _figure(trace, figures[name])))
    if figures["cap"] is not None:
        found.steps.append(Step(_("Cap, which the shortfall does not exceed"), _figure(trace, figures["cap"])))
    found.steps.append(Step(_("Shortfall"), _figure(trace, trace["to_date"])))


def _fee(trace: Trace, found: Explanation) -> None:
    day = format_day_in_full(dt.date.fromisoformat(trace["fee"]["on"]))
    found.steps.append(Step(_("Fee due on %(day)s") % {"day": day}, _figure(trace, trace["fee"]["amount"])))


def _recoupment(trace: Trace, found: Explanation) -> None:
    figures = trace["recoupment"]
    advance = Decimal(figures["advance"])
    to_date, before = (min(advance, max(Decimal(0), Decimal(figures[name]))) for name in ("earned", "earned_before"))
    found.steps += [
        Step(_("Advance"), _figure(trace, advance)),
        Step(_("Earned to date after the cap"), _figure(trace, figures["earned"])),
        Step(_("Recouped to date, at most the advance"), _figure(trace, to_date)),
        Step(_("Recouped before this period"), _figure(trace, before)),
        Step(_("Recouped in the period"), _figure(trace, trace["to_date"])),
    ]
    found.notes.append(
        _("Of the advance %(balance)s is left to recoup.")
        % {"balance": format_amount(advance - to_date, trace["currency"])}
    )


def _repayment(trace: Trace, found: Explanation) -> None:
    figures = trace["repayment"]
    if not figures["is_due"]:
        found.notes.append(_("The agreement does not end in this period any more: nothing is repaid with it."))
        return
    found.steps += [
        Step(_("Advance"), _figure(trace, figures["advance"])),
        Step(_("Recouped to date"), _figure(trace, -Decimal(figures["recouped"]) + 0)),
        Step(_("Repaid, as the agreement ends"), _figure(trace, trace["to_date"])),
    ]


def _withholding(trace: Trace, found: Explanation) -> None:
    figures = trace["withholding"]
    percent = format_percent(Decimal(figures["percent"]))
    label = _("Tax of %(percent)s on the base to date, less that before") % {"percent": percent}
    if figures["gross_up"]:
        label = _("Tax of %(percent)s of the grossed-up base to date, less that before") % {"percent": percent}
        found.notes.append(_("The licensee pays the tax on top: it is shown and not deducted."))
    shares = figures.get("by_rate", ())
    if shares:
        label = _("Tax on what each rate has to date, less that before")
    words = _("Taxable to date: earned, shortfall and fees less the advance settled")
    found.steps += [
        Step(_("Taxable before this period"), _figure(trace, figures["base_before"])),
        Step(words, _figure(trace, figures["base"])),
        *(Step(_share_label(share), _figure(trace, share["base"])) for share in shares),
        Step(label, _figure(trace, trace["to_date"])),
    ]


def _share_label(share: Trace) -> str:
    return _("of it at %(percent)s") % {"percent": format_percent(Decimal(share["percent"]))}


_EXPLAINED = {
    LineKind.ROYALTY: _royalty,
    LineKind.CAP: _cap,
    LineKind.SHORTFALL: _shortfall,
    LineKind.FEE: _fee,
    LineKind.RECOUPMENT: _recoupment,
    LineKind.REPAYMENT: _repayment,
    LineKind.WITHHOLDING: _withholding,
}


def _closing(trace: Trace) -> list[Step]:
    """Return how the amount to date became that of this statement."""
    steps = []
    if Decimal(trace["stated"]):
        steps.append(Step(_("Stated before"), _figure(trace, -Decimal(trace["stated"]))))
    amount = Decimal(trace["amount"])
    if trace["kind"] in DEDUCTIONS and not trace.get("withholding", {}).get("gross_up"):
        # Adding zero turns a negative zero into zero.
        return [*steps, Step(_("This line, deducted"), _figure(trace, -amount + 0), is_total=True)]
    return [*steps, Step(_("This line"), _figure(trace, amount), is_total=True)]


def _report_notes(reports: Iterable[Trace]) -> Iterator[str]:
    """Yield per plant the months with their report versions: “Aster Ridge: Jul 2026 v1, Aug 2026 v1 → v2”."""
    plants: dict[str, dict[str, dict[str, None]]] = {}
    for report in reports:
        versions = plants.setdefault(report.get("plant_name", ""), {}).setdefault(report["month"], {})
        before = report["version_before"]
        versions[f"v{report['version']}" if before is None else f"v{before} → v{report['version']}"] = None
    for plant, months in plants.items():
        listed = ", ".join(
            f"{name_month(dt.date.fromisoformat(f'{month}-01'))} {' / '.join(versions)}"
            for month, versions in months.items()
        )
        yield _("Reports of %(plant)s: %(months)s") % {"plant": plant, "months": listed}


def _figure(trace: Trace, amount: str | Decimal) -> str:
    return format_figure(Decimal(amount), trace["currency"])


def _quantity(quantity: str | Decimal) -> str:
    return format_number(Decimal(quantity), pattern=_QUANTITY)
