"""Traces show what the contract names, and are enough to rebuild the amount of a line."""

import datetime as dt
import json
from decimal import Decimal

from royalties.engine.agreement import Fee, WithholdingChange, YearAmount
from royalties.engine.calculation import calculate
from royalties.engine.codes import Basis, PeriodLength, RateKind, TierMode, TierWindow
from royalties.engine.escalation import Index
from royalties.engine.fx import Rate, RateTable
from royalties.engine.recomputation import recompute
from royalties.engine.statements import difference, stated_with
from royalties.engine.trace import Explanation
from tests.royalties.engine.agreements import H1, H2, NO_RATES, make_agreement, make_term, sold, tiers

YEARS = [dt.date(year, 12, 31) for year in (2026, 2027, 2028)]


def traces_of(agreement, quantities, *, through=H2, rates=NO_RATES, stated=()):
    """The traces of a statement after what was stated; each one has been recomputed."""
    lines = calculate(agreement, quantities, through=through, rates=rates)
    statement = difference(lines, dict(stated), gross_up=agreement.rules.gross_up)
    explanation = Explanation(agreement, quantities, lines, through=through, rates=rates)
    traces = [explanation.trace(line) for line in statement.lines]
    for line, trace in zip(statement.lines, traces, strict=True):
        assert recompute(json.loads(json.dumps(trace))) == line.amount
    return traces, stated_with(dict(stated), statement)


def test_trace_of_volume_tiers_takes_back_what_was_charged_at_another_rate():
    traces, _ = traces_of(make_agreement(make_term(mode=TierMode.VOLUME)), [sold(H1, 9_000_000), sold(H2, 9_000_000)])

    assert [(part["from"], part["to"], part["quantity"], part["amount"]) for part in traces[1]["tiers"]] == [
        ("15000000", None, "18000000", "18000000"),
        ("5000000", "15000000", "-9000000", "-13500000"),
    ]


def test_trace_of_converted_sales_names_rate_date_and_source():
    term = make_term(basis=Basis.NET_SALES, tiers=tiers((None, "3")), clause="5.2")
    friday = H1 - dt.timedelta(days=4)
    table = RateTable(
        [
            Rate("EUR", "CNY", friday, RateKind.PERIOD_END, Decimal("8"), "bank"),
            Rate("EUR", "USD", H1, RateKind.PERIOD_END, Decimal("1.2"), "ECB"),
        ]
    )

    (trace,), _ = traces_of(make_agreement(term), [sold(H1, 400, currency="CNY")], rates=table)

    assert (trace["clause"], trace["quantity"], trace["amount"]) == ("5.2", "60", "1.80")
    (conversion,) = trace["conversions"]
    assert (conversion["currency"], conversion["quantity"], conversion["converted"]) == ("CNY", "400", "60")
    shown = [(rate["base"], rate["quote"], rate["on"], rate["source"], rate["inverse"]) for rate in conversion["rates"]]
    assert shown == [("EUR", "CNY", "2026-06-26", "bank", True), ("EUR", "USD", "2026-06-30", "ECB", False)]


def test_trace_of_an_index_shows_each_step_up_to_its_year():
    index = Index(Decimal(90), {2026: Decimal(91), 2027: Decimal(97), 2028: Decimal(99)}, lag=1, cap=Decimal(5))
    term = make_term(escalator=index, window=TierWindow.LIFETIME, mode=TierMode.VOLUME)
    agreement = make_agreement(term, period=PeriodLength.YEAR)

    traces, _ = traces_of(agreement, [sold(end, 3_000_000) for end in YEARS], through=YEARS[-1])

    assert [len(trace["escalator"]) for trace in traces] == [0, 1, 2]
    assert [step["index"] for step in traces[2]["escalator"]] == [["90", "91"], ["91", "97"]]
    assert traces[2]["escalator"][1]["held"] == "5"


def test_trace_of_totals_shows_their_arithmetic():
    agreement = make_agreement(
        make_term(tiers=tiers((None, "1"))),
        make_term(id="t2", basis=Basis.UNITS, tiers=tiers((None, "1")), creditable=False),
        fees=[Fee("f", H1, Decimal(10), "Upfront")],
        effective_on=dt.date(2026, 2, 1),
        minimums=(YearAmount(1, Decimal(1000)),),
        prorate_minimum=True,
        caps=(YearAmount(1, Decimal(1000)),),
        advance=Decimal(50),
        withholding_percent=Decimal(10),
    )

    traces, _ = traces_of(agreement, [sold(H1, 100), sold(H2, 1000, term="t2")])

    shown = {(trace["kind"], trace["period"]["to"]): trace for trace in traces}
    assert shown["fee", "2026-06-30"]["fee"] == {"label": "Upfront", "on": "2026-06-30", "amount": "10.00"}
    assert shown["cap", "2026-12-31"]["cap"] == {
        "window": "contract_year",
        "cap": "1000.00",
        "earned_before": "100.00",
        "earned": "1100.00",
        "cut_before": "0.00",
        "cut": "100.00",
    }
    assert shown["recoupment", "2026-06-30"]["recoupment"] == {
        "advance": "50.00",
        "earned_before": "0.00",
        "earned": "100.00",
        "recouped_before": "0.00",
        "recouped": "50.00",
    }
    assert shown["withholding", "2026-06-30"]["withholding"] == {
        "percent": "10",
        "gross_up": False,
        "base_before": "0.00",
        "base": "60.00",
        "withheld_before": "0.00",
        "withheld": "6.00",
    }


def test_trace_of_a_tax_names_every_rate_that_it_is_made_of():
    rules = {"withholding_percent": Decimal(10)}
    change = WithholdingChange(dt.date(2026, 7, 1), Decimal("5.5"))
    flat = make_term(tiers=tiers((None, "1")))
    _, stated = traces_of(make_agreement(flat, **rules), [sold(H1, 100), sold(H2, 100)])

    traces, _ = traces_of(
        make_agreement(flat, **rules, withholding_changes=(change,)),
        [sold(H1, 200), sold(H2, 100)],
        stated=stated.items(),
    )

    first, second = [trace for trace in traces if trace["kind"] == "withholding"]
    assert (first["withholding"]["percent"], "by_rate" in first["withholding"], first["amount"]) == (
        "10",
        False,
        "10.00",
    )
    assert (second["withholding"]["percent"], second["amount"]) == ("5.5", "-4.50")
    assert second["withholding"]["by_rate"] == [
        {"percent": "10", "base_before": "200.00", "base": "200.00"},
        {"percent": "5.5", "base_before": "0.00", "base": "100.00"},
    ]


def test_trace_of_a_repayment_shows_what_was_recouped():
    flat = make_term(tiers=tiers((None, "1")))
    rules = {"advance": Decimal(50), "advance_repayable": True}
    quantities = [sold(H1, 30), sold(H2, 5)]

    traces, stated = traces_of(make_agreement(flat, ends_on=H2, **rules), quantities)
    extended, _ = traces_of(make_agreement(flat, **rules), quantities, stated=stated.items())

    assert [trace["repayment"] for trace in traces if trace["kind"] == "repayment"] == [
        {"is_due": True, "advance": "50.00", "recouped": "35.00", "repaid": "15.00"}
    ]
    assert [(trace["kind"], trace["repayment"]["is_due"], trace["amount"]) for trace in extended] == [
        ("repayment", False, "-15.00")
    ]


def test_trace_of_a_removed_tax_says_whether_it_was_deducted():
    rules = {"withholding_percent": Decimal(10), "gross_up": True}
    _, stated = traces_of(make_agreement(**rules), [sold(H1, 100)])

    cut_off, _ = traces_of(make_agreement(ends_on=dt.date(2026, 3, 31), **rules), [], stated=stated.items())

    (tax,) = (trace for trace in cut_off if trace["kind"] == "withholding")
    assert (tax["removed"], tax["withholding"]) == (True, {"gross_up": True})


def test_trace_of_a_prorated_shortfall_shows_the_days():
    agreement = make_agreement(
        effective_on=dt.date(2026, 2, 1), minimums=(YearAmount(1, Decimal(1000)),), prorate_minimum=True
    )

    (trace,), _ = traces_of(agreement, [])

    assert trace["shortfall"] == {
        "agreed_minimum": "1000.00",
        "prorated": {"days": 334, "of": 365},
        "minimum": "915.07",
        "earned": "0.00",
        "not_creditable": "0.00",
        "cut": "0.00",
        "credited": "0.00",
        "cap": None,
    }
    assert trace["amount"] == "915.07"


def test_trace_of_what_an_amendment_removed_says_so():
    quantities = [sold(H1, 100), sold(H2, 100)]
    before = make_agreement(fees=[Fee("f", H1, Decimal(10))], minimums=(YearAmount(1, Decimal(1000)),))
    _, stated = traces_of(before, quantities)

    without_term = make_agreement(make_term(id="new"))
    traces, _ = traces_of(without_term, [], stated=stated.items())
    shorter = make_agreement(ends_on=dt.date(2026, 3, 31))
    cut_off, _ = traces_of(shorter, [], through=dt.date(2026, 3, 31), stated=stated.items())

    assert [(trace["kind"], trace.get("removed", False), trace["to_date"]) for trace in traces] == [
        ("royalty", True, "0.00"),
        ("fee", True, "0.00"),
        ("royalty", True, "0.00"),
        ("shortfall", False, "0.00"),
    ]
    assert {(trace["removed"], trace["to_date"]) for trace in cut_off} == {(True, "0.00")}
