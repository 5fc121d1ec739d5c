"""Fixtures for tests in a real browser.

`live_server` runs LRS Tracker in a thread of the test, so that a test sees at once what the server wrote
and the server what the test made; each test then empties the tables. It goes through the whole middleware,
Content-Security-Policy included. Every page is watched: an error of its scripts, a violation of the policy,
a request to another host, a missing asset or an answer of 500 fails the test.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from accounts.models import User
from tests.chromium import FLAGS, find_browser

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# How long a page may take on a machine that is busy with other things; what comes sooner is not waited for.
PATIENCE_MS = 20_000
AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
# An answer to a script of ours may well be a refusal; a page, style, script, font or picture must be there.
ASSETS = {"stylesheet", "script", "font", "image", "manifest"}

expect.set_options(timeout=PATIENCE_MS)


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for what no locator sees, such as a row in the database."""
    for _time in range(PATIENCE_MS // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"It did not come to that within {PATIENCE_MS // 1000} seconds.")


class Watch:
    """What went wrong on the pages of a browser context."""

    def __init__(self, context: BrowserContext, own_host: str) -> None:
        self.own_host = own_host
        self.problems: list[str] = []
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("request", self._note_request)
        context.on("response", self._note_response)

    def _note_console(self, message: ConsoleMessage) -> None:
        # Chromium reports each refused request as an error too; `_note_response` judges those.
        # htmx says there which request it gave up for a newer one (`hx-sync`), as happens to a slow machine.
        is_given_up = "htmx:error" in message.text and "AbortError" in message.text
        is_refused = message.text.startswith("Failed to load resource")
        if message.type == "error" and not is_given_up and not is_refused:
            self.problems.append(f"console: {message.text}")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.own_host:
            self.problems.append(f"request to another host: {request.url}")

    def _note_response(self, response: Response) -> None:
        is_missing_asset = response.status >= 400 and response.request.resource_type in ASSETS
        if response.status >= 500 or is_missing_asset:
            self.problems.append(f"{response.status} from {response.url}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Use the browser that is installed."""
    executable = find_browser()
    assert executable, "No Chromium or Chrome is installed; `make test` installs one."
    return {**browser_type_launch_args, "executable_path": executable, "args": FLAGS}


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Iterator[Browser]:
    """The browser; Playwright keeps an event loop in this thread, in which Django would refuse to query."""
    former = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield browser
    if former is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(live_server, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a browser of its own, as a user, on a screen.

    `open_page(user, "/board/")`; `user=None` is a stranger. Keywords are those of Playwright's
    `new_context`, such as `viewport=PHONE`, `color_scheme="dark"`, `has_touch=True`.
    """
    contexts: list[tuple[BrowserContext, Watch]] = []

    def open_(user: User | None, path: str = "/", **options) -> Page:
        context = browser.new_context(base_url=live_server.url, **{"viewport": DESKTOP, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append((context, Watch(context, urlsplit(live_server.url).netloc)))
        if user is not None:
            login(context, user, live_server.url)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_
    for context, _watch in contexts:
        context.close()
    assert [problem for _context, watch in contexts for problem in watch.problems] == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A stranger's page at desktop size, on the sign-in page; `login(page.context, user, live_server.url)` signs in."""
    return open_page(None, "/accounts/login/")


def settle(page: Page) -> None:
    """Wait until the page has the parts that it asks for as it opens."""
    expect(page.locator(".htmx-request")).to_have_count(0)


def login(context: BrowserContext, user: User, url: str) -> None:
    """Sign a user in by session cookie, without the form."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Return a function that lists a page's accessibility violations: rule, impact, elements."""
    source = AXE.read_text()

    def find_violations(page: Page) -> list[str]:
        # Evaluated by the debugger, which the policy does not bind, so pages keep their real policy.
        page.evaluate(source)
        # With less motion everything fades for a millisecond, also from disabled to not: that is no colour to judge.
        page.evaluate(
            "Promise.allSettled(document.getAnimations().flatMap((a) => a.transitionProperty ? [a.finished] : []))"
        )
        violations = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        return [
            f"{violation['id']} ({violation['impact']}): {violation['help']}: "
            + "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"])
            for violation in violations
        ]

    return find_violations
