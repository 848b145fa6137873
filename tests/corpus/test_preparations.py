"""Files that must be prepared before they are columns of token and tag."""

from __future__ import annotations

import pytest
import spacy

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.preparations import PREPARATIONS

HEADER = "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tMISC\n# hipe2022:document_id = a\n"
HIPE = HEADER + (
    "SIR\tO\t_\tNoSpaceAfter\n,\tO\t_\tEndOfLine|EndOfSentence\n"
    "Mr\tB-pers\t_\tNoSpaceAfter\n.\tI-pers\t_\tEndOfSentence\nPoole\tI-pers\t_\t_\n"
    "wrote\tO\t_\t_\n\n# hipe2022:document_id = b\n#\tO\t_\t_\nDorset\tB-loc\t_\t_\n"
)
TWEETS = "@\tB-PER\ncolgo\tB-PER\nhey\tO\n\n@\tB-ORG\nGWS\tB-ORG\n\n@\tO\nParis\tB-LOC\n \n\tO\n!\tO\n\nEnd\tO\n"


def texts(tmp_path, content, prepare):
    file = tmp_path / "gold.tsv"
    file.write_text(content, encoding="utf8")
    docs = read_gold(file, spacy.blank("en"), "en", prepare=PREPARATIONS[prepare])
    return [(doc.text, [(ent.text, ent.label_) for ent in doc.ents]) for doc in docs]


def test_hipe_is_cut_at_ends_of_sentences_but_not_within_an_entity(tmp_path):
    assert texts(tmp_path, HIPE, "hipe") == [
        ("SIR,", []),
        ("Mr. Poole wrote", [("Mr. Poole", "pers")]),
        ("# Dorset", [("Dorset", "loc")]),
    ]


def test_mentions_of_users_are_deleted_from_tweets_and_a_place_after_at_is_not(tmp_path):
    assert texts(tmp_path, TWEETS, "broad_twitter") == [
        ("hey", []),
        ("@ Paris!", [("Paris", "LOC")]),
        ("End", []),
    ]


@pytest.mark.parametrize("prepare", PREPARATIONS)
def test_an_empty_file_has_no_lines(prepare):
    assert list(PREPARATIONS[prepare]([])) == []


@pytest.mark.data
def test_the_real_files(data):
    def counted(file, prepare):
        docs = list(read_gold(data / file, spacy.blank("en"), "en", prepare=PREPARATIONS[prepare]))
        labels = [ent.label_ for doc in docs for ent in doc.ents]
        return len(docs), {label: labels.count(label) for label in sorted(set(labels))}

    # Of 4,376 entities, 2,773 are said to be mentions; 16 of these are other words after an "@".
    assert counted("domains/btc/f.conll", "broad_twitter") == (
        1999,
        {"LOC": 568, "ORG": 494, "PER": 557},
    )
    _, labels = counted("domains/hipe_en/hipe2020.test.en.tsv", "hipe")
    assert labels == {"loc": 181, "org": 76, "pers": 156, "prod": 19, "time": 17}
