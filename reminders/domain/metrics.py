"""Figures for Prometheus, read when it asks: numbers alone, of nobody and nothing by name."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reminders.domain.operations import MessageCounts, count_messages, count_reminders, read_broker, total_messages
from reminders.domain.ticks import HEARTBEAT
from reminders.enums import Channel, MessageStatus
from reminders.models import Scan

# The reminders' tick is the only part with another name here.
_PART_NAMES = {HEARTBEAT: "tick"}


def metrics_text(*, at: dt.datetime) -> bytes:
    """Return every figure in the text format of Prometheus, from four queries and two questions to Valkey."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(list(_read(at))))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, figures: Iterable[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures


def _read(at: dt.datetime) -> Iterator[Metric]:
    yield from _broker(at)
    yield from _messages(count_messages(at=at), at)
    yield from _totals(total_messages())
    reminders = count_reminders(at=at)
    waiting = GaugeMetricFamily("lrs_reminders_waiting", "Reminders nobody was told yet, by state.", labels=["state"])
    waiting.add_metric(["due"], reminders.due)
    waiting.add_metric(["later"], reminders.waiting - reminders.due)
    waiting.add_metric(["held"], reminders.held)
    yield waiting
    scan = Scan.objects.order_by("-at", "-pk").first()
    if scan is not None:
        yield GaugeMetricFamily("lrs_scan_seconds", "Time that the latest scan took.", scan.took_ms / 1000)
        yield GaugeMetricFamily("lrs_scan_failed_rules", "Rules that failed in the latest scan.", len(scan.errors))


def _broker(at: dt.datetime) -> Iterator[Metric]:
    broker = read_broker()
    is_up = broker.queues is not None and broker.lived_at is not None
    yield GaugeMetricFamily("lrs_broker_up", "Whether Valkey answers.", float(is_up))
    depths = GaugeMetricFamily("lrs_queue_depth", "Tasks waiting in a queue.", labels=["queue"])
    for name, depth in (broker.queues or {}).items():
        depths.add_metric([name], depth)
    yield depths
    ages = GaugeMetricFamily("lrs_heartbeat_age_seconds", "Time since a part showed that it lives.", labels=["part"])
    for part, lived_at in (broker.lived_at or {}).items():
        if lived_at is not None:
            ages.add_metric([_PART_NAMES.get(part, part)], (at - lived_at).total_seconds())
    yield ages


def _totals(totals: Mapping[tuple[Channel, MessageStatus], int]) -> Iterator[Metric]:
    sent = CounterMetricFamily("lrs_messages_sent", "Messages sent so far, by way.", labels=["channel"])
    failures = CounterMetricFamily(
        "lrs_messages_failures", "Times that a message failed for good, by way.", labels=["channel"]
    )
    # From the start at zero: a figure that only appears with the first failure does not look like an increase.
    for channel in Channel:
        sent.add_metric([channel.value], totals.get((channel, MessageStatus.SENT), 0))
        failures.add_metric([channel.value], totals.get((channel, MessageStatus.FAILED), 0))
    yield sent
    yield failures


def _messages(counts: MessageCounts, at: dt.datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("lrs_messages_waiting", "Messages on their way, by state.", labels=["state"])
    waiting.add_metric(["waiting"], counts.waiting)
    waiting.add_metric(["being_sent"], counts.being_sent)
    yield waiting
    yield GaugeMetricFamily("lrs_messages_failed", "Messages that failed and wait for a decision.", counts.failed)
    yield GaugeMetricFamily(
        "lrs_messages_lag_seconds", "How long the oldest due message is due.", counts.lag_seconds(at)
    )
