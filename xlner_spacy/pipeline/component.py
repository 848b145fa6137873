"""The base of all components of this package: batches, recovery, spaCy's protocols."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc

from ..document.attributes import add_problem, clear_problems, set_language
from ..document.failed_sources import count_sources, lost_sources
from ..errors import BackendError, InputError, SetupError, XlnerError, log_failure
from ..files import atomic_file, make_folder
from ..text.memory import check_thread, one_at_a_time
from ..types import Learnt
from .stages.stage import Stage

logger = logging.getLogger(__name__)


def keep_failed(name: str, component: Any, docs: Sequence[Doc], error: Exception) -> None:
    """An error handler for long runs: the Doc goes on, with the reason on it. A misconfigured
    pipeline still stops the run."""
    setup = isinstance(error, XlnerError) and not isinstance(error, BackendError)
    if setup or isinstance(error, OSError):
        raise error
    log_failure(logger, f"{name}: {type(error).__name__}", docs[0].text, error)


def go_on_after_failures(nlp: Language) -> None:
    """Set that handler for our components. spaCy's own would lose the batch, and raise."""
    for _, component in nlp.pipeline:
        if isinstance(component, StageComponent):
            component.set_error_handler(keep_failed)  # type: ignore[arg-type]


# spaCy's @scorers: what a component set on the Docs of examples -> scores by name.
Scorer = Callable[..., dict[str, Any]]


class StageComponent(Pipe):
    """A spaCy component that takes Docs through one or more stages.

    Every Doc that goes in comes out, in order. If a batch fails it is halved until the
    Docs that cannot be processed stand alone; for each of them the error is kept in
    `Doc._.xl_problems` and spaCy's error handler is called. The default handler raises;
    after one that does not (`nlp.set_error_handler`), the Doc goes on without entities.

    Threads may share a component, a pipeline or parts of them: stages run one at a time in a
    process. That gives right results, not more speed; for that give many texts at once.

    stages: What to do, in order.
    redo (bool): Whether to run a stage whose attribute is already set on the Doc.
    target_lang (str): The language of the texts. None: that of each Doc's vocabulary.
    scorer (Scorer): For `nlp.evaluate` and `spacy evaluate`. None: what the component does is
        not scored.
    """

    def __init__(
        self,
        nlp: Language,
        name: str,
        stages: Sequence[Stage],
        *,
        redo: bool,
        target_lang: str | None = None,
        scorer: Scorer | None = None,
    ) -> None:
        self.vocab = nlp.vocab
        self.name = name
        self.stages = list(stages)
        self.redo = redo
        self.target_lang = target_lang
        self.scorer = scorer  # spaCy's Pipe.score calls it
        self.seconds: dict[str, float] = {stage.name: 0.0 for stage in stages}
        self._replaced: list[str] = []

    def __call__(self, doc: Doc) -> Doc:
        self._process([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Process Docs in batches, each stage on a whole batch at once. If voters decide, a warning
        at the end names the source languages that failed on all texts while others did not."""
        docs = iter(stream)
        asked: Counter[str] = Counter()
        failed: Counter[str] = Counter()
        while batch := list(islice(docs, batch_size)):
            self._process(batch)
            if self.has_voter:
                for doc in batch:
                    count_sources(doc, asked, failed)
            yield from batch
        for what in lost_sources(asked, failed):
            logger.warning("%s: %s", self.name, what)

    @property
    def has_voter(self) -> bool:
        """Whether voters decide in one of its stages."""
        return any("voter" in vars(stage) for stage in self.stages)

    def use(self, **parts: Any) -> None:
        """Replace parts by Python objects: a function as translator, a loaded pipeline's
        SpacyPipeline as source. They are not part of the config and so are not saved.

        parts: The names of the config blocks (translator=…, annotator=…, aligner=…).
        RAISES: SetupError if this component has no such part.
        """
        for part, value in parts.items():
            owners = [stage for stage in self.stages if part in vars(stage)]
            if not owners or not callable(value):
                known = sorted(
                    key for stage in self.stages for key, v in vars(stage).items() if callable(v)
                )
                raise SetupError(
                    f"{part}={value!r} cannot be used in the component {self.name!r}.",
                    hint=f"It takes callables for: {', '.join(known)}.",
                )
            for owner in owners:
                setattr(owner, part, value)
            self._replaced.append(part)
            self.stages = [stage for stage in self.stages if stage.chosen_with != part]

    def _process(self, docs: Sequence[Doc]) -> None:
        for stage in self.stages:
            self.run_stage(stage, docs)
        for doc in docs:
            doc._.xl_problems = doc._.xl_problems or []

    def run_stage(self, stage: Stage, docs: Sequence[Doc]) -> None:
        """Take Docs through one of the stages, as `pipe` does."""
        check_thread(self.vocab)
        if self.target_lang:
            for doc in docs:
                set_language(doc, self.target_lang)
        redo = self.redo or stage.always
        todo = [doc for doc in docs if redo or not stage.is_done(doc)]
        for doc in todo:
            stage.check(doc)
            stage.begin(doc, redo)
            clear_problems(doc, stage.name, stage.lang)
        # Pipelines of several threads may share parts, and few models are thread-safe.
        with one_at_a_time():
            started = time.perf_counter()
            self._run(stage, todo)
            self.seconds[stage.name] += time.perf_counter() - started

    def _run(self, stage: Stage, docs: Sequence[Doc]) -> None:
        if not docs:
            return
        try:
            stage.run(docs)
        except (SetupError, InputError):
            raise
        # An error of a model or a user's function goes, for the one Doc that causes it,
        # to spaCy's error handler, which raises it again unless the user set another.
        except Exception as error:  # noqa: BLE001
            for doc in docs:
                clear_problems(doc, stage.name, stage.lang)
            if len(docs) > 1:
                middle = len(docs) // 2
                self._run(stage, docs[:middle])
                self._run(stage, docs[middle:])
            else:
                self._give_up(stage, docs[0], error)

    def _give_up(self, stage: Stage, doc: Doc, error: Exception) -> None:
        stage.give_up(doc)
        reason = f"{type(error).__name__}: {error}"
        add_problem(doc, stage.name, "error", reason, lang=stage.lang)
        logger.debug("The %s stage failed on %r", stage.name, doc.text[:80], exc_info=error)
        self.get_error_handler()(self.name, self, [doc], error)

    # The config has everything but what parts have learnt. Besides, these keep what is in neither
    # from being lost without a word.

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save what parts have learnt, a file for each. RAISES: SetupError if they cannot say."""
        self._warn_of_replaced()
        for name, part in self._learnt().items():
            if data := part.learnt_to_bytes():
                make_folder(Path(path))
                with atomic_file(Path(path) / name) as file:
                    file.write(data)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> StageComponent:
        """RAISES: SetupError if a file is damaged."""
        for name, part in self._learnt().items():
            file = Path(path) / name
            if file.is_file():
                self._tell(part, file.read_bytes(), str(file))
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """What parts have learnt; b"" if that is nothing."""
        self._warn_of_replaced()
        known = {name: part.learnt_to_bytes() for name, part in self._learnt().items()}
        known = {name: data for name, data in known.items() if data}
        return srsly.msgpack_dumps(known) if known else b""

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> StageComponent:
        """RAISES: SetupError if the bytes are damaged."""
        known = srsly.msgpack_loads(data) if data else {}
        for name, part in self._learnt().items():
            if name in known:
                self._tell(part, known[name], f"The saved {name} of {self.name!r}")
        return self

    def _learnt(self) -> dict[str, Learnt]:
        """The parts that may have something to save, by the names of their blocks."""
        parts = [item for stage in self.stages for item in vars(stage).items()]
        return {name: part for name, part in parts if isinstance(part, Learnt)}

    def _tell(self, part: Learnt, data: bytes, name: str) -> None:
        try:
            part.learnt_from_bytes(data)
        except ValueError as error:
            raise SetupError(
                f"{name} is damaged ({error}).", hint="Save the pipeline again."
            ) from error

    @property
    def replaced(self) -> list[str]:
        """The names of the parts that were set with `use`."""
        return list(self._replaced)

    def _warn_of_replaced(self) -> None:
        if self._replaced:
            logger.warning(
                "%s: %s set with use(...) is a Python object and is not saved; after loading, "
                "call use(...) again, or register a function and name it in the config.",
                self.name,
                ", ".join(self._replaced),
            )
