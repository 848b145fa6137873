"""`xlner self-train`: students that label the texts for the next ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .options import Code, Debug, GpuId, Quiet, RequiredLang, overrides, without_overrides

if TYPE_CHECKING:
    from ..training.self_training import Round

# Settings of the config that the command sets itself: what to give instead.
_OURS = {"paths.train": "--train FILE", "nlp.lang": "--lang"}


def self_train(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="CONFIG TEXTS...",
            help="A config of training, such as configs/ner_student.cfg, and texts of the language; "
            "labels in them are not used.",
        ),
    ],
    start: Annotated[
        str,
        typer.Option(
            "--start",
            metavar="PIPELINE",
            help="Labels the texts first: a package, a folder or a .cfg.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    lang: RequiredLang,
    rounds: Annotated[int, typer.Option("--rounds", help="How many students, at the most.")] = 2,
    train: Annotated[
        list[Path] | None,
        typer.Option(
            "--train",
            help="A labelled corpus to learn from beside the texts, gold or silver; may be given "
            "several times.",
        ),
    ] = None,
    keep_above: Annotated[
        float,
        typer.Option(
            "--keep-above", help="Words of entities that are less probable are not learnt from."
        ),
    ] = 0.0,
    stop_below: Annotated[
        float,
        typer.Option(
            "--stop-below", help="End when a smaller share of the tokens has got another label."
        ),
    ] = 0.001,
    dev: Annotated[float, typer.Option("--dev", help="Share of the texts for dev, by hash.")] = 0.1,
    label_map: Annotated[
        list[str] | None,
        typer.Option(
            "--label-map",
            help="Of what --start finds: PERSON=PER renames, ORG keeps, DATE= leaves out.",
        ),
    ] = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train in rounds on texts without labels: a pipeline labels them, a student learns from the probabilities,
    and labels them for the next student.

    The last student is OUTPUT/model. Settings of the config: --training.max_steps 100. Run again after an
    interruption, it continues where it stopped; only the training of a student begins again.
    """
    from ..corpus.labels import parse_label_map
    from ..pipeline.loading import read_config
    from ..text.languages import check_language
    from ..training.self_training import Plan
    from ..training.self_training import self_train as train_in_rounds

    given = [Path(path) for path in without_overrides(ctx, paths)]
    if len(given) < 2:
        raise typer.BadParameter("Give a config of training, and at least one file of texts.")
    config, *inputs = given
    changes = overrides(ctx)
    _check_changes(changes)
    plan = Plan(
        start,
        inputs,
        check_language(lang),
        read_config(config, overrides=changes),
        str(config),
        train or [],
        rounds,
        keep_above,
        stop_below,
        dev,
        parse_label_map(label_map or []),
    )

    def report(done: Round) -> None:
        print(summary(done, stop_below), file=sys.stderr)

    device = -1 if gpu_id is None else gpu_id
    try:
        model = train_in_rounds(
            plan, output, code=code, gpu_id=device, progress=not quiet, report=report
        )
    except KeyboardInterrupt:
        print("\nStopped. The same command continues where it stopped.", file=sys.stderr)
        raise
    print(f"Wrote {model}.", file=sys.stderr)


def _check_changes(changes: dict[str, Any]) -> None:
    """RAISES: InputError for a setting that the command sets itself."""
    for name, option in _OURS.items():
        if name in changes:
            raise InputError(f"--{name} is set by self-train.", hint=f"Give {option} instead.")


def summary(done: Round, stop_below: float) -> str:
    """A line on the labels of a round."""
    found = ", ".join(f"{count} {label}" for label, count in done.train.items()) or "no entities"
    line = (
        f"Round {done.number}: {done.texts['read']} texts, {done.texts.get('train', 0)} to train on "
        f"({found}), {done.texts.get('dev', 0)} for dev"
    )
    if done.changed is None:
        return f"{line}."
    line += f"; {done.changed:.2%} of the tokens have another label than in the round before"
    if done.trained:
        return f"{line}."
    return f"{line}, less than {stop_below:.2%} (--stop-below): no student is trained on it."
