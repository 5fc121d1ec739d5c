"""The floors: the rows that a page shows, by one hand-written query, through bare views without our middleware.

A page shows its deals and what belongs to them; it also reads who is looking, with their permissions and
pinned views, the stages with their gates, the sums of the columns and the exchange rates. The floor reads
the same, each set of rows as one JSON value of a single row.
"""

from collections.abc import Callable
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

_CARD = """
    d.id, d.title, d.version, d.stage_id, d.scope, d.region, d.chemistry, d.plant_concept, d.expected_sop_on,
    d.signed_on, d.effective_on, d.royalty_start_on, d.resume_on, d.capacity_gwh, d.currency, d.annual_royalty,
    d.probability_percent, d.entered_stage_at, d.updated_at, d.is_confidential, d.rank, c.name AS company,
    u.name AS owner, t.title AS next_step, t.due_on,
    (SELECT count(*) FROM deals_waiver w WHERE w.deal_id = d.id) AS waivers
"""
_AROUND = """
    JOIN companies_company c ON c.id = d.company_id
    LEFT JOIN accounts_user u ON u.id = d.owner_id
    LEFT JOIN LATERAL (
        SELECT title, due_on FROM deals_task WHERE deal_id = d.id AND done_at IS NULL ORDER BY due_on, id LIMIT 1
    ) t ON true
"""
_VISIBLE = """
    (NOT d.is_confidential OR d.owner_id = %(user)s
     OR EXISTS (SELECT 1 FROM deals_dealteammember m WHERE m.deal_id = d.id AND m.user_id = %(user)s))
"""
_VIEWER = """
    (SELECT row_to_json(x) FROM accounts_user x WHERE id = %(user)s) AS viewer,
    (SELECT json_agg(x) FROM (
        SELECT t.app_label, p.codename FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
        JOIN auth_group_permissions gp ON gp.permission_id = p.id
        JOIN accounts_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = %(user)s
    ) x) AS permissions,
    (SELECT json_agg(x) FROM deals_savedview x WHERE owner_id = %(user)s OR is_shared) AS views
"""
_RATES = """
    (SELECT json_agg(x) FROM (
        SELECT DISTINCT ON (base, quote) * FROM money_fxrate WHERE kind = 'reference' AND "on" <= current_date
        AND "on" > current_date - 366 AND quote IN ('USD', 'CNY', 'JPY') ORDER BY base, quote, "on" DESC
    ) x) AS rates
"""
_STAGES = """
    (SELECT json_agg(x) FROM (
        SELECT s.*, (SELECT json_agg(g) FROM deals_gate g WHERE g.stage_id = s.id AND g.archived_at IS NULL) AS gates
        FROM deals_stage s WHERE s.pipeline_id = %(pipeline)s AND s.archived_at IS NULL ORDER BY s.position
    ) x) AS stages
"""


def _facts(deals: str) -> str:
    """Return the rows that gates ask for, of the deals that a query names."""
    return f"""
        (SELECT json_agg(x) FROM (
            SELECT deal_id, 'checklist:' || gate_id AS fact FROM deals_gatecheck WHERE deal_id IN ({deals})
            UNION ALL SELECT deal_id, 'document:' || kind FROM deals_document
                WHERE deal_id IN ({deals}) AND (expires_on IS NULL OR expires_on >= current_date)
            UNION ALL SELECT deal_id, 'contact_role:' || role FROM deals_dealcontact WHERE deal_id IN ({deals})
            UNION ALL SELECT deal_id, 'meeting:' FROM deals_note WHERE deal_id IN ({deals}) AND kind = 'meeting'
            UNION ALL SELECT deal_id, 'plant:' FROM deals_dealplant WHERE deal_id IN ({deals})
            UNION ALL SELECT p.deal_id, 'milestone:' || m.kind FROM deals_dealplant p
                JOIN plants_plantmilestone m ON m.plant_id = p.plant_id
                WHERE p.deal_id IN ({deals}) AND m.actual_on <= current_date
            UNION ALL SELECT deal_id, 'approvals:' FROM deals_approval WHERE deal_id IN ({deals})
        ) x) AS facts
    """  # noqa: S608  # pieces of this module only


def _cards(chosen: str, order: str) -> str:
    return f"""
        WITH chosen AS MATERIALIZED ({chosen})
        SELECT (SELECT json_agg(x) FROM (SELECT {_CARD} FROM chosen d {_AROUND} ORDER BY {order}) x) AS cards,
        {_facts("SELECT id FROM chosen")}, {_VIEWER}, {_STAGES}
    """  # noqa: S608  # pieces of this module only


def _totals(filters: str) -> str:
    return f"""
        (SELECT json_agg(x) FROM (
            SELECT d.stage_id, d.currency, count(*), sum(d.capacity_gwh),
                sum(d.annual_royalty * coalesce(d.probability_percent, s.probability_percent))
            FROM deals_deal d JOIN deals_stage s ON s.id = d.stage_id
            WHERE s.pipeline_id = %(pipeline)s AND {_VISIBLE} {filters} GROUP BY d.stage_id, d.currency
        ) x) AS totals
    """  # noqa: S608  # pieces of this module only


def _board(filters: str) -> str:
    chosen = f"""
        SELECT d.* FROM deals_stage s CROSS JOIN LATERAL (
            SELECT * FROM deals_deal d WHERE d.stage_id = s.id AND {_VISIBLE} {filters} ORDER BY rank, id LIMIT 30
        ) d WHERE s.pipeline_id = %(pipeline)s
    """  # noqa: S608  # pieces of this module only
    return f"{_cards(chosen, 'd.stage_id, d.rank, d.id')}, {_totals(filters)}, {_RATES}"


BOARD = _board("")
FILTERED = _board("AND d.region = 'europe'")
COLUMN = _cards(
    f"SELECT * FROM deals_deal d WHERE d.stage_id = %(stage)s AND {_VISIBLE} ORDER BY rank, id LIMIT 30 OFFSET 30",  # noqa: S608  # pieces of this module only
    "d.rank, d.id",
)
TABLE = f"""
    SELECT (SELECT json_agg(x) FROM (
        SELECT {_CARD} FROM (
            SELECT * FROM deals_deal d WHERE {_VISIBLE} ORDER BY updated_at DESC, id DESC LIMIT 50
        ) d {_AROUND} ORDER BY d.updated_at DESC, d.id DESC
    ) x) AS deals, (SELECT count(*) FROM deals_deal d WHERE {_VISIBLE}) AS total,
    (SELECT json_agg(x) FROM (SELECT id, name FROM accounts_user ORDER BY name) x) AS owners,
    {_totals("")}, {_RATES}, {_VIEWER}, {_STAGES}
"""  # noqa: S608  # pieces of this module only
WORKSPACE = f"""
    SELECT row_to_json(d) AS deal, row_to_json(c) AS company, row_to_json(s) AS stage, row_to_json(u) AS owner,
        (SELECT json_agg(x) FROM (SELECT * FROM deals_stagetransition WHERE deal_id = d.id ORDER BY at) x) AS moves,
        (SELECT json_agg(x) FROM (
            SELECT * FROM deals_task WHERE deal_id = d.id AND done_at IS NULL ORDER BY due_on
        ) x) AS tasks,
        (SELECT json_agg(x) FROM (
            SELECT h.*, a.name FROM sync_change h LEFT JOIN accounts_user a ON a.id = h.actor_id
            WHERE (resource = 'deal' AND object_id = d.id) OR (parent_resource = 'deal' AND parent_id = d.id)
            ORDER BY h.id DESC LIMIT 30
        ) x) AS changes,
        (SELECT json_agg(x) FROM deals_note x WHERE deal_id = d.id) AS notes,
        (SELECT json_agg(x) FROM deals_gatecheck x WHERE deal_id = d.id) AS checks,
        (SELECT json_agg(x) FROM deals_waiver x WHERE deal_id = d.id) AS waivers,
        (SELECT json_agg(m.name) FROM deals_dealteammember x JOIN accounts_user m ON m.id = x.user_id
            WHERE deal_id = d.id) AS team,
        (SELECT json_agg(p) FROM deals_dealplant x JOIN plants_plant p ON p.id = x.plant_id
            WHERE deal_id = d.id) AS plants,
        (SELECT json_agg(f) FROM companies_sourcedfact f WHERE company_id = d.company_id) AS capacity_reports,
        (SELECT json_agg(x) FROM sync_externalref x WHERE resource = 'deal' AND object_id = d.id) AS refs,
        (SELECT count(*) FROM deals_document x WHERE deal_id = d.id) AS documents,
        (SELECT count(*) FROM deals_approval x WHERE deal_id = d.id) AS approvals,
        (SELECT count(*) FROM deals_dealcontact x WHERE deal_id = d.id) AS contacts,
        {_facts("d.id")}, {_VIEWER}, {_STAGES}
    FROM deals_deal d
    JOIN companies_company c ON c.id = d.company_id
    JOIN deals_stage s ON s.id = d.stage_id
    LEFT JOIN accounts_user u ON u.id = d.owner_id
    WHERE d.id = %(deal)s AND {_VISIBLE}
"""  # noqa: S608  # pieces of this module only

parameters: dict[str, Any] = {}
statements: list[list[str]] = []


def _read(sql: str) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
        return HttpResponse(orjson.dumps(rows, default=str), content_type="application/json")

    return view


def _replay(request: HttpRequest) -> HttpResponse:
    """Run the statements that one real move ran; two moves take turns, so that each changes something."""
    statements.append(statements.pop(0))
    with connection.cursor() as cursor:
        for sql in statements[0]:
            cursor.execute(sql)
            if cursor.description:
                cursor.fetchall()
    return HttpResponse()


def use_floor_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Resolve by this module: a changed ROOT_URLCONF would empty Django's address caches for the page too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware


def bare_client() -> Client:
    """Return a client of the floors, without our middleware."""
    with override_settings(MIDDLEWARE=["tests.bench.floors.use_floor_addresses"]):
        client = Client()
        client.handler.load_middleware()
    return client


def add(name: str, view: Callable[[HttpRequest], HttpResponse]) -> None:
    """Add a floor of another part of the benchmark."""
    urlpatterns.append(path(name, view))


urlpatterns = [
    path("board", _read(BOARD)),
    path("filtered", _read(FILTERED)),
    path("column", _read(COLUMN)),
    path("table", _read(TABLE)),
    path("workspace", _read(WORKSPACE)),
    path("move", _replay),
]
