"""Bringing two versions of a record together: laws that hold for any values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.merging import Merged, Side, merge
from crm.domain.values import ours, plain, theirs
from crm.enums import Direction, FieldKind
from lrs_tracker.problems import DomainError

values = st.sampled_from(["", "a", "b", "c"])
versions = st.dictionaries(st.sampled_from(["name", "about", "phone"]), values)
directions = st.sampled_from([Direction.BOTH, Direction.IN, Direction.OUT])
sides = st.sampled_from(list(Side))


def merged(mine, other, before, direction, side):
    return merge(ours=mine, theirs=other, agreed=before, direction=direction, decide=lambda _name: side)


@given(versions, versions, versions, directions, sides)
def test_written_once_there_is_nothing_left_to_write(mine, other, before, direction, side):
    result = merged(mine, other, before, direction, side)
    after_mine, after_other = mine | result.to_ours, other | result.to_theirs
    agreed = before | result.agreed | result.to_ours | result.to_theirs
    again = merged(after_mine, after_other, agreed, direction, side)
    assert (again.to_ours, again.to_theirs, again.conflicts) == ({}, {}, [])


@given(versions, versions, versions, sides)
def test_both_ways_both_sides_end_the_same_in_what_both_have(mine, other, before, side):
    result = merged(mine, other, before, Direction.BOTH, side)
    shared = mine.keys() & other.keys()
    assert all((mine | result.to_ours)[name] == (other | result.to_theirs)[name] for name in shared)


@given(versions, versions, versions, directions, sides)
def test_direction_is_never_overstepped(mine, other, before, direction, side):
    result = merged(mine, other, before, direction, side)
    assert direction != Direction.IN or not result.to_theirs
    assert direction != Direction.OUT or not result.to_ours


@given(versions, versions, sides)
def test_what_one_side_alone_changed_is_no_conflict(before, mine, side):
    assert merged(mine, before, before, Direction.BOTH, side) == Merged(
        to_theirs={name: value for name, value in mine.items() if name in before and value != before[name]},
        agreed={name: value for name, value in mine.items() if before.get(name) == value},
    )


@pytest.mark.parametrize(
    ("raw", "kind", "expected"),
    [
        (None, FieldKind.TEXT, ""),
        ("  a\r\nb\0 ", FieldKind.TEXT, "a\nb"),
        ("1200000.50", FieldKind.NUMBER, "1200000.5"),
        (1e3, FieldKind.NUMBER, "1000"),
        ("2027-03-31T23:30:00Z", FieldKind.DATE, "2027-03-31"),
        ("2027-03-31T23:30:00-05:00", FieldKind.DATE, "2027-04-01"),
        ("1806451200000", FieldKind.DATE, "2027-03-31"),
        ("HTTPS://www.Aster.example/EN/", FieldKind.WEBSITE, "aster.example/EN"),
        ("germany", FieldKind.COUNTRY, "DE"),
        ("de", FieldKind.COUNTRY, "DE"),
        ("United States of America", FieldKind.COUNTRY, "US"),
    ],
)
def test_values_that_mean_the_same_are_the_same_text(raw, kind, expected):
    assert plain(raw, kind) == expected
    # And stay what they are when they have been on the other side.
    assert plain(theirs(expected, kind), kind) == expected
    assert plain(ours(expected, kind), kind) == expected


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("NaN", FieldKind.NUMBER), ("12a", FieldKind.NUMBER), ("31.3.2027", FieldKind.DATE), ("X", FieldKind.COUNTRY)],
)
def test_value_of_another_kind_is_refused(raw, kind):
    with pytest.raises(DomainError):
        plain(raw, kind)
