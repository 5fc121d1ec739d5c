"""The agreement, terms and fees of a what-if document."""

import datetime as dt
import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from lrs_tracker.currencies import currency_codes
from royalties.engine.agreement import AgreementRules, Fee, WithholdingChange, YearAmount
from royalties.engine.codes import Basis, CapWindow, FxRule, PeriodLength, Rounding, TierMode, TierWindow
from royalties.engine.escalation import AnnualPercent
from royalties.engine.exact import ZERO
from royalties.engine.reading import Reader
from royalties.engine.terms import Scope, Term, Tier

AGREEMENT_FIELDS = (
    *("currency", "effective_on", "ends_on", "contract_year_start", "period", "payment_days", "minimums"),
    *("prorate_minimum", "cap", "cap_window", "advance", "advance_recoupable", "advance_repayable"),
    *("withholding_percent", "withholding_changes", "gross_up", "fx_rule", "rounding"),
)
TERM_FIELDS = (
    *("id", "basis", "mode", "window", "creditable", "clause", "continues", "tiers", "from", "to", "scope"),
    "escalator",
)
FEE_FIELDS = ("id", "on", "amount", "label")
MOST_YEARS = 150
_MOST_TIERS = 50
_MOST_KEYS = 1000
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)


def read_currency(reader: Reader, name: str) -> str:
    """Return a currency code (ISO 4217, in capitals)."""
    code = reader.text(name)
    if code and code not in currency_codes():
        reader.refuse(name, _("This is not a currency code such as USD, EUR or CNY."))
    return code


def read_rules(reader: Reader) -> AgreementRules:
    """Return the rules of the agreement."""
    # A stand-in would be judged as if it were meant.
    cap = (YearAmount(1, reader.decimal("cap")),) if reader.has("cap") else ()
    return AgreementRules(
        currency=read_currency(reader, "currency"),
        effective_on=reader.date("effective_on"),
        ends_on=reader.optional_date("ends_on"),
        contract_year_start=_month_day(reader, "contract_year_start"),
        period=reader.choice("period", PeriodLength),
        payment_days=reader.integer("payment_days", 30, least=0, most=3650),
        minimums=tuple(sorted(_minimums(reader), key=lambda entry: entry.contract_year)),
        prorate_minimum=reader.boolean("prorate_minimum", False),
        caps=cap,
        cap_window=reader.choice("cap_window", CapWindow, CapWindow.CONTRACT_YEAR),
        advance=reader.decimal("advance", ZERO),
        advance_recoupable=reader.boolean("advance_recoupable", True),
        advance_repayable=reader.boolean("advance_repayable", False),
        withholding_percent=reader.decimal("withholding_percent", ZERO),
        withholding_changes=tuple(_withholding_changes(reader)),
        gross_up=reader.boolean("gross_up", False),
        fx_rule=reader.choice("fx_rule", FxRule, FxRule.PERIOD_END),
        rounding=reader.choice("rounding", Rounding, Rounding.HALF_EVEN),
    )


def read_term(reader: Reader, effective_on: dt.date) -> Term:
    """Return a term; without a start it starts with the agreement."""
    return Term(
        id=reader.text("id"),
        basis=reader.choice("basis", Basis),
        mode=reader.choice("mode", TierMode),
        window=reader.choice("window", TierWindow),
        tiers=_tiers(reader),
        effective_from=reader.date("from", effective_on),
        effective_to=reader.optional_date("to"),
        scope=_scope(reader),
        creditable=reader.boolean("creditable", True),
        clause=reader.text("clause", ""),
        continues=reader.text("continues") if reader.has("continues") else None,
        escalator=_escalator(reader) if reader.has("escalator") else None,
    )


def read_fee(reader: Reader) -> Fee:
    """Return a fee."""
    return Fee(reader.text("id"), reader.date("on"), reader.decimal("amount"), reader.text("label", ""))


def _minimums(reader: Reader) -> Sequence[YearAmount]:
    minimums = []
    years = set()
    for row in reader.children("minimums", ("contract_year", "amount"), most=MOST_YEARS):
        year = row.integer("contract_year", least=1, most=MOST_YEARS)
        amount = row.decimal("amount")
        if row.is_good and year in years:
            row.refuse("contract_year", _("This contract year is named twice."))
        years.add(year)
        minimums.append(YearAmount(year, amount))
    return minimums


def _withholding_changes(reader: Reader) -> Sequence[WithholdingChange]:
    rows = reader.children("withholding_changes", ("from", "percent"), most=MOST_YEARS)
    return [WithholdingChange(row.date("from"), row.decimal("percent")) for row in rows]


def _month_day(reader: Reader, name: str) -> tuple[int, int] | None:
    if not reader.has(name):
        return None
    text = reader.text(name)
    try:
        # A leap year, so that 02-29 is a day.
        day = dt.date.fromisoformat(f"2024-{text}") if _MONTH_DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        reader.refuse(name, _("This must be a month and day, such as “01-01”."))
        return None
    return day.month, day.day


def _tiers(reader: Reader) -> tuple[Tier, ...]:
    rows = reader.children("tiers", ("up_to", "rate"), most=_MOST_TIERS, is_required=True)
    return tuple(Tier(row.decimal("up_to") if row.has("up_to") else None, row.decimal("rate")) for row in rows)


def _scope(reader: Reader) -> Scope:
    scope = reader.child("scope", ("plants", "chemistries", "fields"))
    if scope is None:
        return Scope()
    names = ("plants", "chemistries", "fields")
    plants, chemistries, fields = (frozenset[int | str](scope.texts(name, most=_MOST_KEYS)) for name in names)
    return Scope(plants, chemistries, fields)


def _escalator(reader: Reader) -> AnnualPercent | None:
    escalator = reader.child("escalator", ("percent", "cap", "floor"))
    if escalator is None:
        return None
    cap, floor = (
        escalator.decimal(name, may_be_negative=True) if escalator.has(name) else None for name in ("cap", "floor")
    )
    return AnnualPercent(escalator.decimal("percent", may_be_negative=True), cap, floor)
