"""Gold corpora known by name, and the pairs of sentences in them."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

import langcodes

from ..corpus.conll import GoldSentence, read_conll
from ..errors import InputError
from ..text.languages import check_language

logger = logging.getLogger(__name__)

Pairs = list[tuple[GoldSentence, GoldSentence]]

DATA_VARIABLE = "XLNER_DATA"


@dataclass(frozen=True)
class Corpus:
    """Gold sentences of a target language, and of their translations where there are any.

    hint: How its files can be had.
    """

    name: str
    source_lang: str
    target_lang: str
    target_file: Path
    source_file: Path | None = None
    hint: str = ""

    def read(
        self, limit: int | None = None
    ) -> tuple[list[GoldSentence | None], list[GoldSentence]]:
        """The source sentences (None where the corpus has no source side) and the target ones.

        RAISES: InputError if a file is missing or cannot be read.
        """
        if self.source_file is None:
            targets = read_conll(self.target_file)[:limit]
            return [None] * len(targets), targets
        pairs, _ = read_pairs(self.source_file, self.target_file)
        return [s for s, _ in pairs[:limit]], [t for _, t in pairs[:limit]]

    @property
    def files(self) -> list[Path]:
        """Its one or two files."""
        return (
            [self.target_file] if self.source_file is None else [self.source_file, self.target_file]
        )

    def check(self) -> None:
        """RAISES: InputError if a file is not there."""
        for file in self.files:
            if not file.is_file():
                raise InputError(f"{self.name}: {file} is not there.", hint=self.hint)

    def digest(self) -> str:
        """A digest that changes when one of the files does."""
        content = b"".join(file.read_bytes() for file in self.files)
        return hashlib.sha256(content).hexdigest()[:12]


@dataclass(frozen=True)
class _Known:
    """Where a corpus lies in the data folder.

    languages: Its target languages, each with the code for {lang} in the file's name; none:
        those that are there.
    """

    languages: dict[str, str]
    target: str
    source: str | None = None


def _where(name: str) -> str:
    return (
        f"Set {DATA_VARIABLE} to a folder that has it, or fetch it in the project's folder: "
        f"python scripts/corpora.py {name}"
    )


def _as_they_are(codes: str) -> dict[str, str]:
    return {code: code for code in codes.split()}


def _standardized(codes: str) -> dict[str, str]:
    """Codes of three letters, by the usual ones."""
    return {str(langcodes.standardize_tag(code)): code for code in codes.split()}


KNOWN = {
    "europarl-ner": _Known(
        _as_they_are("de es it"),
        "europarl_ner/{lang}-europarl.test.conll02",
        "europarl_ner/en-europarl.test.conll02",
    ),
    "uner-pud": _Known(
        _as_they_are("pt de zh sv ru"),
        "uner_pud/{lang}_pud-ud-test.iob2",
        "uner_pud/en_pud-ud-test.iob2",
    ),
    "uner-bosque-dev": _Known(
        _as_they_are("pt"), "uner_portuguese_bosque/{lang}_bosque-ud-dev.iob2"
    ),
    "masakhaner2": _Known(
        _standardized(
            "bam bbj ewe fon hau ibo kin lug luo mos nya pcm sna swa tsn twi wol xho yor zul"
        ),
        "masakhaner2/{lang}.test.txt",
    ),
    "pan-x": _Known({}, "pan_x/{lang}/test"),
}


def find_corpora(specification: str, folder: Path | None = None) -> list[Corpus]:
    """The corpora that a specification names.

    specification: "uner-pud:pt" for one language, "uner-pud" for all that are there; or
        files of one's own: "en-pt=SOURCE,TARGET" (parallel) or "en-sw=TARGET".
    folder: Where the data is. None: what XLNER_DATA names, else ./assets.
    RAISES: InputError for a name or a language that is not known, for one language on both
        sides, or if nothing is there.
    """
    if "=" in specification:
        return [_own_files(specification)]
    name, _, lang = specification.partition(":")
    if name not in KNOWN:
        raise InputError(
            f"There is no corpus {name!r}.",
            hint=f"Known: {', '.join(KNOWN)}. Files of your own: en-pt=SOURCE_FILE,TARGET_FILE",
        )
    folder = folder or Path(os.environ.get(DATA_VARIABLE, "assets"))
    known = KNOWN[name]
    if lang:
        return [_corpus(name, check_language(lang), folder)]
    languages = list(known.languages) or _folders(folder / "pan_x")
    found = [_corpus(name, code, folder) for code in languages]
    found = [corpus for corpus in found if corpus.target_file.is_file()]
    if not found:
        raise InputError(f"There is nothing of {name} in {folder}.", hint=_where(name))
    return found


def _corpus(name: str, lang: str, folder: Path) -> Corpus:
    known = KNOWN[name]
    if known.languages and lang not in known.languages:
        raise InputError(f"{name} has no {lang!r}.", hint=f"It has: {', '.join(known.languages)}.")
    _check_differ(f"{name}:{lang}", "en", lang)
    code = known.languages.get(lang, lang)
    return Corpus(
        name=f"{name}:{lang}",
        source_lang="en",
        target_lang=lang,
        target_file=folder / known.target.format(lang=code),
        source_file=folder / known.source if known.source else None,
        hint=_where(name if known.languages else f"{name}:{lang}"),
    )


def parallel_files(
    name: str, target: str, folder: Path | None = None
) -> tuple[Path, str, dict[str, Path]]:
    """The gold file of a language of a parallel corpus, its code, and those of all other languages that are there.

    folder: As of `find_corpora`.
    RAISES: InputError if the corpus is not known or not parallel, has no such language, or there are not two
        others.
    """
    target = check_language(target)
    corpora = find_corpora(name, folder)
    files = {corpus.target_lang: corpus.target_file for corpus in corpora}
    if corpora[0].source_file is None:
        raise InputError(
            f"{name} is not parallel: its languages have different texts.",
            hint="europarl-ner and uner-pud are. Files of your own: --source en=FILE",
        )
    files["en"] = corpora[0].source_file
    if target not in files:
        raise InputError(
            f"{name} has no {target!r}.", hint=f"There are {', '.join(sorted(files))}."
        )
    others = {code: file for code, file in files.items() if code != target and file.is_file()}
    if len(others) < 2:
        raise InputError(
            f"There are not two source languages for {target!r}: {', '.join(others) or 'none'}.",
            hint=_where(name),
        )
    return files[target], target, dict(sorted(others.items()))


def _folders(folder: Path) -> list[str]:
    """The languages that are there, but for the one that is projected from."""
    return sorted(p.parent.name for p in folder.glob("*/test") if p.parent.name != "en")


def _own_files(specification: str) -> Corpus:
    languages, _, files = specification.partition("=")
    source, _, target = languages.partition("-")
    names = files.split(",")
    how = "Files of your own: en-pt=SOURCE_FILE,TARGET_FILE or en-sw=TARGET_FILE"
    if not target or len(names) > 2:
        raise InputError(f"{specification!r} does not name a corpus.", hint=how)
    if not all(name.strip() for name in names):
        raise InputError(f"{specification!r} lacks the name of a file.", hint=how)
    paths = [Path(name) for name in names]
    source_lang, target_lang = check_language(source), check_language(target)
    _check_differ(specification, source_lang, target_lang)
    return Corpus(
        name=f"{paths[-1].stem}:{target}",
        source_lang=source_lang,
        target_lang=target_lang,
        target_file=paths[-1],
        source_file=paths[0] if len(paths) == 2 else None,
        hint=f"Check the path in --corpus {specification} (seen from {Path.cwd()}).",
    )


def _check_differ(specification: str, source_lang: str, target_lang: str) -> None:
    if source_lang == target_lang:
        raise InputError(
            f"{specification!r} has {source_lang!r} on both sides: there is nothing to project.",
            hint="Name the language of the NER model first, then that of the texts: en-pt=...",
        )


def read_pairs(source_file: Path, target_file: Path) -> tuple[Pairs, int]:
    """The pairs of sentences of parallel gold files, and how many sentences of both have no
    partner. They are joined by `sent_id` where both files have them, else the k-th is the
    translation of the k-th. (The one exception that is known: Chinese UNER-PUD.)

    RAISES: InputError if the two are not parallel.
    """
    sources, targets = read_conll(source_file), read_conll(target_file)
    if _is_chinese_pud(sources, targets):
        # Upstream has the sentences that were English at first before those that were not.
        sources = sorted(sources, key=lambda s: (s.sent_id or "")[1:3] != "01")
        return list(zip(sources, targets, strict=True)), 0
    by_id = {s.sent_id: s for s in sources if s.sent_id}
    if len(by_id) == len(sources) and all(t.sent_id for t in targets):
        pairs = [(by_id[t.sent_id], t) for t in targets if t.sent_id in by_id]
        left_out = len(sources) + len(targets) - 2 * len(pairs)
        if not pairs:
            raise InputError(f"{source_file} and {target_file} have no sent_id in common.")
        if left_out:
            logger.warning(
                "%d sentences of %s and %s have no partner and are left out.",
                left_out,
                source_file,
                target_file,
            )
        return pairs, left_out
    if len(sources) != len(targets):
        raise InputError(
            f"{source_file} has {len(sources)} sentences, {target_file} has {len(targets)}.",
            hint="The k-th sentences of the two files must be translations of each other "
            "(or both files must have '# sent_id = ' lines).",
        )
    return list(zip(sources, targets, strict=True)), 0


# An id of PUD: news or Wikipedia, the language of the original (01: English), document, sentence.
_PUD = re.compile(r"[nw]0[1-5]\d{3}-\d{4}")


def _is_chinese_pud(sources: list[GoldSentence], targets: list[GoldSentence]) -> bool:
    """Whether the targets are in the batches that the Chinese annotators had, and not in the
    order of the other languages."""
    return (
        len(sources) == len(targets)
        and all(_PUD.fullmatch(s.sent_id or "") for s in sources)
        and all((t.sent_id or "").startswith("batch-") for t in targets)
    )
