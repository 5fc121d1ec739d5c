"""The terms of an agreement at a glance, as they apply on a day, with the amendments that made them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from lrs_tracker.formats import format_amount, format_percent
from royalties.domain.contract_years import calendar_of, contract_year_on
from royalties.domain.dates_in_words import day_in_words
from royalties.domain.engine_input import index_values
from royalties.domain.rate_words import TierWords, describe_escalator, describe_scope, describe_term, tiers_in_words
from royalties.domain.rates_in_force import RatesInForce, rates_in_force
from royalties.domain.rule_words import rules_in_words, withholding_in_words
from royalties.enums import CapWindow
from royalties.models import Agreement, Amendment, Cap, Fee, Minimum, RoyaltyTerm, Tier

_LAST_TIER_WIDTH = Decimal("0.3")


@dataclass(frozen=True, slots=True)
class Bar:
    """A tier drawn: its place across and its height, in percent of the drawing."""

    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class ShownTier:
    """A tier to read and to see; `words_in_force` have the rate of the contract year where rates rise."""

    words: TierWords
    words_in_force: TierWords | None
    bar: Bar


@dataclass(frozen=True, slots=True)
class ShownTerm:
    """A royalty term in words, with its rates on the day looked at where they rise and it applies."""

    term: RoyaltyTerm
    sentence: str
    scope: str
    escalator: str
    in_force: RatesInForce | None
    tiers: list[ShownTier]
    made_by: Amendment | None

    @property
    def summary(self) -> str:
        """The tiers in one line, at the rates in force: “0–5 GWh at USD 2.00 per kWh; above 5 GWh at …”."""
        return "; ".join(str(tier.words_in_force or tier.words) for tier in self.tiers)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule in words, with its clause and the amendment that made it, if any."""

    rule: str
    label: str
    text: str
    clause: str
    made_by: Amendment | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class FeeLine:
    """A fee, or all instalments of one: the first of them, their sum, and the last one's day."""

    fee: Fee
    amount: Decimal
    count: int
    last_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Glance:
    """What applies in an agreement on a day."""

    on: dt.date
    contract_year: int | None
    is_in_term: bool
    terms: list[ShownTerm]
    sentences: list[Sentence]
    fees: list[FeeLine]


def glance_of(agreement: Agreement, *, on: dt.date) -> Glance:
    """Return the terms at a glance on a day, in seven queries and one more for the values of price indices."""
    calendar = calendar_of(agreement)
    is_in_term = calendar is not None and calendar.period_on(on) is not None
    terms = terms_on(on).filter(agreement=agreement)
    year = contract_year_on(agreement, on)
    return Glance(
        on=on,
        contract_year=year,
        is_in_term=is_in_term,
        terms=shown_terms(terms, agreements={agreement.pk: agreement}, on=on),
        sentences=_sentences(agreement, year, on),
        fees=_fee_lines(
            Fee.objects.filter(agreement=agreement).select_related("plant").order_by("due_on", "instalment", "pk")
        ),
    )


def terms_on(day: dt.date) -> QuerySet[RoyaltyTerm]:
    """Return the terms, of all agreements, that apply on a day."""
    return RoyaltyTerm.objects.filter(Q(effective_to__isnull=True) | Q(effective_to__gte=day), effective_from__lte=day)


def shown_terms(terms: QuerySet[RoyaltyTerm], *, agreements: Mapping[int, Agreement], on: dt.date) -> list[ShownTerm]:
    """Return terms in words, with the rates of a day, in three queries and one more for the values of price indices."""
    rows = list(
        terms.select_related("introduced_by", "ended_by", "index", "continues")
        .prefetch_related("tiers", "plants")
        .order_by("effective_from", "pk")
    )
    values = index_values({term.index_id for term in rows if term.index_id})
    return [
        _shown(term, agreements[term.agreement_id], _in_force(term, agreements[term.agreement_id], on, values))
        for term in rows
    ]


def _in_force(
    term: RoyaltyTerm, agreement: Agreement, on: dt.date, values: defaultdict[int, dict[int, Decimal]]
) -> RatesInForce | None:
    calendar, year = calendar_of(agreement), contract_year_on(agreement, on)
    applies = term.effective_from <= on and (term.effective_to is None or on <= term.effective_to)
    if calendar is None or year is None or not applies:
        return None
    return rates_in_force(term, calendar=calendar, contract_year=year, index_values=values)


def _shown(term: RoyaltyTerm, agreement: Agreement, in_force: RatesInForce | None) -> ShownTerm:
    tiers = sorted(term.tiers.all(), key=lambda tier: tier.position)

    def words_at(factor: Decimal) -> list[TierWords]:
        rates = [(tier.up_to, tier.rate * factor) for tier in tiers]
        return tiers_in_words(rates, basis=term.basis, currency=agreement.currency, window=term.window)

    factor = None if in_force is None else in_force.factor
    raised = [None] * len(tiers) if factor is None else words_at(factor)
    return ShownTerm(
        term=term,
        sentence=describe_term(term, tier_count=len(tiers)),
        scope=describe_scope(term, sorted(plant.name for plant in term.plants.all())),
        escalator=describe_escalator(term),
        in_force=in_force,
        tiers=[ShownTier(*parts) for parts in zip(words_at(Decimal(1)), raised, bars_of(tiers), strict=True)],
        made_by=term.introduced_by,
    )


def _fee_lines(fees: Iterable[Fee]) -> list[FeeLine]:
    lines: list[FeeLine] = []
    series: dict[tuple[str, int], FeeLine] = {}
    for fee in fees:
        key = (fee.label, fee.instalments or 0)
        known = series.get(key) if fee.instalments and fee.due_on else None
        if known is None:
            lines.append(FeeLine(fee, fee.amount, 1, fee.due_on))
            series[key] = lines[-1]
        else:
            known.amount += fee.amount
            known.count += 1
            known.last_on = fee.due_on
    return lines


def bars_of(tiers: Sequence[Tier]) -> list[Bar]:
    """Return the tiers as bars: as wide as their quantity, the last one open, as high as their rate."""
    bounds = [tier.up_to for tier in tiers if tier.up_to is not None]
    reach = max(bounds, default=Decimal(1))
    end = reach * (1 + _LAST_TIER_WIDTH) if bounds else reach
    top = max((tier.rate for tier in tiers), default=Decimal(1)) or Decimal(1)
    bars = []
    lower = Decimal(0)
    for tier in tiers:
        upper = end if tier.up_to is None else tier.up_to
        height = max(tier.rate / top * 100, Decimal(2))
        bars.append(Bar(_share(lower / end), _share((upper - lower) / end), f"{100 - height:.2f}", f"{height:.2f}"))
        lower = upper
    return bars


def _share(part: Decimal) -> str:
    return f"{part * 100:.2f}"


def _sentences(agreement: Agreement, year: int | None, on: dt.date) -> list[Sentence]:
    clauses = agreement.clauses
    rules = [Sentence(rule, label, text, str(clauses.get(rule, ""))) for rule, label, text in rules_in_words(agreement)]
    rules = [_amended_withholding(agreement, said, on) if said.rule == "withholding" else said for said in rules]
    minimums = list(agreement.minimums.select_related("amendment").order_by("contract_year"))
    caps = list(agreement.caps.select_related("amendment").order_by("contract_year"))
    amounts = [
        _yearly(agreement, "minimum", _("Minimum"), minimums, year),
        _yearly(agreement, "cap", _("Cap"), caps, year),
    ]
    return [rules[0], *amounts, *rules[1:]]


def _amended_withholding(agreement: Agreement, agreed: Sentence, on: dt.date) -> Sentence:
    """Return the rate that applies on a day, with the amendment that set it, and every change in a note."""
    changes = list(
        agreement.amendments.filter(withholding_percent__isnull=False).order_by("effective_on", "number", "pk")
    )
    if not changes:
        return agreed
    now = next((change for change in reversed(changes) if change.effective_on <= on), None)
    rates = [agreement.withholding_percent, *(change.withholding_percent for change in changes)]
    steps = [
        _("%(percent)s from %(day)s") % {"percent": format_percent(rate or Decimal(0)), "day": day_in_words(day)}
        for rate, day in zip(rates, [agreement.effective_on, *(change.effective_on for change in changes)], strict=True)
        if day is not None
    ]
    note = _("Each period takes the rate of its last day: %(rates)s.") % {"rates": ", ".join(steps)}
    rate = agreement.withholding_percent if now is None else now.withholding_percent or Decimal(0)
    text = withholding_in_words(agreement, rate)
    return replace(agreed, text=text, made_by=now, notes=(note,))


def _yearly(
    agreement: Agreement, rule: str, label: str, rows: Sequence[Minimum] | Sequence[Cap], year: int | None
) -> Sentence:
    clause = str(agreement.clauses.get(rule, ""))
    if not rows:
        return Sentence(rule, label, _("None."), clause)
    if rule == "cap" and agreement.cap_window == CapWindow.LIFETIME:
        amount = format_amount(rows[0].amount, agreement.currency)
        return Sentence(rule, label, _("%(amount)s in all.") % {"amount": amount}, clause, rows[0].amendment)
    now = next((row for row in reversed(rows) if year is not None and row.contract_year <= year), None)
    if now is None:
        text = _("None yet.")
    else:
        text = _("%(amount)s in contract year %(year)s.") % {
            "amount": format_amount(now.amount, agreement.currency),
            "year": year,
        }
    notes = (_by_year(agreement, rows),) if len(rows) > 1 or now is None else ()
    if rule == "minimum" and agreement.prorate_minimum:
        notes = (*notes, _("A short year pays its share by days."))
    return Sentence(rule, label, text, clause, None if now is None else now.amendment, notes)


def _by_year(agreement: Agreement, rows: Sequence[Minimum] | Sequence[Cap]) -> str:
    steps = [
        _("from year %(year)s %(amount)s")
        % {"year": row.contract_year, "amount": format_amount(row.amount, agreement.currency)}
        for row in rows
    ]
    words = ", ".join(steps)
    return f"{words[0].upper()}{words[1:]}."
