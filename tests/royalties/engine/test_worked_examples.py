"""The six worked examples of the contract, to the cent, through the what-if interface."""

from royalties.engine.scenario import calculate_scenario
from tests.royalties.engine.documents import GWH, amounts, document, issue, report, totals

HALF_YEARS = [issue("2026-06-30", "2026-08-01"), issue("2026-12-31", "2027-02-01")]
NINE_AND_NINE = [report("2026-03", 9 * GWH), report("2026-09", 9 * GWH)]


def test_example_1_graduated_tiers():
    in_one = document(reports=[report("2026-03", 18 * GWH)], issues=[issue("2026-06-30", "2026-08-01")])
    in_two = document(reports=NINE_AND_NINE, issues=HALF_YEARS)

    assert totals(calculate_scenario(in_one), "payable") == ["28000000.00"]
    assert totals(calculate_scenario(in_two), "payable") == ["16000000.00", "12000000.00"]


def test_example_2_volume_tiers():
    term = {"mode": "volume"}
    in_one = document(term=term, reports=[report("2026-03", 18 * GWH)], issues=[issue("2026-06-30", "2026-08-01")])
    in_two = document(term=term, reports=NINE_AND_NINE, issues=HALF_YEARS)

    assert totals(calculate_scenario(in_one), "payable") == ["18000000.00"]
    assert totals(calculate_scenario(in_two), "payable") == ["13500000.00", "4500000.00"]


def test_example_3_restated_half_year():
    restated = report("2026-03", 11 * GWH, version=2, accepted_on="2027-03-01")
    scenario = document(reports=[*NINE_AND_NINE, restated], issues=[*HALF_YEARS, issue("2026-12-31", "2027-04-01")])

    answer = calculate_scenario(scenario)

    assert totals(answer, "payable") == ["16000000.00", "12000000.00", "2000000.00"]
    assert amounts(answer["statements"][2]) == {"2026-06-30": "3000000.00", "2026-12-31": "-1000000.00"}
    compared = [
        {
            "plant": "p1",
            "month": "2026-03",
            "chemistry": "LFP",
            "field": "EV",
            "version_before": 1,
            "version": 2,
        }
    ]
    assert [line["trace"]["reports"] for line in answer["statements"][2]["lines"]] == [compared, compared]


def test_example_4_minimum_and_its_restatement():
    quarters = ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]
    reports = [report(f"2026-{month}", 4 * GWH) for month in ("02", "05", "08", "11")]
    restated = report("2026-05", 7 * GWH, version=2, accepted_on="2027-03-01")
    scenario = document(
        agreement={"period": "quarter", "minimums": [{"contract_year": 1, "amount": "20000000.00"}]},
        term={"tiers": [{"up_to": None, "rate": "1.00"}]},
        reports=[*reports, restated],
        issues=[*(issue(day, "2027-01-15") for day in quarters), issue("2026-12-31", "2027-04-01")],
    )

    answer = calculate_scenario(scenario)

    assert totals(answer, "earned") == ["4000000.00"] * 4 + ["3000000.00"]
    assert totals(answer, "shortfall") == ["0.00", "0.00", "0.00", "4000000.00", "-3000000.00"]
    assert totals(answer, "payable") == ["4000000.00"] * 3 + ["8000000.00", "0.00"]


def test_example_5_recoupable_advance():
    scenario = document(agreement={"advance": "15000000.00"}, reports=NINE_AND_NINE, issues=HALF_YEARS)

    answer = calculate_scenario(scenario)

    assert totals(answer, "earned") == ["16000000.00", "12000000.00"]
    assert totals(answer, "recouped") == ["15000000.00", "0.00"]
    assert totals(answer, "payable") == ["1000000.00", "12000000.00"]
    assert answer["balance"] == {"advance": "0.00", "stated": "13000000.00"}


def test_example_6_net_sales_in_another_currency():
    scenario = document(
        agreement={"currency": "JPY", "advance": "0"},
        term={"basis": "net_sales", "tiers": [{"up_to": None, "rate": "3"}]},
        fx=[{"base": "EUR", "quote": "JPY", "on": "2026-06-30", "rate": "163.27", "kind": "period_end"}],
        reports=[report("2026-03", net_sales="1000000.00", currency="EUR")],
        issues=[issue("2026-06-30", "2026-08-01")],
    )

    (statement,) = calculate_scenario(scenario)["statements"]

    assert (statement["payable"], statement["currency"]) == ("4898100", "JPY")
    (line,) = statement["lines"]
    assert (line["quantity"], line["amount"]) == ("163270000", "4898100")
