"""Silver training data for the target language, by projection: `xlner build`.

translate-test: target-language texts are translated into the source language, the entities
    found there are projected back.
translate-train: a labelled source-language corpus is translated into the target language,
    its gold entities are projected onto the translation.
teach: other pipelines label target-language texts, and what they believe of each token is kept.

The input is dealt with part by part; a finished part is never made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..errors import InputError, SetupError
from ..files import existing
from ..pipeline.component import go_on_after_failures
from ..pipeline.stages.translate import Translate
from ..text.languages import blank
from ..text.memory import memory_zone
from . import manifest
from .build_options import BuildOptions, Mode
from .corpus_files import corpus_files
from .duplicates import SeenTexts
from .folder import begun, open_folder
from .input_texts import count_texts, digest, read_texts
from .part import Workshop, make_part
from .selection import Selection
from .shards import RECORDS, read_part, write_part
from .totals import Totals


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
    workshop = Workshop(nlp, _translate_stage(nlp, options.mode), options, selection)
    way = workshop.translate
    source_lang = way.source_lang if way else "en"
    target_lang = way.target_lang if way else nlp.lang or "xx"
    reader = blank(source_lang)  # of labelled texts
    texts = read_texts(inputs, options.mode, nlp, reader, (source_lang, target_lang), labels)
    with open_folder(output, settings):
        merged = Totals()
        total = count_texts(inputs)
        with tqdm(total=total, unit="text", disable=not progress, smoothing=0.1) as bar:
            for record in _parts(texts, reader, output, workshop, settings, bar):
                merged.add(record)
        if not merged.counts["texts"]["read"]:
            raise InputError(f"{', '.join(map(str, inputs))}: no texts.")
        result = {**begun(settings), "complete": True, **merged.result()}
        manifest.write_manifest(output, result)
    return result


def _parts(
    texts: Iterator[Doc],
    reader: Language,
    output: Path,
    workshop: Workshop,
    settings: Mapping[str, Any],
    bar: tqdm,
) -> Iterator[dict[str, Any]]:
    """The records of all parts, in order. Those that are not there are made."""
    seen = SeenTexts(with_labels=workshop.options.mode == "translate-train")
    for number in count():
        with memory_zone(workshop.nlp, reader):
            docs = list(islice(texts, workshop.options.shard_size))
            if not docs:
                break
            record = _part(docs, number, output, workshop, settings, seen, bar)
        yield record
    if (output / RECORDS / f"{number:05}.json").exists():
        raise InputError(
            f"{output} has more parts than the input has texts for.",
            hint="The input has changed since: build into another folder.",
        )


def _part(
    docs: list[Doc],
    number: int,
    output: Path,
    workshop: Workshop,
    settings: Mapping[str, Any],
    seen: SeenTexts,
    bar: tqdm,
) -> dict[str, Any]:
    """The record of one part, which is made and written unless it is there."""
    input_digest = digest(docs)
    keep = workshop.options.keep_duplicates
    repeats = [None if keep else seen.repeated(doc) for doc in docs]
    record = read_part(output, number, input_digest)
    if record is not None:
        if not bar.disable:
            bar.initial += len(docs)  # not counted in the rate
        bar.update(len(docs))
        return record
    # Rebuilding a part marks the build as unfinished.
    manifest.write_manifest(output, begun(dict(settings)))
    part = make_part(docs, repeats, workshop, bar.update)
    return write_part(output, number, part.docs, {"input_sha256": input_digest, **part.record})


def _settings(
    inputs: Sequence[Path],
    nlp: Language,
    options: BuildOptions,
    selection: Selection,
    labels: Any,
    models: Any,
) -> dict[str, Any]:
    """Everything that the result depends on."""
    return {
        "inputs": [str(path) for path in inputs],
        **asdict(options),
        **vars(selection),
        "labels": labels if labels is not None else selection.labels,
        **manifest.pipeline_settings(nlp, models),
    }


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
