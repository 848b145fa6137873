"""Whether teachers find the same in a text and in its translation: consistency, and weakness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from xlner_spacy.corpus.conll import GoldSentence
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.consistency import Side, compare_sides
from xlner_spacy.evaluation.projection import read_parallel
from xlner_spacy.evaluation.sources import among

from ..cells import Cell, Record
from ..places import find
from .heads import distributions, entities, tagged
from .targets import Found, polls_of, vote
from .teachers import Subset, heads_in, names_of
from .texts import Texts, texts_in

SOURCE = "en"


def compared(
    seed: int,
    heads: Cell,
    texts: Mapping[str, Cell],
    files: Mapping[str, str],
    subsets: Sequence[Subset],
) -> Cell:
    """Compare what teachers find in English with what they find in its translations: one alone, or the vote of several.

    texts: The first sentences of the parallel files, by language, English among them.
    files: The parallel files themselves.
    """
    settings = {"seed": seed, "files": dict(files), "subsets": [*map(list, subsets)]}
    make = partial(_compare, heads, texts, files, subsets)
    return Cell(f"consistency/{seed}", settings, make, [heads, *texts.values()])


def _compare(
    heads_cell: Cell,
    cells: Mapping[str, Cell],
    files: Mapping[str, str],
    subsets: Sequence[Subset],
    folder: Path,
) -> Record:
    heads = {own[0]: head for own, head in heads_in(heads_cell).items() if len(own) == 1}
    texts = {lang: texts_in(cell) for lang, cell in cells.items()}
    found = {lang: _found(heads, own, subsets) for lang, own in texts.items()}
    result: dict[str, Any] = {}
    for lang in texts:
        if lang == SOURCE:
            continue
        rows, _ = read_parallel(find(files[lang]), {SOURCE: find(files[SOURCE])})
        rows = rows[: len(texts[lang].texts)]
        sides = {SOURCE: [row.sources[SOURCE] for row in rows], lang: [row.target for row in rows]}
        for side, sentences in sides.items():
            _check(files[side], texts[side], sentences)
        result[lang] = {}
        for subset in tqdm(subsets, unit="subset", desc=lang, leave=False):
            source, target = (
                Side(side, own, [text.entities for text in texts[side].texts], found[side][subset])
                for side, own in sides.items()
            )
            result[lang][names_of(subset)] = compare_sides(source, target, rows)
    return {"figures": result}


def _check(file: str, texts: Texts, sentences: Sequence[GoldSentence]) -> None:
    if [text.words for text in texts.texts] != [sentence.words for sentence in sentences]:
        raise InputError(
            f"The first {len(texts.texts)} sentences of {file} are not those that have translations.",
            hint="Bring the parallel files into one order, without sentences that one of them lacks.",
        )


def _found(
    heads: Mapping[str, Any], texts: Texts, subsets: Sequence[Subset]
) -> dict[Subset, Found]:
    said = {name: distributions(head, texts) for name, head in heads.items()}
    polls = polls_of(heads, texts, said)
    return {
        own: vote(among(polls, own)) if len(own) > 1 else entities(tagged(said[own[0]], texts))
        for own in subsets
    }
