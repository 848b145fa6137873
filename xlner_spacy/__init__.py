"""xlner-spacy: named entities for any language, by annotation projection.

    import spacy
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector")
    nlp("A Petrobras abriu um escritório em Maputo.").ents

Importing this module registers the `Doc._.xl_…` attributes (needed to read them from a
DocBin in a process that has not built a pipeline) and the `xl_…` registries.
"""

from typing import TYPE_CHECKING, Any

from . import registry
from .about import __version__
from .document.attributes import install, source_docs
from .document.give import give_translation

if TYPE_CHECKING:
    from .pipeline.loading import load

install()

__all__ = ["__version__", "give_translation", "load", "registry", "source_docs"]


def __getattr__(name: str) -> Any:
    """`load` knows all default parts and is imported when it is first used."""
    if name == "load":
        from .pipeline.loading import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
