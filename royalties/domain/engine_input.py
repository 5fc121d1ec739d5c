"""Stored agreements as the engine's plain data, one or thousands at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Subquery, TextField
from django.db.models.functions import Cast, Coalesce, JSONObject

from plants.models import PlantMilestone
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.agreement import AgreementRules, WithholdingChange, YearAmount
from royalties.engine.agreement import Fee as EngineFee
from royalties.engine.codes import Basis, CapWindow, FxRule, PeriodLength, Rounding, TierMode, TierWindow
from royalties.engine.escalation import AnnualPercent, Escalator, Index
from royalties.engine.terms import Scope, Term
from royalties.engine.terms import Tier as EngineTier
from royalties.enums import EscalatorKind, FeeTrigger
from royalties.models import (
    Agreement,
    Amendment,
    Cap,
    Fee,
    Minimum,
    PriceIndexValue,
    RoyaltyTerm,
    RoyaltyTermPlant,
    Tier,
)

type ById[Row] = dict[int, Row]

_RULE_COLUMNS = (
    "pk",
    "currency",
    "effective_on",
    "last_on",
    "contract_year_start",
    "reporting_period",
    "payment_days",
    "prorate_minimum",
    "cap_window",
    "advance",
    "is_advance_recoupable",
    "is_advance_repayable",
    "withholding_percent",
    "amended_rates",
    "is_grossed_up",
    "fx_rule",
    "rounding",
)
_TERM_COLUMNS = (
    "pk",
    "agreement_id",
    "basis",
    "mode",
    "window",
    "effective_from",
    "effective_to",
    "chemistries",
    "fields",
    "is_creditable",
    "clause",
    "continues_id",
    "escalator",
    "escalator_percent",
    "escalator_floor_percent",
    "escalator_cap_percent",
    "index_id",
    "index_base_year",
    "index_lag_years",
)


def read_agreement(agreement: Agreement) -> EngineAgreement:
    """Return one agreement as the engine's input; it needs an effective date."""
    return read_agreements([agreement.pk])[agreement.pk]


def read_agreements(ids: Collection[int]) -> ById[EngineAgreement]:
    """Return agreements by key as the engine's input, those without an effective date left out."""
    minimums, caps = _year_amounts(Minimum, ids), _year_amounts(Cap, ids)
    terms, fees = _terms(ids), _fees(ids)
    rows = (
        Agreement.objects.filter(pk__in=ids, effective_on__isnull=False)
        .annotate(last_on=Coalesce("ended_on", "expires_on"), amended_rates=_amended_rates())
        .values_list(*_RULE_COLUMNS, named=True)
    )
    return {
        row.pk: EngineAgreement(
            _rules(row, tuple(minimums[row.pk]), tuple(caps[row.pk])),
            tuple(terms[row.pk]),
            tuple(fees[row.pk]),
        )
        for row in rows
    }


def _rules(row: Any, minimums: tuple[YearAmount, ...], caps: tuple[YearAmount, ...]) -> AgreementRules:
    month_day = row.contract_year_start
    return AgreementRules(
        currency=row.currency,
        effective_on=row.effective_on,
        period=PeriodLength(row.reporting_period),
        ends_on=row.last_on,
        contract_year_start=(int(month_day[:2]), int(month_day[3:])) if month_day else None,
        payment_days=row.payment_days,
        minimums=minimums,
        prorate_minimum=row.prorate_minimum,
        caps=caps,
        cap_window=CapWindow(row.cap_window),
        advance=row.advance,
        advance_recoupable=row.is_advance_recoupable,
        advance_repayable=row.is_advance_repayable,
        withholding_percent=row.withholding_percent,
        withholding_changes=_withholding_changes(row.amended_rates),
        gross_up=row.is_grossed_up,
        fx_rule=FxRule(row.fx_rule),
        rounding=Rounding(row.rounding),
    )


def _year_amounts(model: type[Minimum] | type[Cap], ids: Collection[int]) -> defaultdict[int, list[YearAmount]]:
    found: defaultdict[int, list[YearAmount]] = defaultdict(list)
    rows = model.objects.filter(agreement__in=ids).order_by("agreement", "contract_year")
    for agreement_id, year, amount in rows.values_list("agreement_id", "contract_year", "amount"):
        found[agreement_id].append(YearAmount(year, amount))
    return found


def _amended_rates() -> ArraySubquery:
    """Return the rates that an agreement's amendments set, in order of their days, as a column of its query."""
    amendments = Amendment.objects.filter(agreement=OuterRef("pk"), withholding_percent__isnull=False)
    return ArraySubquery(
        amendments.order_by("effective_on", "number").values(
            json=JSONObject(day="effective_on", percent=Cast("withholding_percent", TextField()))
        )
    )


def _withholding_changes(amended: Iterable[dict[str, str]]) -> tuple[WithholdingChange, ...]:
    """Return the changes of the rate; of several amendments of one day the latest counts."""
    rates = {dt.date.fromisoformat(rate["day"]): Decimal(rate["percent"]) for rate in amended}
    return tuple(WithholdingChange(day, percent) for day, percent in rates.items())


def _terms(ids: Collection[int]) -> defaultdict[int, list[Term]]:
    """Return the terms that hold for at least a day; what continues a voided one continues what that continued."""
    tiers: defaultdict[int, list[EngineTier]] = defaultdict(list)
    of_agreements = {"term__agreement__in": ids}
    for term_id, up_to, rate in (
        Tier.objects.filter(**of_agreements).order_by("term", "position").values_list("term_id", "up_to", "rate")
    ):
        tiers[term_id].append(EngineTier(up_to, rate))
    plants: defaultdict[int, set[int | str]] = defaultdict(set)
    for term_id, plant_id in RoyaltyTermPlant.objects.filter(**of_agreements).values_list("term_id", "plant_id"):
        plants[term_id].add(plant_id)
    rows = list(
        RoyaltyTerm.objects.filter(agreement__in=ids)
        .order_by("effective_from", "pk")
        .values_list(*_TERM_COLUMNS, named=True)
    )
    void = {row.pk: row.continues_id for row in rows if row.effective_to and row.effective_to < row.effective_from}
    values = index_values({row.index_id for row in rows if row.index_id})
    found: defaultdict[int, list[Term]] = defaultdict(list)
    for row in rows:
        if row.pk in void:
            continue
        continues = row.continues_id
        while continues in void:
            continues = void[continues]
        found[row.agreement_id].append(
            Term(
                id=row.pk,
                basis=Basis(row.basis),
                mode=TierMode(row.mode),
                window=TierWindow(row.window),
                tiers=tuple(tiers[row.pk]),
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                scope=Scope(frozenset(plants[row.pk]), frozenset(row.chemistries), frozenset(row.fields)),
                creditable=row.is_creditable,
                clause=row.clause,
                continues=continues,
                escalator=escalator_of(row, values),
            )
        )
    return found


def index_values(indices: set[int]) -> defaultdict[int, dict[int, Decimal]]:
    """Return the values of price indices by index and year."""
    found: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    if indices:
        rows = PriceIndexValue.objects.filter(index__in=indices).values_list("index_id", "year", "value")
        for index_id, year, value in rows:
            found[index_id][year] = value
    return found


def escalator_of(row: Any, values: defaultdict[int, dict[int, Decimal]]) -> Escalator | None:
    """Return how the rates of a stored term, or of its columns, rise; `values` are those of its index."""
    floor, cap = row.escalator_floor_percent, row.escalator_cap_percent
    if row.escalator == EscalatorKind.PERCENT:
        return AnnualPercent(row.escalator_percent, cap=cap, floor=floor)
    if row.escalator == EscalatorKind.INDEX:
        known = values[row.index_id]
        base = known.get(row.index_base_year)
        # Without its base value the index cannot be used, which the engine says by the year that is missing.
        return Index(base or Decimal(1), known if base else {}, lag=row.index_lag_years, cap=cap, floor=floor)
    return None


def _fees(ids: Collection[int]) -> defaultdict[int, list[EngineFee]]:
    """Return the fees whose day is known: on a date, on the effective date, or after a milestone that was reached."""
    reached = PlantMilestone.objects.filter(plant=OuterRef("plant"), kind=OuterRef("milestone"))
    rows = (
        Fee.objects.filter(agreement__in=ids)
        .annotate(effective_on=F("agreement__effective_on"), reached_on=Subquery(reached.values("actual_on")[:1]))
        .order_by("agreement", "due_on", "pk")
        .values_list(
            "agreement_id", "pk", "trigger", "due_on", "effective_on", "reached_on", "offset_days", "amount", "label"
        )
    )
    found: defaultdict[int, list[EngineFee]] = defaultdict(list)
    for agreement_id, pk, trigger, due_on, effective_on, reached_on, offset_days, amount, label in rows:
        day = fee_day(trigger, due_on=due_on, effective_on=effective_on, reached_on=reached_on, offset_days=offset_days)
        if day is not None:
            found[agreement_id].append(EngineFee(pk, day, amount, label))
    return found


def fee_day(
    trigger: str,
    *,
    due_on: dt.date | None,
    effective_on: dt.date | None,
    reached_on: dt.date | None,
    offset_days: int,
) -> dt.date | None:
    """Return the day on which a fee falls due, or None while it is not known."""
    if trigger == FeeTrigger.EFFECTIVE_DATE:
        return effective_on
    if trigger == FeeTrigger.DATE:
        return due_on
    return None if reached_on is None else reached_on + dt.timedelta(days=offset_days)
