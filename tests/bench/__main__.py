"""Seed a database for each part, measure, and print one table."""

import os
import sys

import django


def main() -> None:
    """Run every measurement; names on the command line choose some (see `parts`)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests.bench import api, feed, forecast, imports, pages, reminders, royalties, statements, webhooks
    from tests.bench.report import print_table
    from tests.prepared_database import prepare_database

    parts = {
        "pages": pages.measure,
        "import": imports.measure,
        "royalties": royalties.measure,
        "statements": statements.measure,
        "forecast": forecast.measure,
        "reminders": reminders.measure,
        "api": api.measure,
        "feed": feed.measure,
        "webhooks": webhooks.measure,
    }
    wanted = sys.argv[1:] or list(parts)
    with settings.EMBEDDED_ENGINES.hold():
        # Not setup_test_environment: it records every template, which would be measured too.
        settings.ALLOWED_HOSTS = ["testserver", "localhost"]
        connection.settings_dict["TEST"]["TEMPLATE"] = prepare_database()
        name, rows = connection.settings_dict["NAME"], []
        for part, measure in parts.items():
            if part not in wanted:
                continue
            # No part is to measure, or to stumble over, what another one has seeded.
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
            try:
                rows += measure()
            finally:
                connection.creation.destroy_test_db(name, verbosity=0)
        print_table(rows)


main()
