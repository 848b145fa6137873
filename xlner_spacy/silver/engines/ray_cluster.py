"""The Ray cluster of a build: found or started, and let go of."""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import SetupError, install_hint

logger = logging.getLogger(__name__)

# Seconds to wait for an answer from the address of a cluster.
PATIENCE = 5.0
# Bytes of a local cluster's object store. A part is some hundred kB and is there while it is in work.
_STORE = 256 * 2**20
_NO_CLUSTER = "Start one there with `ray start --head --port=6379`, or leave --address out."


def import_ray() -> Any:
    """RAISES: SetupError if Ray is not installed."""
    # Before it is imported: then it sends no statistics of its use to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise SetupError("--engine ray needs Ray.", hint=install_hint("ray")) from error
    return ray


@contextmanager
def connected(address: str | None, workers: int | None, cpus: int, gpus: float) -> Iterator[int]:
    """A connection to the cluster. One that was there before stays.

    address, workers, cpus, gpus: As of `RayEngine`.
    RETURNS: How many workers there are to be.
    RAISES: SetupError if there is no cluster, if it is of another version of Ray or Python or wants another
        token, or if it has no machine for a worker.
    """
    ray = import_ray()
    mine = not ray.is_initialized()
    if mine:
        _connect(ray, address, workers, cpus, gpus)
    try:
        yield _crew_size(ray, workers, cpus, gpus)
    finally:
        if mine:
            ray.shutdown()


def _connect(ray: Any, address: str | None, workers: int | None, cpus: int, gpus: float) -> None:
    settings: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": True}
    if address is None:
        cores = workers * cpus if workers else os.cpu_count() or 1
        settings |= {"address": "local", "num_cpus": cores, "include_dashboard": False}
        settings["object_store_memory"] = _STORE
        if gpus and workers:
            settings["num_gpus"] = max(1, round(workers * gpus))
    else:
        _check_listens(address)
        settings["address"] = address
    try:
        ray.init(**settings)
    # RuntimeError for another version or token, ConnectionError, and a bare Exception where a process of Ray's
    # does not start in time.
    except Exception as error:
        raise _unusable(address, error) from error


def _check_listens(address: str) -> None:
    """RAISES: SetupError if nobody answers. (Ray would try for a minute, and then end this process.)"""
    if address == "auto":
        return
    found = re.fullmatch(
        r"(?:ray://)?(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:/\[\]]+)):(?P<port>\d{1,5})", address
    )
    if found is None:
        raise SetupError(
            f"--address {address!r} is not the address of a Ray cluster.",
            hint="Give HOST:PORT (port 6379, as `ray start` prints it), ray://HOST:10001, or auto.",
        )
    try:
        place = (found["six"] or found["host"], int(found["port"]))
        with socket.create_connection(place, PATIENCE):
            return
    except (OSError, OverflowError) as error:
        raise SetupError(
            f"No Ray cluster listens at {address} ({getattr(error, 'strerror', None) or error}).",
            hint=_NO_CLUSTER,
        ) from error


def _unusable(address: str | None, error: Exception) -> SetupError:
    where = f"The Ray cluster at {address}" if address else "A local Ray cluster"
    reason = re.sub(r"\s+", " ", str(error)).strip()
    if "Version mismatch" in reason:
        hint = (
            "Install the cluster's versions of Ray and Python here, or ours on all of its machines."
        )
    elif "oken" in reason or "uthenticat" in reason:
        hint = "Copy the cluster's token to ~/.ray/auth_token, or set RAY_AUTH_TOKEN."
    elif "ray[client]" in reason or "grpc" in reason:
        hint = 'ray:// needs `pip install "ray[client]"`. HOST:6379 does not.'
    elif address:
        hint = _NO_CLUSTER
    else:
        hint = "See /tmp/ray/session_latest/logs, or use --engine local."
    return SetupError(f"{where} cannot be used: {reason:.500}", hint=hint)


def _crew_size(ray: Any, workers: int | None, cpus: int, gpus: float) -> int:
    """How many workers there are to be.

    RAISES: SetupError if no machine of the cluster has room for one, and none can be added.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    room = [
        min(int(has.get("CPU", 0) // cpus), int(has.get("GPU", 0) // gpus) if gpus else 10**9)
        for has in nodes
    ]
    if workers is None and not sum(room):
        raise SetupError(
            f"No machine of the Ray cluster has {cpus} cores{f' and {gpus:g} GPUs' if gpus else ''} for a "
            f"worker. They have: {', '.join(_said(has) for has in nodes) or 'nothing'}.",
            hint="Lower --worker-cpus or --worker-gpus; or give --workers, if machines will join the cluster.",
        )
    if workers is not None and sum(room) < workers:
        logger.warning(
            "The Ray cluster has room for %d workers now, not %d: the others wait until there is some.",
            sum(room),
            workers,
        )
    return workers or sum(room)


def _said(has: dict[str, float]) -> str:
    return f"{has.get('CPU', 0):g} cores, {has.get('GPU', 0):g} GPUs"
