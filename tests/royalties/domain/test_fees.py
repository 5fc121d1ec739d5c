"""Fees, instalments and services."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Role
from lrs_tracker.problems import DomainError
from royalties.domain.fees import add_fee, add_instalments, remove_fee, split_amount
from royalties.domain.services import add_service
from royalties.enums import AgreementStatus
from tests.accounts.factories import UserFactory
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 31)


@pytest.fixture
def finance():
    return UserFactory(role=Role.FINANCE)


@pytest.fixture
def draft():
    return AgreementFactory(status=AgreementStatus.DRAFT, expires_on=dt.date(2030, 12, 31))


def fee(**values):
    return {"label": "Fee", "kind": "upfront", "trigger": "date", "due_on": DAY, "amount": Decimal(100)} | values


@given(
    cents=st.integers(min_value=120, max_value=10**15),
    parts=st.integers(min_value=2, max_value=120),
)
def test_parts_add_up_to_the_cent(cents, parts):
    total = Decimal(cents) / 100

    split = split_amount(total, parts, currency="USD")

    assert (len(split), sum(split)) == (parts, total)
    assert max(split) - min(split) < parts * Decimal("0.01")


def test_yen_are_split_without_decimals():
    assert split_amount(Decimal(100), 3, currency="JPY") == [33, 33, 34]


def test_instalments_are_dated_fees_of_a_series(draft, finance):
    days = [DAY, dt.date(2026, 6, 30), dt.date(2026, 9, 30)]

    fees = add_instalments(
        agreement=draft, values={"label": "Know-how", "kind": "other"}, total=Decimal(1000), days=days, by=finance
    )

    assert [(one.due_on, one.amount, one.instalment, one.instalments) for one in fees] == [
        (days[0], Decimal("333.33"), 1, 3),
        (days[1], Decimal("333.33"), 2, 3),
        (days[2], Decimal("333.34"), 3, 3),
    ]


@pytest.mark.parametrize("days", [[DAY], [DAY, DAY], [DAY, dt.date(2026, 1, 1)]])
def test_instalments_need_days_in_order(draft, finance, days):
    with pytest.raises(DomainError):
        add_instalments(
            agreement=draft, values={"label": "Fee", "kind": "other"}, total=Decimal(9), days=days, by=finance
        )
    assert not draft.fees.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"due_on": None}, "due_on"),
        ({"trigger": "milestone"}, "milestone"),
        ({"due_on": dt.date(2031, 1, 1)}, "due_on"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"label": "\u200b"}, "label"),
    ],
)
def test_contradictions_of_a_fee_are_told_at_their_field(draft, finance, values, field):
    with pytest.raises(DomainError) as error:
        add_fee(agreement=draft, values=fee(**values), by=finance)

    assert error.value.field == field
    assert not draft.fees.exists()


def test_fee_on_a_milestone_is_of_a_plant_that_is_covered(draft, finance):
    plant = PlantFactory()
    values = fee(trigger="milestone", plant=plant, milestone="start_of_production", offset_days=30)

    with pytest.raises(DomainError) as error:
        add_fee(agreement=draft, values=values, by=finance)
    assert error.value.field == "plant"
    draft.plants.add(plant)
    stored = add_fee(agreement=draft, values=values, by=finance)

    assert (stored.due_on, stored.offset_days) == (None, 30)
    remove_fee(fee=stored, by=finance)
    assert not draft.fees.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"starts_on": dt.date(2025, 1, 1)}, "starts_on"),
        ({"ends_on": dt.date(2031, 1, 1)}, "ends_on"),
        ({"starts_on": DAY, "ends_on": dt.date(2026, 3, 1)}, "ends_on"),
    ],
)
def test_service_lies_within_the_agreement(draft, finance, values, field):
    with pytest.raises(DomainError) as error:
        add_service(agreement=draft, values={"label": "Support", "rate": Decimal(1), **values}, by=finance)

    assert error.value.field == field
