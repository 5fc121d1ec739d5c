"""Seed a database of its own, measure, and print one table."""

import os
import sys

import django


def main() -> None:
    """Run every measurement; names on the command line choose some (`pages`, `import`, `memory`)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests.bench import imports, memory, pages
    from tests.bench.report import print_table

    wanted = sys.argv[1:] or ["pages", "memory", "import"]
    with settings.EMBEDDED_ENGINES.hold():
        # Not setup_test_environment: it records every template, which would be measured too.
        settings.ALLOWED_HOSTS = ["testserver", "localhost"]
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            rows = []
            if "pages" in wanted or "memory" in wanted:
                rows += pages.measure()
            if "memory" in wanted:
                rows += memory.measure()
            if "import" in wanted:
                rows += imports.measure()
            print_table(rows)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


main()
