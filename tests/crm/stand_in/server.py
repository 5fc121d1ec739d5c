"""An HTTPS server that answers by functions, counts what it was asked, and fails when it is told to."""

import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Call:
    """A request: what a function of a stand-in answers."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """An answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Trouble:
    """What to answer instead, to the next requests whose path holds a text; `after` lets the request be done first."""

    part: str
    reply: Reply | None
    times: int = 1
    after: bool = False


class StandIn:
    """The common parts: a clock that never stands still, troubles, and a list of calls."""

    host = ""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.troubles: list[Trouble] = []
        self.skew = dt.timedelta(0)
        self._last = dt.datetime.min.replace(tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        """Return an instant later than any before, in whole milliseconds as their clocks have it."""
        moment = dt.datetime.now(dt.UTC) + self.skew
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        self._last = max(moment, self._last + dt.timedelta(milliseconds=1))
        return self._last

    def fail(self, part: str, reply: Reply | None, *, times: int = 1, after: bool = False) -> None:
        """Have the next requests go wrong; without a reply, the connection breaks."""
        self.troubles.append(Trouble(part, reply, times, after))

    def paths(self, part: str = "") -> list[str]:
        """Return the paths that were asked for and hold a text."""
        return [call.path for call in self.calls if part in call.path]

    def take(self, call: Call) -> Reply | None:
        """Answer a call; None breaks the connection."""
        self.calls.append(call)
        for trouble in self.troubles:
            if trouble.part in call.path and trouble.times:
                trouble.times -= 1
                if trouble.after:
                    self.answer(call)
                return trouble.reply
        return self.answer(call)

    def answer(self, call: Call) -> Reply:
        """Answer a call as the CRM does."""
        raise NotImplementedError


class Handler(http.server.BaseHTTPRequestHandler):
    """Take requests over one connection after another."""

    protocol_version = "HTTP/1.1"
    server: Any

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = urlsplit(self.path)
        is_form = "form" in (self.headers.get("Content-Type") or "")
        body = dict(parse_qsl(raw.decode())) if is_form else json.loads(raw) if raw else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        reply = self.server.stand_in.take(call)
        if reply is None:
            self.close_connection = True
            return
        text = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json;charset=utf-8", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer  # noqa: N815  # the names that the library wants

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@cache
def certificate(folder: Path, hosts: tuple[str, ...]) -> tuple[Path, Path]:
    """Write a certificate of these hosts, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = dt.datetime.now(dt.UTC)
    names = [*(x509.DNSName(host) for host in hosts), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "stand-in.crt", folder / "stand-in.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def serve(stand_in: StandIn, paths: tuple[Path, Path]) -> tuple[int, Callable[[], None]]:
    """Serve a stand-in on a free port; return the port and how to stop."""
    served: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.daemon_threads = True
    served.stand_in = stand_in
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        served.shutdown()
        served.server_close()
        thread.join()

    return served.server_port, stop
