"""Losses, weightings and adversaries: their gradients, and what they do with labels that are wrong."""

from __future__ import annotations

import numpy as np
import pytest
import spacy

from tests import tiny_models
from tests.training.test_token_classifier import SMALL, TEXTS, encoder, labelled, ready
from xlner_spacy.errors import SetupError
from xlner_spacy.training.encoder_layer import encoders_of
from xlner_spacy.training.losses.cross_entropy import CrossEntropy
from xlner_spacy.training.losses.generalised_cross_entropy import GeneralisedCrossEntropy
from xlner_spacy.training.losses.reversed_focal import ReversedFocal
from xlner_spacy.training.losses.squared_error import SquaredError
from xlner_spacy.training.objective import softmax
from xlner_spacy.training.protocols import Batch
from xlner_spacy.training.step import Step
from xlner_spacy.training.weightings.neighbours import Neighbours
from xlner_spacy.training.weightings.small_loss import SmallLoss

LOSSES = [
    CrossEntropy(),
    CrossEntropy(0.2),
    GeneralisedCrossEntropy(),
    ReversedFocal(),
    SquaredError(),
]
STRICT = [
    {"adversary": {"@xl_adversaries": "xlner.FGM.v1"}},
    {"adversary": {"@xl_adversaries": "xlner.FreeLB.v1"}},
    {"adversary": {"@xl_adversaries": "xlner.VAT.v1"}},
    {
        "adversary": {
            "@xl_adversaries": "xlner.SeveralAdversaries.v1",
            "adversaries": {
                "fgm": {"@xl_adversaries": "xlner.FGM.v1"},
                "vat": {"@xl_adversaries": "xlner.VAT.v1"},
            },
        }
    },
    {"weighting": {"@xl_weightings": "xlner.SmallLoss.v1", "after": 10}},
    {"weighting": {"@xl_weightings": "xlner.CoTeaching.v1", "after": 10}},
    {"weighting": {"@xl_weightings": "xlner.Neighbours.v1", "k": 5}},
    {"consistency": 1.0},
    {"loss": {"@xl_losses": "xlner.GeneralisedCrossEntropy.v1", "q": 0.3}},
    {"loss": {"@xl_losses": "xlner.ReversedFocal.v1", "gamma": 0.1}},
    {"loss": {"@xl_losses": "xlner.SquaredError.v1"}},
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
@pytest.mark.parametrize("hard", [True, False])
def test_gradients_are_those_of_the_losses(loss, hard):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4, 5))
    targets = np.eye(5)[[0, 1, 2, 0]] if hard else rng.dirichlet(np.ones(5), size=4)
    losses, gradient = loss(softmax(scores), targets)
    assert (losses >= 0).all()
    for n in range(4):
        for k in range(5):
            moved = np.zeros_like(scores)
            moved[n, k] = 1e-5
            up, _ = loss(softmax(scores + moved), targets)
            down, _ = loss(softmax(scores - moved), targets)
            assert gradient[n, k] == pytest.approx((up - down)[n] / 2e-5, abs=1e-6)


def test_a_label_that_is_improbable_teaches_less():
    """All four but cross-entropy pull less on a target of probability .01 than on one of .3."""
    probabilities = np.array([[0.01, 0.99], [0.3, 0.7]])
    targets = np.array([[1.0, 0.0], [1.0, 0.0]])
    for loss in LOSSES[2:]:
        _, gradient = loss(probabilities, targets)
        assert abs(gradient[0, 0]) < abs(gradient[1, 0]), loss
    _, gradient = CrossEntropy()(probabilities, targets)
    assert abs(gradient[0, 0]) > abs(gradient[1, 0])


@pytest.mark.parametrize("config", STRICT, ids=str)
def test_each_can_be_learnt_with(config):
    nlp, examples, optimizer = ready(SMALL, **config)
    optimizer.learn_rate = 0.01
    for _ in range(80):
        losses = nlp.update(examples, sgd=optimizer, drop=0.1)
        assert np.isfinite(losses["xl_ner"])
    assert nlp.evaluate(examples)["ents_f"] == 1


def update_of(config):
    """The gradient of every parameter for one batch, as one vector, and the loss."""
    spacy.util.fix_random_seed(0)
    nlp, examples, _ = ready(SMALL, **config)
    pipe = nlp.get_pipe("xl_ner")
    loss = nlp.update(examples, sgd=False)["xl_ner"]
    parts = [node.get_grad(name).ravel() for node in pipe.model.walk() for name in node.param_names]
    return np.concatenate(parts), loss


def test_perturbed_features_are_worse_for_the_model():
    """Features moved up the gradient have a higher loss, and the model learns from it too."""
    plain, loss = update_of({})
    for name in ("FGM", "FreeLB"):
        moved, together = update_of({"adversary": {"@xl_adversaries": f"xlner.{name}.v1"}})
        assert together > 2 * loss
        assert np.linalg.norm(moved) > np.linalg.norm(plain)
    _, little = update_of({"adversary": {"@xl_adversaries": "xlner.FGM.v1", "strength": 1e-6}})
    assert little == pytest.approx(2 * loss, rel=1e-3)


def test_virtual_adversarial_training_needs_no_labels():
    nlp, _, _ = ready(SMALL, adversary={"@xl_adversaries": "xlner.VAT.v1"})
    pipe = nlp.get_pipe("xl_ner")
    example = labelled(nlp, *TEXTS[0])
    example.reference.set_ents([], missing=[example.reference[:]])
    assert nlp.update([example], sgd=False)["xl_ner"] > 0
    assert any(
        np.abs(node.get_grad(name)).any() for node in pipe.model.walk() for name in node.param_names
    )


def test_texts_of_large_loss_are_left_out():
    small = SmallLoss(keep=0.5, after=2)
    losses = np.array([9.0, 9.0, 0.1, 0.1, 1.0, 1.0, 0.2, 5.0])
    batch = Batch(np.zeros((8, 2)), np.zeros(8, dtype=int), losses, np.repeat(range(4), 2))
    kept = [small(batch).reshape(4, 2)[:, 0].tolist() for _ in range(3)]
    assert kept == [[1, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0]]


def test_two_networks_choose_for_each_other(tmp_path):
    """What the first one learns from is what the second one finds right; both learn, one is saved."""
    folder = tiny_models.ner(tmp_path / "ner", {"Petrobras": 2})
    weighting = {"@xl_weightings": "xlner.CoTeaching.v1", "keep": 0.25, "after": 0}
    nlp, examples, optimizer = ready(encoder(folder), weighting=weighting)
    pipe = nlp.get_pipe("xl_ner")
    optimizer.learn_rate = 0.01
    nlp.update(examples, sgd=optimizer, drop=0.1)
    second = pipe.peer.second.model
    before = second.get_ref("output").get_param("W").copy()
    shims = [*encoders_of(pipe.model), *encoders_of(second)]
    assert len({shim.id for shim in shims}) == 2
    # The second network is made to find all but the last text wrong.
    second.get_ref("output").set_param("W", 0 * before)
    second.get_ref("output").set_param("b", np.zeros(before.shape[0], dtype="float32"))
    second.get_ref("output").get_param("b")[pipe.scheme.index["S-ORG"]] = 9.0
    given = [labelled(nlp, *own) for own in TEXTS[:3]]
    given.append(labelled(nlp, "Petrobras", [(0, 1, "ORG")]))
    steps = [Step(pipe, given), Step(pipe.peer.second, given)]
    seen = [step.look() for step in steps]
    judged = steps[1].losses(seen[1])
    kept = pipe.weighting(
        Batch(np.zeros((len(judged), 1)), np.ones(len(judged)), judged, steps[0].texts)
    )
    assert set(steps[0].texts[kept > 0]) == {3}
    nlp.update(given, sgd=optimizer, drop=0.1)
    assert (second.get_ref("output").get_param("W") != 0).any()
    copied = spacy.blank("pt")
    copied.add_pipe("xl_ner", config={"model": encoder(folder)})
    copied.from_bytes(nlp.to_bytes())
    assert [e.text for e in copied("Maria vive .").ents] == [
        e.text for e in nlp("Maria vive .").ents
    ]


def test_co_teaching_needs_a_tok2vec_of_its_own():
    nlp = spacy.blank("pt")
    nlp.add_pipe("tok2vec")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
    nlp.add_pipe(
        "xl_ner",
        config={
            "model": {"@architectures": "xlner.TokenClassifier.v1", "tok2vec": listener},
            "weighting": {"@xl_weightings": "xlner.CoTeaching.v1"},
        },
    )
    examples = [labelled(nlp, *own) for own in TEXTS]
    nlp.initialize(lambda: examples)
    with pytest.raises(SetupError, match="listens to another component"):
        nlp.update(examples)


def test_labels_that_their_neighbours_contradict_are_trusted_less():
    rng = np.random.default_rng(0)
    centres = np.array([[1.0, 0.0], [0.0, 1.0]])
    tags = np.repeat([0, 1], 40)
    features = centres[tags] + 0.01 * rng.normal(size=(80, 2))
    wrong = tags.copy()
    wrong[0] = 1
    neighbours = Neighbours(k=10, memory=1000)
    texts = np.zeros(80, dtype=int)
    neighbours(Batch(features, tags, np.zeros(80), texts))
    trust = neighbours(Batch(features, wrong, np.zeros(80), texts))
    assert trust[0] < 0.1
    assert trust[1:].min() > 0.9
