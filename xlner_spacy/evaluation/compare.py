"""`xlner evaluate compare`: any methods on any corpora, each shared step done once."""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from thinc.api import Config, ConfigValidationError

from ..about import __version__
from ..corpus.conll import GoldSentence
from ..corpus.detokenize import to_doc
from ..document.attributes import own_keys
from ..document.failed_sources import has_failed
from ..errors import BackendError, InputError, XlnerError
from ..files import make_folder, write_json
from ..pipeline.component import StageComponent, go_on_after_failures
from ..pipeline.loading import for_languages, from_config, read_config
from ..pipeline.stages.stage import Stage
from .corpora import Corpus
from .metrics import interval, losses, only, score, token_entities
from .projection import given, without_translation

logger = logging.getLogger(__name__)

TASKS = ("projection", "translate-test")
BATCH = 128
# Where a pipeline's meta says which pipeline each of its components was taken from.
_SOURCES = "xl_component_sources"

# The keys of a kept row: of a method that could not run, and of one that could.
_FAILED = frozenset(("key", "method", "corpus", "task", "error"))
_FIGURES = ("f1", "precision", "recall", "per_type", "unlabelled", "counts", "interval")
_MEASURED = frozenset(("key", "method", "corpus", "task", *_FIGURES, "losses", "seconds"))

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
    folder: Where `compare.json` is kept. What is in it already, of the same config, data and
        version, is not measured again; what could not run is tried again. (A change in a
        file or model that a config names goes unseen.)
    task: "projection" (gold source entities on gold translations) or "translate-test" (the
        texts alone). None: projection where the corpus is parallel.
    labels: Score these only.
    report: Gets a line before each measurement.
    RETURNS: A row for each corpus and method: `f1`, `precision`, `recall`, `interval`,
        `seconds` (of all its steps, shared ones too), or `error`: why it cannot run there.
    RAISES: InputError if a file cannot be read, or no method can run anywhere.
    """
    methods = _methods(configs)
    corpora = list(dict.fromkeys(corpora))
    _check_corpora(corpora, task)
    make_folder(folder)
    kept = folder / "compare.json"
    known = {json.dumps(row["key"]): row for row in _read(kept)}
    rows: list[Row] = []
    for corpus in corpora:
        bench: _Bench | None = None
        data = [corpus.name, corpus.digest()]
        for name, config in methods.items():
            key = [
                name,
                _digest(config),
                *data,
                corpus.source_lang,
                task,
                labels,
                limit,
                __version__,
            ]
            row = known.get(json.dumps(key))
            if row is None or "error" in row:
                report(f"{corpus.name}: {name}")
                bench = bench or _Bench(corpus, task, labels, limit)
                row = {"key": key, "method": name, "corpus": corpus.name, **bench.measure(config)}
                known[json.dumps(key)] = row
                write_json(kept, {"rows": list(known.values())})
            rows.append(row)
        _warn_of_labels(corpus, labels, limit, rows[-len(methods) :])
    if rows and all("error" in row for row in rows):
        raise InputError(f"No method could run. The first says: {rows[0]['error']}")
    return rows


def _check_corpora(corpora: Sequence[Corpus], task: str | None) -> None:
    """RAISES: InputError at the start for corpora that would stop the run later."""
    for name, count in Counter(corpus.name for corpus in corpora).items():
        if count > 1:
            raise InputError(f"Two corpora are called {name!r}.", hint="Rename one of the files.")
    for corpus in corpora:
        corpus.check()
        if task == "projection" and corpus.source_file is None:
            raise InputError(
                f"{corpus.name} has no source side: its task is translate-test.",
                hint="Leave --task out, or this corpus.",
            )


def _warn_of_labels(
    corpus: Corpus, labels: list[str] | None, limit: int | None, rows: Sequence[Row]
) -> None:
    """Say so if a label that is scored is neither in the gold nor found: a slip, most likely."""
    measured = [row for row in rows if "error" not in row]
    unknown = [n for n in labels or [] if all(n not in row["per_type"] for row in measured)]
    if measured and unknown:
        gold = sorted({label for s in corpus.read(limit)[1] for *_, label in s.entities})
        logger.warning(
            "%s: nothing has the label %s. The gold has: %s.",
            corpus.name,
            " or ".join(map(repr, unknown)),
            ", ".join(gold) or "no entities",
        )


def _methods(configs: Sequence[Path]) -> dict[str, Config]:
    methods: dict[str, Config] = {}
    for path in {(path.stem, path.resolve()): path for path in configs}.values():
        if path.stem in methods:
            raise InputError(f"Two configs are called {path.stem!r}.", hint="Rename one of them.")
        methods[path.stem] = read_config(path)
    return methods


def _read(file: Path) -> list[Row]:
    if not file.is_file():
        return []
    try:
        rows: list[Row] = json.loads(file.read_text(encoding="utf8"))["rows"]
        whole = all(set(row) >= (_FAILED if "error" in row else _MEASURED) for row in rows)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise InputError(f"{file} is not what this command wrote.", hint="Delete it.")
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
        self.gold = [only(s.entities, labels) for s in self.targets]
        self.shared = SharedSteps()

    def measure(self, config: Config) -> Row:
        """The figures of one method, or why it cannot be had."""
        try:
            nlp = _pipeline(config, self.corpus, self.task)
            docs = [self._doc(nlp, *pair) for pair in zip(self.sources, self.targets, strict=True)]
            seconds = self.shared.run(nlp, docs)
            check_outcome(docs)
        except (XlnerError, OSError) as error:
            return {"error": str(error), "task": self.task}
        found = [only(token_entities(doc), self.labels) for doc in docs]
        result = score(docs, found, self.gold)
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
            return given(nlp, target, {self.corpus.source_lang: source}, lang)
        return to_doc(nlp.vocab, target.words, target.text, lang)


def _pipeline(config: Config, corpus: Corpus, task: str) -> Language:
    """The pipeline of a config for the languages of a corpus."""
    nlp = comparable(for_languages(config, [corpus.source_lang], corpus.target_lang))
    if task == "projection":
        without_translation(nlp)
    return nlp


def comparable(config: Config) -> Language:
    """A pipeline that `SharedSteps` can run, of a config that names its languages.

    RAISES: InputError if the config does not describe one.
    """
    try:
        # spaCy keeps variables in the components' settings, but settings are compared.
        config = config.interpolate()
    except ConfigValidationError as error:
        raise InputError(f"The config does not describe a pipeline: {error}") from error
    nlp = from_config(config, "The config")
    written = config.get("components", {})
    nlp.meta[_SOURCES] = {name: block.get("source") for name, block in written.items()}
    if not nlp.pipe_names:
        raise InputError("The config has no components.", hint='Name them in "pipeline" of [nlp].')
    go_on_after_failures(nlp)
    return nlp


def check_outcome(docs: Sequence[Doc]) -> None:
    """RAISES: BackendError if a stage failed on every text: its score would say nothing."""
    if all(map(has_failed, docs)):
        first = next(p for p in docs[0]._.xl_problems if p["reason"] == "error")
        raise BackendError(f"Every text failed. The {first['stage']} stage: {first['detail']}")


@dataclass
class _Step:
    """The state in which a step left the Docs, and the seconds that it took."""

    states: list[bytes]
    seconds: float


@dataclass
class SharedSteps:
    """Runs pipelines on the same texts. A stage with the same settings, after stages with the
    same settings, is done once: texts are translated once, and aligned once by each aligner.
    (Sentences are encoded once because aligners of one model and layer share its encoder.)
    """

    done: dict[str, _Step] = field(default_factory=dict)

    def run(self, nlp: Language, docs: list[Doc]) -> dict[str, float]:
        """Take the Docs through a pipeline of `comparable`. RETURNS: Seconds of each stage.

        RAISES: XlnerError if it cannot be done.
        """
        seconds: defaultdict[str, float] = defaultdict(float)
        past = ""
        for name, component in nlp.pipeline:
            config = dict(nlp.get_pipe_config(name))
            if not isinstance(component, StageComponent):
                # A trained component is told apart by its origin: its config is not enough.
                past += json.dumps([name, config, nlp.meta[_SOURCES].get(name)], default=str)
                seconds[name] += _run_other(name, component, docs)
                continue
            for stage in component.stages:
                done = sum(stage.is_done(doc) for doc in docs)
                if done == len(docs) and not component.redo and not stage.always:
                    continue
                past += _settings(stage, config, redo=bool(done) and component.redo)
                seconds[stage.name] += self._run_stage(component, stage, docs, past)
        return dict(seconds)

    def _run_stage(
        self, component: StageComponent, stage: Stage, docs: Sequence[Doc], key: str
    ) -> float:
        step = self.done.get(key)
        if step is not None:
            for doc, state in zip(docs, step.states, strict=True):
                _restore(doc, state)
            return step.seconds
        before = component.seconds[stage.name]
        for start in range(0, len(docs), BATCH):
            component.run_stage(stage, docs[start : start + BATCH])
        took = component.seconds[stage.name] - before
        if stage.repeatable:
            self.done[key] = _Step([_state(doc) for doc in docs], took)
        return took


def _run_other(name: str, component: Any, docs: list[Doc]) -> float:
    """Take the Docs through a component that is not ours. RETURNS: Seconds.

    RAISES: BackendError if it fails.
    """
    started = time.perf_counter()
    expected = len(docs)
    try:
        docs[:] = component.pipe(docs) if hasattr(component, "pipe") else map(component, docs)
    except (ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise BackendError(f"The component {name!r} failed: {error}") from error
    if len(docs) != expected:
        raise BackendError(f"The component {name!r} gave {len(docs)} Docs for {expected}.")
    return time.perf_counter() - started


def _state(doc: Doc) -> bytes:
    """A copy of what the stages have left on a Doc so far: no method may see what another one
    does with it."""
    data = {key: doc.user_data[key] for key in own_keys(doc)}
    return pickle.dumps((data, {key: doc.spans[key].to_bytes() for key in _own_groups(doc)}))


def _restore(doc: Doc, state: bytes) -> None:
    data, groups = pickle.loads(state)
    for key in own_keys(doc):
        del doc.user_data[key]
    for name in _own_groups(doc):
        del doc.spans[name]
    doc.user_data.update(data)
    for key, group in groups.items():
        doc.spans[key] = SpanGroup(doc, name=key).from_bytes(group)


def _own_groups(doc: Doc) -> list[str]:
    return [name for name in doc.spans if name.startswith("xl_")]


def _settings(stage: Stage, config: dict[str, Any], *, redo: bool) -> str:
    """The settings that a stage's outcome depends on, besides earlier stages."""
    names = config if stage.settings is None else stage.settings
    own = {key: config[key] for key in names if key in config}
    return json.dumps([stage.name, stage.lang, redo, own], sort_keys=True, default=str)
