import datetime as dt
import itertools

import pytest

from royalties.engine.calendar import Calendar, last_day
from royalties.engine.codes import PeriodLength

D = dt.date


def make_calendar(effective_on, start=(1, 1), length=PeriodLength.QUARTER, ends_on=None):
    return Calendar(effective_on, ends_on, *start, length)


def spans(calendar, through):
    return [(period.contract_year, period.starts_on, period.ends_on) for period in calendar.periods(through)]


def test_first_period_is_cut_by_the_effective_date_and_the_last_by_the_end():
    calendar = make_calendar(D(2026, 2, 15), start=(4, 1), ends_on=D(2026, 8, 10))

    assert spans(calendar, D(2030, 1, 1)) == [
        (1, D(2026, 2, 15), D(2026, 3, 31)),
        (2, D(2026, 4, 1), D(2026, 6, 30)),
        (2, D(2026, 7, 1), D(2026, 8, 10)),
    ]
    assert [period.closes_year for period in calendar.periods(D(2030, 1, 1))] == [True, False, True]


def test_agreement_that_starts_with_the_contract_year_has_a_full_first_year():
    year = make_calendar(D(2026, 1, 1)).contract_year(1)

    assert (year.starts_on, year.ends_on, year.days, year.full_days) == (D(2026, 1, 1), D(2026, 12, 31), 365, 365)


def test_short_years_know_the_length_of_the_full_one():
    calendar = make_calendar(D(2027, 10, 1), start=(7, 1), ends_on=D(2029, 9, 30))

    assert [(year.days, year.full_days) for year in map(calendar.contract_year, (1, 2, 3))] == [
        (274, 366),
        (365, 365),
        (92, 365),
    ]


def test_leap_day_start_is_the_last_of_february_in_common_years():
    calendar = make_calendar(D(2024, 2, 29), start=(2, 29), length=PeriodLength.YEAR)

    assert spans(calendar, D(2028, 12, 31)) == [
        (1, D(2024, 2, 29), D(2025, 2, 27)),
        (2, D(2025, 2, 28), D(2026, 2, 27)),
        (3, D(2026, 2, 28), D(2027, 2, 27)),
        (4, D(2027, 2, 28), D(2028, 2, 28)),
    ]
    february = [calendar.period_of_month(D(year, 2, 1)).contract_year for year in (2024, 2025, 2026, 2028)]
    assert february == [1, 2, 3, 5]


def test_months_on_a_grid_of_month_ends_have_a_period_each():
    calendar = make_calendar(D(2026, 1, 31), start=(1, 31), length=PeriodLength.MONTH)

    numbers = [calendar.period_of_month(D(2026, month, 1)).number for month in range(1, 13)]

    assert numbers == list(range(1, 13))


def test_month_belongs_to_what_is_in_force_on_its_last_day():
    calendar = make_calendar(D(2026, 1, 20), start=(1, 20), ends_on=D(2026, 6, 15), length=PeriodLength.MONTH)

    assert calendar.period_of_month(D(2025, 12, 1)) is None
    assert calendar.period_of_month(D(2026, 1, 1)).starts_on == D(2026, 1, 20)
    assert calendar.period_of_month(D(2026, 5, 1)).starts_on == D(2026, 5, 20)
    assert calendar.period_of_month(D(2026, 6, 1)) is None


@pytest.mark.parametrize("length", PeriodLength)
@pytest.mark.parametrize("start", [(1, 1), (2, 29), (7, 31), (11, 15)])
@pytest.mark.parametrize("effective_on", [D(2024, 2, 29), D(2026, 1, 1), D(2026, 7, 30), D(2026, 11, 15)])
def test_periods_follow_each_other_without_gaps(effective_on, start, length):
    calendar = make_calendar(effective_on, start=start, length=length, ends_on=D(2033, 5, 5))
    periods = calendar.periods(D(2040, 1, 1))

    assert periods[0].starts_on == effective_on
    assert periods[-1].ends_on == D(2033, 5, 5)
    for before, after in itertools.pairwise(periods):
        assert after.starts_on == before.ends_on + dt.timedelta(days=1)
        assert after.number == before.number + 1
        assert (after.contract_year == before.contract_year + 1) == before.closes_year
    for period in periods:
        assert calendar.period_on(period.starts_on) == calendar.period_on(period.ends_on) == period
        year = calendar.contract_year(period.contract_year)
        assert year.starts_on <= period.starts_on
        assert (period.ends_on == year.ends_on) == period.closes_year


def test_last_day_of_months():
    assert [last_day(D(2024, 2, 10)), last_day(D(2026, 2, 28)), last_day(D(2026, 12, 1))] == [
        D(2024, 2, 29),
        D(2026, 2, 28),
        D(2026, 12, 31),
    ]
