"""p50 and p99 of a service at 1, 8 and 64 clients, what is lost, and memory over time.

    python -m benchmarks.service_load --locust locust/bin/locust

Writes benchmarks/results/service.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from xlner_spacy.files import write_json

HERE = Path(__file__).parent
RESULTS = HERE.parents[0] / "results" / "service.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locust", default="locust", help="The program.")
    parser.add_argument("--texts", type=Path, default=HERE.parents[1] / "assets/sample.pt.jsonl")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=int, default=60, help="For each number of clients.")
    parser.add_argument("--steady", type=int, default=600, help="Seconds at 8 clients for memory.")
    parser.add_argument("--port", type=int, default=8765)
    arguments = parser.parse_args()
    address = f"http://127.0.0.1:{arguments.port}"
    command = "from xlner_spacy.cli.app import run; run()"
    service = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--lang", "pt", "--port", str(arguments.port)]
    )
    try:
        wait_until_ready(address)
        load(arguments, address, 8, 15)  # everything has been used once
        rows = [load(arguments, address, n, arguments.seconds) for n in arguments.clients]
        steady = load(arguments, address, 8, arguments.steady)
    finally:
        service.terminate()
        service.wait(90)
    uptime = Path("/proc/loadavg").read_text().split()[:3]
    write_json(
        RESULTS,
        {"cores": os.cpu_count(), "load_average": uptime, "clients": rows, "steady": steady},
    )
    for row in [*rows, steady]:
        print(row, flush=True)


def wait_until_ready(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/health") as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(1)
    raise SystemExit("the service was not ready in five minutes")


def load(arguments: argparse.Namespace, address: str, clients: int, seconds: int) -> dict:
    """One run of locust, and what the service says before, in between and after."""
    before = metrics(address)
    memory: list[float] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(5):
            memory.append(metrics(address)["xlner_model_resident_memory_bytes"] / 1e6)

    sampler = threading.Thread(target=sample)
    sampler.start()
    said = subprocess.run(
        [
            arguments.locust, "-f", str(HERE / "locustfile.py"), "--headless", "--json",
            "--host", address, "-u", str(clients), "-r", str(clients),
            "-t", f"{seconds}s", "--stop-timeout", "120", "--loglevel", "WARNING",
        ],
        env={**os.environ, "SERVICE_TEXTS": str(arguments.texts), "PYTHONPATH": ""},
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout  # fmt: skip
    (total,) = json.loads(said[said.index("[") :])
    done.set()
    sampler.join()
    after = metrics(address)
    answered = after["ok"] - before["ok"]
    times = sorted((int(ms), n) for ms, n in total["response_times"].items())
    return {
        "clients": clients,
        "seconds": seconds,
        "requests": total["num_requests"],
        "failed": total["num_failures"],
        "texts_a_second": round(
            total["num_requests"] / (total["last_request_timestamp"] - total["start_time"]), 2
        ),
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "lost": total["num_requests"] - int(answered),
        "texts_a_batch": round(
            answered / max(1, after["xlner_batch_texts_count"] - before["xlner_batch_texts_count"]),
            1,
        ),
        "memory_mb": [round(value) for value in memory],
    }


def percentile(times: list[tuple[int, int]], share: float) -> int:
    """The time that so many requests needed at the most, of times and how many took each."""
    wanted, seen = share * sum(n for _, n in times), 0
    for ms, n in times:
        seen += n
        if seen >= wanted:
            return ms
    return 0


def metrics(address: str) -> dict[str, float]:
    """The service's figures by name; "ok": the texts that were answered."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        text = answer.read().decode()
    found = {
        name: float(value) for name, value in re.findall(r"^(\w+) ([\d.e+]+)$", text, re.MULTILINE)
    }
    ok = re.search(r'^xlner_texts_total\{outcome="ok"\} ([\d.e+]+)$', text, re.MULTILINE)
    return {**found, "ok": float(ok[1]) if ok else 0.0}


if __name__ == "__main__":
    main()
