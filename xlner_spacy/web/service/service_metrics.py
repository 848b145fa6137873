"""What a service counts, for Prometheus. No texts, and no labels that come from requests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)


class ServiceMetrics:
    """Counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        self.requests = Counter(
            "xlner_requests", "Requests by route and status.", ["route", "status"], registry=own
        )
        self.texts = Counter(
            "xlner_texts",
            "Texts by outcome: ok, failed (the answer has the reason), refused (no room), late, dropped (the client "
            "went away).",
            ["outcome"],
            registry=own,
        )
        self.entities = Counter("xlner_entities", "Entities found.", registry=own)
        self.seconds = Histogram(
            "xlner_request_seconds",
            "Seconds from a request to its answer, of POST /project.",
            buckets=_SECONDS,
            registry=own,
        )
        self.batch_seconds = Histogram(
            "xlner_batch_seconds",
            "Seconds of the models for a batch.",
            buckets=_SECONDS,
            registry=own,
        )
        self.batch_texts = Histogram(
            "xlner_batch_texts", "Texts in a batch.", buckets=_TEXTS, registry=own
        )
        self.restarts = Counter(
            "xlner_model_failures", "Times that the models crashed or hung.", registry=own
        )
        self.waiting = Gauge("xlner_waiting_texts", "Texts in the queue.", registry=own)
        self.ready = Gauge("xlner_ready", "1 if the models are loaded.", registry=own)
        self.memory = Gauge(
            "xlner_model_resident_memory_bytes", "Memory of the models' process.", registry=own
        )

    def watch(
        self, waiting: Callable[[], int], ready: Callable[[], bool], pid: Callable[[], int | None]
    ) -> None:
        """What is asked at the time of a scrape."""
        self.waiting.set_function(waiting)
        self.ready.set_function(lambda: float(ready()))
        self.memory.set_function(lambda: _resident(pid()))

    def batch(self, n: int, seconds: float) -> None:
        self.batch_texts.observe(n)
        self.batch_seconds.observe(seconds)

    def text(self) -> bytes:
        """In Prometheus' format."""
        return generate_latest(self.registry)


def _resident(pid: int | None) -> float:
    """0 where the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0.0
    return float(pages) * os.sysconf("SC_PAGE_SIZE")
