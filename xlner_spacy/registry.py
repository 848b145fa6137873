"""The registries that every exchangeable part plugs into.

Each is a spaCy registry, so `@xl_aligners = "xlner.SimAlign.v1"` works in any config.
A package of your own adds a class or a function to one through an entry point of the group
`spacy_<registry>`, for example in setup.cfg:

    [options.entry_points]
    spacy_xl_measures =
        acme.MyScore.v1 = acme.scores:MyScore

or, in a script, with the decorator `@spacy.registry.xl_measures("acme.MyScore.v1")`.
"""

from __future__ import annotations

import catalogue
import spacy

# `spacy.registry.create` would listen on entry points of "thinc_xl_…": spaCy's own
# registries are made with catalogue directly, and so are these.
translators = catalogue.create("spacy", "xl_translators", entry_points=True)
annotators = catalogue.create("spacy", "xl_annotators", entry_points=True)
aligners = catalogue.create("spacy", "xl_aligners", entry_points=True)
candidates = catalogue.create("spacy", "xl_candidates", entry_points=True)
measures = catalogue.create("spacy", "xl_measures", entry_points=True)
matchers = catalogue.create("spacy", "xl_matchers", entry_points=True)
voters = catalogue.create("spacy", "xl_voters", entry_points=True)
losses = catalogue.create("spacy", "xl_losses", entry_points=True)
weightings = catalogue.create("spacy", "xl_weightings", entry_points=True)
adversaries = catalogue.create("spacy", "xl_adversaries", entry_points=True)

REGISTRIES = {
    "xl_translators": translators,
    "xl_annotators": annotators,
    "xl_aligners": aligners,
    "xl_candidates": candidates,
    "xl_measures": measures,
    "xl_matchers": matchers,
    "xl_voters": voters,
    "xl_losses": losses,
    "xl_weightings": weightings,
    "xl_adversaries": adversaries,
}

for _name, _registry in REGISTRIES.items():
    setattr(spacy.registry, _name, _registry)
