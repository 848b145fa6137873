"""A source that fails: on a text it has no vote, on all of them it is reported; and weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy
from spacy.util import ignore_error, import_file

from tests.shared import xlner
from xlner_spacy.errors import SetupError

CODE = """
import spacy

WORDS = {"en": {"viu": "saw", "e": "and"}, "de": {"viu": "sah", "e": "und"}}
KNOWN = {"Ana": "PER", "Berlim": "LOC", "Rui": "PER"}


@spacy.registry.xl_translators("test_failing_source.Fails.v1")
def fails(langs: list, empty: bool = False, but_not: str = "nothing"):
    def translate(texts, *, from_lang, to_lang):
        if to_lang in langs and not any(but_not in text for text in texts):
            if empty:
                return [""] * len(texts)
            raise RuntimeError("the engine fell over")
        return [" ".join(WORDS[to_lang].get(w, w) for w in text.split()) for text in texts]

    return translate


@spacy.registry.xl_annotators("test_failing_source.Finds.v1")
def finds(fails_on: str = "nothing"):
    def annotate(texts):
        if any(fails_on in text for text in texts):
            raise ValueError("no such word")
        return [
            [(t.index(w), t.index(w) + len(w), KNOWN[w]) for w in t.split() if w in KNOWN]
            for t in texts
        ]

    return annotate
"""
TEXTS = ["Ana viu Berlim", "Rui viu Ana e Berlim", "Ana e Rui"]


@pytest.fixture
def code(tmp_path, monkeypatch):
    """The plug-in parts, and texts, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("code.py").write_text(CODE, encoding="utf8")
    Path("in.txt").write_text("\n".join(TEXTS), encoding="utf8")
    import_file("python_code", Path("code.py"))
    return tmp_path


def settings(translator=None, annotator=None, **others):
    return {
        "source_langs": ["en", "de"],
        "own_voice": False,
        "translator": {
            "@xl_translators": "test_failing_source.Fails.v1",
            "langs": ["de"],
            **(translator or {}),
        },
        "annotator": {"@xl_annotators": "test_failing_source.Finds.v1", **(annotator or {})},
        "aligner": {"@xl_aligners": "xlner.ExactWords.v1"},
        "voter": {"@xl_voters": "xlner.Rover.v1"},
        **others,
    }


def pipeline(**changes):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config=settings(**changes))
    nlp.set_error_handler(ignore_error)
    return nlp


def found(docs):
    return [[ent.text for ent in doc.ents] for doc in docs]


ALL = [["Ana", "Berlim"], ["Rui", "Ana", "Berlim"], ["Ana", "Rui"]]


@pytest.mark.parametrize("empty", [False, True])
def test_a_source_whose_every_translation_fails_is_reported(code, caplog, empty):
    nlp = pipeline(translator={"empty": empty})
    # Half of two voters would be too few for Rover.
    docs = list(nlp.pipe(TEXTS, batch_size=2))
    assert found(docs) == ALL
    assert docs[0].ents[0]._.xl_confidence == 1
    (warning,) = [r.getMessage() for r in caplog.records if "every text" in r.getMessage()]
    reason = "empty translation" if empty else "error (RuntimeError)"
    assert warning == (
        f"xl_projector: The source 'de' failed on every text (3), most often by 'translate: {reason}'. "
        "The others decided without it."
    )


def test_a_source_that_fails_on_some_texts_is_not(code, caplog):
    docs = list(pipeline(translator={"but_not": "Berlim"}).pipe(TEXTS, batch_size=1))
    assert found(docs) == ALL
    assert [len(doc._.xl_translations) for doc in docs] == [2, 2, 1]
    assert "every text" not in caplog.text


def test_an_annotator_that_fails_in_one_language_costs_no_votes(code, caplog):
    nlp = pipeline(translator={"langs": []}, annotator={"fails_on": "sah"})
    docs = list(nlp.pipe(TEXTS[:2]))
    assert found(docs) == ALL[:2]
    assert docs[0].ents[0]._.xl_confidence == 1
    assert (
        "'de' failed on every text (2), most often by 'annotate: error (ValueError)'" in caplog.text
    )


def test_the_only_source_is_not_said_to_be_left_out(code, caplog):
    docs = list(pipeline(translator={"langs": ["en"]}, source_langs=["en"]).pipe(TEXTS))
    assert found(docs) == [[], [], []]
    assert "every text" not in caplog.text


def config(**changes):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config=settings(**changes))
    nlp.config.to_disk("two.cfg")
    return ["--config", "two.cfg", "--code", "code.py", "-q"]


def test_the_command_line_goes_on_and_says_so(code):
    result = xlner("project", "in.txt", "out.jsonl", *config())
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in Path("out.jsonl").read_text("utf8").splitlines()]
    assert [[ent["text"] for ent in line["ents"]] for line in lines] == ALL
    assert "The source 'de' failed on every text (3)" in result.stderr
    assert "source de: failed on 3 of 3 texts: 3 translate: error (RuntimeError)" in result.stderr
    both = config(translator={"langs": ["de", "en"]})
    result = xlner("project", "in.txt", "out.jsonl", "--force", *both)
    assert result.exit_code == 1
    assert "Every text failed" in result.stderr


def test_a_build_goes_on_and_counts_by_source(code):
    result = xlner("build", "in.txt", "silver", *config())
    assert result.exit_code == 0, result.output
    assert "source de: failed on 3 of 3 texts" in result.stderr
    counts = json.loads(Path("silver/manifest.json").read_text("utf8"))["counts"]
    assert counts["sources"] == {"de": 3, "en": 3}
    assert counts["sources_failed"] == {"de: translate: error (RuntimeError)": 3}
    result = xlner("build", "in.txt", "other", *config(translator={"langs": ["de", "en"]}))
    assert result.exit_code == 1
    assert "Every text failed" in result.stderr


def weighted(**weights):
    return pipeline(
        translator={"langs": []},
        voter={"@xl_voters": "xlner.Rover.v1", "alpha": 1.0},
        annotator={"fails_on": "nothing"},
        weights=weights,
    )


def test_a_weight_for_each_source(code):
    nlp = weighted(de=3.0)
    polls = []

    def listen(asked):
        polls.extend(asked)
        return [[] for _ in asked]

    nlp.get_pipe("xl_projector").use(voter=listen)
    nlp(TEXTS[0])
    assert polls[0].weights == {"en": 1.0, "de": 3.0}
    # By any code of the language.
    assert weighted(deu=3.0).get_pipe("xl_projector").stages[-1].weights == {"de": 3.0}
    again = spacy.blank("pt").from_config(weighted(de=3.0).config)
    assert again.get_pipe("xl_projector").stages[-1].weights == {"de": 3.0}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            {"fr": 1.0, "es": 2.0},
            r"weights for 'fr', 'es', not among the sources.\nIts sources are",
        ),
        ({"the text itself": 1.0}, r"'the text itself', not among the sources"),
        ({"de": 0.0}, r"weights.de=0.0 is not a number greater than 0"),
        ({"de": -1.0}, r"weights.de"),
        ({"de": 1.0, "deu": 2.0}, r"is not one for each"),
    ],
)
def test_weights_that_are_refused(code, weights, message):
    with pytest.raises(SetupError, match=message):
        weighted(**weights)


def test_weights_of_a_matcher_are_for_languages(code):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_matcher", config={"weights": {"en": 2.0, "the text itself": 0.5}})
    with pytest.raises(SetupError, match="'klingonese'"):
        nlp.add_pipe("xl_matcher", name="other", config={"weights": {"klingonese": 2.0}})
