"""One bad text does not cost the others; what failed is on the Doc."""

from __future__ import annotations

import logging

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.util import ignore_error

from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.pipeline.component import go_on_after_failures


class Flaky:
    """Translates by table; raises if a text of the batch says so."""

    def __init__(self):
        self.calls = 0

    def __call__(self, texts, *, from_lang, to_lang):
        self.calls += 1
        if any("crash" in text for text in texts):
            raise RuntimeError("the engine fell over")
        return ["Petrobras opened an office in Maputo."] * len(texts)


@pytest.fixture
def flaky():
    nlp = spacy.blank("pt")
    translator = Flaky()
    nlp.add_pipe("xl_projector").use(translator=translator)
    return nlp, translator


TEXTS = [f"A Petrobras abriu {n} lojas em Maputo" for n in range(9)]
BAD = [*TEXTS[:4], "crash", *TEXTS[4:], "crash too"]


@pytest.mark.models
def test_every_text_comes_out_in_order_with_the_error_on_the_bad_ones(flaky):
    nlp, translator = flaky
    failed = []
    nlp.set_error_handler(lambda name, component, docs, error: failed.append((name, docs[0].text)))
    docs = list(nlp.pipe(BAD))
    assert [doc.text for doc in docs] == BAD
    assert failed == [("xl_projector", "crash"), ("xl_projector", "crash too")]
    for doc in docs:
        if "crash" in doc.text:
            assert doc.ents == ()
            (problem,) = doc._.xl_problems
            assert (problem["stage"], problem["reason"]) == ("translate", "error")
            assert problem["detail"] == "RuntimeError: the engine fell over"
        else:
            assert [ent.text for ent in doc.ents] == ["Petrobras", "Maputo"]
            assert not doc._.xl_problems
    assert translator.calls <= 15  # halves, not one by one


@pytest.mark.models
def test_ignore_error_keeps_the_doc(flaky):
    nlp, _ = flaky
    nlp.set_error_handler(ignore_error)
    assert [doc.text for doc in nlp.pipe(BAD)] == BAD


def quotes(texts, **_):
    raise ValueError(f"cannot translate {texts[0]!r}")


def test_texts_are_logged_only_where_that_is_asked_for(caplog):
    secret = "O Rui Salgado tem diabetes."
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(translator=quotes)
    go_on_after_failures(nlp)
    with caplog.at_level(logging.WARNING, logger="xlner_spacy"):
        (doc,) = nlp.pipe([secret])
    assert "xl_projector: ValueError, for a text of 27 characters" in caplog.text
    assert "Salgado" not in caplog.text
    assert "Salgado" in doc._.xl_problems[0]["detail"]
    with caplog.at_level(logging.INFO, logger="xlner_spacy"):  # xlner --verbose
        list(nlp.pipe([secret]))
    assert f"for {secret!r}: cannot translate" in caplog.text


def test_by_default_the_error_is_raised(flaky):
    nlp, _ = flaky
    with pytest.raises(RuntimeError, match="fell over"):
        list(nlp.pipe(BAD))
    with pytest.raises(RuntimeError, match="fell over"):
        nlp("crash")


@pytest.mark.models
def test_a_wrong_setup_is_raised_whatever_the_handler(caplog):
    nlp = spacy.blank("pt")
    source = {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": "en_no_such_model"}
    nlp.add_pipe("xl_projector", config={"annotator": source})
    nlp.set_error_handler(ignore_error)
    with caplog.at_level(logging.WARNING), pytest.raises(SetupError, match="en_no_such_model"):
        list(nlp.pipe(TEXTS))


def test_entities_without_a_place_say_why(nlp):
    from xlner_spacy import give_translation

    doc = nlp.make_doc("Sim.")
    english = "Maria lives in Lisbon."
    give_translation(doc, english, entities=[(0, 5, "PER"), (15, 21, "LOC")])
    doc = nlp(doc)
    placed, lost = len(doc.ents), doc._.xl_unplaced
    assert placed + len(lost) == 2
    assert {u["reason"] for u in lost} <= {"no aligned word", "its place was taken"}
    assert all(english[u["start_char"] : u["end_char"]] == u["text"] for u in lost)


@pytest.mark.models
@pytest.mark.parametrize(
    "part", ["translator", "annotator", "aligner", "candidates", "measure", "matcher"]
)
def test_whatever_part_fails_the_doc_goes_on(part):
    nlp = spacy.blank("pt")

    def fail(*args, **kwargs):
        raise ZeroDivisionError("by design")

    nlp.add_pipe("xl_projector").use(**{part: fail})
    nlp.set_error_handler(ignore_error)
    (doc,) = nlp.pipe([TEXTS[0]])
    # Where no place is found for what is projected, the text's own voice is still heard.
    heard = "Petrobras" in [ent.text for ent in doc.ents]
    assert heard == (part in ("aligner", "candidates", "measure"))
    assert len(doc._.xl_entities) == len(doc.ents)
    assert doc._.xl_problems[0]["detail"] == "ZeroDivisionError: by design"
    assert DocBin(docs=[doc], store_user_data=True).to_bytes()


def test_a_translation_that_is_not_a_string():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(translator=lambda texts, **_: [None] * len(texts))
    with pytest.raises(BackendError, match="None for 'A Petrobras"):
        nlp(TEXTS[0])


def test_half_a_character_from_a_translator():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(translator=lambda texts, **_: ["\ud800"] * len(texts))
    with pytest.raises(BackendError, match="half a surrogate pair"):
        nlp(TEXTS[0])


@pytest.mark.parametrize("answer", ["abc", None, 3])
def test_an_answer_that_is_no_list(answer):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(translator=lambda texts, **_: answer)
    with pytest.raises(BackendError, match="not a list of strings"):
        list(nlp.pipe([TEXTS[0]]))


@pytest.mark.models
@pytest.mark.parametrize("link", [(0, -1, 1.0), (0, 999, 1.0), (77, 0, 1.0)])
def test_links_to_words_that_are_not_there(link):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(aligner=lambda pairs, **_: [[link] for _ in pairs])
    with pytest.raises(BackendError, match="gave the link"):
        nlp(TEXTS[0])


@pytest.mark.models
def test_device_that_is_not_there():
    nlp = spacy.blank("pt")
    aligner = {"@xl_aligners": "xlner.SimAlign.v1", "device": "cuda:77"}
    nlp.add_pipe("xl_projector", config={"aligner": aligner})
    nlp.set_error_handler(ignore_error)
    with pytest.raises(SetupError, match="cuda:77"):
        list(nlp.pipe([TEXTS[0]]))
