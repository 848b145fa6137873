"""xlner-spacy: named entities for any language, by annotation projection.

    import spacy
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector")
    nlp("A Petrobras abriu um escritório em Maputo.").ents

Importing this module registers the `Doc._.xl_…` attributes (needed to read them from a
DocBin in a process that has not built a pipeline) and the `xl_…` registries.
"""

from . import registry
from .about import __version__
from .document.attributes import install
from .document.give import give_translation

install()

__all__ = ["__version__", "give_translation", "registry"]
