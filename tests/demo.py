"""The demonstration desk, loaded once and copied for every other test that wants it: loading takes seconds."""

import datetime as dt
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from tests.emptying import digest_of_kept, emptied_tables


@dataclass(frozen=True)
class Desk:
    """The rows of every table as `load_demo` left them, in PostgreSQL's own text, and the instant it told of."""

    at: dt.datetime
    rows: dict[str, bytes]


@pytest.fixture(scope="session")
def _desks() -> dict[tuple, Desk]:
    """The desks loaded so far, by what their rows refer to: the folder of their files, and the roles."""
    return {}


@pytest.fixture
def demo_desk(db: None, _desks: dict[tuple, Desk]) -> dt.datetime:
    """The loaded demonstration desk; the value is the instant at which it stands."""
    key = (settings.MEDIA_ROOT, digest_of_kept())
    if key in _desks:
        _write_rows(_desks[key].rows)
    else:
        at = timezone.now()
        call_command("load_demo")
        _desks[key] = Desk(at, _read_rows())
    return _desks[key].at


def _read_rows() -> dict[str, bytes]:
    rows = {}
    with connection.cursor() as cursor:
        for table in emptied_tables():
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                rows[table] = b"".join(bytes(block) for block in copy)
    return rows


def _write_rows(rows: dict[str, bytes]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Without triggers: what they would write, the change log for one, is among the rows.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, text in rows.items():
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                copy.write(text)
        cursor.execute("SET LOCAL session_replication_role = origin")
