import httpx
import pytest
from fastapi import FastAPI, Request

from xlner_spacy.web.page_safety import HEADERS, PageSafety


def client(hosts=None):
    app = FastAPI()

    @app.post("/length")
    async def length(request: Request):
        return len(await request.body())

    guarded = PageSafety(app, 100, hosts)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(guarded), base_url="http://127.0.0.1:8000"
    )


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_every_answer_has_the_headers():
    async with client() as own:
        for answer in (await own.post("/length", content=b"x"), await own.get("/nothing")):
            assert all(answer.headers[name] == value for name, value in HEADERS.items())


@pytest.mark.anyio
async def test_large_bodies_are_refused_with_and_without_a_length():
    async def pieces():
        for _ in range(11):
            yield b"0123456789"

    async with client() as own:
        assert (await own.post("/length", content=b"x" * 100)).json() == 100
        for body in (b"x" * 101, pieces()):
            answer = await own.post("/length", content=body)
            assert answer.status_code == 413
            assert "100 bytes" in answer.json()["detail"]


@pytest.mark.anyio
async def test_another_name_for_this_machine_is_refused():
    async with client(frozenset({"127.0.0.1", "[::1]"})) as own:
        assert (await own.post("/length", content=b"x")).status_code == 200
        for host, status in [("evil.example:8000", 421), ("[::1]:8000", 200), ("[::1]", 200)]:
            answer = await own.post("/length", content=b"x", headers={"host": host})
            assert answer.status_code == status, host
