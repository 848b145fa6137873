"""Decisions are never lost, and what was changed by hand is taken or named."""

from __future__ import annotations

import json
import resource

import pytest
import spacy

from tests.review.silver_folder import TEXTS
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.review.decisions import Review, StaleError
from xlner_spacy.review.review_texts import SilverTexts, review_text
from xlner_spacy.training.reader import make_corpus

PT = spacy.blank("pt")


@pytest.fixture
def gold(tmp_path):
    return tmp_path / "gold.jsonl"


@pytest.fixture
def begun(silver, gold):
    """Three texts reviewed: one accepted, one relabelled, one with an entity added and one rejected."""
    review = Review(silver, gold, "Ana")
    keys = [text.key for text in silver.texts]
    review.decide(keys[0], silver.texts[0].silver, done=True, action="accept")
    review.decide(keys[2], [(3, 4, "PER")], done=False, action="relabel")
    review.decide(keys[2], [(3, 4, "PER")], done=True, action="accept")
    review.decide(keys[1], [(1, 2, "PER"), (6, 7, "LOC")], done=True, action="add")
    review.close()
    return keys


REVIEWED = [
    (TEXTS[0][0], [("Petrobras", "ORG"), ("Maputo", "LOC")]),
    (TEXTS[2][0], [("Teresa", "PER")]),
    (TEXTS[1][0], [("presidente", "PER"), ("Brasília", "LOC")]),
]


def labelled(docs):
    return [(doc.text, [(ent.text, ent.label_) for ent in doc.ents]) for doc in docs]


def reopened(silver, gold, reviewer="Ana"):
    review = Review(silver, gold, reviewer)
    review.close()
    return review


def journal(gold):
    return gold.with_name("gold.jsonl.journal")


def test_reviewed_texts_train_and_evaluate_as_they_are(begun, gold):
    assert labelled(read_gold(gold, PT, "pt")) == REVIEWED
    examples = list(make_corpus(str(gold))(PT))
    assert labelled(example.reference for example in examples) == REVIEWED
    assert all(token.ent_iob for example in examples for token in example.reference)


def test_reviewed_texts_take_the_place_of_silver_ones(begun, gold, silver_folder):
    both = make_corpus([str(gold), str(silver_folder / "train")], once=True)
    found = labelled(example.reference for example in both(PT))
    assert found[:3] == REVIEWED
    assert sorted(text for text, _ in found) == sorted(text for text, _ in TEXTS)


def test_it_goes_on_where_it_was(silver, begun, gold):
    before = gold.read_bytes()
    review = reopened(silver, gold)
    assert review.done == [begun[0], begun[2], begun[1]]
    assert review.entities(begun[3]) == silver.by_key[begun[3]].silver
    assert gold.read_bytes() == before
    assert not review.notes


def test_undo_goes_back_decision_by_decision_after_a_restart_too(silver, begun, gold):
    review = Review(silver, gold, "Ana")
    assert review.undo() == begun[1]
    assert review.entities(begun[1]) == silver.by_key[begun[1]].silver
    review.close()
    assert labelled(read_gold(gold, PT, "pt")) == REVIEWED[:2]
    review = Review(silver, gold, "Ana")
    assert review.undo() == begun[2]
    assert review.entities(begun[2]) == ((3, 4, "PER"),)
    assert not review.verdicts[begun[2]].done
    assert [review.undo() for _ in range(3)] == [begun[2], begun[0], None]
    assert review.done == []
    review.close()
    assert gold.read_bytes() == b""


@pytest.mark.parametrize("cut", [1, 2, 20, 90])
def test_a_torn_last_line_is_mended_with_a_message(silver, begun, gold, cut):
    """Killed while the last decision was written: the file of reviewed texts has not got it either."""
    journal(gold).write_bytes(journal(gold).read_bytes()[:-cut])
    gold.write_bytes(b"".join(gold.read_bytes().splitlines(keepends=True)[:2]))
    review = reopened(silver, gold)
    if cut == 1:  # the line end alone
        assert len(review.done) == 3
    else:
        assert "last line was cut off" in review.notes[0]
        assert len(review.notes) == 1
        assert review.done == [begun[0], begun[2]]
    assert labelled(read_gold(gold, PT, "pt")) == REVIEWED[: len(review.done)]
    again = reopened(silver, gold)
    assert (again.done, again.notes) == (review.done, [])


def test_a_journal_that_lost_its_end_gets_it_back_from_the_file(silver, begun, gold):
    journal(gold).write_bytes(journal(gold).read_bytes()[:-20])
    review = reopened(silver, gold)
    assert len(review.done) == 3
    assert "1 texts were taken over" in review.notes[1]
    assert labelled(read_gold(gold, PT, "pt")) == REVIEWED


def test_a_kill_between_journal_and_file_loses_nothing(silver, begun, gold):
    """The journal is written first; the file is then as it was one decision before."""
    lines = gold.read_bytes().splitlines(keepends=True)
    gold.write_bytes(b"".join(lines[:2]))
    review = reopened(silver, gold)
    assert review.done == [begun[0], begun[2], begun[1]]
    assert "older than its journal" in review.notes[0]
    gold.unlink()
    reopened(silver, gold)
    assert labelled(read_gold(gold, PT, "pt")) == REVIEWED


def test_a_damaged_line_of_the_journal_is_named(silver, begun, gold):
    lines = journal(gold).read_text("utf8").splitlines(keepends=True)
    for n, bad, message in [
        (3, '{"n": 2, "key": \n', "line 4: not JSON"),
        (3, lines[3].replace('"done": false', '"done": 1'), "line 4: no decision"),
        (3, lines[3].replace("[9, 15,", "[8, 15,"), "line 4: ' Teresa' .* does not begin and end"),
        (3, lines[3].replace("[9, 15,", "[9, 15000,"), "line 4: .*28 characters"),
        (3, lines[3].replace(begun[2], "0" * 20), "line 4: its text is not in .*silver"),
        (3, '{"n": 2, "undo": 7}\n', "line 4: undoes"),
        (3, "", "line 5|line 4: no number|n"),
        (0, "{}\n", "line 1: not the journal"),
    ]:
        changed = [*lines[:n], bad, *lines[n + 1 :]]
        journal(gold).write_text("".join(changed), "utf8")
        if bad == "":
            assert len(reopened(silver, gold).done) == 3  # nothing depends on the line
            continue
        with pytest.raises(InputError, match=message) as error:
            Review(silver, gold, "Ana")
        assert str(journal(gold)) in error.value.message
        assert error.value.hint


def edited(gold, n, change):
    lines = gold.read_text("utf8").splitlines()
    lines[n] = change(lines[n])
    gold.write_text("".join(f"{line}\n" for line in lines), "utf8")


def test_an_edit_by_hand_is_taken_over(silver, begun, gold):
    edited(gold, 1, lambda line: line.replace('"PER"', '"MISC"').replace("}]}", '}], "note": "?"}'))
    review = reopened(silver, gold)
    assert "1 texts were taken over" in review.notes[0]
    assert review.entities(begun[2]) == ((3, 4, "MISC"),)
    assert json.loads(gold.read_text("utf8").splitlines()[1])["note"] == "?"
    assert not reopened(silver, gold).notes
    lines = gold.read_text("utf8").splitlines()
    gold.write_text(f"{lines[1]}\n{lines[2]}\n", "utf8")
    review = reopened(silver, gold)
    assert "1 that are no longer in it" in review.notes[0]
    assert review.done == [begun[2], begun[1]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line[:-5], "line 2: not JSON"),
        (
            lambda line: line.replace('"start": 9', '"start": 8'),
            "does not begin and end with words",
        ),
        (lambda line: line.replace('"end": 15', '"end": 150'), "28 characters"),
        (lambda line: line.replace('"start": 9', '"start": "9"'), "28 characters"),
        (lambda line: line.replace("Bom dia", "Boa tarde"), "is not in .*silver"),
        (lambda line: line.replace('"ents"', '"entities"'), 'line 2: "ents"'),
        (lambda line: f"{line}\n{line}", "line 3: the text of line 2 again"),
        (lambda line: line.replace('"label": "PER"', '"label": ""'), "no label"),
        (
            lambda line: line.replace(
                '"ents": [', '"ents": [{"start": 0, "end": 15, "label": "LOC"}, '
            ),
            "overlap",
        ),
    ],
)
def test_a_wrong_edit_by_hand_is_named_by_its_line(silver, begun, gold, change, message):
    edited(gold, 1, change)
    before = gold.read_bytes()
    with pytest.raises(InputError, match=message) as error:
        Review(silver, gold, "Ana")
    assert f"{gold}, line " in error.value.message
    assert error.value.hint
    assert gold.read_bytes() == before


def test_a_second_reviewer_is_told_of_the_first(silver, begun, gold):
    first = Review(silver, gold, "Ana")
    with pytest.raises(InputError, match="Ana is reviewing") as error:
        Review(silver, gold, "Ben")
    assert "--output" in error.value.hint
    first.close()
    assert reopened(silver, gold, "Ben").done


def other_silver(place="other"):
    doc = PT.make_doc("Outro texto.")
    text = review_text(doc)
    return SilverTexts(place, "pt", [text], by_key={text.key: text})


def test_the_output_of_another_review_is_named(silver, begun, gold, silver_folder):
    with pytest.raises(InputError, match=f"not in other; the review is of {silver_folder}"):
        Review(other_silver(), gold, "Ana")


def test_a_file_of_others_is_left_alone(gold):
    gold.write_text('{"text": "Mine.", "ents": []}\n')
    with pytest.raises(InputError, match=r"line 1: 'Mine\.' is not in other"):
        Review(other_silver(), gold, "Ana")
    assert gold.read_text() == '{"text": "Mine.", "ents": []}\n'
    assert not journal(gold).exists()


def test_decisions_that_cannot_be_are_refused(silver, gold, tmp_path):
    review = Review(silver, gold, "Ana")
    key = silver.texts[0].key
    for entities in ([(0, 2, "PER"), (1, 3, "LOC")], [(3, 3, "PER")], [(0, 900, "PER")]):
        with pytest.raises(InputError):
            review.decide(key, entities, done=True, action="add")
    with pytest.raises(StaleError):
        review.decide(key, [], done=True, action="reject", revision=7)
    assert review.done == []
    review.close()
    with pytest.raises(InputError, match="jsonl"):
        Review(silver, tmp_path / "gold.txt", "Ana")
    with pytest.raises(InputError, match="folder does not exist"):
        Review(silver, tmp_path / "nowhere" / "gold.jsonl", "Ana")


def test_a_full_disk_leaves_the_journal_whole(silver, gold):
    review = Review(silver, gold, "Ana")
    key = silver.texts[0].key
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = journal(gold).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, limit[1]))
    try:
        with pytest.raises(SetupError, match="was not written"):
            review.decide(key, [], done=True, action="reject")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert review.done == []
    assert journal(gold).stat().st_size == size
    review.decide(key, [], done=True, action="reject")
    review.close()
    assert reopened(silver, gold).done == [key]


def test_words_of_the_corpus_stay(gold):
    """Its words are not those of the language's tokenizer."""
    doc = spacy.tokens.Doc(
        PT.vocab, words=["Porto-", "Alegre", "!", "?"], spaces=[False, True, False, False]
    )
    doc.ents = [spacy.tokens.Span(doc, 0, 2, "LOC")]
    text = review_text(doc)
    silver = SilverTexts("s", "pt", [text], by_key={text.key: text})
    review = Review(silver, gold, "Ana")
    review.decide(text.key, [(1, 2, "LOC")], done=True, action="move")
    review.close()
    (read,) = read_gold(gold, PT, "pt")
    assert [token.text for token in read] == ["Porto-", "Alegre", "!", "?"]
    assert labelled([read]) == [("Porto-Alegre !?", [("Alegre", "LOC")])]
    assert reopened(silver, gold).done == [text.key]
    edited(gold, 0, lambda line: line.replace('"B-LOC"', '"B-PER"'))
    with pytest.raises(InputError, match='line 1: "ner_tags" say otherwise') as error:
        Review(silver, gold, "Ana")
    assert error.value.hint
