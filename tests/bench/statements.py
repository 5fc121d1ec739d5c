"""Statements: the page and the PDF of the last quarter of one large agreement, with 39 statements before it.

The page is that of a draft, the dearest: it calculates the agreement anew to say whether the draft is current.
"""

import datetime as dt
import time
from collections.abc import Callable
from functools import partial

from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from royalties.domain.statements import draft_statement, issue_statement
from royalties.models import Statement
from tests.accounts.factories import UserFactory
from tests.bench.report import Row
from tests.bench.royalties import large_agreement

GOAL_MS = 500
QUARTERS = 40
_ROUNDS = 12


def measure() -> list[Row]:
    """Issue ten years of statements, and measure the last one."""
    person = UserFactory(role=Role.FINANCE)
    statement = _issue_all_but_last(person)
    client = Client()
    client.force_login(person)
    page = partial(_get, client, statement.get_absolute_url())
    pdf = partial(_get, client, reverse("royalties:statement_pdf", args=[statement.pk]))
    return [_row("statement page", page), _row("statement PDF", pdf)]


def _issue_all_but_last(person) -> Statement:
    agreement = large_agreement()
    at = dt.datetime(2030, 3, 1, 9, tzinfo=dt.UTC)
    for _quarter in range(QUARTERS - 1):
        draft = draft_statement(agreement=agreement, by=person, at=at)
        issue_statement(statement=draft, expected_version=draft.version, by=person, at=at)
    return draft_statement(agreement=agreement, by=person, at=at)


def _get(client: Client, path: str) -> None:
    response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")


def _row(name: str, action: Callable[[], None]) -> Row:
    action()
    times = []
    for _round in range(_ROUNDS):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    median = sorted(times)[len(times) // 2]
    return Row(name, times, goal=f"{GOAL_MS} ms", is_met=median < GOAL_MS)
