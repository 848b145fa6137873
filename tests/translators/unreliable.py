"""Translators that do what real ones sometimes do."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


class Unreliable:
    """Upper case, unless a text says what to do instead. Writes down each call."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def __call__(self, texts, *, from_lang, to_lang):
        with self.log.open("a") as file:
            file.write(f"{os.getpid()} {len(texts)}\n")
        for text in texts:
            if "crash" in text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "leave" in text:
                os._exit(3)
            if "hang" in text:
                time.sleep(600)
            if "raise" in text:
                raise RuntimeError("the engine fell over")
            print("noise on the standard output")
        return [text.upper() for text in texts]


def process_id(texts, *, from_lang, to_lang):
    return [str(os.getpid())] * len(texts)


def dies_at_once(texts, *, from_lang, to_lang):
    os._exit(1)


def is_slow_to_load(texts, *, from_lang, to_lang):
    time.sleep(600)


def one_too_many(texts, *, from_lang, to_lang):
    return [*texts, "more"]


def one_by_one(texts, *, from_lang, to_lang):
    yield from (text.upper() for text in texts)


def gives_files(texts, *, from_lang, to_lang):
    return [sys.stderr for _ in texts]


def always_fails(texts, *, from_lang, to_lang):
    raise ValueError("no such key")
