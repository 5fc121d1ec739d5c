"""The worked examples of the contract, through stored agreements and reports, to the cent."""

import datetime as dt
from decimal import Decimal

import pytest

from money.enums import RateKind
from money.models import FxRate
from royalties.engine.recomputation import recompute
from royalties.enums import Basis, TierMode
from royalties.models import StatementLine
from tests.royalties.statements.desk import (
    FIRST_ISSUE,
    SECOND_ISSUE,
    THIRD_ISSUE,
    issue,
    make_agreement,
    report,
)

pytestmark = pytest.mark.django_db

BEFORE_FIRST = FIRST_ISSUE - dt.timedelta(days=10)
BEFORE_SECOND = SECOND_ISSUE - dt.timedelta(days=10)
BEFORE_THIRD = THIRD_ISSUE - dt.timedelta(days=10)


def two_halves(agreement, first="9", second="9"):
    """Report and issue both halves of 2026; return both statements."""
    report(agreement, "2026-01", first, through="2026-06", at=BEFORE_FIRST)
    one = issue(agreement, FIRST_ISSUE)
    report(agreement, "2026-07", second, through="2026-12", at=BEFORE_SECOND)
    two = issue(agreement, SECOND_ISSUE)
    return one, two


@pytest.fixture(autouse=True)
def every_trace_recomputes():
    """Check after each example that every stored line follows from its own trace."""
    yield
    lines = list(StatementLine.objects.all())
    assert lines
    assert [recompute(line.trace) for line in lines] == [line.amount for line in lines]


def test_example_1_graduated():
    one, two = two_halves(make_agreement())
    assert (one.earned, two.earned) == (Decimal(16_000_000), Decimal(12_000_000))
    assert (one.number, two.number, one.payable, two.payable) == (1, 2, one.earned, two.earned)


def test_example_2_volume():
    one, two = two_halves(make_agreement(term={"mode": TierMode.VOLUME}))
    assert (one.payable, two.payable) == (Decimal(13_500_000), Decimal(4_500_000))


def test_example_3_restated():
    agreement = make_agreement()
    two_halves(agreement)
    report(agreement, "2026-01", "11", at=BEFORE_THIRD)
    report(agreement, "2027-01", through="2027-06", at=BEFORE_THIRD)
    three = issue(agreement, THIRD_ISSUE)
    assert three.payable == Decimal(2_000_000)
    assert list(three.lines.order_by("position").values_list("label", "period_end", "amount", "is_adjustment")) == [
        ("Royalty per kWh", dt.date(2027, 6, 30), Decimal(0), False),
        ("Restatement of H1 2026, report v1 → v2", dt.date(2026, 6, 30), Decimal(3_000_000), True),
        (
            "Recalculation of H2 2026 after the restatement of H1 2026",
            dt.date(2026, 12, 31),
            Decimal(-1_000_000),
            True,
        ),
    ]


def test_example_4_minimum_and_restatement():
    agreement = make_agreement(reporting_period="quarter")
    agreement.minimums.create(contract_year=1, amount=Decimal(20_000_000))
    days = [dt.datetime(2026, 5, 2, tzinfo=dt.UTC), dt.datetime(2026, 8, 2, tzinfo=dt.UTC)]
    days += [dt.datetime(2026, 11, 2, tzinfo=dt.UTC), dt.datetime(2027, 2, 2, tzinfo=dt.UTC)]
    payable = []
    for first, last, gwh, at in zip(
        ("2026-01", "2026-04", "2026-07", "2026-10"),
        ("2026-03", "2026-06", "2026-09", "2026-12"),
        ("3", "2", "2", "2"),
        days,
        strict=True,
    ):
        report(agreement, first, gwh, through=last, at=at - dt.timedelta(days=5))
        payable.append(issue(agreement, at))
    assert sum(statement.earned for statement in payable) == Decimal(16_000_000)
    assert payable[3].shortfall == Decimal(4_000_000)
    report(agreement, "2026-04", "4", at=days[3] + dt.timedelta(days=5))
    report(agreement, "2027-01", through="2027-03", at=days[3] + dt.timedelta(days=70))
    fifth = issue(agreement, dt.datetime(2027, 5, 3, tzinfo=dt.UTC))
    assert (fifth.earned, fifth.shortfall, fifth.payable) == (Decimal(3_000_000), Decimal(-3_000_000), Decimal(0))


def test_example_5_advance():
    one, two = two_halves(make_agreement(advance=Decimal(15_000_000)))
    assert (one.earned, one.recouped, one.payable) == (Decimal(16_000_000), Decimal(15_000_000), Decimal(1_000_000))
    assert two.payable == Decimal(12_000_000)


def test_example_6_sales_in_another_currency():
    agreement = make_agreement(currency="JPY", tiers=[(None, "3")], term={"basis": Basis.NET_SALES})
    FxRate.objects.create(
        base="EUR", quote="JPY", on=dt.date(2026, 6, 30), kind=RateKind.PERIOD_END, rate=Decimal("163.27"), source="ECB"
    )
    report(
        agreement,
        "2026-01",
        through="2026-06",
        at=BEFORE_FIRST,
        gross_sales=Decimal(1_000_000),
        net_sales=Decimal(1_000_000),
        currency="EUR",
    )
    statement = issue(agreement, FIRST_ISSUE)
    assert statement.payable == Decimal(4_898_100)
