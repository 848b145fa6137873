"""`xlner.CodeMixing.v1`"""

from __future__ import annotations

from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.labelled import Labelled, lots
from ...perturbations.names import Name, put_names
from ...text.languages import same_language
from ..augmenter import Augmenter
from ..entity_pairs import EntityPairs


class CodeMixing(Augmenter):
    """Copies with entities in the source language, as projection found them: helps where texts mix
    languages, and to keep names of several languages alike in a multilingual encoder.

    After CoSDA-ML (Qin et al. 2020), which replaces single words by those of a dictionary and was not
    evaluated on entities. Here the pairs are those of `xlner build`: its shards know which entity
    of the translation each entity comes from. A text's own pair is used where it has one, else
    one that was found for the same name and label in a text that has gone by.

    pairs: A .tsv or .jsonl file of names and their translations (`text`, `translation`), for gold data
        without projections. None: those of the corpus alone.
    langs: Source languages that may be mixed in; None: all.
    strength (float): The share of a copy's entities that are replaced, 0 to 1.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    RAISES: InputError if the file cannot be used.
    """

    description: ClassVar[Description] = Description("copies with entities in the source language")

    def __init__(
        self,
        pairs: str | None = None,
        langs: list[str] | None = None,
        strength: float = 0.5,
        level: float = 1.0,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)
        self.langs = langs
        self.pairs = EntityPairs(pairs)

    def learn(self, nlp: Language, doc: Doc, text: Labelled) -> None:
        self.pairs.learn(nlp, doc, self._is_wanted)

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        own = self.pairs.own(nlp, doc, self._is_wanted)
        chosen: dict[int, Name] = {}
        for number in lots(self.rng, range(len(text.entities)), self.strength):
            start, end, label = text.entities[number]
            others = [own[start, end]] if (start, end) in own else []
            others = others or self.pairs.of(text.name(number), label)
            others = [name for name in others if name.words != text.words[start:end]]
            if others:
                chosen[number] = self.rng.choice(others)
        return put_names(text, chosen)

    def _is_wanted(self, lang: str) -> bool:
        return self.langs is None or any(same_language(lang, other) for other in self.langs)
