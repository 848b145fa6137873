"""`xlner benchmark compare`: any methods on any corpora, each shared step done once."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue import RegistryError
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import load_model_from_config
from thinc.api import Config, ConfigValidationError

from ..about import __version__
from ..configs import for_languages
from ..corpus.conll import GoldSentence
from ..corpus.detokenize import to_doc
from ..corpus.manifest import write_json
from ..errors import InputError, XlnerError
from ..pipeline.base import StageComponent, go_on_after_failures
from ..pipeline.stages import Stage
from .corpora import Corpus
from .metrics import losses, only, score, token_entities
from .model import interval
from .run import given_pair

logger = logging.getLogger(__name__)

TASKS = ("projection", "translate-test")
BATCH = 128
# Components that have no work where gold translations and entities are given.
_NOT_FOR_PROJECTION = ("xl_translator", "xl_source")

Row = dict[str, Any]
Report = Callable[[str], None]


def compare(
    configs: Sequence[Path],
    corpora: Sequence[Corpus],
    folder: Path,
    *,
    task: str | None = None,
    labels: list[str] | None = None,
    limit: int | None = None,
    report: Report = logger.info,
) -> list[Row]:
    """Measure every method on every corpus.

    configs: Pipelines with components of this package; a method's name is its file's. The
        languages are those of the corpus, whatever the config says.
    corpora: See `find_corpora`.
    folder: Where `compare.json` is kept. What is in it already, of the same config and
        version, is not measured again.
    task: "projection" (gold source entities on gold translations) or "translate-test" (the
        texts alone). None: projection where the corpus is parallel.
    labels: Score these only.
    report: Gets a line before each measurement.
    RETURNS: A row for each corpus and method: `f1`, `precision`, `recall`, `interval`,
        `seconds` (of all its steps, shared ones too), or `error`: why it cannot run there.
    RAISES: InputError if a file cannot be read, or no method can run anywhere.
    """
    methods = _methods(configs)
    kept = folder / "compare.json"
    known = {json.dumps(row["key"]): row for row in _read(kept)}
    rows: list[Row] = []
    for corpus in corpora:
        bench: _Bench | None = None
        for name, config in methods.items():
            key = [name, _digest(config), corpus.name, task, labels, limit, __version__]
            row = known.get(json.dumps(key))
            if row is None:
                report(f"{corpus.name}: {name}")
                bench = bench or _Bench(corpus, task, labels, limit)
                row = {"key": key, "method": name, "corpus": corpus.name, **bench.measure(config)}
                known[json.dumps(key)] = row
                write_json(kept, {"rows": list(known.values())})
            rows.append(row)
    if rows and all("error" in row for row in rows):
        raise InputError(f"No method could run. The first says: {rows[0]['error']}")
    return rows


def _methods(configs: Sequence[Path]) -> dict[str, Config]:
    methods: dict[str, Config] = {}
    for path in configs:
        if path.stem in methods:
            raise InputError(f"Two configs are called {path.stem!r}.", hint="Rename one of them.")
        if not path.is_file():
            raise InputError(f"{path}: there is no such config file.")
        try:
            methods[path.stem] = Config().from_disk(path, interpolate=False)
        except ValueError as error:
            raise InputError(f"{path} is not a config in spaCy's format: {error}") from error
    return methods


def _read(file: Path) -> list[Row]:
    if not file.is_file():
        return []
    try:
        rows: list[Row] = json.loads(file.read_text(encoding="utf8"))["rows"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is not what this command wrote.", hint="Delete it.") from error
    return rows


def _digest(config: Config) -> str:
    return hashlib.sha256(config.to_bytes(interpolate=False)).hexdigest()[:12]


class _Bench:
    """A corpus, and the steps that were done on it."""

    def __init__(
        self, corpus: Corpus, task: str | None, labels: list[str] | None, limit: int | None
    ) -> None:
        self.corpus = corpus
        self.labels = labels
        self.sources, self.targets = corpus.read(limit)
        self.task = task or ("projection" if corpus.source_file else "translate-test")
        if self.task == "projection" and corpus.source_file is None:
            raise InputError(f"{corpus.name} has no source side: its task is translate-test.")
        self.gold = [only(s.entities, labels) for s in self.targets]
        self.shared = SharedSteps()

    def measure(self, config: Config) -> Row:
        """The figures of one method, or why it cannot be had."""
        try:
            nlp = _pipeline(config, self.corpus, self.task)
            docs = [self._doc(nlp, *pair) for pair in zip(self.sources, self.targets, strict=True)]
            seconds = self.shared.run(nlp, docs)
        except XlnerError as error:
            return {"error": str(error), "task": self.task}
        found = [only(token_entities(doc), self.labels) for doc in docs]
        result = score(found, self.gold)
        return {
            "task": self.task,
            "sentences": len(docs),
            **result,
            "interval": interval(found, self.gold),
            "losses": losses(docs),
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
        }

    def _doc(self, nlp: Language, source: GoldSentence | None, target: GoldSentence) -> Doc:
        lang = self.corpus.target_lang
        if self.task == "projection" and source is not None:
            return given_pair(nlp, source, target, self.corpus.source_lang, lang)
        return to_doc(nlp.vocab, target.words, target.text, lang)


def _pipeline(config: Config, corpus: Corpus, task: str) -> Language:
    """The pipeline of a config for the languages of a corpus."""
    config = for_languages(config, corpus.source_lang, corpus.target_lang)
    try:
        nlp = load_model_from_config(config, auto_fill=True)
    except (ConfigValidationError, RegistryError, TypeError, ValueError) as error:
        raise InputError(f"The config does not describe a pipeline: {error}") from error
    if task == "projection":
        for name in list(nlp.pipe_names):
            if nlp.get_pipe_meta(name).factory in _NOT_FOR_PROJECTION:
                nlp.disable_pipe(name)
    go_on_after_failures(nlp)
    return nlp


@dataclass
class _Step:
    """What a step left on the Docs, and the seconds that it took."""

    states: list[dict[str, Any]]
    seconds: float


@dataclass
class SharedSteps:
    """Runs pipelines on the same texts. A stage with the same settings, after stages with the
    same settings, is done once: texts are translated once, and aligned once by each aligner.
    (Sentences are encoded once because aligners of one model and layer share its encoder.)
    """

    done: dict[str, _Step] = field(default_factory=dict)

    def run(self, nlp: Language, docs: list[Doc]) -> dict[str, float]:
        """Take the Docs through the pipeline. RETURNS: Seconds of each stage."""
        seconds: dict[str, float] = {}
        past = ""
        for name, component in nlp.pipeline:
            if not isinstance(component, StageComponent):
                docs[:] = (
                    component.pipe(docs) if hasattr(component, "pipe") else map(component, docs)
                )
                past += f"|{name}"
                continue
            for stage in component.stages:
                past += "|" + _settings(nlp, name, component, stage)
                seconds[stage.name] = self._run_stage(component, stage, docs, past)
        return seconds

    def _run_stage(
        self, component: StageComponent, stage: Stage, docs: Sequence[Doc], key: str
    ) -> float:
        step = self.done.get(key)
        if step is not None and not stage.always:
            for doc, state in zip(docs, step.states, strict=True):
                doc.user_data.update(state)
            return step.seconds
        before = component.seconds[stage.name]
        for start in range(0, len(docs), BATCH):
            component.run_stage(stage, docs[start : start + BATCH])
        took = component.seconds[stage.name] - before
        if not stage.always:
            self.done[key] = _Step([_state(doc) for doc in docs], took)
        return took


def _state(doc: Doc) -> dict[str, Any]:
    """What the stages have left on a Doc so far. They replace values, never change them."""
    return {k: v for k, v in doc.user_data.items() if isinstance(k, str) and k.startswith("xl_")}


def _settings(nlp: Language, name: str, component: StageComponent, stage: Stage) -> str:
    """What a stage's outcome depends on, beside the stages before it: the blocks of the
    component's config that are made into its parts."""
    config = nlp.get_pipe_config(name)
    own = {key: config[key] for key in sorted(vars(stage)) if key in config}
    return json.dumps([stage.name, component.redo, own], sort_keys=True, default=str)
