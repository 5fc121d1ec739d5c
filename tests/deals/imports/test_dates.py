import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.domain.imports.dates import DETECTED_FORMATS, DateFormat, date_reader, detect_dates
from deals.domain.imports.problems import CellError, MapInvalidError
from lrs_tracker.dates import EARLIEST_DATE, LATEST_DATE

DAYS = st.dates(EARLIEST_DATE, LATEST_DATE)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write(day: dt.date, pattern: str) -> str:
    text = pattern.replace("YYYY", f"{day.year:04d}").replace("DD", f"{day.day:02d}")
    return text.replace("MMM", MONTHS[day.month - 1]) if "MMM" in text else text.replace("MM", f"{day.month:02d}")


@given(day=DAYS, pattern=st.sampled_from(DETECTED_FORMATS))
def test_date_written_in_a_format_is_read_back(day, pattern):
    assert date_reader(pattern).read(write(day, pattern)) == day


@given(days=st.lists(DAYS, min_size=1, max_size=20), pattern=st.sampled_from(DETECTED_FORMATS))
def test_detection_never_reads_another_date(days, pattern):
    texts = [write(day, pattern) for day in days]
    reader = detect_dates(texts)
    for day, text in zip(days, texts, strict=True):
        try:
            assert reader.read(text) == day
        except CellError:
            assert reader.is_ambiguous


@given(text=st.text(max_size=30))
def test_any_text_is_a_date_or_a_cell_error(text):
    for reader in (detect_dates([text]), date_reader("DD-MM-YYYY"), date_reader("excel")):
        with suppress(CellError):
            day = reader.read(text)
            assert day is None or EARLIEST_DATE <= day <= LATEST_DATE


def test_detection_with_a_day_above_12_is_certain():
    reader = detect_dates(["01-02-2017", "20-10-2016"])
    assert [each.pattern for each in reader.formats] == ["DD-MM-YYYY"]
    assert reader.read("01-02-2017") == dt.date(2017, 2, 1)


def test_detection_with_small_numbers_only_is_ambiguous():
    reader = detect_dates(["01-02-2017", "03-03-2017"])
    with pytest.raises(CellError, match="2017-01-02 or 2017-02-01"):
        reader.read("01-02-2017")
    assert reader.read("03-03-2017") == dt.date(2017, 3, 3)


def test_detection_is_not_upset_by_one_impossible_day():
    reader = detect_dates(["31-02-2017", "20-10-2016", "01-02-2017"])
    assert reader.read("01-02-2017") == dt.date(2017, 2, 1)
    with pytest.raises(CellError, match="not a day of the calendar"):
        reader.read("31-02-2017")


def test_contradicting_values_are_refused_where_they_matter():
    reader = detect_dates(["13-01-2017", "01-13-2017", "01-02-2017"])
    assert reader.read("13-01-2017") == dt.date(2017, 1, 13)
    with pytest.raises(CellError):
        reader.read("01-02-2017")


@pytest.mark.parametrize("text", ["01-01-1900", "01-01-2100", "31-12-0001"])
def test_implausible_year_is_refused(text):
    with pytest.raises(CellError, match="1950"):
        date_reader("DD-MM-YYYY").read(text)


@pytest.mark.parametrize("pattern", ["DD-MM", "YYYY", "DD-DD-YYYY", "%d.%m.%Y", "dd-mm-yyyy", "(((", "MM-DD-YYYY-YY"])
def test_format_without_day_month_and_year_is_refused(pattern):
    with pytest.raises(MapInvalidError):
        date_reader(pattern)


def test_cell_of_a_workbook_needs_no_format():
    assert date_reader("DD-MM-YYYY").read(dt.datetime(2020, 2, 29, 13, 5)) == dt.date(2020, 2, 29)  # noqa: DTZ001


def test_excel_serial_counts_days():
    assert date_reader("excel").read("42736") == dt.date(2017, 1, 1)


def test_short_year_only_when_asked_for():
    assert DateFormat("DD.MM.YY").parse("05.06.68") == dt.date(2068, 6, 5)
    with pytest.raises(CellError):
        detect_dates(["05.06.68"]).read("05.06.68")


def test_time_of_day_is_passed_over():
    assert date_reader("ISO").read("2017-01-31T23:59:59Z") == dt.date(2017, 1, 31)
