"""A receiver of webhooks: it verifies every message as any other system would, and fails as told."""

import http.server
import random
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from standardwebhooks import Webhook


@dataclass
class Taken:
    """What receivers took, over restarts; `mistakes` are messages that failed the verification."""

    secret: str = ""
    messages: list[tuple[str, dict]] = field(default_factory=list)
    mistakes: list[Exception] = field(default_factory=list)
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def by_object(self) -> dict[tuple[str, str], list[dict]]:
        """Return the first copy of each message, by object, in the order of arrival."""
        found, ids = defaultdict(list), set()
        for webhook_id, message in self.messages:
            if webhook_id not in ids:
                ids.add(webhook_id)
                facts = message["data"]
                found[facts.get("resource"), facts.get("id")].append(facts)
        return dict(found)


class Receiver:
    """A server that can be stopped as if killed, and started again at the same port."""

    def __init__(self, taken: Taken, *, port: int = 0, decide: Callable[[random.Random], int] | None = None) -> None:
        self.taken = taken
        dice = random.Random(20261128)  # noqa: S311  # nothing secret
        is_over = self.is_over = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = decide(dice) if decide else 204
                with taken.lock:
                    taken.seen += 1
                if is_over.is_set():
                    return
                if status == 0:
                    is_over.wait(30)
                    return
                if status < 300:
                    try:
                        message = Webhook(taken.secret).verify(body, dict(self.headers))
                    except Exception as error:
                        taken.mistakes.append(error)
                        raise
                    with taken.lock:
                        taken.messages.append((self.headers["webhook-id"], message))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                """Say nothing."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, *_args):
                """Say nothing: senders that are killed break off."""

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def kill(self) -> None:
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
