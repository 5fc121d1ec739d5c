"""The calculation: from quantities to the lines of an agreement to date, in the order the contract gives.

Only royalty lines are rounded from exact amounts. Cap, shortfall, recoupment and repayment are sums and differences of
rounded lines and of amounts in whole minor units (a prorated minimum is rounded), so every later line is exact;
withholding is rounded on its base to date. Each figure to date depends on nothing but the quantities, never on what was
stated before: that is why statements, being differences, always add up to one calculation on the final reports.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from itertools import accumulate, pairwise

from royalties.engine.agreement import Agreement, AgreementRules, year_amount
from royalties.engine.calendar import Calendar, Period
from royalties.engine.codes import Basis, CapWindow, LineKind
from royalties.engine.earning import continued_quantities, escalation_factors, exact_amounts, quantities_by_term
from royalties.engine.exact import EXACT, ROUNDINGS, ZERO, minor_unit, rounded
from royalties.engine.fx import Rates
from royalties.engine.lines import LineAmount, LineKey, Lines
from royalties.engine.quantities import TermQuantity
from royalties.engine.withholding import bases_to_date, withheld_to_date

_THOUSANDTH = Decimal("0.001")

# An amount for each period, by its position.
type Amounts = list[Decimal]


def calculate(agreement: Agreement, quantities: Iterable[TermQuantity], *, through: dt.date, rates: Rates) -> Lines:
    """Return every line of the periods that end on or before a day.

    Raise MissingRate for net sales without a rate, MissingIndexError for an index without a value, and
    AmountTooLargeError for numbers that cannot be meant.
    """
    with localcontext(EXACT):
        rules = agreement.rules
        periods = agreement.calendar.periods(through)
        lines: Lines = {}
        if not periods:
            return lines
        earned = [ZERO] * len(periods)
        uncredited = [ZERO] * len(periods)
        _add_royalties(agreement, quantities, periods, rates, lines, earned, uncredited)
        cuts = _cuts(rules, periods, earned)
        shortfalls = _shortfalls(agreement, periods, earned, uncredited, cuts)
        fees = _add_fees(agreement, periods, lines)
        recouped = _recouped(rules, earned, cuts)
        repaid = _repaid(rules, periods, recouped)
        columns = zip(earned, cuts, shortfalls, fees, recouped, repaid, strict=True)
        base = [a - b + c + d - e - f for a, b, c, d, e, f in columns]
        _add(lines, LineKind.CAP, periods, [-cut for cut in cuts])
        _add(lines, LineKind.SHORTFALL, periods, shortfalls)
        _add(lines, LineKind.RECOUPMENT, periods, recouped)
        _add(lines, LineKind.REPAYMENT, periods, repaid)
        _add(lines, LineKind.WITHHOLDING, periods, _withheld(rules, periods, base))
        return lines


def _add_royalties(
    agreement: Agreement,
    quantities: Iterable[TermQuantity],
    periods: Sequence[Period],
    rates: Rates,
    lines: Lines,
    earned: Amounts,
    uncredited: Amounts,
) -> None:
    unit = minor_unit(agreement.rules.currency)
    rounding = ROUNDINGS[agreement.rules.rounding]
    by_term = quantities_by_term(agreement, quantities, periods, rates)
    for term in agreement.terms:
        own = by_term[term.id]
        if not own:
            continue
        used = continued_quantities(agreement, term, by_term, periods)
        factors = escalation_factors(agreement, term, periods)
        is_converted = term.basis == Basis.NET_SALES
        for position, exact in exact_amounts(term, own, periods, factors, used):
            amount = rounded(exact, unit, rounding)
            # Converted sales may have no last decimal; amounts come of the exact ones, the line shows thousandths.
            quantity = rounded(own[position], _THOUSANDTH, rounding) if is_converted else own[position]
            lines[LineKey(LineKind.ROYALTY, term.id, periods[position].ends_on)] = LineAmount(quantity, amount)
            earned[position] += amount
            if not term.creditable:
                uncredited[position] += amount


def _add(lines: Lines, kind: LineKind, periods: Sequence[Period], amounts: Amounts) -> None:
    for period, amount in zip(periods, amounts, strict=True):
        if amount:
            lines[LineKey(kind, None, period.ends_on)] = LineAmount(None, amount)


def _cuts(rules: AgreementRules, periods: Sequence[Period], earned: Amounts) -> Amounts:
    """Return by how much each period is cut; negative where a fall of what is earned sets a cut free again."""
    if not rules.caps:
        return [ZERO] * len(periods)
    cuts = []
    year = 0
    total = cut = ZERO
    cap = rules.caps[0].amount if rules.cap_window == CapWindow.LIFETIME else None
    for period, amount in zip(periods, earned, strict=True):
        if rules.cap_window == CapWindow.CONTRACT_YEAR and period.contract_year != year:
            year = period.contract_year
            total = cut = ZERO
            cap = year_amount(rules.caps, year)
        total += amount
        before = cut
        cut = ZERO if cap is None else max(ZERO, total - cap)
        cuts.append(cut - before)
    return cuts


def _shortfalls(
    agreement: Agreement, periods: Sequence[Period], earned: Amounts, uncredited: Amounts, cuts: Amounts
) -> Amounts:
    """Return what each contract year falls short of its minimum, in its last period."""
    rules = agreement.rules
    shortfalls = [ZERO] * len(periods)
    if not rules.minimums:
        return shortfalls
    year_earned = year_uncredited = year_cut = ZERO
    for position, period in enumerate(periods):
        year_earned += earned[position]
        year_uncredited += uncredited[position]
        year_cut += cuts[position]
        if period.closes_year:
            credited = year_earned - year_cut - uncredited_after_cap(year_uncredited, year_cut)
            shortfalls[position] = shortfall(
                minimum=minimum_of(rules, agreement.calendar, period.contract_year),
                credited=credited,
                cap=year_cap(rules, period.contract_year),
                earned=year_earned - year_cut,
            )
            year_earned = year_uncredited = year_cut = ZERO
    return shortfalls


def uncredited_after_cap(uncredited: Decimal, cut: Decimal) -> Decimal:
    """Return what a contract year's cut leaves of the terms that are not creditable, which it cuts first.

    A cut that is set free again (negative) likewise goes first to those terms, as far as they fell.
    """
    return uncredited - max(min(uncredited, ZERO), min(cut, max(uncredited, ZERO)))


def shortfall(*, minimum: Decimal, credited: Decimal, cap: Decimal | None, earned: Decimal) -> Decimal:
    """Return what a contract year owes beyond its royalties: up to the minimum, but not above the year's cap."""
    missing = minimum - credited
    return max(ZERO, missing if cap is None else min(missing, cap - earned))


def minimum_of(rules: AgreementRules, calendar: Calendar, contract_year: int) -> Decimal:
    """Return a contract year's minimum, prorated by days and rounded where the year is short and that is agreed."""
    minimum = year_amount(rules.minimums, contract_year)
    if minimum is None:
        return ZERO
    year = calendar.contract_year(contract_year)
    if not rules.prorate_minimum or year.days == year.full_days:
        return minimum
    return rounded(minimum * year.days / year.full_days, minor_unit(rules.currency), ROUNDINGS[rules.rounding])


def year_cap(rules: AgreementRules, contract_year: int) -> Decimal | None:
    """Return the cap of a contract year, or None without one (a lifetime cap does not limit shortfalls)."""
    return year_amount(rules.caps, contract_year) if rules.cap_window == CapWindow.CONTRACT_YEAR else None


def _add_fees(agreement: Agreement, periods: Sequence[Period], lines: Lines) -> Amounts:
    amounts = [ZERO] * len(periods)
    for fee in agreement.fees:
        position = next((at for at, period in enumerate(periods) if fee.on <= period.ends_on), None)
        if position is not None:
            lines[LineKey(LineKind.FEE, fee.id, periods[position].ends_on)] = LineAmount(None, fee.amount)
            amounts[position] += fee.amount
    return amounts


def _recouped(rules: AgreementRules, earned: Amounts, cuts: Amounts) -> Amounts:
    if not rules.advance or not rules.advance_recoupable:
        return [ZERO] * len(earned)
    to_date = accumulate(amount - cut for amount, cut in zip(earned, cuts, strict=True))
    return _steps([recouped_of(rules, total) for total in to_date])


def recouped_of(rules: AgreementRules, earned: Decimal) -> Decimal:
    """Return what is recouped of the advance once so much is earned after the cap, to date."""
    return min(rules.advance, max(ZERO, earned))


def _repaid(rules: AgreementRules, periods: Sequence[Period], recouped: Amounts) -> Amounts:
    """Return what the last period gives back of the advance."""
    recouped_to_date = sum(recouped, ZERO)
    return [repaid_of(rules, recouped_to_date) if is_repayment_due(rules, period) else ZERO for period in periods]


def is_repayment_due(rules: AgreementRules, period: Period) -> bool:
    """Tell whether the rest of a repayable advance is given back in a period: the one in which the agreement ends."""
    return rules.advance_repayable and period.ends_on == rules.ends_on


def repaid_of(rules: AgreementRules, recouped: Decimal) -> Decimal:
    """Return what is given back of a repayable advance at the end, of one that is not recoupable all of it.

    The tax on it goes back with it, as the base of the withholding falls by it: it was withheld when the advance was
    paid.
    """
    return rules.advance - recouped


def _withheld(rules: AgreementRules, periods: Sequence[Period], base: Amounts) -> Amounts:
    if not rules.withholding_percent and not rules.withholding_changes:
        return [ZERO] * len(base)
    return _steps([withheld_to_date(rules, bases) for bases in bases_to_date(rules, periods, base)])


def _steps(to_date: Amounts) -> Amounts:
    """Return what each period adds to figures to date."""
    return [after - before for before, after in pairwise([ZERO, *to_date])]
