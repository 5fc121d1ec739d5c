"""What terms earn: their quantities by period, and the exact amount of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from royalties.engine.agreement import Agreement
from royalties.engine.calendar import Period, last_day
from royalties.engine.codes import Basis, TierMode, TierWindow
from royalties.engine.escalation import escalation_steps
from royalties.engine.exact import ONE, ZERO
from royalties.engine.fx import Rates, find_rate
from royalties.engine.quantities import TermQuantity
from royalties.engine.terms import Key, Term
from royalties.engine.tiers import brackets_of, graduated_amount, reached

# A term's quantities, converted to the agreement's currency, by position of the period.
type Quantities = dict[int, Decimal]


def quantities_by_term(
    agreement: Agreement, quantities: Iterable[TermQuantity], periods: Sequence[Period], rates: Rates
) -> dict[Key, Quantities]:
    """Return each term's quantities in order of periods; those of periods that are not included are left out.

    Raise MissingRate for net sales without a rate, and ValueError for a day on which no period ends.
    """
    positions = {period.ends_on: position for position, period in enumerate(periods)}
    found: dict[Key, Quantities] = {term.id: {} for term in agreement.terms}
    own = agreement.rules.currency
    for term, period_end, currency, quantity in quantities:
        position = positions.get(period_end)
        if position is None:
            if periods and period_end < periods[-1].ends_on:
                raise ValueError(f"No reporting period ends on {period_end}.")
            continue
        if currency and currency != own and quantity:
            quantity = find_rate(agreement.rules, rates, currency, periods[position]).convert(quantity)
        sums = found[term]
        sums[position] = sums[position] + quantity if position in sums else quantity
    for key, sums in found.items():
        found[key] = dict(sorted(sums.items()))
    _add_lump_sums(agreement, found, periods)
    return found


def escalation_factors(agreement: Agreement, term: Term, periods: Sequence[Period]) -> list[Decimal] | None:
    """Return the factor of each contract year from 1, or None where rates do not rise."""
    if term.escalator is None or not periods:
        return None
    calendar = agreement.calendar
    steps = escalation_steps(
        term.escalator, periods[-1].contract_year, lambda number: calendar.contract_year(number).starts_on
    )
    return [ONE, *(step.factor for step in steps)]


def exact_amounts(
    term: Term,
    quantities: Quantities,
    periods: Sequence[Period],
    factors: Sequence[Decimal] | None,
    used: Mapping[int, Decimal],
) -> Iterator[tuple[int, Decimal]]:
    """Yield the position and exact amount of each period in which the term has a quantity.

    The amount of a period is that of the window up to it, less that of the window up to the period before. `used`
    is what the window's quantity starts from (see `continued_quantities`).
    """
    brackets = brackets_of(term.tiers, term.basis)
    is_graduated = term.mode == TierMode.GRADUATED
    window_of = window_function(term.window, periods)
    window = None
    total = amount = weighted = ZERO
    for position, quantity in quantities.items():
        if (current := window_of(position)) != window:
            window = current
            total = used.get(window, ZERO)
            amount = graduated_amount(brackets, total) if is_graduated else ZERO
            weighted = ZERO
        factor = ONE if factors is None else factors[periods[position].contract_year - 1]
        total += quantity
        before = amount
        if is_graduated:
            amount = graduated_amount(brackets, total)
            yield position, amount - before if factors is None else (amount - before) * factor
        else:
            # All units of the window at the rate of the tier reached, each escalated by its own contract year.
            weighted += quantity if factors is None else quantity * factor
            amount = weighted * reached(brackets, total).rate
            yield position, amount - before


def continued_quantities(
    agreement: Agreement, term: Term, quantities: Mapping[Key, Quantities], periods: Sequence[Period]
) -> dict[int, Decimal]:
    """Return by window what the terms that a term continues, one after another, have used of it."""
    used: dict[int, Decimal] = {}
    window_of = window_function(term.window, periods)
    terms = {other.id: other for other in agreement.terms}
    while term.continues is not None:
        term = terms[term.continues]
        for position, quantity in quantities[term.id].items():
            window = window_of(position)
            used[window] = used.get(window, ZERO) + quantity
    return used


def window_function(window: TierWindow, periods: Sequence[Period]) -> Callable[[int], int]:
    """Return what gives the number of the window in which the period at a position lies."""
    match window:
        case TierWindow.PERIOD:
            return lambda position: position
        case TierWindow.CONTRACT_YEAR:
            return lambda position: periods[position].contract_year
        case TierWindow.LIFETIME:
            return lambda position: 0


def _add_lump_sums(agreement: Agreement, found: dict[Key, Quantities], periods: Sequence[Period]) -> None:
    # A term that continues another starts after it, so that in order of their starts the used windows are known.
    for term in sorted(agreement.terms, key=lambda term: term.effective_from):
        if term.basis == Basis.LUMP_SUM:
            window_of = window_function(term.window, periods)
            charged = set(continued_quantities(agreement, term, found, periods))
            for position, period in enumerate(periods):
                if window_of(position) not in charged and _has_month_of(period, term):
                    charged.add(window_of(position))
                    found[term.id][position] = ONE


def _has_month_of(period: Period, term: Term) -> bool:
    """Tell whether a month of the period, or its last day, is the term's."""
    starts_on = max(period.starts_on, term.effective_from)
    ends_on = period.ends_on if term.effective_to is None else min(period.ends_on, term.effective_to)
    return starts_on <= ends_on and (ends_on == period.ends_on or last_day(starts_on) <= ends_on)
