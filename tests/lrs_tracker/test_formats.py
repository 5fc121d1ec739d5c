import datetime as dt
from decimal import Decimal

import pytest

from lrs_tracker import formats

TODAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0"), (999, "999"), (1000, "1,000"), (73123, "73,123"), (-1, "−1")]
)
def test_format_count_separates_thousands(count, expected):
    assert formats.format_count(count) == expected


@pytest.mark.parametrize(
    ("energy_kwh", "expected"),
    [
        (Decimal("0"), ("0", "kWh")),
        (Decimal("0.125"), ("0.125", "kWh")),
        (Decimal("999"), ("999", "kWh")),
        (Decimal("1000"), ("1", "MWh")),
        (Decimal("12500"), ("12.5", "MWh")),
        (Decimal("5610000"), ("5.61", "GWh")),
        (Decimal("-142900"), ("−142.9", "MWh")),
        (Decimal("1234000000"), ("1,234", "GWh")),
    ],
)
def test_format_energy_takes_the_unit_of_its_size(energy_kwh, expected):
    assert formats.format_energy(energy_kwh) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (Decimal("31500000"), "USD", "USD 31,500,000.00"),
        (Decimal("-214350"), "USD", "USD −214,350.00"),
        (Decimal("1250000"), "JPY", "JPY 1,250,000"),
        (Decimal("0.5"), "KWD", "KWD 0.500"),
    ],
)
def test_format_amount_has_the_decimals_of_its_currency(amount, currency, expected):
    assert formats.format_amount(amount, currency).replace(formats.NO_BREAK, " ") == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Decimal("0"), "USD 0"),
        (Decimal("950"), "USD 950"),
        (Decimal("12340"), "USD 12.3 k"),
        (Decimal("999949"), "USD 999.9 k"),
        (Decimal("999950"), "USD 1.0 m"),
        (Decimal("31500000"), "USD 31.5 m"),
        (Decimal("-31500000"), "USD −31.5 m"),
        (Decimal("2400000000"), "USD 2.4 bn"),
    ],
)
def test_format_amount_short_never_shows_a_thousand_of_a_unit(amount, expected):
    assert formats.format_amount_short(amount, "USD").replace(formats.NO_BREAK, " ") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(TODAY, "24 Nov"), (dt.date(2025, 11, 24), "24 Nov 2025"), (dt.date(2027, 1, 3), "3 Jan 2027")],
)
def test_format_day_names_only_another_year(day, expected):
    assert formats.format_day(day, today=TODAY) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, "yesterday"), (0, "today"), (1, "tomorrow"), (3, "in 3 days"), (-14, "2 weeks ago"), (60, "in 2 months")],
)
def test_format_distance_is_in_words(days, expected):
    assert formats.format_distance(TODAY + dt.timedelta(days=days), today=TODAY) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (dt.datetime(2026, 11, 24, 9, 42, tzinfo=dt.UTC), "09:42"),
        (dt.datetime(2026, 11, 20, 9, 42, tzinfo=dt.UTC), "Fri"),
        (dt.datetime(2026, 11, 17, 9, 42, tzinfo=dt.UTC), "17 Nov"),
        (dt.datetime(2026, 11, 25, 9, 42, tzinfo=dt.UTC), "25 Nov"),
    ],
)
def test_format_moment_is_shorter_the_nearer_it_is(moment, expected):
    assert formats.format_moment(moment, today=TODAY) == expected


def test_format_log_time_has_the_time_on_every_day():
    moments = [dt.datetime(2026, 11, day, 9, 42, tzinfo=dt.UTC) for day in (24, 23)]
    assert [formats.format_log_time(one, today=TODAY) for one in moments] == ["09:42", "23 Nov 09:42"]


@pytest.mark.parametrize(("month", "expected"), [(1, "Q1 2029"), (3, "Q1 2029"), (4, "Q2 2029"), (12, "Q4 2029")])
def test_format_quarter_of_a_month(month, expected):
    assert formats.format_quarter(dt.date(2029, month, 15)) == expected


def test_format_percent_keeps_its_sign_on_the_line():
    assert formats.format_percent(Decimal("12.50")) == f"12.5{formats.NO_BREAK}%"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Maria Falk", "MF"),
        ("Anna Maria von der Berg", "AB"),
        ("Cher", "C"),
        ("wei.lin@example.com", "WL"),
        ("李伟", "李"),
        ("", "?"),
        ("@", "?"),
    ],
)
def test_initials_of_a_name(name, expected):
    assert formats.initials_of(name) == expected
