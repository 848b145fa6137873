"""`xlner evaluate shift`: pipelines in their domain and out of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import install_hint
from .options import Code, Debug, GpuId, Labels, Limit, Quiet, SourceLangs, split_labels


def shift(
    pipelines: Annotated[
        list[str],
        typer.Argument(
            metavar="PIPELINE...",
            help="Packages, folders or configs (.cfg); NAME=PIPELINE renames one.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for shift.json, .md, .svg and cells/.")
    ],
    in_domain: Annotated[
        list[str],
        typer.Option(
            "--in-domain",
            metavar="NAME[=FILE]",
            help="The gold set that the pipelines are at home in; one for each language.",
        ),
    ],
    domain: Annotated[
        list[str] | None,
        typer.Option(
            "--domain",
            metavar="NAME[=FILE]",
            help="lener_br, wnut17, uner-pud:pt, ... or a file: CoNLL, .iob2, .jsonl or .spacy. May be "
            "given several times.",
        ),
    ] = None,
    domains: Annotated[
        Path | None,
        typer.Option(
            "--domains", metavar="FILE.cfg", help="Sections [domains.NAME] for more of them."
        ),
    ] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Language of the texts of NAME=FILE.")
    ] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option(
            "--label-map",
            metavar="OLD=NEW",
            help="Labels of NAME=FILE: PERSON=PER, or DATE= (left out). Others stay as they are.",
        ),
    ] = None,
    pipeline_labels: Annotated[
        list[str] | None,
        typer.Option(
            "--pipeline-labels",
            metavar="OLD=NEW",
            help="Labels that the pipelines find: PERSON=PER, GPE=LOC.",
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline",
            metavar="NAME",
            help="A pipeline that effective robustness is measured by; five at least.",
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder with the domains instead of $XLNER_DATA.")
    ] = None,
    source_lang: SourceLangs = None,
    labels: Labels = None,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure what pipelines lose out of their domain.

    Each domain is compared with the in-domain set of its language, on the labels that both have. What was found is
    kept in the output folder, so a run that was stopped continues where it was.
    """
    from ..corpus.labels import parse_label_map
    from ..evaluation.domains import find_domains, read_domains
    from ..evaluation.pipeline_names import named_pipelines
    from ..evaluation.shift import FILE, evaluate_shift
    from ..evaluation.shift_tables import main_table, write_shift

    named = read_domains(domains, data) if domains else []
    listed = {known.name for known in named} | {item.partition("=")[0] for item in domain or []}
    # An in-domain set may be one of those.
    wanted = dict.fromkeys([*(i for i in in_domain if i not in listed), *(domain or [])])
    found = find_domains(wanted, lang=lang, labels=parse_label_map(label_map or []), folder=data)
    outcome = evaluate_shift(
        named_pipelines(pipelines),
        [*found, *named],
        [item.partition("=")[0] for item in in_domain],
        output,
        source_langs=source_lang,
        labels=split_labels(labels),
        pipeline_labels=parse_label_map(pipeline_labels or []),
        baselines=baseline or [],
        limit=limit,
        quiet=quiet,
        report=lambda line: None if quiet else print(line, file=sys.stderr),
    )
    written = [output / FILE, *write_shift(outcome, output)]
    print(main_table(outcome))
    for note in outcome["notes"]:
        print(note, file=sys.stderr)
    print(f"Written: {', '.join(str(path) for path in written)}", file=sys.stderr)
    if not any(path.suffix == ".svg" for path in written):
        print(f"No plot: matplotlib is missing ({install_hint('workflow')}).", file=sys.stderr)
