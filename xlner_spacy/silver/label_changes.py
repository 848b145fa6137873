"""What two builds of the same texts say differently, and which labels a build knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import spacy
from spacy.tokens import Doc

from ..corpus.texts import read_docbin
from ..document.teacher import TEACHER, teacher_of
from ..text.memory import memory_zone
from .manifest import read_manifest
from .shards import SPLITS


def changed_share(before: Path, after: Path) -> float:
    """The share of the tokens that have another label (B-PER, I-PER, O, ...) in `after`, of those in texts that
    both builds have; 1 if they have none in common.

    before, after: Folders of builds with the same inputs and size of shards.
    RAISES: InputError if one is no such folder.
    """
    for folder in (before, after):
        read_manifest(folder)
    tokens = changed = 0
    for old, new in _pairs(before, after):
        tokens += len(new)
        changed += sum(one != other for one, other in zip(_tags(old), _tags(new), strict=True))
    return changed / tokens if tokens else 1.0


def _pairs(before: Path, after: Path) -> Iterator[tuple[Doc, Doc]]:
    """The texts that both have, shard by shard: a text lies in the shard of the same name."""
    nlp = spacy.blank("xx")
    for split in SPLITS:
        for file in sorted((after / split).glob("*.spacy")):
            other = before / split / file.name
            if not other.is_file():
                continue
            with memory_zone(nlp):
                known = {_words(doc): doc for doc in read_docbin(other, nlp)}
                for doc in read_docbin(file, nlp):
                    if _words(doc) in known:
                        yield known[_words(doc)], doc


def _words(doc: Doc) -> tuple[str, ...]:
    return tuple(token.text for token in doc)


def _tags(doc: Doc) -> list[tuple[str, str]]:
    return [(token.ent_iob_, token.ent_type_) for token in doc]


def labels_of_build(folder: Path) -> set[str]:
    """All labels that the texts of a build have, or that its teachers know."""
    nlp = spacy.blank("xx")
    found: set[str] = set()
    for split in SPLITS:
        for file in sorted((folder / split).glob("*.spacy")):
            with memory_zone(nlp):
                found |= labels_of(read_docbin(file, nlp))
    return found


def labels_of(docs: Iterable[Doc]) -> set[str]:
    """All labels of the entities of training texts, and of what teachers believe of their tokens."""
    found: set[str] = set()
    for doc in docs:
        found.update(ent.label_ for ent in doc.ents)
        if TEACHER in doc.spans:
            names, _, _ = teacher_of(doc)
            found.update(name[2:] for name in names if name != "O")
    return found
