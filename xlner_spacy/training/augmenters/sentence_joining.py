"""`xlner.SentenceJoining.v1`"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from random import Random
from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ...models.description import Description
from ...perturbations.on_docs import joined
from ...settings import check_setting, is_whole
from ..augmenter import check_share, predicted_like


class SentenceJoining:
    """Texts joined with one that went by before: helps where a corpus has single sentences and texts
    to come are paragraphs.

    memory (int): How many of the last texts one is drawn from.
    max_words (int): Texts that would be longer together are not joined.
    level (float): The share of the texts of which joined copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("texts joined with others")

    def __init__(
        self,
        memory: int = 100,
        max_words: int = 200,
        level: float = 0.3,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        check_share("SentenceJoining", "level", level)
        for name, value in (("memory", memory), ("max_words", max_words), ("copies", copies)):
            valid = is_whole(value) and value > 0
            check_setting("SentenceJoining", name, value, valid, "a whole number from 1 on")
        check_setting("SentenceJoining", "seed", seed, is_whole(seed), "a whole number")
        self.max_words = max_words
        self.level = level
        self.copies = copies
        self.keep_original = keep_original
        self.rng = Random(seed)
        self._before: deque[tuple[str, Doc]] = deque(maxlen=memory)

    def __call__(self, nlp: Language, example: Example) -> Iterator[Example]:
        """spaCy's protocol of augmenters."""
        own = example.reference
        made = []
        # In a second pass over the corpus, the text itself has gone by.
        text = own.text
        others = [doc for seen, doc in self._before if seen not in ("", text)]
        if len(own) and self.rng.random() < self.level:
            for other in self.rng.sample(others, min(self.copies, len(others))):
                if len(other) + len(own) <= self.max_words:
                    first, second = self.rng.sample((other, own), 2)
                    reference = joined(first, second)
                    made.append(Example(predicted_like(nlp, example, reference), reference))
        self._before.append((text, own))
        if self.keep_original or not made:
            yield example
        yield from made
