"""Running pipelines on the tokens of gold texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..corpus.detokenize import same_tokens
from ..document.give import give_translation
from ..pipeline.component import go_on_after_failures
from ..pipeline.loading import load


def load_to_measure(
    name: str | None,
    lang: str,
    source_langs: Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Language:
    """Load a pipeline that goes on after the failure of a text.

    name (str): A package, a folder or a config (.cfg). None: the default pipeline of the language.
    lang (str): The language of the texts. A trained pipeline keeps its own, since zero-shot transfer may be
        what is to be measured.
    source_langs (Sequence): The languages of the translations, where a config leaves them open.
    overrides (Mapping): Settings to replace, by their names with dots.
    RAISES: InputError if it cannot be loaded.
    """
    own = name is not None and not name.endswith(".cfg")
    nlp = load(
        name,
        lang=None if own else lang,
        source_langs=None if own else source_langs,
        overrides=overrides,
    )
    go_on_after_failures(nlp)
    return nlp


def predict(
    nlp: Language,
    docs: Sequence[Doc],
    given: Sequence[Sequence[tuple[str, str]]] = (),
    *,
    quiet: bool = False,
) -> list[Doc]:
    """What a pipeline makes of texts, on the tokens that they have.

    docs: Gold texts; their labels are not shown to the pipeline.
    given: The translations of each text, as (language, text).
    quiet (bool): Show no progress.
    """
    texts = [same_tokens(doc, nlp.vocab) for doc in docs]
    for doc, translations in zip(texts, given, strict=False):
        for lang, text in translations:
            give_translation(doc, text, lang=lang)
    return list(tqdm(nlp.pipe(texts), total=len(docs), unit="text", disable=quiet))
