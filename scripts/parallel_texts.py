"""Texts of a language with their translations, for the workflow `parallel`.

    python scripts/parallel_texts.py LANG FOLDER [--parallel FILE] [--gold FILE] [--source-lang en]

writes FOLDER/texts.jsonl (`text`, `translations`; no labels) and FOLDER/gold.jsonl. Without files of one's own they
come from the folder that XLNER_DATA names: the train texts of masakha_parallel, or all texts of lafand_parallel, or ntrex;
as gold the test texts of masakha_parallel, or of masakhaner2, if the language has them. lafand_parallel has no
labels, and for some languages no train texts; a few of its texts are among masakhaner2's test texts, and are left out.
With --unmeasured gold.jsonl is empty.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import langcodes
import spacy
import typer

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.texts import given_translations
from xlner_spacy.errors import InputError, XlnerError
from xlner_spacy.files import atomic_file, existing
from xlner_spacy.text.languages import check_language, same_language


def from_data(data: Path, lang: str, source_lang: str) -> Iterator[dict[str, Any]]:
    """The texts of a language in our data folder. RAISES: InputError if it has none."""
    code = langcodes.Language.get(lang).to_alpha3()
    masakha = data / "masakha_parallel" / f"{code}.train.jsonl"
    lafand = sorted(data.glob(f"lafand_parallel/*-{code}.jsonl"))
    ntrex = [
        next((data / "ntrex").glob(f"{langcodes.Language.get(own).to_alpha3()}*.txt"), None)
        for own in (lang, source_lang)
    ]
    if masakha.is_file():
        for record in records(masakha):
            _check(record["lang"], source_lang, masakha)
            yield pair(record["text"], source_lang, record["translation"])
    elif lafand:
        _check(lafand[0].stem.split("-")[0], source_lang, lafand[0])
        for record in records(lafand[0]):
            yield pair(record["text"], source_lang, record["translation"])
    elif ntrex[0] is not None and ntrex[1] is not None:
        both = (file.read_text("utf8").splitlines() for file in ntrex if file is not None)
        for text, translation in zip(*both, strict=True):
            yield pair(text, source_lang, translation)
    else:
        raise InputError(
            f"There is no parallel text of {lang!r} in {data}.",
            hint="Name a .jsonl with `text` and `translation`: --vars.parallel FILE",
        )


def unlike(
    texts: Iterable[dict[str, Any]], gold: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The texts that are not among labelled ones, whatever their spaces and punctuation.

    RAISES: InputError if there are no others.
    """
    measured = {_letters(record["text"]) for record in gold}
    others = False
    for record in texts:
        if _letters(record["text"]) not in measured:
            others = True
            yield record
    if not others:
        raise InputError(
            "Every text with a translation is among the labelled ones, which measure.",
            hint="Measure with other texts (--vars.parallel_gold FILE), or train on others "
            "(--vars.parallel FILE).",
        )


def from_file(file: Path, source_lang: str) -> Iterator[dict[str, Any]]:
    """The texts of a file that have translations. RAISES: InputError if none has."""
    n_found = 0
    given = given_translations(existing(file), source_lang)
    for record, translations in zip(records(file), given, strict=True):
        if translations:
            n_found += 1
            yield {"text": record["text"], "translations": dict(translations)}
    if not n_found:
        raise InputError(
            f"{file}: no line has a translation.",
            hint='Expected lines like {"text": "...", "translation": "..."}.',
        )


def gold_of(data: Path, lang: str) -> tuple[Path, str]:
    """The labelled texts of a language in our data folder. RAISES: InputError if it has none."""
    code = langcodes.Language.get(lang).to_alpha3()
    for file in (
        data / "masakha_parallel" / f"{code}.test.jsonl",
        data / "masakhaner2" / f"{code}.test.txt",
    ):
        if file.is_file():
            return file, code
    raise InputError(
        f"There are no labelled texts of {lang!r} in {data}.",
        hint="Name a file to measure with (--vars.parallel_gold FILE), or train without measuring: "
        "spacy project run parallel-unmeasured",
    )


def gold_records(file: Path, lang: str, source_lang: str) -> Iterator[dict[str, Any]]:
    """The labelled texts of a file as tokens and tags, with their translations."""
    given = given_translations(file, source_lang)
    for n, doc in enumerate(read_gold(file, spacy.blank("xx"), lang)):
        tags = [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc]
        record: dict[str, Any] = {
            "tokens": [t.text for t in doc],
            "ner_tags": tags,
            "text": doc.text,
        }
        if given and given[n]:
            record["translations"] = dict(given[n])
        yield record


def records(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a .jsonl file."""
    with file.open(encoding="utf8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def pair(text: str, source_lang: str, translation: str) -> dict[str, Any]:
    """A text with its translation."""
    return {"text": text, "translations": {source_lang: translation}}


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _check(found: str, source_lang: str, file: Path) -> None:
    if not same_language(found, source_lang):
        raise InputError(
            f"The translations of {file.name} are in {found!r}, not in {source_lang!r}.",
            hint=f"Add --vars.source_lang {found}",
        )


def write(file: Path, lines: Iterator[dict[str, Any]]) -> int:
    """Write records as .jsonl. RETURNS: How many."""
    n_lines = 0
    with atomic_file(file) as out:
        for line in lines:
            out.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
            n_lines += 1
    return n_lines


def main(
    lang: Annotated[str, typer.Argument(help="Language of the texts.")],
    folder: Annotated[Path, typer.Argument(help="Where both files go.")],
    source_lang: Annotated[str, typer.Option(help="Language of the translations.")] = "en",
    parallel: Annotated[str, typer.Option(help="A .jsonl of one's own.")] = "",
    gold: Annotated[str, typer.Option(help="Labelled texts of one's own.")] = "",
    unmeasured: Annotated[bool, typer.Option(help="Without labelled texts.")] = False,
) -> None:
    """Write both files."""
    data = Path(os.environ.get("XLNER_DATA", "assets"))
    try:
        lang = check_language(lang)
        labelled: list[dict[str, Any]] = []
        if not unmeasured:
            file, code = (Path(gold), lang) if gold else gold_of(data, lang)
            labelled = list(gold_records(existing(file), code, source_lang))
        folder.mkdir(parents=True, exist_ok=True)
        texts = (
            from_file(Path(parallel), source_lang)
            if parallel
            else unlike(from_data(data, lang, source_lang), iter(labelled))
        )
        n_texts = write(folder / "texts.jsonl", texts)
        write(folder / "gold.jsonl", iter(labelled))
    except XlnerError as error:
        typer.secho(f"Error: {error}", fg="red", err=True)
        raise typer.Exit(1) from error
    print(f"{n_texts} texts with translations, {len(labelled)} labelled ones.")


if __name__ == "__main__":
    typer.run(main)
