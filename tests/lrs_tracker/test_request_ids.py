"""Request ids, and the log line of each request."""

import logging
import re

import pytest
import structlog
from django.test import Client

from lrs_tracker.logging import hide_secrets


def test_request_id_is_made(client: Client) -> None:
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _number in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_request_id_is_taken_over(client: Client) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "proxy-0001:42"})
    assert response.headers["X-Request-ID"] == "proxy-0001:42"


@pytest.mark.parametrize(
    "offered", ["", "short", "x" * 65, "with space 1", "quote'quote'", "line\nbreak1", "пример-ид"]
)
def test_request_id_that_could_do_harm_is_replaced(client: Client, offered: str) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": offered})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_request_is_logged_once_without_its_query(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        client.get("/nowhere/?token=secret")
    assert [{name: value for name, value in line.items() if name != "ms"} for line in lines] == [
        {"event": "request", "log_level": "info", "method": "GET", "path": "/nowhere/", "status": 404}
    ]


def test_health_is_not_logged(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        client.get("/healthz")
    assert lines == []


def test_secrets_are_hidden_in_logs() -> None:
    event = {
        "event": "Internal Server Error: /accounts/password/reset/key/1-c0ffee-0123456789abcdef0123456789abcdef/",
        "api_token": "abc",
        "Password": "demo",
        "path": "/deals/LRS-0042/",
    }
    assert hide_secrets(logging.getLogger(), "info", event) == {
        "event": "Internal Server Error: /accounts/password/reset/key/[hidden]/",
        "api_token": "[hidden]",
        "Password": "[hidden]",
        "path": "/deals/LRS-0042/",
    }
