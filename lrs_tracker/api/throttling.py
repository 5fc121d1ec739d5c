"""How often one token, or one signed-in user, may ask."""

import functools
import math
import threading
import time
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.core.cache import cache
from redis.commands.core import Script
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # its module loads this class
    from rest_framework.views import APIView

_WINDOW = 60  # seconds
# A hundredth of the limit, but at most so many requests, go by before a process tells the others of them.
_MOST_UNTOLD = 10
# One round trip, in which a count is never left behind without an end.
_ADD = """
local count = redis.call("INCRBY", KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then redis.call("EXPIRE", KEYS[1], ARGV[2]) end
return count
"""


@functools.cache
def _add() -> Script:
    return redis.Redis.from_url(settings.REDIS_URL).register_script(_ADD)


class Tally:
    """The requests of this minute, those of other processes as far as they were told of when they were last added to.

    Asking Valkey takes as long as a tenth of a small answer. So nobody is refused too early, and each process may let
    the untold ones by too many.
    """

    def __init__(self) -> None:
        self._minute = 0
        self._told: dict[str, int] = {}
        self._untold: dict[str, int] = {}
        self._lock = threading.Lock()

    def count(self, caller: str, minute: int, *, limit: int) -> int:
        """Count a request, and return how many the caller has made in this minute."""
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._told.clear()
                self._untold.clear()
            untold = self._untold.get(caller, 0) + 1
            if caller in self._told and untold < min(_MOST_UNTOLD, limit // 100):
                self._untold[caller] = untold
                return self._told[caller] + untold
            self._untold[caller] = 0
        key = cache.make_key(f"api-requests:{caller}:{minute}")
        count: int = _add()(keys=[key], args=[untold, 2 * _WINDOW])
        with self._lock:
            if minute == self._minute:
                self._told[caller] = count
        return count


_tally = Tally()


class CallerThrottle(BaseThrottle):
    """Allow API_REQUESTS_PER_MINUTE in each minute of the clock, counted for all processes together."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count a request, and say whether it is within the limit."""
        now = time.time()
        self._ends_in = math.ceil(_WINDOW - now % _WINDOW)
        caller = f"token:{request.auth.pk}" if request.auth else f"user:{request.user.pk}"
        limit = settings.API_REQUESTS_PER_MINUTE
        return _tally.count(caller, int(now // _WINDOW), limit=limit) <= limit

    def wait(self) -> float:
        """Return the seconds until the next minute begins."""
        return self._ends_in
