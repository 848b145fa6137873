"""`xlner pick`: the silver texts that look least foreign to an encoder."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, Limit, RequiredLang


def pick(
    silver: Annotated[
        Path, typer.Argument(help="Labelled texts of the target language: silver/x/train.")
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT.spacy", help="The file to write.")],
    pipeline: Annotated[
        str, typer.Option(help="One with xl_ner, trained with xlner.LanguageDiscriminator.v1.")
    ],
    source: Annotated[
        str, typer.Option(help="Texts of the source language: .txt, .jsonl, .spacy.")
    ],
    lang: RequiredLang,
    keep: Annotated[float, typer.Option(help="The share of the texts that is kept.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Of the discriminator.")] = 0,
    limit: Limit = None,
    debug: Debug = False,
) -> None:
    """Keep the texts whose language a discriminator can least tell by their vectors (AdvPicker).

    The discriminator learns from as many source texts as there are target texts, at most.
    """
    from spacy.tokens import DocBin

    from ..corpus.gold import read_gold
    from ..corpus.texts import read_docs
    from ..files import atomic_file, check_place, suffix_of
    from ..pipeline.loading import load_finder
    from ..settings import check_setting
    from ..silver.corpus_files import corpus_files
    from ..text.languages import blank
    from ..training import picking

    check_setting("xlner pick", "--keep", keep, 0 < keep <= 1, "above 0, at most 1")
    if suffix_of(output) != ".spacy":
        raise typer.BadParameter(f"{output}: the texts are written as a .spacy file, by that name.")
    check_place(output, silver, Path(source))
    nlp = blank(lang)
    docs = [doc for file in corpus_files([silver]) for doc in read_gold(file, nlp, lang)][:limit]
    sources = list(islice(read_docs(source, nlp, "xx"), len(docs)))
    found = picking.pick(load_finder(pipeline, None), sources, docs, keep, seed)
    kept = [doc for doc, good in zip(docs, found.kept, strict=True) if good]
    with atomic_file(output) as file:
        file.write(DocBin(docs=kept, store_user_data=True).to_bytes())
    n_told = sum(p > 0.5 for p in found.target)
    print(
        f"Wrote {output}: {len(kept)} of {len(docs)} texts. The discriminator takes {n_told} of all "
        f"for texts of the target language.",
        file=sys.stderr,
    )
