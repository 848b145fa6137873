"""Languages travel with the data: several translations of a text, each with its own parts."""

from __future__ import annotations

import re

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.util import ignore_error

from xlner_spacy import give_translation, source_docs
from xlner_spacy.document.attributes import dropped, language_of
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.pipeline.loading import load, source_langs_of

TEXT = "Ana viu Berlim e Rui"
WORDS = {
    ("pt", "en"): {"viu": "saw", "Berlim": "Berlin", "e": "and"},
    ("pt", "de"): {"viu": "sah", "Berlim": "Berlin", "e": "und"},
}
# Whom each recogniser knows; the German one has another opinion of Berlin.
KNOWN = {
    "en": {"Ana": "PER", "Berlin": "LOC", "saw": "DATE"},
    "de": {"Ana": "PER", "Berlin": "ORG", "Rui": "PER", "sah": "EVENT"},
}


def translate(texts, *, from_lang, to_lang):
    words = WORDS[from_lang, to_lang]
    return [" ".join(words.get(word, word) for word in text.split()) for text in texts]


def annotator(lang, score=None):
    def annotate(texts):
        return [
            [
                (m.start(), m.end(), "" if label in ("DATE", "EVENT") else label, score, label)
                for m in re.finditer(r"\w+", text)
                if (label := KNOWN[lang].get(m.group()))
            ]
            for text in texts
        ]

    return annotate


class Diagonal:
    """Links the words in order."""

    def __init__(self):
        self.told = []

    def __call__(self, pairs, *, source_lang, target_lang):
        self.told.append((source_lang, target_lang, len(pairs)))
        return [[(k, k, 1.0) for k in range(min(len(x), len(y)))] for x, y in pairs]


def pipeline(*langs, annotated=None):
    nlp = spacy.blank("pt")
    aligner = Diagonal()
    for lang in langs:
        name = f"translate-{lang}"
        nlp.add_pipe("xl_translator", name=name, config={"source_lang": lang})
        nlp.get_pipe(name).use(translator=translate)
    for lang in langs if annotated is None else annotated:
        name = f"annotate-{lang}"
        nlp.add_pipe("xl_annotator", name=name, config={"source_lang": lang})
        nlp.get_pipe(name).use(annotator=annotator(lang))
    nlp.add_pipe("xl_aligner").use(aligner=aligner)
    nlp.add_pipe("xl_matcher")
    return nlp, aligner


def found(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_two_translators_give_two_translations_that_are_placed_together():
    nlp, aligner = pipeline("en", "de")
    docs = list(nlp.pipe([TEXT, "Ana viu Rui"]))
    assert [t["lang"] for t in docs[0]._.xl_translations] == ["en", "de"]
    assert [t["text"] for t in docs[0]._.xl_translations] == [
        "Ana saw Berlin and Rui",
        "Ana sah Berlin und Rui",
    ]
    # Both want Ana; the English translation, which is the first, names Berlin; only the German
    # recogniser knows Rui.
    assert found(docs[0]) == [("Ana", "PER"), ("Berlim", "LOC"), ("Rui", "PER")]
    assert [ent._.xl_source["lang"] for ent in docs[0].ents] == ["en", "en", "de"]
    assert [(u["text"], u["translation"]) for u in docs[0]._.xl_unplaced] == [("Berlin", 1)]
    assert dropped(docs[0]) == {"DATE": 1, "EVENT": 1}
    assert not docs[0]._.xl_problems
    assert found(docs[1]) == [("Ana", "PER"), ("Rui", "PER")]
    # The aligner is called once per language for the whole batch, and told both.
    assert aligner.told == [("en", "pt", 2), ("de", "pt", 2)]


def projector(*langs, **settings):
    """The whole way from several source languages."""
    nlp = spacy.blank("pt")
    config = {"source_langs": list(langs), "own_voice": False, **settings}
    aligner = Diagonal()

    def annotate(texts):
        return [annotator("de" if "sah" in text else "en")([text])[0] for text in texts]

    nlp.add_pipe("xl_projector", config=config).use(
        translator=translate, annotator=annotate, aligner=aligner
    )
    return nlp, aligner


def test_the_projector_goes_by_several_source_languages():
    nlp, aligner = projector("en", "de", voter={"@xl_voters": "xlner.Agreement.v1"})
    (doc,) = nlp.pipe([TEXT])
    assert [t["lang"] for t in doc._.xl_translations] == ["en", "de"]
    assert found(doc) == [("Ana", "PER"), ("Berlim", "LOC"), ("Rui", "PER")]
    assert [ent._.xl_source["lang"] for ent in doc.ents] == ["en", "en", "de"]
    assert [ent._.xl_source["langs"] for ent in doc.ents] == [["en", "de"], ["en"], ["de"]]
    assert aligner.told == [("en", "pt", 1), ("de", "pt", 1)]
    # What both want is surer than what one wants.
    ana, _, rui = (ent._.xl_confidence for ent in doc.ents)
    assert ana == 1
    assert rui == 0.5
    assert not doc._.xl_problems


def test_a_voter_that_knows_a_probability_gives_the_confidence():
    nlp, _ = projector("en", "de", voter={"@xl_voters": "xlner.BEA.v1"})
    doc = nlp(TEXT)
    # .8 x .8 x .225 against .075 x .075 x .1: two say PER.
    assert doc.ents[0].text == "Ana"
    assert doc.ents[0]._.xl_confidence == round(0.144 / (0.144 + 0.0005625), 4)


def test_a_source_that_fails_loses_its_vote():
    nlp, _ = projector("en", "de")

    def fail_in_german(texts, *, from_lang, to_lang):
        if to_lang == "de":
            raise RuntimeError("the engine fell over")
        return translate(texts, from_lang=from_lang, to_lang=to_lang)

    nlp.get_pipe("xl_projector").use(translator=fail_in_german)
    nlp.set_error_handler(ignore_error)
    doc = nlp(TEXT)
    assert [(ent.text, ent._.xl_confidence) for ent in doc.ents] == [("Ana", 1), ("Berlim", 1)]
    assert [(p["reason"], p["lang"]) for p in doc._.xl_problems] == [("error", "de")]
    # An empty answer is none, either.
    nlp.get_pipe("xl_projector").use(
        translator=lambda texts, **langs: (
            [""] * len(texts) if langs["to_lang"] == "de" else translate(texts, **langs)
        )
    )
    doc = nlp(TEXT)
    assert [(ent.text, ent._.xl_confidence) for ent in doc.ents] == [("Ana", 1), ("Berlim", 1)]


def test_translations_that_are_given_are_used_and_the_others_made():
    nlp, _ = projector("en", "de")
    doc = give_translation(nlp.make_doc(TEXT), "Ana sah Berlin und Rui", lang="de")
    nlp.get_pipe("xl_projector").use(
        translator=lambda texts, *, from_lang, to_lang: [{"en": "Ana saw Rui"}[to_lang]]
    )
    assert [t["text"] for t in nlp(doc)._.xl_translations] == [
        "Ana sah Berlin und Rui",
        "Ana saw Rui",
    ]


def test_a_translator_for_each_source_language():
    @spacy.registry.xl_translators("test_several_sources.Constant.v1")
    def constant(answer: str):
        return lambda texts, **langs: [f"{answer} {langs['to_lang']}"] * len(texts)

    def block(answer):
        return {"@xl_translators": "test_several_sources.Constant.v1", "answer": answer}

    translators = {"en": block("one"), "de": block("two")}
    parts = {"@xl_translators": "xlner.BySource.v1", "translators": translators}
    nlp = spacy.blank("pt")
    config = {"source_langs": ["de", "en"], "translator": parts}
    nlp.add_pipe("xl_projector", config=config).use(aligner=Diagonal(), annotator=annotator("en"))
    assert [t["text"] for t in nlp("Olá.")._.xl_translations] == ["two de", "one en"]
    # What is missing is named before any text comes.
    with pytest.raises(
        SetupError, match=r"no translator into the source language 'es'.*'en', 'de'"
    ):
        spacy.blank("pt").add_pipe(
            "xl_projector", config={"source_langs": ["en", "es"], "translator": parts}
        )


def test_running_again_keeps_the_order_and_the_result():
    nlp, _ = pipeline("en", "de")
    doc = nlp(TEXT)
    before = (doc._.xl_translations, found(doc))
    again = nlp(doc)
    assert (again._.xl_translations, found(again)) == before
    nlp.get_pipe("translate-en")(doc)
    assert [t["lang"] for t in doc._.xl_translations] == ["en", "de"]
    assert [t["entities"] is None for t in doc._.xl_translations] == [True, False]
    assert doc._.xl_alignments is None


def test_what_fails_in_one_language_costs_the_other_nothing():
    nlp, _ = pipeline("en", "de")

    def fail(texts, **languages):
        raise RuntimeError("the engine fell over")

    nlp.get_pipe("translate-de").use(translator=fail)
    nlp.set_error_handler(ignore_error)
    doc = nlp(TEXT)
    assert found(doc) == [("Ana", "PER"), ("Berlim", "LOC")]
    assert [(p["stage"], p["reason"], p["lang"]) for p in doc._.xl_problems] == [
        ("translate", "error", "de")
    ]
    # The other translator does not forget what this one said.
    nlp.get_pipe("translate-en")(doc)
    assert [p["lang"] for p in doc._.xl_problems] == ["de"]


def test_a_translation_that_nobody_annotates_is_a_problem_on_the_doc():
    nlp, _ = pipeline("en", "de", annotated=["en"])
    doc = nlp(TEXT)
    assert found(doc) == [("Ana", "PER"), ("Berlim", "LOC")]
    (problem,) = doc._.xl_problems
    assert (problem["stage"], problem["reason"]) == ("annotate", "no annotator for its language")
    assert problem["lang"] == problem["detail"] == "de"
    # Until somebody does.
    nlp.add_pipe("xl_annotator", name="late", config={"source_lang": "de"}, before="xl_aligner")
    nlp.get_pipe("late").use(annotator=annotator("de"))
    assert not nlp(TEXT)._.xl_problems


def test_without_any_annotator_the_matcher_says_what_is_missing():
    nlp, _ = pipeline("en", annotated=[])
    with pytest.raises(SetupError, match="nothing has annotated the one into 'en'"):
        nlp(TEXT)


def test_the_projector_takes_a_translation_into_another_language_with_its_entities():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(aligner=Diagonal(), annotator=annotator("en"))
    doc = nlp.make_doc(TEXT)
    give_translation(doc, "Ana sah Berlin und Rui", lang="de", entities=[(8, 14, "LOC")])
    assert found(nlp(doc)) == [("Berlim", "LOC")]
    assert [t["lang"] for t in doc._.xl_translations] == ["de"]


def test_the_projector_translates_where_the_other_translation_has_no_entities():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(
        aligner=Diagonal(), annotator=annotator("en"), translator=translate
    )
    doc = nlp(give_translation(nlp.make_doc(TEXT), "Ana sah Berlin und Rui", lang="de"))
    assert [t["lang"] for t in doc._.xl_translations] == ["de", "en"]
    assert found(doc) == [("Ana", "PER"), ("Berlim", "LOC")]
    assert [p["reason"] for p in doc._.xl_problems] == ["no annotator for its language"]


def test_translations_with_and_without_entities():
    """A translation's entities that are given stay; those of the others are found."""
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(aligner=Diagonal(), annotator=annotator("en"))
    doc = nlp.make_doc(TEXT)
    give_translation(doc, "Ana sah Berlin und Rui", lang="de", entities=[(19, 22, "PER")])
    give_translation(doc, "Ana saw Berlin and Rui", lang="en")
    assert found(nlp(doc)) == [("Ana", "PER"), ("Berlim", "LOC"), ("Rui", "PER")]


def test_the_language_of_a_text_that_spacy_does_not_know_goes_along():
    nlp = spacy.blank("xx")
    aligner = Diagonal()
    nlp.add_pipe("xl_translator", config={"target_lang": "sw"})
    nlp.get_pipe("xl_translator").use(translator=lambda texts, **_: list(texts))
    nlp.add_pipe("xl_annotator", config={"target_lang": "sw"})
    nlp.get_pipe("xl_annotator").use(annotator=annotator("en"))
    nlp.add_pipe("xl_aligner").use(aligner=aligner)
    doc = nlp("Ana anaishi Berlin")
    (copy,) = DocBin(docs=[doc], store_user_data=True).get_docs(spacy.blank("xx").vocab)
    assert (language_of(doc), language_of(copy)) == ("sw", "sw")
    assert aligner.told == [("en", "sw", 1)]
    assert language_of(spacy.blank("pt")("Olá")) == "pt"


def test_source_docs_have_the_entities_of_their_own_translation():
    nlp, _ = pipeline("en", "de")
    docs = source_docs(nlp(TEXT))
    assert [doc.lang_ for doc in docs] == ["en", "de"]
    assert [found(doc) for doc in docs] == [
        [("Ana", "PER"), ("Berlin", "LOC")],
        [("Ana", "PER"), ("Berlin", "ORG"), ("Rui", "PER")],
    ]


def test_confidence_is_that_of_the_place_times_the_recognisers():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(aligner=Diagonal(), translator=translate)
    nlp.get_pipe("xl_projector").use(annotator=annotator("en"))
    place = nlp(TEXT).ents[0]._.xl_confidence
    nlp.get_pipe("xl_projector").use(annotator=annotator("en", score=0.5))
    ana = nlp(TEXT).ents[0]
    assert (place, ana._.xl_confidence) == (1.0, 0.5)
    assert ana._.xl_source["score"] == 0.5


def test_a_translation_that_nobody_annotates_has_no_vote():
    nlp, _ = projector("en")
    doc = give_translation(nlp.make_doc(TEXT), "Ana saw Berlin and Rui", lang="en")
    give_translation(doc, "Ana voit Berlin et Rui", lang="fr")
    assert [(ent.text, ent._.xl_confidence) for ent in nlp(doc).ents] == [("Ana", 1), ("Berlim", 1)]


def test_problems_are_a_list_where_there_are_none():
    nlp, _ = projector("en")
    assert nlp(TEXT)._.xl_problems == []


def test_source_languages_that_are_not_those_of_the_config(tmp_path):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config={"source_langs": ["en", "es"]})
    nlp.config.to_disk(tmp_path / "two.cfg")
    assert source_langs_of(load(tmp_path / "two.cfg", source_langs=["es", "en"])) == ["en", "es"]
    for langs in (["en"], ["fr"]):
        with pytest.raises(InputError, match="a pipeline for 'en', 'es', but --source-lang"):
            load(tmp_path / "two.cfg", source_langs=langs)
    with pytest.raises(InputError, match=r"Write source_langs=\['en'\]"):
        load(lang="pt", source_langs="en")


@pytest.mark.parametrize(
    ("given", "message"),
    [({"lang": None}, "lang=None"), ({"entities": ["Ana"]}, "'Ana' is not a start, an end")],
)
def test_what_cannot_be_given(given, message):
    with pytest.raises(InputError, match=message):
        give_translation(spacy.blank("pt")("Ana"), "Ann", **given)


def test_the_source_language_without_a_translator_is_named():
    nlp, _ = projector("en", "de")

    def only_english(texts, *, from_lang, to_lang):
        if to_lang != "en":
            raise SetupError("The translator cannot load the model.", hint="Get it.")
        return translate(texts, from_lang=from_lang, to_lang=to_lang)

    nlp.get_pipe("xl_projector").use(translator=only_english)
    with pytest.raises(SetupError, match=r"(?s)language 'de'. The translator cannot.*Get it"):
        nlp(TEXT)
