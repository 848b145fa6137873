"""`xlner evaluate alignment`: a pipeline's word aligner against gold links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from tqdm import tqdm

from ..about import __version__
from ..corpus.texts import decoded
from ..errors import InputError
from ..files import existing
from ..pipeline.component import StageComponent
from ..text.languages import check_language
from ..types import Aligner, Link

BATCH = 256
_LINK = re.compile(r"(\d+)([-?])(\d+)")

Point = tuple[int, int]


class GoldPair(NamedTuple):
    """A sentence pair and its links: `sure` ones, and `possible` ones, which include them."""

    source: list[str]
    target: list[str]
    sure: set[Point]
    possible: set[Point]


def evaluate_alignment(
    nlp: Language,
    gold_file: Path,
    source_lang: str,
    lang: str,
    *,
    weak: bool = False,
    limit: int | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Score the links of a pipeline's aligner (Och & Ney 2003, Computational Linguistics 29).

    nlp (Language): A pipeline with a component that aligns.
    gold_file (Path): Lines "source TAB target TAB links"; see `read_gold_links`.
    weak (bool): Whether links that the aligner marks as weak are counted, too.
    RETURNS (dict): `precision` (of the links found, those that are possible), `recall` (of the
        sure links, those that were found), `f1` of the two, `aer` = 1 - (|A & S| + |A & P|) /
        (|A| + |S|), `counts` and `settings`.
    RAISES: InputError if the file cannot be read or the pipeline aligns nothing.
    """
    source_lang, lang = check_language(source_lang), check_language(lang)
    aligner = _aligner(nlp)
    pairs = list(read_gold_links(gold_file))[:limit]
    if not pairs:
        raise InputError(f"{gold_file} has no sentence pairs.")
    found: list[set[Point]] = []
    with tqdm(total=len(pairs), unit="pair", disable=quiet) as bar:
        for start in range(0, len(pairs), BATCH):
            batch = pairs[start : start + BATCH]
            answers = aligner(
                [(pair.source, pair.target) for pair in batch],
                source_lang=source_lang,
                target_lang=lang,
            )
            of_batch = [[Link(*link) for link in links] for links in answers]
            found += [{link[:2] for link in links if weak or not link.weak} for links in of_batch]
            bar.update(len(batch))
    return {
        **_figures(pairs, found),
        "settings": {
            "task": "alignment",
            "gold": str(gold_file),
            "source_lang": source_lang,
            "lang": lang,
            "weak": weak,
            "version": __version__,
            "components": dict(nlp.config["components"]),
        },
    }


def read_gold_links(file: Path) -> Iterator[GoldPair]:
    """Sentence pairs with gold links, from lines of three columns: source and target, words
    separated by blanks, and links "0-0 1-2 3?4", counted from 0; "?" marks a possible link.

    RAISES: InputError that names the line.
    """
    with existing(file).open("rb") as lines:
        for number, line in enumerate(decoded(lines, str(file)), 1):
            if line.strip():
                yield _pair(line.rstrip("\r\n"), f"{file}, line {number}")


def _pair(line: str, where: str) -> GoldPair:
    columns = line.split("\t")
    if len(columns) != 3:
        raise InputError(
            f"{where}: {len(columns)} columns, expected 3.",
            hint="Expected: source TAB target TAB links such as 0-0 1-2",
        )
    source, target = columns[0].split(), columns[1].split()
    sure, possible = set(), set()
    for item in columns[2].split():
        match = _LINK.fullmatch(item)
        if match is None:
            raise InputError(f"{where}: {item!r} is not a link.", hint="Expected 0-0 or 0?0")
        link = int(match[1]), int(match[3])
        if link[0] >= len(source) or link[1] >= len(target):
            raise InputError(
                f"{where}: the link {item} lies outside the {len(source)} source and "
                f"{len(target)} target words.",
                hint="Words are counted from 0.",
            )
        possible.add(link)
        if match[2] == "-":
            sure.add(link)
    return GoldPair(source, target, sure, possible)


def _aligner(nlp: Language) -> Aligner:
    for _, component in nlp.pipeline:
        for stage in component.stages if isinstance(component, StageComponent) else ():
            aligner: Aligner | None = getattr(stage, "aligner", None)
            if aligner is not None:
                return aligner
    raise InputError(
        f"The pipeline has no component that aligns words ({', '.join(nlp.pipe_names)}).",
        hint="Add xl_projector or xl_aligner.",
    )


def _figures(pairs: Sequence[GoldPair], found: Sequence[set[Point]]) -> dict[str, Any]:
    n_found = sum(map(len, found))
    n_sure = sum(len(pair.sure) for pair in pairs)
    sure = sum(len(links & pair.sure) for links, pair in zip(found, pairs, strict=True))
    possible = sum(len(links & pair.possible) for links, pair in zip(found, pairs, strict=True))
    precision, recall = possible / max(n_found, 1), sure / max(n_sure, 1)
    aer = 1 - (sure + possible) / max(n_found + n_sure, 1)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
        "aer": round(aer, 4),
        "counts": {
            "pairs": len(pairs),
            "found": n_found,
            "sure": n_sure,
            "possible": sum(len(p.possible) for p in pairs),
        },
    }
