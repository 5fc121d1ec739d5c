"""The API, each beside its floor: the same rows by one query, serialised by orjson, through a bare view."""

import json
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import TokenScope
from accounts.models import User
from companies.models import Company
from deals.enums import PATH_TYPES
from deals.models import Deal, Pipeline, Stage
from sync.domain.feed import current_position
from tests.bench import floors
from tests.bench.pages import count_queries, statements_of, take_turns
from tests.bench.report import Row
from tests.bench.seed import seed_base, seed_deals

DEALS = 10_000
MANY = 100_000
BULK = 1_000
BULK_ROUNDS = 6
CHANGES = 1_000
SYNC_PAGE = 500

_DEAL = """
    SELECT d.id, d.title, d.company_id, s.pipeline_id, d.stage_id, d.entered_stage_at, d.owner_id, d.scope, d.chemistry,
        d.region, d.capacity_gwh, d.annual_royalty, d.currency, d.probability_percent, d.plant_concept, d.opened_on,
        d.expected_effective_on, d.signed_on, d.effective_on, d.expected_sop_on, d.royalty_start_on, d.closed_on,
        d.outcome_reason, d.resume_on, d.is_confidential, d.version, d.created_at, d.updated_at,
        ARRAY(SELECT user_id FROM deals_dealteammember x WHERE x.deal_id = d.id) AS team,
        ARRAY(SELECT plant_id FROM deals_dealplant x WHERE x.deal_id = d.id) AS plants,
        ARRAY(SELECT row_to_json(x) FROM deals_dealcontact x WHERE x.deal_id = d.id) AS contacts,
        ARRAY(SELECT row_to_json(x) FROM sync_externalref x WHERE x.resource = 'deal' AND x.object_id = d.id) AS refs
    FROM deals_deal d JOIN deals_stage s ON s.id = d.stage_id
    WHERE (NOT d.is_confidential OR d.owner_id = %(user)s
        OR EXISTS (SELECT 1 FROM deals_dealteammember m WHERE m.deal_id = d.id AND m.user_id = %(user)s))
"""
LIST = f"{_DEAL} ORDER BY d.id LIMIT 100"
DETAIL = f"{_DEAL} AND d.id = %(deal)s"
PAGE = f"{_DEAL} AND d.id > %(last)s ORDER BY d.id LIMIT {SYNC_PAGE}"
CHANGE = f"""
    SELECT * FROM sync_change WHERE (transaction_id, id) > (%(transaction)s, %(row)s)
    ORDER BY transaction_id, id LIMIT {CHANGES}
"""  # noqa: S608  # a number of ours


def objects(sql: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return a bare view of the rows of a query as objects."""

    def view(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute(sql, floors.parameters)
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return HttpResponse(orjson.dumps(rows, default=str), content_type="application/json")

    return view


class Caller:
    """The seeded database as one BD user's token sees it."""

    def __init__(self, user: User, pipeline: Pipeline) -> None:
        _token, key = create_token(user=user, name="Bench", scope=TokenScope.WRITE, expires_at=None, at=timezone.now())
        self.client = Client(headers={"Authorization": f"Bearer {key}"})
        self.stages = list(Stage.objects.filter(pipeline=pipeline, type__in=PATH_TYPES).order_by("position")[:2])
        self.deal = Deal.objects.visible_to(user).filter(stage=self.stages[0]).order_by("pk")[0]
        floors.parameters.update(user=user.pk, deal=self.deal.pk)

    def get(self, path: str) -> Any:
        """Read; raise unless it answers 200."""
        response = self.client.get(path if path.startswith("http") else f"/api/v1/{path}")
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code}")
        return response

    def post(self, path: str, body: Any) -> Any:
        """Write; raise unless it answers 200."""
        response = self.client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code} {response.content[:300]!r}")
        return response

    def move(self) -> Any:
        """Move the deal to the other of two stages."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT stage_id FROM deals_deal WHERE id = %s", [self.deal.pk])
            (stage_id,) = cursor.fetchone()
        target = self.stages[1] if stage_id == self.stages[0].pk else self.stages[0]
        return self.post(f"deals/{self.deal.pk}/move", {"stage": str(target.pk), "note": "Back and forth"})


def measure() -> list[Row]:
    """Seed deals and measure."""
    settings.API_REQUESTS_PER_MINUTE = 10**9
    user, pipeline = seed_base()
    seed_deals(pipeline, total=DEALS)
    caller = Caller(user, pipeline)
    rows = [
        _beside(caller, "API: list of 100 deals", "deals", "/api-list", 2.6, most_queries=6),
        _beside(caller, "API: one deal", f"deals/{caller.deal.pk}", "/api-detail", 2.1),
        _move(caller),
        *_full_sync(caller),
        _feed(caller),
        *_bulk(caller),
    ]
    seed_deals(pipeline, total=MANY)
    return [*rows, _export(caller)]


def _beside(caller: Caller, name: str, path: str, floor: str, goal: float, most_queries: int | None = None) -> Row:
    times, floor_times = take_turns(lambda: caller.get(path), floor)
    row = Row(name, times, floor_times)
    queries = count_queries(partial(caller.get, path))
    is_met = (row.ratio or 0) <= goal and (most_queries is None or queries <= most_queries)
    words = f"{goal:g}×" + (f", {most_queries} queries" if most_queries else "")
    return Row(name, times, floor_times, str(queries), goal=words, is_met=is_met)


def _move(caller: Caller) -> Row:
    floors.statements[:] = [statements_of(caller.move), statements_of(caller.move)]
    times, floor_times = take_turns(caller.move, "/move")
    row = Row("API: move", times, floor_times)
    return Row("API: move", times, floor_times, goal="2.5×", is_met=(row.ratio or 0) <= 2.5)


def _full_sync(caller: Caller) -> list[Row]:
    """Walk all pages, ours and the floor's in turns, and compare the first with the last."""
    times: list[float] = []
    floor_times: list[float] = []
    address: str | None = f"deals?limit={SYNC_PAGE}"
    floors.parameters["last"] = 0
    bare = floors.bare_client()
    caller.get(address)
    while address:
        started = time.perf_counter()
        page = orjson.loads(caller.get(address).content)
        times.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        bare.get("/api-page")
        floor_times.append((time.perf_counter() - started) * 1000)
        floors.parameters["last"] = int(page["results"][-1]["id"])
        address = page["next"]
    row = Row("API: full sync of 10,000 deals, a page of 500", times, floor_times)
    third = len(times) // 3
    drift = sum(times[-third:]) / sum(times[:third])
    return [
        Row(row.name, times, floor_times, goal="3×", is_met=(row.ratio or 0) <= 3),
        Row("its last pages, as a multiple of its first", [drift], unit="x", goal="1.3", is_met=drift < 1.3),
    ]


def _feed(caller: Caller) -> Row:
    start = current_position()
    Company.objects.bulk_create(Company(name=f"Feed {number}") for number in range(CHANGES))
    floors.parameters.update(transaction=start.transaction, row=start.row)
    times, floor_times = take_turns(lambda: caller.get(f"changes?after={start}&limit={CHANGES}"), "/api-changes")
    row = Row("API: feed page of 1,000 changes", times, floor_times)
    return Row(row.name, times, floor_times, goal="2×", is_met=(row.ratio or 0) <= 2)


def _bulk(caller: Caller) -> list[Row]:
    """Upsert deals that are new and then change them, a few times; the first is to warm up, like the first of pages."""
    company = str(Company.objects.order_by("pk")[0].pk)
    stage = str(caller.stages[0].pk)

    def upsert(title: str, first: int) -> float:
        operations = [
            {
                "op": "upsert",
                "ref": {"system": "crm", "external_id": str(number)},
                "data": {"company": company, "stage": stage, "title": f"{title} {number}"},
            }
            for number in range(first, first + BULK)
        ]
        started = time.perf_counter()
        caller.post("deals/bulk", {"operations": operations})
        return BULK / (time.perf_counter() - started)

    rounds = [(upsert("New", first), upsert("Changed", first)) for first in range(0, BULK_ROUNDS * BULK, BULK)]
    return [
        Row(f"API: bulk upsert of 1,000 {words} deals", rates, unit="/s", goal="1,500 /s", is_met=median(rates) > 1_500)
        for words, rates in zip(("new", "known"), zip(*rounds[1:], strict=True), strict=True)
    ]


def _export(caller: Caller) -> Row:
    lines = _lines(caller)
    next(lines)
    before = _peak_mb()
    count = sum(1 for _line in lines)
    grown = _peak_mb() - before
    return Row(f"API: export of {count:,} deals, memory", [grown], unit="MB", goal="30 MB", is_met=grown < 30)


def _lines(caller: Caller) -> Iterator[bytes]:
    for chunk in caller.get("deals/export").streaming_content:
        yield from chunk.splitlines()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


floors.add("api-list", objects(LIST))
floors.add("api-detail", objects(DETAIL))
floors.add("api-page", objects(PAGE))
floors.add("api-changes", objects(CHANGE))
