"""How late a follower of the feed is, over HTTP, while others commit two hundred times a second."""

import itertools
import threading
import time

import httpx
import psycopg
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role, TokenScope
from sync.domain.feed import current_position
from tests.accounts.factories import UserFactory
from tests.bench.report import Row
from tests.clients.serving import database_url, serving

COMMITS_A_SECOND = 200
WRITERS = 4
SECONDS = 10
# A writer of which the machine lets less through has not measured what it says.
LEAST_RATE = 0.95 * COMMITS_A_SECOND
_COMMIT = """
    INSERT INTO companies_company (name, kind, country, website, about, is_fictional, is_placeholder, version)
    VALUES (%s, 'oem', '', '', '', false, false, 1) RETURNING id
"""


class _Writer(threading.Thread):
    """Commits a company at a time at an even pace, and keeps when it asked for each commit, by id."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._name = f"Commit of {number}"
        self.commits: dict[str, float] = {}

    def run(self) -> None:
        with psycopg.connect(database_url(), autocommit=True) as database:
            started = time.perf_counter()
            for count in range(COMMITS_A_SECOND * SECONDS // WRITERS):
                time.sleep(max(0.0, started + count * WRITERS / COMMITS_A_SECOND - time.perf_counter()))
                asked_at = time.perf_counter()
                row = database.execute(_COMMIT, [f"{self._name}, {count}"]).fetchone()
                assert row is not None
                self.commits[str(row[0])] = asked_at


def measure() -> list[Row]:
    """Follow while they write, and measure from the moment that each commit was asked for until its change is read."""
    user = UserFactory(role=Role.ADMINISTRATOR)
    _token, key = create_token(user=user, name="Bench", scope=TokenScope.READ, expires_at=None, at=timezone.now())
    writers = [_Writer(number) for number in range(WRITERS)]
    with serving() as url, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        seen = _follow(client, writers)
    commits = dict(itertools.chain.from_iterable(writer.commits.items() for writer in writers))
    lags = [(seen[id] - asked_at) * 1000 for id, asked_at in commits.items()]
    rate = len(commits) / (max(commits.values()) - min(commits.values()))
    is_met = max(lags) < 1_000 and rate > LEAST_RATE
    return [
        Row(f"API: feed lag at {rate:.0f} commits/s", lags, goal="1 s at most at 200/s", is_met=is_met),
        Row("its longest", [max(lags)]),
    ]


def _follow(client: httpx.Client, writers: list[_Writer]) -> dict[str, float]:
    """Return when the change of each company was read, until all that the writers committed were."""
    after = str(current_position())
    seen: dict[str, float] = {}
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers) or len(seen) < sum(len(writer.commits) for writer in writers):
        asked = {"after": after, "resource": "company", "wait": 25, "limit": 1000}
        answer = client.get("/api/v1/changes", params=asked)
        read_at = time.perf_counter()
        page = answer.raise_for_status().json()
        seen |= {change["id"]: read_at for change in page["changes"]}
        after = page["next"]
    return seen
