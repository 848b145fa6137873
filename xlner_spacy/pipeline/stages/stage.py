"""The steps that a Doc walks through, once, forwards.

A stage is a callable on a batch of Docs that sets one attribute of each. Components put
them together: `xl_translator`, `xl_annotator` and `xl_aligner` run one stage, `xl_matcher`
runs two, `xl_projector` runs them all and leaves out those whose attribute is already there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from spacy.tokens import Doc

from ...document.attributes import forget, get_data, is_done, set_data
from ...document.span_groups import CANDIDATES
from ...errors import SetupError

# What a stage needs that reads the entities of the translations.
ENTITIES = "entities"


class Stage(ABC):
    """One step of the way. `attribute` is what it sets on each Doc, `needs` what it reads.

    settings: The settings of its component that its outcome depends on besides `lang`, where other components
        have the stage too: it does the same in each if these are the same. None: all of them.
    repeatable: Whether all that it does is in the Doc's user data and span groups, so that a
        comparison can do it once and copy its outcome.

    `run` either deals with all the Docs of the batch or raises what the backend raised.
    """

    name: str
    attribute: str
    needs: tuple[str, ...] = ()
    chosen_with = ""  # the part with which it goes, if the user replaces that
    always = False  # whether it runs even if its attribute is set
    settings: ClassVar[tuple[str, ...] | None] = None
    repeatable: ClassVar[bool] = False

    @property
    def lang(self) -> str:
        """The source language that it is for; "" if it deals with all."""
        return ""

    @abstractmethod
    def run(self, docs: Sequence[Doc]) -> None: ...

    def is_done(self, doc: Doc) -> bool:
        """Whether there is nothing to do for the Doc."""
        return is_done(doc, self.attribute)

    def begin(self, doc: Doc, redo: bool) -> None:
        """Unset what the stage is about to set, and everything that was made from it.

        redo (bool): Whether to make again what is there. If not, only what is missing is made.
        """
        forget(doc, self.attribute)

    def check(self, doc: Doc) -> None:
        """RAISES: SetupError if an earlier stage has not run on the Doc."""
        for need in self.needs:
            if need == ENTITIES:
                self._check_annotated(doc)
            elif not is_done(doc, need):
                where = "Doc.spans" if need == CANDIDATES else "Doc._"
                raise SetupError(
                    f"The {self.name} stage needs {need} in {where}, which is not set.",
                    hint="Add the component that sets it before this one (see docs/architecture.md), "
                    'or add "xl_projector", which does the whole way.',
                )
        n_tokens = get_data("xl_n_tokens", doc) or len(doc)
        if "xl_alignments" in self.needs and n_tokens != len(doc):
            raise SetupError(
                f"The Doc had {n_tokens} tokens when it was aligned and has {len(doc)} now: "
                f"{doc.text[:60]!r}.",
                hint="Put components that merge or split tokens before the aligner or after the "
                "matcher.",
            )

    def _check_annotated(self, doc: Doc) -> None:
        """RAISES: SetupError if no component has looked for the entities of a translation. (If
        one has, and is for other languages, that is a problem on the Doc.)"""
        known = {p["lang"] for p in doc._.xl_problems or [] if p["stage"] == "annotate"}
        for translation in doc._.xl_translations:
            lang = translation["lang"]
            if translation["entities"] is None and lang not in known:
                raise SetupError(
                    f"The {self.name} stage needs the entities of each translation, but nothing "
                    f"has annotated the one into {lang!r} of {doc.text[:40]!r}.",
                    hint=f'Add "xl_annotator" with source_lang = "{lang}" before this component, or '
                    "give the entities along with the translation.",
                )

    def give_up(self, doc: Doc) -> None:
        """Leave the Doc as one for which this stage found nothing."""
        set_data(self.attribute, doc, [])
