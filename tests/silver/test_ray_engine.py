"""Builds on a real Ray cluster of two workers on this machine, killed in every way. (Starting Ray takes
half a minute; how jobs are divided is tested without it in test_crew.py, what workers make in test_engines.py.)"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.shared import blank_with
from tests.silver.test_engines import contents
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.engines.ray_cluster import import_ray
from xlner_spacy.silver.engines.ray_engine import RayEngine
from xlner_spacy.silver.selection import Selection
from xlner_spacy.web.listening import bind

pytestmark = [pytest.mark.slow, pytest.mark.models]
ASSETS = Path(__file__).parents[2] / "assets"
OPTIONS = BuildOptions(shard_size=6, batch_size=4)
RUN = [sys.executable, "-c", "from xlner_spacy.cli.app import run; run()", "build"]


# A machine where the package is not installed. (A worker looks where its driver does, here too.)
HIDING = """
import sys
class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "xlner_spacy":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hiding())
"""


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster that other processes can join."""
    ray = import_ray()
    os.environ["OMP_NUM_THREADS"] = "1"  # on both sides: results depend on torch's threads
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100 * 2**20,
        logging_level="ERROR",
    )
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "raw.jsonl"
    lines = (ASSETS / "sample.pt.jsonl").read_text(encoding="utf8").splitlines()[:46]
    path.write_text("\n".join([*lines, lines[3], '{"text": " "}']), encoding="utf8")
    return path


@pytest.fixture(scope="module")
def whole(raw, tmp_path_factory):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("whole") / "silver"
    build([raw], folder, blank_with(), OPTIONS, Selection())
    return contents(folder)


def workers():
    return [
        p
        for p in psutil.process_iter(["cmdline"])
        if "SilverPartMaker" in " ".join(p.info["cmdline"] or [])
    ]


def wait_for(parts, folder, process=None, seconds=240):
    deadline = time.monotonic() + seconds
    while len(list(folder.glob("parts/*.json"))) < parts and time.monotonic() < deadline:
        assert process is None or process.poll() is None
        time.sleep(0.02)


def here(raw, folder):
    return [*RUN, raw, folder, "--lang", "pt", "--shard-size", "6", "--batch-size", "4", "-q"]


def command(raw, folder, address):
    return [*here(raw, folder), "--engine", "ray", "--address", address, "--workers", "2"]


def test_the_same_files_although_a_worker_is_killed(cluster, raw, whole, tmp_path):
    import threading

    folder, killed = tmp_path / "silver", []

    def kill():
        wait_for(1, folder)
        for process in workers()[:1]:
            process.send_signal(signal.SIGKILL)
            killed.append(process.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    build([raw], folder, blank_with(), OPTIONS, Selection(), engine=RayEngine(workers=2))
    killer.join()
    assert killed
    assert contents(folder) == whole


def test_the_driver_is_killed_and_goes_on(cluster, raw, tmp_path):
    folder = tmp_path / "silver"
    process = subprocess.Popen(command(raw, folder, cluster), stderr=subprocess.DEVNULL)
    wait_for(2, folder, process)
    process.kill()
    process.wait()
    done = {path: path.stat().st_mtime_ns for path in folder.glob("parts/*.json")}
    assert 2 <= len(done) < 8
    subprocess.run(command(raw, folder, cluster), check=True, timeout=300)
    subprocess.run(here(raw, tmp_path / "here"), check=True, timeout=300)
    assert contents(folder) == contents(tmp_path / "here")
    assert all(path.stat().st_mtime_ns == written for path, written in done.items())


def test_ctrl_c_stops_all(cluster, raw, tmp_path):
    folder = tmp_path / "silver"
    # A process that is started in the background of a script ignores Ctrl-C from its birth.
    heeding = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {RUN[2]}"
    arguments = [RUN[0], "-c", heeding, *command(raw, folder, cluster)[3:]]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    wait_for(1, folder, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode not in (0, None), said
    assert "The same command continues where it stopped" in said
    assert "Traceback" not in said
    deadline = time.monotonic() + 60
    while workers() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not workers()
    assert not [name for name in contents(folder) if ".spacy-" in name or ".json-" in name]


def test_a_cluster_of_another_version_is_named(cluster, raw, tmp_path):
    other = "import ray; ray.__version__ = '2.41.0'; " + RUN[2]
    arguments = [RUN[0], "-c", other, *command(raw, tmp_path / "silver", cluster)[3:]]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 1
    assert f"The Ray cluster at {cluster} cannot be used: Version mismatch" in result.stderr
    assert "Install the cluster's versions of Ray and Python here" in result.stderr


def test_workers_without_the_package_are_named(raw, tmp_path):
    """On a cluster of its own, whose processes cannot import xlner_spacy."""
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "sitecustomize.py").write_text(HIDING)
    ray = Path(sys.executable).parent / "ray"
    environment = {**os.environ, "PYTHONPATH": str(hiding), "RAY_USAGE_STATS_ENABLED": "0"}
    short = tempfile.mkdtemp(prefix="r")  # names of sockets may have 107 bytes
    with bind("127.0.0.1", 0) as own:
        port = own.getsockname()[1]
    options = ["--head", f"--port={port}", "--num-cpus=1", "--include-dashboard=false", "--block"]
    head = subprocess.Popen(
        [ray, "start", *options, f"--temp-dir={short}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        arguments = command(raw, tmp_path / "silver", f"127.0.0.1:{port}")
        for _ in range(20):
            assert head.poll() is None
            result = subprocess.run(
                arguments, capture_output=True, text=True, timeout=300, check=False
            )
            if "listens" not in result.stderr:
                break
            time.sleep(2)
        assert result.returncode == 1
        assert "A worker lacks a package: No module named 'xlner_spacy'" in result.stderr
        assert "On each machine of the cluster" in result.stderr
    finally:
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGTERM)
        head.wait(60)
        shutil.rmtree(short, ignore_errors=True)
