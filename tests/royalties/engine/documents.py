"""What-if documents for tests."""

GWH = 1_000_000
EXAMPLE_TIERS = [
    {"up_to": "5000000", "rate": "2.00"},
    {"up_to": "15000000", "rate": "1.50"},
    {"up_to": None, "rate": "1.00"},
]


def document(**changes):
    """A US dollar agreement on energy sold, with half-years; `agreement` and `term` change single fields."""
    agreement = {
        "currency": "USD",
        "effective_on": "2026-01-01",
        "ends_on": None,
        "contract_year_start": "01-01",
        "period": "half_year",
        "minimums": [],
        "prorate_minimum": False,
        "cap": None,
        "cap_window": "contract_year",
        "advance": "0.00",
        "advance_recoupable": True,
        "withholding_percent": "0",
        "gross_up": False,
        "fx_rule": "period_end",
        "rounding": "half_even",
    }
    result = {
        "agreement": agreement | changes.pop("agreement", {}),
        "terms": [term(**changes.pop("term", {}))],
        "fees": [],
        "fx": [],
        "reports": [],
        "issues": [],
    }
    return result | changes


def term(**changes):
    return {
        "id": "t1",
        "basis": "energy_sold",
        "mode": "graduated",
        "window": "contract_year",
        "creditable": True,
        "clause": "4.1",
        "continues": None,
        "tiers": EXAMPLE_TIERS,
        "from": "2026-01-01",
        "to": None,
        "scope": {"plants": [], "chemistries": [], "fields": []},
        "escalator": None,
    } | changes


def report(month, sold="0", **changes):
    return {
        "month": month,
        "version": 1,
        "accepted_on": "2026-01-01",
        "plant": "p1",
        "chemistry": "LFP",
        "field": "EV",
        "energy_produced_kwh": "0",
        "energy_sold_kwh": str(sold),
        "units": "0",
        "net_sales": "0.00",
        "currency": "USD",
        "nil": False,
    } | changes


def issue(period_end, on):
    return {"period_end": period_end, "on": on}


def totals(answer, name):
    return [statement[name] for statement in answer["statements"]]


def amounts(statement, kind="royalty"):
    return {line["period"]: line["amount"] for line in statement["lines"] if line["kind"] == kind}
