"""Scenarios that break a rule: one problem for each field, and no answer."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from royalties.engine.problems import Problem, ScenarioError
from royalties.engine.scenario import calculate_scenario
from tests.royalties.engine.documents import document, issue, report, term

OPEN = {"up_to": None, "rate": "1"}
RATE = {"base": "EUR", "quote": "USD", "on": "2026-06-30", "rate": "1.10", "kind": "period_end"}


def tier(up_to, rate="1"):
    return {"up_to": up_to, "rate": rate}


def complete():
    scenario = document(
        term={"escalator": {"percent": "2.0", "cap": "3", "floor": "0"}, "scope": {"plants": ["p1"]}},
        agreement={
            "minimums": [{"contract_year": 1, "amount": "20000000.00"}],
            "ends_on": "2030-12-31",
            "payment_days": 30,
        },
        fees=[{"id": "f1", "on": "2026-01-15", "amount": "1000000.00", "label": "upfront"}],
        fx=[RATE],
        reports=[report("2026-03", 9)],
        issues=[issue("2026-06-30", "2026-08-01")],
    )
    return copy.deepcopy(scenario)


def problems_of(scenario):
    with pytest.raises(ScenarioError) as refused:
        calculate_scenario(scenario)
    return [problem.field for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"agreement": {"currency": "XXQ"}}, ["agreement.currency"]),
        ({"agreement": {"currency": 5}}, ["agreement.currency"]),
        ({"agreement": {"colour": "red"}}, ["agreement.colour"]),
        ({"agreement": {"effective_on": "2026-02-30"}}, ["agreement.effective_on"]),
        ({"agreement": {"effective_on": "20260101"}}, ["agreement.effective_on"]),
        ({"agreement": {"ends_on": "2025-12-31"}}, ["agreement.ends_on", "terms[0].from"]),
        ({"agreement": {"contract_year_start": "13-01"}}, ["agreement.contract_year_start"]),
        ({"agreement": {"contract_year_start": "1-1"}}, ["agreement.contract_year_start"]),
        ({"agreement": {"period": "week"}}, ["agreement.period"]),
        ({"agreement": {"period": None}}, ["agreement.period"]),
        ({"agreement": {"payment_days": True}}, ["agreement.payment_days"]),
        ({"agreement": {"payment_days": -1}}, ["agreement.payment_days"]),
        ({"agreement": {"minimums": {}}}, ["agreement.minimums"]),
        ({"agreement": {"minimums": [{"contract_year": 0, "amount": "1"}]}}, ["agreement.minimums[0].contract_year"]),
        ({"agreement": {"minimums": [{"contract_year": 1, "amount": "-1"}]}}, ["agreement.minimums[0].amount"]),
        (
            {"agreement": {"minimums": [{"contract_year": 1, "amount": "1"}] * 2}},
            ["agreement.minimums[1].contract_year"],
        ),
        (
            {"agreement": {"minimums": [{"contract_year": 1, "amount": "9"}], "cap": "8"}},
            ["agreement.cap"],
        ),
        ({"agreement": {"cap": "-8"}}, ["agreement.cap"]),
        ({"agreement": {"cap": "8.001"}}, ["agreement.cap"]),
        ({"agreement": {"cap_window": "month"}}, ["agreement.cap_window"]),
        ({"agreement": {"advance": "NaN"}}, ["agreement.advance"]),
        ({"agreement": {"advance": "Infinity"}}, ["agreement.advance"]),
        ({"agreement": {"advance": "1e9"}}, ["agreement.advance"]),
        ({"agreement": {"advance": "9" * 19}}, ["agreement.advance"]),
        ({"agreement": {"advance": 1.5}}, ["agreement.advance"]),
        ({"agreement": {"advance": "١"}}, ["agreement.advance"]),
        ({"agreement": {"advance_recoupable": "yes"}}, ["agreement.advance_recoupable"]),
        ({"agreement": {"advance_repayable": 1}}, ["agreement.advance_repayable"]),
        (
            {"agreement": {"withholding_changes": [{"from": "2025-12-31", "percent": "5"}]}},
            ["agreement.withholding_changes[0].from"],
        ),
        (
            {"agreement": {"withholding_changes": [{"from": "2027-01-01", "percent": "5"}] * 2}},
            ["agreement.withholding_changes[1].from"],
        ),
        (
            {"agreement": {"withholding_changes": [{"from": "2027-01-01", "percent": "101"}]}},
            ["agreement.withholding_changes[0].percent"],
        ),
        (
            {"agreement": {"gross_up": True, "withholding_changes": [{"from": "2027-01-01", "percent": "100"}]}},
            ["agreement.withholding_changes[0].percent"],
        ),
        (
            {"agreement": {"ends_on": "2027-06-30", "withholding_changes": [{"from": "2027-07-01", "percent": "5"}]}},
            ["agreement.withholding_changes[0].from"],
        ),
        (
            {"agreement": {"withholding_changes": [{"from": "2027-01-01", "percent": "5", "rounding": "half_up"}]}},
            ["agreement.withholding_changes[0].rounding"],
        ),
        ({"agreement": {"withholding_percent": "100.5"}}, ["agreement.withholding_percent"]),
        ({"agreement": {"withholding_percent": "100", "gross_up": True}}, ["agreement.withholding_percent"]),
        ({"agreement": {"rounding": "up"}}, ["agreement.rounding"]),
        ({"agreement": {"fx_rule": "spot"}}, ["agreement.fx_rule"]),
        ({"term": {"tiers": []}}, ["terms[0].tiers"]),
        ({"term": {"tiers": [tier("5")]}}, ["terms[0].tiers[0].up_to"]),
        ({"term": {"tiers": [OPEN, OPEN]}}, ["terms[0].tiers[0].up_to"]),
        ({"term": {"tiers": [tier("5"), tier("5"), OPEN]}}, ["terms[0].tiers[1].up_to"]),
        ({"term": {"tiers": [tier("5"), tier("4"), OPEN]}}, ["terms[0].tiers[1].up_to"]),
        ({"term": {"tiers": [tier("0"), OPEN]}}, ["terms[0].tiers[0].up_to"]),
        ({"term": {"tiers": [tier("-5"), OPEN]}}, ["terms[0].tiers[0].up_to"]),
        ({"term": {"tiers": [tier(None, "-1")]}}, ["terms[0].tiers[0].rate"]),
        ({"term": {"tiers": [tier("5", 2), OPEN]}}, ["terms[0].tiers[0].rate"]),
        ({"term": {"basis": "lump_sum", "tiers": [tier("5"), OPEN]}}, ["terms[0].tiers"]),
        ({"term": {"basis": "profit"}}, ["terms[0].basis"]),
        ({"term": {"to": "2025-12-31"}}, ["terms[0].to"]),
        ({"term": {"continues": "t9"}}, ["terms[0].continues"]),
        ({"term": {"continues": "t1"}}, ["terms[0].continues"]),
        ({"term": {"scope": {"plants": [1]}}}, ["terms[0].scope.plants[0]"]),
        ({"term": {"scope": []}}, ["terms[0].scope"]),
        ({"term": {"escalator": {"percent": "2", "cap": "1", "floor": "2"}}}, ["terms[0].escalator.cap"]),
        ({"term": {"escalator": {"percent": "-100"}}}, ["terms[0].escalator.percent"]),
        ({"term": {"escalator": {"index": "PPI"}}}, ["terms[0].escalator.index", "terms[0].escalator.percent"]),
        ({"terms": [term(), term(id="t2")]}, ["terms[1].from"]),
        ({"terms": [term(), term(basis="units")]}, ["terms[1].id"]),
        ({"fees": [{"id": "f1", "on": "2026-01-15", "amount": "-1", "label": ""}]}, ["fees[0].amount"]),
        ({"fees": [{"id": "f1", "on": "2026-01-15", "amount": "1"}] * 2}, ["fees[1].id"]),
        ({"fx": [RATE | {"quote": "EUR", "kind": "spot"}]}, ["fx[0].quote", "fx[0].kind"]),
        ({"fx": [RATE | {"rate": "0"}]}, ["fx[0].rate"]),
        ({"fx": [RATE, RATE]}, ["fx[1].on"]),
        ({"reports": [report("2025-12", 1)]}, ["reports[0].month"]),
        ({"reports": [report("2026-13", 1)]}, ["reports[0].month"]),
        ({"reports": [report("2026-03", 1)] * 2}, ["reports[1].version"]),
        ({"reports": [report("2026-03", -1)]}, ["reports[0].energy_sold_kwh"]),
        ({"reports": [report("2026-03", 1, nil=True)]}, ["reports[0].energy_sold_kwh"]),
        ({"reports": [report("2026-03", net_sales="1", currency="")]}, ["reports[0].currency"]),
        ({"reports": [report("2026-03", version=0)]}, ["reports[0].version"]),
        ({"reports": "none"}, ["reports"]),
        ({"reports": [None]}, ["reports[0]"]),
        ({"issues": [issue("2026-06-29", "2026-08-01")]}, ["issues[0].period_end"]),
        (
            {"issues": [issue("2026-12-31", "2027-08-01"), issue("2026-06-30", "2027-07-01")]},
            ["issues[1].period_end", "issues[1].on"],
        ),
    ],
)  # fmt: skip
def test_scenario_names_the_field_that_breaks_a_rule(change, fields):
    assert problems_of(document(**copy.deepcopy(change))) == fields


@pytest.mark.parametrize("value", [None, [], "text", 5, {}])
def test_scenario_that_is_not_one_is_refused(value):
    assert problems_of(value) == ([""] if value != {} else ["agreement", "terms"])


def test_continued_term_must_have_ended_and_share_the_basis():
    first = term(to="2026-12-31")
    late = term(id="t2", continues="t1", basis="units") | {"from": "2027-01-01"}
    early = term(id="t2", continues="t1", scope={"plants": ["p2"]}, basis="energy_sold") | {"from": "2026-12-31"}

    assert problems_of(document(terms=[first, late])) == ["terms[1].continues"]
    assert problems_of(document(terms=[first | {"scope": {"plants": ["p1"]}}, early])) == ["terms[1].continues"]


def test_terms_may_share_a_basis_where_scopes_do_not_overlap():
    scopes = [{"plants": ["p1"], "chemistries": ["LFP"]}, {"plants": ["p1"], "chemistries": ["NMC"]}]
    terms = [term(id=f"t{number}", scope=scope) for number, scope in enumerate(scopes)]

    assert calculate_scenario(document(terms=terms))["statements"] == []


def test_missing_rate_names_pair_date_kind_and_report():
    scenario = document(
        term={"basis": "net_sales", "tiers": [OPEN]},
        fx=[{"base": "CNY", "quote": "USD", "on": "2026-06-22", "rate": "0.14", "kind": "period_end"}],
        reports=[report("2026-02", 1), report("2026-03", net_sales="1.00", currency="CNY")],
        issues=[issue("2026-06-30", "2026-08-01")],
    )

    with pytest.raises(ScenarioError) as refused:
        calculate_scenario(scenario)

    (problem,) = refused.value.problems
    assert problem.field == "reports[1].currency"
    assert problem.message == "There is no period-end rate from CNY to USD for 2026-06-30 or the 7 days before."


def test_amount_that_cannot_be_meant_is_refused():
    scenario = document(
        agreement={"effective_on": "1950-01-01", "period": "year"},
        term={"from": "1950-01-01", "tiers": [OPEN], "escalator": {"percent": "1000"}},
        reports=[report("2090-03", 9)],
        issues=[issue("2090-12-31", "2091-08-01")],
    )

    assert problems_of(scenario) == ["reports"]


def places(value, path=()):
    """Every place in a document, to put something else there."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


RUBBISH = st.sampled_from(
    [None, True, 0, -1, 10**30, 1.5, "", "x", "-1", "NaN", "1e400", "9" * 400, "2026-01-01", "0000-00-00", [], {}, [[]]]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(list(places(complete()))), RUBBISH)
def test_rubbish_anywhere_is_calculated_or_refused(path, rubbish):
    scenario = complete()
    if path:
        inner = scenario
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = rubbish
    else:
        scenario = rubbish

    problems = [Problem("", "there must be one")]
    try:
        calculate_scenario(scenario)
    except ScenarioError as error:
        problems = error.problems

    assert problems
    assert all(problem.message for problem in problems)
