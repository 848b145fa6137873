"""The pipelines that the model process keeps, and what it makes of texts with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from spacy.language import Language

from ...errors import InputError, XlnerError
from ...pipeline.component import go_on_after_failures
from ...pipeline.loading import from_config, load, source_langs_of
from ...ranking.sample_texts import sample_of
from ...text.memory import memory_zone
from .offered_methods import method_config
from .service_choice import CONFIG, Choice, Recipe
from .text_answers import Answer, answer, failed_answer


class PipelinesAtHand:
    """Loads pipelines when they are first asked for, and keeps those that were used last.

    One thread uses it, in a process of its own: no locks.

    recipe: What the command line gave.
    n (int): How many pipelines are kept.
    """

    def __init__(self, recipe: Recipe, n: int) -> None:
        self.recipe = recipe
        self.n = n
        self._kept: OrderedDict[Choice, Language] = OrderedDict()

    def first(self) -> Choice:
        """Load what the command line asks for, and say what that is.

        RAISES: XlnerError if it cannot be loaded, or finds no entities.
        """
        recipe = self.recipe
        if recipe.config is None and recipe.lang and not recipe.overrides:
            choice = Choice(recipe.lang, "default", recipe.source_langs or ("en",))
            self.get(choice)
            return choice
        nlp = load(
            recipe.config,
            lang=recipe.lang,
            source_langs=recipe.source_langs or None,
            overrides=recipe.overrides,
        )
        _check_finds(nlp, recipe)
        sources = tuple(source_langs_of(nlp)) if _translates(nlp) else ()
        choice = Choice(recipe.lang or str(nlp.lang), CONFIG, sources)
        self._keep(choice, nlp)
        return choice

    def get(self, choice: Choice) -> Language:
        """The pipeline of a choice, with its models loaded.

        RAISES: XlnerError if it cannot be loaded.
        """
        if choice not in self._kept:
            config = method_config(choice.method, choice.lang, choice.sources)
            self._keep(choice, from_config(config, f"The method {choice.method!r}"))
        self._kept.move_to_end(choice)
        return self._kept[choice]

    def _keep(self, choice: Choice, nlp: Language) -> None:
        go_on_after_failures(nlp)
        while len(self._kept) >= self.n:
            self._kept.popitem(last=False)
        # Models are loaded with the first text.
        _run(nlp, [next(iter(sample_of(choice.lang)), "Lisboa.")[:200]], [False])
        self._kept[choice] = nlp

    def run(self, choice: Choice, texts: Sequence[str], details: Sequence[bool]) -> list[Answer]:
        """An answer for each text, in order. One that fails has the reason in its own.

        RAISES: XlnerError if the pipeline cannot be used at all.
        """
        nlp = self.get(choice)
        try:
            return _run(nlp, texts, details)
        except XlnerError:
            raise
        # A component that is none of ours raised: the others' texts must not suffer for it.
        except Exception as error:  # noqa: BLE001
            if len(texts) > 1:
                return [
                    own
                    for text, detail in zip(texts, details, strict=True)
                    for own in self.run(choice, [text], [detail])
                ]
            why = f"{type(error).__name__}: {error}"
            return [failed_answer("error", why, len(texts[0]), details[0])]


def _run(nlp: Language, texts: Sequence[str], details: Sequence[bool]) -> list[Answer]:
    # What the vocabulary learns of these texts is forgotten after them.
    with memory_zone(nlp):
        docs = nlp.pipe(texts, batch_size=len(texts))
        return [answer(doc, detail) for doc, detail in zip(docs, details, strict=True)]


def _translates(nlp: Language) -> bool:
    stages = [stage for _, own in nlp.pipeline for stage in getattr(own, "stages", ())]
    return any(hasattr(stage, "source_lang") for stage in stages)


def _check_finds(nlp: Language, recipe: Recipe) -> None:
    if not any("doc.ents" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names):
        raise InputError(
            f"{recipe.config} describes a pipeline that finds no entities ({', '.join(nlp.pipe_names)}).",
            hint='Add a component that does: factory = "xl_projector"',
        )
