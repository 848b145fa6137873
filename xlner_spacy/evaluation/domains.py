"""Gold of several domains: by name, as files of one's own, or as a config names them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from ..corpus.gold import read_gold
from ..corpus.labels import LabelMap
from ..corpus.preparations import PREPARATIONS
from ..corpus.texts import given_translations
from ..errors import InputError
from ..pipeline.loading import read_config
from ..silver.manifest import local_models
from ..text.languages import check_language, tokenizer
from . import corpora
from .corpora import DATA_VARIABLE, find_corpora
from .metrics import TokenEntity


@dataclass(frozen=True)
class Domain:
    """A file of labelled texts of one domain.

    lang (str): The language of the texts.
    labels (Mapping): From the file's labels to those that are scored; "" leaves one out.
    keep_others (bool): Whether labels that the map does not name stay as they are, or are left out.
    prepare (str): What must be done with the file first, a key of `PREPARATIONS`.
    hint (str): How the file can be had.
    """

    name: str
    lang: str
    file: Path
    labels: LabelMap = field(default_factory=dict)
    keep_others: bool = True
    prepare: str | None = None
    hint: str = ""

    def check(self) -> None:
        """RAISES: InputError if the file is not there."""
        if not self.file.is_file():
            raise InputError(f"{self.name}: {self.file} is not there.", hint=self.hint)

    def digest(self) -> str:
        """A digest that changes when the file does."""
        return local_models(str(self.file))[str(self.file)][:12]

    def read(self, limit: int | None = None) -> DomainTexts:
        """Its texts, or the first ones.

        RAISES: InputError if the file cannot be read or has no texts.
        """
        self.check()
        prepare = PREPARATIONS[self.prepare] if self.prepare else None
        read = read_gold(self.file, tokenizer(self.lang), self.lang, prepare=prepare)
        docs = list(islice(read, limit))
        if not docs:
            raise InputError(f"{self.name}: {self.file} has no texts.", hint=self.hint)
        gold: list[set[TokenEntity]] = []
        left_out: Counter[str] = Counter()
        for doc in docs:
            entities = {(ent.start, ent.end): ent.label_ for ent in doc.ents}
            scored = {span: self.scored_as(label) for span, label in entities.items()}
            gold.append({(*span, label) for span, label in scored.items() if label})
            left_out.update(entities[span] for span, label in scored.items() if not label)
        given = given_translations(self.file, "en")[:limit]
        return DomainTexts(self, docs, gold, left_out, given)

    def scored_as(self, label: str) -> str:
        """The label that one of the file's is scored as; "" if it is left out."""
        return self.labels.get(label, label if self.keep_others else "")


@dataclass(frozen=True)
class DomainTexts:
    """The texts of a domain that are measured on.

    docs: Each text, on the tokens of the file.
    gold: Its entities, by the labels that are scored.
    left_out: How many entities the label map leaves out, by the file's label.
    given: The translations that a .jsonl file has beside each text.
    """

    domain: Domain
    docs: Sequence[Doc]
    gold: Sequence[set[TokenEntity]]
    left_out: Mapping[str, int]
    given: Sequence[Sequence[tuple[str, str]]]

    @property
    def labels(self) -> list[str]:
        """The labels that the domain is annotated with: those of its map, and those in the texts."""
        found = {*self.domain.labels.values(), *(label for own in self.gold for *_, label in own)}
        return sorted(found - {""})


@dataclass(frozen=True)
class _Known:
    """Where the file of a domain lies in the data folder, and how it is to be read."""

    lang: str
    file: str
    labels: LabelMap
    prepare: str | None = None


_SAME = {label: label for label in ("PER", "LOC", "ORG")}
_ORGANISATIONS = ("organisation", "university", "band", "politicalparty", "conference")
_PEOPLE = ("person", "researcher", "writer", "musicalartist", "politician", "scientist")
_CROSSNER = {
    **dict.fromkeys(_PEOPLE, "PER"),
    **dict.fromkeys(("location", "country"), "LOC"),
    **dict.fromkeys(_ORGANISATIONS, "ORG"),
}

# Where a domain has few entities of a label or none by its guidelines, it is not scored there:
# LitBank has 8 organisations in 30 novels, the letters have people only.
KNOWN = {
    "uner-bosque-dev": _Known("pt", "uner_portuguese_bosque/pt_bosque-ud-dev.iob2", _SAME),
    "uner-ewt-dev": _Known("en", "uner_english_ewt/en_ewt-ud-dev.iob2", _SAME),
    "lener_br": _Known(
        "pt",
        "domains/lener_br/test.conll",
        {"PESSOA": "PER", "LOCAL": "LOC", "ORGANIZACAO": "ORG"},
    ),
    "letters": _Known("pt", "domains/pt_letters_1800s/letters.tsv", {"PER": "PER"}),
    **{
        f"crossner-{name}": _Known("en", f"domains/crossner/{name}.test.txt", _CROSSNER)
        for name in ("ai", "literature", "music", "politics", "science")
    },
    "wnut17": _Known(
        "en",
        "domains/wnut17/emerging.test.annotated",
        {"person": "PER", "location": "LOC", "group": "ORG", "corporation": "ORG"},
    ),
    "btc": _Known("en", "domains/btc/f.conll", _SAME, "broad_twitter"),
    "tweebank": _Known("en", "domains/tweebank_ner/test.bio", _SAME),
    "worldwide": _Known(
        "en",
        "domains/worldwide_en/sample.bioes.tsv",
        {"Person": "PER", "Location": "LOC", "Organization": "ORG"},
    ),
    "wikigold": _Known("en", "domains/wikigold/wikigold.conll.txt", _SAME),
    "hipe2020": _Known(
        "en",
        "domains/hipe_en/hipe2020.test.en.tsv",
        {"pers": "PER", "loc": "LOC", "org": "ORG"},
        "hipe",
    ),
    "topres19th": _Known("en", "domains/hipe_en/topres19th.test.en.tsv", {"LOC": "LOC"}, "hipe"),
    "litbank": _Known(
        "en",
        "domains/litbank_prop/30novels.prop.tsv",
        {"PER": "PER", "LOC": "LOC", "GPE": "LOC", "FAC": "LOC"},
    ),
}


def find_domains(
    specifications: Iterable[str],
    *,
    lang: str | None = None,
    labels: LabelMap | None = None,
    folder: Path | None = None,
) -> list[Domain]:
    """The domains that are named.

    specifications: "lener_br", a name of KNOWN; "uner-pud:pt", a corpus of `find_corpora`; "NAME=FILE", a file of
        any format that `read_gold` reads. A name of KNOWN with a file stands for that file in its place.
    lang (str): The language of files whose name is not known.
    labels: Their label map; labels that it does not name stay as they are.
    folder: Where the data is. None: what XLNER_DATA names, else ./assets.
    RAISES: InputError for a name that is not known, or a file without a language.
    """
    folder = folder or _data_folder()
    return [
        domain for item in specifications for domain in _find(item.strip(), lang, labels, folder)
    ]


def _find(item: str, lang: str | None, labels: LabelMap | None, folder: Path) -> list[Domain]:
    name, equals, file = item.partition("=")
    if not name or (equals and not file):
        raise InputError(f"{item!r} names no domain and file.", hint="Write --domain NAME=FILE")
    if equals and name not in KNOWN:
        if lang is None:
            raise InputError(
                f"{item}: the language of the texts is not given.",
                hint="Give it: --lang pt. Files of several languages: a --domains config, with a lang for each.",
            )
        return [Domain(name, check_language(lang), Path(file), labels or {}, hint=_own_hint())]
    if name in KNOWN:
        domain = _known(name, folder)
        return [replace(domain, file=Path(file), hint=_own_hint()) if equals else domain]
    if name.partition(":")[0] not in corpora.KNOWN:
        raise InputError(
            f"There is no domain {name!r}.",
            hint=f"Known: {', '.join(KNOWN)}; and corpora: {', '.join(corpora.KNOWN)} (uner-pud:pt). "
            "A file of your own: NAME=FILE",
        )
    return [
        Domain(corpus.name, corpus.target_lang, corpus.target_file, _SAME, False, hint=corpus.hint)
        for corpus in find_corpora(name, folder)
    ]


def _known(name: str, folder: Path) -> Domain:
    known = KNOWN[name]
    return Domain(
        name,
        known.lang,
        folder / known.file,
        known.labels,
        False,
        known.prepare,
        hint=f"Set {DATA_VARIABLE} to a folder that has {known.file}, or name the file where it lies: "
        f"{name}=FILE",
    )


def _data_folder() -> Path:
    return Path(os.environ.get(DATA_VARIABLE, "assets"))


def _own_hint() -> str:
    return f"Check its path (seen from {Path.cwd()})."


def read_domains(path: Path, folder: Path | None = None) -> list[Domain]:
    """The domains of a config.

        [domains.minutes]
        lang = "pt"
        file = "minutes.conll"

        [domains.minutes.labels]
        PESSOA = "PER"

    Labels that are not named stay as they are; "" leaves one out. `prepare` names a preparation. What a section with a name of KNOWN does not say is as it is there.

    folder: As of `find_domains`.
    RAISES: InputError if it is no such config.
    """
    sections = read_config(path, interpolate=True).get("domains")
    if not isinstance(sections, dict) or not sections:
        raise InputError(
            f"{path} names no domains.",
            hint='Write a section [domains.NAME] with lang = "pt", file = "FILE".',
        )
    folder = folder or _data_folder()
    return [_of_section(path, name, block, folder) for name, block in sections.items()]


_SETTINGS = {"lang", "file", "labels", "prepare"}


def _of_section(path: Path, name: str, block: Any, folder: Path) -> Domain:
    where = f"{path}, [domains.{name}]"
    if not isinstance(block, dict) or block.keys() - _SETTINGS:
        more = (
            f" ({', '.join(sorted(block.keys() - _SETTINGS))})" if isinstance(block, dict) else ""
        )
        raise InputError(
            f"{where} has other settings than a domain{more}.",
            hint=f"They are {', '.join(sorted(_SETTINGS))}.",
        )
    labels = block.get("labels")
    strings = [value for key, value in block.items() if key != "labels" and value is not None]
    strings += labels.values() if isinstance(labels, dict) else [labels] * (labels is not None)
    if not all(isinstance(value, str) for value in strings):
        raise InputError(f"{where}: not all values are strings.", hint='Write PESSOA = "PER".')
    changes = {key: value for key, value in block.items() if value is not None}
    if changes.get("prepare", "hipe") not in PREPARATIONS:
        raise InputError(
            f"{where}: there is no preparation {block['prepare']!r}.",
            hint=f"Known: {', '.join(PREPARATIONS)}.",
        )
    if "labels" in changes:
        changes["keep_others"] = True
    if "lang" in changes:
        changes["lang"] = check_language(changes["lang"])
    if "file" in changes:
        changes |= {"file": Path(changes["file"]), "hint": _own_hint()}
    if name in KNOWN:
        return replace(_known(name, folder), **changes)
    missing = sorted({"lang", "file"} - changes.keys())
    if missing:
        raise InputError(
            f"{where} has no {' and no '.join(missing)}.",
            hint='Write lang = "pt" and file = "FILE".',
        )
    return Domain(name, **changes)
