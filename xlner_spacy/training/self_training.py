"""Self-training: a pipeline labels texts, a student learns from them and labels them anew.

After Scudder 1965 and Yarowsky 1995. Every round trains a new student, from the config, on the probabilities of
the tokens and not on labels, as in the 'noisy student' of Xie et al. 2020. No gold label is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..corpus.gold import read_gold
from ..corpus.labels import LabelMap
from ..errors import InputError
from ..files import existing
from ..settings import check_setting, is_number, is_whole
from ..silver.build_options import BuildOptions
from ..silver.builder import build
from ..silver.corpus_files import corpus_files
from ..silver.label_changes import changed_share, labels_of, labels_of_build
from ..silver.manifest import local_models, versions
from ..silver.selection import Selection
from ..text.languages import blank
from .rounds_folder import Journal, open_rounds
from .student import student_name, train_student, with_corpora


@dataclass(frozen=True)
class Plan:
    """What is trained on what.

    start (str): The pipeline that labels the texts first: a package, a folder or a .cfg.
    texts: Files of the target language; labels in them are not used.
    lang (str): Their language, in its standard form.
    config (Config): Of training, not interpolated, with an `xl_ner`.
    source (str): Where the config comes from, for errors.
    train: Labelled corpora that are learnt from beside the texts.
    rounds (int): How often a student is trained, at the most.
    keep_above (float): Words of an entity that is less probable are not learnt from.
    stop_below (float): End when a smaller share of the tokens has got another label.
    dev (float): The share of the texts that is not trained on; the student is calibrated by it.
    labels: Label map of what `start` finds; None: labels stay as they are.

    RAISES: SetupError for values out of range; InputError if the config trains no `xl_ner`.
    """

    start: str
    texts: Sequence[Path]
    lang: str
    config: Config
    source: str
    train: Sequence[Path] = ()
    rounds: int = 2
    keep_above: float = 0.0
    stop_below: float = 0.001
    dev: float = 0.1
    labels: LabelMap | None = None

    def __post_init__(self) -> None:
        usable = is_whole(self.rounds) and self.rounds > 0
        check_setting("self-train", "rounds", self.rounds, usable, "a whole number from 1 on")
        for name in ("keep_above", "stop_below", "dev"):
            value = getattr(self, name)
            usable = is_number(value) and 0 <= value <= 1
            check_setting("self-train", name, value, usable, "between 0 and 1")
        student_name(self.config, self.source)

    def settings(self, code: Path | None) -> dict[str, Any]:
        """All that the models depend on. (The number of rounds may grow.)"""
        given = {
            "start": self.start,
            "texts": [str(path) for path in self.texts],
            "train": [str(path) for path in self.train],
            "config": dict(self.config),
        }
        return {
            **given,
            "lang": self.lang,
            "keep_above": self.keep_above,
            "dev": self.dev,
            "labels": dict(self.labels) if self.labels else None,
            "local_models": local_models([given, str(code) if code else None]),
            "versions": versions(given["config"]),
        }


@dataclass(frozen=True)
class Round:
    """What the labels of a round were.

    number (int): From 1 on.
    texts (dict): How many were read, left out for which reason, and are in train and dev.
    train, dev (dict): Entities of each label.
    changed (float): The share of the tokens whose label is not that of the round before; None in the first.
    trained (bool): Whether a student learns from them, or so little has changed that it ends here.
    """

    number: int
    texts: Mapping[str, int]
    train: Mapping[str, int]
    dev: Mapping[str, int]
    changed: float | None
    trained: bool = True


def self_train(
    plan: Plan,
    output: Path,
    *,
    code: Path | None = None,
    gpu_id: int = -1,
    progress: bool = False,
    report: Callable[[Round], object] = lambda done: None,
) -> Path:
    """Train in rounds, or go on with rounds that were interrupted.

    output: The folder; it must be new, or of the same plan. It gets round-1/silver, round-1/model-last, ..., and
        `model`, the last of them.
    code: A Python file with functions that a config names.
    gpu_id, progress: As of `train_student`.
    report: Is called with each round when its texts are labelled, with those of earlier runs first.
    RETURNS: The folder of the last model.
    RAISES: InputError for bad input, or a folder of other rounds; SetupError; BackendError.
    """
    files = [existing(path) for path in corpus_files(plan.texts)]
    corpora = [file for file in corpus_files(plan.train) if existing(file)]
    with open_rounds(output, plan.settings(code)) as journal:
        if len(journal.rounds) > plan.rounds:
            raise InputError(
                f"{output} has {len(journal.rounds)} rounds already; {plan.rounds} are asked for.",
                hint=f"Take the model of {journal.folder(plan.rounds)}, or name a new folder.",
            )
        for done in journal.rounds:
            report(Round(**done))
        for number in range(len(journal.rounds) + 1, plan.rounds + 1):
            labelled = _label(plan, files, journal, number, progress)
            report(labelled)
            if not labelled.trained:
                break
            config = _config(plan, files, corpora, journal.silver(number))
            train_student(
                config,
                journal.folder(number),
                source=plan.source,
                gpu_id=gpu_id,
                progress=progress,
            )
            journal.add(asdict(labelled))
        return journal.publish()


def _label(
    plan: Plan, files: Sequence[Path], journal: Journal, number: int, progress: bool
) -> Round:
    """Let the last pipeline label the texts. RETURNS: Its `trained` says whether to learn from them."""
    first = number == 1
    nlp = blank(plan.lang)
    name, teacher = ("start", plan.start) if first else journal.last()
    settings = {"target_lang": plan.lang, "teachers": {name: teacher}}
    nlp.add_pipe("xl_teachers", config={**settings, "labels": plan.labels if first else None})
    silver = journal.silver(number)
    selection = Selection(min_confidence=plan.keep_above, below="missing", dev_rate=plan.dev)
    counts = build(files, silver, nlp, BuildOptions("teach"), selection, progress=progress)[
        "counts"
    ]
    changed = None if first else changed_share(journal.silver(number - 1), silver)
    goes_on = changed is None or changed >= plan.stop_below
    found = Round(number, counts["texts"], counts["train"], counts["dev"], changed, goes_on)
    _check_usable(plan, found, teacher)
    return found


def _check_usable(plan: Plan, found: Round, teacher: str) -> None:
    names = ", ".join(map(str, plan.texts))
    if not found.train and not plan.train:
        raise InputError(
            f"{teacher} found no entity in the texts of {names} that are trained on "
            f"({found.texts.get('train', 0)} of {found.texts['read']}): nothing to learn.",
            hint="Give more texts, a lower --keep-above, or another pipeline to start with.",
        )
    paths = plan.config.get("paths", {})
    if not found.texts.get("dev") and "dev" in paths and paths["dev"] is None:
        raise InputError(
            f"None of the {found.texts['read']} texts of {names} is for dev, which training needs.",
            hint="Give more texts, a larger --dev (with a new folder), or a corpus: --paths.dev FILE",
        )


def _config(plan: Plan, files: Sequence[Path], corpora: Sequence[Path], silver: Path) -> Config:
    """The config of a round."""
    labels = labels_of_build(silver)
    reader = plan.config.interpolate().get("corpora", {}).get("train", {})
    for file in corpora:
        docs = read_gold(file, blank(plan.lang), plan.lang, reader.get("labels"))
        strange = sorted(labels_of(docs) - labels)
        if strange:
            raise InputError(
                f"{file} has the labels {', '.join(strange)}, which are not among those of {plan.start} "
                f"({', '.join(sorted(labels))}).",
                hint="Leave them out or rename them, and keep the others: --corpora.train.labels "
                '\'{"PER": "PER", "MISC": ""}\'',
            )
    train = [silver / "train"] if any((silver / "train").glob("*.spacy")) else []
    return with_corpora(
        plan.config,
        lang=plan.lang,
        train=[*train, *plan.train],
        dev=silver / "dev",
        texts=files,
        labels=sorted(labels),
        source=plan.source,
    )
