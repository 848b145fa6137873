"""`xlner train-melm`: a masked language model that writes names, for `xlner.MELM.v1`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, GpuId, Quiet, RequiredLang


def train_melm(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Labelled texts, or their folder.")],
    output: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write.")],
    lang: RequiredLang,
    model: Annotated[
        str, typer.Option("--model", help="A masked language model of the Hub, or a folder.")
    ] = "xlm-roberta-base",
    dev: Annotated[
        Path | None, typer.Option("--dev", help="Labelled texts that choose the best epoch.")
    ] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option("--label-map", help="PERSON=PER renames, ORG keeps, DATE= leaves out."),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the texts.")] = 20,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Texts between two steps.")] = 32,
    rate: Annotated[float, typer.Option("--rate", help="Learning rate.")] = 1e-5,
    mask_rate: Annotated[
        float, typer.Option("--mask-rate", help="Share of the pieces of entities that is masked.")
    ] = 0.7,
    seed: Annotated[int, typer.Option("--seed", help="Of masks and order.")] = 0,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fine-tune a masked language model on the entities of labelled texts (MELM).

    Run again after an interruption, it continues after the last whole epoch, with the same result.
    """
    from ..corpus.gold import read_gold
    from ..corpus.labels import parse_label_map
    from ..perturbations.labelled import Labelled
    from ..perturbations.on_docs import read_labels
    from ..silver.corpus_files import corpus_files
    from ..text.languages import blank, check_language
    from ..training.entity_lm_training import Schedule, train_entity_lm

    nlp = blank(check_language(lang))
    labels = parse_label_map(label_map or [])

    def texts(path: Path | None) -> Iterator[Labelled]:
        for file in corpus_files([path] if path is not None else []):
            yield from map(read_labels, read_gold(file, nlp, lang, labels))

    trained = train_entity_lm(
        texts(gold),
        output,
        model,
        Schedule(epochs, batch_size, rate, mask_rate, seed),
        texts(dev),
        progress=not quiet,
    )
    long = f" {trained.too_long} texts were too long." if trained.too_long else ""
    print(
        f"Wrote {output}: {trained.texts} texts, epoch {trained.best + 1} with a loss of "
        f"{trained.losses[trained.best]:.3f}.{long}",
        file=sys.stderr,
    )
