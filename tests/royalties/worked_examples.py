"""The six worked examples of the contract as what-if documents, with the totals that each channel must answer."""

from tests.royalties.engine.documents import GWH, document, issue, report

_HALF_YEARS = [issue("2026-06-30", "2026-08-01"), issue("2026-12-31", "2027-02-01")]
_ALL_IN_ONE = {"reports": [report("2026-03", 18 * GWH)], "issues": _HALF_YEARS[:1]}
_IN_TWO = {"reports": [report("2026-03", 9 * GWH), report("2026-09", 9 * GWH)], "issues": _HALF_YEARS}
_QUARTERS = [issue(f"2026-{day}", "2027-01-15") for day in ("03-31", "06-30", "09-30", "12-31")]
_LATER = issue("2026-12-31", "2027-04-01")


def _restated(month, kwh):
    return report(month, kwh, version=2, accepted_on="2027-03-01")


# By name: the document, and what its statements say, total by total.
EXAMPLES = {
    "1 graduated, in one": (document(**_ALL_IN_ONE), {"payable": ["28000000.00"]}),
    "1 graduated, in two": (document(**_IN_TWO), {"payable": ["16000000.00", "12000000.00"]}),
    "2 volume, in one": (document(term={"mode": "volume"}, **_ALL_IN_ONE), {"payable": ["18000000.00"]}),
    "2 volume, in two": (document(term={"mode": "volume"}, **_IN_TWO), {"payable": ["13500000.00", "4500000.00"]}),
    "3 restated": (
        document(
            reports=[*_IN_TWO["reports"], _restated("2026-03", 11 * GWH)],
            issues=[*_HALF_YEARS, _LATER],
        ),
        {"payable": ["16000000.00", "12000000.00", "2000000.00"]},
    ),
    "4 minimum": (
        document(
            agreement={"period": "quarter", "minimums": [{"contract_year": 1, "amount": "20000000.00"}]},
            term={"tiers": [{"up_to": None, "rate": "1.00"}]},
            reports=[
                *(report(f"2026-{month}", 4 * GWH) for month in ("02", "05", "08", "11")),
                _restated("2026-05", 7 * GWH),
            ],
            issues=[*_QUARTERS, _LATER],
        ),
        {
            "earned": ["4000000.00"] * 4 + ["3000000.00"],
            "shortfall": ["0.00", "0.00", "0.00", "4000000.00", "-3000000.00"],
            "payable": ["4000000.00"] * 3 + ["8000000.00", "0.00"],
        },
    ),
    "5 advance": (
        document(agreement={"advance": "15000000.00"}, **_IN_TWO),
        {"recouped": ["15000000.00", "0.00"], "payable": ["1000000.00", "12000000.00"]},
    ),
    "6 currencies": (
        document(
            agreement={"currency": "JPY", "advance": "0"},
            term={"basis": "net_sales", "tiers": [{"up_to": None, "rate": "3"}]},
            fx=[{"base": "EUR", "quote": "JPY", "on": "2026-06-30", "rate": "163.27", "kind": "period_end"}],
            reports=[report("2026-03", net_sales="1000000.00", currency="EUR")],
            issues=_HALF_YEARS[:1],
        ),
        {"earned": ["4898100"], "payable": ["4898100"]},
    ),
}
