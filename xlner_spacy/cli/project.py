"""`xlner project`: entities for the texts of a file."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BackendError, InputError
from .options import (
    Code,
    Debug,
    GpuId,
    Lang,
    PipelineConfig,
    Quiet,
    SourceLangs,
    named_models,
)
from .options import overrides as given_overrides
from .translation_cache import Cache, cache_translations, report_cache

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from ..corpus.resumable import Counts, ResumableOutput

logger = logging.getLogger(__name__)

# What is reported: entities and texts found; entities and parts of texts lost, by reason; the
# texts that each source language was asked about, and those on which it failed.
KINDS = ("found", "unplaced", "problems", "dropped", "sources", "sources_failed")


def project(
    ctx: typer.Context,
    input_path: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A .txt (one text per line), .jsonl or .spacy file; - for standard input.",
        ),
    ],
    output_path: Annotated[
        str,
        typer.Argument(metavar="OUTPUT", help="A .jsonl or .spacy file; - for standard output."),
    ],
    lang: Lang = None,
    source_lang: SourceLangs = None,
    config: PipelineConfig = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Texts at once.")] = 64,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say where the time went, stage by stage.")
    ] = False,
    cache: Cache = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            "-F",
            help="Replace the output, and give up what an interrupted run with other settings "
            "has done.",
        ),
    ] = False,
    code: Code = None,
    gpu_id: GpuId = None,
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
        source_langs=source_lang,
        config=config,
        batch_size=batch_size,
        progress=not quiet,
        profile=profile,
        cache=cache,
        force=force,
        overrides=given_overrides(ctx),
        code=code,
    )


def project_file(
    input_path: str,
    output_path: str,
    *,
    lang: str | None,
    source_langs: Sequence[str] | None = None,
    config: Path | None = None,
    batch_size: int = 64,
    progress: bool = False,
    profile: bool = False,
    cache: Path | None = None,
    force: bool = False,
    overrides: Mapping[str, Any] | None = None,
    code: Path | None = None,
) -> dict[str, Counter]:
    """Read, project and write. The output appears when all of it is there; if the run is
    interrupted, the next one with the same arguments goes on where it was.

    RETURNS: Counts of what was found ("found") and of what was lost, by kind.
    RAISES: InputError, SetupError.
    """
    from ..corpus.resumable import resumable
    from ..corpus.texts import STANDARD, check_output, read_docs
    from ..files import existing
    from ..pipeline.component import go_on_after_failures
    from ..pipeline.loading import check_projects, load, source_langs_of
    from ..silver.manifest import pipeline_settings

    check_output(output_path)
    if input_path != STANDARD:
        existing(input_path)
    _check_not_lost(input_path, output_path, force)
    nlp = load(config, lang=lang, source_langs=source_langs, overrides=overrides)
    check_projects(nlp, config)
    go_on_after_failures(nlp)
    caches = cache_translations(nlp, cache)

    def processed(texts: Iterable[Doc], n_done: int = 0) -> Iterator[tuple[Doc, Counts]]:
        docs = nlp.pipe(map(for_new_matching, texts), batch_size=batch_size)
        for doc in _bar(docs, input_path, progress, n_done):
            yield doc, _counts(doc)

    started = time.perf_counter()
    texts = read_docs(input_path, nlp, source_langs_of(nlp)[0])
    if output_path == STANDARD:
        counts = _print_lines(processed(texts))
    else:
        models = [*named_models(config, overrides, code), *_without_lines(input_path)]
        settings = {
            "input": input_path,
            "batch_size": batch_size,
            **pipeline_settings(nlp, models),
        }
        with resumable(Path(output_path), settings, batch_size, force=force) as run:
            counts = _write(run, texts, processed)
    counts = {kind: counts.get(kind, Counter()) for kind in KINDS}  # of an empty file too
    _report(counts)
    report_cache(caches, cache)
    if profile:
        print("\n".join(_profile(nlp, time.perf_counter() - started)), file=sys.stderr)
    if 0 < counts["found"]["texts"] == counts["found"]["failed"]:
        raise BackendError(
            "Every text failed: see the warnings above.",
            hint="Run it again as `xlner --verbose project` to see the reasons.",
        )
    return counts


def _write(
    run: ResumableOutput,
    texts: Iterator[Doc],
    processed: Callable[[Iterable[Doc], int], Iterator[tuple[Doc, Counts]]],
) -> Counts:
    """Write the texts that no earlier run has written, and say so if not all can be."""
    rest = run.rest_of(texts)
    if run.done:
        print(f"Going on after {run.done} texts that an earlier run has done.", file=sys.stderr)
    try:
        for doc, counts in processed(rest, run.done):
            run.add(doc, counts)
        run.finish()
    finally:
        if run.done and not run.finished:
            message = f"{run.done} texts are done and kept: the same command goes on after them."
            print(message, file=sys.stderr)
    return run.counts


def _print_lines(found: Iterable[tuple[Doc, Counts]]) -> Counts:
    from ..corpus.resumable import count
    from ..corpus.texts import to_line

    total: Counts = {}
    for doc, counts in found:
        sys.stdout.buffer.write(to_line(doc))
        sys.stdout.flush()
        count(total, counts)
    return total


def _counts(doc: Doc) -> Counts:
    """What the report counts, of one text."""
    from ..document.failed_sources import count_sources, has_failed
    from ..evaluation.metrics import add_losses

    counts: Counts = {kind: Counter() for kind in KINDS}
    counts["found"].update(texts=1, entities=len(doc.ents), failed=int(has_failed(doc)))
    count_sources(doc, counts["sources"], counts["sources_failed"])
    add_losses(counts, doc)
    return counts


def _without_lines(input_path: str) -> list[str]:
    """The input, if it is read as a whole: then a change in it changes all of it."""
    from ..files import suffix_of

    return [input_path] if suffix_of(input_path) == ".spacy" else []


def _check_not_lost(input_path: str, output_path: str, force: bool) -> None:
    """RAISES: InputError if the output would replace a file that the user may still want."""
    output = Path(output_path)
    if output_path == "-" or not output.exists():
        return
    if input_path != "-" and output.samefile(input_path):
        raise InputError(
            f"{output_path} is the input: its texts would be replaced.",
            hint="Name another file as the output.",
        )
    if not force:
        raise InputError(f"{output_path} exists already.", hint="Add --force to replace it.")


def _profile(nlp: Language, total: float) -> list[str]:
    """The seconds that each stage took, and each part of the aligner's work, one per line."""
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


def for_new_matching(doc: Doc) -> Doc:
    """A Doc of a .spacy file brings its translation and alignment; how entities are placed
    is decided by this run."""
    from ..document.attributes import forget
    from ..document.span_groups import CANDIDATES

    forget(doc, CANDIDATES)
    return doc


def _bar(docs: Iterator[Doc], input_path: str, progress: bool, n_done: int) -> Iterable[Doc]:
    from tqdm import tqdm

    total = _n_lines(input_path)
    return tqdm(docs, total=total, initial=n_done, unit="text", disable=not progress)


def _n_lines(path: str) -> int | None:
    """The number of texts in a file of lines that is here, for the progress bar."""
    from ..files import is_remote, located, suffix_of

    place = located(path)
    if suffix_of(path) not in (".txt", ".jsonl") or is_remote(place):
        return None
    with place.open("rb") as file:
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
    lines.extend(source_lines(counts["sources"], counts["sources_failed"]))
    print("\n".join(lines), file=sys.stderr)


def source_lines(asked: Mapping[str, int], failed: Mapping[str, int]) -> Iterator[str]:
    """A line for each of several source languages that failed on some texts."""
    from ..document.failed_sources import failed_on

    for lang, n_asked in asked.items():
        reasons = failed_on(lang, failed)
        if reasons and len(asked) > 1:
            parts = ", ".join(f"{n} {reason}" for reason, n in reasons.items())
            yield f"source {lang}: failed on {sum(reasons.values())} of {n_asked} texts: {parts}"
