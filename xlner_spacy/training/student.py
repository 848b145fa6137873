"""A student that `spacy train` trains in this process, on a config that it is given the corpora of."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from configparser import InterpolationError
from pathlib import Path
from typing import IO

from catalogue import RegistryError
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config

from ..errors import InputError
from ..text.languages import blank

_TRAIN = "${paths.train}"


def student_name(config: Config, source: str) -> str:
    """The name of the `xl_ner` that a config trains.

    source (str): Whose config it is, for errors.
    RAISES: InputError if there is none, or the config does not read paths.train.
    """
    components = config.get("components", {})
    pipeline = config.get("nlp", {}).get("pipeline", [])
    found = [n for n in pipeline if components.get(n, {}).get("factory") == "xl_ner"]
    if not found:
        raise InputError(
            f"{source} trains no xl_ner, which learns from probabilities (its pipeline: "
            f"{', '.join(pipeline) or 'empty'}).",
            hint="Take configs/ner_student.cfg, or a config with that component.",
        )
    if _TRAIN not in config.to_str():
        raise InputError(
            f"{source} does not read paths.train, which is where the labelled texts are put.",
            hint=f"In its [corpora.train]: path = {_TRAIN}",
        )
    return str(found[0])


def with_corpora(
    config: Config,
    *,
    lang: str,
    train: Sequence[Path],
    dev: Path,
    texts: Sequence[Path],
    labels: Sequence[str],
    source: str,
) -> Config:
    """The config of a student of a language: where its texts are, and which labels it has.

    lang (str): The language of the texts.
    train, dev, texts: Corpora; `dev` and `texts` where the config leaves paths.dev and paths.raw open.
    labels: Those that the student is to have.
    RAISES: InputError if the config names other labels.
    """
    name = student_name(config, source)
    config = config.copy()
    config["nlp"]["lang"] = blank(lang).lang
    paths = config.setdefault("paths", {})
    paths["train"] = _as_setting(train)
    for key, default in (("dev", [dev]), ("raw", texts)):
        if key in paths and paths[key] is None:
            paths[key] = _as_setting(default)
    block = config.setdefault("initialize", {}).setdefault("components", {}).setdefault(name, {})
    given = block.setdefault("labels", sorted(labels))
    if isinstance(given, list) and set(given) != set(labels):
        raise InputError(
            f"{source} names the labels {', '.join(sorted(given))} for {name}; the texts are labelled with "
            f"{', '.join(sorted(labels))}.",
            hint="Take the setting out of [initialize.components], or let the labels be the same.",
        )
    return config


def _as_setting(paths: Sequence[Path]) -> str | list[str]:
    """One path as such, for readers that take no list."""
    found = [str(path) for path in paths]
    return found[0] if len(found) == 1 else found


def train_student(
    config: Config, output: Path, *, source: str, gpu_id: int = -1, progress: bool = False
) -> Path:
    """Train as `spacy train` does. What an earlier run has left in the folder is replaced.

    output: Gets model-last and model-best.
    source (str): Whose config it is, for errors.
    gpu_id (int): The GPU that is used already, by `models.hub.use_gpu`; -1: none.
    progress (bool): Show spaCy's table.
    RETURNS: model-last.
    RAISES: InputError if the config cannot be used.
    """
    shown: dict[str, IO] = {"stdout": sys.stderr if progress else io.StringIO()}
    if not progress:
        shown["stderr"] = io.StringIO()
    try:
        nlp = init_nlp(config, use_gpu=gpu_id)
    except (RegistryError, InterpolationError, ValueError) as error:
        raise InputError(
            f"{source} cannot be trained: {error}",
            hint=f"What it lacks: python -m spacy init fill-config {source} complete.cfg",
        ) from error
    train(nlp, output, use_gpu=gpu_id, **shown)
    return output / "model-last"
