"""Royalties: one large agreement, and a portfolio of a million report lines beside its floor.

The floor of the portfolio is one SQL statement that groups the same report lines by term and period, applies the
tiers by window functions, and inserts the lines: the tier sums alone, without minimums, caps or anything else.
"""

import datetime as dt
import resource
import time
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from plants.domain.ramp_curve import add_months
from royalties.domain.calculation import calculate_to_date
from royalties.domain.portfolio import recalculate_portfolio
from royalties.enums import ReportChannel, ReportStatus
from royalties.models import Agreement, EarnedLine, ReportFiling, RoyaltyTerm, Tier
from tests.bench.report import Row
from tests.plants.factories import PlantFactory
from tests.royalties.factories import AgreementFactory, RoyaltyTermFactory

AGREEMENTS = 5_000
START = dt.date(2020, 1, 1)
TIERS = [("5000000", "2.00"), ("15000000", "1.50"), (None, "1.00")]
GOAL_ONE_MS = 150
GOAL_RATIO = 8
GOAL_MEMORY_MB = 1_000

_REPORTS = """
    INSERT INTO royalties_productionreport (
        agreement_id, filing_id, plant_id, month, chemistry, field, number, status, energy_produced_kwh,
        energy_sold_kwh, units, gross_sales, deductions, net_sales, currency, is_nil, is_return, is_estimate,
        flags, accepted_on, version
    )
    SELECT f.agreement_id, f.id, p.id, m::date, c, 'ev', 1, 'accepted', 100000 + f.agreement_id %% 97 * 1000,
        90000 + f.agreement_id %% 89 * 1000, 1000, 0, 0, 1000000, 'USD', false, false, false, '[]', m::date + 40, 1
    FROM royalties_reportfiling f
    CROSS JOIN unnest(%(plants)s::bigint[]) AS p(id)
    CROSS JOIN unnest(%(chemistries)s::text[]) AS c
    CROSS JOIN generate_series(%(first)s::date, %(last)s::date, interval '1 month') AS m
    WHERE f.agreement_id = ANY (%(agreements)s)
"""
_FLOOR = """
    WITH quantity AS (
        SELECT r.agreement_id, t.id AS term_id, extract(year FROM r.month) AS year,
            (date_trunc('quarter', r.month) + interval '3 months' - interval '1 day')::date AS period_end,
            sum(r.energy_sold_kwh) AS quantity
        FROM royalties_productionreport r JOIN royalties_royaltyterm t ON t.agreement_id = r.agreement_id
        WHERE r.status = 'accepted' GROUP BY 1, 2, 3, 4
    ), running AS (
        SELECT *, sum(quantity) OVER (PARTITION BY term_id, year ORDER BY period_end) AS upper FROM quantity
    ), tier AS (
        SELECT term_id, up_to, rate, coalesce(lag(up_to) OVER (PARTITION BY term_id ORDER BY position), 0) AS lower
        FROM royalties_tier
    )
    INSERT INTO royalties_earnedline (
        agreement_id, kind, term_id, period_end, quantity, amount, currency, calculated_at
    )
    SELECT q.agreement_id, 'royalty', q.term_id, q.period_end, q.quantity, round(sum(
        greatest(0, least(q.upper, coalesce(t.up_to, q.upper)) - greatest(q.upper - q.quantity, t.lower)) * t.rate
    ), 2), 'USD', now()
    FROM running q JOIN tier t ON t.term_id = q.term_id
    GROUP BY q.agreement_id, q.term_id, q.period_end, q.quantity
"""


def measure() -> list[Row]:
    """Seed the agreements and measure both."""
    one = large_agreement()
    times = []
    for _round in range(8):
        start = time.perf_counter()
        lines = calculate_to_date(one, through=dt.date(2029, 12, 31)).lines
        times.append((time.perf_counter() - start) * 1000)
    if len(lines) != 3 * 40:
        raise RuntimeError(f"{len(lines)} lines instead of 120")
    median = sorted(times)[len(times) // 2]
    return [
        Row("one agreement, 10 years", times, goal=f"{GOAL_ONE_MS} ms", is_met=median < GOAL_ONE_MS),
        *_measure_portfolio(one),
    ]


def large_agreement() -> Agreement:
    """Return an agreement of 10 years, 20 plants, 4 chemistries and 3 terms, reported by month."""
    agreement = AgreementFactory(effective_on=START, signed_on=START, reporting_period="quarter")
    for basis in ("energy_produced", "energy_sold", "units"):
        RoyaltyTermFactory(agreement=agreement, basis=basis, effective_from=START, tiers=TIERS)
    plants = PlantFactory.create_batch(20)
    _report([agreement.pk], [plant.pk for plant in plants], ["lfp", "lmfp", "nmc", "nca"], months=120)
    return agreement


def _measure_portfolio(other: Agreement) -> list[Row]:
    _seed_portfolio(other)
    times, floors = [], []
    for _round in range(3):
        EarnedLine.objects.all().delete()
        start = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(_FLOOR)
        floors.append((time.perf_counter() - start) * 1000)
        EarnedLine.objects.all().delete()
        start = time.perf_counter()
        done = recalculate_portfolio(through=dt.date(2024, 3, 31), at=timezone.now())
        times.append((time.perf_counter() - start) * 1000)
    if done.refused or done.agreements < AGREEMENTS:
        raise RuntimeError(f"only {done.agreements} agreements were calculated")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = Row("portfolio of 1,000,000 reports", times, floors)
    met = (row.ratio or 0) <= GOAL_RATIO
    return [
        Row(row.name, times, floors, goal=f"{GOAL_RATIO}×", is_met=met),
        Row("its memory at most", [peak_mb], unit="MB", goal=f"{GOAL_MEMORY_MB} MB", is_met=peak_mb < GOAL_MEMORY_MB),
    ]


def _seed_portfolio(like: Agreement) -> None:
    """Add 5,000 agreements of one term, each with 50 months of 2 plants and 2 chemistries."""
    columns = [field.column for field in Agreement._meta.concrete_fields if field.column not in ("id", "number")]
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO royalties_agreement (number, {names}) SELECT n, {names} "  # noqa: S608  # columns of a model
            "FROM royalties_agreement, generate_series(2, %s) AS n WHERE id = %s",
            [AGREEMENTS + 1, like.pk],
        )
    added = list(Agreement.objects.exclude(pk=like.pk).order_by("pk").values_list("pk", flat=True))
    terms = RoyaltyTerm.objects.bulk_create(
        RoyaltyTerm(agreement_id=pk, label="Royalty", effective_from=START) for pk in added
    )
    Tier.objects.bulk_create(
        Tier(term=term, position=position, up_to=bound and Decimal(bound), rate=Decimal(rate))
        for term in terms
        for position, (bound, rate) in enumerate(TIERS)
    )
    _report(added, [plant.pk for plant in PlantFactory.create_batch(2)], ["lfp", "lmfp"], months=50)


def _report(agreements: list[int], plants: list[int], chemistries: list[str], *, months: int) -> None:
    """File the reports of agreements, without the change log, which would take minutes."""
    last = add_months(START, months - 1)
    ReportFiling.objects.bulk_create(
        ReportFiling(
            agreement_id=pk,
            period_start=START,
            period_end=last,
            status=ReportStatus.SUBMITTED,
            channel=ReportChannel.FILE,
            submitted_at=timezone.now(),
        )
        for pk in agreements
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE royalties_productionreport DISABLE TRIGGER ALL")
        cursor.execute(
            _REPORTS,
            {"plants": plants, "chemistries": chemistries, "first": START, "last": last, "agreements": agreements},
        )
        cursor.execute("ALTER TABLE royalties_productionreport ENABLE TRIGGER ALL")
        cursor.execute("ANALYZE")
