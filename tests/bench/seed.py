"""Rows for the measurements, made by SQL so that a hundred thousand take seconds."""

from django.db import connection, transaction

from accounts.enums import Role
from accounts.models import User
from companies.models import Company
from deals.domain.default_pipeline import create_default_pipeline
from deals.models import Deal, Pipeline
from money.models import FxRate
from tests.accounts.factories import UserFactory
from tests.money.factories import FxRateFactory

COMPANIES = 200
OWNERS = 20


def seed_base() -> tuple[User, Pipeline]:
    """Create people, companies, rates and the default pipeline; return a BD user and the pipeline."""
    pipeline = create_default_pipeline()
    user = UserFactory(role=Role.BUSINESS_DEVELOPMENT, currency="USD", name="Bench User")
    UserFactory.create_batch(OWNERS - 1)
    Company.objects.bulk_create(Company(name=f"Company {number:03d} Automotive") for number in range(COMPANIES))
    for code, rate in (("USD", "1.1172"), ("CNY", "7.4326"), ("JPY", "175.68")):
        if not FxRate.objects.filter(quote=code).exists():
            FxRateFactory(quote=code, rate=rate)
    return user, pipeline


# The deferred checks of foreign keys queue up until a commit, and each trigger call walks the queue.
DEALS_A_TRANSACTION = 1_000


def seed_deals(pipeline: Pipeline, *, total: int) -> None:
    """Add open deals over the stages of the path until there are `total`, each with a next step."""
    first = Deal.objects.count() + 1
    for start in range(first, total + 1, DEALS_A_TRANSACTION):
        _insert_deals(pipeline, first=start, last=min(start + DEALS_A_TRANSACTION - 1, total))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@transaction.atomic
def _insert_deals(pipeline: Pipeline, *, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH stage AS (
                SELECT array_agg(id ORDER BY position) AS ids FROM deals_stage
                WHERE pipeline_id = %(pipeline)s AND type IN ('open', 'delivery', 'earning')
            ), company AS (SELECT array_agg(id) AS ids FROM companies_company),
            person AS (SELECT array_agg(id) AS ids FROM accounts_user),
            made AS (
                INSERT INTO deals_deal (
                    company_id, title, stage_id, entered_stage_at, rank, owner_id, scope, chemistry, region,
                    capacity_gwh, currency, annual_royalty, plant_concept, outcome_reason, is_confidential, version
                )
                SELECT
                    company.ids[1 + n %% array_length(company.ids, 1)],
                    'LFP line ' || n || ', phase ' || (1 + n %% 3),
                    stage.ids[1 + n %% 13],
                    now() - (n %% 150) * interval '1 day',
                    -n, person.ids[1 + n %% array_length(person.ids, 1)], '{licence,operation}',
                    (ARRAY['lfp', 'lmfp', 'nmc', 'sodium_ion'])[1 + n %% 4],
                    (ARRAY['europe', 'north_america', 'east_asia', 'south_asia'])[1 + n %% 4],
                    5 + n %% 40, (ARRAY['USD', 'EUR', 'CNY', 'JPY'])[1 + n %% 4], 1000000 + n * 100, '', '',
                    n %% 50 = 0, 1
                FROM generate_series(%(first)s, %(last)s) AS n, stage, company, person
                RETURNING id
            )
            INSERT INTO deals_task (deal_id, title, due_on, version)
            SELECT id, 'Call back ' || id, current_date + (id %% 60)::int - 20, 1 FROM made
            """,
            {"pipeline": pipeline.pk, "first": first, "last": last},
        )
