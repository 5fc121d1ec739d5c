"""Beats that take turns."""

import redis

from lrs_tracker.beat import LONGEST_SLEEP_SECONDS, LeaderScheduler
from lrs_tracker.celery import app
from lrs_tracker.heartbeats import BEAT, last_heartbeat


def test_beat_leads_alone_and_another_takes_over(valkey: redis.Redis) -> None:
    first, second = LeaderScheduler(app=app), LeaderScheduler(app=app)
    first.tick()
    seen_at = last_heartbeat(BEAT)
    assert second.tick() == LONGEST_SLEEP_SECONDS
    assert (seen_at is not None, last_heartbeat(BEAT)) == (True, seen_at)
    first.close()
    second.tick()
    assert last_heartbeat(BEAT) > seen_at
    second.close()


def test_beat_that_lost_its_lease_does_nothing(valkey: redis.Redis) -> None:
    first, second = LeaderScheduler(app=app), LeaderScheduler(app=app)
    first.tick()
    valkey.delete("lrs:beat-leader")
    second.tick()
    assert first.tick() == LONGEST_SLEEP_SECONDS
    first.close()
    second.close()


def test_beat_sends_the_schedule_of_the_settings(valkey: redis.Redis) -> None:
    assert sorted(LeaderScheduler(app=app).schedule) == sorted(app.conf.beat_schedule)
