"""What each client does: one text after the other, and a look at whether the answer is the answer to it.

Run by benchmarks/service_load/__main__.py, with locust, which has an environment of its own:
`python -m venv locust && locust/bin/pip install locust`.
"""

import itertools
import json
import os
from pathlib import Path

from locust import FastHttpUser, constant, task

TEXTS = [
    json.loads(line)["text"]
    for line in Path(os.environ["SERVICE_TEXTS"]).read_text(encoding="utf8").splitlines()
]
NUMBERS = itertools.count()


class Client(FastHttpUser):
    """Asks again as soon as it has its answer."""

    wait_time = constant(0)

    @task
    def project(self):
        number = next(NUMBERS)
        # No two texts are the same, so that nothing is answered from memory.
        text = f"{TEXTS[number % len(TEXTS)]} ({number}: Maputo.)"
        with self.rest("POST", "/project", json={"text": text}) as answer:
            if answer.js is None:
                answer.failure(f"status {answer.status_code}")
                return
            results = answer.js.get("results", [])
            own = len(results) == 1 and all(
                text[ent["start"] : ent["end"]] == ent["text"] for ent in results[0]["entities"]
            )
            if not own:
                answer.failure("the answer to another text")
