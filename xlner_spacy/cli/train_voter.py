"""`xlner train-voter`: how far each voter can be trusted, from texts without or with labels."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .options import (
    Code,
    Debug,
    GpuId,
    Labels,
    Lang,
    PipelineConfig,
    Quiet,
    SourceLangs,
    split_labels,
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
            metavar="TEXTS",
            help="As of `xlner project`: .txt, .jsonl or .spacy, - for input. With --gold: as of "
            "`xlner evaluate model`.",
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
    gold: Annotated[
        bool,
        typer.Option(
            "--gold", help="TEXTS have labels: write a weight for each voter by its F1 on them."
        ),
    ] = False,
    labels: Labels = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn how far each translation or member of an ensemble can be trusted.

    Voters are `en`, `de`, ... for translations, `the text itself`, or the names of members. Without
    labels there must be three at least, and OUT is what they are found to say of entities: in the
    pipeline's config, voter = {"@xl_voters": "xlner.BEA.v1", "model": "OUT"}. With --gold, OUT is an
    object for the setting `weights`, which all voters (`@xl_voters`) go by.
    """
    given = given_overrides(ctx)
    if gold:
        if keep is not None:
            raise InputError("--keep and --gold do not go together: weights remove nobody.")
        f1, n_texts = weights_from_file(
            texts,
            output,
            lang=lang,
            source_langs=source_lang,
            config=config,
            labels=split_labels(labels),
            overrides=given,
            progress=not quiet,
        )
        found = "; ".join(f"{who} {own:.3f}" for who, own in f1.items())
        print(f"Wrote {output}. F1 of each alone on {n_texts} texts: {found}.", file=sys.stderr)
        return
    if labels is not None:
        raise InputError("--labels says which labels of gold are scored: give --gold too.")
    habits = learn_from_file(
        texts,
        output,
        lang=lang,
        source_langs=source_lang,
        config=config,
        keep=keep,
        overrides=given,
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
    from ..corpus.texts import STANDARD, read_docs
    from ..files import check_place, existing
    from ..pipeline.component import go_on_after_failures
    from ..pipeline.loading import load, source_langs_of
    from ..pipeline.polls import polls_on
    from ..solving.bayesian import learn
    from ..voters.bea import write_habits

    if texts != STANDARD:
        existing(Path(texts))
    check_place(output, texts, config)
    nlp = load(config, lang=lang, source_langs=source_langs, overrides=overrides)
    go_on_after_failures(nlp)
    docs = map(for_new_matching, read_docs(texts, nlp, source_langs_of(nlp)[0]))
    polls = polls_on(nlp, docs, quiet=not progress)
    if not polls:
        raise InputError(f"{texts}: there is no text to learn from.")
    habits = learn(polls, keep)
    write_habits(output, habits)
    return habits


def weights_from_file(
    gold: str,
    output: Path,
    *,
    lang: str | None,
    source_langs: Sequence[str] | None = None,
    config: Path | None = None,
    labels: list[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> tuple[dict[str, float], int]:
    """Take labelled texts through a pipeline, and write a weight for each voter by its F1.

    RETURNS: F1 of each voter, and the number of texts.
    RAISES: InputError if a file cannot be used, the pipeline has no component that lets voters
        decide, or nobody has found anything; BackendError if a text failed; SetupError.
    """
    from ..corpus.gold import read_gold
    from ..evaluation.voter_weights import ENOUGH, ask_gold, f1_of_each, weights_of
    from ..files import check_place, existing, write_json
    from ..pipeline.loading import load

    existing(Path(gold))
    check_place(output, gold, config)
    nlp = load(config, lang=lang, source_langs=source_langs, overrides=overrides)
    docs = read_gold(gold, nlp, lang or nlp.lang or "xx")
    asked = ask_gold(nlp, docs, quiet=not progress)
    f1 = f1_of_each(asked, labels)
    write_json(output, weights_of(f1))
    if len(asked.gold) < ENOUGH:
        print(
            f"Warning: {gold} has {len(asked.gold)} labelled texts; below {ENOUGH} the order of "
            "the voters is little more than chance.",
            file=sys.stderr,
        )
    return f1, len(asked.gold)


def _summary(habits: Habits) -> str:
    """How often each voter gives an entity its label, as the mean of all labels."""
    parts = []
    for who, rate in habits.rates().items():
        note = ", removed" if who in habits.removed else ""
        parts.append(f"{who} {rate:.2f}{note}")
    return f"How often each gives an entity its label: {'; '.join(parts)}."
