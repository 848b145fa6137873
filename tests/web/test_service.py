"""The service over real HTTP: what is asked rightly and wrongly, and models that misbehave."""

from __future__ import annotations

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.web.conftest import LIMITS
from xlner_spacy.web import page_safety
from xlner_spacy.web.service.service_app import make_app
from xlner_spacy.web.service.service_metrics import ServiceMetrics

pytestmark = [pytest.mark.long, pytest.mark.browser]
TEXT = "Maria vive em Lisboa."
FOUND = [("Maria", "PER"), ("Lisboa", "LOC")]


def entities(result):
    return [(ent["text"], ent["label"]) for ent in result["entities"]]


def counted(service, name):
    """A metric's value, all labels taken together."""
    lines = service.client.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def refused(answer, status, words):
    assert answer.status_code == status, answer.text
    assert re.search(words, answer.json()["detail"])


def test_one_text_or_many_in_order(service):
    (result,) = service.ask(TEXT).json()["results"]
    assert entities(result) == FOUND
    first = result["entities"][0]
    assert (first["start"], first["end"], first["source"]["text"]) == (0, 5, "Maria")
    assert 0 < first["confidence"] <= 1
    assert "translations" not in result
    many = service.ask(["", "Petrobras", TEXT, "…"]).json()
    assert [entities(own) for own in many["results"]] == [[], [("Petrobras", "ORG")], FOUND, []]
    assert (many["lang"], many["source_langs"]) == ("pt", ["en"])


def test_detail_says_how_an_entity_was_found(service):
    text = "👩‍🔬 Maria Silva vive em Lisboa."
    (result,) = service.ask(text, detail=True).json()["results"]
    (translation,) = result["translations"]
    assert translation["text"] == "👩‍🔬 Maria Silva lives in Lisbon."
    words = [text[start:end] for start, end in result["words"]]
    other = [translation["text"][start:end] for start, end in translation["words"]]
    pairs = {(other[source], words[target]) for source, target, _, _ in translation["links"]}
    assert ("Lisbon", "Lisboa") in pairs
    for candidate in result["candidates"]:
        assert text[candidate["start"] : candidate["end"]] == candidate["text"]
    fates = {own["text"]: own["outcome"] for own in result["candidates"] if own["label"] == "PER"}
    assert fates["Maria Silva"] == "placed"
    assert fates["Maria"] == fates["Silva"] == "'Maria Silva' scored higher"


def test_what_found_no_place_has_its_reason(service):
    """The translation has a word more than the text."""
    (result,) = service.ask("fim", detail=True).json()["results"]
    assert result["entities"] == []
    (lost,) = result["unplaced"]
    assert (lost["text"], lost["label"], lost["reason"]) == ("Maputo", "LOC", "no aligned word")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "JSON"),
        (b"", "required"),
        (b"[" * 50_000, "JSON|parsing"),
        (b'"text"', "object|dictionary"),
        (b"{}", "either"),
        (b'{"text": null}', "either"),
        (b'{"text": "a", "texts": ["b"]}', "either"),
        (b'{"texts": []}', "empty"),
        (b'{"texts": "abc"}', "texts: .*list"),
        (b'{"text": 5}', "text: .*string"),
        (b'{"texts": ["a", null]}', r"texts\.1: .*string"),
        (b'{"text": "a", "detail": "yes"}', "detail: .*bool"),
        (b'{"text": "a", "model": "x"}', "model: .*not permitted"),
        (b'{"text": "\\ud800"}', "surrogate"),
        (b'{"text": "a", "lang": "secret text"}', "not the code of a language"),
        (b'{"text": "a", "lang": "de"}', "no texts in 'de'"),
        (b'{"text": "a", "method": "transfer"}', "one pipeline only"),
        (b'{"text": "a", "source_langs": ["es"]}', "one pipeline only"),
        (b'{"text": "\xff"}', "JSON|parsing|valid"),
    ],
)
def test_a_wrong_request_is_told_why(service, body, words):
    answer = service.client.post(
        "/project", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert re.search(words, answer.json()["detail"], re.IGNORECASE), answer.text
    assert "secret" not in answer.text


def test_sizes_are_limited(service):
    refused(service.ask("x" * 2001), 413, "2,001 characters: 2,000")
    refused(service.ask(["ok", "x" * 2001]), 413, "Text 1 ")
    refused(service.ask(["x"] * 51), 413, "51 texts: .* 50")
    refused(service.ask("x" * 10_000_000), 413, "100,000 bytes")
    assert entities(service.ask(TEXT).json()["results"][0]) == FOUND


def test_other_pages_may_not_ask(service):
    """Their scripts could send text/plain without asking first; a name of theirs could point here."""
    body = json.dumps({"text": TEXT})
    for kind in ("text/plain", ""):
        answer = service.client.post("/project", content=body, headers={"content-type": kind})
        assert answer.status_code in (415, 422)
    answer = service.client.get("/health", headers={"host": "evil.example"})
    refused(answer, 421, "--host")


def test_a_text_that_fails_does_not_cost_the_others_theirs(service):
    results = service.ask([TEXT, "RAISES Maria", TEXT]).json()["results"]
    assert [own["failed"] for own in results] == [False, True, False]
    assert entities(results[2]) == FOUND
    assert "engine fell over" in results[1]["problems"][0]["detail"]
    refused(service.ask("RAISES Maria"), 500, "engine fell over")


def test_a_model_that_crashes_is_started_anew(service):
    refused(service.ask("CRASHES"), 500, "the models' process died .SIGKILL")
    assert entities(service.ask(TEXT).json()["results"][0]) == FOUND


@pytest.mark.slow
def test_texts_beside_one_that_crashes_are_tried_again_without_it(service):
    results = service.ask([TEXT, "CRASHES", TEXT]).json()["results"]
    assert [own["failed"] for own in results] == [False, True, False]
    assert entities(results[0]) == entities(results[2]) == FOUND
    assert results[1]["problems"][0]["detail"] == "the models' process died (SIGKILL)"


@pytest.mark.slow
def test_a_model_that_hangs_is_started_anew(service):
    before = counted(service, "xlner_model_failures_total")
    refused(service.ask("HANGS"), 500, "no answer in 4 seconds")
    assert counted(service, "xlner_model_failures_total") == before + 1
    assert entities(service.ask(TEXT).json()["results"][0]) == FOUND


def test_clients_at_once_get_their_own_answers(service):
    names = ["Maria", "John", "Lisbon", "Petrobras"]

    def run(number):
        with httpx.Client(base_url=service.address, timeout=60) as client:
            for n in range(5):
                name = names[(number + n) % 4]
                texts = [f"{number}.{n}: {name}", f"{name} {n}"]
                found = [entities(own) for own in service.ask(texts, client).json()["results"]]
                assert [own[0][0] for own in found] == [name, name]
        return 10

    texts, batches = (
        counted(service, "xlner_texts_total"),
        counted(service, "xlner_batch_texts_count"),
    )
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(run, range(8))) == 80
    assert counted(service, "xlner_texts_total") == texts + 80
    assert counted(service, "xlner_batch_texts_count") < batches + 80  # some went together


def another(service, **limits):
    """The same models behind an application with other limits."""
    app = make_app(service.batching, ServiceMetrics(), replace(LIMITS, **limits))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_a_request_that_takes_too_long(service):
    async with another(service, timeout=0.3) as client:
        answer = await client.post("/project", json={"texts": [f"SLOW {n}" for n in range(8)]})
    refused(answer, 504, "no answer in 0.3 seconds")


def test_a_full_queue_refuses_and_says_when_to_come_again(service):
    slow = [f"SLOW {n}" for n in range(50)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: service.ask(slow), range(3)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 503
    for answer in answers:
        if answer.status_code == 503:
            refused(answer, 503, "waiting already")
            assert 1 <= int(answer.headers["retry-after"]) <= 120
        else:
            assert len(answer.json()["results"]) == 50


def connected(service):
    host, port = service.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


HEAD = "POST /project HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"


def test_texts_of_a_client_that_goes_away_leave_the_queue(service):
    before = counted(service, 'xlner_texts_total{outcome="dropped"}')
    body = json.dumps({"texts": [f"SLOW {n}" for n in range(40)]}).encode()
    with connected(service) as client:
        client.sendall(f"{HEAD}content-length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(0.3)
    started = time.monotonic()
    assert entities(service.ask(TEXT).json()["results"][0]) == FOUND
    # Forty texts of 0.1 seconds each; the batch that had begun has eight.
    assert time.monotonic() - started < 3.5
    assert counted(service, 'xlner_texts_total{outcome="dropped"}') == before + 40


def test_a_client_that_hangs_is_given_up(service):
    with connected(service) as body, connected(service) as head, connected(service) as silent:
        body.sendall(f'{HEAD}content-length: 100\r\n\r\n{{"text'.encode())
        head.sendall(HEAD[:40].encode())
        assert entities(service.ask(TEXT).json()["results"][0]) == FOUND
        assert b" 408 " in body.recv(1000)
        assert head.recv(1000) == silent.recv(1000) == b""


def test_metrics_have_figures_and_no_texts(service):
    service.ask("Maria Confidencial")
    service.client.get("/no/such/Confidencial")
    text = service.client.get("/metrics").text
    assert "Confidencial" not in text
    assert counted(service, "xlner_request_seconds_count") > 0
    assert counted(service, "xlner_model_resident_memory_bytes") > 10_000_000
    assert 'route="other",status="404"' in text


def test_it_describes_itself_without_a_request_elsewhere(service):
    paths = service.client.get("/openapi.json").json()["paths"]
    assert {"/project", "/languages", "/languages/{lang}", "/health"} == set(paths)
    for path in ("/", "/docs", "/openapi.json", "/nothing"):
        answer = service.client.get(path)
        assert (
            answer.headers["content-security-policy"]
            == page_safety.HEADERS["content-security-policy"]
        )
    for file in (Path(page_safety.__file__).parent / "static").iterdir():
        text = file.read_text(encoding="utf8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|innerHTML|insertAdjacent|eval\(", text), file.name
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text), file.name


def test_what_is_offered(service):
    found = service.client.get("/languages").json()
    assert found["fixed"]
    assert [own["code"] for own in found["languages"]] == ["pt"]
    assert [own["name"] for own in found["methods"]] == ["config"]
    (source,) = service.client.get("/languages/pt").json()
    assert (source["code"], source["state"]) == ("en", "now")
    refused(service.client.get("/languages/de"), 404, "no texts in 'de'")


@pytest.mark.slow
def test_a_thousand_connections(service):
    held = [connected(service) for _ in range(1000)]
    try:
        assert entities(service.ask(TEXT).json()["results"][0]) == FOUND
        body = json.dumps({"text": TEXT}).encode()
        question = f"{HEAD}content-length: {len(body)}\r\n\r\n".encode() + body
        fresh = [connected(service) for _ in range(1000)]
        held += fresh
        for client in fresh:
            client.sendall(question)
        statuses = [client.recv(100).split()[1] for client in fresh]
        assert set(statuses) <= {b"200", b"503"}
        assert statuses.count(b"200") >= 60
    finally:
        for client in held:
            client.close()
    assert entities(service.ask(TEXT).json()["results"][0]) == FOUND
