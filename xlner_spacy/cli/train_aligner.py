"""`xlner train-aligner`: priors for the eflomal aligner from the user's own bitext."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, RequiredLang


def train_aligner(
    bitext: Annotated[
        Path,
        typer.Argument(
            metavar="BITEXT",
            help="Texts and their translations: a .tsv, or a .jsonl with text and translation.",
        ),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The file of priors to write.")],
    lang: RequiredLang,
    source_lang: Annotated[
        str, typer.Option("--source-lang", help="Language of the translations.")
    ] = "en",
    debug: Debug = False,
) -> None:
    """Learn word alignment from sentence pairs, for languages that no encoder knows.

    In the pipeline's config: [components.xl_projector.aligner] @xl_aligners =
    "xlner.Eflomal.v1", priors = "OUT".
    """
    pairs = train_from_file(bitext, output, target_lang=lang, source_lang=source_lang)
    print(f"Wrote {output}: priors of {pairs} sentence pairs.", file=sys.stderr)


def train_from_file(bitext: Path, output: Path, *, target_lang: str, source_lang: str) -> int:
    """Train on a file of pairs, tokenized as the pipeline tokenizes.

    RETURNS: The number of pairs.
    RAISES: InputError naming the file and the line; SetupError if eflomal is not installed
        or a language code is none.
    """
    from ..aligners.eflomal import train_priors
    from ..corpus.texts import read_pairs
    from ..text.languages import blank, check_language
    from ..text.memory import memory_zone

    target = blank(check_language(target_lang))
    source = blank(check_language(source_lang))

    def words() -> Iterator[tuple[list[str], list[str]]]:
        for text, translation in read_pairs(bitext):
            yield (
                [token.text for token in source.make_doc(translation) if not token.is_space],
                [token.text for token in target.make_doc(text) if not token.is_space],
            )

    with memory_zone(source, target):
        return train_priors(words(), output)
