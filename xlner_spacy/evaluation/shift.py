"""`xlner evaluate shift`: what becomes of pipelines out of their domain."""

from __future__ import annotations

import logging
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.tokens import Doc

from ..errors import InputError
from ..files import write_json
from ..silver.manifest import versions
from .domain_findings import Found, Report, find_kept
from .domains import Domain, DomainTexts
from .effective_robustness import LEAST_BASELINES, Line, baseline_line, effective_robustness
from .kinds_of_errors import kinds_of_errors
from .metrics import TokenEntity, interval, only, score
from .paired import Estimate, Scored, Shifted, drop, relative_drop, relative_drop_difference

logger = logging.getLogger(__name__)

Outcome = dict[str, Any]
FILE = "shift.json"
CELLS = "cells"


class Pair(NamedTuple):
    """A domain, the one it is compared with, and the labels that both have."""

    inside: DomainTexts
    outside: DomainTexts
    labels: list[str]


def evaluate_shift(
    pipelines: Mapping[str, str],
    domains: Sequence[Domain],
    in_domains: Sequence[str],
    folder: Path,
    *,
    source_langs: Sequence[str] | None = None,
    labels: list[str] | None = None,
    pipeline_labels: Mapping[str, str] | None = None,
    baselines: Sequence[str] = (),
    limit: int | None = None,
    quiet: bool = False,
    report: Report = logger.info,
) -> Outcome:
    """Measure pipelines in their domain and out of it, on the labels that both domains have.

    Every other domain is compared with the in-domain set of its language, or with the one of another language
    if there is no second one: then the language shifts, too.

    pipelines: Packages, folders or configs (.cfg), by name. A trained pipeline keeps its language.
    domains: The in-domain sets among them.
    in_domains: The names of these, one for each language.
    folder: What was found is kept in its folder `cells`, without texts: a pipeline that was run on the same texts by
        the same version is not run again. (A change in a model of the Hub goes unseen.)
    source_langs: The languages of the translations, where a pipeline leaves them open.
    labels: Score these of the domains' labels only.
    pipeline_labels: From a pipeline's labels to those that are scored, PERSON to PER. Others stay as they are.
    baselines: Pipelines that the line of effective robustness is fitted on, 5 at least.
    limit (int): Only the first texts of each domain.
    report: Gets a line before each measurement.
    RETURNS: `settings`, `versions`, `seconds`, `domains`, `rows` (one for each pipeline and domain), `differences`
        (of relative drops, for each two pipelines and each domain), `lines` and `notes`.
    RAISES: InputError if names or labels do not fit together, or a file or pipeline cannot be read.
    """
    _check_names(pipelines, domains, in_domains, baselines)
    for domain in domains:
        domain.check()
    inside_of = _in_domain_of(domains, in_domains)
    texts = {domain.name: domain.read(limit) for domain in domains}
    pairs = [_pair(texts[inside], texts[outside], labels) for outside, inside in inside_of.items()]
    found: dict[tuple[str, str], Found] = {}
    for name, pipeline in pipelines.items():
        found |= find_kept(name, pipeline, texts, source_langs, folder / CELLS, report, quiet)
    renamed = {
        key: [_renamed(own, pipeline_labels or {}) for own in cell.entities]
        for key, cell in found.items()
    }
    outcome = {
        "settings": {
            "task": "shift",
            "pipelines": dict(pipelines),
            "in_domains": list(in_domains),
            "baselines": list(baselines),
            "source_langs": list(source_langs) if source_langs else None,
            "labels": labels,
            "pipeline_labels": dict(pipeline_labels or {}),
            "limit": limit,
        },
        "versions": {**versions(), "spacy": spacy.__version__, "python": platform.python_version()},
        "domains": {name: _about(own, name in in_domains) for name, own in texts.items()},
        **_compared(list(pipelines), pairs, renamed, baselines),
        "failed": {f"{name} on {domain}": cell.failed for (name, domain), cell in found.items()},
        "losses": {f"{name} on {domain}": cell.losses for (name, domain), cell in found.items()},
        "seconds": {
            f"{name} on {domain}": round(cell.seconds, 3) for (name, domain), cell in found.items()
        },
        "notes": _notes(pairs, renamed, found),
    }
    write_json(folder / FILE, outcome)
    return outcome


def _check_names(
    pipelines: Mapping[str, str],
    domains: Sequence[Domain],
    in_domains: Sequence[str],
    baselines: Sequence[str],
) -> None:
    names = [domain.name for domain in domains]
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(f"Two domains are called {name!r}.", hint="Rename one: NAME=FILE")
    for name in in_domains:
        if name not in names:
            raise InputError(
                f"The in-domain set {name!r} is not among the domains ({', '.join(names) or 'none'}).",
                hint=f"Add --domain {name}, or name another with --in-domain.",
            )
    if not pipelines:
        raise InputError("No pipeline is named.", hint="Give a package, a folder or a config.")
    if not in_domains or set(names) <= set(in_domains):
        missing = "no in-domain set" if not in_domains else "no other domain"
        raise InputError(
            f"There is {missing} to compare with.",
            hint="Name the set that the pipelines are at home in with --in-domain NAME, others with --domain NAME.",
        )
    unknown = [name for name in baselines if name not in pipelines]
    if unknown:
        raise InputError(
            f"--baseline {unknown[0]!r} is not among the pipelines ({', '.join(pipelines)}).",
            hint="Give its name: the file's or the folder's, or that of NAME=PIPELINE.",
        )
    if baselines and len(set(baselines)) < LEAST_BASELINES:
        raise InputError(
            f"Effective robustness needs a line through {LEAST_BASELINES} baselines; "
            f"there are {len(set(baselines))}.",
            hint="Name more of the pipelines with --baseline, or none.",
        )


def _in_domain_of(domains: Sequence[Domain], in_domains: Sequence[str]) -> dict[str, str]:
    """The in-domain set that each of the other domains is compared with."""
    by_lang: dict[str, str] = {}
    for domain in domains:
        if domain.name in in_domains:
            if domain.lang in by_lang:
                raise InputError(
                    f"{by_lang[domain.lang]} and {domain.name} are both in-domain sets of "
                    f"{domain.lang!r}.",
                    hint="Name one for each language.",
                )
            by_lang[domain.lang] = domain.name
    found = {}
    for domain in domains:
        own = by_lang.get(domain.lang)
        if own is None and len(by_lang) > 1:
            raise InputError(
                f"{domain.name} is in {domain.lang!r}: no in-domain set has this language, and there "
                f"are several ({', '.join(by_lang.values())}).",
                hint=f"Name one in {domain.lang!r} with --in-domain.",
            )
        if domain.name not in in_domains:
            found[domain.name] = own or next(iter(by_lang.values()))
    unused = [name for name in in_domains if name not in found.values()]
    if unused:
        raise InputError(
            f"No domain is compared with the in-domain set {unused[0]!r}.",
            hint="Name one in its language with --domain, or leave it out.",
        )
    return found


def _pair(inside: DomainTexts, outside: DomainTexts, labels: list[str] | None) -> Pair:
    names = inside.domain.name, outside.domain.name
    shared = [label for label in inside.labels if label in outside.labels]
    if not shared:
        has = " and ".join(
            f"{own.domain.name} has {', '.join(own.labels) or 'none'}" for own in (inside, outside)
        )
        raise InputError(
            f"{names[0]} and {names[1]} share no label: {has}.",
            hint="Map the labels of your files to the same ones: --label-map PERSON=PER, or in a --domains config.",
        )
    scored = [label for label in shared if labels is None or label in labels]
    if not scored:
        raise InputError(
            f"{names[0]} and {names[1]} share no label of {', '.join(labels or [])}.",
            hint=f"They share {', '.join(shared)}.",
        )
    for own in (inside, outside):
        if not any(only(entities, scored) for entities in own.gold):
            raise InputError(
                f"{own.domain.name} has no {' or '.join(scored)} in {len(own.docs)} texts.",
                hint="Check its label map, or read more texts (--limit).",
            )
    return Pair(inside, outside, scored)


def _renamed(entities: Iterable[TokenEntity], labels: Mapping[str, str]) -> set[TokenEntity]:
    return {(start, end, labels.get(label, label)) for start, end, label in entities}


def _compared(
    names: Sequence[str],
    pairs: Sequence[Pair],
    found: Mapping[tuple[str, str], Sequence[set[TokenEntity]]],
    baselines: Sequence[str],
) -> Outcome:
    """Rows, differences and lines of all pairs of domains."""
    rows: list[Outcome] = []
    differences: list[Outcome] = []
    lines: dict[str, Outcome | None] = {}
    for pair in pairs:
        inside, outside = pair.inside.domain.name, pair.outside.domain.name
        scored = {
            name: tuple(
                _scored(found[name, own.domain.name], own, pair.labels)
                for own in (pair.inside, pair.outside)
            )
            for name in names
        }
        shifted = {name: Shifted.of(*both) for name, both in scored.items()}
        line = baseline_line([shifted[name] for name in dict.fromkeys(baselines)])
        if baselines:
            lines[outside] = _as_numbers(line)
        for name in names:
            surplus = (
                effective_robustness(shifted[name], line)
                if line is not None and name not in baselines
                else None
            )
            rows.append(
                {
                    "pipeline": name,
                    "domain": outside,
                    "in_domain": inside,
                    "labels": pair.labels,
                    "in": _figures(pair.inside.docs, scored[name][0]),
                    "out": _figures(pair.outside.docs, scored[name][1]),
                    "drop": _as_dict(drop(shifted[name])),
                    "relative_drop": _as_dict(relative_drop(shifted[name])),
                    "effective_robustness": _as_dict(surplus),
                }
            )
        for first, second in combinations(names, 2):
            difference = relative_drop_difference(shifted[first], shifted[second])
            differences.append(
                {
                    "domain": outside,
                    "first": first,
                    "second": second,
                    **(_as_dict(difference) or {}),
                }
            )
    return {"rows": rows, "differences": differences, "lines": lines}


def _scored(found: Sequence[set[TokenEntity]], texts: DomainTexts, labels: list[str]) -> Scored:
    return [only(own, labels) for own in found], [only(own, labels) for own in texts.gold]


def _figures(docs: Sequence[Doc], scored: Scored) -> Outcome:
    result = score(docs, *scored)
    return {
        **{key: result[key] for key in ("f1", "precision", "recall", "counts", "per_type")},
        "interval": interval(*scored),
        "errors": kinds_of_errors(*scored),
    }


def _as_dict(difference: Estimate | None) -> dict[str, float] | None:
    return difference._asdict() if difference is not None else None


def _as_numbers(line: Line | None) -> Outcome | None:
    if line is None:
        return None
    return {
        "slope": round(float(line.slope[0]), 4),
        "intercept": round(float(line.intercept[0]), 4),
    }


def _about(texts: DomainTexts, is_inside: bool) -> Outcome:
    gold = Counter(label for own in texts.gold for *_, label in own)
    return {
        "in_domain": is_inside,
        "lang": texts.domain.lang,
        "file": texts.domain.file.name,
        "digest": texts.domain.digest(),
        "prepare": texts.domain.prepare,
        "texts": len(texts.docs),
        "tokens": sum(map(len, texts.docs)),
        "longest": max(map(len, texts.docs)),
        "label_map": dict(texts.domain.labels),
        "entities": dict(sorted(gold.items())),
        "left_out": dict(sorted(texts.left_out.items())),
    }


def _notes(
    pairs: Sequence[Pair],
    entities: Mapping[tuple[str, str], Sequence[set[TokenEntity]]],
    found: Mapping[tuple[str, str], Found],
) -> list[str]:
    """What a reader should know before believing the figures."""
    notes = []
    scored: dict[str, set[str]] = {}
    for pair in pairs:
        for texts in (pair.inside, pair.outside):
            scored.setdefault(texts.domain.name, set()).update(pair.labels)
    for (name, domain), own in entities.items():
        labels = Counter(label for text in own for *_, label in text)
        if not labels:
            notes.append(f"{name} finds no entity in {domain}.")
        elif not labels.keys() & scored.get(domain, set(labels)):
            notes.append(
                f"{name} finds none of the labels scored in {domain}, but {', '.join(sorted(labels))}: "
                "rename its labels (--pipeline-labels PERSON=PER)?"
            )
        failed = found[name, domain].failed
        if failed:
            notes.append(f"{name} failed on {failed} texts of {domain}: see losses in {FILE}.")
    for pair in pairs:
        inside, outside = pair.inside.domain, pair.outside.domain
        if inside.lang != outside.lang:
            notes.append(f"{outside.name} differs from {inside.name} in language, too.")
    return notes
