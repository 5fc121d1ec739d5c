from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.domain.imports.amounts import NumberReader, number_reader
from deals.domain.imports.problems import CellError

AMOUNTS = st.decimals(min_value=0, max_value=10**15, places=2, allow_nan=False, allow_infinity=False)


@given(
    amount=AMOUNTS, marks=st.sampled_from([(",", "."), (".", ","), (" ", ","), ("’", "."), ("", "."), ("\u202f", ",")])
)
def test_amount_with_cents_is_read_back_however_it_is_written(amount, marks):
    thousands, decimal = marks
    text = f"{amount:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    assert NumberReader().read(text, places=2) == (amount, False)


@given(text=st.text(max_size=40))
def test_any_text_is_a_number_or_a_cell_error(text):
    for reader in (NumberReader(), NumberReader("."), NumberReader(","), number_reader([text])):
        with suppress(CellError):
            number, _rounded = reader.read(text, places=2)
            assert number is None or number.is_finite()


@pytest.mark.parametrize("text", ["1,234", "1.234", "12.345", "-123,456"])
def test_one_mark_before_three_digits_is_ambiguous(text):
    with pytest.raises(CellError, match="two ways"):
        NumberReader().read(text, places=3)


def test_other_values_of_the_column_tell_the_mark():
    reader = number_reader(["1,234", "5.5"])
    assert reader.read("1,234", places=2) == (Decimal(1234), False)
    assert number_reader(["1,234", "5,5"]).read("1,234", places=3) == (Decimal("1.234"), False)


def test_contradicting_values_tell_nothing():
    with pytest.raises(CellError):
        number_reader(["5.5", "5,5"]).read("1,234", places=2)


@pytest.mark.parametrize(
    "text", ["1,23,456.00", "12.34.56", "1e5", "NaN", "Infinity", "$5", "1.2,3.4", "--5", "½", "٣"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(CellError):
        NumberReader(".").read(text, places=2)


def test_surplus_places_are_rounded_and_said():
    assert NumberReader(".").read("1.005", places=2) == (Decimal("1.01"), True)
    assert NumberReader().read(Decimal("0.30000000000000004"), places=2) == (Decimal("0.30"), False)


def test_endless_number_is_refused():
    with pytest.raises(CellError, match="too large"):
        NumberReader().read(Decimal("1e400"), places=2)


def test_minus_sign_of_our_own_pages_is_read():
    assert NumberReader(".").read("\N{MINUS SIGN}1,234.5", places=2) == (Decimal("-1234.5"), False)
    assert number_reader(["\N{MINUS SIGN}5,5"]).read("1,234", places=3) == (Decimal("1.234"), False)
