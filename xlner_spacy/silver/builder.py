"""Silver training data for the target language, by projection: `xlner build`.

translate-test: target-language texts are translated into the source language, the entities
    found there are projected back.
translate-train: a labelled source-language corpus is translated into the target language,
    its gold entities are projected onto the translation.

The input is dealt with part by part (`shards`); what is done is never done again.
"""

from __future__ import annotations

import errno
import hashlib
import heapq
import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..corpus.gold import LABELS_LEFT_OUT, read_gold
from ..corpus.texts import SUFFIXES, count_docbin, read_docs
from ..document.attributes import dropped, forget
from ..document.give import give_translation
from ..document.span_groups import CANDIDATES
from ..errors import BackendError, InputError, SetupError
from ..files import existing, make_folder
from ..pipeline.component import StageComponent, go_on_after_failures, keep_failed
from ..pipeline.stages.translate import Translate
from ..settings import check_setting
from ..text.languages import passing_words, tokenizer
from ..training.reader import corpus_files
from . import manifest
from .marker_projection import MARKED, PLACED, TranslateMarked, place_marked
from .select import Selected, Selection, select, text_key
from .shards import SPLITS, prepare, read_part, write_part

logger = logging.getLogger(__name__)

Mode = Literal["translate-test", "translate-train"]
MODES = ("translate-test", "translate-train")
Projection = Literal["alignment", "markers"]
PROJECTIONS = ("alignment", "markers")

# For the report: from each part so many texts, and the projections that are least sure.
EXAMPLES = 5
LEAST_SURE = 10


@dataclass(frozen=True)
class BuildOptions:
    """How a silver corpus is built; see `Selection` for what is kept of it.

    mode (str): "translate-test" or "translate-train".
    keep_duplicates (bool): Keep texts that are there already.
    shard_size (int): Input texts of a part: what is lost if a run is killed.
    batch_size (int): Texts that the pipeline gets at once.
    projection (str): How translate-train finds the gold entities in the translation: by
        "alignment", or by "markers" that are translated with them, and by alignment those whose
        markers were lost.

    RAISES: SetupError for values out of range.
    """

    mode: Mode = "translate-test"
    keep_duplicates: bool = False
    shard_size: int = 500
    batch_size: int = 64
    projection: Projection = "alignment"

    def __post_init__(self) -> None:
        check_setting("build", "mode", self.mode, self.mode in MODES, f"one of {MODES}")
        valid = self.projection in PROJECTIONS
        check_setting("build", "projection", self.projection, valid, f"one of {PROJECTIONS}")
        if self.projection == "markers" and self.mode != "translate-train":
            raise SetupError(
                "Entities can be marked where their text is translated, in translate-train only.",
                hint="Add --mode translate-train; for raw texts see xl_back_translator.",
            )
        for name in ("shard_size", "batch_size"):
            value = getattr(self, name)
            check_setting("build", name, value, value > 0, "greater than 0")


def build(
    inputs: Sequence[Path],
    output: Path,
    nlp: Language,
    options: BuildOptions,
    selection: Selection,
    *,
    models: Any = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Build a silver corpus, or go on with one that was interrupted.

    inputs: Files, or folders of .spacy files, in order. translate-test: .txt, .jsonl, .spacy, or columns, of which the labels
        are not used. translate-train: what `read_gold` reads.
    output: The folder; it must be new, or of the same build.
    nlp (Language): A pipeline for the target language with `xl_projector`.
    models: What the pipeline was made from, where its own config does not say: the folder of a
        saved pipeline, or a config with components that have a `source`.
    RETURNS: The manifest.
    RAISES: InputError for a bad input, a folder of another build, a damaged shard; SetupError
        for a bad setting or a full disk; BackendError if not one text of a part comes through.
    """
    inputs = [existing(path) for path in corpus_files(inputs)]
    labels = selection.labels if options.mode == "translate-train" else None
    if options.mode == "translate-train" and labels is not None:
        # The corpus's own labels are mapped, where they are read; errors name the line there.
        selection = replace(selection, labels=None)
    settings = _settings(inputs, nlp, options, selection, labels, models)
    go_on_after_failures(nlp)
    # A part that is made anew ends a finished build's being finished.
    job = _Job(
        nlp,
        options,
        selection,
        labels,
        before_part=lambda: manifest.write_manifest(output, _begun(settings)),
    )
    with _folder(output, settings):
        merged = _Totals()
        total = _count_texts(inputs)
        with tqdm(total=total, unit="text", disable=not progress, smoothing=0.1) as bar:
            for record in job.parts(inputs, output, bar):
                merged.add(record)
        if not merged.counts["texts"]["read"]:
            raise InputError(f"{', '.join(map(str, inputs))}: no texts.")
        result = {**_begun(settings), "complete": True, **merged.result()}
        manifest.write_manifest(output, result)
    return result


def _settings(
    inputs: Sequence[Path],
    nlp: Language,
    options: BuildOptions,
    selection: Selection,
    labels: Any,
    models: Any,
) -> dict[str, Any]:
    """Everything that the result depends on."""
    components = {
        name: resolved_blocks(nlp, dict(nlp.config["components"][name])) for name in nlp.pipe_names
    }
    return {
        "inputs": [str(path) for path in inputs],
        "lang": nlp.lang,
        **asdict(options),
        **vars(selection),
        "labels": labels if labels is not None else selection.labels,
        "components": components,
        "local_models": {**manifest.local_models(components), **manifest.local_models(models)},
        "versions": manifest.versions(),
    }


def resolved_blocks(nlp: Language, block: dict[str, Any]) -> dict[str, Any]:
    """A component's block with the defaults in the place of nulls."""
    from ..pipeline.defaults import choose_all

    if not str(block.get("factory", "")).startswith("xl_"):
        return block
    target = str(block.get("target_lang") or nlp.lang)
    chosen = choose_all(block.get("source_lang", "en"), target)
    return {
        key: chosen[key].block if value is None and key in chosen else value
        for key, value in block.items()
    }


def _begun(settings: dict[str, Any]) -> dict[str, Any]:
    return {"format": manifest.FORMAT, "complete": False, "settings": settings}


@contextmanager
def _folder(output: Path, settings: dict[str, Any]) -> Iterator[None]:
    """The folder, for us alone, with what an earlier run of the same build left in it."""
    # As JSON has them: tuples are lists there.
    settings = json.loads(json.dumps(settings))
    # A run that was killed in its first moment may have left a hidden file.
    names = [path.name for path in output.iterdir()] if output.is_dir() else []
    is_new = all(name.startswith((".lock", ".manifest.json-")) for name in names)
    if (output.exists() and not output.is_dir()) or not (
        is_new or (output / manifest.FILE).is_file()
    ):
        raise InputError(
            f"{output} is there already, and is not the folder of an `xlner build`.",
            hint="Name a new folder.",
        )
    make_folder(output)
    try:
        lock = FileLock(output / ".lock", timeout=0)
        with lock:
            # As long as nothing is done there are no old settings to be true to.
            if not any(output.glob("parts/*.json")) and (is_new or not _is_finished(output)):
                manifest.write_manifest(output, _begun(settings))
            old = manifest.read_manifest(output)["settings"]
            old.setdefault("projection", "alignment")  # there was no other
            if manifest.has_more_labels(old["labels"], settings["labels"]):
                # No finished part can have met the labels that are new.
                old["labels"] = settings["labels"]
            manifest.check_same_settings(output, old, settings)
            prepare(output)
            yield
    except Timeout as error:
        raise InputError(
            f"{output} is being built by another process.", hint="Wait for it to end."
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise SetupError(
            f"{output}: the disk is full ({error.strerror}).",
            hint="Make room and run the same command again: it goes on where it was.",
        ) from error


def _is_finished(output: Path) -> bool:
    return bool(manifest.read_manifest(output).get("complete"))


class _Job:
    """What turns input texts into parts."""

    def __init__(
        self,
        nlp: Language,
        options: BuildOptions,
        selection: Selection,
        labels: Any,
        before_part: Callable[[], None],
    ) -> None:
        self.before_part = before_part
        self.nlp = nlp
        self.options = options
        self.selection = selection
        self.labels = labels
        self.translate = _translate_stage(nlp)
        # A database of SQLite's own, in a temporary file: however many texts there are,
        # they are not all in memory.
        self.seen = sqlite3.connect("")
        self.seen.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, labels TEXT) WITHOUT ROWID")

    def parts(self, inputs: Sequence[Path], output: Path, bar: tqdm) -> Iterator[dict[str, Any]]:
        """The records of all parts, in order."""
        texts = self._read(inputs)
        vocabularies = (self.nlp, tokenizer(self.translate.source_lang))
        for number in count():
            with passing_words(*vocabularies):
                record = self._part(texts, output, number, bar)
            if record is None:
                break
            yield record
        if list((output / "parts").glob(f"{number:05}.json")):
            raise InputError(
                f"{output} has more parts than the input has texts for.",
                hint="The input has changed since: build into another folder.",
            )

    def _part(
        self, texts: Iterator[Doc], output: Path, number: int, bar: tqdm
    ) -> dict[str, Any] | None:
        """The next part's record; None at the end of the input."""
        docs = list(islice(texts, self.options.shard_size))
        if not docs:
            return None
        digest = _digest(docs)
        repeats = [self._repeats(doc) for doc in docs]
        record = read_part(output, number, digest)
        if record is None:
            self.before_part()
            return self._make_part(output, number, docs, repeats, digest, bar)
        if not bar.disable:
            bar.initial += len(docs)  # not counted in the rate
        bar.update(len(docs))
        return record

    def _read(self, inputs: Sequence[Path]) -> Iterator[Doc]:
        for path in inputs:
            if self.options.mode == "translate-train":
                yield from self._labelled(path)
            elif path.suffix.lower() in SUFFIXES:
                yield from read_docs(str(path), self.nlp, self.translate.source_lang)
            else:
                yield from read_gold(path, self.nlp, self.translate.target_lang)

    def _labelled(self, path: Path) -> Iterator[Doc]:
        """RAISES: InputError for a text that nobody has annotated: not one without entities."""
        source_lang = self.translate.source_lang
        docs = read_gold(path, tokenizer(source_lang), source_lang, self.labels)
        for number, doc in enumerate(docs, 1):
            if len(doc) and not doc.has_annotation("ENT_IOB"):
                raise InputError(
                    f"{path}, text {number}: {doc.text[:40]!r} has no entity annotation.",
                    hint="Label it first (doc.ents = [] if it has no entities), or build from raw "
                    "texts with --mode translate-test.",
                )
            yield doc

    def _repeats(self, doc: Doc) -> str | None:
        """What is to be said of a text that was there before; None of a new one."""
        if self.options.keep_duplicates:
            return None
        key = hashlib.blake2b(text_key(doc.text).encode("utf8", "surrogatepass")).digest()[:16]
        labels = ""
        if self.options.mode == "translate-train":  # else they are not used
            labels = json.dumps([(ent.text, ent.label_) for ent in doc.ents])
        found = self.seen.execute("SELECT labels FROM seen WHERE key = ?", (key,)).fetchone()
        if found is None:
            self.seen.execute("INSERT INTO seen VALUES (?, ?)", (key, labels))
            return None
        return "duplicate" if found[0] == labels else "duplicate with other labels"

    def _make_part(
        self,
        output: Path,
        number: int,
        docs: list[Doc],
        repeats: list[str | None],
        digest: str,
        bar: tqdm,
    ) -> dict[str, Any]:
        totals = _Totals()
        todo = []
        for doc, repeated in zip(docs, repeats, strict=True):
            reason = repeated if doc.text.strip() else "empty"
            if reason:
                totals.counts["texts"].update({"read": 1, f"left out: {reason}": 1})
            else:
                todo.append(doc)
                totals.count_labels_left_out(doc.user_data.get(LABELS_LEFT_OUT, 0))
        bar.update(len(docs) - len(todo))
        chosen: dict[str, list[Doc]] = {split: [] for split in SPLITS}
        failed = 0
        for key, doc in self._project(todo):
            selected = select(doc, self.selection, key)
            totals.count(doc, selected)
            failed += any(p["reason"] == "error" for p in doc._.xl_problems or [])
            bar.update()
            if selected.doc is not None:
                chosen[selected.outcome].append(selected.doc)
        if todo and failed == len(todo):
            raise BackendError(
                f"Part {number}: every text failed: see the warnings above.",
                hint="Run it again with --debug to see where. What is done is kept.",
            )
        return write_part(
            output,
            number,
            chosen,
            {"n_texts": len(docs), "input_sha256": digest, **totals.result()},
        )

    def _project(self, docs: list[Doc]) -> Iterator[tuple[str, Doc]]:
        """The target-language Docs with their entities, and the key of each input text."""
        keys = [text_key(doc.text) for doc in docs]
        if self.options.mode == "translate-train":
            targets: Iterable[Doc] = self._translated(docs)
        else:
            targets = (_without_labels(doc) for doc in docs)
        results = self.nlp.pipe(targets, batch_size=self.options.batch_size)
        for key, doc in zip(keys, results, strict=True):
            if self.options.projection == "markers":
                place_marked(doc)
            yield key, doc

    def _translated(self, docs: Iterable[Doc]) -> Iterator[Doc]:
        """Labelled source-language Docs -> target-language Docs that know whence they come."""
        # The Doc's text is to be translated into the target language, so that here our source
        # is the translator's target.
        stage = TranslateMarked if self.options.projection == "markers" else Translate
        way = stage(
            self.translate.translator,
            source_lang=self.translate.target_lang,
            target_lang=self.translate.source_lang,
            max_words=self.translate.max_words,
        )
        component = StageComponent(self.nlp, "translate-train", [way], redo=True)
        component.set_error_handler(keep_failed)  # type: ignore[arg-type]
        for doc in component.pipe(docs, batch_size=self.options.batch_size):
            translations = doc._.xl_translations
            text = translations[0]["text"] if translations else ""
            segments = [
                (to_start, to_end, start, end)
                for start, end, to_start, to_end in (translations[0]["segments"] if text else [])
            ]
            target = self.nlp.make_doc(text)
            give_translation(target, doc, segments=segments)
            target.user_data[MARKED] = doc.user_data.get(MARKED)
            if doc._.xl_problems:
                target._.xl_problems = doc._.xl_problems
            yield target


def _translate_stage(nlp: Language) -> Translate:
    for _, component in nlp.pipeline:
        for stage in getattr(component, "stages", ()):
            if isinstance(stage, Translate):
                return stage
    raise SetupError(
        "The pipeline has no component that translates.",
        hint='Add "xl_projector", or leave --config out.',
    )


def _without_labels(doc: Doc) -> Doc:
    """A text as raw text: labels that its file has, and what an earlier run placed, are not
    used. A translation that the user gave is."""
    forget(doc, "xl_alignments")
    forget(doc, CANDIDATES)
    doc.ents = []
    return doc


def _digest(docs: Iterable[Doc]) -> str:
    """Of all that the input says: texts, tokens, labels, given translations."""
    digest = hashlib.sha256()
    for doc in docs:
        content = [
            [token.text_with_ws for token in doc],
            [(ent.start, ent.end, ent.label_) for ent in doc.ents],
            doc._.xl_translations,
        ]
        digest.update(json.dumps(content).encode())
    return digest.hexdigest()


def _count_texts(inputs: Iterable[Path]) -> int:
    """How many texts there are, for the progress bar."""
    return sum(
        count_docbin(path) if path.suffix == ".spacy" else _count_in_lines(path) for path in inputs
    )


def _count_in_lines(path: Path) -> int:
    """.txt: a text a line; .jsonl: a line that is not blank; columns: a block of such lines."""
    total = 0
    blank_before = True
    with path.open("rb") as lines:
        for line in lines:
            blank = not line.strip()
            if path.suffix == ".txt":
                total += 1
            elif path.suffix == ".jsonl":
                total += not blank
            else:
                total += blank_before and not blank
            blank_before = blank
    return total


class _Totals:
    """Counts, and what the report shows, of one part or of many."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter] = {
            kind: Counter()
            for kind in ("texts", "train", "dev", "entities_lost", "source_dropped", "placed")
        }
        self.examples: list[dict[str, Any]] = []
        self.least_sure: list[dict[str, Any]] = []

    def count(self, doc: Doc, selected: Selected) -> None:
        """Add one projected text."""
        kept = selected.doc is not None
        outcome = selected.outcome if kept else f"left out: {selected.outcome}"
        self.counts["texts"].update({"read": 1, outcome: 1})
        self.counts["entities_lost"].update(selected.lost)
        found = selected.fates.count("kept")
        if kept:
            self.counts[selected.outcome].update(selected.entities)
        elif found:
            self.counts["entities_lost"]["in a text that is left out"] += found
        self.counts["source_dropped"].update(dropped(doc))
        self.counts["placed"].update(doc.user_data.get(PLACED) or {})
        if not doc._.xl_entities:
            return
        shown = example(doc, selected)
        if kept and len(self.examples) < EXAMPLES:
            self.examples.append(shown)
        for entity, fate in zip(doc._.xl_entities, selected.fates, strict=True):
            self.least_sure.append({**shown, "entity": dict(entity), "fate": fate})
        self._keep_least_sure()

    def count_labels_left_out(self, number: int) -> None:
        """Of a labelled corpus, by the label map."""
        if number:
            self.counts["entities_lost"].update({"label left out": number})

    def add(self, record: dict[str, Any]) -> None:
        """Add a part's."""
        for kind, counter in record["counts"].items():
            self.counts[kind].update(counter)
        if len(self.examples) < 4 * EXAMPLES:
            self.examples.extend(record["examples"])
        self.least_sure.extend(record["least_sure"])
        self._keep_least_sure()

    def _keep_least_sure(self) -> None:
        self.least_sure = heapq.nsmallest(
            LEAST_SURE,
            self.least_sure,
            key=lambda item: (item["entity"]["confidence"], item["text"], item["entity"]["start"]),
        )

    def result(self) -> dict[str, Any]:
        """As the record of a part or the manifest has them."""
        return {
            "counts": {kind: dict(sorted(c.items())) for kind, c in self.counts.items()},
            "examples": self.examples,
            "least_sure": self.least_sure,
        }


def example(doc: Doc, selected: Selected) -> dict[str, Any]:
    """A text and its translation with their entities, for the report."""
    return {
        "text": doc.text,
        "ents": [
            {
                "start": e["start_char"],
                "end": e["end_char"],
                "label": e["label"],
                "confidence": e["confidence"],
                "fate": fate,
            }
            for e, fate in zip(doc._.xl_entities, selected.fates, strict=True)
        ],
        "translations": [
            {
                "text": translation["text"],
                "ents": [
                    {"start": e["start_char"], "end": e["end_char"], "label": e["label"]}
                    for e in translation["entities"] or []
                ],
            }
            for translation in doc._.xl_translations
        ],
        "outcome": selected.outcome,
    }
