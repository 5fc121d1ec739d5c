"""Random what-if documents: agreements, reports with restatements in any order, and issues."""

import datetime as dt

from hypothesis import strategies as st

from tests.royalties.engine.documents import issue, report, term
from tests.royalties.engine.reference import MONTHS, Reference

RATES = st.sampled_from(["0", "0.333", "0.5", "1.005", "1.50", "2.00", "3.1415"])
LAST = dt.date(2029, 12, 31)


@st.composite
def tier_lists(draw):
    bounds = sorted(draw(st.sets(st.sampled_from(["5", "7.5", "15", "40"]), max_size=3)), key=float)
    return [{"up_to": bound, "rate": draw(RATES)} for bound in [*bounds, None]]


@st.composite
def term_lists(draw, effective_on):
    """Up to four terms on different bases; the first may be followed by one that may continue it."""
    escalators = st.none() | st.fixed_dictionaries(
        {
            "percent": st.sampled_from(["2.5", "10", "-4"]),
            "cap": st.sampled_from([None, "3"]),
            "floor": st.sampled_from([None, "0"]),
        }
    )

    def make(name, basis, **changes):
        return term(
            id=name,
            basis=basis,
            mode=draw(st.sampled_from(["graduated", "volume"])),
            window=draw(st.sampled_from(["period", "contract_year", "lifetime"])),
            creditable=draw(st.booleans()),
            escalator=draw(escalators),
            **({"from": effective_on.isoformat(), "tiers": draw(tier_lists())} | changes),
        )

    terms = [make("t1", "energy_sold")]
    if draw(st.booleans()):
        ends_on = effective_on + dt.timedelta(days=draw(st.integers(0, 350)))
        terms[0]["to"] = ends_on.isoformat()
        follows = {
            "from": (ends_on + dt.timedelta(days=1)).isoformat(),
            "continues": draw(st.sampled_from([None, "t1"])),
        }
        terms.append(make("t2", "energy_sold", **follows))
    if draw(st.booleans()):
        scope = {"plants": draw(st.sampled_from([[], ["p1"]])), "chemistries": ["LFP"], "fields": []}
        terms.append(make("t3", "energy_produced", scope=scope))
    if draw(st.booleans()):
        terms.append(make("t4", "net_sales"))
    if draw(st.booleans()):
        starts_on = effective_on + dt.timedelta(days=draw(st.integers(0, 300)))
        ends_on = starts_on + dt.timedelta(days=draw(st.integers(0, 500)))
        days = {"from": starts_on.isoformat(), "to": draw(st.sampled_from([None, ends_on.isoformat()]))}
        terms.append(make("t5", "lump_sum", **(days | {"tiers": [{"up_to": None, "rate": "12.5"}]})))
    return terms


@st.composite
def documents(draw):
    """A document whose last issue is through its last period and sees every report."""
    effective_on = draw(st.sampled_from(["2026-01-01", "2026-02-15", "2026-01-31", "2024-02-29", "2026-11-30"]))
    effective_on = dt.date.fromisoformat(effective_on)
    agreement = {
        "currency": draw(st.sampled_from(["USD", "JPY"])),
        "effective_on": effective_on.isoformat(),
        "ends_on": draw(st.sampled_from([None, "2027-12-31", "2028-05-10"])),
        "contract_year_start": draw(st.sampled_from([None, "01-01", "04-01", "02-29", "07-31"])),
        "period": draw(st.sampled_from(list(MONTHS))),
        "minimums": draw(st.sampled_from([[], [(1, "30")], [(1, "10"), (2, "50")], [(2, "25")]])),
        "prorate_minimum": draw(st.booleans()),
        "cap": draw(st.sampled_from([None, "50", "90"])),
        "cap_window": draw(st.sampled_from(["contract_year", "lifetime"])),
        "advance": draw(st.sampled_from(["0", "20", "500"])),
        "advance_recoupable": draw(st.booleans()),
        "advance_repayable": draw(st.booleans()),
        "withholding_percent": draw(st.sampled_from(["0", "10", "12.5"])),
        "withholding_changes": draw(withholding_changes(effective_on)),
        "gross_up": draw(st.booleans()),
        "fx_rule": "period_end",
        "rounding": draw(st.sampled_from(["half_even", "half_up"])),
    }
    agreement["minimums"] = [{"contract_year": year, "amount": amount} for year, amount in agreement["minimums"]]
    document = {
        "agreement": agreement,
        "terms": draw(term_lists(effective_on)),
        "fees": [],
        "fx": [],
        "reports": [],
        "issues": [],
    }
    periods = Reference(document, LAST, LAST).periods
    last = draw(st.integers(0, min(len(periods) - 1, 8)))
    periods = periods[: last + 1]
    for number, on in enumerate(draw(st.lists(st.integers(-30, 900), max_size=2))):
        due_on = min(effective_on + dt.timedelta(days=on), dt.date.fromisoformat(agreement["ends_on"] or str(LAST)))
        document["fees"].append({"id": f"f{number}", "on": due_on.isoformat(), "amount": "7", "label": "fee"})
    document["reports"] = draw(report_lists(effective_on, periods[-1], agreement["currency"]))
    rates = draw(st.lists(st.sampled_from(["1.1", "0.93"]), min_size=len(periods), max_size=len(periods)))
    document["fx"] = [
        {"base": "EUR", "quote": agreement["currency"], "on": end.isoformat(), "rate": rate, "kind": "period_end"}
        for end, rate in zip(periods, rates, strict=True)
    ]
    document["issues"] = draw(issue_lists(periods))
    return document


def withholding_changes(effective_on):
    """Up to three changes of the rate, in order of their days, which lie before every end that is drawn."""
    days = st.sets(st.integers(0, 390), max_size=3).map(sorted)
    rates = st.lists(st.sampled_from(["0", "5", "10", "33.33"]), min_size=3, max_size=3)
    return st.builds(
        lambda found, percents: [
            {"from": (effective_on + dt.timedelta(days=day)).isoformat(), "percent": percent}
            for day, percent in zip(found, percents, strict=False)
        ],
        days,
        rates,
    )


@st.composite
def report_lists(draw, effective_on, last, currency):
    """Versions of a few lines per month, accepted on any days, in any order."""
    months = []
    day = effective_on.replace(day=1)
    while (following := (day + dt.timedelta(days=32)).replace(day=1)) - dt.timedelta(days=1) <= last:
        months.append(f"{day:%Y-%m}")
        day = following
    if not months:
        return []
    quantities = st.sampled_from(["0", "1", "2.5", "4", "5", "11"])
    keys = st.tuples(
        st.sampled_from(months), st.sampled_from(["p1", "p2"]), st.sampled_from(["LFP", "NMC"]), st.integers(1, 3)
    )
    reports = []
    for month, plant, chemistry, version in draw(st.lists(keys, unique=True, max_size=12)):
        reports.append(
            report(
                month,
                draw(quantities),
                plant=plant,
                chemistry=chemistry,
                version=version,
                accepted_on=draw(days()),
                energy_produced_kwh=draw(quantities),
                net_sales=draw(st.sampled_from(["0", "12.34", "25"])),
                currency=draw(st.sampled_from(["EUR", currency])),
            )
        )
    return reports


def days():
    return st.dates(dt.date(2024, 1, 1), LAST).map(dt.date.isoformat)


@st.composite
def issue_lists(draw, periods):
    chosen = sorted(draw(st.lists(st.sampled_from(periods), max_size=4)))
    dates = sorted(draw(st.lists(days(), min_size=len(chosen), max_size=len(chosen))))
    issues = [issue(end.isoformat(), on) for end, on in zip(chosen, dates, strict=True)]
    return [*issues, issue(periods[-1].isoformat(), LAST.isoformat())]
