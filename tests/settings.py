"""The settings of the tests: LRS Tracker's own, with an environment in which tests are fast and alone."""

import os
from pathlib import Path

os.environ["LOCAL"] = "1"
os.environ["EMBEDDED_DURABLE"] = "0"
os.environ["HASHED_STATIC"] = "0"
os.environ["LOG_LEVEL"] = "CRITICAL"
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["VAR_DIR"] = str(Path(__file__).resolve().parent.parent / "var" / "test")

from lrs_tracker.service_urls import broker_url
from lrs_tracker.settings import *  # noqa: F403  # the point of this module
from lrs_tracker.settings import CACHES, DATABASES, REDIS_URL, VAR_DIR

# Tests running side by side each have a Valkey database, as pytest-django gives each a PostgreSQL database.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
REDIS_URL = f"{REDIS_URL}?db={int(WORKER.removeprefix('gw') or 0) + 1}"
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = broker_url(REDIS_URL)
MEDIA_ROOT = VAR_DIR / f"media{WORKER}"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests with commits empty the tables between them, statements too, which nobody else may.
DATABASES["default"]["OPTIONS"]["options"] = "-c lrs.may_truncate=on"
