"""The gold files on which transfer alone is measured, and the names that they have for labels."""

from __future__ import annotations

from typing import NamedTuple

# Other labels are left out.
LABELS = {
    **{label: label for label in ("PER", "LOC", "ORG")},
    **dict.fromkeys(
        ("person", "researcher", "writer", "musicalartist", "politician", "scientist"), "PER"
    ),
    **dict.fromkeys(("PESSOA", "Person"), "PER"),
    **dict.fromkeys(("location", "country", "LOCAL", "Location", "GPE_LOC"), "LOC"),
    **dict.fromkeys(("organisation", "university", "band", "politicalparty", "conference"), "ORG"),
    **dict.fromkeys(("group", "corporation", "ORGANIZACAO", "Organization", "GPE_ORG"), "ORG"),
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
    *(
        Source(f"crossner-{domain}", "en", f"domains/crossner/{domain}.test.txt")
        for domain in ("ai", "literature", "music", "politics", "science")
    ),
    Source("wnut17", "en", "domains/wnut17/emerging.test.annotated"),
    Source("worldwide", "en", "domains/worldwide_en/sample.bioes.tsv"),
    Source("lener", "pt", "domains/lener_br/test.conll"),
]
