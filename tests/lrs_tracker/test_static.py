"""Collected static files: hashed, compressed, immutable."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = """
import os, sys
from django.conf import settings
import lrs_tracker.settings as project
project.STATIC_ROOT = project.Path(sys.argv[1])
import django
django.setup()
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client
call_command("collectstatic", verbosity=0, interactive=False)
url = static("django_htmx/htmx-4.min.js")
for encoding in ("br", "gzip", "identity"):
    response = Client().get(url, headers={"Accept-Encoding": encoding})
    body = b"".join(response.streaming_content)
    headers = response.headers
    print(url, response.status_code, headers.get("Content-Encoding", "none"), headers["Cache-Control"])
"""


@pytest.fixture
def answers(tmp_path: Path) -> list[list[str]]:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path / "collected")],
        cwd=ROOT,
        env={
            "LOCAL": "1",
            "DJANGO_SETTINGS_MODULE": "lrs_tracker.settings",
            "VAR_DIR": str(tmp_path),
            "ALLOWED_HOSTS": "*",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [line.split(maxsplit=3) for line in result.stdout.splitlines() if line.startswith("/static/")]


def test_static_files_are_hashed_compressed_and_immutable(answers: list[list[str]]) -> None:
    assert re.fullmatch(r"/static/django_htmx/htmx-4\.min\.[0-9a-f]{12}\.js", answers[0][0])
    assert [answer[1:] for answer in answers] == [
        ["200", "br", "max-age=315360000, public, immutable"],
        ["200", "gzip", "max-age=315360000, public, immutable"],
        ["200", "none", "max-age=315360000, public, immutable"],
    ]


def test_icon_at_the_address_that_browsers_try_leads_to_the_mark(client):
    response = client.get("/favicon.ico")

    assert (response.status_code, response.headers["Location"]) == (302, "/static/img/mark.svg")
