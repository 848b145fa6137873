"""Clients that begin to send and never end: they are given up."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.exceptions import HTTPException
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..page_safety import App, Message, Receive, Send


class BodyTimeout:
    """ASGI middleware: a request must be there as a whole in so many seconds."""

    def __init__(self, app: App, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + self.seconds
        more = True

        async def in_time() -> Message:
            nonlocal more
            if not more:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(
                    408,
                    f"The request was not there as a whole after {self.seconds:g} seconds.",
                    headers={"connection": "close"},
                ) from error
            more = bool(message.get("more_body", False))
            return message

        await self.app(scope, in_time, send)


def patient_protocol(seconds: float) -> type[H11Protocol]:
    """uvicorn's protocol for a connection, which is closed if no request's head comes in so many seconds."""

    class PatientProtocol(H11Protocol):
        _clock: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_idle():
                self._wait_for_head()
            elif self._clock is not None:
                self._clock.cancel()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._clock is not None:
                self._clock.cancel()
            super().connection_lost(exc)

        def _is_idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _wait_for_head(self) -> None:
            if self._clock is None or self._clock.cancelled():
                self._clock = self.loop.call_later(seconds, self._give_up)

        def _give_up(self) -> None:
            self._clock = None
            if self._is_idle() and not self.transport.is_closing():
                self.transport.close()

    return PatientProtocol
