"""The demo: project the sample texts, print what was found, write a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.table import Table
from spacy.tokens import Doc
from tqdm import tqdm

from xlner_spacy import load
from xlner_spacy.corpus.texts import read_docs
from xlner_spacy.files import atomic_file
from xlner_spacy.reports.page import render_page


def main(
    texts: Annotated[Path, typer.Argument(help="A .jsonl or .txt file.")],
    folder: Annotated[Path, typer.Argument(help="Where index.html goes.")],
    lang: Annotated[str, typer.Option(help="Language of the texts.")] = "pt",
) -> None:
    """Print a table of projected entities and write a page that shows them."""
    print("Making the pipeline (the first time, the encoder is unpacked: some seconds) ...")
    nlp = load(lang=lang)
    docs = list(tqdm(nlp.pipe(read_docs(str(texts), nlp, "en"), batch_size=16), unit="text"))
    Console().print(as_table(docs))
    placed = sum(len(doc.ents) for doc in docs)
    lost = sum(len(doc._.xl_unplaced) for doc in docs)
    print(f"{len(docs)} texts, {placed} entities placed, {lost} not placed.")
    folder.mkdir(exist_ok=True)
    page = folder / "index.html"
    with atomic_file(page) as file:
        file.write(render_page(docs, "xlner-spacy: projected entities", lang).encode("utf8"))
    print(f"To see each text above its translation, open {page}")


def as_table(docs: list[Doc]) -> Table:
    """A row a text: its entities, where they come from, and how sure their place is (times the
    probability of the entity, where the NER gives one)."""
    table = Table(show_lines=True)
    table.add_column("text", ratio=4)
    table.add_column(_row("entity", "label", "from (source)", "place"), ratio=7)
    for doc in docs:
        entities = [
            _row(ent.text, ent.label_, ent._.xl_source["text"], f"{ent._.xl_confidence:.2f}")
            for ent in doc.ents
        ]
        table.add_row(doc.text, Group(*entities))
    return table


def _row(entity: str, label: str, source: str, confidence: str) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(ratio=1, overflow="fold")
    row.add_column(width=5)
    row.add_column(ratio=1, overflow="fold")
    row.add_column(width=5, justify="right")
    row.add_row(entity, label, source, confidence)
    return row


if __name__ == "__main__":
    typer.run(main)
