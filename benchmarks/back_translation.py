"""Does back-translation help on Portuguese, by how much, and why?

    XLNER_DATA=... python benchmarks/back_translation.py [--cases FILE]

On UNER-PUD en-pt, (a) with gold English entities and the human translation, (b) with predicted
entities and the machine's; and on UNER Portuguese-Bosque dev as (b). Of PUD the first 500
sentences are for choosing settings, the last 500 for reporting. Then marker projection against
alignment in translate-train, by how far they agree. Everything is embedded. Writes
benchmarks/results/back_translation.json and .md; with --cases also what goes wrong in the first
500, to read.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import registry

from xlner_spacy import give_translation
from xlner_spacy.aligners.by_language import ByLanguage
from xlner_spacy.corpus.conll import GoldSentence, read_conll
from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.document.attributes import forget, get_data, set_data
from xlner_spacy.evaluation.metrics import score, token_entities
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.pipeline import defaults
from xlner_spacy.pipeline.component import StageComponent
from xlner_spacy.pipeline.loading import read_config
from xlner_spacy.pipeline.stages.align import Align
from xlner_spacy.pipeline.stages.annotate import Annotate
from xlner_spacy.pipeline.stages.back_translate import BackTranslate, Keep
from xlner_spacy.pipeline.stages.stage import Stage
from xlner_spacy.pipeline.stages.translate import Translate
from xlner_spacy.silver.marker_projection import MARKED, TranslateMarked, place_marked
from xlner_spacy.text.languages import tokenizer
from xlner_spacy.text.markers import STYLES

RESULTS = Path(__file__).parent / "results"
HALF = 500
CASES = 60
SIMILARITIES = (0.0, 0.3, 0.5, 0.7)
CONFIGS = Path(__file__).parents[1] / "configs" / "methods"
METHODS = {
    "default": "default.cfg",
    "heuristic": "heuristic-simalign.cfg",
    "paper": "ngrams-simalign.cfg",
}

Entity = tuple[int, int, str]


class Cached:
    """A part that answers each question once: a translator or an aligner."""

    def __init__(self, part: Callable) -> None:
        self.part = part
        self.known: dict[Any, Any] = {}

    def __call__(self, questions: Sequence[Any], **languages: str) -> list[Any]:
        keys = [(str(languages), _hashable(question)) for question in questions]
        new = {k: q for k, q in zip(keys, questions, strict=True) if k not in self.known}
        if new:
            self.known.update(zip(new, self.part(list(new.values()), **languages), strict=True))
        return [self.known[key] for key in keys]


def _hashable(question: Any) -> Any:
    return question if isinstance(question, str) else tuple(map(tuple, question))


def _part(block: dict[str, Any]) -> Any:
    return registry.resolve({"part": block})["part"]


class Bench:
    """The parts, made once, and what they have answered."""

    def __init__(self) -> None:
        self.nlp: Language = spacy.blank("pt")
        self.translator = Cached(_part(defaults.choose_translator("en", "pt").block))
        encoder = Cached(_part(defaults.choose_aligner().block))
        self.aligner = encoder
        self.same_language = {
            "exact words": _part({"@xl_aligners": "xlner.ExactWords.v1"}),
            "fuzzy words": _part({"@xl_aligners": "xlner.FuzzyWords.v1"}),
            "encoder": encoder,
        }

    def run(self, stage: Stage, docs: Sequence[Doc]) -> None:
        component = StageComponent(self.nlp, stage.name, [stage], redo=True)
        for _ in component.pipe(iter(docs), batch_size=256):
            pass

    def match(self, docs: Sequence[Doc], method: str) -> list[set[Entity]]:
        component: Any = self.nlp.create_pipe("xl_matcher", config=matching(METHODS[method]))
        for _ in component.pipe(iter(docs), batch_size=256):
            pass
        return [token_entities(doc) for doc in docs]

    def given(self, pairs: Sequence[tuple[GoldSentence, GoldSentence]]) -> list[Doc]:
        """(a): the human translation with its gold entities."""
        docs = []
        for source, target in pairs:
            doc = to_doc(self.nlp.vocab, target.words, target.text, "pt")
            docs.append(give_translation(doc, gold_doc(source), lang="en"))
        return docs

    def predicted(self, gold: Sequence[GoldSentence]) -> list[Doc]:
        """(b): the machine's translation, with predicted entities."""
        docs = [to_doc(self.nlp.vocab, s.words, s.text, "pt") for s in gold]
        self.run(Translate(self.translator, "en", "pt", 100), docs)
        self.run(Annotate(_part(defaults.choose_annotator("en").block), "en"), docs)
        return docs

    def direct(self, docs: Sequence[Doc], method: str = "default") -> list[set[Entity]]:
        for doc in docs:
            _undo(doc)
        self.run(Align(self.aligner), docs)
        return self.match(docs, method)

    def back(self, docs: Sequence[Doc], aligner: str, **settings: Any) -> Counter:
        """Translate back and align. RETURNS: The stage's counts."""
        stage = BackTranslate(self.translator, "pt", **settings)
        self.run(stage, docs)
        within = self.same_language[aligner]
        self.run(Align(ByLanguage(same=within, different=self.aligner)), docs)
        return stage.counts


def gold_doc(sentence: GoldSentence) -> Doc:
    """An English gold sentence with its entities."""
    doc = to_doc(tokenizer("en").vocab, sentence.words, sentence.text, "en")
    doc.ents = [Span(doc, *entity) for entity in sentence.entities]
    return doc


def _undo(doc: Doc) -> None:
    forget(doc, "xl_forward")


def matching(config: str) -> dict[str, Any]:
    """The blocks of a method's config that come after alignment."""
    block = read_config(CONFIGS / config)["components"]["xl_projector"]
    return {key: block[key] for key in ("candidates", "measure", "matcher") if key in block}


def figures(
    docs: Sequence[Doc], found: Sequence[set[Entity]], gold: Sequence[set[Entity]]
) -> dict[str, Any]:
    """What is reported of a system."""
    result = score(docs, found, gold)
    return {
        **{key: result[key] for key in ("f1", "precision", "recall")},
        "unlabelled": result["unlabelled"]["f1"],
    }


def difference(
    found: Sequence[set[Entity]], direct: Sequence[set[Entity]], gold: Sequence[set[Entity]]
) -> list[float]:
    """The 95% interval of how much F1 is better than direct projection's: percentiles over
    paired bootstrap resamples of the texts."""
    counts = np.array(
        [
            [len(f & g), len(f), len(d & g), len(d), len(g)]
            for f, d, g in zip(found, direct, gold, strict=True)
        ],
        dtype=float,
    )
    rng = np.random.default_rng(0)
    gains = []
    for _ in range(1000):
        right, n, first_right, first_n, wanted = counts[
            rng.integers(0, len(counts), len(counts))
        ].sum(axis=0)
        gains.append(2 * right / (n + wanted) - 2 * first_right / (first_n + wanted))
    return [round(float(edge), 4) for edge in np.percentile(gains, [2.5, 97.5])]


def tune(bench: Bench, docs: Sequence[Doc], gold: Sequence[set[Entity]]) -> list[dict[str, Any]]:
    """Settings of the markers, with keep = none so that nothing else helps."""
    rows = []
    tried = [("brackets", s) for s in SIMILARITIES] + [(s, 0.0) for s in STYLES if s != "brackets"]
    for style, min_similarity in tried:
        counts = bench.back(
            docs, "fuzzy words", keep="none", style=style, min_similarity=min_similarity
        )
        rows.append(
            {
                "style": style,
                "min_similarity": min_similarity,
                **figures(docs, bench.match(docs, "default"), gold),
                "lost_per_1000": _per_1000(counts),
            }
        )
    return rows


def _per_1000(counts: Counter, what: str = "") -> float:
    number = counts[what] if what else counts["entities"] - counts["recovered"]
    return round(1000 * number / max(counts["entities"], 1), 1)


def systems(bench: Bench, docs: Sequence[Doc], gold: Sequence[set[Entity]]) -> dict[str, Any]:
    """All systems on one set of texts."""
    rows: dict[str, Any] = {}
    for method in METHODS:
        found = bench.direct(docs, method)
        rows[f"direct, {method}"] = figures(docs, found, gold)
    direct = bench.direct(docs)
    sources = [_source_of(doc) for doc in docs]
    counts: Counter = Counter()
    for keep, aligner in product(get_args(Keep), bench.same_language):
        counts = bench.back(docs, aligner, keep=keep)
        for method in METHODS if keep == "none" else ["default"]:
            found = bench.match(docs, method)
            row = figures(docs, found, gold)
            if method == "default":
                row["gain"] = difference(found, direct, gold)
                row["against_direct"] = _against(docs, gold, direct, found, sources)
            rows[f"back, {aligner}, keep {keep}, {method}"] = row
    return {
        "counts": dict(counts),
        "lost_per_1000": _per_1000(counts),
        "choices_per_1000": _per_1000(counts, "choices"),
        "out_of_order_per_1000": _per_1000(counts, "out of order"),
        "systems": rows,
    }


def _source_of(doc: Doc) -> dict[tuple[int, int], dict[str, Any]]:
    """For each place of direct projection the entity of the translation that is there."""
    return {(e["start"], e["end"]): dict(e["source"]) for e in doc._.xl_entities}


def _against(
    docs: Sequence[Doc],
    gold: Sequence[set[Entity]],
    direct: Sequence[set[Entity]],
    found: Sequence[set[Entity]],
    sources: Sequence[dict[tuple[int, int], dict[str, Any]]],
) -> dict[str, int]:
    """What back-translation won and lost, the losses by reason."""
    outcome: Counter = Counter()
    for doc, wanted, first, second, source in zip(docs, gold, direct, found, sources, strict=True):
        outcome["won"] += len(wanted & second - first)
        outcome["lost"] += len(wanted & first - second)
        outcome["new errors"] += len(second - first - wanted)
        outcome["errors mended"] += len(first - second - wanted)
        for entity in wanted & first - second:
            outcome[f"lost: {reason(doc, entity, source)}"] += 1
    return dict(sorted(outcome.items()))


def reason(doc: Doc, entity: Entity, source: dict[tuple[int, int], dict[str, Any]]) -> str:
    """Why a right entity of direct projection is not there after back-translation.

    "marker": its span did not come back. "label": a span with its words came back as an entity
    with another label. "translation": its span has other words than the text. "alignment": it
    has the same words, and they were not put there.
    """
    text = doc[entity[0] : entity[1]].text.casefold()
    label = entity[2]
    mentions = doc._.xl_translations[-1]["entities"] if _has_back(doc) else []
    same_words = [e for e in mentions if e["text"].casefold() == text]
    if any(e["label"] == label for e in same_words):
        return "alignment"
    if same_words:
        return "label"
    here = source[entity[:2]]
    return "translation" if _recovered(doc, here) else "marker"


def _has_back(doc: Doc) -> bool:
    return bool(doc._.xl_translations) and doc._.xl_translations[-1]["lang"] == "pt"


def _forward(doc: Doc) -> list[dict[str, Any]]:
    """The translations as they were before back-translation."""
    return get_data("xl_forward", doc)


def _recovered(doc: Doc, source: dict[str, Any]) -> bool:
    """Whether as many entities of this label came back as there were."""
    if not _has_back(doc):
        return False
    before = [e["text"] for e in _forward(doc)[0]["entities"] if e["label"] == source["label"]]
    after = [e for e in doc._.xl_translations[-1]["entities"] if e["label"] == source["label"]]
    lost = {p["detail"] for p in doc._.xl_problems or [] if p["reason"] == "marker lost"}
    return source["text"] not in lost and (bool(after) or not before)


def cases(
    bench: Bench, name: str, docs: Sequence[Doc], gold: Sequence[set[Entity]]
) -> list[dict[str, Any]]:
    """Where back-translation (fuzzy words, keep none) and direct projection differ, to read."""
    direct = bench.direct(docs)
    sources = [_source_of(doc) for doc in docs]
    bench.back(docs, "fuzzy words", keep="none")
    found = bench.match(docs, "default")
    rows = []
    for doc, wanted, first, second, source in zip(docs, gold, direct, found, sources, strict=True):
        if first != second:
            rows.append(
                {
                    "set": name,
                    "text": doc.text,
                    "english": _forward(doc)[0]["text"] if _forward(doc) else "",
                    "back": doc._.xl_translations[-1]["text"] if _has_back(doc) else "",
                    "back entities": _shown_mentions(doc),
                    "gold": _shown(doc, wanted),
                    "direct only": _shown(doc, first - second),
                    "back only": _shown(doc, second - first),
                    "why": [reason(doc, e, source) for e in sorted(wanted & first - second)],
                    "problems": [p["detail"] for p in doc._.xl_problems or []],
                }
            )
    return rows[:: max(1, len(rows) // CASES)]


def _shown(doc: Doc, entities: set[Entity]) -> list[str]:
    return [f"{doc[s:e].text}/{label}" for s, e, label in sorted(entities)]


def _shown_mentions(doc: Doc) -> list[str]:
    mentions = doc._.xl_translations[-1]["entities"] if _has_back(doc) else []
    return [f"{e['text']}/{e['label']}" for e in mentions]


def translate_train(
    bench: Bench, gold: Sequence[GoldSentence]
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Markers against alignment on the same translation: how often they agree, and where not."""
    docs = [gold_doc(sentence) for sentence in gold]
    plain = [gold_doc(sentence) for sentence in gold]
    bench.run(TranslateMarked(bench.translator, "pt", "en", 100), docs)
    bench.run(Translate(bench.translator, "pt", "en", 100), plain)
    counts: Counter = Counter()
    differences = []
    targets = []
    for doc, other in zip(docs, plain, strict=True):
        target = bench.nlp.make_doc(doc._.xl_translations[0]["text"])
        set_data(MARKED, target, get_data(MARKED, doc))
        give_translation(target, doc)
        targets.append(target)
        counts["sentences"] += bool(doc.ents)
        counts["sentences that markers translate otherwise"] += (
            target.text != other._.xl_translations[0]["text"]
        )
    bench.run(Align(bench.aligner), targets)
    bench.match(targets, "default")
    for target, doc in zip(targets, docs, strict=True):
        aligned = {e["source"]["start_char"]: e for e in target._.xl_entities}
        marked = {place[0] for place in get_data(MARKED, target)}
        place_marked(target)
        placed = {e["source"]["start_char"]: e for e in target._.xl_entities}
        for k, ent in enumerate(doc.ents):
            first, second = aligned.get(ent.start_char), placed.get(ent.start_char)
            counts["entities"] += 1
            counts["by marker"] += k in marked
            counts["by alignment"] += k not in marked and second is not None
            counts["nowhere"] += second is None
            if k in marked and first is not None and second is not None:
                same = (first["start"], first["end"]) == (second["start"], second["end"])
                counts["same place" if same else "other place"] += 1
                if not same:
                    differences.append(
                        {
                            "english": doc.text,
                            "text": target.text,
                            "entity": f"{ent.text}/{ent.label_}",
                            "alignment": first["text"],
                            "marker": second["text"],
                        }
                    )
    return dict(counts), differences[:: max(1, len(differences) // CASES)]


def markdown(result: dict[str, Any]) -> str:
    """The tables."""
    names = list(result["report"])
    head = ["system", *names]
    rows = [
        "F1, and the 95% interval of the difference to direct projection (paired bootstrap).",
        "",
        f"| {' | '.join(head)} |",
        "| --- " * len(head) + "|",
    ]
    for system in result["report"][names[0]]["systems"]:
        cells = [_cell(result["report"][n]["systems"][system]) for n in names]
        rows.append(f"| {system} | {' | '.join(cells)} |")
    rows += ["", f"| | {' | '.join(names)} |", "| --- " * len(head) + "|"]
    for key in ("lost_per_1000", "choices_per_1000", "out_of_order_per_1000"):
        cells = [str(result["report"][n][key]) for n in names]
        rows.append(f"| {key.replace('_', ' ')} entities | {' | '.join(cells)} |")
    rows += ["", "Against direct projection (default), keep none:", ""]
    reasons = [
        "won",
        "lost",
        *(f"lost: {r}" for r in ("translation", "marker", "label", "alignment")),
    ]
    reasons += ["new errors", "errors mended"]
    rows += [f"| set, aligner | {' | '.join(reasons)} |", "| --- " * (len(reasons) + 1) + "|"]
    for n in names:
        for aligner in ("exact words", "fuzzy words", "encoder"):
            system = result["report"][n]["systems"][f"back, {aligner}, keep none, default"]
            cells = [str(system["against_direct"].get(r, 0)) for r in reasons]
            rows.append(f"| {n}, {aligner} | {' | '.join(cells)} |")
    rows += ["", "Settings, on the first 500 of PUD (a), fuzzy words, keep none:", ""]
    rows += ["| style | min_similarity | F1 | lost per 1000 |", "| --- " * 4 + "|"]
    rows += [
        f"| {r['style']} | {r['min_similarity']} | {r['f1']:.4f} | {r['lost_per_1000']} |"
        for r in result["tuning"]
    ]
    rows += ["", "translate-train, English PUD, markers and alignment on the same translation:", ""]
    rows += ["| what | number |", "| --- | --- |"]
    rows += [f"| {what} | {n} |" for what, n in result["translate_train"].items()]
    return "\n".join(rows) + "\n"


def _cell(row: dict[str, Any]) -> str:
    gain = row.get("gain")
    return f"{row['f1']:.4f}" + (f" ({gain[0]:+.3f} to {gain[1]:+.3f})" if gain else "")


def main(cases_file: str | None) -> None:
    """Measure and write."""
    data = Path(os.environ["XLNER_DATA"])
    english = {s.sent_id: s for s in read_conll(data / "uner_pud" / "en_pud-ud-test.iob2")}
    portuguese = read_conll(data / "uner_pud" / "pt_pud-ud-test.iob2")
    bosque = read_conll(data / "uner_portuguese_bosque" / "pt_bosque-ud-dev.iob2")
    pairs = [(english[s.sent_id], s) for s in portuguese]
    bench = Bench()

    def wanted(sentences: Sequence[GoldSentence]) -> list[set[Entity]]:
        return [set(s.entities) for s in sentences]

    first, last = portuguese[:HALF], portuguese[HALF:]
    tuning = tune(bench, bench.given(pairs[:HALF]), wanted(first))
    result = {
        "tuning": tuning,
        "tuning_systems": {
            "PUD first 500 (a)": systems(bench, bench.given(pairs[:HALF]), wanted(first)),
            "PUD first 500 (b)": systems(bench, bench.predicted(first), wanted(first)),
        },
        "report": {
            "PUD last 500 (a)": systems(bench, bench.given(pairs[HALF:]), wanted(last)),
            "PUD last 500 (b)": systems(bench, bench.predicted(last), wanted(last)),
            "Bosque dev (b)": systems(bench, bench.predicted(bosque), wanted(bosque)),
        },
    }
    result["translate_train"], differences = translate_train(bench, [s for s, _ in pairs])
    write_json(RESULTS / "back_translation.json", result)
    with atomic_file(RESULTS / "back_translation.md") as file:
        file.write(markdown(result).encode("utf8"))
    if cases_file:
        rows = [
            *cases(bench, "a", bench.given(pairs[:HALF]), wanted(first)),
            *cases(bench, "b", bench.predicted(first), wanted(first)),
        ]
        srsly.write_json(cases_file, {"back-translation": rows, "translate-train": differences})


if __name__ == "__main__":
    main(sys.argv[2] if sys.argv[1:2] == ["--cases"] else None)
