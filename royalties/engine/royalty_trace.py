"""The part of a royalty line's trace between its quantity and its exact amount."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from royalties.engine.agreement import Agreement
from royalties.engine.calendar import Period
from royalties.engine.codes import Basis, TierMode
from royalties.engine.earning import continued_quantities, quantities_by_term, window_function
from royalties.engine.escalation import Step, escalation_steps
from royalties.engine.exact import ONE, PERCENT, ZERO, plain
from royalties.engine.fx import AppliedRate, Rates, find_rate
from royalties.engine.quantities import TermQuantity
from royalties.engine.terms import Key, Term
from royalties.engine.tiers import Part, brackets_of, graduated_parts, reached


class RoyaltyExplanation:
    """Explains what terms earn in each period, tier by tier."""

    def __init__(
        self, agreement: Agreement, quantities: Sequence[TermQuantity], periods: Sequence[Period], rates: Rates
    ) -> None:
        self._agreement = agreement
        self._entries: dict[tuple[Key, dt.date], list[TermQuantity]] = {}
        for entry in quantities:
            self._entries.setdefault((entry.term, entry.period_end), []).append(entry)
        self._periods = periods
        self._rates = rates
        self._terms = {term.id: term for term in agreement.terms}
        self._quantities = quantities_by_term(agreement, quantities, periods, rates)
        self._used_before: dict[Key, dict[int, Decimal]] = {}

    def explain(self, term_id: Key, position: int) -> dict[str, object]:
        """Return the trace of the term's earning in the period at a position."""
        term = self._terms[term_id]
        steps = self._steps(term, self._periods[position].contract_year)
        factors = {step.contract_year: step.factor for step in steps}
        before, quantity = self._window_before(term)[position], self._quantities[term_id][position]
        parts = [(part, year, factors.get(year, ONE)) for part, year in self._parts(term, position, before)]
        exact = sum((part.quantity * part.rate * factor for part, _year, factor in parts), ZERO)
        return {
            "clause": term.clause,
            "basis": str(term.basis),
            "mode": str(term.mode),
            "window": str(term.window),
            "creditable": term.creditable,
            "continues": term.continues,
            "quantity": plain(quantity),
            "window_before": plain(before),
            "window_after": plain(before + quantity),
            "conversions": self._conversions(term, position),
            "escalator": [_describe_step(term, step) for step in steps],
            "rate_unit": "percent" if term.basis == Basis.NET_SALES else "amount",
            "tiers": [_describe_part(term, *part) for part in parts],
            "exact": plain(exact),
        }

    def _steps(self, term: Term, contract_year: int) -> list[Step]:
        if term.escalator is None:
            return []
        calendar = self._agreement.calendar
        return escalation_steps(term.escalator, contract_year, lambda number: calendar.contract_year(number).starts_on)

    def _window_before(self, term: Term) -> dict[int, Decimal]:
        """Return what is used of the window before each period in which the term has a quantity."""
        if term.id not in self._used_before:
            window_of = window_function(term.window, self._periods)
            used = continued_quantities(self._agreement, term, self._quantities, self._periods)
            before = {}
            for position, quantity in self._quantities[term.id].items():
                window = window_of(position)
                before[position] = used.get(window, ZERO)
                used[window] = before[position] + quantity
            self._used_before[term.id] = before
        return self._used_before[term.id]

    def _parts(self, term: Term, position: int, before: Decimal) -> list[tuple[Part, int]]:
        """Return the parts with the contract year whose rates they are at."""
        brackets = brackets_of(term.tiers, term.basis)
        own = self._quantities[term.id]
        after = before + own[position]
        if term.mode == TierMode.GRADUATED:
            year = self._periods[position].contract_year
            return [(part, year) for part in graduated_parts(brackets, before, after)]
        window_of = window_function(term.window, self._periods)
        window = window_of(position)
        years: dict[int, Decimal] = {}
        now = reached(brackets, after)
        earlier = reached(brackets, before)
        for at in own:
            if at < position and window_of(at) == window:
                year = self._periods[at].contract_year
                years[year] = years.get(year, ZERO) + own[at]
        taken_back = [(Part(earlier.lower, earlier.upper, -sold, earlier.rate), year) for year, sold in years.items()]
        year = self._periods[position].contract_year
        years[year] = years.get(year, ZERO) + own[position]
        parts = [(Part(now.lower, now.upper, sold, now.rate), year) for year, sold in years.items()]
        return [pair for pair in [*parts, *taken_back] if pair[0].quantity]

    def _conversions(self, term: Term, position: int) -> list[dict[str, object]]:
        """Return how the net sales of each currency became the agreement's."""
        if term.basis != Basis.NET_SALES:
            return []
        period = self._periods[position]
        return [
            self._conversion(entry, period)
            for entry in self._entries.get((term.id, period.ends_on), ())
            if entry.quantity
        ]

    def _conversion(self, entry: TermQuantity, period: Period) -> dict[str, object]:
        rules = self._agreement.rules
        if entry.currency in {"", rules.currency}:
            legs: list[dict[str, object]] = []
            converted = entry.quantity
        else:
            applied = find_rate(rules, self._rates, entry.currency, period)
            legs = list(_describe_legs(applied))
            converted = applied.convert(entry.quantity)
        return {
            "currency": entry.currency or rules.currency,
            "quantity": plain(entry.quantity),
            "rates": legs,
            "converted": plain(converted),
        }


def _describe_legs(applied: AppliedRate) -> Iterator[dict[str, object]]:
    for leg in applied.legs:
        yield {
            "base": leg.rate.base,
            "quote": leg.rate.quote,
            "on": leg.rate.on.isoformat(),
            "kind": str(leg.rate.kind),
            "rate": plain(leg.rate.rate),
            "source": leg.rate.source,
            "inverse": leg.is_inverse,
        }


def _describe_step(term: Term, step: Step) -> dict[str, object]:
    floor, cap = (term.escalator.floor, term.escalator.cap) if term.escalator else (None, None)
    return {
        "contract_year": step.contract_year,
        "index": None if step.index is None else [plain(value) for value in step.index],
        "percent": plain(step.percent),
        "floor": None if floor is None else plain(floor),
        "cap": None if cap is None else plain(cap),
        "held": plain(step.held),
        "factor": plain(step.factor),
    }


def _describe_part(term: Term, part: Part, year: int, factor: Decimal) -> dict[str, object]:
    agreed = part.rate / PERCENT if term.basis == Basis.NET_SALES else part.rate
    return {
        "from": plain(part.lower),
        "to": None if part.upper is None else plain(part.upper),
        "contract_year": year,
        "quantity": plain(part.quantity),
        "agreed_rate": plain(agreed),
        "rate": plain(agreed * factor),
        "amount": plain(part.quantity * part.rate * factor),
    }
