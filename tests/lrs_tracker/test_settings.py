"""What the settings take from the environment, read in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REFUSAL = "django.core.exceptions.ImproperlyConfigured: LRS Tracker cannot start. {} See docs/configuration.md."
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "x" * 60,
    "ALLOWED_HOSTS": "lrs.example.com",
    "DATABASE_URL": "postgresql://lrs:pa%40ss@db.example.com:5433/lrs?sslmode=require",
    "REDIS_URL": "rediss://valkey.example.com/0",
    "BASE_URL": "https://lrs.example.com",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in nothing but the given environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def read_settings(*names: str, **environment: str) -> dict:
    """Return settings as they are in an environment."""
    code = f"import json, lrs_tracker.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names!r}}}))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def start_up(**environment: str) -> str:
    """Return the last line that Python says when it loads the settings in an environment."""
    result = subprocess.run(
        [sys.executable, "-c", "import lrs_tracker.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stderr.strip().rpartition("\n")[2]


def test_production_names_everything_that_is_missing() -> None:
    result = manage("check", DEBUG="0")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "LRS Tracker cannot start. SECRET_KEY: Environment variable not set. "
        "ALLOWED_HOSTS: Environment variable not set. DATABASE_URL: Environment variable not set. "
        "REDIS_URL: Environment variable not set. BASE_URL: Environment variable not set. See docs/configuration.md.\n"
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "BASE_URL"])
def test_production_refuses_to_start_without_one(missing: str) -> None:
    said = start_up(**{name: value for name, value in PRODUCTION.items() if name != missing})
    assert said == REFUSAL.format(f"{missing}: Environment variable not set.")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("DATABASE_URL", "mysql://db/lrs", "it must start with postgresql://"),
        ("DATABASE_URL", "postgresql://db.example.com", "it names no database"),
        ("REDIS_URL", "memcached://cache", "it must start with redis://, rediss:// or unix://"),
        ("EMAIL_URL", "gopher://mail", "it must start with smtp://, smtp+tls://, smtps:// or file://"),
        ("EMAIL_URL", "smtp://", "it names no host"),
        ("DATABASE_POOL_SIZE", "many", "Not a valid integer."),
        ("SECRET_KEY", "short", "it must have at least 50 characters"),
        ("ALLOWED_HOSTS", "", "it names no host"),
        ("BASE_URL", "http://lrs.example.com", "it must start with https://"),
        ("BASE_URL", "lrs.example.com", "it must look like https://lrs.example.com"),
        ("BASE_URL", "https://lrs.example.com/tracker", "it must have nothing after the host and port"),
        ("OUTGOING_NETWORKS", "10.0.0.1/8", "10.0.0.1/8 has host bits set"),
    ],
)
def test_production_refuses_a_wrong_value(name: str, value: str, complaint: str) -> None:
    assert start_up(**{**PRODUCTION, name: value}) == REFUSAL.format(f"{name}: {complaint}")


def test_production_takes_urls_apart() -> None:
    found = read_settings(
        "DATABASES", "CELERY_BROKER_URL", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", **PRODUCTION
    )
    database = found["DATABASES"]["default"]
    assert {name: database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "lrs",
        "USER": "lrs",
        "PASSWORD": "pa@ss",
        "HOST": "db.example.com",
        "PORT": "5433",
    }
    assert database["OPTIONS"]["sslmode"] == "require"
    assert found["CELERY_BROKER_URL"] == "rediss://valkey.example.com/0"
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000


def test_base_url_has_no_slash_at_its_end() -> None:
    assert read_settings("BASE_URL", **{**PRODUCTION, "BASE_URL": "https://lrs.example.com:8443/"}) == {
        "BASE_URL": "https://lrs.example.com:8443"
    }


def test_base_url_of_development_names_the_port(tmp_path: Path) -> None:
    assert read_settings("BASE_URL", PORT="8123", VAR_DIR=str(tmp_path)) == {"BASE_URL": "http://localhost:8123"}


def test_development_needs_nothing(tmp_path: Path) -> None:
    found = read_settings("DEBUG", "PRODUCTION", "DATABASES", "CELERY_BROKER_URL", "SECRET_KEY", VAR_DIR=str(tmp_path))
    assert found["DEBUG"] is True
    assert found["PRODUCTION"] is False
    assert found["DATABASES"]["default"]["HOST"] == str(tmp_path / "run")
    assert found["CELERY_BROKER_URL"] == f"redis+socket://{tmp_path}/run/valkey.sock?virtual_host=0"
    assert found["SECRET_KEY"] == (tmp_path / "secret_key").read_text()
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert read_settings("SECRET_KEY", VAR_DIR=str(tmp_path)) == {"SECRET_KEY": found["SECRET_KEY"]}


def test_each_variable_is_documented() -> None:
    source = (ROOT / "lrs_tracker" / "settings.py").read_text()
    documented = (ROOT / "docs" / "configuration.md").read_text()
    names = {
        part.split('"')[1] for part in source.split("env.")[1:] if part.count('"') >= 2 and part.split('"')[1].isupper()
    }
    assert "DATABASE_URL" in names
    assert [name for name in sorted(names) if f"`{name}`" not in documented] == []
