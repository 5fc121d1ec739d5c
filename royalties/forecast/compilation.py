"""From a plan to curves over the months of a forecast.

Calendar, tiers, escalation, lump sums, minimums and caps are asked of `royalties.engine`; here they become
arrays. Two things differ from it: amounts are not rounded, and all amounts of a reporting period are placed in
months: royalties where production is, a lump sum in the first month of its period, a shortfall and a fee in
the month of their day.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal

import numpy as np

from royalties.engine.calculation import minimum_of, year_cap
from royalties.engine.calendar import Period, last_day
from royalties.engine.codes import Basis, CapWindow, TierMode, TierWindow
from royalties.engine.earning import escalation_factors, exact_amounts, quantities_by_term
from royalties.engine.fx import RateTable
from royalties.engine.terms import Term
from royalties.engine.tiers import brackets_of
from royalties.forecast.curves import AgreementCurve, Columns, ContractYears, LumpSum, Quantity, TermCurve, sums_from
from royalties.forecast.draws import Floats
from royalties.forecast.output import PlantRamp, figure_per_kwh, first_day, month_number
from royalties.forecast.plan import Plan


def curve_of(plan: Plan, *, starts_on: dt.date, months: int, most_slip_months: int = 0) -> AgreementCurve:
    """Return the curve of a plan over `months` from the month of `starts_on`, and the months before that count.

    Plants that have not started by then may slip, by up to `most_slip_months`; agreement dates stay.
    """
    return _Compilation(plan, starts_on, months, most_slip_months).curve()


class _Compilation:
    """The columns, from the agreement's or the forecast's first month to the last, and what lies in them.

    Each stands for a day: a month's last, or the last of a contract year that is too short to hold the end of a
    month. Production is in the former only; the latter keep what such a year earns apart from its neighbour's.
    """

    def __init__(self, plan: Plan, starts_on: dt.date, months: int, most_slip_months: int) -> None:
        self.plan = plan
        self.slips = most_slip_months + 1
        self.forecast_from = month_number(starts_on)
        end = self.forecast_from + months
        self.first = min(self.forecast_from, month_number(plan.agreement.rules.effective_on))
        month_ends = [last_day(first_day(number)) for number in range(self.first, end)]
        calendar = plan.agreement.calendar
        self.agreement = plan.agreement_through(month_ends[-1])
        beyond = calendar.period_on(month_ends[-1])
        self.all_periods = calendar.periods(month_ends[-1] if beyond is None else beyond.ends_on)
        self.days = sorted([*month_ends, *self._ends_of_short_years(month_ends)])
        self.periods = [calendar.period_on(day) for day in self.days]
        column_of = {day: column for column, day in enumerate(self.days)}
        self.months = np.array([column_of[day] for day in month_ends])

    def curve(self) -> AgreementCurve:
        """Return the whole."""
        rules = self.agreement.rules
        is_lifetime = rules.cap_window == CapWindow.LIFETIME
        fixed = self._fees()
        return AgreementCurve(
            terms=tuple(self._term(term) for term in self.agreement.terms),
            years=self._years(),
            lifetime_cap=float(rules.caps[0].amount) if rules.caps and is_lifetime else None,
            fixed=fixed if fixed.any() else None,
            columns=len(self.days),
            months=np.append(0, self.months[:-1] + 1),
            skipped=self.forecast_from - self.first,
        )

    def _ends_of_short_years(self, month_ends: list[dt.date]) -> list[dt.date]:
        calendar = self.agreement.calendar
        seen = {period.contract_year for day in month_ends if (period := calendar.period_on(day)) is not None}
        return [
            period.ends_on
            for period in self.all_periods
            if period.closes_year and period.contract_year not in seen and period.ends_on <= month_ends[-1]
        ]

    def _term(self, term: Term) -> TermCurve | LumpSum:
        if term.basis == Basis.LUMP_SUM:
            return LumpSum(self._lump_sums(term), term.creditable)
        brackets = brackets_of(term.tiers, term.basis)
        escalation = self._escalation(term)
        starts = self._window_starts(term.window)
        planned, reported = self._quantities(term)
        used, used_reported = planned, reported
        for other in self._continued(term):
            more, more_reported = self._quantities(other)
            used, used_reported = used + more, used_reported + more_reported
        counted = None
        if term.mode == TierMode.VOLUME:
            counted = _quantity(planned * escalation, reported * escalation, starts)
        return TermCurve(
            bounds=tuple(float(bracket.upper) for bracket in brackets if bracket.upper is not None),
            rates=tuple(float(bracket.rate) for bracket in brackets),
            used=_quantity(used, used_reported, starts),
            counted=counted,
            # Where nothing escalates and nothing is used by others, there are only quantities of months in force.
            escalation=None if term.escalator is None and term.continues is None else escalation,
            starts=starts,
            is_creditable=term.creditable,
            is_priced=term.basis == Basis.NET_SALES,
        )

    def _continued(self, term: Term) -> Iterable[Term]:
        terms = {other.id: other for other in self.agreement.terms}
        while term.continues is not None:
            term = terms[term.continues]
            yield term

    def _in_force(self, term: Term) -> Floats:
        return np.array(
            [
                float(period is not None and term.in_force_on(day))
                for day, period in zip(self.days, self.periods, strict=True)
            ]
        )

    def _escalation(self, term: Term) -> Floats:
        factors = escalation_factors(self.agreement, term, self.all_periods)
        in_force = self._in_force(term)
        if factors is None:
            return in_force
        steps = [1.0 if period is None else float(factors[period.contract_year - 1]) for period in self.periods]
        return in_force * np.array(steps)

    def _window_starts(self, window: TierWindow) -> Columns:
        match window:
            case TierWindow.PERIOD:
                return self._starts(lambda period: period.number)
            case TierWindow.CONTRACT_YEAR:
                return self._starts(lambda period: period.contract_year)
            case TierWindow.LIFETIME:
                return np.array([0])

    def _starts(self, number_of: Callable[[Period], int]) -> Columns:
        """Return the columns where a number changes; those outside the agreement go with their neighbours."""
        starts = [0]
        current = None
        for column, period in enumerate(self.periods):
            if period is not None and number_of(period) != current:
                if current is not None:
                    starts.append(column)
                current = number_of(period)
        return np.array(starts)

    def _quantities(self, term: Term) -> tuple[Floats, Floats]:
        """Return a term's own quantities by month: planned, by slip, and reported."""
        planned = np.zeros((self.slips, len(self.days)))
        reported = np.zeros(len(self.days))
        per_kwh = float(figure_per_kwh(term.basis, self.plan.assumptions))
        for ramp in self.plan.ramps:
            if term.scope.covers(ramp.plant, ramp.chemistry, ramp.field):
                planned[:, self.months] += self._ramp_kwh(ramp) * per_kwh
        for line in self.plan.counted_lines():
            column = self._column(line.month)
            if column is not None and term.scope.covers(line.plant, line.chemistry, line.field):
                reported[column] += float(line.figure(term.basis))
        in_force = self._in_force(term)
        return planned * in_force, reported * in_force

    def _ramp_kwh(self, ramp: PlantRamp) -> Floats:
        """Return what a plant makes by slip and month, without the months it has reported."""
        months = len(self.months)
        sop = month_number(ramp.sop_on)
        output = [float(kwh) for kwh in ramp.monthly_kwh(self.first + months - sop)]
        table = np.zeros((self.slips, months))
        for slip in range(self.slips):
            begin = sop - self.first + (slip if sop >= self.forecast_from else 0)
            seen = output[max(0, -begin) : max(0, months - begin)]
            table[slip, max(0, begin) : max(0, begin) + len(seen)] = seen
        for line in self.plan.reported:
            month = month_number(line.month) - self.first
            if line.plant == ramp.plant and 0 <= month < months:
                table[:, month] = 0
        return table

    def _lump_sums(self, term: Term) -> Floats:
        amounts = np.zeros(len(self.days))
        quantities = quantities_by_term(self.agreement, [], self.all_periods, RateTable([]))[term.id]
        factors = escalation_factors(self.agreement, term, self.all_periods)
        for position, amount in exact_amounts(term, quantities, self.all_periods, factors, {}):
            period = self.all_periods[position]
            column = self.periods.index(period) if period in self.periods else self._column(period.ends_on)
            if column is not None:
                amounts[column] += float(amount)
        return amounts

    def _years(self) -> ContractYears:
        first = self._starts(lambda period: period.contract_year)
        last = np.append(first[1:], len(self.days)) - 1
        ends, minimums, caps = [], [], []
        for number, column in zip(self._years_in_columns(), last, strict=True):
            end = self._column(self.agreement.calendar.contract_year(number).ends_on)
            ends.append(column if end is None else end)
            minimums.append(0.0 if end is None else float(self._minimum(number)))
            caps.append(self._year_cap(number))
        return ContractYears(first, np.array(ends), np.array(minimums), np.array(caps))

    def _years_in_columns(self) -> list[int]:
        """Return the contract years that have columns; 1 for an agreement that is not in force in any."""
        return list(dict.fromkeys(period.contract_year for period in self.periods if period is not None)) or [1]

    def _minimum(self, contract_year: int) -> Decimal:
        return minimum_of(self.agreement.rules, self.agreement.calendar, contract_year)

    def _year_cap(self, contract_year: int) -> float:
        cap = year_cap(self.agreement.rules, contract_year)
        return np.inf if cap is None else float(cap)

    def _fees(self) -> Floats:
        """Return fees by slip, or in one row when none moves."""
        rules = self.agreement.rules
        is_slipping = any(month_number(ramp.sop_on) >= self.forecast_from for ramp in self.plan.ramps)
        moving = self.plan.sop_fees if is_slipping else frozenset()
        amounts = np.zeros((self.slips if moving else 1, len(self.days)))
        for fee in self.agreement.fees:
            for slip in range(len(amounts)):
                column = self._column(fee.on, later=slip if fee.id in moving else 0)
                if column is not None and (rules.ends_on is None or fee.on <= rules.ends_on):
                    amounts[slip, column] += float(fee.amount)
        return amounts

    def _column(self, day: dt.date, *, later: int = 0) -> int | None:
        """Return the column of the last day of the month `later` than a day's, or None when it is not among them."""
        month = month_number(day) - self.first + later
        return int(self.months[month]) if 0 <= month < len(self.months) else None


def _quantity(planned: Floats, reported: Floats, starts: Columns) -> Quantity:
    return Quantity(sums_from(starts, planned), sums_from(starts, reported) if reported.any() else None)
