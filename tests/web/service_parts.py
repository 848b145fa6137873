"""Parts for the service's tests, imported with --code: a dictionary that crashes, hangs or raises when a text says so."""

from __future__ import annotations

import os
import re
import signal
import time

import spacy

WORDS = {
    "vive": "lives",
    "em": "in",
    "abriu": "opened",
    "um": "an",
    "escritório": "office",
    "Lisboa": "Lisbon",
    "fim": "end Maputo",
    "יוחנן": "John",
    "גר": "lives",
    "בלונדון": "London",
}
NAMES = {
    "Maria": "PER",
    "Maria Silva": "PER",
    "John": "PER",
    "Lisbon": "LOC",
    "London": "LOC",
    "Maputo": "LOC",
    "Petrobras": "ORG",
}


@spacy.registry.xl_translators("test.Unruly.v1")
def make_unruly():
    return translate


def translate(texts, *, from_lang, to_lang):
    for text in texts:
        if "CRASHES" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "HANGS" in text:
            time.sleep(600)
        if "RAISES" in text:
            raise RuntimeError("the engine fell over")
        if "SLOW" in text:
            time.sleep(0.1)
    return [re.sub(r"\w+", lambda word: WORDS.get(word[0], word[0]), text) for text in texts]


@spacy.registry.xl_annotators("test.Names.v1")
def make_names(label: str | None = None):
    """label: For all names, in the place of their own."""

    def annotate(texts):
        return [
            [
                (found.start(), found.end(), label or NAMES[found[0]], 0.9)
                for found in re.finditer(r"Maria Silva|\w+", text)
                if found[0] in NAMES
            ]
            for text in texts
        ]

    return annotate


@spacy.registry.xl_aligners("test.Positions.v1")
def make_positions():
    """Words in the same place answer each other."""

    def align(pairs, *, source_lang, target_lang):
        return [
            [(n, n, 0.9) for n in range(min(len(source), len(target)))] for source, target in pairs
        ]

    return align
