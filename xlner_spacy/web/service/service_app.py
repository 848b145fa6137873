"""The application: its routes, and what every request goes through."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ... import about
from ..page_safety import PageSafety
from .batching import Batching, CannotBeUsed
from .counted_requests import CountedRequests
from .limits import Limits
from .offer import NotOffered, Offer
from .page_files import STATIC, page
from .patience import BodyTimeout
from .question import Answers, Failure, Question, what_is_wrong
from .service_metrics import ServiceMetrics
from .waiting_texts import QueueFull, Waiting

_ABOUT = (
    "Named entities by annotation projection. Texts are neither logged nor kept. Offsets are in characters (Unicode "
    "code points)."
)
_STATUSES: dict[int | str, dict[str, Any]] = {
    408: {"model": Failure, "description": "The request did not arrive in time."},
    413: {
        "model": Failure,
        "description": "The request has too many bytes, texts, or characters in a text.",
    },
    415: {"model": Failure, "description": "The content type is not application/json."},
    422: {
        "model": Failure,
        "description": "The request is not as described, or names what is not offered.",
    },
    500: {"model": Failure, "description": "The models failed on every text of the request."},
    503: {
        "model": Failure,
        "description": "The queue is full, or the models are not loaded; see Retry-After.",
    },
    504: {"model": Failure, "description": "There was no answer in time."},
}


def make_app(
    batching: Batching,
    metrics: ServiceMetrics,
    limits: Limits,
    *,
    is_fixed: bool = False,
    hosts: frozenset[str] | None = None,
) -> FastAPI:
    """The application of a service; it starts and stops the models with itself.

    is_fixed (bool): Whether requests may choose neither language, method nor sources.
    hosts: Names by which it may be called; None: any.
    """
    service = Service(batching, metrics, limits, is_fixed)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        batching.start()
        yield
        await run_in_threadpool(batching.stop)

    app = FastAPI(
        title="xlner",
        description=_ABOUT,
        version=about.__version__,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(CountedRequests, metrics=metrics)
    app.add_middleware(BodyTimeout, seconds=limits.body_timeout)
    app.add_middleware(PageSafety, max_bytes=limits.max_bytes, hosts=hosts)
    app.exception_handler(RequestValidationError)(_not_as_described)
    _add_routes(app, service)
    return app


def _add_routes(app: FastAPI, service: Service) -> None:
    @app.post("/project", response_model=None, responses={200: {"model": Answers}, **_STATUSES})
    async def project(question: Question, request: Request) -> Response:
        """Find the entities of one text or of many."""
        return await service.project(question, request)

    @app.get("/languages")
    async def languages() -> dict[str, Any]:
        """What may be chosen: languages and methods."""
        return await run_in_threadpool(service.offer().overview)

    @app.get("/languages/{lang}")
    async def sources(lang: str) -> list[dict[str, Any]]:
        """The languages that texts of a language can be projected from."""
        try:
            return await run_in_threadpool(service.offer().sources, lang)
        except NotOffered as error:
            raise HTTPException(404, str(error)) from error

    @app.get("/health")
    async def health(response: Response) -> dict[str, Any]:
        """Whether requests will be answered: ready (200), loading, failed or stopped (503)."""
        state = service.batching.state
        response.status_code = 200 if state == "ready" else 503
        return {
            "state": state,
            "waiting": len(service.batching.waiting),
            "version": about.__version__,
        }

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")

    @app.get("/", include_in_schema=False)
    async def live() -> FileResponse:
        return page("live.html")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return page("api.html")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


class Service:
    """What the routes do."""

    def __init__(
        self, batching: Batching, metrics: ServiceMetrics, limits: Limits, is_fixed: bool
    ) -> None:
        self.batching = batching
        self.metrics = metrics
        self.limits = limits
        self.is_fixed = is_fixed
        metrics.watch(
            lambda: len(batching.waiting),
            lambda: batching.state == "ready",
            lambda: batching.models.pid,
        )

    def offer(self) -> Offer:
        """RAISES: HTTPException while the models are not loaded for the first time."""
        default = self.batching.models.default
        if default is None:
            raise HTTPException(503, "The models are being loaded.", headers={"retry-after": "5"})
        return Offer(default, self.is_fixed)

    async def project(self, question: Question, request: Request) -> Response:
        """RAISES: HTTPException."""
        started = time.monotonic()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            # Another page could send other types without asking the browser first.
            raise HTTPException(415, "Send JSON, with the header content-type: application/json.")
        texts = question.all_texts()
        self._check_sizes(texts)
        try:
            choice = await run_in_threadpool(
                self.offer().choice, question.lang, question.method, question.source_langs
            )
        except NotOffered as error:
            raise HTTPException(422, str(error)) from error
        deadline = started + self.limits.timeout
        items = [Waiting(text, choice, question.detail, deadline) for text in texts]
        results = await self._answers(items, request)
        self.metrics.seconds.observe(time.monotonic() - started)
        if all(own["failed"] for own in results):
            raise HTTPException(500, _why(results))
        return JSONResponse(
            {
                "lang": choice.lang,
                "method": choice.method,
                "source_langs": list(choice.sources),
                "results": results,
            }
        )

    def _check_sizes(self, texts: list[str]) -> None:
        limits = self.limits
        if len(texts) > limits.max_texts:
            raise HTTPException(
                413, f"{len(texts)} texts: a request may have {limits.max_texts}. Send several."
            )
        for number, text in enumerate(texts):
            if len(text) > limits.max_chars:
                raise HTTPException(
                    413,
                    f"Text {number} has {len(text):,} characters: {limits.max_chars:,} are allowed. Cut it.",
                )

    async def _answers(self, items: list[Waiting], request: Request) -> list[dict[str, Any]]:
        """Wait for all texts of a request, for the client to go away, or for the time to be up."""
        count = self.metrics.texts.labels
        try:
            self.batching.waiting.add(items)
        except QueueFull as error:
            count("refused").inc(len(items))
            raise HTTPException(
                503,
                f"{len(self.batching.waiting)} texts are waiting already. Try again later.",
                headers={"retry-after": str(self.batching.seconds_until_room())},
            ) from error
        futures = [asyncio.wrap_future(item.answer) for item in items]
        answered: asyncio.Future[Any] = asyncio.gather(*futures)
        answered.add_done_callback(lambda own: own.cancelled() or own.exception())
        gone: asyncio.Future[Any] = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait(
                {answered, gone},
                timeout=items[0].deadline - time.monotonic(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if answered.done():
                results = answered.result()
                failed = sum(own["failed"] for own in results)
                count("failed").inc(failed)
                count("ok").inc(len(results) - failed)
                self.metrics.entities.inc(sum(len(own["entities"]) for own in results))
                return results
            count("dropped" if gone.done() else "late").inc(len(items))
        except (CannotBeUsed, TimeoutError, asyncio.CancelledError) as error:
            count("failed").inc(len(items))
            raise _http_error(error, self.limits.timeout) from error
        finally:
            gone.cancel()
            answered.cancel()  # what has not begun leaves the queue
        raise _http_error(TimeoutError(), self.limits.timeout)


def _http_error(error: BaseException, seconds: float) -> HTTPException:
    if isinstance(error, CannotBeUsed):
        return HTTPException(503, str(error), headers={"retry-after": "30"})
    return HTTPException(504, f"There was no answer in {seconds:g} seconds.")


async def _disconnected(request: Request) -> None:
    """Return when the client goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _why(results: list[dict[str, Any]]) -> str:
    problems = results[0]["problems"] or [{"stage": "", "reason": "unknown", "detail": ""}]
    first = problems[0]
    return f"The text failed: {first['stage']}: {first['reason']}: {first['detail']}"


async def _not_as_described(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": what_is_wrong(error.errors())}, status_code=422)
