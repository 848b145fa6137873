"""The page of `xlner review`, and what it asks the server."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr

from ..errors import InputError, SetupError, XlnerError
from ..review.decisions import Review, StaleError
from ..review.review_agreement import reviewed_agreement
from ..review.review_texts import ReviewText
from .review_item import text_item

MAX_BYTES = 2_000_000  # of a decision
# A page elsewhere cannot set a header in a request to this one without asking, and gets no answer.
HEADER = "x-xlner-review"
_FILES = {
    "base.css": "text/css",
    "review.css": "text/css",
    "review.js": "text/javascript",
    "review_text.js": "text/javascript",
}


class Decision(BaseModel):
    """What the page sends: all entities of a text, by word."""

    entities: Annotated[list[tuple[StrictInt, StrictInt, StrictStr]], Field(max_length=10_000)]
    done: StrictBool
    action: StrictStr
    revision: StrictInt


class ReviewPage:
    """A review in a browser.

    review (Review): What is reviewed, and into what.
    texts: In the order in which they are shown.
    labels: To choose from.
    order (str): How the texts were chosen; the page says it.
    """

    def __init__(
        self, review: Review, texts: list[ReviewText], labels: list[str], order: str
    ) -> None:
        self.review = review
        self.texts = texts
        self.labels = labels
        self.order = order
        self.places = {text.key: n for n, text in enumerate(texts)}

    def about(self) -> dict[str, Any]:
        """What does not depend on a text."""
        silver = self.review.silver
        return {
            "reviewer": self.review.reviewer,
            "silver": silver.place,
            "output": str(self.review.output),
            "order": self.order,
            "labels": self.labels,
            "notes": self.review.notes,
            "has_translations": silver.has_translations,
            "elsewhere": sum(key not in self.places for key in self.review.done),
            **self.progress(),
        }

    def progress(self) -> dict[str, int]:
        """How many of the texts are reviewed."""
        return {"done": sum(map(self._is_done, self.texts)), "total": len(self.texts)}

    def item(self, n: int) -> dict[str, Any]:
        """A text. RAISES: InputError if there is no such one."""
        if not 0 <= n < len(self.texts):
            raise InputError(f"There is no text {n}.")
        return {"n": n, **text_item(self.review, self.texts[n]), **self.progress()}

    def open_after(self, n: int) -> int | None:
        """The next text that is not reviewed, from the beginning again after the last; None if all are."""
        for other in (*range(n + 1, len(self.texts)), *range(min(n + 1, len(self.texts)))):
            if not self._is_done(self.texts[other]):
                return other
        return None

    def decide(self, n: int, decision: Decision) -> dict[str, Any]:
        """Take a decision. RAISES: InputError if it cannot be one, StaleError, SetupError."""
        text = self.texts[n] if 0 <= n < len(self.texts) else None
        if text is None:
            raise InputError(f"There is no text {n}.")
        strange = {label for _, _, label in decision.entities} - set(self.labels)
        if strange:
            raise InputError(
                f"{sorted(strange)[0]!r:.60} is none of the labels.",
                hint="Begin the review with it: --label NAME",
            )
        self.review.decide(
            text.key,
            decision.entities,
            done=decision.done,
            action=decision.action,
            revision=decision.revision,
        )
        return self.item(n)

    def undo(self) -> dict[str, Any]:
        """Undo the last decision. RETURNS: The place of its text; None if there is none, or it is not shown here."""
        key = self.review.undo()
        n = self.places.get(key) if key else None
        return {"undone": key is not None, "n": n, **self.progress()}

    def agreement(self) -> dict[str, Any]:
        """How far silver and reviewed labels agree."""
        return {name: own.as_record() for name, own in reviewed_agreement(self.review).items()}

    def _is_done(self, text: ReviewText) -> bool:
        verdict = self.review.verdicts.get(text.key)
        return verdict is not None and verdict.done


def make_review_app(page: ReviewPage) -> FastAPI:
    """The application. Its functions run one after another, so that decisions are written in the order in which they come."""
    app = FastAPI(title="xlner review", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(XlnerError)
    async def refuse(request: Request, error: XlnerError) -> JSONResponse:
        status = 507 if isinstance(error, SetupError) else 400
        return JSONResponse({"detail": error.message, "hint": error.hint}, status)

    @app.exception_handler(StaleError)
    async def stale(request: Request, error: StaleError) -> JSONResponse:
        return JSONResponse(
            {"detail": "This text was changed on another page.", "hint": "It is shown as it is."},
            409,
        )

    @app.middleware("http")
    async def only_own_pages(request: Request, call_next: Any) -> Any:
        if request.method not in ("GET", "HEAD") and HEADER not in request.headers:
            return JSONResponse({"detail": "Only the page itself may decide."}, 403)
        return await call_next(request)

    @app.get("/")
    async def index() -> Response:
        return _file("review.html", "text/html")

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        return _file(name, _FILES[name]) if name in _FILES else Response(status_code=404)

    @app.get("/api/review")
    async def about() -> dict[str, Any]:
        return page.about()

    @app.get("/api/texts/{n}")
    async def text(n: int) -> dict[str, Any]:
        return page.item(n)

    @app.post("/api/texts/{n}")
    async def decide(n: int, decision: Decision) -> dict[str, Any]:
        return page.decide(n, decision)

    @app.get("/api/open")
    async def open_after(after: int = -1) -> dict[str, Any]:
        return {"n": page.open_after(after)}

    @app.post("/api/undo")
    async def undo() -> dict[str, Any]:
        return page.undo()

    @app.get("/api/agreement")
    async def agreement() -> dict[str, Any]:
        return page.agreement()

    return app


def _file(name: str, kind: str) -> Response:
    content = files(__package__).joinpath("static", name).read_bytes()
    return Response(content, media_type=f"{kind}; charset=utf-8")
