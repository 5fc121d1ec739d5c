"""Posting to addresses that people typed, such as webhooks, which must not lead into our own network.

A host is resolved once, all its addresses are judged, and the connection goes to one that was judged, so that
a name cannot mean another machine a moment later. Addresses are secrets: no error says them.
"""

import functools
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from lrs_tracker.problems import DomainError

TIMEOUT_SECONDS = 10
_MOST_CHAT_BYTES = 4096
_NAT64 = IPv6Network("64:ff9b::/96")

type Address = IPv4Address | IPv6Address


class OutgoingError(DomainError):
    """Tell that something could not be posted; the words name no address. `is_final`: trying again is in vain."""

    code = "not-delivered"
    is_final = False


class ForbiddenAddressError(OutgoingError):
    """Refuse an address that nothing may be posted to."""

    code = "forbidden-address"
    is_final = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, and the beginning of its text."""

    status: int
    text: str


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that may be posted to, as far as can be told without asking for its host.

    Raise ForbiddenAddressError for any other.
    """
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        is_whole = False
    if not is_whole or parts.username is not None:
        raise ForbiddenAddressError(_("This is not the address of a webhook."), field="url")
    if parts.scheme != "https" and (parts.scheme != "http" or settings.PRODUCTION):
        raise ForbiddenAddressError(_("The address must start with https://."), field="url")
    return parts


def post_json(url: str, document: Mapping[str, Any]) -> Answer:
    """Post a JSON document to a chat, as `post` does."""
    body = json.dumps(document, ensure_ascii=False).encode()
    return post(url, body, {"Content-Type": "application/json; charset=utf-8"}, most_bytes=_MOST_CHAT_BYTES)


def post(url: str, body: bytes, headers: Mapping[str, str], *, most_bytes: int) -> Answer:
    """Post bytes and return the answer, whatever its status, up to `most_bytes` of it; redirects are not followed.

    Raise ForbiddenAddressError where nothing may be posted, OutgoingError when nobody answered in ten seconds.
    """
    parts = check_url(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Connection(parts)
    # The time limit of a socket begins anew with each byte; this one does not.
    watchdog = threading.Timer(TIMEOUT_SECONDS, connection.interrupt)
    watchdog.start()
    try:
        own = {"User-Agent": "LRS-Tracker", "Connection": "close"}
        connection.request("POST", path, body=body, headers={**headers, **own})
        response = connection.getresponse()
        text = response.read(most_bytes).decode("utf-8", "replace")
        if connection.is_interrupted:
            raise TimeoutError
        return Answer(response.status, text)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Their words may hold the address.
        if connection.is_interrupted or isinstance(error, TimeoutError):
            raise OutgoingError(_("The server did not answer in ten seconds.")) from None
        raise OutgoingError(_("The server did not answer as it should.")) from None
    finally:
        watchdog.cancel()
        connection.close()


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return what every safe connection is opened with; reading the machine's certificates takes longer than a post."""
    return ssl.create_default_context()


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was judged, by the name that was asked for."""

    def __init__(self, parts: SplitResult) -> None:
        self._is_safe = parts.scheme == "https"
        port = parts.port or (443 if self._is_safe else 80)
        self.is_interrupted = False
        super().__init__(parts.hostname or "", port, timeout=TIMEOUT_SECONDS)

    def connect(self) -> None:
        address = _judged_address(self.host, self.port, is_safe=self._is_safe)
        if self.is_interrupted:
            # Asking for the host took all the time there was.
            raise TimeoutError
        self.sock = socket.create_connection((str(address), self.port), self.timeout)
        if self._is_safe:
            # The handshake comes after `sock` is set, so that it can be interrupted too.
            self.sock = tls_context().wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def interrupt(self) -> None:
        """End whatever waits for the other side; from another thread."""
        self.is_interrupted = True
        if self.sock is not None:
            try:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return


def _judged_address(host: str, port: int, *, is_safe: bool) -> Address:
    """Return the first address of a host. Raise ForbiddenAddressError when one of them must not be reached."""
    found = [ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(_may_reach(_plain(address), is_safe=is_safe) for address in found):
        raise ForbiddenAddressError(_("This address leads into a private network."), field="url")
    return found[0]


def _may_reach(address: Address, *, is_safe: bool) -> bool:
    if address.is_loopback and not settings.PRODUCTION:
        return True
    if not is_safe:
        return False
    if any(address in network for network in settings.OUTGOING_NETWORKS):
        return True
    return address.is_global and not address.is_multicast


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
