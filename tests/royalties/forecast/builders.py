"""Plans to forecast."""

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from royalties.engine.agreement import Agreement, AgreementRules, Fee, YearAmount
from royalties.engine.codes import Basis, CapWindow, PeriodLength, TierMode, TierWindow
from royalties.engine.escalation import AnnualPercent
from royalties.engine.quantities import ReportLine
from royalties.engine.terms import Term, Tier
from royalties.forecast.output import Assumptions, PlantRamp
from royalties.forecast.plan import Plan

START = dt.date(2026, 1, 1)
ASSUMPTIONS = Assumptions(sold_percent=Decimal(96), price_per_kwh=Decimal("61.5"), kwh_per_unit=Decimal(72))
TIERS = (Tier(Decimal(5_000_000), Decimal(2)), Tier(Decimal(15_000_000), Decimal("1.5")), Tier(None, Decimal(1)))


def make_ramp(**changes):
    values = {
        "plant": "p1",
        "chemistry": "LFP",
        "field": "EV",
        "sop_on": dt.date(2026, 4, 1),
        "months_to_nameplate": 18,
        "nameplate_gwh": Decimal(20),
        "utilisation_percent": Decimal(90),
        "yield_percent": Decimal(95),
    }
    return PlantRamp(**{**values, **changes})


def make_term(**changes):
    values = {
        "id": "t1",
        "basis": Basis.ENERGY_SOLD,
        "mode": TierMode.GRADUATED,
        "window": TierWindow.CONTRACT_YEAR,
        "tiers": TIERS,
        "effective_from": START,
    }
    return Term(**{**values, **changes})


def make_plan(*, terms=None, fees=(), ramps=None, reported=(), sop_fees=frozenset(), **rules):
    values = {"currency": "USD", "effective_on": START, "period": PeriodLength.QUARTER}
    return Plan(
        Agreement(AgreementRules(**{**values, **rules}), terms or (make_term(),), tuple(fees)),
        ramps=ramps or (make_ramp(),),
        assumptions=ASSUMPTIONS,
        reported=tuple(reported),
        sop_fees=sop_fees,
    )


_days = st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31))
_amounts = st.integers(1, 40_000_000).map(Decimal)


@st.composite
def _tiers(draw, basis):
    bounds = sorted(draw(st.sets(st.integers(1, 900), max_size=3)))
    scale = {Basis.UNITS: 5_000, Basis.NET_SALES: 5_000_000}.get(basis, 50_000)
    rates = draw(st.lists(st.decimals(0, 5, places=3), min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    return tuple(
        Tier(bound and Decimal(bound * scale), rate) for bound, rate in zip([*bounds, None], rates, strict=True)
    )


@st.composite
def _terms(draw, effective_on):
    """Up to three terms; with one basis they follow each other, perhaps continuing the quantity."""
    terms = []
    begin = effective_on
    basis, mode = draw(st.sampled_from(Basis)), draw(st.sampled_from(TierMode))
    for number in range(draw(st.integers(1, 3))):
        end = begin + dt.timedelta(days=draw(st.integers(20, 900)))
        term = make_term(
            id=f"t{number}",
            basis=basis,
            mode=mode,
            window=draw(st.sampled_from(TierWindow)),
            tiers=draw(_tiers(basis)) if basis != Basis.LUMP_SUM else (Tier(None, draw(_amounts)),),
            effective_from=begin,
            effective_to=end,
            creditable=draw(st.booleans()),
            continues=f"t{number - 1}" if number and draw(st.booleans()) else None,
            escalator=draw(
                st.sampled_from([None, AnnualPercent(Decimal("2.5")), AnnualPercent(Decimal(9), cap=Decimal(3))])
            ),
        )
        terms.append(term)
        begin = end + dt.timedelta(days=1)
    other = draw(st.sampled_from([each for each in Basis if each != basis]))
    if draw(st.booleans()):
        tiers = draw(_tiers(other)) if other != Basis.LUMP_SUM else (Tier(None, draw(_amounts)),)
        terms.append(
            make_term(id="other", basis=other, tiers=tiers, effective_from=effective_on, creditable=draw(st.booleans()))
        )
    return tuple(terms)


@st.composite
def _reports(draw):
    """Reports of one of the plants, for some months."""
    return [
        ReportLine(
            plant="p1",
            month=on.replace(day=1),
            chemistry="LFP",
            field="EV",
            version=version,
            accepted_on=on,
            energy_produced_kwh=Decimal(kwh),
            energy_sold_kwh=Decimal(kwh),
            units=Decimal(kwh // 70),
            net_sales=Decimal(kwh * 60),
            currency="USD",
        )
        for version, (on, kwh) in enumerate(draw(st.lists(st.tuples(_days, st.integers(0, 4_000_000)), max_size=8)))
    ]


@st.composite
def plans(draw):
    """Any plan: every basis, mode and window, odd years, caps, minimums, fees, two plants, some of it reported."""
    effective_on = draw(_days)
    lifetime = draw(st.booleans())
    caps = draw(
        st.lists(
            st.builds(YearAmount, st.integers(1, 4), _amounts),
            max_size=1 if lifetime else 2,
            unique_by=lambda cap: cap.contract_year,
        )
    )
    return make_plan(
        terms=draw(_terms(effective_on)),
        fees=[
            Fee(number, on, amount)
            for number, (on, amount) in enumerate(draw(st.lists(st.tuples(_days, _amounts), max_size=2)))
        ],
        ramps=[
            make_ramp(
                plant=plant,
                sop_on=draw(_days),
                months_to_nameplate=draw(st.integers(1, 40)),
                nameplate_gwh=draw(st.decimals(1, 40, places=1)),
            )
            for plant in ("p1", "p2")
        ],
        reported=draw(_reports()),
        effective_on=effective_on,
        ends_on=draw(st.none() | st.just(effective_on + dt.timedelta(days=draw(st.integers(40, 2500))))),
        contract_year_start=draw(st.sampled_from([None, (1, 1), (4, 1), (7, 15), (2, 28)])),
        period=draw(st.sampled_from(PeriodLength)),
        minimums=tuple(
            sorted(
                draw(
                    st.lists(
                        st.builds(YearAmount, st.integers(1, 4), _amounts),
                        max_size=2,
                        unique_by=lambda amount: amount.contract_year,
                    )
                ),
                key=lambda amount: amount.contract_year,
            )
        ),
        prorate_minimum=draw(st.booleans()),
        caps=tuple(sorted(caps, key=lambda cap: cap.contract_year)),
        cap_window=CapWindow.LIFETIME if lifetime else CapWindow.CONTRACT_YEAR,
    )
