"""Changed columns are told with the numbers that are stored, however they are read."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sync.domain.feed import StoredFields

NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.integers(10**15, 10**30)
TEXTS = st.text(max_size=20) | st.sampled_from(["1.5", ", 1.5", "[-2.50", ": 1e5", '"', "\\"])
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def as_stored(value):
    """Return a value as the text that PostgreSQL keeps of it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return f"[{', '.join(map(as_stored, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {as_stored(one)}" for name, one in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


@given(st.dictionaries(TEXTS, st.lists(VALUES, min_size=2, max_size=2), max_size=4))
def test_numbers_are_what_they_are_stored_as(fields):
    stored = StoredFields(as_stored(fields))

    assert stored == fields
    assert as_stored(dict(stored)) == as_stored(fields)
