"""What the page of `xlner review` is answered, hostile requests included."""

from __future__ import annotations

import httpx
import pytest

from tests.review.silver_folder import make_silver
from xlner_spacy.review.decisions import Review
from xlner_spacy.review.review_orders import ordered
from xlner_spacy.review.review_texts import read_silver
from xlner_spacy.web.page_safety import PageSafety
from xlner_spacy.web.review_app import MAX_BYTES, ReviewPage, make_review_app

OWN = {"x-xlner-review": "1"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def silver(tmp_path_factory):
    return read_silver(make_silver(tmp_path_factory.mktemp("app")))


@pytest.fixture
def page(silver, tmp_path):
    review = Review(silver, tmp_path / "gold.jsonl", "Ana")
    yield ReviewPage(review, ordered(silver, "unsure"), silver.labels, "unsure")
    review.close()


def client(page):
    app = PageSafety(make_review_app(page), MAX_BYTES, frozenset({"127.0.0.1"}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:1")


def decision(item, **changes):
    keys = {"entities": item["entities"], "done": True, "action": "accept"}
    return {**keys, "revision": item["revision"], **changes}


@pytest.mark.anyio
async def test_a_decision_is_in_the_file_when_it_is_answered(page):
    async with client(page) as own:
        item = (await own.get("/api/texts/0")).json()
        answer = await own.post("/api/texts/0", json=decision(item), headers=OWN)
        assert answer.json()["is_done"]
        assert (answer.json()["done"], answer.json()["total"]) == (1, 6)
        assert (await own.get("/api/open?after=0")).json() == {"n": 1}
        agreed = (await own.get("/api/agreement")).json()
    assert len(page.review.output.read_text("utf8").splitlines()) == 1
    assert agreed["LOC"] == {"f1": [1.0, 1.0, 1.0], "first": 1, "second": 1, "same": 1}


@pytest.mark.anyio
async def test_bad_requests_are_refused_and_change_nothing(page):
    async with client(page) as own:
        item = (await own.get("/api/texts/0")).json()
        for status, body in [
            (400, decision(item, entities=[[0, 2, "PER"], [1, 3, "PER"]])),
            (400, decision(item, entities=[[0, 2000, "PER"]])),
            (400, decision(item, entities=[[-1, 2, "PER"]])),
            (400, decision(item, entities=[[0, 1, "NOVEL"]])),
            (400, decision(item, action="drop table")),
            (409, decision(item, revision=5)),
            (422, decision(item, entities=[[0, "1", "PER"]])),
            (422, decision(item, entities="all")),
            (422, {}),
            (422, [1]),
        ]:
            answer = await own.post("/api/texts/0", json=body, headers=OWN)
            assert answer.status_code == status, body
            assert answer.json()["detail"]
        for content in (b"{", b"\xff\xfe", b"[" * 5000):
            answer = await own.post(
                "/api/texts/0", content=content, headers={**OWN, "content-type": "application/json"}
            )
            assert answer.status_code in (400, 422)
        for path in ("/api/texts/6", "/api/texts/-1"):
            assert (await own.get(path)).status_code == 400
            assert (await own.post(path, json=decision(item), headers=OWN)).status_code == 400
        for path in (
            "/static/../review_app.py",
            "/static/%2e%2e/review_app.py",
            "/static/x.js",
            "/x",
        ):
            assert (await own.get(path)).status_code == 404
        large = b"x" * (MAX_BYTES + 1)
        assert (await own.post("/api/texts/0", content=large, headers=OWN)).status_code == 413
    assert page.review.output.read_bytes() == b""


@pytest.mark.anyio
async def test_a_page_elsewhere_cannot_decide(page):
    async with client(page) as own:
        item = (await own.get("/api/texts/0")).json()
        assert (await own.post("/api/texts/0", json=decision(item))).status_code == 403
        assert (await own.post("/api/undo", content=b"{}")).status_code == 403
        asked = await own.options(
            "/api/undo",
            headers={"origin": "http://evil.example", "access-control-request-method": "POST"},
        )
        assert "access-control-allow-origin" not in asked.headers
        rebound = await own.get("/api/texts/0", headers={"host": "evil.example"})
        assert rebound.status_code == 421
    assert page.review.done == []


@pytest.mark.anyio
async def test_undo_names_the_text(page):
    async with client(page) as own:
        item = (await own.get("/api/texts/2")).json()
        await own.post("/api/texts/2", json=decision(item, entities=[]), headers=OWN)
        answer = await own.post("/api/undo", headers=OWN)
        assert answer.json() == {"undone": True, "n": 2, "done": 0, "total": 6}
        answer = await own.post("/api/undo", headers=OWN)
        assert answer.json() == {"undone": False, "n": None, "done": 0, "total": 6}
