"""Run a service: the models in their process, the server in this one."""

from __future__ import annotations

import resource
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError, SetupError
from ...files import existing
from ...text.languages import check_language, check_sources
from ..listening import make_server
from .batching import Batching
from .limits import Limits
from .model_process import ModelProcess
from .patience import patient_protocol
from .service_app import make_app
from .service_choice import Recipe
from .service_metrics import ServiceMetrics
from .waiting_texts import WaitingTexts


def checked_recipe(
    config: Path | None,
    lang: str | None,
    source_langs: Sequence[str] | None,
    overrides: Mapping[str, Any],
    code: Path | None = None,
    gpu_id: int | None = None,
) -> Recipe:
    """What the command line gave, as far as it can be checked before models are loaded.

    RAISES: InputError, SetupError.
    """
    if lang is None and config is None:
        raise InputError("The language of the texts is not given.", hint="Give it: --lang pt")
    lang = check_language(lang) if lang else None
    sources = check_sources(source_langs, lang or "xx") if source_langs else []
    if config is not None and config.suffix == ".cfg":
        existing(config)
    return Recipe(config, lang, tuple(sources), dict(overrides), code, gpu_id)


def make_batching(recipe: Recipe, limits: Limits) -> tuple[Batching, ServiceMetrics]:
    """What a service is made of; nothing is started yet."""
    metrics = ServiceMetrics()
    batching = Batching(ModelProcess(recipe, limits), WaitingTexts(limits), metrics, limits)
    return batching, metrics


def serve_until_stopped(
    recipe: Recipe,
    limits: Limits,
    own: socket.socket,
    *,
    is_fixed: bool = False,
    hosts: frozenset[str] | None = None,
) -> None:
    """Listen until the program is interrupted.

    own: A socket that listens.
    is_fixed (bool), hosts: As in `make_app`.
    RAISES: SetupError if the models cannot be loaded.
    """
    batching, metrics = make_batching(recipe, limits)
    app = make_app(batching, metrics, limits, is_fixed=is_fixed, hosts=hosts)
    _allow_many_connections()
    server = make_server(
        app,
        http=patient_protocol(limits.body_timeout),
        timeout_graceful_shutdown=round(limits.timeout) + 1,
    )
    batching.on_failure = lambda: setattr(server, "should_exit", True)
    server.run(sockets=[own])
    if batching.failure is not None:
        raise SetupError(batching.failure.message)


def _allow_many_connections() -> None:
    """Each connection is an open file, of which many systems allow 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
