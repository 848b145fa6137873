"""A real service on a real port, with a small pipeline in its own process."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from xlner_spacy.web.listening import bind, make_server, url
from xlner_spacy.web.service.limits import Limits
from xlner_spacy.web.service.patience import patient_protocol
from xlner_spacy.web.service.service_app import make_app
from xlner_spacy.web.service.service_choice import Recipe
from xlner_spacy.web.service.serving import make_batching

CODE = Path(__file__).with_name("service_parts.py")
LIMITS = Limits(
    max_bytes=100_000,
    max_texts=50,
    max_chars=2000,
    queue=60,
    batch_texts=8,
    timeout=120,
    batch_timeout=4,
    body_timeout=1,
)
CONFIG = """
[nlp]
lang = "{lang}"
pipeline = ["xl_projector"]

[components]

[components.xl_projector]
factory = "xl_projector"
source_langs = ["en"]
target_lang = "{lang}"
own_voice = false

[components.xl_projector.translator]
@xl_translators = "test.Unruly.v1"

[components.xl_projector.annotator]
@xl_annotators = "test.Names.v1"
label = {label}

[components.xl_projector.aligner]
@xl_aligners = "test.Positions.v1"
"""


class Running:
    """A service that answers."""

    def __init__(self, batching, address):
        self.batching = batching
        self.address = address
        self.client = httpx.Client(base_url=address, timeout=120)

    def ask(self, texts, client=None, **more):
        kind = "texts" if isinstance(texts, list) else "text"
        return (client or self.client).post("/project", json={kind: texts, **more})

    def until_ready(self):
        for _ in range(600):
            if self.client.get("/health").json()["state"] == "ready":
                return
            time.sleep(0.1)
        raise AssertionError(self.batching.failure or self.batching.state)


def write_config(folder, lang="pt", label="null"):
    file = folder / f"{lang}.cfg"
    file.write_text(CONFIG.format(lang=lang, label=label), encoding="utf8")
    return file


@contextmanager
def serving(config, limits=LIMITS):
    batching, metrics = make_batching(Recipe(config=config, code=CODE), limits)
    hosts = frozenset({"127.0.0.1", "localhost"})
    app = make_app(batching, metrics, limits, hosts=hosts)
    own = bind("127.0.0.1", 0)
    server = make_server(app, http=patient_protocol(limits.body_timeout))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [own]}, daemon=True)
    thread.start()
    service = Running(batching, url(own).rstrip("/"))
    try:
        service.until_ready()
        yield service
    finally:
        service.client.close()
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    with serving(write_config(tmp_path_factory.mktemp("service"))) as running:
        yield running
