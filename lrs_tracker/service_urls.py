"""Turn service URLs (database, Valkey, mail, our own) into what Django and Celery take."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from environs import EnvError
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

CONNECTION_FIELDS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def parse_database_url(url: str) -> dict[str, Any]:
    """Return Django's DATABASES entry for a PostgreSQL URL as libpq reads it.

    Raises EnvError for anything else than a PostgreSQL URL.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        raise EnvError("it must start with postgresql://")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise EnvError(str(error).strip()) from error
    database = {field: str(parts.pop(part, "") or "") for field, part in CONNECTION_FIELDS.items()}
    if not database["NAME"]:
        raise EnvError("it names no database")
    return {"ENGINE": "django.db.backends.postgresql", **database, "OPTIONS": dict(parts)}


def parse_redis_url(url: str) -> str:
    """Return the URL of a Valkey or Redis server unchanged; raise EnvError for another scheme."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise EnvError("it must start with redis://, rediss:// or unix://")
    return url


def broker_url(redis_url: str) -> str:
    """Return the Celery spelling of a Valkey URL, which differs for Unix sockets."""
    if not redis_url.startswith("unix://"):
        return redis_url
    parts = urlsplit(redis_url)
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


def parse_email_url(url: str) -> dict[str, Any]:
    """Return Django's MAILERS entry for file:///folder, smtp://…, smtp+tls://… or smtps://….

    Raises EnvError for another scheme or a missing part.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        if not parts.path:
            raise EnvError("file:// needs the path of a folder")
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": unquote(parts.path)},
        }
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"}:
        raise EnvError("it must start with smtp://, smtp+tls://, smtps:// or file://")
    if not parts.hostname:
        raise EnvError("it names no host")
    options = {
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": 10,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


def parse_base_url(url: str, *, is_safe: bool = False) -> str:
    """Return the address under which people reach LRS Tracker, without a slash at its end.

    Raises EnvError for what is no such address, has a path, which pages are never served below, or has to be
    safe and is not.
    """
    parts = urlsplit(url)
    if is_safe and parts.scheme == "http":
        raise EnvError("it must start with https://")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EnvError("it must look like https://lrs.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise EnvError("it must have nothing after the host and port")
    return f"{parts.scheme}://{parts.netloc}"


def parse_networks(networks: str) -> list[IPv4Network | IPv6Network]:
    """Return networks such as `10.20.0.0/16,fd00::/8`; raise EnvError for anything else."""
    try:
        return [ip_network(network.strip()) for network in networks.split(",") if network.strip()]
    except ValueError as error:
        raise EnvError(str(error)) from error
