"""What a web process loads before its first page."""

import subprocess
import sys

from django.conf import settings

# Tens of megabytes that few requests need: each is imported by the function that uses it.
HEAVY = ["numpy", "openpyxl", "typst", "holidays", "tablib.formats._xlsx", "icalendar", "prometheus_client"]


def test_web_process_loads_no_heavy_package_before_it_is_needed():
    program = (
        "import sys, lrs_tracker.wsgi\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
