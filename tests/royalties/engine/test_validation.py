import datetime as dt
from decimal import Decimal

import pytest

from royalties.engine.agreement import Fee, YearAmount
from royalties.engine.codes import Basis, CapWindow
from royalties.engine.escalation import AnnualPercent, Index
from royalties.engine.terms import Scope
from royalties.engine.validation import agreement_problems
from tests.royalties.engine.agreements import START, make_agreement, make_term, tiers

JULY = dt.date(2026, 7, 1)
NAN = Decimal("NaN")


def fields_of(*terms, **rules):
    return [problem.field for problem in agreement_problems(make_agreement(*terms, **rules))]


def test_agreement_of_the_example_has_no_problems():
    assert fields_of() == []


@pytest.mark.parametrize(
    ("rules", "fields"),
    [
        ({"advance": NAN}, ["agreement.advance"]),
        ({"withholding_percent": NAN}, ["agreement.withholding_percent"]),
        ({"payment_days": -1}, ["agreement.payment_days"]),
        ({"minimums": (YearAmount(2, Decimal(1)), YearAmount(1, Decimal(1)))}, ["agreement.minimums[1].contract_year"]),
        ({"caps": (YearAmount(1, Decimal(9)), YearAmount(1, Decimal(8)))}, ["agreement.cap[1].contract_year"]),
        ({"caps": (YearAmount(1, Decimal("Infinity")),)}, ["agreement.cap"]),
        (
            {"caps": (YearAmount(1, Decimal(9)), YearAmount(2, Decimal(8))), "cap_window": CapWindow.LIFETIME},
            ["agreement.cap"],
        ),
        (
            {"caps": (YearAmount(1, Decimal(9)),), "minimums": (YearAmount(3, Decimal(10)),)},
            ["agreement.cap"],
        ),
        ({"fees": [Fee("f", JULY, Decimal(1))], "ends_on": dt.date(2026, 6, 30)}, ["fees[0].on"]),
        ({"fees": [Fee("f", JULY, Decimal("0.001"))]}, ["fees[0].amount"]),
    ],
)
def test_rules_that_contradict_are_named(rules, fields):
    assert fields_of(**rules) == fields


def test_cap_that_rises_with_the_minimum_is_no_problem():
    caps = (YearAmount(1, Decimal(10)), YearAmount(2, Decimal(20)))

    assert fields_of(caps=caps, minimums=(YearAmount(1, Decimal(10)), YearAmount(2, Decimal(15)))) == []


@pytest.mark.parametrize(
    ("term", "fields"),
    [
        ({"tiers": ()}, ["terms[0].tiers"]),
        ({"tiers": tiers(("NaN", "1"), (None, "1"))}, ["terms[0].tiers[0].up_to"]),
        ({"tiers": tiers((None, "NaN"))}, ["terms[0].tiers[0].rate"]),
        ({"escalator": AnnualPercent(NAN)}, ["terms[0].escalator.percent"]),
        ({"escalator": Index(Decimal(0))}, ["terms[0].escalator"]),
        ({"escalator": Index(Decimal(1), {2026: NAN})}, ["terms[0].escalator"]),
        ({"basis": Basis.LUMP_SUM}, ["terms[0].tiers"]),
    ],
)
def test_terms_that_contradict_are_named(term, fields):
    assert fields_of(make_term(**term)) == fields


def test_terms_of_one_basis_and_scope_may_not_overlap_in_time():
    first = make_term(effective_to=JULY)
    plant = Scope(plants=frozenset({1}))

    assert fields_of(first, make_term(id="t2", effective_from=JULY, scope=plant)) == ["terms[1].from"]
    assert fields_of(first, make_term(id="t2", effective_from=JULY + dt.timedelta(days=1))) == []
    assert fields_of(first, make_term(id="t2", basis=Basis.UNITS)) == []


def test_terms_may_not_continue_each_other_in_a_circle():
    first = make_term(continues="t2", effective_to=JULY)
    second = make_term(id="t2", continues="t1", effective_from=dt.date(2027, 1, 1))

    assert fields_of(first, second) == ["terms[0].continues", "terms[1].continues"]


def test_term_continues_one_that_has_ended():
    second = make_term(id="t2", continues="t1", effective_from=dt.date(2026, 7, 2), effective_to=None)

    assert fields_of(make_term(effective_from=START, effective_to=JULY), second) == []
