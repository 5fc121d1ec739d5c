"""The settings of the tests: LRS Tracker's own, with an environment in which tests are fast and alone."""

import os
from pathlib import Path

os.environ["LOCAL"] = "1"
os.environ["EMBEDDED_DURABLE"] = "0"
os.environ["HASHED_STATIC"] = "0"
os.environ["LOG_LEVEL"] = "CRITICAL"
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["VAR_DIR"] = str(Path(__file__).resolve().parent.parent / "var" / "test")

from lrs_tracker.settings import *  # noqa: F403  # the point of this module

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
