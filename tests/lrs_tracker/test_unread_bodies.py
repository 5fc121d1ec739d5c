"""Refusals of the real server, to a client that sends the body of its requests a little after their headers."""

import http.client
import json
import socket
import time

import pytest
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role, TokenScope
from tests.accounts.factories import UserFactory
from tests.clients.serving import serving, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LATE_SECONDS = 0.02
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def server(django_db_setup):
    with serving() as url:
        yield url


class Wire:
    """One connection to the server, as bytes."""

    def __init__(self, url):
        host, _, port = url.removeprefix("http://").partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)

    def ask(self, method, path, body=b"", *headers, late=LATE_SECONDS):
        """Send a request, its body late, and return status and headers of the answer."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if not any(line.startswith("Transfer-Encoding") for line in headers):
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        time.sleep(late)
        self.socket.sendall(body)
        return self.answer()

    def answer(self):
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        answer.read()
        answer.close()
        return answer.status, answer.headers

    def close(self):
        self.socket.close()

    def is_open(self):
        """Return whether the next request is answered."""
        return self.ask("GET", "/healthz")[0] == 200


@pytest.fixture
def wire(server):
    made = Wire(server)
    yield made
    made.close()


def bearer(scope=TokenScope.WRITE, role=Role.ADMINISTRATOR):
    _token, key = create_token(
        user=UserFactory(role=role), name="Test", scope=scope, expires_at=None, at=timezone.now()
    )
    return f"Authorization: Bearer {key}"


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (401, "POST", "/api/v1/companies", [JSON]),
        (401, "POST", "/api/v1/companies", [JSON, "Authorization: Bearer lrs_wrong"]),
        (403, "POST", "/api/v1/companies", [JSON, "read"]),
        (404, "POST", "/api/v1/nowhere", [JSON, "write"]),
        (404, "PATCH", "/api/v1/companies/1", [JSON, "write"]),
        (405, "DELETE", "/api/v1/changes", [JSON, "write"]),
        (415, "POST", "/api/v1/companies", ["Content-Type: text/plain", "write"]),
        (400, "POST", "/api/v1/companies?colour=red", [JSON, "write"]),
        (404, "POST", "/nowhere/", []),
        (403, "POST", "/accounts/login/", ["Content-Type: application/x-www-form-urlencoded"]),
        (
            403,
            "POST",
            "/accounts/login/",
            ["Content-Type: application/x-www-form-urlencoded", "Cookie: csrftoken=" + "a" * 32],
        ),
        (200, "GET", "/healthz", []),
    ],
)
def test_refusal_leaves_the_connection_to_the_next_request(wire, status, method, path, headers):
    tokens = {"read": bearer(TokenScope.READ), "write": bearer()}
    headers = [tokens.get(line, line) for line in headers]
    for _time in range(5):
        found, given = wire.ask(method, path, b'{"name": "Nordwind"}', *headers)
        assert (found, given.get("connection")) == (status, None)
    assert wire.is_open()


def test_big_body_of_a_refused_request_is_read_too(wire):
    assert wire.ask("POST", "/api/v1/companies", b" " * 10_000_000, JSON)[0] == 401
    assert wire.is_open()


def test_body_that_is_too_large_for_the_api_leaves_the_connection(wire):
    status, _headers = wire.ask("POST", "/api/v1/companies", b" " * (5 * 1024**2 + 1), JSON, bearer())
    assert status == 413
    assert wire.is_open()


def test_client_is_told_that_a_connection_ends_whose_body_is_not_read(wire, settings):
    length = f"Content-Length: {settings.REQUEST_MAX_BYTES + 1}"
    wire.socket.sendall(f"POST /api/v1/companies HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n".encode())
    status, headers = wire.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert wire.socket.recv(1) == b""


def test_client_of_chunks_is_told_that_the_connection_ends(wire):
    body = b"2\r\n{}\r\n0\r\n\r\n"
    status, headers = wire.ask("POST", "/api/v1/companies", body, JSON, bearer(), "Transfer-Encoding: chunked")
    assert (status, headers["connection"]) == (411, "close")


def test_client_that_waits_to_be_asked_for_its_body_is_not_asked_for_nothing(wire):
    wire.socket.sendall(
        b"POST /api/v1/companies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    )
    status, headers = wire.answer()
    assert (status, headers["connection"]) == (401, "close")


def test_body_that_does_not_come_catches_one_thread_only(server):
    wires = [Wire(server) for _number in range(20)]
    for wire in wires:
        wire.socket.sendall(b"POST /api/v1/companies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
    caught = []
    for wire in wires:
        wire.socket.settimeout(2)
        try:
            status, headers = wire.answer()
        except TimeoutError:
            caught.append(wire)
        else:
            assert (status, headers["connection"]) == (401, "close")
            assert wire.socket.recv(1) == b""
    assert len(caught) == 1
    for wire in wires:
        wire.close()

    # And then bodies are read again.
    wait_until(lambda: is_kept(server), seconds=20)


def is_kept(server):
    wire = Wire(server)
    is_kept = wire.ask("POST", "/api/v1/companies", b"{}", JSON)[1].get("connection") is None and wire.is_open()
    wire.close()
    return is_kept


def test_what_is_read_is_what_was_sent(wire):
    body = json.dumps({"name": "Nordwind" + " " * 200_000}).encode()
    assert wire.ask("POST", "/api/v1/companies", body, JSON, bearer())[0] == 201
    assert wire.is_open()
