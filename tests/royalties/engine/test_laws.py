"""Laws that hold for every agreement and every history of reports, restatements and issues."""

import copy
import datetime as dt
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from royalties.engine.recomputation import recompute
from royalties.engine.scenario import calculate_scenario
from tests.royalties.engine.documents import document as plain_document
from tests.royalties.engine.documents import issue, report
from tests.royalties.engine.reference import Reference
from tests.royalties.engine.strategies import LAST, documents, tier_lists

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TOTALS = ("earned", "shortfall", "fees", "recouped", "withheld", "payable")


def sums(answer):
    """The sum of every line over all statements."""
    found = defaultdict(Fraction)
    for statement in answer["statements"]:
        for line in statement["lines"]:
            found[line["kind"], line["term"], dt.date.fromisoformat(line["period"])] += Fraction(line["amount"])
    return {key: amount for key, amount in found.items() if amount}


def totals(answer):
    return {name: sum(Fraction(statement[name]) for statement in answer["statements"]) for name in TOTALS}


def once(document):
    """The same document with nothing but its last issue."""
    return document | {"issues": document["issues"][-1:]}


@often
@given(documents())
def test_statements_add_up_to_one_calculation_on_the_final_reports(document):
    answer, single = calculate_scenario(document), calculate_scenario(once(document))

    assert sums(answer) == sums(single)
    assert totals(answer) == totals(single)
    assert answer["balance"] == single["balance"]


@often
@given(documents())
def test_engine_agrees_with_the_reference(document):
    through = dt.date.fromisoformat(document["issues"][-1]["period_end"])

    assert sums(calculate_scenario(document)) == Reference(document, through, LAST).lines()


@often
@given(documents(), st.randoms())
def test_order_of_arrival_changes_no_final_total(document, random):
    shuffled = copy.deepcopy(document)
    arrivals = [line["accepted_on"] for line in shuffled["reports"]]
    random.shuffle(arrivals)
    for line, accepted_on in zip(shuffled["reports"], arrivals, strict=True):
        line["accepted_on"] = accepted_on
    random.shuffle(shuffled["reports"])

    assert sums(calculate_scenario(shuffled)) == sums(calculate_scenario(document))


@often
@given(documents())
def test_splitting_a_report_into_parts_changes_nothing(document):
    parts = copy.deepcopy(document)
    for line in document["reports"]:
        half = copy.deepcopy(line) | {"field": "second half"}
        parts["reports"].append(half)
        first = next(part for part in parts["reports"] if part == line)
        for name in ("energy_produced_kwh", "energy_sold_kwh", "net_sales"):
            figure = Decimal(line[name])
            half[name], first[name] = str(figure / 4), str(figure - figure / 4)

    assert sums(calculate_scenario(parts)) == sums(calculate_scenario(document))


@often
@given(documents())
def test_every_trace_recomputes_to_its_amount(document):
    for statement in calculate_scenario(document)["statements"]:
        for line in statement["lines"]:
            assert recompute(line["trace"]) == Decimal(line["amount"]) == Decimal(line["trace"]["amount"])


@often
@given(documents())
def test_totals_are_the_sums_of_their_lines(document):
    names = {
        "shortfall": "shortfall",
        "fee": "fees",
        "recoupment": "recouped",
        "repayment": "recouped",
        "withholding": "withheld",
    }
    for statement in calculate_scenario(document)["statements"]:
        found = defaultdict(Decimal)
        for line in statement["lines"]:
            found[names.get(line["kind"], "earned")] += Decimal(line["amount"])
        assert {name: Decimal(statement[name]) for name in names.values()} == {n: found[n] for n in names.values()}
        deducted = 0 if document["agreement"]["gross_up"] else found["withheld"]
        due = found["earned"] + found["shortfall"] + found["fees"]
        assert Decimal(statement["payable"]) == due - found["recouped"] - deducted


@often
@given(documents())
def test_stated_amounts_never_exceed_cap_advance_or_minimum(document):
    rules = document["agreement"]
    calendar = Reference(document, LAST, LAST)
    stated = {"earned": defaultdict(Fraction), "shortfall": defaultdict(Fraction), "credited": defaultdict(Fraction)}
    recouped = Fraction(0)
    creditable = {term["id"] for term in document["terms"] if term["creditable"]}
    for statement in calculate_scenario(document)["statements"]:
        for line in statement["lines"]:
            year = calendar.contract_year(dt.date.fromisoformat(line["period"]))
            amount = Fraction(line["amount"])
            if line["kind"] in {"royalty", "cap"}:
                stated["earned"][year if rules["cap_window"] == "contract_year" else 0] += amount
            if line["term"] in creditable:
                stated["credited"][year] += amount
            if line["kind"] == "shortfall":
                stated["shortfall"][year] += amount
        recouped += Fraction(statement["recouped"])

        assert 0 <= recouped <= Fraction(rules["advance"])
        if rules["cap"] is not None:
            assert all(earned <= Fraction(rules["cap"]) for earned in stated["earned"].values())
        else:
            for year, shortfall in stated["shortfall"].items():
                named = [row for row in rules["minimums"] if row["contract_year"] <= year]
                minimum = Fraction(max(named, key=lambda row: row["contract_year"])["amount"])
                assert 0 <= shortfall <= max(0, minimum - stated["credited"][year])


@often
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(0, 40), st.integers(0, 900)), min_size=1))
def test_minimum_is_made_up_for_once_however_often_the_year_is_restated(versions):
    reports, last = {}, dt.date(2028, 7, 1)
    for month, version, sold, days in versions:
        accepted_on = dt.date(2026, 1, 1) + dt.timedelta(days=days)
        line = report(f"2026-{month:02}", sold, version=version, accepted_on=accepted_on.isoformat())
        reports[month, version] = line
    days = sorted({line["accepted_on"] for line in reports.values()} | {last.isoformat()})
    answer = calculate_scenario(
        plain_document(
            agreement={"period": "year", "minimums": [{"contract_year": 1, "amount": "60"}]},
            term={"tiers": [{"up_to": None, "rate": "1"}]},
            reports=list(reports.values()),
            issues=[issue("2026-12-31", day) for day in days],
        )
    )

    earned = shortfall = Fraction(0)
    for statement in answer["statements"]:
        earned += Fraction(statement["earned"])
        shortfall += Fraction(statement["shortfall"])
        assert earned + shortfall == max(60, earned)


@often
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(0, 40), st.integers(0, 900)), min_size=1),
    st.sampled_from(["2026-10-15", "2026-12-31"]),
    st.booleans(),
)
def test_advance_is_settled_whole_at_the_end_however_often_the_term_is_restated(versions, ends_on, is_recoupable):
    reports = {}
    for month, version, sold, days in versions:
        accepted_on = dt.date(2026, 1, 1) + dt.timedelta(days=days)
        if f"2026-{month:02}-31" <= ends_on:
            line = report(f"2026-{month:02}", sold, version=version, accepted_on=accepted_on.isoformat())
            reports[month, version] = line
    days = sorted({"2028-07-01", *(line["accepted_on"] for line in reports.values())})
    rules = {"advance": "70", "advance_recoupable": is_recoupable, "advance_repayable": True, "ends_on": ends_on}
    answer = calculate_scenario(
        plain_document(
            agreement=rules | {"period": "quarter"},
            term={"tiers": [{"up_to": None, "rate": "1"}]},
            reports=list(reports.values()),
            issues=[issue("2026-09-30", days[0]), *(issue(ends_on, day) for day in days)],
        )
    )

    first, *last = answer["statements"]
    assert Fraction(first["recouped"]) == (min(70, Fraction(first["earned"])) if is_recoupable else 0)
    assert [line for line in first["lines"] if line["kind"] == "repayment"] == []
    recouped, earned = Fraction(first["recouped"]), Fraction(first["earned"])
    for statement in last:
        recouped += Fraction(statement["recouped"])
        earned += Fraction(statement["earned"])
        assert recouped == 70
    repaid = sum(amount for key, amount in sums(answer).items() if key[0] == "repayment")
    assert repaid == (max(0, 70 - earned) if is_recoupable else 70)
    assert answer["balance"] == {"advance": "0.00", "stated": f"{earned - 70:.2f}"}


@often
@given(documents())
def test_rate_that_changes_to_itself_changes_nothing(document):
    rules = document["agreement"]
    percent = rules["withholding_percent"]
    same = [{"from": change["from"], "percent": percent} for change in rules["withholding_changes"]]

    single = calculate_scenario(document | {"agreement": rules | {"withholding_changes": []}})
    assert calculate_scenario(document | {"agreement": rules | {"withholding_changes": same}}) == single


@often
@given(tier_lists(), st.sampled_from(["1", "5", "7.5", "15", "40"]), *[st.decimals(0, 1, places=3)] * 2)
def test_graduated_royalty_is_continuous_and_monotonic(tiers, bound, below, more):
    quantity = Decimal(bound) - below

    def royalty(sold):
        scenario = plain_document(
            term={"tiers": tiers}, reports=[report("2026-03", sold)], issues=[issue("2026-06-30", "2026-08-01")]
        )
        return Fraction(calculate_scenario(scenario)["statements"][0]["earned"])

    step = royalty(quantity + more) - royalty(quantity)

    assert step >= 0
    assert step <= max(Fraction(tier["rate"]) for tier in tiers) * Fraction(more) + Fraction(1, 100)
