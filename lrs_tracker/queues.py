"""How much waits in Celery's queues, as Valkey has it."""

import redis
from django.conf import settings

_PATIENCE_SECONDS = 2


def queue_depths() -> dict[str, int]:
    """Return how many tasks wait in each queue, in one round trip. Raise RedisError when Valkey does not answer."""
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with (
        redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
        ) as client,
        client.pipeline(transaction=False) as pipeline,
    ):
        # A queue without priorities is one list under its name.
        for name in names:
            pipeline.llen(f"{prefix}{name}")
        return dict(zip(names, pipeline.execute(), strict=True))
