import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from royalties.engine.agreement import Fee, WithholdingChange, YearAmount
from royalties.engine.calculation import calculate
from royalties.engine.codes import Basis, CapWindow, LineKind, PeriodLength, Rounding, TierMode, TierWindow
from royalties.engine.escalation import AnnualPercent, Index, MissingIndexError
from royalties.engine.statements import difference, stated_with
from tests.royalties.engine.agreements import (
    H1,
    H2,
    NO_RATES,
    START,
    kind_of,
    make_agreement,
    make_term,
    run,
    sold,
    tiers,
)

GWH = 1_000_000
ONE_TIER = tiers((None, "1"))
YEAR_END = [dt.date(year, 12, 31) for year in range(2026, 2031)]


def flat(**changes):
    return make_term(tiers=ONE_TIER, **changes)


def test_graduated_example_reported_in_two_parts():
    lines = run(make_agreement(), sold(H1, 9 * GWH), sold(H2, 9 * GWH))

    assert kind_of(lines, "royalty") == {H1: Decimal(16 * GWH), H2: Decimal(12 * GWH)}


def test_volume_example_reported_in_two_parts():
    lines = run(make_agreement(make_term(mode=TierMode.VOLUME)), sold(H1, 9 * GWH), sold(H2, 9 * GWH))

    assert kind_of(lines, "royalty") == {H1: Decimal("13.5") * GWH, H2: Decimal("4.5") * GWH}


@pytest.mark.parametrize(("quantity", "amount"), [("5000000", "10000000"), ("5000001", "7500001.5")])
def test_boundary_unit_belongs_to_the_lower_tier(quantity, amount):
    agreement = make_agreement(make_term(mode=TierMode.VOLUME))

    assert kind_of(run(agreement, sold(H1, quantity)), "royalty") == {H1: Decimal(amount)}


def test_quantities_of_several_currencies_or_entries_of_a_period_add_up():
    lines = run(make_agreement(), sold(H1, 4 * GWH), sold(H1, 5 * GWH))

    assert kind_of(lines, "royalty") == {H1: Decimal(16 * GWH)}


def test_period_that_is_not_on_the_grid_is_an_error():
    with pytest.raises(ValueError, match="2026-06-29"):
        run(make_agreement(), sold(dt.date(2026, 6, 29), 1))


def test_periods_after_the_statement_are_left_out():
    assert run(make_agreement(), sold(H1, 1), sold(H2, 1), through=H1) == run(make_agreement(), sold(H1, 1), through=H1)


@pytest.mark.parametrize(
    ("rounding", "amounts"),
    [(Rounding.HALF_EVEN, ["0.12", "0.14", "-0.12"]), (Rounding.HALF_UP, ["0.13", "0.14", "-0.13"])],
)
def test_each_line_is_rounded_once(rounding, amounts):
    term = make_term(tiers=tiers((None, "0.001")), window=TierWindow.PERIOD)
    ends = [dt.date(2026, 3, 31), H1, dt.date(2026, 9, 30)]
    agreement = make_agreement(term, period=PeriodLength.QUARTER, rounding=rounding)

    lines = run(agreement, *(sold(end, quantity) for end, quantity in zip(ends, [125, 135, -125], strict=True)))

    assert [str(amount) for amount in kind_of(lines, "royalty").values()] == amounts


def test_lifetime_window_counts_over_contract_years():
    agreement = make_agreement(make_term(window=TierWindow.LIFETIME), period=PeriodLength.YEAR)

    lines = run(agreement, sold(YEAR_END[0], 14 * GWH), sold(YEAR_END[1], 2 * GWH), through=YEAR_END[1])

    assert kind_of(lines, "royalty")[YEAR_END[1]] == Decimal("2.5") * GWH


def test_minimum_of_a_short_first_year_is_prorated_by_days():
    agreement = make_agreement(
        flat(),
        effective_on=dt.date(2026, 10, 1),
        minimums=(YearAmount(1, Decimal(1000)),),
        prorate_minimum=True,
    )

    lines = run(agreement, through=YEAR_END[1])

    # 92 of 365 days, then a full year.
    assert kind_of(lines, "shortfall") == {YEAR_END[0]: Decimal("252.05"), YEAR_END[1]: Decimal(1000)}


def test_minimum_of_a_short_last_year_is_not_prorated_unless_agreed():
    agreement = make_agreement(flat(), ends_on=dt.date(2026, 3, 31), minimums=(YearAmount(1, Decimal(1000)),))

    assert kind_of(run(agreement), "shortfall") == {dt.date(2026, 3, 31): Decimal(1000)}


def test_minimums_carry_forward_and_start_with_the_first_named_year():
    minimums = (YearAmount(2, Decimal(10)), YearAmount(4, Decimal(20)))
    agreement = make_agreement(flat(), period=PeriodLength.YEAR, minimums=minimums)

    shortfalls = kind_of(run(agreement, through=YEAR_END[4]), "shortfall")

    assert shortfalls == {YEAR_END[1]: 10, YEAR_END[2]: 10, YEAR_END[3]: 20, YEAR_END[4]: 20}


def test_minimum_ignores_what_is_not_creditable():
    agreement = make_agreement(
        flat(), flat(id="t2", basis=Basis.UNITS, creditable=False), minimums=(YearAmount(1, Decimal(100)),)
    )

    lines = run(agreement, sold(H1, 60), sold(H1, 70, term="t2"))

    assert kind_of(lines, "shortfall") == {H2: Decimal(40)}


def test_minimum_is_not_charged_before_the_year_is_over():
    agreement = make_agreement(flat(), minimums=(YearAmount(1, Decimal(100)),))

    assert kind_of(run(agreement, sold(H1, 60), through=H1), "shortfall") == {}


def test_cap_of_a_contract_year_cuts_and_starts_anew():
    agreement = make_agreement(flat(), caps=(YearAmount(1, Decimal(100)),))
    next_h1 = dt.date(2027, 6, 30)

    lines = run(agreement, sold(H1, 70), sold(H2, 70), sold(next_h1, 70), through=next_h1)

    assert kind_of(lines, "cap") == {H2: Decimal(-40)}


def test_cap_of_the_lifetime_goes_on():
    agreement = make_agreement(flat(), caps=(YearAmount(1, Decimal(100)),), cap_window=CapWindow.LIFETIME)
    next_h1 = dt.date(2027, 6, 30)

    lines = run(agreement, sold(H1, 70), sold(H2, 70), sold(next_h1, 70), through=next_h1)

    assert kind_of(lines, "cap") == {H2: Decimal(-40), next_h1: Decimal(-70)}


def test_cap_sets_free_again_what_volume_tiers_take_back():
    volume = make_term(mode=TierMode.VOLUME, tiers=tiers(("100", "1"), (None, "0.5")))
    agreement = make_agreement(volume, caps=(YearAmount(1, Decimal(60)),))

    lines = run(agreement, sold(H1, 100), sold(H2, 4))

    assert kind_of(lines, "royalty") == {H1: Decimal(100), H2: Decimal(-48)}
    assert kind_of(lines, "cap") == {H1: Decimal(-40), H2: Decimal(40)}


def test_cap_cuts_what_is_not_creditable_first_and_limits_the_shortfall():
    agreement = make_agreement(
        flat(),
        flat(id="t2", basis=Basis.UNITS, creditable=False),
        minimums=(YearAmount(1, Decimal(90)),),
        caps=(YearAmount(1, Decimal(100)),),
    )

    lines = run(agreement, sold(H1, 60), sold(H1, 30, term="t2"))
    cut = run(agreement, sold(H1, 60), sold(H1, 70, term="t2"))
    cut_further = run(agreement, sold(H1, 130), sold(H1, 20, term="t2"))

    # 30 are missing to the minimum, but the cap leaves room for 10.
    assert kind_of(lines, "shortfall") == {H2: Decimal(10)}
    assert (kind_of(cut, "cap"), kind_of(cut, "shortfall")) == ({H1: Decimal(-30)}, {})
    assert (kind_of(cut_further, "cap"), kind_of(cut_further, "shortfall")) == ({H1: Decimal(-50)}, {})


def test_lifetime_cap_that_is_used_up_leaves_the_minimum_due():
    agreement = make_agreement(
        flat(),
        period=PeriodLength.YEAR,
        minimums=(YearAmount(1, Decimal(50)),),
        caps=(YearAmount(1, Decimal(100)),),
        cap_window=CapWindow.LIFETIME,
    )

    lines = run(agreement, sold(YEAR_END[0], 100), sold(YEAR_END[1], 80), through=YEAR_END[1])

    assert kind_of(lines, "cap") == {YEAR_END[1]: Decimal(-80)}
    assert kind_of(lines, "shortfall") == {YEAR_END[1]: Decimal(50)}


def test_fees_belong_to_the_period_of_their_date_or_the_first():
    fees = [
        Fee("before", dt.date(2025, 11, 1), Decimal(5)),
        Fee("last day", H1, Decimal(5)),
        Fee("next", dt.date(2026, 7, 1), Decimal(5)),
    ]

    lines = run(make_agreement(fees=fees))

    assert lines == {
        (LineKind.FEE, "before", H1): Decimal(5),
        (LineKind.FEE, "last day", H1): Decimal(5),
        (LineKind.FEE, "next", H2): Decimal(5),
    }


def test_advance_is_recouped_from_royalties_after_the_cap_only():
    agreement = make_agreement(
        flat(),
        fees=[Fee("f", H1, Decimal(500))],
        advance=Decimal(150),
        caps=(YearAmount(1, Decimal(100)),),
        minimums=(YearAmount(1, Decimal(100)),),
    )
    next_h1 = dt.date(2027, 6, 30)

    lines = run(agreement, sold(H1, 40), sold(H2, 90), sold(next_h1, 90), through=next_h1)

    assert kind_of(lines, "recoupment") == {H1: Decimal(40), H2: Decimal(60), next_h1: Decimal(50)}


def test_advance_that_is_not_recoupable_changes_nothing():
    agreement = make_agreement(flat(), advance=Decimal(150), advance_recoupable=False)

    assert kind_of(run(agreement, sold(H1, 40)), "recoupment") == {}


def test_repayable_advance_gives_back_its_rest_in_the_period_of_the_end():
    end = dt.date(2026, 8, 20)
    agreement = make_agreement(flat(), advance=Decimal(150), advance_repayable=True, ends_on=end)

    before = run(agreement, sold(H1, 40), sold(end, 70), through=H1)
    after = run(agreement, sold(H1, 40), sold(end, 70), through=H2)

    assert (kind_of(before, "recoupment"), kind_of(before, "repayment")) == ({H1: Decimal(40)}, {})
    assert kind_of(after, "recoupment") == {H1: Decimal(40), end: Decimal(70)}
    assert kind_of(after, "repayment") == {end: Decimal(40)}


def test_repayable_advance_that_is_recouped_gives_nothing_back():
    agreement = make_agreement(flat(), advance=Decimal(40), advance_repayable=True, ends_on=H2)

    assert kind_of(run(agreement, sold(H1, 40)), "repayment") == {}


def test_repayable_advance_that_is_not_recoupable_is_given_back_whole():
    rules = {"advance": Decimal(150), "advance_recoupable": False, "advance_repayable": True}

    assert kind_of(run(make_agreement(flat(), **rules, ends_on=H2), sold(H1, 40)), "repayment") == {H2: Decimal(150)}
    assert kind_of(run(make_agreement(flat(), **rules), sold(H1, 40)), "repayment") == {}


def test_repayment_takes_back_the_tax_that_was_withheld_from_the_advance():
    agreement = make_agreement(
        flat(), advance=Decimal(150), advance_repayable=True, ends_on=H2, withholding_percent=Decimal(10)
    )
    lines = calculate(agreement, [sold(H1, 40), sold(H2, 20)], through=H2, rates=NO_RATES)

    statement = difference(lines, {}, gross_up=False)

    assert (statement.earned, statement.recouped, statement.withheld, statement.payable) == (60, 150, -9, -81)


def test_withholding_is_rounded_on_the_base_to_date():
    agreement = make_agreement(flat(), period=PeriodLength.QUARTER, withholding_percent=Decimal(10))
    ends = [dt.date(2026, 3, 31), H1, dt.date(2026, 9, 30)]

    lines = run(agreement, *(sold(end, "0.25") for end in ends))

    # 0.025, 0.05 and 0.075 to date become 0.02, 0.05 and 0.08.
    assert kind_of(lines, "withholding") == dict(zip(ends, map(Decimal, ["0.02", "0.03", "0.03"]), strict=True))


def test_period_takes_the_withholding_rate_of_its_last_day():
    agreement = make_agreement(
        flat(),
        period=PeriodLength.QUARTER,
        withholding_percent=Decimal(10),
        withholding_changes=(
            WithholdingChange(H1, Decimal(5)),
            WithholdingChange(dt.date(2026, 7, 1), Decimal(0)),
        ),
    )
    ends = [dt.date(2026, 3, 31), H1, dt.date(2026, 9, 30)]

    lines = run(agreement, *(sold(end, 100) for end in ends))

    assert kind_of(lines, "withholding") == {ends[0]: Decimal(10), H1: Decimal(5)}


def test_withholding_at_several_rates_is_rounded_once_on_their_sum():
    agreement = make_agreement(
        flat(),
        withholding_percent=Decimal(10),
        withholding_changes=(WithholdingChange(dt.date(2026, 7, 1), Decimal(5)),),
        rounding=Rounding.HALF_UP,
    )

    lines = run(agreement, sold(H1, "0.04"), sold(H2, "0.02"))

    # 0.004 and 0.001 would each be nothing; 0.005 to date is a cent.
    assert kind_of(lines, "withholding") == {H2: Decimal("0.01")}


def test_gross_up_is_shown_and_not_deducted():
    agreement = make_agreement(flat(), withholding_percent=Decimal(10), gross_up=True)
    lines = calculate(agreement, [sold(H1, 90)], through=H1, rates=NO_RATES)

    statement = difference(lines, {}, gross_up=True)

    assert (statement.earned, statement.withheld, statement.payable) == (90, 10, 90)


def test_escalator_is_held_between_floor_and_cap_and_leaves_thresholds():
    def rate_in_year_3(percent, **limits):
        escalator = AnnualPercent(Decimal(percent), **{name: Decimal(limit) for name, limit in limits.items()})
        agreement = make_agreement(flat(escalator=escalator), period=PeriodLength.YEAR)
        return kind_of(run(agreement, sold(YEAR_END[2], 10000), through=YEAR_END[2]), "royalty")[YEAR_END[2]]

    assert rate_in_year_3("2.5") == Decimal("10506.25")
    assert rate_in_year_3("5", cap="3") == Decimal("10609.00")
    assert rate_in_year_3("-5", floor="0") == Decimal("10000.00")


def test_escalator_starts_from_the_second_contract_year_however_short_the_first():
    agreement = make_agreement(flat(escalator=AnnualPercent(Decimal(10))), effective_on=dt.date(2026, 12, 15))

    lines = run(agreement, sold(H2, 100), sold(dt.date(2027, 6, 30), 100), through=dt.date(2027, 6, 30))

    assert list(kind_of(lines, "royalty").values()) == [100, 110]


def test_index_multiplies_held_changes_of_observed_values():
    index = Index(
        base=Decimal(100),
        values={2026: Decimal(104), 2027: Decimal(130), 2028: Decimal(117)},
        lag=1,
        cap=Decimal(5),
        floor=Decimal(0),
    )
    agreement = make_agreement(flat(escalator=index), period=PeriodLength.YEAR)

    lines = run(agreement, *(sold(end, 10000) for end in YEAR_END[:4]), through=YEAR_END[3])

    # 4 %, 25 % held at 5 %, -10 % held at 0 %.
    assert [str(amount) for amount in kind_of(lines, "royalty").values()] == [
        "10000.00",
        "10400.00",
        "10920.00",
        "10920.00",
    ]


def test_index_without_a_value_is_an_error_that_names_the_year():
    agreement = make_agreement(flat(escalator=Index(base=Decimal(100), lag=1)), period=PeriodLength.YEAR)

    with pytest.raises(MissingIndexError, match="2026"):
        run(agreement, sold(YEAR_END[1], 1), through=YEAR_END[1])


def test_term_counts_its_own_quantity_unless_it_continues_another():
    first = make_term(effective_to=H1)
    second = make_term(id="t2", effective_from=dt.date(2026, 7, 1))
    quantities = [sold(H1, 9 * GWH), sold(H2, 9 * GWH, term="t2")]

    own = run(make_agreement(first, second), *quantities)
    continued = run(make_agreement(first, replace(second, continues="t1")), *quantities)

    assert own[LineKind.ROYALTY, "t2", H2] == Decimal(16 * GWH)
    assert continued[LineKind.ROYALTY, "t2", H2] == Decimal(12 * GWH)
    assert continued[LineKind.ROYALTY, "t1", H1] == Decimal(16 * GWH)


def test_continued_volume_reaches_its_tier_with_what_was_used():
    first = make_term(effective_to=H1, mode=TierMode.VOLUME)
    second = make_term(id="t2", effective_from=dt.date(2026, 7, 1), mode=TierMode.VOLUME, continues="t1")

    lines = run(make_agreement(first, second), sold(H1, 9 * GWH), sold(H2, 9 * GWH, term="t2"))

    assert kind_of(lines, "royalty") == {H1: Decimal("13.5") * GWH, H2: Decimal(9 * GWH)}


@pytest.mark.parametrize(
    ("window", "due"),
    [
        (TierWindow.PERIOD, [H1, H2, dt.date(2027, 6, 30)]),
        (TierWindow.CONTRACT_YEAR, [H1, dt.date(2027, 6, 30)]),
        (TierWindow.LIFETIME, [H1]),
    ],
)
def test_lump_sum_is_due_once_per_window_without_a_report(window, due):
    lump = make_term(basis=Basis.LUMP_SUM, window=window, tiers=tiers((None, "500")))

    lines = run(make_agreement(lump), through=dt.date(2027, 6, 30))

    assert kind_of(lines, "royalty") == dict.fromkeys(due, Decimal(500))


def test_lump_sum_is_not_due_twice_in_a_window_when_it_is_continued():
    lump = {"basis": Basis.LUMP_SUM, "window": TierWindow.CONTRACT_YEAR}
    first = make_term(**lump, tiers=tiers((None, "500")), effective_to=H1)
    second = make_term(**lump, id="t2", tiers=tiers((None, "600")), effective_from=dt.date(2026, 7, 1), continues="t1")
    next_h1 = dt.date(2027, 6, 30)

    assert kind_of(run(make_agreement(first, second), through=next_h1), "royalty") == {H1: 500, next_h1: 600}


def test_lump_sum_starts_with_its_term():
    lump = make_term(basis=Basis.LUMP_SUM, window=TierWindow.LIFETIME, effective_from=dt.date(2026, 7, 15))

    assert list(kind_of(run(make_agreement(lump)), "royalty")) == [H2]


def test_backdated_amendment_is_a_restatement_like_any_other():
    quantities = [sold(H1, 9 * GWH), sold(H2, 9 * GWH)]
    before = calculate(make_agreement(), quantities, through=H2, rates=NO_RATES)
    amended = make_agreement(flat(id="new"))
    moved = [quantity._replace(term="new") for quantity in quantities]
    after = calculate(amended, moved, through=H2, rates=NO_RATES)

    first = difference(before, {}, gross_up=False)
    stated = stated_with({}, first)
    second = difference(after, stated, gross_up=False)

    assert first.payable + second.payable == 18 * GWH
    assert [(line.key.item, line.key.period_end, line.amount) for line in second.lines] == [
        ("new", H1, 9 * GWH),
        ("t1", H1, -16 * GWH),
        ("new", H2, 9 * GWH),
        ("t1", H2, -12 * GWH),
    ]
    assert difference(after, stated_with(stated, second), gross_up=False).lines == ()


def test_restatement_below_what_was_paid_is_a_credit():
    agreement = make_agreement(flat(), withholding_percent=Decimal(10))
    lines = calculate(agreement, [sold(H1, 100)], through=H1, rates=NO_RATES)
    stated = stated_with({}, difference(lines, {}, gross_up=False))

    restated = calculate(agreement, [sold(H1, 70)], through=H1, rates=NO_RATES)
    statement = difference(restated, stated, gross_up=False)

    assert (statement.earned, statement.withheld, statement.payable) == (-30, -3, -27)


def test_nil_report_gives_a_line_of_zero_once():
    lines = calculate(make_agreement(), [sold(H1, 0)], through=H1, rates=NO_RATES)
    statement = difference(lines, {}, gross_up=False)

    assert [(line.quantity, line.amount) for line in statement.lines] == [(0, 0)]
    assert difference(lines, stated_with({}, statement), gross_up=False).lines == ()


def test_nothing_is_calculated_before_the_first_period_ends():
    assert run(make_agreement(fees=[Fee("f", START, Decimal(1))]), through=dt.date(2026, 3, 31)) == {}
