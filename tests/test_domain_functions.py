"""How values reach domain functions."""

from lrs_tracker.domain_functions import call_for_row
from money.models import FxRate


def test_value_that_is_called_as_its_row_is_not_lost():
    def change(*, rate: FxRate, values, by):
        return rate, values, by

    row = FxRate(base="EUR")
    given = {"rate": "1.5", "source": "ECB"}
    assert call_for_row(change, row=row, known={"by": "me"}, given=given) == (row, given, "me")
