"""`xlner project`: entities for the texts of a file."""

from __future__ import annotations

import errno
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BackendError, InputError, SetupError, XlnerError
from .options import (
    Code,
    Debug,
    GpuId,
    Lang,
    PipelineConfig,
    Quiet,
    SourceLang,
)
from .options import overrides as given_overrides
from .translation_cache import Cache, cache_translations, report_cache

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

logger = logging.getLogger(__name__)


def project(
    ctx: typer.Context,
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
    lang: Lang = None,
    source_lang: SourceLang = None,
    config: PipelineConfig = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Texts at once.")] = 64,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say where the time went, stage by stage.")
    ] = False,
    cache: Cache = None,
    force: Annotated[bool, typer.Option("--force", "-F", help="Replace the output.")] = False,
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
        source_lang=source_lang,
        config=config,
        batch_size=batch_size,
        progress=not quiet,
        profile=profile,
        cache=cache,
        force=force,
        overrides=given_overrides(ctx),
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
    force: bool = False,
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Counter]:
    """Read, project and write. The output appears when all of it is there.

    RETURNS: Counts of what was found ("found") and of what was lost, by kind.
    RAISES: InputError, SetupError.
    """
    from ..corpus.texts import STANDARD, check_output, read_docs, write_docs
    from ..evaluation.metrics import add_losses
    from ..files import existing
    from ..pipeline.component import go_on_after_failures
    from ..pipeline.loading import check_projects, load, source_lang_of

    check_output(output_path)
    if input_path != STANDARD:
        existing(input_path)
    _check_not_lost(input_path, output_path, force)
    nlp = load(config, lang=lang, source_lang=source_lang, overrides=overrides)
    check_projects(nlp, config)
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
    texts = read_docs(input_path, nlp, source_lang_of(nlp))
    docs = nlp.pipe(map(_for_new_matching, texts), batch_size=batch_size)
    with _saying_what_is_lost(counts["found"], output_path):
        write_docs(counted(_bar(docs, input_path, progress)), output_path)
    _report(counts)
    report_cache(caches, cache)
    if profile:
        print("\n".join(_profile(nlp, time.perf_counter() - started)), file=sys.stderr)
    errors = sum(n for reason, n in counts["problems"].items() if reason.endswith(": error"))
    if errors and errors >= counts["found"]["texts"]:
        raise BackendError("Every text failed: see the warnings above, and run it with --debug.")
    return counts


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


@contextmanager
def _saying_what_is_lost(found: Counter, output_path: str) -> Iterator[None]:
    """Add to an error how many finished texts go with it: the output appears when it is whole."""
    try:
        yield
    except XlnerError as error:
        raise type(error)(
            error.message, " ".join(filter(None, [error.hint, _lost(found)]))
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise SetupError(
            f"{output_path}: the disk is full ({error.strerror}).",
            hint=f"Make room and run the same command again. {_lost(found)}".strip(),
        ) from error


def _lost(found: Counter) -> str:
    if not found["texts"]:
        return ""
    return (
        f"The results of {found['texts']} texts before it are lost. With --cache FOLDER the next "
        "run does not translate them again; `xlner build` keeps finished parts."
    )


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
    from ..document.span_groups import CANDIDATES

    forget(doc, CANDIDATES)
    return doc


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
