"""Ensembles: votes worked out by hand, and whole pipelines on the embedded models."""

from __future__ import annotations

import pickle

import pytest
import spacy
from spacy.tokens import DocBin

from tests.shared import blank_with
from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.pipeline.stages.ensemble import Ensemble
from xlner_spacy.pipeline.stages.members import Findings
from xlner_spacy.types import Ballot, Vote
from xlner_spacy.voters.rover import Rover

GREEDY = {"@xl_matchers": "xlner.Greedy.v1"}
METHODS = {
    "default": {},
    "paper": {"measure": {"@xl_measures": "xlner.LinkDensity.v1"}, "matcher": GREEDY},
    "heuristic": {"candidates": {"@xl_candidates": "xlner.AlignedRanges.v1"}, "matcher": GREEDY},
}
TEXT = "A Petrobras abriu um escritório em Maputo."


def rover(**settings):
    return {"@xl_voters": "xlner.Rover.v1", **settings}


def found(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def voted(ballots, text="a b c d e", **settings):
    """The Doc after members of these names have given these ballots."""
    doc = spacy.blank("pt")(text)
    members = {
        name: lambda docs, name=name, own=own: [Findings([Ballot(name, *b) for b in own])]
        for name, own in ballots.items()
    }
    Ensemble(members, settings.pop("weights", {}), Rover(**settings)).run([doc])
    return doc


def votes(doc):
    """The votes on the Doc, each with all that is known of it."""
    group = doc.spans["xl_votes"]
    rows = zip(group, *(group.attrs[key] for key in ("scores", "members", "outcomes")), strict=True)
    return [
        {"text": s.text, "label": s.label_, "support": score, "members": who, "outcome": outcome}
        for s, score, who, outcome in rows
    ]


def outcomes(doc):
    return [(v["text"], v["label"], v["support"], v["outcome"]) for v in votes(doc)]


def test_support_by_hand():
    doc = voted(
        {
            "one": [(0, 2, "PER", 0.8)],
            "two": [(0, 2, "PER", 0.6), (3, 4, "LOC", 1.0)],
            "three": [(0, 1, "PER", 1.0)],
        }
    )
    # Two of three heads, confidences 0.8 and 0.6: (0.9 + 0.8) / 3. One head: 1 / 3.
    assert outcomes(doc) == [
        ("a b", "PER", round(1.7 / 3, 4), "placed"),
        ("a", "PER", round(1 / 3, 4), "too few votes"),
        ("d", "LOC", round(1 / 3, 4), "too few votes"),
    ]
    assert found(doc) == [("a b", "PER")]
    assert votes(doc)[0]["members"] == {"one": 0.8, "two": 0.6}
    assert doc.ents[0]._.xl_confidence == round(1.7 / 3, 4)


@pytest.mark.parametrize(("alpha", "support"), [(1.0, 2 / 3), (0.0, 1.4 / 3)])
def test_heads_or_confidences(alpha, support):
    ballots = {"one": [(0, 2, "PER", 0.8)], "two": [(0, 2, "PER", 0.6)], "three": []}
    (vote,) = votes(voted(ballots, alpha=alpha))
    assert vote["support"] == round(support, 4)


def test_weights():
    ballots = {"one": [(0, 1, "PER", 1.0)], "two": [(0, 2, "PER", 1.0)]}
    # One of two heads is not more than half.
    assert found(voted(ballots)) == []
    assert found(voted(ballots, weights={"two": 3})) == [("a b", "PER")]


def test_what_loses_its_place_is_kept_as_a_vote():
    ballots = {"one": [(0, 1, "PER", 0.9)], "two": [(0, 2, "ORG", 1.0), (3, 4, "LOC", 0.5)]}
    doc = voted(ballots, threshold=0.1)
    assert outcomes(doc) == [
        ("a b", "ORG", 0.5, "placed"),
        ("a", "PER", 0.475, "its place was taken"),
        ("d", "LOC", 0.375, "placed"),
    ]
    assert found(doc) == [("a b", "ORG"), ("d", "LOC")]


@pytest.mark.models
def test_methods_vote_on_one_translation():
    nlp = spacy.blank("pt")
    for name in ("xl_translator", "xl_annotator", "xl_aligner"):
        nlp.add_pipe(name)
    nlp.add_pipe("xl_ensemble", config={"methods": METHODS})
    doc = nlp(TEXT)
    assert found(doc) == [("Petrobras", "ORG"), ("Maputo", "LOC")]
    for vote in votes(doc):
        assert vote["outcome"] == "placed"
        assert set(vote["members"]) == set(METHODS)
    assert doc.ents[1]._.xl_source["text"] == "Maputo"
    assert doc.ents[1]._.xl_source["translation"] == 0
    assert "xl_candidates" not in doc.spans
    (copy,) = (
        DocBin().from_bytes(DocBin(docs=[doc], store_user_data=True).to_bytes()).get_docs(nlp.vocab)
    )
    assert votes(copy) == votes(doc) == votes(pickle.loads(pickle.dumps(doc)))


def saved_ruler(folder, petrobras):
    """A pipeline that knows two names."""
    nlp = spacy.blank("pt")
    patterns = [{"label": "LOC", "pattern": "Maputo"}, {"label": petrobras, "pattern": "Petrobras"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.to_disk(folder)
    return str(folder)


@pytest.fixture(scope="module")
def ruler(tmp_path_factory):
    return saved_ruler(tmp_path_factory.mktemp("pipelines") / "ruler", "ORG")


@pytest.mark.models
def test_pipelines_vote_and_a_text_is_translated_once(tmp_path):
    ruler = saved_ruler(tmp_path / "ruler", "PER")
    projector = blank_with(matcher=GREEDY)
    projector.config.to_disk(tmp_path / "projector.cfg")
    nlp = blank_with("xl_translator")
    pipelines = {"ruler": ruler, "projector": str(tmp_path / "projector.cfg")}
    nlp.add_pipe("xl_ensemble", config={"pipelines": pipelines})
    nlp.to_disk(tmp_path / "ensemble")
    for pipeline in (nlp, spacy.load(tmp_path / "ensemble")):
        docs = list(pipeline.pipe([TEXT, "", "Bom dia.", TEXT], batch_size=3))
        assert [found(doc) for doc in docs] == [[("Maputo", "LOC")], [], [], [("Maputo", "LOC")]]
        lost = [(v["label"], *v["members"]) for v in votes(docs[0]) if v["outcome"] != "placed"]
        assert sorted(lost) == [("ORG", "projector"), ("PER", "ruler")]
        # The ruler is surer, but it has no source to tell of: that of Maputo is the span itself.
        assert docs[0].ents[0]._.xl_source["text"] == "Maputo"
    member = nlp.get_pipe("xl_ensemble").stages[0].members["projector"]
    assert member.nlp.get_pipe("xl_projector").seconds["translate"] < 0.01


@pytest.mark.models
def test_a_member_that_projects_from_another_language_translates_itself(tmp_path):
    other = blank_with(source_langs=["es"], annotator=SPANISH)
    other.config.to_disk(tmp_path / "other.cfg")
    nlp = blank_with("xl_translator")
    nlp.add_pipe("xl_ensemble", config={"pipelines": {"other": str(tmp_path / "other.cfg")}})
    member = nlp.get_pipe("xl_ensemble").stages[0].members["other"]
    member.nlp.get_pipe("xl_projector").use(
        translator=lambda texts, **_: ["Maputo es una ciudad." for _ in texts],
        annotator=lambda texts: [[(0, 6, "LOC", 0.9)] for _ in texts],
    )
    (ent,) = nlp("Maputo é uma cidade.").ents
    assert (ent._.xl_source["lang"], ent._.xl_source["translation"]) == ("es", -1)


def problems(doc):
    return [(p["stage"], p["reason"], p["detail"]) for p in doc._.xl_problems or []]


def test_what_members_could_not_do_is_on_the_doc_once(ruler, tmp_path):
    """One translates nothing, one finds no place for an entity; the ruler has no problems."""
    projector = blank_with(matcher=GREEDY)
    projector.config.to_disk(tmp_path / "projector.cfg")
    path = str(tmp_path / "projector.cfg")
    nlp = spacy.blank("pt")
    pipelines = {"silent": path, "unlinked": path, "ruler": ruler}
    nlp.add_pipe("xl_ensemble", config={"pipelines": pipelines, "voter": rover(threshold=0.2)})
    members = nlp.get_pipe("xl_ensemble").stages[0].members
    silent = members["silent"].nlp.get_pipe("xl_projector")
    silent.use(translator=lambda texts, **_: [""] * len(texts))
    unlinked = members["unlinked"].nlp.get_pipe("xl_projector")
    unlinked.use(aligner=lambda pairs, **_: [[] for _ in pairs])
    unlinked.use(translator=lambda texts, **_: ["Maputo"] * len(texts))
    unlinked.use(annotator=lambda texts: [[(0, 6, "LOC", 0.9)] for _ in texts])
    doc = nlp(TEXT)
    assert found(doc) == [("Petrobras", "ORG"), ("Maputo", "LOC")]
    wanted = [
        ("ensemble", "empty translation", f"silent: translate: {TEXT}"),
        ("ensemble", "entity not placed", "unlinked: match: Maputo (LOC): no aligned word"),
    ]
    assert problems(doc) == wanted
    assert {(p["start_char"], p["end_char"]) for p in doc._.xl_problems} == {(0, len(TEXT))}
    # Run again, they are not there twice.
    assert problems(nlp.get_pipe("xl_ensemble")(doc)) == wanted


@pytest.mark.models
def test_the_others_vote_where_a_member_fails(ruler, tmp_path, caplog):
    projector = blank_with(own_voice=False)
    projector.config.to_disk(tmp_path / "broken.cfg")
    nlp = spacy.blank("pt")
    pipelines = {"broken": str(tmp_path / "broken.cfg"), "ruler": ruler}
    nlp.add_pipe("xl_ensemble", config={"pipelines": pipelines})
    member = nlp.get_pipe("xl_ensemble").stages[0].members["broken"]
    member.nlp.get_pipe("xl_projector").use(translator=fails_on_offices)
    docs = list(nlp.pipe(["Bom dia.", TEXT, "Maputo."]))
    # The ruler is one of one there, and one of two elsewhere: not more than half.
    assert [found(doc) for doc in docs] == [[], [("Petrobras", "ORG"), ("Maputo", "LOC")], []]
    failed = ("ensemble", "member failed", "broken: RuntimeError: no offices")
    assert [problems(doc) for doc in docs] == [[], [failed], []]
    assert votes(docs[1])[0]["members"] == {"ruler": 1.0}
    assert "broken: RuntimeError, for a text of" in caplog.text


def fails_on_offices(texts, *, from_lang, to_lang):
    if any("escrit" in text for text in texts):
        raise RuntimeError("no offices")
    return ["Good day."] * len(texts)


def test_where_all_members_fail_the_error_handler_is_called():
    def fails(docs):
        raise BackendError("no answer")

    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ensemble", config={"methods": {"m": {}}})
    stage = Ensemble({"one": fails, "two": fails}, {}, Rover())
    nlp.get_pipe("xl_ensemble").stages[:] = [stage]
    nlp.get_pipe("xl_ensemble").seconds[stage.name] = 0.0
    with pytest.raises(BackendError, match="no answer"):
        nlp(TEXT)
    nlp.set_error_handler(lambda *args: None)
    doc = nlp(TEXT)
    assert (found(doc), votes(doc)) == ([], [])
    assert problems(doc) == [("ensemble", "error", "BackendError: no answer")]


SPANISH = {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": "es_unused"}


def test_entities_of_earlier_components_are_kept_if_wanted(ruler):
    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "em Maputo"}])
    nlp.add_pipe("xl_ensemble", config={"pipelines": {"ruler": ruler}, "overwrite": False})
    doc = nlp(TEXT)
    assert found(doc) == [("Petrobras", "ORG"), ("em Maputo", "CITY")]
    assert [v["outcome"] for v in votes(doc)] == ["placed", "its place was taken"]
    assert found(nlp.get_pipe("xl_ensemble")(doc)) == found(doc)


def test_two_processes(ruler):
    nlp = blank_with("xl_ensemble", pipelines={"ruler": ruler})
    docs = list(nlp.pipe([TEXT] * 4, n_process=2, batch_size=1))
    assert [len(doc.ents) for doc in docs] == [2] * 4
    assert votes(docs[3])[0]["members"] == {"ruler": 1.0}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "at least one pipeline or method"),
        (
            {"methods": {"m": {}}, "weights": {"n": 1.0, "o": 2.0}},
            "(?s)weights for 'n', 'o', not among the members.*members are 'm'",
        ),
        ({"methods": {"m": {}}, "weights": {"m": 0.0}}, "weights.m=0.0 .*greater than 0"),
        ({"methods": {"m": {}}, "voter": rover(threshold=1.0)}, "threshold=1.0"),
        ({"methods": {"m": {}}, "voter": rover(alpha=2.0)}, "alpha=2.0"),
        ({"methods": {"m": {"mather": GREEDY}}}, "mather"),
        (
            {"methods": {"m": {}}, "pipelines": {"m": "x"}},
            "'m' names both a method and a pipeline; rename one",
        ),
    ],
)
def test_wrong_settings(config, message):
    with pytest.raises(SetupError, match=message):
        spacy.blank("pt").add_pipe("xl_ensemble", config=config)


def test_pipelines_that_cannot_be_loaded(tmp_path):
    for path in ("no_such_package", str(tmp_path / "none.cfg")):
        nlp = blank_with("xl_ensemble", pipelines={"lost": path})
        with pytest.raises(SetupError, match=r"(?s)'lost'.*\.cfg file"):
            nlp(TEXT)


def test_methods_need_an_alignment():
    nlp = blank_with("xl_ensemble", methods=METHODS)
    with pytest.raises(SetupError, match="xl_translations"):
        nlp(TEXT)


def test_the_voter_is_in_the_config_with_its_settings(ruler, tmp_path):
    nlp = blank_with("xl_ensemble", pipelines={"ruler": ruler})
    assert nlp.get_pipe_config("xl_ensemble")["voter"] == rover(threshold=0.5, alpha=0.5)
    nlp = spacy.blank("pt")
    priority = {"@xl_voters": "xlner.Priority.v1"}
    nlp.add_pipe("xl_ensemble", config={"pipelines": {"ruler": ruler}, "voter": priority})
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).get_pipe_config("xl_ensemble")["voter"] == priority


def test_the_first_member_goes_first_by_priority(tmp_path):
    """The order of members survives saving, also where it is not that of the alphabet."""
    patterns = {
        "zebra": ("ORG", "Petrobras"),
        "ant": ("PER", "A Petrobras"),
        "bee": ("LOC", "Maputo"),
    }
    for name, (label, words) in patterns.items():
        nlp = spacy.blank("pt")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": words}])
        nlp.to_disk(tmp_path / name)
    nlp = spacy.blank("pt")
    pipelines = {name: str(tmp_path / name) for name in patterns}
    config = {"pipelines": pipelines, "voter": {"@xl_voters": "xlner.Priority.v1"}}
    nlp.add_pipe("xl_ensemble", config=config)
    nlp.to_disk(tmp_path / "saved")
    for pipeline in (nlp, spacy.load(tmp_path / "saved")):
        doc = pipeline(TEXT)
        assert found(doc) == [("Petrobras", "ORG"), ("Maputo", "LOC")]
        assert [v["outcome"] for v in votes(doc)] == ["placed", "its place was taken", "placed"]


def test_a_voter_that_is_a_function(ruler):
    """It may vote for what nobody has found, and rule out what everybody has."""

    def contrary(polls):
        return [[Vote(0, 1, "MISC", 0.7), Vote(1, 2, "ORG", 0.2, (), "disliked")] for _ in polls]

    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ensemble", config={"pipelines": {"ruler": ruler}}).use(voter=contrary)
    doc = nlp(TEXT)
    assert found(doc) == [("A", "MISC")]
    assert doc.ents[0]._.xl_confidence == 0.7
    assert doc.ents[0]._.xl_source["text"] == "A"
    assert outcomes(doc) == [("A", "MISC", 0.7, "placed"), ("Petrobras", "ORG", 0.2, "disliked")]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [[("a", 1)]],
        [[Vote(0, 99, "PER", 1.0)]],
        [[Vote(0, 1, "PER", 1.5)]],
        [[Vote(0, 1, "", 1)]],
    ],
)
def test_a_voter_that_answers_nonsense(ruler, answer):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ensemble", config={"pipelines": {"ruler": ruler}}).use(voter=lambda p: answer)
    with pytest.raises(BackendError, match="The voter gave"):
        nlp(TEXT)
