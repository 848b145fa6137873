"""The sentences of NTREX-128 that come with the package, for `xlner sources`.

    XLNER_DATA=... python scripts/sample_ntrex.py

writes xlner_spacy/ranking/ntrex/texts.json.gz: the same sentences in every language, each of another
document, 8 to 25 words in English. The same input gives the same file.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

from ntrex import ENGLISH, read_ntrex

from xlner_spacy.files import atomic_file
from xlner_spacy.ranking.sample_texts import FILE
from xlner_spacy.text.languages import check_language

SENTENCES = 50
# The other kind of Serbian has letters of both scripts in its words.
CODES = {"arb": "ar", "srp-Latn": "sr", "srp-Cyrl": None}


def main() -> None:
    """Draw and write."""
    texts = read_ntrex()
    folder = Path(os.environ.get("XLNER_DATA", "assets")) / "ntrex"
    documents = (folder / "DOCUMENT_IDS.tsv").read_text("utf8").split("\n")
    usable: dict[str, list[int]] = {}
    for line, english in enumerate(texts[ENGLISH]):
        if 8 <= len(english.split()) <= 25 and all(own[line].strip() for own in texts.values()):
            usable.setdefault(documents[line], []).append(line)
    rng = random.Random(0)
    lines = [rng.choice(usable[document]) for document in sorted(usable)]
    rng.shuffle(lines)
    codes = {code: CODES.get(code, check_language(code)) for code in texts}
    chosen = {
        codes[code]: [own[line].strip() for line in lines[:SENTENCES]]
        for code, own in texts.items()
        if codes[code]
    }
    content = json.dumps(chosen, ensure_ascii=False, sort_keys=True, indent=0).encode()
    with atomic_file(FILE) as file:
        file.write(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    main()
