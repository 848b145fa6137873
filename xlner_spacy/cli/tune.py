"""`xlner tune`: which method is best for a language, from texts without labels."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, SetupError
from .options import (
    Code,
    Debug,
    GpuId,
    PipelineConfig,
    Quiet,
    RequiredLang,
    SourceLangs,
)
from .options import overrides as given_overrides
from .translation_cache import Cache, cache_translations

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from thinc.api import Config

    from ..evaluation.choice import Choice
    from ..evaluation.trials import Trial

FIRST = 300


def tune(
    ctx: typer.Context,
    texts: Annotated[
        str,
        typer.Argument(
            metavar="TEXTS", help="As of `xlner project`: .txt, .jsonl or .spacy, - for input."
        ),
    ],
    lang: RequiredLang,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT.cfg",
            help="The config to write; OUT.json has all figures.",
        ),
    ],
    source_lang: SourceLangs = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            metavar="NAME=CONFIG",
            help="A method to compare; may be given several times. By default a set of variants.",
        ),
    ] = None,
    config: PipelineConfig = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Only the first N texts that are not empty.")
    ] = FIRST,
    cache: Cache = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Choose a method for a language without labels, and say how sure that is.

    The default, projection alone, transfer alone and variants of them find entities in the texts. What F1 to expect of
    each is estimated from what projection and transfer find and how sure they are. The default is
    kept unless another method is above it in most resamples of the texts.
    """
    choice, n_texts = tune_on_file(
        texts,
        output,
        lang,
        source_langs=source_lang,
        methods=method or [],
        config=config,
        limit=limit,
        cache=cache,
        overrides=given_overrides(ctx),
        progress=not quiet,
    )
    print(_table(choice))
    print(
        _summary(choice, n_texts), f"Wrote {output} and {_figures_file(output)}.", file=sys.stderr
    )


def tune_on_file(
    texts: str,
    output: Path,
    lang: str,
    *,
    source_langs: Sequence[str] | None = None,
    methods: Sequence[str] = (),
    config: Path | None = None,
    limit: int = FIRST,
    cache: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> tuple[Choice, int]:
    """Compare methods on the texts of a file; write the config of the one that is chosen, and figures.

    source_langs (Sequence): None: those of the config, or of the translations in the file, or English.
    methods (Sequence): NAME=CONFIG; the default and the two that bear witness are compared anyway. None:
        those of `rivals`.
    RETURNS: The choice, and on how many texts it was made.
    RAISES: InputError if a file or a method cannot be used; SetupError if the default cannot run.
    """
    from ..corpus.texts import STANDARD
    from ..evaluation.choice import choose
    from ..evaluation.rivals import DEFAULT, PROJECTION, TRANSFER, rivals
    from ..evaluation.trials import run_trials
    from ..files import atomic_file, check_place, existing, write_json
    from ..pipeline.loading import load, source_langs_of
    from ..text.languages import check_language

    if output.suffix != ".cfg":
        raise InputError(f"{output} does not end in .cfg.", hint="Name a config to write: wo.cfg")
    configs = _named(methods, {DEFAULT, PROJECTION, TRANSFER})
    if texts != STANDARD:
        existing(texts)
    for file in (output, _figures_file(output)):
        check_place(file, texts, config, *configs.values())
    lang = check_language(lang)
    if config is None and source_langs is None:
        source_langs = _languages_of_translations(texts) or ["en"]
    nlp = load(config, lang=lang, source_langs=source_langs, overrides=overrides)
    sources = source_langs_of(nlp)
    compared = rivals(nlp, sources, lang)
    if configs:
        always = {name: compared[name] for name in (DEFAULT, PROJECTION, TRANSFER)}
        compared = {**always, **_read(configs, sources, lang)}
    docs = _first(texts, nlp, sources[0], limit)
    trials, failed = run_trials(
        compared,
        docs,
        prepare=lambda own: _cached(own, cache),
        report=_reporter(len(compared), progress),
    )
    for name in (DEFAULT, PROJECTION, TRANSFER):
        if name in failed:
            raise SetupError(
                f"The method {name!r}, which every comparison needs, cannot run: {failed[name]}"
            )
    choice = choose(
        [[token.text for token in doc] for doc in docs],
        {name: trial.found for name, trial in trials.items()},
        trials[PROJECTION].found,
        trials[TRANSFER].found,
        _scores(trials[PROJECTION]),
    )
    for name, reason in failed.items():
        print(f"{name} cannot run: {reason}", file=sys.stderr)
    write_json(_figures_file(output), _figures(choice, trials, failed, len(docs), lang, sources))
    with atomic_file(output) as written:
        written.write(f"{trials[choice.chosen].nlp.config.to_str()}\n".encode())
    return choice, len(docs)


def _figures_file(output: Path) -> Path:
    return output.with_suffix(".json")


def _named(methods: Iterable[str], taken: set[str]) -> dict[str, Path]:
    """The configs of --method by their names."""
    found: dict[str, Path] = {}
    for item in methods:
        name, equals, file = item.partition("=")
        if not (name and equals and file.endswith(".cfg")):
            raise InputError(
                f"--method {item!r} is no name and config.", hint="Write --method mine=mine.cfg"
            )
        if name in found or name in taken:
            raise InputError(f"There are two methods {name!r}.", hint="Rename yours.")
        found[name] = Path(file)
    return found


def _read(configs: Mapping[str, Path], sources: Sequence[str], lang: str) -> dict[str, Config]:
    """Configs that leave their language open are for that of the texts, and their source languages."""
    from ..pipeline.loading import for_languages, load, read_config

    found = {}
    for name, file in configs.items():
        own = read_config(file)
        is_open = own.get("nlp", {}).get("lang") == "xx"
        found[name] = for_languages(own, sources, lang) if is_open else load(file, lang=lang).config
    return found


def _languages_of_translations(texts: str) -> list[str]:
    """The languages that the first text of a .jsonl file has translations into under "translations"."""
    from ..corpus.texts import read_json_lines
    from ..files import suffix_of

    if texts == "-" or suffix_of(texts) != ".jsonl":
        return []
    for _, record in read_json_lines(Path(texts)):
        given = record.get("translations")
        return list(given) if isinstance(given, dict) else []
    return []


def _first(texts: str, nlp: Language, source_lang: str, limit: int) -> list[Doc]:
    from itertools import islice

    from ..corpus.texts import read_docs

    docs = (doc for doc in read_docs(texts, nlp, source_lang) if doc.text.strip())
    found = list(islice(docs, limit))
    if not found:
        raise InputError(f"{texts} has no text.", hint="Give some hundred texts of the language.")
    return found


def _cached(nlp: Language, cache: Path | None) -> None:
    from ..pipeline.component import StageComponent

    stages = [s for _, c in nlp.pipeline if isinstance(c, StageComponent) for s in c.stages]
    if any("translator" in vars(stage) for stage in stages):
        cache_translations(nlp, cache)


def _reporter(n_methods: int, progress: bool) -> Any:
    from tqdm import tqdm

    bar = tqdm(total=n_methods, unit="method", disable=not progress)

    def report(name: str) -> None:
        bar.set_description(name)
        bar.update()

    return report


def _scores(projection: Trial) -> list[list[float]]:
    """The recogniser's probabilities of the entities of the translations, of each text."""
    return [
        [e["score"] for t in own for e in t["entities"] or [] if e["score"] is not None]
        for own in projection.translations
    ]


def _figures(
    choice: Choice,
    trials: Mapping[str, Trial],
    failed: Mapping[str, str],
    n_texts: int,
    lang: str,
    sources: Sequence[str],
) -> dict[str, Any]:
    from ..about import __version__

    return {
        "lang": lang,
        "source_langs": list(sources),
        "texts": n_texts,
        "chosen": choice.chosen,
        "best": choice.best,
        "kept_because": choice.reason,
        "lean": round(choice.lean, 4),
        "methods": {
            name: {**_rounded(estimate._asdict()), "seconds": round(trials[name].seconds, 2)}
            for name, estimate in choice.estimates.items()
        },
        "failed": dict(failed),
        "version": __version__,
    }


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: [round(end, 4) for end in value] if isinstance(value, tuple) else round(value, 4)
        for key, value in values.items()
    }


def _table(choice: Choice) -> str:
    from wasabi import table

    rows = [
        (
            f"{name} *" if name == choice.chosen else name,
            f"{own.f1:.3f}",
            f"{own.interval[0]:.3f}-{own.interval[1]:.3f}",
            f"{own.gain:+.3f}",
            f"{own.above:.0%}",
            f"{own.best:.0%}",
            f"{own.agreement:.3f}",
            str(own.entities),
        )
        for name, own in sorted(choice.estimates.items(), key=lambda item: -item[1].f1)
    ]
    header = ("method", "F1 exp.", "95%", "gain", "above", "best", "agrees", "entities")
    return str(table(rows, header=header, divider=True, aligns=("l", *"rrrrrrr")))


def _summary(choice: Choice, n_texts: int) -> str:
    own = choice.estimates[choice.chosen]
    if choice.reason:
        return f"Not sure: the default is kept. On {n_texts} texts {choice.reason}."
    if choice.chosen == choice.best == "default":
        return f"The default is best on {n_texts} texts: top in {own.best:.0%} of their resamples."
    low, high = own.gain_interval
    return (
        f"{choice.chosen} is expected to gain {own.gain:+.3f} F1 on the default ({low:+.3f} to {high:+.3f}), "
        f"and is above it in {own.above:.0%} of the resamples of {n_texts} texts, the best in "
        f"{own.best:.0%}."
    )
