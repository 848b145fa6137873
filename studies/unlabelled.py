"""The texts of a corpus without their labels, each once.

python -m studies.unlabelled CORPUS OUTPUT.jsonl LANG LIMIT
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import srsly
import typer

from xlner_spacy.corpus.texts import read_docs
from xlner_spacy.files import atomic_file
from xlner_spacy.text.languages import blank


def main(
    corpus: Annotated[Path, typer.Argument(help="Any file of texts.")],
    output: Annotated[Path, typer.Argument(help="A .jsonl to write.")],
    lang: Annotated[str, typer.Argument(help="The language.")],
    limit: Annotated[int, typer.Argument(help="At most so many texts; 0: all.")] = 0,
) -> None:
    """Write them."""
    texts = dict.fromkeys(doc.text for doc in read_docs(str(corpus), blank(lang), "xx"))
    with atomic_file(output) as file:
        for text in islice(texts, limit or None):
            file.write(f"{srsly.json_dumps({'text': text})}\n".encode())


if __name__ == "__main__":
    typer.run(main)
