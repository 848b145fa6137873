"""Counts requests for the metrics."""

from __future__ import annotations

from ..page_safety import App, Message, Receive, Send
from .service_metrics import ServiceMetrics


class CountedRequests:
    """ASGI middleware: counts by the route that answered, never by the path that was asked for."""

    def __init__(self, app: App, metrics: ServiceMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", None) or "other"
                self.metrics.requests.labels(route, str(message["status"])).inc()
            await send(message)

        await self.app(scope, receive, counted if scope["type"] == "http" else send)
