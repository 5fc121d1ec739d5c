"""The rules of an agreement in words, one sentence each."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lrs_tracker.formats import format_amount, format_percent
from royalties.domain.dates_in_words import day_in_words
from royalties.engine.exact import minor_unit
from royalties.enums import DueFrom
from royalties.models import Agreement


def rules_in_words(agreement: Agreement) -> list[tuple[str, str, str]]:
    """Return (rule, label, sentence) for each rule, in the order in which people ask; see `RULES_WITH_CLAUSE`."""
    words: list[tuple[str, str, Callable[[Agreement], str]]] = [
        ("term", _("Term"), _term),
        ("advance", _("Advance"), _advance),
        ("withholding", _("Withholding tax"), _withholding),
        ("reporting", _("Reports"), _reporting),
        ("payment", _("Payment"), _payment),
        ("fx", _("Conversion"), _conversion),
        ("rounding", _("Rounding"), _rounding),
        ("interest", _("Late interest"), _interest),
        ("audit", _("Audit"), _audit),
    ]
    return [(rule, label, say(agreement)) for rule, label, say in words]


def _term(agreement: Agreement) -> str:
    first, last = agreement.effective_on, agreement.last_day
    if first is None:
        return _("No effective date yet.")
    if last is None:
        words = _("From %(first)s, without an end.") % {"first": day_in_words(first)}
    else:
        words = _("From %(first)s to %(last)s.") % {"first": day_in_words(first), "last": day_in_words(last)}
    if agreement.notice_on:
        words += " " + _("Notice by %(day)s.") % {"day": day_in_words(agreement.notice_on)}
    return f"{words} {_contract_year(agreement)}"


def _contract_year(agreement: Agreement) -> str:
    if not agreement.contract_year_start:
        return _("A contract year runs from the anniversary of that day.")
    month, day = agreement.contract_year_start.split("-")
    start = dt.date(2000, int(month), int(day))
    return _("Contract years start on %(day)s.") % {"day": day_in_words(start, with_year=False)}


def _advance(agreement: Agreement) -> str:
    if not agreement.advance:
        return _("None.")
    parts = [
        format_amount(agreement.advance, agreement.currency),
        _("recouped from royalties") if agreement.is_advance_recoupable else _("not recouped"),
    ]
    if agreement.is_advance_repayable:
        parts.append(_("what is left at the end is repaid"))
    return ", ".join(parts) + "."


def _withholding(agreement: Agreement) -> str:
    return withholding_in_words(agreement, agreement.withholding_percent)


def withholding_in_words(agreement: Agreement, rate: Decimal) -> str:
    """Return what an agreement says of the withholding tax at a rate, in percent."""
    if not rate:
        return _("None.")
    percent = format_percent(rate)
    if agreement.is_grossed_up:
        return _("%(percent)s, paid by the licensee on top.") % {"percent": percent}
    return _("%(percent)s, deducted from what is payable.") % {"percent": percent}


def _reporting(agreement: Agreement) -> str:
    days = ngettext("%(days)d day after its end", "%(days)d days after its end", agreement.report_days)
    return _("Each %(period)s, %(days)s.") % {
        "period": agreement.get_reporting_period_display().lower(),
        "days": days % {"days": agreement.report_days},
    }


def _payment(agreement: Agreement) -> str:
    days = agreement.payment_days
    if agreement.due_from == DueFrom.INVOICE_DATE:
        return ngettext("%(days)d day after the invoice.", "%(days)d days after the invoice.", days) % {"days": days}
    return ngettext("%(days)d day after the period’s end.", "%(days)d days after the period’s end.", days) % {
        "days": days
    }


def _conversion(agreement: Agreement) -> str:
    return _("Sales in other currencies: %(rule)s.") % {"rule": agreement.get_fx_rule_display().lower()}


def _rounding(agreement: Agreement) -> str:
    return _("Each line to %(unit)s, %(rule)s.") % {
        "unit": format_amount(minor_unit(agreement.currency), agreement.currency),
        "rule": agreement.get_rounding_display().lower(),
    }


def _interest(agreement: Agreement) -> str:
    if not agreement.interest_percent:
        return _("None.")
    words = _("%(percent)s a year, simple, of %(days)s days") % {
        "percent": format_percent(agreement.interest_percent),
        "days": agreement.interest_days,
    }
    if agreement.grace_days:
        grace = ngettext("after %(days)d day of grace", "after %(days)d days of grace", agreement.grace_days)
        words += ", " + grace % {"days": agreement.grace_days}
    return f"{words}."


def _audit(agreement: Agreement) -> str:
    parts = []
    if agreement.audit_years:
        years = ngettext("books open for %(years)d year", "books open for %(years)d years", agreement.audit_years)
        parts.append(years % {"years": agreement.audit_years})
    if agreement.audit_notice_days:
        days = ngettext("%(days)d day’s notice", "%(days)d days’ notice", agreement.audit_notice_days)
        parts.append(days % {"days": agreement.audit_notice_days})
    if agreement.audit_tolerance_percent is not None:
        parts.append(
            _("the licensee pays it above %(percent)s") % {"percent": format_percent(agreement.audit_tolerance_percent)}
        )
    if not parts:
        return _("Not agreed.")
    words = ", ".join(parts)
    return f"{words[0].upper()}{words[1:]}."
