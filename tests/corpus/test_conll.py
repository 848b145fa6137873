"""Gold corpora in columns, and errors that name the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy.corpus.conll import read_conll
from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.errors import InputError


def read(tmp_path, text, name="gold.conll"):
    path = tmp_path / name
    path.write_bytes(text.encode("utf8") if isinstance(text, str) else text)
    return read_conll(path)


def test_two_columns_with_tabs_or_spaces_and_crlf(tmp_path):
    for line_end in ("\n", "\r\n"):
        text = line_end.join(["Nova\tB-LOC", "Iorque I-LOC", ". O", "", "", "Olá O", ""])
        first, second = read(tmp_path, text)
        assert first.words == ["Nova", "Iorque", "."]
        assert first.entities == [(0, 2, "LOC")]
        assert (second.words, second.entities, second.line) == (["Olá"], [], 6)


def test_four_columns_and_docstart(tmp_path):
    text = "-DOCSTART- -X- -X- O\n\n-DOCSTART- news.txt\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n"
    (sentence,) = read(tmp_path, text)
    assert sentence.words == ["EU", "rejects"]
    assert sentence.entities == [(0, 1, "ORG")]


def test_uner(tmp_path):
    text = (
        "# newdoc id = n01\n# sent_id = n01-1\n# text = Em Lisboa.\n"
        "1\tEm\tO\t-\t-\n2\tLisboa\tB-LOC\t-\tana\n3\t.\tB-OTH\t-\t-\n"
    )
    (sentence,) = read(tmp_path, text, "pt.iob2")
    assert (sentence.sent_id, sentence.text) == ("n01-1", "Em Lisboa.")
    assert sentence.entities == [(1, 2, "LOC")]


def test_a_hash_is_a_word_where_it_has_a_tag(tmp_path):
    (sentence,) = read(tmp_path, "# O\n1 O\n# B-MISC\n")
    assert sentence.words == ["#", "1", "#"]


def test_numbers_as_words_are_not_taken_for_ids(tmp_path):
    first, second = read(tmp_path, "2014\tNUM\tO\nfoi\tV\tO\n\n1 CD O\n3 CD O\n")
    assert first.words == ["2014", "foi"]
    assert second.words == ["1", "3"]


def test_a_no_break_space_is_part_of_a_word(tmp_path):
    (sentence,) = read(tmp_path, "10\u00a0000 O\nMr\u00a0Silva B-PER\n\u00a0 O\n")
    assert sentence.words == ["10\u00a0000", "Mr\u00a0Silva", "\u00a0"]


@pytest.mark.parametrize(
    "tags",
    [
        ["B-PER", "I-PER", "O", "B-PER", "B-PER"],  # IOB2
        ["I-PER", "I-PER", "O", "I-PER", "B-PER"],  # IOB1
        ["B-PER", "E-PER", "O", "S-PER", "S-PER"],  # IOBES
        ["B-PER", "L-PER", "O", "U-PER", "U-PER"],  # BILUO
    ],
)
def test_tag_schemes(tmp_path, tags):
    (sentence,) = read(tmp_path, "".join(f"w {tag}\n" for tag in tags))
    assert sentence.entities == [(0, 2, "PER"), (3, 4, "PER"), (4, 5, "PER")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a O\nb\n", "line 2.*is not a token and its tag"),
        ("a O\n\nb X-PER\n", "line 3"),
        ("a PER\n", "line 1"),
        ("", "no sentences"),
        ("# only = comments\n", "no sentences"),
        (b"caf\xe9 O\n", "not UTF-8"),
    ],
)
def test_bad_files_name_file_and_line(tmp_path, text, message):
    with pytest.raises(InputError, match=f"gold.conll.*{message}"):
        read(tmp_path, text)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_conll(tmp_path / "nowhere.conll")
    with pytest.raises(InputError, match="is a folder"):
        read_conll(tmp_path)


def test_text_of_gold_tokens(nlp):
    words = ["«", "Olá", "»", ",", "disse", "a", "Ana", "(", "a", "sorrir", ")", "."]
    assert to_doc(nlp.vocab, words, None, "pt").text == "« Olá », disse a Ana (a sorrir)."
    given_text = "«Olá», disse a Ana (a sorrir)."
    assert to_doc(nlp.vocab, words, given_text, "pt").text == given_text
    other_text = to_doc(nlp.vocab, words, "Outra frase.", "pt")
    assert [token.text for token in other_text] == words


tokens = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.lists(tokens, min_size=1, max_size=12))
def test_tokens_stay_as_they_are(nlp, words):
    assert [token.text for token in to_doc(nlp.vocab, words, None, "pt")] == words
