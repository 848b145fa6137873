"""Whether a trained recogniser finds in a text what should be there."""

from __future__ import annotations

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import SetupError
from ..perturbations.labelled import Labelled


def load_checker(name: str) -> Language:
    """A spaCy pipeline by its name or folder.

    RAISES: SetupError if there is none.
    """
    try:
        return spacy.load(name)
    except OSError as error:
        raise SetupError(
            f"The checker {name!r} cannot be loaded: {error}",
            hint="Give the folder of a trained pipeline (training/NAME/model-best).",
        ) from error


def has_entities(checker: Language, text: Labelled) -> bool:
    """Whether a recogniser finds exactly the entities of a text."""
    doc = checker(Doc(checker.vocab, words=list(text.words), spaces=list(text.spaces)))
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents] == [*map(tuple, text.entities)]
