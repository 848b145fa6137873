"""What methods find in the same texts, each shared step done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from ..corpus.detokenize import same_tokens
from ..errors import XlnerError
from ..pipeline.loading import source_langs_of
from ..text.languages import same_language
from ..types import Translation
from .compare import SharedSteps, check_outcome, comparable
from .metrics import TokenEntity, token_entities


class Trial(NamedTuple):
    """A method on the texts.

    found: The entities of each text, with their confidences; 1 for those that have none.
    translations: Those of each text.
    seconds: What its steps took, shared ones too.
    """

    nlp: Language
    found: list[dict[TokenEntity, float]]
    translations: list[list[Translation]]
    seconds: float


def run_trials(
    methods: Mapping[str, Config],
    texts: Sequence[Doc],
    *,
    prepare: Callable[[Language], object] = lambda nlp: None,
    report: Callable[[str], object] = lambda name: None,
) -> tuple[dict[str, Trial], dict[str, str]]:
    """Take texts through every method.

    texts: They may have translations, of which a method gets those into its source languages.
    prepare: Gets each pipeline before it runs.
    report: Gets the name of each method before it begins.
    RETURNS: The trials by the methods' names, and for those that could not run the reason.
    """
    steps = SharedSteps()
    trials: dict[str, Trial] = {}
    failed: dict[str, str] = {}
    for name, config in methods.items():
        report(name)
        try:
            nlp = comparable(config)
            prepare(nlp)
            docs = [_for_method(nlp, text) for text in texts]
            seconds = steps.run(nlp, docs)
            check_outcome(docs)
        except (XlnerError, OSError) as error:
            failed[name] = str(error)
            continue
        translations = [list(doc._.xl_translations or []) for doc in docs]
        trials[name] = Trial(nlp, list(map(_found, docs)), translations, sum(seconds.values()))
    return trials, failed


def _for_method(nlp: Language, text: Doc) -> Doc:
    """The words of a text, with the translations that a pipeline can use."""
    doc = same_tokens(text, nlp.vocab)
    known = [
        deepcopy(translation)
        for translation in text._.xl_translations or []
        if any(same_language(translation["lang"], lang) for lang in source_langs_of(nlp))
    ]
    if known:
        doc._.xl_translations = known
    return doc


def _found(doc: Doc) -> dict[TokenEntity, float]:
    confidences = {
        (entity["start"], entity["end"], entity["label"]): entity["confidence"]
        for entity in doc._.xl_entities or []
    }
    return {entity: confidences.get(entity, 1.0) for entity in sorted(token_entities(doc))}
