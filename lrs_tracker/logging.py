"""Structured logs: one JSON object a line in production, readable lines elsewhere, for our own and library loggers."""

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie", "session", "api_key")
# Parts of a path this long are keys: of password resets, of calendars.
LONG_PATH_PART = re.compile(r"(?<=/)[^/\s]{24,}")
HIDDEN = "[hidden]"
# Runs every second: that it went well is no news.
QUIET_TASK = "sync.run_webhooks"


def configure(*, log_format: str, level: str) -> None:
    """Set up structlog and the standard library's logging; log_format is `json` or `text`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    if log_format == "json":
        rendering = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        rendering = [structlog.dev.ConsoleRenderer(colors=False)]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
                    "foreign_pre_chain": shared,
                }
            },
            "filters": {"news": {"()": lambda: is_news}},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["console"], "level": level},
            # Each request is logged once, by lrs_tracker.request_ids,
            # and each task once, by celery.app.trace.
            "loggers": {
                "django.server": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "celery.beat": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"filters": ["news"]},
            },
        }
    )


def is_news(record: logging.LogRecord) -> bool:
    """Return whether a line about a task is worth one: all but that the quiet one succeeded."""
    facts = record.args
    is_quiet = isinstance(facts, dict) and facts.get("name") == QUIET_TASK
    return not is_quiet or record.levelno > logging.INFO


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every field whose name says that it is a secret, and keys inside paths."""
    for name, value in event.items():
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = HIDDEN
        elif isinstance(value, str) and name in {"event", "path"}:
            event[name] = LONG_PATH_PART.sub(HIDDEN, value)
    return event
