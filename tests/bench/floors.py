"""The floors: the same rows by one hand-written query, through bare views without middleware."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

_CARD = """
    d.id, d.title, d.version, c.name AS company, u.name AS owner, d.capacity_gwh, d.currency, d.annual_royalty,
    d.probability_percent, d.entered_stage_at, d.is_confidential, t.title AS next_step, t.due_on
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


def _board(filters: str) -> str:
    return f"""
        SELECT s.id AS stage, s.name, {_CARD}, totals.*
        FROM deals_stage s
        CROSS JOIN LATERAL (
            SELECT count(*), sum(capacity_gwh), sum(annual_royalty)
            FROM deals_deal d WHERE d.stage_id = s.id AND {_VISIBLE} {filters}
        ) totals
        CROSS JOIN LATERAL (
            SELECT * FROM deals_deal d WHERE d.stage_id = s.id AND {_VISIBLE} {filters} ORDER BY rank, id LIMIT 30
        ) d {_AROUND}
        WHERE s.pipeline_id = %(pipeline)s ORDER BY s.position, d.rank, d.id
    """  # noqa: S608  # pieces of this module only


BOARD = _board("")
FILTERED = _board("AND d.region = 'europe'")
COLUMN = f"""
    SELECT {_CARD} FROM (
        SELECT * FROM deals_deal d WHERE d.stage_id = %(stage)s AND {_VISIBLE} ORDER BY rank, id LIMIT 30 OFFSET 30
    ) d {_AROUND} ORDER BY d.rank, d.id
"""  # noqa: S608  # pieces of this module only
TABLE = f"""
    SELECT {_CARD}, s.name AS stage, (SELECT count(*) FROM deals_deal d WHERE {_VISIBLE}) FROM (
        SELECT * FROM deals_deal d WHERE {_VISIBLE} ORDER BY updated_at DESC, id DESC LIMIT 50
    ) d JOIN deals_stage s ON s.id = d.stage_id {_AROUND} ORDER BY d.updated_at DESC, d.id DESC
"""  # noqa: S608  # pieces of this module only
WORKSPACE = f"""
    SELECT d.*, c.name AS company, s.name AS stage, u.name AS owner,
        (SELECT json_agg(x) FROM (
            SELECT * FROM deals_stage WHERE pipeline_id = s.pipeline_id ORDER BY position
        ) x) AS path,
        (SELECT json_agg(x) FROM (SELECT * FROM deals_gate WHERE stage_id = s.id ORDER BY position) x) AS gates,
        (SELECT json_agg(x) FROM (SELECT * FROM deals_stagetransition WHERE deal_id = d.id ORDER BY at) x) AS moves,
        (SELECT json_agg(x) FROM (
            SELECT * FROM deals_task WHERE deal_id = d.id AND done_at IS NULL ORDER BY due_on
        ) x) AS tasks,
        (SELECT json_agg(x) FROM (
            SELECT * FROM sync_change WHERE (resource = 'deal' AND object_id = d.id)
            OR (parent_resource = 'deal' AND parent_id = d.id) ORDER BY id DESC LIMIT 30
        ) x) AS changes
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
            rows: Sequence[Any] = cursor.fetchall()
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


urlpatterns = [
    path("board", _read(BOARD)),
    path("filtered", _read(FILTERED)),
    path("column", _read(COLUMN)),
    path("table", _read(TABLE)),
    path("workspace", _read(WORKSPACE)),
    path("move", _replay),
]
