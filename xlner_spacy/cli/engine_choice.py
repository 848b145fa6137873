"""The option --engine of `xlner build`, and those that go with it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..silver.engines.ray_engine import RayEngine


class Engine(StrEnum):
    """Who makes the parts."""

    local = "local"
    ray = "ray"


def chosen_engine(
    engine: Engine,
    address: str | None,
    workers: int | None,
    worker_cpus: int,
    worker_gpus: float,
    cache: Path | None,
    gpu_id: int | None,
    code: Path | None,
) -> RayEngine | None:
    """The engine to build with; None: this process.

    RAISES: InputError for options that do not go together; SetupError if Ray is not installed.
    """
    if engine is Engine.local:
        given = {
            "--address": address is not None,
            "--workers": workers is not None,
            "--worker-cpus": worker_cpus != 1,
            "--worker-gpus": worker_gpus != 0,
        }
        if any(given.values()):
            names = " and ".join(name for name, is_given in given.items() if is_given)
            raise InputError(
                f"{names}: there are workers with --engine ray only.", hint="Add --engine ray."
            )
        return None
    if cache is not None:
        raise InputError(
            "--cache is a folder of this machine, which the workers of --engine ray do not write to.",
            hint="Leave it out, or put xlner.Cache.v1 into the config with a folder that every worker has.",
        )
    if gpu_id is not None and gpu_id >= 0:
        raise InputError(
            "--gpu-id is a GPU of this machine; Ray chooses those of its workers.",
            hint="Give --worker-gpus 1 instead.",
        )
    from ..silver.engines.ray_engine import RayEngine

    return RayEngine(address, workers, worker_cpus, worker_gpus, code)
