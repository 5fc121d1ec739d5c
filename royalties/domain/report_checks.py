"""What looks wrong in a report before it counts: remarks with their numbers, to be accepted one by one."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_amount
from plants.enums import PlantStatus
from royalties.domain.periods import name_month
from royalties.domain.report_amount_checks import check_amounts, check_nothing
from royalties.domain.report_context import ReportContext
from royalties.domain.report_flags import Check, Flag, Severity
from royalties.domain.report_lines import ENERGY, ReportLine
from royalties.domain.report_quantity_checks import check_quantities
from royalties.domain.report_references import energy_words, usual_months
from royalties.enums import FieldOfUse
from royalties.models import ReportFiling

_CENT = Decimal("0.01")


def check_filing(filing: ReportFiling, lines: Iterable[ReportLine] | None = None) -> list[Flag]:
    """Return every remark about a filing: about its stored lines, or about `lines` that are not stored yet."""
    return [flag for check in run_checks(filing, lines) for flag in check.flags]


def open_warnings(filing: ReportFiling) -> list[Flag]:
    """Return the warnings that nobody has accepted yet."""
    accepted = {entry["key"] for entry in filing.accepted_warnings}
    return [flag for flag in check_filing(filing) if flag.severity == Severity.WARNING and flag.key not in accepted]


def run_checks(filing: ReportFiling, lines: Iterable[ReportLine] | None = None) -> list[Check]:
    """Return everything that was looked at, in the order in which people look, with its remarks."""
    look = ReportContext(filing, lines)
    checks = [
        Check(_("All months reported"), _("Every plant, every month"), list(_missing(look))),
        Check(_("Quantities plausible"), _compared_with(look), _implausible(look)),
        Check(_("Sold within produced"), _("Over the agreement's lifetime"), list(_oversold(look))),
    ]
    if any(line.has_sales for line in look.lines):
        checks += [
            Check(_("Sales add up"), _("Net is gross less deductions"), list(_sales(look))),
            Check(_("Currency as agreed"), look.agreement.currency, list(_currencies(look))),
        ]
    return checks


def _implausible(look: ReportContext) -> list[Flag]:
    usual = usual_months(look)
    energy = list(check_quantities(look, usual))
    remarked = {(flag.plant_id, flag.month) for flag in energy if flag.plant_id and flag.month}
    return [*energy, *check_amounts(look, usual, remarked=remarked), *check_nothing(look, usual)]


def _compared_with(look: ReportContext) -> str:
    if look.last:
        return _("Against nameplate, ramp and last period")
    return _("Against nameplate and ramp; there is no last period")


def _missing(look: ReportContext) -> Iterator[Flag]:
    present = {(line.plant_id, line.month) for line in look.lines}
    present |= {(line.plant_id, line.month) for line in look.accepted if not line.is_estimate}
    before = look.reported_before()
    expected = {
        plant.pk
        for plant in look.plants.values()
        if plant.pk in before
        or plant.status == PlantStatus.OPERATING
        or (plant.pk in look.ramps and look.ramps[plant.pk].sop_on <= look.filing.period_end)
    } or set(look.plants)
    for plant_id, plant in look.plants.items():
        months = [month for month in look.months if (plant_id, month) not in present]
        if plant_id not in expected or not months:
            continue
        names = ", ".join(name_month(month) for month in months)
        yield Flag(
            "missing",
            Severity.WARNING,
            _("%(plant)s: %(months)s missing") % {"plant": plant, "months": names},
            _("A month in which nothing was made or sold is reported as nil."),
            f"missing:{plant_id}:{':'.join(month.isoformat() for month in months)}",
            plant_id,
        )
    given = {line.key for line in look.lines}
    reported = {(line.plant_id, line.month) for line in look.lines}
    for line in look.accepted:
        if (
            line.key not in given
            and (line.plant_id, line.month) in reported
            and line.has_figures
            and not line.is_estimate
        ):
            yield Flag(
                "kept",
                Severity.NOTE,
                _("%(plant)s, %(month)s: an earlier line stays")
                % {"plant": look.plants.get(line.plant_id, line.plant_id), "month": name_month(line.month)},
                _("%(chemistry)s for %(field)s was reported before and is not in this report, so it goes on counting.")
                % {"chemistry": line.chemistry.upper(), "field": FieldOfUse(line.field).label.lower()},
                f"kept:{line.key}",
                line.plant_id,
                line.month,
            )


def _oversold(look: ReportContext) -> Iterator[Flag]:
    for plant_id, sums in look.cumulative().items():
        produced, sold = (sums[name] for name in ENERGY)
        if produced <= 0 or sold <= produced or plant_id not in look.plants:
            continue
        yield Flag(
            "oversold",
            Severity.WARNING,
            _("%(plant)s has sold more than it made") % {"plant": look.plants[plant_id]},
            _("%(sold)s sold against %(produced)s produced so far, %(more)s more.")
            % {"sold": energy_words(sold), "produced": energy_words(produced), "more": energy_words(sold - produced)},
            f"oversold:{plant_id}:{sold - produced}",
            plant_id,
        )


def _sales(look: ReportContext) -> Iterator[Flag]:
    for line in look.lines:
        expected = line.gross_sales - line.deductions
        if not line.has_sales or abs(line.net_sales - expected) < _CENT:
            continue
        yield _line_flag(
            look,
            line,
            "net",
            _("net is not gross less deductions"),
            _("Net %(net)s against %(expected)s by gross and deductions.")
            % {
                "net": format_amount(line.net_sales, line.currency),
                "expected": format_amount(expected, line.currency),
            },
            line.net_sales - expected,
        )


def _currencies(look: ReportContext) -> Iterator[Flag]:
    usual = {_sold_where(line): line.currency for line in look.last if line.has_sales}
    for line in look.lines:
        before = usual.get(_sold_where(line), look.agreement.currency)
        if line.has_sales and line.currency != before:
            yield _line_flag(
                look,
                line,
                "currency",
                _("sales in %(currency)s") % {"currency": line.currency},
                _("Last period was in %(before)s.") % {"before": before}
                if _sold_where(line) in usual
                else _("The agreement is in %(before)s; the sales will be converted.") % {"before": before},
                line.currency,
            )


def _sold_where(line: ReportLine) -> tuple[int, str, str]:
    return line.plant_id, line.chemistry, line.field


def _line_flag(look: ReportContext, line: ReportLine, code: str, title: str, text: str, number: object) -> Flag:
    where = _("%(plant)s, %(month)s, %(chemistry)s") % {
        "plant": look.plants.get(line.plant_id, ""),
        "month": name_month(line.month),
        "chemistry": line.chemistry.upper(),
    }
    key = f"{code}:{line.plant_id}:{line.month}:{line.chemistry}:{line.field}:{number}"
    return Flag(code, Severity.WARNING, f"{where}: {title}", text, key, line.plant_id, line.month)
