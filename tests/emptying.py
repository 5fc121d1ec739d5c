"""Empties the tables after a test with commits, and leaves what the migrations put there.

Django's own `flush` truncates those too and has every app make permissions and roles anew, which took longer
than most of the tests it followed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection
from django.test import TransactionTestCase
from psycopg import sql
from psycopg.errors import DeadlockDetected

_MOST_ATTEMPTS = 5
# What `post_migrate` fills; nothing here refers to a table that is emptied.
KEPT = ("auth_group", "auth_group_permissions", "auth_permission", "django_content_type")


@contextmanager
def quick_emptying() -> Iterator[None]:
    """Have tests with commits end with one TRUNCATE, or with Django's own flush when they changed what is kept."""
    kept, tables = digest_of_kept(), emptied_tables()
    flush = TransactionTestCase._fixture_teardown

    def empty_tables(test_case: TransactionTestCase) -> None:
        nonlocal kept
        if digest_of_kept() == kept:
            empty(tables)
        else:
            flush(test_case)
            kept = digest_of_kept()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


def empty(tables: Sequence[str]) -> None:
    """Empty tables; a page that was left while the server answered it may still read them in another order."""
    truncate = sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables)))
    for attempt in range(_MOST_ATTEMPTS):
        try:
            with connection.cursor() as cursor:
                cursor.execute(truncate)
            return
        except OperationalError as error:
            if attempt == _MOST_ATTEMPTS - 1 or not isinstance(error.__cause__, DeadlockDetected):
                raise


def emptied_tables() -> list[str]:
    """Return the table of every model but those that are kept."""
    return sorted(set(connection.introspection.django_table_names(only_existing=True)) - set(KEPT))


def digest_of_kept() -> tuple[str, ...]:
    """Return a digest of the rows of each table that is kept."""
    digest = sql.SQL("(SELECT md5(string_agg(row::text, ';' ORDER BY row::text)) FROM {} AS row)")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(digest.format(sql.Identifier(t)) for t in KEPT)))
        return cursor.fetchone()
