"""Load an installed model and tag a text: python scripts/try_model.py PACKAGE TEXT"""

from __future__ import annotations

import sys

import spacy


def main(package: str, text: str) -> None:
    """Print the text's entities.

    RAISES: SystemExit with 1 if the model finds none.
    """
    doc = spacy.load(package)(text)
    print(text)
    for ent in doc.ents:
        print(f"  {ent.label_:4} {ent.text}")
    if not doc.ents:
        sys.exit(f"{package} found no entity in it.")


if __name__ == "__main__":
    main(*sys.argv[1:])
