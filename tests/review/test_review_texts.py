from __future__ import annotations

import shutil

import pytest
from spacy.tokens import DocBin

from tests.review.silver_folder import TEXTS
from xlner_spacy.errors import InputError
from xlner_spacy.files import read_json, write_json
from xlner_spacy.review.review_orders import doubt, in_doubt, ordered
from xlner_spacy.review.review_texts import read_silver
from xlner_spacy.text.languages import tokenizer


def test_shards_have_both_sides(silver):
    assert [text.text for text in silver.texts] == [text for text, _ in TEXTS]
    assert [text.translations[0]["text"] for text in silver.texts] == [own for _, own in TEXTS]
    assert (silver.lang, silver.source_langs, silver.labels) == (
        "pt",
        ["en"],
        ["LOC", "ORG", "PER"],
    )
    first = silver.texts[0]
    assert [(first.part(e), c) for e, c in zip(first.silver, first.confidences, strict=True)] == [
        ((2, 11, "ORG"), 0.9),
        ((35, 41, "LOC"), 0.8),
    ]
    assert first.translations[0]["entities"] == [[0, 9, "ORG"], [30, 36, "LOC"]]
    assert first.sources[1]["start_char"] == 30
    assert [own["text"] for own in silver.texts[-1].unplaced] == ["Nowhere"]


def test_shards_of_an_earlier_version_have_entities_and_confidences(
    silver_folder, silver, tmp_path
):
    nlp = tokenizer("xx")
    docs = []
    for file in sorted((silver_folder / "train").glob("*.spacy")):
        for doc in DocBin().from_disk(file).get_docs(nlp.vocab):
            for key in ("translations", "unplaced"):
                doc.spans["xl_silver"].attrs.pop(key, None)
            docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "old.spacy")
    old = read_silver(tmp_path / "old.spacy")
    assert not old.has_translations
    assert [(t.silver, t.confidences) for t in old.texts] == [
        (t.silver, t.confidences) for t in silver.texts
    ]


def test_a_text_that_is_there_twice_is_reviewed_once(silver_folder, silver, tmp_path):
    for n, file in enumerate(sorted((silver_folder / "train").glob("*.spacy")) * 2):
        shutil.copy(file, tmp_path / f"{n}.spacy")
    found = read_silver(tmp_path)
    assert len(found.texts) == found.repeated == len(silver.texts)


def test_what_is_no_silver_data_is_named(silver_folder, tmp_path):
    with pytest.raises(InputError, match="nowhere does not exist"):
        read_silver(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no \.spacy files"):
        read_silver(tmp_path)
    (tmp_path / "texts.txt").write_text("A text.")
    with pytest.raises(InputError, match="is no silver data"):
        read_silver(tmp_path / "texts.txt")
    (tmp_path / "bad.spacy").write_bytes(b"no DocBin")
    with pytest.raises(InputError, match=r"not a complete \.spacy file"):
        read_silver(tmp_path / "bad.spacy")


def test_a_build_that_is_not_finished_is_named(silver_folder, tmp_path):
    shutil.copytree(silver_folder, tmp_path / "silver")
    manifest = read_json(tmp_path / "silver" / "manifest.json")
    write_json(tmp_path / "silver" / "manifest.json", {**manifest, "complete": False})
    for place in (tmp_path / "silver", tmp_path / "silver" / "train"):
        with pytest.raises(InputError, match="not finished") as error:
            read_silver(place)
        assert "xlner build" in error.value.hint


def beginnings(silver, order, **options):
    return [text.text.split()[0] for text in ordered(silver, order, **options)]


def test_the_least_sure_entity_comes_first(silver):
    assert beginnings(silver, "unsure") == ["Veja", "O", "Bom", "A", "A", "Chove"]
    sure = [min([*in_doubt(text), 1.0]) for text in ordered(silver, "unsure")]
    assert sure == sorted(sure)


def test_a_text_like_one_before_waits(tmp_path, silver):
    """Two texts that differ in a number are in as much doubt as each other; one says what the other says."""
    nlp = tokenizer("pt")
    docs = []
    for text, scores in [
        ("Ana Lima vive em Setúbal há 10 anos", (0.5, 0.5)),
        ("Ana Lima vive em Setúbal há 12 anos", (0.5, 0.5)),
        ("O rio Douro nasce longe do mar", (0.6,)),
    ]:
        doc = nlp.make_doc(text)
        spans = [doc[0:2], doc[4:5]] if len(scores) == 2 else [doc[2:3]]
        for span in spans:
            span.label_ = "LOC"
        doc.ents = spans
        doc.spans["xl_silver"] = list(doc.ents)
        doc.spans["xl_silver"].attrs["scores"] = list(scores)
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "s.spacy")
    corpus = read_silver(tmp_path / "s.spacy")
    doubts = [doubt(text, 0) for text in corpus.texts]
    assert doubts[0] == doubts[1] > doubts[2] > 0
    assert [text.text[0] for text in ordered(corpus, "informative")] == ["A", "O", "A"]


def test_what_is_near_the_threshold_is_most_in_doubt(silver):
    by_start = {text.text[:6]: text for text in silver.texts}
    fifty, ninety_five = by_start["Bom di"], by_start["A reun"]  # .5 and .95
    assert doubt(fifty, 0.0) > doubt(ninety_five, 0.0)
    assert doubt(ninety_five, 0.94) > doubt(fifty, 0.94)


def test_random_is_drawn_by_the_seed(silver):
    draws = {tuple(beginnings(silver, "random", seed=seed)) for seed in range(5)}
    assert len(draws) > 1
    assert beginnings(silver, "random", seed=3) == beginnings(silver, "random", seed=3)
    for order in ("unsure", "informative", "random"):
        assert sorted(text.key for text in ordered(silver, order)) == sorted(silver.by_key)
