"""`xlner sources`: which source languages suit a target, without labels."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .options import Code, Debug, GpuId, Quiet, RequiredLang

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from ..ranking.ranked import Ranking, Source

# Source languages that --source-lang names in the end, at the most.
NAMED = 3
_STATES = {
    "given": "with the texts",
    "now": "now",
    "install": "install",
    "download": "Hub",
}


def sources(
    lang: RequiredLang,
    texts: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEXTS]",
            help="Texts of the language, as of `xlner project`: .txt, .jsonl or .spacy, - for input.",
        ),
    ] = None,
    source_lang: Annotated[
        list[str] | None,
        typer.Option(
            "--source-lang",
            help="Rank these alone; may be given several times. Default: the languages of the "
            "sentences that come with the package, and those that the texts have translations into.",
        ),
    ] = None,
    source_texts: Annotated[
        list[str] | None,
        typer.Option(
            "--source-texts",
            metavar="LANG=FILE",
            help="Compare the sentences of this file; may be given several times.",
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="Rows of the table.")] = 10,
    project: Annotated[
        int,
        typer.Option(
            "--project", min=0, help="Project from at most so many sources to see how they agree."
        ),
    ] = 4,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Read the first N texts.")] = 100,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .json file with all sources.")
    ] = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Rank the source languages for a target language, without labels and without a network.

    First come those that can be used at once. Likeness: the share of the nearest neighbours of 25
    sentences, to the embedded encoder. Agreement: the F1 that projection is expected to have, by a vote
    of at least three (sources, and the recogniser on the texts themselves).
    """
    from ..files import check_place, write_json
    from ..ranking.ranked import rank_sources
    from ..text.languages import check_language, check_sources

    target = check_language(lang)
    files = _files(source_texts or [])
    if output is not None:
        check_place(output, texts, *files.values())
    docs = _read(texts, target, limit) if texts is not None else []
    ranking = rank_sources(
        target,
        docs,
        source_langs=check_sources(source_lang, target) if source_lang else (),
        source_texts={code: _sentences(file, code, limit) for code, file in files.items()},
        project=project,
        quiet=quiet,
    )
    if output is not None:
        write_json(output, _record(target, ranking))
    _show(target, ranking, n)
    for note in ranking.notes:
        print(note, file=sys.stderr)


def _files(values: list[str]) -> dict[str, Path]:
    from ..text.languages import check_language

    found: dict[str, Path] = {}
    for value in values:
        lang, _, file = value.partition("=")
        if not (lang and file):
            raise InputError(
                f"--source-texts {value!r} names no language and file.",
                hint="Write --source-texts en=FILE",
            )
        if check_language(lang) in found:
            raise InputError(
                f"--source-texts: there are two files for {lang!r}.", hint="Give one for each."
            )
        found[check_language(lang)] = Path(file)
    return found


def _read(path: str, lang: str, limit: int) -> list[Doc]:
    """The first texts of a file that have a word in them."""
    from ..corpus.texts import read_docs
    from ..text.languages import blank
    from ..text.segments import has_words

    docs = read_docs(path, blank(lang), "en")
    found = list(islice((doc for doc in docs if has_words(doc.text)), limit))
    if not found:
        raise InputError(f"{path} has no text with a word in it.")
    return found


def _sentences(path: Path, lang: str, limit: int) -> list[str]:
    from ..ranking.ranked import sentences_of

    return sentences_of(_read(str(path), lang, limit), lang)


def _record(target: str, ranking: Ranking) -> dict[str, Any]:
    from ..about import __version__

    return {
        "lang": target,
        "sentences": ranking.sentences,
        "vote": ranking.vote._asdict() if ranking.vote else None,
        "notes": ranking.notes,
        "sources": [source.as_record() for source in ranking.sources],
        "version": __version__,
    }


def _show(target: str, ranking: Ranking, n: int) -> None:
    from wasabi import table

    from ..pipeline.defaults import choose_annotator

    shown = ranking.sources[:n]
    rows = [
        (
            str(rank),
            source.lang,
            _figure(source.likeness),
            _figure(source.agreement),
            _STATES[source.state],
            "" if source.state == "given" else source.route.how or source.route.description,
        )
        for rank, source in enumerate(shown, 1)
    ]
    header = ("", "source", "likeness", "agreement", "usable", "translator")
    print(
        table(
            rows,
            header=header,
            divider=True,
            aligns=("r", "l", "r", "r", "l", "l"),
            max_col=60,
        )
    )
    if len(ranking.sources) > n:
        print(f"{len(ranking.sources) - n} more: -n {len(ranking.sources)}, or --output FILE.json")
    print(f"Entities are found by: {choose_annotator(*(s.lang for s in shown)).description}")
    print(_advice(target, ranking.sources))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _advice(target: str, ranked: list[Source]) -> str:
    """The options to copy."""
    usable = [source.lang for source in ranked if source.state in ("given", "now")][:NAMED]
    if usable:
        options = " ".join(f"--source-lang {lang}" for lang in usable)
        return f"To use what can be used at once: --lang {target} {options}"
    best = ranked[0]
    if best.state == "install":
        return (
            f"Nothing translates {target} here yet. For {best.lang}: {best.route.how}, "
            f"then: --lang {target} --source-lang {best.lang}"
        )
    return (
        f"Nothing translates {target} here yet. With a network: --lang {target} "
        f"--source-lang {best.lang} ({best.route.description})"
    )
