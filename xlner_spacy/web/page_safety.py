"""Headers, hosts and sizes: what a page may do, who may call it, how much it may be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# Scripts and styles are files of ours, never part of a page: what a text, a label or a file name contains cannot run.
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class PageSafety:
    """ASGI middleware: sets HEADERS on every answer, and refuses bodies that are too large before they are read.

    app: The application.
    max_bytes (int): Of a request's body.
    hosts: Names by which the page may be called, without port, against pages elsewhere that point a name of theirs at
        this machine. None: any.
    """

    def __init__(self, app: App, max_bytes: int, hosts: frozenset[str] | None = None) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.hosts = hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        reason = self._refused(headers)
        if reason:
            await _answer(send, *reason)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_bytes:
                raise HTTPException(413, self._too_large())
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_encoded(HEADERS)]}
            await send(message)

        await self.app(scope, counted, with_headers)

    def _refused(self, headers: dict[str, str]) -> tuple[int, str] | None:
        if self.hosts is not None and _without_port(headers.get("host", "")) not in self.hosts:
            return 421, "This page is not called by that name; see --host."
        length = headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length) > self.max_bytes:
            return 413, self._too_large()
        return None

    def _too_large(self) -> str:
        return f"A request may have {self.max_bytes:,} bytes. Send the texts in several."


def _without_port(host: str) -> str:
    return host.rsplit(":", 1)[0] if not host.endswith("]") and ":" in host else host


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


async def _answer(send: Send, status: int, detail: str) -> None:
    import json

    body = json.dumps({"detail": detail}).encode()
    headers = {**HEADERS, "content-type": "application/json", "content-length": str(len(body))}
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})
