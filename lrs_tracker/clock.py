"""The reader's day: what date it is where they are."""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from typing import Protocol

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


class Reader(Protocol):
    """Someone with a time zone."""

    time_zone: str


def today_for(reader: Reader, *, at: dt.datetime | None = None) -> dt.date:
    """Return the date at an instant (now) in a reader's time zone."""
    return timezone.localdate(at, timezone=zoneinfo.ZoneInfo(reader.time_zone))


class ReaderMiddleware:
    """Activate the user's time zone and language, and set `request.today`; after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the reader's time zone and language."""
        user = request.user
        if not user.is_authenticated:
            request.today = timezone.localdate()  # type: ignore[attr-defined]  # our own attribute
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(user.time_zone)), translation.override(user.language):
            request.today = timezone.localdate()  # type: ignore[attr-defined]  # our own attribute
            return self.get_response(request)
