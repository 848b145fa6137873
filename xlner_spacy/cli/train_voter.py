"""`xlner train-voter`: how far each voter can be trusted, from texts without labels."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import (
    Code,
    Debug,
    GpuId,
    Lang,
    PipelineConfig,
    Quiet,
    SourceLangs,
)
from .options import overrides as given_overrides
from .project import for_new_matching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..solving.bayesian import Habits


def train_voter(
    ctx: typer.Context,
    texts: Annotated[
        str,
        typer.Argument(
            metavar="TEXTS", help="As of `xlner project`: .txt, .jsonl or .spacy, - for input."
        ),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    lang: Lang = None,
    source_lang: SourceLangs = None,
    config: PipelineConfig = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            min=2,
            help="Remove the poorest voters until so many are left, and learn again.",
        ),
    ] = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn, without labels, how often each translation or member of an ensemble is right.

    There must be three voters at least: `en`, `de`, ... for translations, `the text itself`, or the
    names of members. In the pipeline's config: voter = {"@xl_voters": "xlner.BEA.v1", "model": "OUT"}.
    """
    habits = learn_from_file(
        texts,
        output,
        lang=lang,
        source_langs=source_lang,
        config=config,
        keep=keep,
        overrides=given_overrides(ctx),
        progress=not quiet,
    )
    print(f"Wrote {output}. {_summary(habits)}", file=sys.stderr)


def learn_from_file(
    texts: str,
    output: Path,
    *,
    lang: str | None,
    source_langs: Sequence[str] | None = None,
    config: Path | None = None,
    keep: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> Habits:
    """Take texts through a pipeline, learn from the ballots on them and write what was learnt.

    RAISES: InputError if a file cannot be used, the pipeline has no component that lets voters
        decide, or there are fewer than three voters; SetupError.
    """
    from tqdm import tqdm

    from ..corpus.texts import STANDARD, read_docs
    from ..files import check_place, existing
    from ..pipeline.component import go_on_after_failures
    from ..pipeline.loading import load, source_langs_of
    from ..pipeline.polls import listen_to_polls
    from ..solving.bayesian import learn
    from ..voters.bea import write_habits

    if texts != STANDARD:
        existing(Path(texts))
    check_place(output, texts, config)
    nlp = load(config, lang=lang, source_langs=source_langs, overrides=overrides)
    polls = listen_to_polls(nlp)
    go_on_after_failures(nlp)
    docs = map(for_new_matching, read_docs(texts, nlp, source_langs_of(nlp)[0]))
    for _ in tqdm(nlp.pipe(docs, batch_size=64), unit="text", disable=not progress):
        pass
    habits = learn(polls, keep)
    write_habits(output, habits)
    return habits


def _summary(habits: Habits) -> str:
    """How often each voter gives an entity its label, as the mean of all labels."""
    parts = []
    for who, own in habits.voters.items():
        rates = (own / own.sum(axis=1, keepdims=True)).diagonal()[1:]
        note = ", removed" if who in habits.removed else ""
        parts.append(f"{who} {rates.mean():.2f}{note}")
    return f"How often each gives an entity its label: {'; '.join(parts)}."
