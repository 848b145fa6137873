"""`xlner project`: entities for the texts of a file."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BackendError, InputError
from ..pipeline.loading import read_config
from .options import Debug, PipelineConfig, Quiet, SourceLang
from .translation_cache import Cache, cache_translations, report_cache

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

logger = logging.getLogger(__name__)


def project(
    input_path: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A .txt (a text a line), .jsonl or .spacy file; - for standard input.",
        ),
    ],
    output_path: Annotated[
        str,
        typer.Argument(metavar="OUTPUT", help="A .jsonl or .spacy file; - for standard output."),
    ],
    lang: Annotated[str | None, typer.Option("--lang", help="Language of the texts.")] = None,
    source_lang: SourceLang = None,
    config: PipelineConfig = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Texts at once.")] = 64,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say where the time went, stage by stage.")
    ] = False,
    cache: Cache = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find entities in texts of a language that has no NER model.

    Every text comes out, in order, with its entities, their offsets, labels and
    confidences, and the source entity of each; and with what was not placed, and why.
    """
    project_file(
        input_path,
        output_path,
        lang=lang,
        source_lang=source_lang,
        config=config,
        batch_size=batch_size,
        progress=not quiet,
        profile=profile,
        cache=cache,
    )


def project_file(
    input_path: str,
    output_path: str,
    *,
    lang: str | None,
    source_lang: str | None = None,
    config: Path | None = None,
    batch_size: int = 64,
    progress: bool = False,
    profile: bool = False,
    cache: Path | None = None,
) -> dict[str, Counter]:
    """Read, project and write. The output appears when all of it is there.

    RETURNS: Counts of what was found ("found") and of what was lost, by kind.
    RAISES: InputError, SetupError.
    """
    from ..corpus.texts import STANDARD, check_output, read_docs, write_docs
    from ..evaluation.metrics import add_losses
    from ..files import existing
    from ..pipeline.component import go_on_after_failures

    check_output(output_path)
    if input_path != STANDARD:
        existing(input_path)
    nlp = load_pipeline(lang, source_lang, config)
    go_on_after_failures(nlp)
    caches = cache_translations(nlp, cache)
    counts: dict[str, Counter] = {
        kind: Counter() for kind in ("found", "unplaced", "problems", "dropped")
    }

    def counted(docs: Iterable[Doc]) -> Iterator[Doc]:
        for doc in docs:
            counts["found"].update(texts=1, entities=len(doc.ents))
            add_losses(counts, doc)
            yield doc

    started = time.perf_counter()
    texts = read_docs(input_path, nlp, _source_lang(nlp))
    docs = nlp.pipe(map(_for_new_matching, texts), batch_size=batch_size)
    write_docs(counted(_bar(docs, input_path, progress)), output_path)
    _report(counts)
    report_cache(caches, cache)
    if profile:
        print("\n".join(_profile(nlp, time.perf_counter() - started)), file=sys.stderr)
    errors = sum(n for reason, n in counts["problems"].items() if reason.endswith(": error"))
    if errors and errors >= counts["found"]["texts"]:
        raise BackendError("Every text failed: see the warnings above, and run it with --debug.")
    return counts


def _profile(nlp: Language, total: float) -> list[str]:
    """Where the seconds went: a line a stage, a line for each part of the aligner's work."""
    from ..pipeline.component import StageComponent

    seconds: list[tuple[str, float]] = []
    for name, component in nlp.pipeline:
        if isinstance(component, StageComponent):
            for stage in component.stages:
                seconds.append((f"{name}: {stage.name}", component.seconds[stage.name]))
                parts = getattr(getattr(stage, "aligner", None), "seconds", {})
                seconds.extend((f"  of this: {part}", value) for part, value in parts.items())
    stages = sum(value for what, value in seconds if not what.startswith(" "))
    seconds.append(("other components, reading, tokenizing, writing", max(0.0, total - stages)))
    seconds.append(("all", total))
    width = max(len(what) for what, _ in seconds)
    return [
        f"{what:<{width}} {value:8.2f} s {value / max(total, 1e-9):4.0%}" for what, value in seconds
    ]


def _for_new_matching(doc: Doc) -> Doc:
    """A Doc of a .spacy file brings its translation and alignment; how entities are placed
    is decided by this run."""
    from ..document.attributes import forget

    forget(doc, "xl_candidates")
    return doc


def load_pipeline(lang: str | None, source_lang: str | None, config: Path | None) -> Language:
    """The pipeline that a config describes, or the default one for a language.

    RAISES: InputError or SetupError if it cannot be made.
    """
    import spacy
    from spacy.util import load_model_from_config
    from thinc.api import ConfigValidationError

    from ..pipeline.component import StageComponent
    from ..pipeline.loading import for_languages
    from ..text.languages import blank, check_language

    if config is None:
        if lang is None:
            raise InputError(
                "The language of the texts is not given.", hint="Give --lang, for example --lang pt"
            )
        nlp = blank(check_language(lang))
        languages = {"source_lang": source_lang or "en", "target_lang": lang}
        nlp.add_pipe("xl_projector", config=languages)
        return nlp
    try:
        if config.is_dir():
            nlp = spacy.load(config)
        else:
            read = read_config(config)
            if lang is not None and read.get("nlp", {}).get("lang") == "xx":
                read = for_languages(read, source_lang, check_language(lang))
            nlp = load_model_from_config(read, auto_fill=True)
    except (ConfigValidationError, OSError, TypeError, ValueError) as error:
        raise InputError(f"{config} does not describe a pipeline: {error}") from error
    if not any(isinstance(component, StageComponent) for _, component in nlp.pipeline):
        raise InputError(
            f"{config} describes a pipeline without an xl_ component ({', '.join(nlp.pipe_names)}).",
            hint='Add one: factory = "xl_projector"',
        )
    for option, given, own in (
        ("--lang", lang, nlp.lang),
        ("--source-lang", source_lang, _source_lang(nlp)),
    ):
        if given is not None and own not in (check_language(given), "xx"):
            raise InputError(
                f"{config} describes a pipeline for {own!r}, but {option} is {given!r}.",
                hint=f"Leave {option} out, or give a config of that language.",
            )
    return nlp


def load_any(name: str) -> Language:
    """A pipeline by its package's name, its folder, or a config of one with xl_projector.

    RAISES: InputError, OSError or ValueError if it cannot be loaded.
    """
    import spacy

    if name.endswith(".cfg"):
        return load_pipeline(None, None, Path(name))
    return spacy.load(name)


def _source_lang(nlp: Language) -> str:
    """The source language of the pipeline's components."""
    for _, component in nlp.pipeline:
        for stage in getattr(component, "stages", ()):
            if hasattr(stage, "source_lang"):
                return str(stage.source_lang)
    return "en"


def _bar(docs: Iterator[Doc], input_path: str, progress: bool) -> Iterable[Doc]:
    from tqdm import tqdm

    return tqdm(docs, total=_n_lines(input_path), unit="text", disable=not progress)


def _n_lines(path: str) -> int | None:
    """How many texts a file of lines has, to show how much is left."""
    if not path.endswith((".txt", ".jsonl")):
        return None
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def _report(counts: dict[str, Counter]) -> None:
    found = counts["found"]
    lines = [f"{found['texts']} texts, {found['entities']} entities"]
    words = {
        "unplaced": "source entities not placed",
        "problems": "problems",
        "dropped": "source entities dropped by the label map",
    }
    for kind, what in words.items():
        if counts[kind]:
            parts = ", ".join(f"{count} {reason}" for reason, count in counts[kind].most_common())
            lines.append(f"{sum(counts[kind].values())} {what}: {parts}")
    print("\n".join(lines), file=sys.stderr)
