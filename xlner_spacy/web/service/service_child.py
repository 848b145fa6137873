"""The process that has the models. Started by model_process.py.

It reads pickled questions from its input and writes a pickled answer for each: ("done", value) or ("error", message).
"""

from __future__ import annotations

import os
import pickle
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO


def main() -> None:
    """Answer until the other side goes away, even if a model hangs just then."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a model prints must not get between the answers
    with ThreadPoolExecutor(1) as pool:
        try:
            sys.path[:] = pickle.load(questions)
            state: dict[str, Any] = {}
            while True:
                job = pool.submit(_answer, state, pickle.load(questions))
                job.add_done_callback(lambda job: _write(answers, job))
        except (EOFError, KeyboardInterrupt):
            os._exit(0)  # without waiting for the pool


def _answer(state: dict[str, Any], question: tuple[str, Any]) -> tuple[str, Any]:
    from xlner_spacy.errors import XlnerError

    kind, value = question
    try:
        return "done", _KINDS[kind](state, *value)
    except (XlnerError, OSError) as error:
        return "error", str(error)


def _first(state: dict[str, Any], recipe: Any, n: int) -> Any:
    from xlner_spacy.web.service.pipelines_at_hand import PipelinesAtHand

    if recipe.code is not None:
        from spacy.util import import_file

        import_file("python_code", recipe.code)
    if recipe.gpu_id is not None:
        from xlner_spacy.models.hub import use_gpu

        use_gpu(recipe.gpu_id)
    state["pipelines"] = PipelinesAtHand(recipe, n)
    return state["pipelines"].first()


def _load(state: dict[str, Any], choice: Any) -> None:
    state["pipelines"].get(choice)


def _run(state: dict[str, Any], choice: Any, texts: list[str], details: list[bool]) -> Any:
    return state["pipelines"].run(choice, texts, details)


_KINDS: dict[str, Any] = {"first": _first, "load": _load, "run": _run}


def _write(answers: BinaryIO, job: Future[tuple[str, Any]]) -> None:
    error = job.exception()
    # An error that nobody foresaw: this process is not to be trusted any more.
    found = ("died", f"{type(error).__name__}: {error}") if error else job.result()
    pickle.dump(found, answers)
    answers.flush()
    if error:
        os._exit(1)


if __name__ == "__main__":
    main()
