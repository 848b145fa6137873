"""The steps that a Doc walks through, once, forwards.

A stage is a callable on a batch of Docs that sets one attribute of each. Components put
them together: `xl_translator`, `xl_annotator`, `xl_aligner` and `xl_matcher` run one stage,
`xl_projector` runs them all and leaves out those whose attribute is already there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from spacy.tokens import Doc

from ...document.attributes import is_done
from ...errors import SetupError


class Stage(ABC):
    """One step of the way. `attribute` is what it sets on each Doc, `needs` what it reads.

    settings: The settings of its component that its outcome depends on, where other components
        have the stage too: it does the same in each if these are the same. None: all of them.
    repeatable: Whether all that it does is in the Doc's user data, so that a comparison can do
        it once and copy its outcome.

    `run` either deals with all the Docs of the batch or raises what the backend raised.
    """

    name: str
    attribute: str
    needs: tuple[str, ...] = ()
    always = False  # whether it runs even if its attribute is set
    settings: ClassVar[tuple[str, ...] | None] = None
    repeatable: ClassVar[bool] = False

    @abstractmethod
    def run(self, docs: Sequence[Doc]) -> None: ...

    def check(self, doc: Doc) -> None:
        """RAISES: SetupError if an earlier stage has not run on the Doc."""
        for attribute in self.needs:
            if not is_done(doc, attribute):
                raise SetupError(
                    f"The {self.name} stage needs Doc._.{attribute}, which is not set.",
                    hint="Add the component that sets it before this one (see docs/architecture.md), "
                    'or add "xl_projector", which does the whole way.',
                )
        n_tokens = doc.user_data.get("xl_n_tokens", len(doc))
        if "xl_alignments" in self.needs and n_tokens != len(doc):
            raise SetupError(
                f"The Doc had {n_tokens} tokens when it was aligned and has {len(doc)} now: "
                f"{doc.text[:60]!r}.",
                hint="Put components that merge or split tokens before the aligner or after the "
                "matcher.",
            )

    def give_up(self, doc: Doc) -> None:
        """Leave the Doc as one for which this stage found nothing."""
        doc._.set(self.attribute, [])


class TranslationStage(Stage):
    """A stage that adds a list to each translation of the Doc."""

    needs: tuple[str, ...] = ("xl_translations",)

    def give_up(self, doc: Doc) -> None:
        doc._.set(self.attribute, [[] for _ in doc._.xl_translations])
