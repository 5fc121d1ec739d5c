"""Contradictions in an agreement: what is refused when it is entered."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from royalties.engine.agreement import Agreement, AgreementRules, Fee, YearAmount, year_amount
from royalties.engine.codes import Basis, CapWindow
from royalties.engine.escalation import Escalator, Index
from royalties.engine.exact import EXACT, minor_unit
from royalties.engine.problems import Problem, first_of_each_field
from royalties.engine.terms import Key, Term, Tier


def agreement_problems(agreement: Agreement) -> list[Problem]:
    """Return the first problem of each field, named as in the what-if interface."""
    problems = [
        *rules_problems(agreement.rules),
        *terms_problems(dict(enumerate(agreement.terms)), agreement.rules),
        *continuation_problems(agreement.terms),
        *fees_problems(dict(enumerate(agreement.fees)), agreement.rules),
    ]
    return first_of_each_field(problems)


def rules_problems(rules: AgreementRules) -> Iterator[Problem]:
    """Yield what contradicts in the rules."""
    if rules.ends_on is not None and rules.ends_on < rules.effective_on:
        yield Problem("agreement.ends_on", _("The agreement ends before it takes effect."))
    if rules.payment_days < 0:
        yield Problem("agreement.payment_days", _("The payment days may not be negative."))
    yield from _amount_problems("agreement.advance", rules.advance, rules.currency)
    yield from _year_amount_problems("agreement.minimums", rules.minimums, rules.currency)
    yield from _cap_problems(rules)
    yield from _withholding_problems(rules)


def terms_problems(terms: Mapping[int, Term], rules: AgreementRules | None) -> Iterator[Problem]:
    """Yield what contradicts in terms, given by their positions, and between them."""
    seen: dict[Key, int] = {}
    for position, term in terms.items():
        where = f"terms[{position}]"
        if term.id in seen:
            yield Problem(f"{where}.id", _("Another term has this id."))
        seen.setdefault(term.id, position)
        yield from _term_problems(where, term, rules)
        yield from _overlap_problems(where, term, [terms[other] for other in terms if other < position])


def continuation_problems(terms: Sequence[Term]) -> Iterator[Problem]:
    """Yield what is wrong with the terms that continue others; all terms are needed to tell."""
    by_id = {term.id: term for term in terms}
    for position, term in enumerate(terms):
        if term.continues is None:
            continue
        where = f"terms[{position}].continues"
        other = by_id.get(term.continues)
        if other is None:
            yield Problem(where, _("There is no term with this id."))
        elif _is_cyclic(term, by_id):
            yield Problem(where, _("The terms continue each other in a circle."))
        elif other.basis != term.basis:
            yield Problem(where, _("A term can only continue one with the same basis."))
        elif other.effective_to is None or other.effective_to >= term.effective_from:
            yield Problem(where, _("The term that is continued must end before this one starts."))


def fees_problems(fees: Mapping[int, Fee], rules: AgreementRules | None) -> Iterator[Problem]:
    """Yield what is wrong with fees, given by their positions."""
    seen: set[Key] = set()
    for position, fee in fees.items():
        where = f"fees[{position}]"
        if fee.id in seen:
            yield Problem(f"{where}.id", _("Another fee has this id."))
        seen.add(fee.id)
        if rules is not None:
            yield from _amount_problems(f"{where}.amount", fee.amount, rules.currency)
            if rules.ends_on is not None and fee.on > rules.ends_on:
                yield Problem(f"{where}.on", _("The fee is due after the agreement ends, so no statement has it."))


def _amount_problems(where: str, amount: Decimal, currency: str) -> Iterator[Problem]:
    if not amount.is_finite() or amount < 0:
        yield Problem(where, _("The amount must be a number that is not negative."))
    elif EXACT.remainder(amount, minor_unit(currency)):
        yield Problem(where, _("The amount has more decimals than %(currency)s.") % {"currency": currency})


def _year_amount_problems(where: str, amounts: Sequence[YearAmount], currency: str) -> Iterator[Problem]:
    before = 0
    for position, entry in enumerate(amounts):
        if entry.contract_year < 1:
            yield Problem(f"{where}[{position}].contract_year", _("Contract years count from 1."))
        elif entry.contract_year <= before:
            yield Problem(f"{where}[{position}].contract_year", _("Contract years must be different and in order."))
        before = max(before, entry.contract_year)
        yield from _amount_problems(f"{where}[{position}].amount", entry.amount, currency)


def _withholding_problems(rules: AgreementRules) -> Iterator[Problem]:
    yield from _percent_problems("agreement.withholding_percent", rules.withholding_percent, rules)
    before = None
    for position, change in enumerate(rules.withholding_changes):
        where = f"agreement.withholding_changes[{position}]"
        yield from _percent_problems(f"{where}.percent", change.percent, rules)
        if change.starts_on < rules.effective_on:
            yield Problem(f"{where}.from", _("The agreement took effect only later."))
        elif rules.ends_on is not None and change.starts_on > rules.ends_on:
            yield Problem(f"{where}.from", _("The agreement has ended by then."))
        elif before is not None and change.starts_on <= before:
            yield Problem(f"{where}.from", _("The days must be different and in order."))
        before = change.starts_on


def _percent_problems(where: str, percent: Decimal, rules: AgreementRules) -> Iterator[Problem]:
    if not percent.is_finite() or not 0 <= percent <= 100:
        yield Problem(where, _("The withholding rate must be from 0 to 100 percent."))
    elif rules.gross_up and percent == 100:
        yield Problem(where, _("A withholding rate of 100 percent cannot be grossed up."))


def _cap_problems(rules: AgreementRules) -> Iterator[Problem]:
    found = list(_year_amount_problems("agreement.cap", rules.caps, rules.currency))
    if not found and rules.cap_window == CapWindow.LIFETIME and len(rules.caps) > 1:
        found = [Problem("agreement.cap", _("A cap on the agreement's lifetime is one amount."))]
    years = sorted({entry.contract_year for entry in (*rules.minimums, *rules.caps)})
    for year in [] if found else years:
        cap, minimum = year_amount(rules.caps, year), year_amount(rules.minimums, year)
        if cap is not None and minimum is not None and cap < minimum:
            message = _("The cap is below the minimum of contract year %(year)s.") % {"year": year}
            found.append(Problem("agreement.cap", message))
            break
    # A single cap is one field; caps by year have one each.
    yield from [Problem("agreement.cap", problem.message) for problem in found] if len(rules.caps) == 1 else found


def _term_problems(where: str, term: Term, rules: AgreementRules | None) -> Iterator[Problem]:
    if term.effective_to is not None and term.effective_to < term.effective_from:
        yield Problem(f"{where}.to", _("The term ends before it starts."))
    if rules is not None and rules.ends_on is not None and term.effective_from > rules.ends_on:
        yield Problem(f"{where}.from", _("The term starts after the agreement ends."))
    if not term.tiers:
        yield Problem(f"{where}.tiers", _("A term needs at least one tier."))
    elif term.basis == Basis.LUMP_SUM and len(term.tiers) > 1:
        yield Problem(f"{where}.tiers", _("A lump sum has one tier, whose rate is its amount."))
    yield from _tier_problems(f"{where}.tiers", term.tiers)
    if term.escalator is not None:
        yield from _escalator_problems(f"{where}.escalator", term.escalator)


def _tier_problems(where: str, tiers: Sequence[Tier]) -> Iterator[Problem]:
    before = Decimal(0)
    for position, tier in enumerate(tiers):
        if not tier.rate.is_finite() or tier.rate < 0:
            yield Problem(f"{where}[{position}].rate", _("The rate must be a number that is not negative."))
        bound = f"{where}[{position}].up_to"
        if tier.up_to is None:
            if position < len(tiers) - 1:
                yield Problem(bound, _("Only the last tier is without a bound."))
            continue
        if not tier.up_to.is_finite():
            yield Problem(bound, _("The bound must be a number."))
            continue
        if tier.up_to <= before:
            yield Problem(bound, _("Each tier must reach further than the one before, the first further than zero."))
        elif position == len(tiers) - 1:
            yield Problem(bound, _("The last tier must be without a bound."))
        before = max(before, tier.up_to)


def _escalator_problems(where: str, escalator: Escalator) -> Iterator[Problem]:
    numbers = {"cap": escalator.cap, "floor": escalator.floor}
    if isinstance(escalator, Index):
        observed = [escalator.base, *escalator.values.values()]
        if not all(value.is_finite() and value > 0 for value in observed):
            yield Problem(where, _("The values of an index must be above zero."))
    else:
        numbers["percent"] = escalator.percent
    for name, number in numbers.items():
        if number is not None and (not number.is_finite() or not -100 < number <= 1000):
            yield Problem(f"{where}.{name}", _("The percentage must be above -100 and at most 1000."))
    if escalator.cap is not None and escalator.floor is not None and escalator.cap < escalator.floor:
        yield Problem(f"{where}.cap", _("The cap is below the floor."))


def _overlap_problems(where: str, term: Term, earlier: Sequence[Term]) -> Iterator[Problem]:
    for other in earlier:
        starts_on = max(term.effective_from, other.effective_from)
        ends_on = min(term.effective_to or dt.date.max, other.effective_to or dt.date.max)
        if other.basis == term.basis and starts_on <= ends_on and other.scope.overlaps(term.scope):
            message = _("This term and “%(other)s” charge the same basis, scope and time.") % {"other": other.id}
            yield Problem(f"{where}.from", message)


def _is_cyclic(term: Term, by_id: Mapping[Key, Term]) -> bool:
    seen = {term.id}
    while term.continues is not None and term.continues in by_id:
        term = by_id[term.continues]
        if term.id in seen:
            return True
        seen.add(term.id)
    return False
