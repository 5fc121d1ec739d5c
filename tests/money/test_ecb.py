import datetime as dt
import io
from decimal import Decimal

import pytest

from lrs_tracker.problems import DomainError
from money.domain.ecb import import_ecb_rates
from money.models import FxRate

pytestmark = pytest.mark.django_db

HISTORY = "Date,USD,JPY,XYZ,\n2026-10-30,1.1172,175.68,9,\n2026-10-29,N/A,175.00,,\n"


def test_import_stores_each_published_rate():
    assert import_ecb_rates(io.StringIO(HISTORY)) == 3
    assert list(FxRate.objects.order_by("quote", "on").values_list("base", "quote", "on", "rate", "source")) == [
        ("EUR", "JPY", dt.date(2026, 10, 29), Decimal("175.00"), "ECB"),
        ("EUR", "JPY", dt.date(2026, 10, 30), Decimal("175.68"), "ECB"),
        ("EUR", "USD", dt.date(2026, 10, 30), Decimal("1.1172"), "ECB"),
    ]


def test_import_again_changes_nothing():
    import_ecb_rates(io.StringIO(HISTORY))

    assert import_ecb_rates(io.StringIO(HISTORY)) == 0
    assert set(FxRate.objects.values_list("version", flat=True)) == {1}


def test_import_corrects_a_rate_that_differs():
    import_ecb_rates(io.StringIO(HISTORY))

    assert import_ecb_rates(io.StringIO("Date,USD\n2026-10-30,1.2\n")) == 1
    assert FxRate.objects.get(quote="USD").rate == Decimal("1.2")


def test_import_reads_the_daily_file():
    import_ecb_rates(io.StringIO("Date, USD, JPY, \n20 November 2026, 1.1172, 175.68, \n"))

    assert set(FxRate.objects.values_list("on", flat=True)) == {dt.date(2026, 11, 20)}


def test_import_leaves_out_older_dates():
    assert import_ecb_rates(io.StringIO(HISTORY), since=dt.date(2026, 10, 30)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first column must be"),
        ("Day,USD\n2026-10-30,1\n", "first column must be"),
        ("Date,USD\n30/10/2026,1\n", "Row 2: “30/10/2026” is not a date"),
        ("Date,USD\n2026-10-30,1.1\n2026-10-29,one\n", "Row 3, USD: “one” is not a rate"),
        ("Date,USD\n2026-10-30,-1\n", "Row 2, USD: “-1” is not a rate"),
        ("Date,USD\n2026-10-30,NaN\n", "Row 2, USD: “NaN” is not a rate"),
        ("Date,USD\n2026-10-30,0\n", "Row 2, USD: “0” is not a rate"),
    ],
)
def test_import_refuses_what_it_cannot_read_and_stores_nothing(text, message):
    with pytest.raises(DomainError, match=message):
        import_ecb_rates(io.StringIO(text))
    assert not FxRate.objects.exists()
