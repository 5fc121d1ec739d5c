import datetime as dt
from decimal import Decimal

from royalties.engine.codes import Basis
from royalties.engine.comparison import compare_reports
from royalties.engine.quantities import ReportLine, TermQuantity, counted, term_quantities
from royalties.engine.terms import Scope
from tests.royalties.engine.agreements import H1, H2, make_agreement, make_term

LATE = dt.date(2027, 1, 1)


def make_line(month=3, version=1, accepted=dt.date(2026, 5, 1), sold=0, plant="p1", **figures):
    return ReportLine(
        plant, dt.date(2026, month, 1), "LFP", "EV", version, accepted, energy_sold_kwh=Decimal(sold), **figures
    )


def test_highest_version_accepted_by_the_day_counts():
    first = make_line(sold=9)
    second = make_line(sold=11, version=2, accepted=dt.date(2026, 8, 1))
    out_of_order = make_line(sold=10, version=3, accepted=dt.date(2026, 7, 1))

    assert counted([second, first, out_of_order], dt.date(2026, 4, 30)) == []
    assert counted([second, first, out_of_order], dt.date(2026, 6, 1)) == [first]
    assert counted([second, first, out_of_order], LATE) == [out_of_order]


def test_line_counts_for_each_basis_whose_scope_and_time_it_is_in():
    agreement = make_agreement(
        make_term(effective_to=dt.date(2026, 4, 15), scope=Scope(plants=frozenset({"p1"}))),
        make_term(id="t2", effective_from=dt.date(2026, 4, 16)),
        make_term(id="t3", basis=Basis.NET_SALES, scope=Scope(chemistries=frozenset({"NMC"}))),
        make_term(id="t4", basis=Basis.NET_SALES, scope=Scope(chemistries=frozenset({"LFP"}))),
        make_term(id="t5", basis=Basis.LUMP_SUM),
    )
    lines = [
        make_line(sold=1, net_sales=Decimal(100), currency="EUR"),
        make_line(sold=2, net_sales=Decimal(50), currency="EUR", plant="p2"),
        make_line(sold=4, month=4, net_sales=Decimal(7), currency="USD"),
        make_line(sold=8, month=12),
    ]

    # The term that starts on 16 April has all of April; plant 2 is in no energy term before.
    assert sorted(term_quantities(agreement, lines, LATE)) == [
        TermQuantity("t1", H1, "", Decimal(1)),
        TermQuantity("t2", H1, "", Decimal(4)),
        TermQuantity("t2", H2, "", Decimal(8)),
        TermQuantity("t4", H1, "EUR", Decimal(150)),
        TermQuantity("t4", H1, "USD", Decimal(7)),
        TermQuantity("t4", H2, "", Decimal(0)),
    ]


def test_months_outside_the_agreement_are_left_out():
    agreement = make_agreement(ends_on=dt.date(2026, 3, 15))

    assert term_quantities(agreement, [make_line(month=3, sold=5)], LATE) == []


def test_compared_reports_are_those_that_changed():
    same, old, new = make_line(month=1), make_line(month=2), make_line(month=2, version=2)
    added = make_line(month=3)

    assert compare_reports([same, old], [same, new, added]) == [(old, new), (None, added)]
