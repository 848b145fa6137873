"""A silver folder by the real `build`, in a second: translations are given, names are alike in both languages."""

from __future__ import annotations

import json
import re

import spacy

from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.selection import Selection

# What the recogniser finds in translations, and how surely.
NAMES = {
    "Petrobras": ("ORG", 0.9),
    "Maputo": ("LOC", 0.8),
    "António Guterres": ("PER", 0.6),
    "Brasília": ("LOC", 0.4),
    "Teresa": ("LOC", 0.5),  # wrong
    "Porto Alegre": ("LOC", 0.95),
    "<b>Lisboa</b>": ("LOC", 0.3),
    "Nowhere": ("LOC", 0.7),  # has no counterpart
}
TEXTS = [
    ("A Petrobras abriu um escritório em Maputo.", "Petrobras opened an office in Maputo."),
    (
        "O presidente recebeu António Guterres em Brasília.",
        "The president received António Guterres in Brasília.",
    ),
    ("Bom dia, Teresa! 😀 Tudo bem?", "Good morning, Teresa! 😀 All well?"),
    ("A reunião será em Porto Alegre.", "The meeting will be in Porto Alegre."),
    ("Chove muito.", "It rains a lot."),
    (
        "Veja <img src=x onerror=alert(1)> em <b>Lisboa</b> \u202eabc",
        "See <img src=x onerror=alert(1)> in <b>Lisboa</b> and Nowhere",
    ),
]


def annotator(texts):
    return [
        [
            (found.start(), found.end(), label, score)
            for name, (label, score) in NAMES.items()
            for found in re.finditer(re.escape(name), text)
        ]
        for text in texts
    ]


def make_silver(folder, texts=TEXTS, split_rate=0.0, shard_size=3):
    """RETURNS: The folder of a finished build."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"text": text, "translation": other}) for text, other in texts]
    (folder / "texts.jsonl").write_text("\n".join(lines), encoding="utf8")
    nlp = spacy.blank("pt")
    aligner = {"@xl_aligners": "xlner.ExactWords.v1"}
    translator = {"@xl_translators": "xlner.Apertium.v1"}  # not asked: all texts are translated
    component = nlp.add_pipe(
        "xl_projector", config={"aligner": aligner, "own_voice": False, "translator": translator}
    )
    component.use(annotator=annotator)
    build(
        [folder / "texts.jsonl"],
        folder / "silver",
        nlp,
        BuildOptions(shard_size=shard_size),
        Selection(dev_rate=split_rate),
    )
    return folder / "silver"
