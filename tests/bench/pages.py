"""Pages and the move, each beside its floor, at 10,000 deals; query counts also at 1,000 and 100,000."""

import re
import time
from collections.abc import Callable
from functools import partial

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from deals.enums import PATH_TYPES
from deals.models import Deal, Pipeline, Stage
from tests.bench import floors, memory
from tests.bench.report import Row
from tests.bench.seed import seed_base, seed_deals

SIZES = (1_000, 10_000, 100_000)
MEASURED_AT = 10_000
ROUNDS = 40
MAX_QUERIES = 12
MAX_BOARD_BYTES = 100_000
_JSON = {"HTTP_ACCEPT": "application/json"}


class Desk:
    """The seeded database as one BD user sees it."""

    def __init__(self, user: User, pipeline: Pipeline) -> None:
        self.user = user
        self.pipeline = pipeline
        self.client = Client()
        self.client.force_login(user)
        self.stages = list(Stage.objects.filter(pipeline=pipeline, type__in=PATH_TYPES).order_by("position"))
        self.deal = Deal.objects.visible_to(user).filter(stage=self.stages[0]).order_by("pk")[0]
        floors.parameters.update(user=user.pk, pipeline=pipeline.pk, stage=self.stages[4].pk, deal=self.deal.pk)

    def get(self, path: str) -> HttpResponse:
        """Get a page as the user; raise unless it answers 200."""
        response = self.client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code}")
        if response.streaming:
            raise RuntimeError(f"{path} streams")
        return response

    def move(self) -> HttpResponse:
        """Move the deal to the other of the first two stages."""
        # The script of the board has these at hand, so reading them here must cost next to nothing.
        with connection.cursor() as cursor:
            cursor.execute("SELECT stage_id, version FROM deals_deal WHERE id = %s", [self.deal.pk])
            stage_id, version = cursor.fetchone()
        target = self.stages[1] if stage_id == self.stages[0].pk else self.stages[0]
        response = self.client.post(
            f"/deals/{self.deal.code}/move/",
            {"stage": target.pk, "version": version, "reason": "Back and forth"},
            **_JSON,
        )
        if response.status_code != 200:
            raise RuntimeError(f"move: {response.status_code} {response.content[:300]!r}")
        return response


def measure() -> list[Row]:
    """Seed three sizes and measure every page, and the memory of a worker, at the middle one."""
    user, pipeline = seed_base()
    rows: list[Row] = []
    counts: dict[str, list[int]] = {}
    memory_rows: list[Row] = []
    for size in SIZES:
        seed_deals(pipeline, total=size)
        desk = Desk(user, pipeline)
        pages = _pages(desk)
        for name, (path, _floor, _goal) in pages.items():
            counts.setdefault(name, []).append(count_queries(partial(desk.get, path)))
        counts.setdefault("move", []).append(count_queries(desk.move, besides=1))
        if size == MEASURED_AT:
            rows = [_measure_page(desk, name, *page) for name, page in pages.items()]
            rows.append(_measure_move(desk))
            memory_rows = memory.measure()
    return [*(_with_queries(row, counts[row.name]) for row in rows), *memory_rows]


def _pages(desk: Desk) -> dict[str, tuple[str, str, float | None]]:
    board = f"/board/{desk.pipeline.slug}/"
    first = desk.get(board).content.decode()
    more = re.search(rf'"(/board/[^"]*/column/{desk.stages[4].pk}/[^"]*)"', first)
    if more is None:
        raise RuntimeError("the board links no further cards")
    return {
        "board first load": (board, "/board", 4.0),
        "column page of 30": (more.group(1).replace("&amp;", "&"), "/column", None),
        "filtered board": (f"{board}?region=europe", "/filtered", None),
        "table page of 50": ("/deals/", "/table", 4.0),
        "deal workspace": (desk.deal.get_absolute_url(), "/workspace", 4.0),
    }


def _measure_page(desk: Desk, name: str, path: str, floor: str, goal: float | None) -> Row:
    times, floor_times = take_turns(lambda: desk.get(path), floor)
    sent = len(desk.client.get(path, headers={"accept-encoding": "br, gzip"}).content)
    row = Row(name, times, floor_times, compressed_bytes=sent)
    is_light = name != "board first load" or sent < MAX_BOARD_BYTES
    words = f"{goal:g}×" if goal else ""
    if name == "board first load":
        words += ", 100 KB"
    return Row(
        name,
        times,
        floor_times,
        compressed_bytes=sent,
        goal=words,
        is_met=(row.ratio or 0) <= goal and is_light if goal else None,
    )


def _measure_move(desk: Desk) -> Row:
    floors.statements[:] = [statements_of(desk.move), statements_of(desk.move)]
    times, floor_times = take_turns(desk.move, "/move")
    row = Row("move", times, floor_times)
    return Row("move", times, floor_times, goal="2.5×", is_met=(row.ratio or 0) <= 2.5)


def statements_of(action: Callable[[], object]) -> list[str]:
    """Return the statements of a move."""
    with CaptureQueriesContext(connection) as queries:
        action()
    # The first is the look-up of the deal by this bench, which is not part of the move.
    return [query["sql"] for query in queries.captured_queries[1:]]


def take_turns(action: Callable[[], object], floor: str) -> tuple[list[float], list[float]]:
    """Time the action and its floor in turns, so that both meet the same machine; warm both up first."""
    bare = floors.bare_client()

    def run_floor() -> None:
        start = time.perf_counter()
        bare.get(floor)
        floor_times.append((time.perf_counter() - start) * 1000)

    times: list[float] = []
    floor_times: list[float] = []
    for _round in range(ROUNDS + 3):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
        run_floor()
    return times[3:], floor_times[3:]


def count_queries(action: Callable[[], object], *, besides: int = 0) -> int:
    """Return how many statements an action runs, besides some that are not its own."""
    action()
    with CaptureQueriesContext(connection) as queries:
        action()
    return len(queries) - besides


def _with_queries(row: Row, counts: list[int]) -> Row:
    same = len(set(counts)) == 1
    text = str(counts[0]) if same else "/".join(map(str, counts))
    few = same and max(counts) <= MAX_QUERIES
    met = few if row.is_met is None else row.is_met and few
    return Row(row.name, row.times_ms, row.floor_ms, text, row.compressed_bytes, row.goal, met)
