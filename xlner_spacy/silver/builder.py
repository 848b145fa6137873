"""Silver training data for the target language, by projection: `xlner build`.

translate-test: target-language texts are translated into the source language, the entities
    found there are projected back.
translate-train: a labelled source-language corpus is translated into the target language,
    its gold entities are projected onto the translation.
teach: other pipelines label target-language texts, and what they believe of each token is kept.

The input is dealt with part by part; a finished part is never made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from tqdm import tqdm

from ..errors import InputError
from ..files import existing, located, read_json
from ..pipeline.component import go_on_after_failures
from ..text.languages import blank
from . import manifest
from .build_options import BuildOptions
from .corpus_files import corpus_files
from .engines.engine import Engine, LocalEngine, Order
from .folder import begun, open_folder
from .input_texts import count_texts, read_texts
from .part import make_workshop
from .planning import Plan
from .selection import Selection
from .shards import record_file, write_part
from .totals import Totals


def build(
    inputs: Sequence[str | Path],
    output: str | Path,
    nlp: Language,
    options: BuildOptions,
    selection: Selection,
    *,
    models: Any = None,
    engine: Engine | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Build a silver corpus, or go on with one that was interrupted.

    inputs: Files, URLs of files, or folders of .spacy files, in order. translate-test: .txt, .jsonl, .parquet, .spacy, or
        columns, of which the labels are not used. translate-train: what `read_gold` reads.
    output: The folder, or the URL of one; it must be new, or of the same build.
    nlp (Language): A pipeline for the target language with `xl_projector`.
    models: What the pipeline was made from, where its own config does not say: the folder of a
        saved pipeline, or a config with components that have a `source`.
    engine: Who makes the parts; None: this process. The result is the same.
    RETURNS: The manifest.
    RAISES: InputError for a bad input, a folder of another build, a damaged shard; SetupError
        for a bad setting or a full disk; BackendError if not one text of a part comes through.
    """
    files = [existing(path) for path in corpus_files(inputs)]
    folder = located(output)
    labels = selection.labels if options.mode == "translate-train" else None
    if options.mode == "translate-train" and labels is not None:
        # The corpus's own labels are mapped, where they are read; errors name the line there.
        selection = replace(selection, labels=None)
    settings = _settings(files, nlp, options, selection, labels, models)
    go_on_after_failures(nlp)
    workshop = make_workshop(nlp, options, selection)
    way = workshop.translate
    target_lang = way.target_lang if way else nlp.lang or "xx"
    reader = blank(workshop.source_lang)
    languages = (workshop.source_lang, target_lang)
    texts = read_texts(files, options.mode, nlp, reader, languages, labels)
    order = Order(workshop, reader, manifest.pipeline_settings(nlp))
    with open_folder(folder, settings):
        with tqdm(
            total=count_texts(files), unit="text", disable=not progress, smoothing=0.1
        ) as bar:
            plan = Plan(texts, reader, folder, workshop, settings, bar)
            made = (engine or LocalEngine()).make(plan.unfinished(), order, bar.update)
            with closing(made):
                for part in made:
                    write_part(folder, part)
        if not plan.n_parts:
            raise InputError(f"{', '.join(map(str, files))}: no texts.")
        merged = Totals()
        for number in range(plan.n_parts):
            merged.add(read_json(record_file(folder, number)))
        result = {**begun(settings), "complete": True, **merged.result()}
        manifest.write_manifest(folder, result)
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
    return {
        "inputs": [str(path) for path in inputs],
        **asdict(options),
        **vars(selection),
        "labels": labels if labels is not None else selection.labels,
        **manifest.pipeline_settings(nlp, models),
    }
