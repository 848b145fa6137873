"""One part of a build: input texts in, training texts and a record out. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.gold import LABELS_LEFT_OUT
from ..document.attributes import forget, get_data, set_data
from ..document.failed_sources import has_failed
from ..document.give import give_translation
from ..document.span_groups import CANDIDATES
from ..errors import BackendError, SetupError
from ..pipeline.component import StageComponent, keep_failed
from ..pipeline.stages.translate import Translate
from .build_options import BuildOptions, Mode
from .marker_projection import MARKED, TranslateMarked, place_marked
from .selection import Selection, select, text_key
from .shards import SPLITS
from .totals import Totals


@dataclass(frozen=True)
class Part:
    """A finished part.

    docs (dict): The training texts of each split.
    record (dict): Counts and examples, for the manifest.
    """

    docs: dict[str, list[Doc]]
    record: dict[str, Any]


@dataclass(frozen=True)
class Workshop:
    """The pipeline and the settings that make a part.

    translate (Translate): The pipeline's stage that translates, for its languages and translator; None if texts are
        labelled by teachers.
    """

    nlp: Language
    translate: Translate | None
    options: BuildOptions
    selection: Selection

    @property
    def source_lang(self) -> str:
        """The language of a labelled corpus."""
        return self.translate.source_lang if self.translate else "en"


def make_workshop(nlp: Language, options: BuildOptions, selection: Selection) -> Workshop:
    """RAISES: SetupError if the pipeline lacks what the mode of the build needs."""
    return Workshop(nlp, _translate_stage(nlp, options.mode), options, selection)


def _translate_stage(nlp: Language, mode: Mode) -> Translate | None:
    if mode == "teach":
        return None
    stages = [s for _, component in nlp.pipeline for s in getattr(component, "stages", ())]
    found = [stage for stage in stages if isinstance(stage, Translate)]
    if len({stage.source_lang for stage in found}) > 1 and mode == "translate-train":
        raise SetupError(
            f"A labelled corpus is in one language, but the pipeline has "
            f"{', '.join(stage.source_lang for stage in found)}.",
            hint="Give the one of the corpus: --source-lang en",
        )
    if found:
        return found[0]
    raise SetupError(
        "The pipeline has no component that translates.",
        hint='Add "xl_projector", or leave --config out.',
    )


def make_part(
    docs: Sequence[Doc],
    repeats: Sequence[str | None],
    workshop: Workshop,
    progress: Callable[[int], object] = lambda n: None,
) -> Part:
    """Project texts and select those to train on.

    docs: Raw target-language texts for translate-test, labelled source-language ones for
        translate-train.
    repeats: For each text, why it is left out as a duplicate; None if it is new.
    progress: Called with the number of texts finished since the last call.
    RAISES: BackendError if not one text comes through.
    """
    totals = Totals()
    todo = []
    for doc, repeated in zip(docs, repeats, strict=True):
        reason = repeated if doc.text.strip() else "empty"
        if reason:
            totals.counts["texts"].update({"read": 1, f"left out: {reason}": 1})
        else:
            todo.append(doc)
            totals.count_labels_left_out(get_data(LABELS_LEFT_OUT, doc) or 0)
    progress(len(docs) - len(todo))
    chosen: dict[str, list[Doc]] = {split: [] for split in SPLITS}
    failed = 0
    for key, doc in _project(todo, workshop):
        selected = select(doc, workshop.selection, key)
        totals.count(doc, selected)
        failed += has_failed(doc)
        progress(1)
        if selected.doc is not None:
            chosen[selected.outcome].append(selected.doc)
    if todo and failed == len(todo):
        raise BackendError(
            f"Every text failed, from {todo[0].text[:40]!r} on: see the warnings above.",
            hint="Run it again with --debug to see where. Finished parts are kept.",
        )
    return Part(chosen, {"n_texts": len(docs), **totals.result()})


def _project(docs: list[Doc], workshop: Workshop) -> Iterator[tuple[str, Doc]]:
    """The target-language Docs with their entities, and the key of each input text."""
    keys = [text_key(doc.text) for doc in docs]
    options = workshop.options
    if options.mode == "translate-train":
        targets: Iterable[Doc] = _translated(docs, workshop)
    else:
        targets = (_without_labels(doc) for doc in docs)
    results = workshop.nlp.pipe(targets, batch_size=options.batch_size)
    for key, doc in zip(keys, results, strict=True):
        if options.projection == "markers":
            place_marked(doc)
        yield key, doc


def _translated(docs: Iterable[Doc], workshop: Workshop) -> Iterator[Doc]:
    """Labelled source-language Docs -> target-language Docs that know where they come from."""
    # The Doc's text is to be translated into the target language, so here our source is the
    # translator's target.
    assert workshop.translate is not None, "translate-train translates"
    stage = TranslateMarked if workshop.options.projection == "markers" else Translate
    way = stage(
        workshop.translate.translator,
        source_lang=workshop.translate.target_lang,
        target_lang=workshop.translate.source_lang,
        max_words=workshop.translate.max_words,
    )
    component = StageComponent(workshop.nlp, "translate-train", [way], redo=True)
    component.set_error_handler(keep_failed)  # type: ignore[arg-type]
    for doc in component.pipe(docs, batch_size=workshop.options.batch_size):
        translations = doc._.xl_translations
        text = translations[0]["text"] if translations else ""
        segments = [
            (to_start, to_end, start, end)
            for start, end, to_start, to_end in (translations[0]["segments"] if text else [])
        ]
        target = workshop.nlp.make_doc(text)
        give_translation(target, doc, segments=segments)
        set_data(MARKED, target, get_data(MARKED, doc))
        if doc._.xl_problems:
            target._.xl_problems = doc._.xl_problems
        yield target


def _without_labels(doc: Doc) -> Doc:
    """A text as raw text: neither labels of its file nor entities of an earlier run are used.
    A translation that the user gave is."""
    forget(doc, "xl_alignments")
    forget(doc, CANDIDATES)
    doc.ents = []
    return doc
