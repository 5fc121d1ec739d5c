"""A web server that takes what LRS Tracker posts, for tests of webhooks."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer as the server says, and keep what was posted."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, dict(self.headers), json.loads(body)))
        self.server.answer(self)

    def log_message(self, *_args):
        """Say nothing."""


def say(status, text="ok", **headers):
    """Return an answer with a status, a text and headers."""

    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


@pytest.fixture
def web_server() -> Iterator[http.server.ThreadingHTTPServer]:
    """A web server of this machine: `.url`, `.posts` that it took, `.answer` to each (see `say`)."""
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.daemon_threads = True
    served.posts, served.answer = [], say(200)
    served.url = f"http://127.0.0.1:{served.server_port}/hooks/secret?key=1"
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join()
