"""Django's cache in Valkey, with one client for all requests instead of a new one for each of them."""

import functools
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class _Client(RedisCacheClient):
    """Making a client takes redis-py as long as asking Valkey; a client may be used by many threads at once."""

    @functools.cached_property
    def _kept(self) -> redis.Redis:
        pool = self._get_connection_pool(write=True)  # type: ignore[attr-defined]  # not in its stubs
        return redis.Redis(connection_pool=pool)

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        """Return the client; there is one server, to read and to write."""
        return self._kept


class ValkeyCache(RedisCache):
    """Django's cache in one Valkey server."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client
