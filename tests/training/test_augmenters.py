"""Augmenters as a training config uses them: labels stay right, and what they draw is seeded."""

from __future__ import annotations

import json
import logging
from itertools import pairwise

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example

from tests.perturbations.texts import doc_of, labels, texts
from tests.training.texts import CORPUS, NLP, example, names, silver
from xlner_spacy.corpus.detokenize import same_tokens
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.perturbations.on_docs import read_labels
from xlner_spacy.silver.selection import SILVER

# Each changes something in CORPUS.
BLOCKS = {
    "MentionReplacement": {"strength": 1.0},
    "TokenReplacement": {},
    "SegmentShuffling": {"strength": 1.0},
    "LetterCase": {"level": 1.0},
    "NoDiacritics": {"level": 1.0},
    "KeyboardTypos": {"level": 1.0, "strength": 0.3},
    "OCRNoise": {"level": 1.0, "strength": 0.3, "split": 0.2, "merge": 0.2},
    "NoPunctuation": {"level": 1.0},
    "CodeMixing": {"strength": 1.0},
    "SentenceJoining": {"level": 1.0},
    "Several": {
        "augmenters": {
            "names": {"@augmenters": "xlner.MentionReplacement.v1", "strength": 1.0},
            "lower": {"@augmenters": "spacy.lower_case.v1", "level": 1.0},
        }
    },
}
each = pytest.mark.parametrize("name", BLOCKS)


def make(name, **config):
    block = {"@augmenters": f"xlner.{name}.v1", **BLOCKS.get(name, {}), **config}
    return spacy.registry.resolve({"augmenter": block})["augmenter"]


def run(augmenter, corpus=CORPUS, passes=2):
    """What the last pass over a corpus gives. The first one is spaCy's own, to collect labels."""
    for _ in range(passes):
        found = [list(augmenter(NLP, original)) for original in corpus]
    return found


def written(found):
    return [[(e.reference.text, names(e)) for e in made] for made in found]


@each
@settings(max_examples=25, deadline=None)
@given(corpus=st.lists(texts(8), min_size=1, max_size=4), copies=st.integers(1, 3))
def test_labels_are_right_whatever_the_texts(name, corpus, copies):
    docs = [doc_of(NLP, text) for text in corpus]
    examples = [Example(same_tokens(doc, NLP.vocab), doc) for doc in docs]
    augmenter = make(name) if name == "Several" else make(name, copies=copies)
    for original, text, (first, *made) in zip(
        examples, corpus, run(augmenter, examples), strict=True
    ):
        assert first is original
        for copy in made:
            new = read_labels(copy.reference)
            # spaCy's own augmenter goes back to the tokenizer's tokens.
            assert name == "Several" or len(copy.predicted) == len(copy.reference)
            assert all(start < end for start, end, _ in new.entities)
            if name == "SentenceJoining":
                wanted = [labels(text) + labels(o) for o in corpus]
                wanted += [labels(o) + labels(text) for o in corpus]
                assert labels(new) in wanted
            elif not any(word.isspace() for word in text.words):
                # spaCy's own augmenter drops entities on white space.
                assert labels(new) == labels(text)


@each
def test_the_same_seed_gives_the_same_copies(name):
    corpus = [*CORPUS, silver("O Porto ganhou .", (1, 2, "LOC", "Oporto", 0.9))]
    once, again = (written(run(make(name), corpus)) for _ in range(2))
    assert once == again
    assert sum(map(len, once)) > len(corpus)
    if name not in ("Several", "NoDiacritics", "NoPunctuation", "CodeMixing"):
        assert written(run(make(name, seed=1), corpus)) != once


@each
def test_copies_are_changed_and_originals_are_not(name):
    corpus = [*CORPUS, silver("O Porto ganhou .", (1, 2, "LOC", "Oporto", 0.9))]
    before = [(e.reference.text, names(e)) for e in corpus]
    for original, (first, *made) in zip(corpus, run(make(name), corpus), strict=True):
        assert first is original
        assert original.reference.text not in [copy.reference.text for copy in made]
    assert [(e.reference.text, names(e)) for e in corpus] == before


@pytest.mark.parametrize("name", sorted({*BLOCKS} - {"Several"}))
def test_level_and_originals(name):
    corpus = [*CORPUS, silver("O Porto ganhou .", (1, 2, "LOC", "Oporto", 0.9))]
    assert run(make(name, level=0.0), corpus) == [[original] for original in corpus]
    both = run(make(name), corpus)
    alone = run(make(name, keep_original=False), corpus)
    for original, made, kept in zip(corpus, alone, both, strict=True):
        assert (original in made) == (len(kept) == 1)
        assert made


def test_an_empty_text_stays():
    empty = Example(Doc(NLP.vocab), Doc(NLP.vocab))
    for name in {*BLOCKS} - {"Several"}:
        assert list(make(name)(NLP, empty)) == [empty]


def test_missing_labels_stay_missing():
    for name in ("TokenReplacement", "MentionReplacement", "OCRNoise", "SegmentShuffling"):
        for copy in run(make(name, copies=5))[4][1:]:
            missing = [token.text for token in copy.reference if token.ent_iob == 0]
            assert missing, name
            if name in ("TokenReplacement", "MentionReplacement"):
                assert missing == ["Rui", "Costa"]


def test_names_come_from_the_corpus_and_never_from_missing_words():
    pool = {name for original in CORPUS for name in names(original)}
    seen = set()
    for made in run(make("MentionReplacement", copies=20)):
        seen.update(name for copy in made[1:] for name in names(copy))
    assert seen == pool


def test_names_come_from_lists(tmp_path):
    people = tmp_path / "people.txt"
    people.write_text("Ngozi Okonjo-Iweala\n\n  Malala \n", encoding="utf8")
    lines = tmp_path / "names.jsonl"
    records = [{"label": "PER", "text": "Malala"}, {"label": "LOC", "text": "Rio de Janeiro"}]
    lines.write_text("\n".join(map(json.dumps, records)), encoding="utf8")
    replaced = run(make("MentionReplacement", names={"PER": str(people)}, copies=9), passes=1)
    found = {name for copy in replaced[0][1:] for name in names(copy)}
    assert found == {("Ngozi Okonjo-Iweala", "PER"), ("Malala", "PER"), ("Lisboa", "LOC")}
    replaced = run(make("MentionReplacement", names=str(lines)), passes=1)
    assert names(replaced[0][1]) == [("Malala", "PER"), ("Rio de Janeiro", "LOC")]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (None, "names.jsonl", "does not exist"),
        ("", "names.jsonl", "there are no names"),
        ("Malala", "names.jsonl", "line 1: not JSON"),
        ('{"label": "PER"}', "names.jsonl", "line 1: no label or no text"),
        ('{"label": "", "text": "Ana"}', "names.jsonl", "line 1: no label or no text"),
        ("Malala", "names.txt", "not said which label"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(content, name, message, tmp_path):
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(InputError, match=message) as caught:
        make("MentionReplacement", names=str(tmp_path / name))
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("MentionReplacement", {"strength": 1.5}),
        ("MentionReplacement", {"level": -0.1}),
        ("MentionReplacement", {"copies": 0}),
        ("MentionReplacement", {"names": {}}),
        ("KeyboardTypos", {"strength": float("nan")}),
        ("OCRNoise", {"merge": 2}),
        ("LetterCase", {"forms": []}),
        ("SentenceJoining", {"memory": 0}),
        ("Several", {"augmenters": {}}),
        ("MELM", {"model": "nowhere", "top": 0}),
    ],
)
def test_settings_out_of_range_are_refused(name, setting):
    with pytest.raises((SetupError, InputError), match=[*setting][-1]):
        make(name, **setting)


def test_code_mixing_uses_what_projection_found():
    first = silver(
        "O Tribunal de Contas fica em Haia .",
        (1, 4, "ORG", "Court of Auditors", 0.8),
        (6, 7, "LOC", None, 1.0),
    )
    later = example("Haia e o Tribunal de Contas .", (0, 1, "LOC"), (3, 6, "ORG"))
    augmenter = make("CodeMixing")
    (_, copy), (_, other) = run(augmenter, [first, later], passes=1)
    assert copy.reference.text == "O Court of Auditors fica em Haia . "
    assert names(other) == [("Haia", "LOC"), ("Court of Auditors", "ORG")]
    group = copy.reference.spans[SILVER]
    assert [span.text for span in group] == ["Court of Auditors", "Haia"]
    assert group.attrs == {"scores": [0.8, 1.0], "sources": [None, None], "of": "a build"}
    assert run(make("CodeMixing", langs=["de"]), [first, later]) == [[first], [later]]


def test_code_mixing_with_pairs_of_a_file(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text("Lisboa\tLisbon\nPorto\tPorto\n", encoding="utf8")
    found = run(make("CodeMixing", pairs=str(file)))
    assert names(found[0][1]) == [("Maria Silva", "PER"), ("Lisbon", "LOC")]
    assert found[1] == [CORPUS[1]]


def test_joining_keeps_everything_of_both():
    first = silver(
        "A Maria vive em Lisboa .", (1, 2, "PER", "Mary", 0.5), (4, 5, "LOC", "Lisbon", 0.7)
    )
    second = example("Talvez Rui chegue .", missing=((1, 2),))
    second.reference.spans["other"] = [second.reference[0:1]]
    _, (_, joined) = run(make("SentenceJoining"), [first, second], passes=1)
    doc = joined.reference
    assert names(joined) == names(first)
    assert [t.text for t in doc if t.ent_iob == 0] == ["Rui"]
    assert doc.spans[SILVER].attrs["scores"] == [0.5, 0.7]
    assert [span.text for span in doc.spans[SILVER]] == ["Maria", "Lisboa"]
    assert [span.text for span in doc.spans["other"]] == ["Talvez"]
    assert run(make("SentenceJoining", max_words=9), [first, second]) == [[first], [second]]


def annotated():
    doc = Doc(
        NLP.vocab,
        words=["O", "São", "Paulo", "fica", "longe", ".", "Sim", "."],
        tags=["D", "N", "N", "V", "A", "P", "I", "P"],
        lemmas=["o", "são", "paulo", "ficar", "longe", ".", "sim", "."],
        heads=[1, 3, 1, 3, 3, 3, 6, 6],
        deps=["det", "nsubj", "flat", "ROOT", "advmod", "punct", "ROOT", "punct"],
    )
    doc.ents = [Span(doc, 1, 3, "LOC", kb_id="Q174")]
    doc.cats = {"places": 1.0}
    doc.spans["names"] = SpanGroup(
        doc, spans=[doc[1:3], doc[2:3], doc[3:5]], attrs={"scores": [1, 2, 3], "by": "me"}
    )
    return Example(same_tokens(doc, NLP.vocab), doc)


def test_annotation_of_words_that_stay_is_kept():
    _, copy = make("LetterCase", forms=["upper"])(NLP, annotated())
    doc = copy.reference
    assert doc.text == "O SÃO PAULO FICA LONGE . SIM . "
    assert [t.tag_ for t in doc] == list("DNNVAPIP")
    assert [t.dep_ for t in doc][:3] == ["det", "nsubj", "flat"]
    assert [t.head.i for t in doc] == [1, 3, 1, 3, 3, 3, 6, 6]
    assert doc.ents[0].kb_id_ == "Q174"
    assert doc.cats == {"places": 1.0}
    assert [span.text for span in doc.spans["names"]] == ["SÃO PAULO", "PAULO", "FICA LONGE"]


def test_annotation_that_would_be_wrong_is_dropped(tmp_path):
    file = tmp_path / "names.jsonl"
    file.write_text('{"label": "LOC", "text": "Rio de Janeiro"}', encoding="utf8")
    augmenter = make("MentionReplacement", names=str(file))
    _, copy = augmenter(NLP, annotated())
    doc = copy.reference
    assert doc.text == "O Rio de Janeiro fica longe . Sim . "
    assert not any(doc.has_annotation(name) for name in ("TAG", "LEMMA", "DEP"))
    assert [sentence.text for sentence in doc.sents] == ["O Rio de Janeiro fica longe .", "Sim ."]
    assert doc.ents[0].kb_id_ == ""
    group = doc.spans["names"]
    assert [span.text for span in group] == ["Rio de Janeiro", "fica longe"]
    assert group.attrs == {"scores": [1, 3], "by": "me"}


def test_on_the_tokenizers_tokens_where_the_example_is():
    """As spaCy's own reader makes examples."""
    doc = Doc(NLP.vocab, words=["Falou", "com", "Ana,Sá", "."], spaces=[True, True, False, False])
    doc.ents = [Span(doc, 2, 3, "PER")]
    original = Example(NLP.make_doc("Falou com Ana,Sá."), doc)
    assert len(original.predicted) > len(doc)
    _, copy = make("LetterCase", forms=["upper"])(NLP, original)
    assert [t.text for t in copy.predicted] == [t.text for t in NLP.make_doc("FALOU COM ANA,SÁ.")]
    assert [ent.text for ent in copy.get_aligned_spans_y2x(copy.reference.ents)] == ["ANA,SÁ"]


def test_an_augmenter_that_changes_nothing_says_so(caplog):
    chinese = example("张 伟 在 北京 。", (0, 2, "PER"), (3, 4, "LOC"))
    with caplog.at_level(logging.WARNING, "xlner_spacy"):
        augmenter = make("LetterCase", level=1.0)
        made = [len(list(augmenter(NLP, chinese))) for _ in range(250)]
    assert set(made) == {1}
    assert len(caplog.records) == 1
    assert "LetterCase has changed none of the first 200 texts" in caplog.text


def test_several_gives_each_ones_copies():
    found = run(make("Several"))
    assert names(found[0][-1]) == [("maria silva", "PER"), ("lisboa", "LOC")]
    assert len(found[0]) == 3
    assert all(a is not b for made in found for a, b in pairwise(made))
    assert len(run(make("Several", keep_original=False))[0]) == 2


def shards(path):
    DocBin(docs=[original.reference for original in CORPUS]).to_disk(path)
    return path


@pytest.mark.parametrize("reader", ["xlner.Corpus.v1", "spacy.Corpus.v1"])
def test_both_readers_take_them(reader, tmp_path):
    block = {
        "@readers": reader,
        "path": str(shards(tmp_path / "train.spacy")),
        **({"gold_preproc": False} if reader == "spacy.Corpus.v1" else {}),
        "augmenter": {"@augmenters": "xlner.LetterCase.v1", "level": 1.0, "forms": ["upper"]},
    }
    corpus = spacy.registry.resolve({"corpus": block})["corpus"]
    found = list(corpus(NLP))
    assert len(found) == 2 * len(CORPUS)
    assert names(found[1]) == [("MARIA SILVA", "PER"), ("LISBOA", "LOC")]
