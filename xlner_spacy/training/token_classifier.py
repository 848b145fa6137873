"""`xl_ner`: a recogniser that is trained on silver data, and knows that it is silver."""

# No `from __future__ import annotations`: spaCy resolves the annotations of `initialize` itself.
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any, cast

import numpy as np
import spacy
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Linear, Model, chain, set_dropout_rate, with_array
from thinc.layers import Dropout
from thinc.types import Floats2d

from ..document.attributes import install, set_data
from ..document.placing import place
from ..document.records import PLACED, own_origin, placement
from ..errors import InputError, SetupError
from ..settings import check_choice, check_setting
from ..solving.bioes import Bioes, Found
from .encoder_layer import encoders_of
from .losses.cross_entropy import CrossEntropy
from .objective import softmax, to_numpy
from .peer import Peer
from .protocols import Adversary, Loss, Weighting
from .start import Start, start_with_head
from .step import Missing, Step

DEFAULT_MODEL = """
[model]
@architectures = "xlner.TokenClassifier.v1"

[model.tok2vec]
@architectures = "xlner.Encoder.v1"
"""


@spacy.registry.architectures("xlner.TokenClassifier.v1")
def make_token_classifier_model(
    tok2vec: Model[list[Doc], list[Floats2d]], nO: int | None = None
) -> Model[list[Doc], list[Floats2d]]:
    """A linear layer over the vectors of tokens.

    tok2vec (Model): Any of spaCy's: xlner.Encoder.v1, spacy.HashEmbedCNN.v2, or a listener to a tok2vec or
        transformer component.
    nO (int): The number of tags; the component sets it.
    """
    width = tok2vec.get_dim("nO") if tok2vec.has_dim("nO") else None
    output = Linear(nO=nO, nI=width)
    head: Any = chain(cast(Any, Dropout()), output)
    layers: Any = with_array(head)
    model: Model[list[Doc], list[Floats2d]] = chain(tok2vec, layers)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("head", layers)
    model.set_ref("output", output)
    return model


@Language.factory(
    "xl_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": spacy.util.load_config_from_str(DEFAULT_MODEL)["model"],
        "loss": None,
        "confidence": 1.0,
        "missing": "ignore",
        "weighting": None,
        "adversary": None,
        "consistency": 0.0,
        "start_share": 0.0,
        "temperature": 1.0,
        "overwrite": True,
        "scorer": {"@scorers": "spacy.ner_scorer.v1"},
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_token_classifier(
    nlp: Language,
    name: str,
    model: Model,
    loss: Loss | None,
    confidence: float,
    missing: Missing,
    weighting: Weighting | None,
    adversary: Adversary | None,
    consistency: float,
    start_share: float,
    temperature: float,
    overwrite: bool,
    scorer: Callable | None,
) -> "TokenClassifier":
    """A trainable recogniser of entities: a token classifier with constrained decoding.

    model (Model): From texts to scores of tags. Default: the embedded encoder, which begins with what
        the recogniser knows.
    loss (Loss): `@xl_losses`. None: cross-entropy.
    confidence (float): Words of a silver entity (`spans["xl_silver"]`) count its confidence to this
        power; 0: as much as all others.
    missing (str): What is learnt from words whose label is missing: nothing ("ignore"), or, from the
        words round them, the marginal likelihood of what is known ("marginal").
    weighting (Weighting): `@xl_weightings`: how far each label is trusted. None: all alike.
    adversary (Adversary): `@xl_adversaries`: training against small changes of the features.
    consistency (float): Weight of the distance between two answers with different dropout (R-Drop, Liang et al.
        2021). Above 0 an update takes twice as long.
    start_share (float): What is measured and saved is a mean of the trained weights and of those that it began with, which have
        this share, 0 to 1: it forgets less of other texts than it was trained on (WiSE-FT, Wortsman et al. 2022). It takes effect where the
        optimizer's averages do (`use_averages = true`), and where the encoder brought a head along.
    temperature (float): By which scores are divided before they become probabilities (Guo et al. 2017);
        xlner.Calibrate.v1 sets it.
    overwrite (bool): Entities that are on the Doc are replaced. If not, they stay.
    scorer (Callable): As of spaCy's `ner`.
    """
    return TokenClassifier(
        nlp.vocab,
        model,
        name,
        loss=loss or CrossEntropy(),
        confidence=confidence,
        missing=missing,
        weighting=weighting,
        adversary=adversary,
        consistency=consistency,
        start_share=start_share,
        temperature=temperature,
        overwrite=overwrite,
        scorer=scorer,
    )


class TokenClassifier(TrainablePipe):
    """As `make_token_classifier`."""

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str = "xl_ner",
        *,
        loss: Loss,
        confidence: float = 1.0,
        missing: Missing = "ignore",
        weighting: Weighting | None = None,
        adversary: Adversary | None = None,
        consistency: float = 0.0,
        start_share: float = 0.0,
        temperature: float = 1.0,
        overwrite: bool = True,
        scorer: Callable | None = None,
    ) -> None:
        check_setting("xl_ner", "confidence", confidence, confidence >= 0, "0 or more")
        check_setting("xl_ner", "consistency", consistency, consistency >= 0, "0 or more")
        in_range = 0 <= start_share <= 1
        check_setting("xl_ner", "start_share", start_share, in_range, "from 0 to 1")
        check_setting("xl_ner", "temperature", temperature, temperature > 0, "greater than 0")
        check_choice("xl_ner", "missing", missing, Missing)
        install()
        self.vocab = vocab
        self.model = model
        self.name = name
        self.loss = loss
        self.confidence = confidence
        self.missing = missing
        self.weighting = weighting
        self.adversary = adversary
        self.consistency = consistency
        self.start_share = start_share
        self.overwrite = overwrite
        self.scorer = scorer
        self.peer: Peer | None = None
        self.start: Start | None = None
        self.cfg: dict[str, Any] = {"labels": [], "temperature": temperature}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are known."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> tuple[str, ...]:
        """The labels, for `spacy init labels`."""
        return self.labels

    @property
    def scheme(self) -> Bioes:
        """The tags of the labels."""
        return Bioes(self.labels)

    @property
    def temperature(self) -> float:
        """By which scores are divided."""
        return float(self.cfg["temperature"])

    @temperature.setter
    def temperature(self, value: float) -> None:
        self.cfg["temperature"] = float(value)

    def add_label(self, label: str) -> int:
        """Add a label, before the model is initialised. RETURNS: 0 if it is there already."""
        if label in self.labels:
            return 0
        self._allow_extra_label()
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def _allow_extra_label(self) -> None:
        if self.model.get_ref("output").has_dim("nO"):
            raise ValueError(
                f"xl_ner has been initialised with the labels {', '.join(self.labels)}; no other can "
                "be added. Name all of them when training begins."
            )

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Get ready for training: find the labels, load the encoder.

        RAISES: InputError if no example has an entity.
        """
        validate_get_examples(get_examples, "TokenClassifier.initialize")
        if labels is None:
            labels = sorted(
                {ent.label_ for example in get_examples() for ent in example.reference.ents}
            )
        for label in labels:
            self.add_label(label)
        if not self.labels:
            raise InputError(
                "xl_ner was given no example with an entity, so there is nothing to learn.",
                hint="Give nlp.initialize() labelled examples; with `spacy train`, look at the labels of "
                "[corpora.train] and at the manifest of `xlner build`.",
            )
        sample = [example.x for example in islice(get_examples(), 10)]
        output = self.model.get_ref("output")
        if output.has_dim("nO") is None:
            output.set_dim("nO", len(self.scheme))
        self.model.initialize(X=sample)
        heads = [encoder.network.head for encoder in encoders_of(self.model)]
        began = [start_with_head(output, head, self.scheme) for head in heads]
        self.start = Start(self.model) if self.start_share and any(began) else None

    def predict(self, docs: Iterable[Doc]) -> list[np.ndarray]:
        """The probability of every tag, for each text (tokens, tags)."""
        docs = list(docs)
        if not any(len(doc) for doc in docs):
            return [np.zeros((0, len(self.scheme))) for _ in docs]
        return [softmax(to_numpy(own) / self.temperature) for own in self.model.predict(docs)]

    def set_annotations(self, docs: Iterable[Doc], scores: Sequence[np.ndarray]) -> None:
        """Set `Doc.ents`. The probability of each entity is its `ent._.xl_confidence`."""
        docs = list(docs)
        for doc, found in zip(docs, self.scheme.entities(scores), strict=True):
            records = [_record(doc, entity) for entity in found]
            outcomes = place(doc, records, self.overwrite)
            placed = [r for r, outcome in zip(records, outcomes, strict=True) if outcome == PLACED]
            set_data("xl_transferred", doc, placed)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Any = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "TokenClassifier.update")
        if not any(len(example.predicted) for example in examples):
            return losses
        set_dropout_rate(self.model, drop)
        if getattr(self.weighting, "asks_peer", False):
            self.peer = self.peer or Peer(self)
            losses[self.name] += self.peer.learn_with(self, examples, drop)
        else:
            losses[self.name] += Step(self, examples).take()
        if sgd not in (None, False):
            self.finish_update(sgd)
        return losses

    def finish_update(self, sgd: Any) -> None:
        """Update the weights from the gradients so far.

        RAISES: SetupError for an optimizer without averages if `start_share` needs them.
        """
        if self.start is not None and getattr(sgd, "averages", {}) is None:
            raise SetupError(
                "xl_ner: start_share needs the averages of the optimizer.",
                hint="Set training.optimizer.use_averages = true, or start_share = 0.",
            )
        super().finish_update(sgd)
        if self.peer is not None:
            self.peer.second.model.finish_update(sgd)

    def use_params(self, params: dict[Any, Any]) -> Iterator[None]:
        """Use other weights for a while: the averages of an optimizer, with a share of those that training began
        with. (A generator, as spaCy's own.)"""
        with ExitStack() as stack:
            stack.enter_context(self.model.use_params(params))
            if self.start is not None:
                stack.enter_context(self.start.mixed_in(self.start_share))
            yield

    def get_loss(
        self, examples: Iterable[Example], scores: list[Floats2d]
    ) -> tuple[float, list[Floats2d]]:
        """The loss, a mean over the tokens of the batch whose labels are known, and its gradient."""
        return Step(self, list(examples)).of_labels(scores)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """As of spaCy's `ner`."""
        scorer = self.scorer or get_ner_prf
        return cast(dict[str, Any], scorer(examples, **kwargs))


def _record(doc: Doc, entity: Found) -> Any:
    span = doc[entity.start : entity.end]
    origin = own_origin(span, entity.label)
    return placement(span, entity.label, entity.probability, origin)
