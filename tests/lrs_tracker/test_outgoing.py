"""Posting to addresses that people typed, against servers that really answer."""

import datetime as dt
import socket
import ssl
import threading
import time
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lrs_tracker import outgoing
from lrs_tracker.outgoing import OutgoingError, check_url, post_json
from tests.web_server import say


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for hooks.example that this machine trusts; returns its file, with the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(secret + pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    outgoing.tls_context.cache_clear()
    yield file
    outgoing.tls_context.cache_clear()


@pytest.fixture
def safe_server(web_server, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    web_server.socket = context.wrap_socket(web_server.socket, server_side=True)
    web_server.url = f"https://hooks.example:{web_server.server_port}/hooks/secret"
    return web_server


@pytest.fixture
def names(monkeypatch):
    """Let names of hosts mean the addresses given; returns the names and how often one was asked for."""
    meant, asked = {}, []
    real = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        asked.append(host)
        found = [real(address, port, *args, **kwargs)[0] for address in meant.get(host, [host])]
        return found

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    meant["asked"] = asked
    return meant


def test_document_arrives_as_json_in_utf_8(web_server):
    answer = post_json(web_server.url, {"text": "Fällig: 電池"})
    assert (answer.status, answer.text) == (200, "ok")
    ((path, headers, document),) = web_server.posts
    assert path == "/hooks/secret?key=1"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert document == {"text": "Fällig: 電池"}


def test_redirect_is_not_followed(web_server):
    web_server.answer = say(302, "", Location=f"http://127.0.0.1:{web_server.server_port}/elsewhere")
    assert post_json(web_server.url, {}).status == 302
    assert [path for path, *_rest in web_server.posts] == ["/hooks/secret?key=1"]


def test_only_the_beginning_of_an_answer_is_read(web_server):
    web_server.answer = say(400, "x" * 1_000_000)
    assert post_json(web_server.url, {}).text == "x" * 4096


def test_server_that_dribbles_is_left_after_the_time_limit(web_server, monkeypatch):
    monkeypatch.setattr(outgoing, "TIMEOUT_SECONDS", 0.5)
    is_over = threading.Event()

    def dribble(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        for _ in range(100):
            if is_over.wait(0.1):
                return
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    web_server.answer = dribble
    started = time.monotonic()
    with pytest.raises(OutgoingError):
        post_json(web_server.url, {})
    is_over.set()
    assert time.monotonic() - started < 5


def test_nobody_there_is_told_without_the_address():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(OutgoingError) as refused:
        post_json(f"http://127.0.0.1:{port}/hooks/secret", {})
    assert str(refused.value) == "The server did not answer as it should."
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104  # never listened on
        "255.255.255.255", "fe80::1", "fc00::1", "::", "ff02::1", "::ffff:10.0.0.5", "64:ff9b::a00:5",
        "2002:a00:5::1",
    ],
)  # fmt: skip
def test_private_addresses_are_not_reached(names, address):
    names["hooks.example"] = [address]
    with pytest.raises(OutgoingError, match="private network"):
        post_json("https://hooks.example/hooks/secret", {})


def test_name_with_one_private_address_among_others_is_not_reached(names):
    names["hooks.example"] = ["93.184.216.34", "10.0.0.5"]
    with pytest.raises(OutgoingError, match="private network"):
        post_json("https://hooks.example/", {})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_production_does_not_reach_its_own_machine(names, settings, address):
    settings.PRODUCTION = True
    names["hooks.example"] = [address]
    with pytest.raises(OutgoingError, match="private network"):
        post_json("https://hooks.example/", {})


def test_plain_http_reaches_this_machine_only(names):
    names["hooks.example"] = ["93.184.216.34"]
    with pytest.raises(OutgoingError, match="private network"):
        post_json("http://hooks.example/", {})


def test_opened_network_is_reached_over_tls_by_the_address_that_was_judged(safe_server, names, settings):
    settings.PRODUCTION = True
    settings.OUTGOING_NETWORKS = [ip_network("127.0.0.0/8")]
    names["hooks.example"] = ["127.0.0.1"]
    assert post_json(safe_server.url, {}).status == 200
    # Asked once: another answer a moment later could lead elsewhere.
    assert names["asked"].count("hooks.example") == 1
    ((_path, headers, _document),) = safe_server.posts
    assert headers["Host"] == f"hooks.example:{safe_server.server_port}"


def test_certificate_of_another_name_is_refused(safe_server, names):
    names["other.example"] = ["127.0.0.1"]
    with pytest.raises(OutgoingError, match="did not answer"):
        post_json(safe_server.url.replace("hooks.example", "other.example"), {})
    assert safe_server.posts == []


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "https://", "https:///hooks",
        "https://user:pw@hooks.example/", "https://hooks.example/a b", "https://hooks.example/\r\nX: y",
        "https://hooks.example:99999/", "https://[::1/", "https://höök.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_refused(url):
    with pytest.raises(OutgoingError):
        check_url(url)


def test_production_takes_https_alone(settings):
    settings.PRODUCTION = True
    with pytest.raises(OutgoingError, match="https://"):
        check_url("http://127.0.0.1/hooks")
    assert check_url("https://hooks.example/x").hostname == "hooks.example"
