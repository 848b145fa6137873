"""The base of the augmenters: how many copies are made of which texts, and examples out of them."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from random import Random

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpus.detokenize import same_tokens
from ..perturbations.labelled import Labelled
from ..perturbations.on_docs import read_labels, with_labels
from ..settings import check_setting, is_number, is_whole
from ..silver.selection import SILVER

logger = logging.getLogger(__name__)

# After so many texts an augmenter that has changed none of them says so.
PATIENCE = 200


class Augmenter(ABC):
    """Yields a text's example, then examples of changed copies of it.

    Copies that are like the text or like one another are left out. The same texts in the same
    order with the same seed give the same copies. A text of which nothing is changed comes out as the
    example that went in. What becomes of annotation other than entities is said in
    `perturbations.on_docs.with_labels`.
    """

    def __init__(
        self,
        level: float = 1.0,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
        strength: float = 1.0,
    ) -> None:
        part = type(self).__name__
        check_share(part, "level", level)
        check_share(part, "strength", strength)
        check_setting(
            part, "copies", copies, is_whole(copies) and copies > 0, "a whole number from 1 on"
        )
        check_setting(part, "seed", seed, is_whole(seed), "a whole number")
        self.level = level
        self.strength = strength
        self.copies = copies
        self.keep_original = keep_original
        self.rng = Random(seed)
        self._tried = 0
        self._changed = False

    def __call__(self, nlp: Language, example: Example) -> Iterator[Example]:
        """spaCy's protocol of augmenters."""
        text = read_labels(example.reference)
        self.learn(nlp, example.reference, text)
        made = self._copies(nlp, example, text) if self.rng.random() < self.level else []
        if self.keep_original or not made:
            yield example
        yield from made

    def learn(self, nlp: Language, doc: Doc, text: Labelled) -> None:  # noqa: B027
        """Take from a text what others are changed with. Every text comes by, in order."""

    def learn_from(self, nlp: Language, examples: Iterable[Example]) -> None:
        """Learn from a whole corpus before the first copy is made."""
        for example in examples:
            self.learn(nlp, example.reference, read_labels(example.reference))

    @abstractmethod
    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        """A changed copy of a text; the text itself if there is nothing to change."""

    def _copies(self, nlp: Language, example: Example, text: Labelled) -> list[Example]:
        found = [text]
        for _ in range(self.copies):
            copy = self.change(nlp, example.reference, text)
            if not any(map(copy.is_same_text, found)):
                found.append(copy)
        self._report(len(found) > 1)
        return [make_example(nlp, example, copy) for copy in found[1:]]

    def _report(self, changed: bool) -> None:
        self._changed |= changed
        self._tried += 1
        if self._tried == PATIENCE and not self._changed:
            logger.warning(
                "%s has changed none of the first %s texts: it finds nothing in them that it could "
                "change, as changes of case in a script without case.",
                type(self).__name__,
                PATIENCE,
            )


def check_share(part: str, name: str, value: object) -> None:
    """RAISES: SetupError if a setting is no number from 0 to 1."""
    valid = is_number(value) and 0 <= value <= 1  # type: ignore[operator]
    check_setting(part, name, value, valid, "a number between 0 and 1")


def make_example(nlp: Language, example: Example, text: Labelled) -> Example:
    """The example of a changed text. It is predicted on the gold tokens if the old one was, else on
    those of the tokenizer.

    example (Example): That of the text that it was made from.
    """
    reference = with_labels(example.reference, text)
    _forget_sources(reference, text)
    return Example(predicted_like(nlp, example, reference), reference)


def predicted_like(nlp: Language, example: Example, reference: Doc) -> Doc:
    """The unlabelled Doc of a new example, on tokens of the same kind as in another example."""
    old = [token.text for token in example.predicted]
    if old == [token.text for token in example.reference]:
        return same_tokens(reference, nlp.vocab)
    return nlp.make_doc(reference.text)


def _forget_sources(reference: Doc, text: Labelled) -> None:
    """In silver data, a name that was put into a text is not what the translation has there. The
    scores stay: they say how sure it is that the place has an entity of the label."""
    if SILVER not in reference.spans or "sources" not in reference.spans[SILVER].attrs:
        return
    group = reference.spans[SILVER]
    replaced = {text.entities[number][:2] for number in text.replaced}
    group.attrs["sources"] = [
        None if (span.start, span.end) in replaced else source
        for span, source in zip(group, group.attrs["sources"], strict=True)
    ]
