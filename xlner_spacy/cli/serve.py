"""`xlner serve`: the service, and the page that shows how entities were found."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .options import Code, Debug, Lang, PipelineConfig, SourceLangs
from .options import overrides as given_overrides


def serve(
    ctx: typer.Context,
    lang: Lang = None,
    source_lang: SourceLangs = None,
    config: PipelineConfig = None,
    host: Annotated[
        str,
        typer.Option(
            "--host", help="The address to listen at; by default this machine alone can reach it."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0: any that is free.")] = 8000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            help="A name by which the service may be called, without port; for one behind a proxy. May be given "
            "several times.",
        ),
    ] = None,
    fixed: Annotated[
        bool, typer.Option("--fixed", help="Requests choose neither language, method nor sources.")
    ] = False,
    max_bytes: Annotated[int, typer.Option("--max-bytes", min=1, help="Of a request.")] = 1_000_000,
    max_texts: Annotated[int, typer.Option("--max-texts", min=1, help="In a request.")] = 100,
    max_chars: Annotated[int, typer.Option("--max-chars", min=1, help="Of a text.")] = 10_000,
    queue: Annotated[int, typer.Option("--queue", min=1, help="Texts that may wait.")] = 1000,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Texts at once.")] = 32,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds that a request may take.")
    ] = 120.0,
    batch_timeout: Annotated[
        float,
        typer.Option(
            "--batch-timeout",
            min=0.1,
            help="Seconds after which models that do not answer are killed and started anew.",
        ),
    ] = 60.0,
    pipelines: Annotated[
        int, typer.Option("--pipelines", min=1, help="How many are kept in memory.")
    ] = 3,
    code: Code = None,
    gpu_id: Annotated[
        int | None, typer.Option("--gpu-id", "-g", help="The GPU to use, -1 for none.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Answer over HTTP: POST /project, and a page in the browser that shows how entities are found.

    Texts are neither logged nor kept. Ctrl+C or SIGTERM ends it; what has begun is answered first.
    """
    from ..web.listening import bind, is_loopback, need_web, url

    need_web()
    from ..web.service.limits import Limits
    from ..web.service.serving import checked_recipe, serve_until_stopped

    limits = Limits(
        max_bytes=max_bytes,
        max_texts=max_texts,
        max_chars=max_chars,
        queue=queue,
        timeout=timeout,
        batch_texts=batch_size,
        batch_timeout=batch_timeout,
        pipelines=pipelines,
    )
    recipe = checked_recipe(config, lang, source_lang, given_overrides(ctx), code, gpu_id)
    own = bind(host, port)
    names = {"127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else set()
    hosts = names | set(allow_host or [])
    print(f"Loading the models. The page: {url(own)}", file=sys.stderr)
    serve_until_stopped(
        recipe, limits, own, is_fixed=fixed, hosts=frozenset(hosts) if hosts else None
    )
