"""The gold files on which transfer alone is measured, and the names that they have for labels."""

from __future__ import annotations

from typing import NamedTuple

from xlner_spacy.evaluation.domains import KNOWN

# Other domains of `xlner evaluate shift`, by the names that they have here.
DOMAINS = {
    **{
        f"crossner-{name}": f"crossner-{name}"
        for name in ("ai", "literature", "music", "politics", "science")
    },
    "wnut17": "wnut17",
    "worldwide": "worldwide",
    "lener": "lener_br",
}

# Other labels are left out.
LABELS = {
    **{label: label for label in ("PER", "LOC", "ORG")},
    **{"GPE_LOC": "LOC", "GPE_ORG": "ORG"},
    **{old: new for known in DOMAINS.values() for old, new in KNOWN[known].labels.items()},
}


class Source(NamedTuple):
    """A file under XLNER_DATA."""

    name: str
    lang: str
    file: str


TRANSFER_ALONE = [
    *(
        Source(f"pud-{lang}", lang, f"uner_pud/{lang}_pud-ud-test.iob2")
        for lang in ("en", "de", "zh")
    ),
    *(
        Source(f"masakhaner-{lang}", lang, f"masakhaner2/{lang}.test.txt")
        for lang in ("swa", "hau", "ibo", "yor", "zul")
    ),
    Source("basque", "eu", "apertium_dev/basque_nerc/nerc_id.test.jsonl"),
    Source("croatian", "hr", "apertium_dev/setimes_hr_sr/more.hr.iob2"),
    Source("serbian", "sr", "apertium_dev/setimes_hr_sr/more.sr.iob2"),
    Source("norwegian", "nb", "apertium_dev/norne/nb.test.900.tsv"),
    Source("nynorsk", "nn", "apertium_dev/norne/nn.test.900.tsv"),
    *(Source(name, KNOWN[known].lang, KNOWN[known].file) for name, known in DOMAINS.items()),
]
