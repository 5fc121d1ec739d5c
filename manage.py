#!/usr/bin/env python
"""Run an administrative command of LRS Tracker."""

import os
import sys


def main() -> None:
    """Run the command while holding the embedded servers, where the settings ask for them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lrs_tracker.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from lrs_tracker.keeper import ServerError

    try:
        with settings.EMBEDDED_ENGINES.hold():
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, ServerError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
