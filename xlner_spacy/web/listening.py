"""Run an application on a port of this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

from ..errors import SetupError, install_hint

if TYPE_CHECKING:
    from uvicorn import Server

LOOPBACK = "127.0.0.1"


def need_web() -> None:
    """RAISES: SetupError if the extra `serve` is not installed."""
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise SetupError(
            f"This needs the package {error.name!r}.", hint=install_hint("serve")
        ) from error


def bind(host: str, port: int) -> socket.socket:
    """Take a port, before models are loaded.

    host (str): An address of this machine, or a name of one.
    port (int): 0: any that is free.
    RAISES: SetupError if the port is in use or not allowed, or the host is not this machine.
    """
    if not 0 <= port <= 65535:
        raise SetupError(f"{port} is not a port.", hint="Ports are numbers from 0 to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        own = socket.socket(family, kind, protocol)
    except (socket.gaierror, UnicodeError) as error:
        raise SetupError(f"{host!r} is not a host.", hint=f"Use {LOOPBACK}.") from error
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(address)
        own.listen(2048)
    except OSError as error:
        own.close()
        raise SetupError(
            f"{host}:{port} cannot be used: {_reason(error)}.",
            hint="Give another --port (0 takes any that is free) or another --host.",
        ) from error
    return own


def _reason(error: OSError) -> str:
    reasons = {
        errno.EADDRINUSE: "another program uses the port",
        errno.EACCES: "only the administrator may use this port",
        errno.EADDRNOTAVAIL: "this machine has no such address",
    }
    return reasons.get(error.errno or 0, str(error.strerror or error))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host, an address or a name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url(own: socket.socket) -> str:
    """The address of a page that listens there."""
    host, port = own.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def make_server(app: Any, **settings: Any) -> Server:
    """A server that logs nothing of a request, for texts may be private. Requests that have begun are answered
    before it ends.

    app: An ASGI application.
    settings: Of uvicorn.Config, besides these.
    """
    import uvicorn

    given: dict[str, Any] = {"timeout_graceful_shutdown": 10, **settings}
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, **given
    )
    return uvicorn.Server(config)
