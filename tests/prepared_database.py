"""A migrated database that the tests' own databases are copied from: migrating takes half a minute, copying a moment.

It stays in the embedded PostgreSQL from run to run, for as long as what it was made from is the same.
"""

import hashlib
import os

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

# The migrations, what they import, and the versions of Django and the other packages that carry them out.
SOURCES = ("*/migrations/*.py", "lrs_tracker/*.py", "requirements.txt")
PREFIX = "prepared_"
LOCK = 2_024_110_301


def prepare_database() -> str:
    """Return the name of the migrated database; make it where there is none, while others wait."""
    name = PREFIX + digest_of_sources()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {database for (database,) in cursor.fetchall()}
        if name not in found:
            for database in found:
                cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(database)))
            # It has its name once it is whole.
            draft = f"{PREFIX}draft"
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            migrate(draft)
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
            )
    return name


def digest_of_sources() -> str:
    """Return a digest of every file that the migrated database depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in settings.BASE_DIR.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def migrate(database: str) -> None:
    """Run every migration in a database, and leave no connection to it."""
    own_name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = database
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = own_name


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    with settings.EMBEDDED_ENGINES.hold():
        prepare_database()
