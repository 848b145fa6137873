"""The process that a guarded translator runs in. It is started as a script, by guard.py.

It reads pickles from its input: first where modules are to be found and the translator, then
requests. It writes one pickled answer for each: ("done", what the translator gave) or ("error", error).
It imports nothing of its own, so that it starts at once and with any translator.
"""

import os
import pickle
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO


def main() -> None:
    """Answer requests until the other side goes away, even if a text hangs just then."""
    requests, answers = _take_over(0, "rb"), _take_over(1, "wb")
    os.dup2(2, 1)  # what a translator prints must not get between the answers
    with ThreadPoolExecutor(1) as pool:
        try:
            sys.path[:] = pickle.load(requests)
            translator = pool.submit(pickle.loads, pickle.load(requests))
            while True:
                texts, languages = pickle.load(requests)
                job = pool.submit(_translate, translator, texts, languages)
                job.add_done_callback(lambda job: _answer(answers, job))
        except (EOFError, KeyboardInterrupt):
            os._exit(0)  # without waiting for the pool


def _take_over(number: int, mode: str) -> BinaryIO:
    return os.fdopen(os.dup(number), mode)  # type: ignore[return-value]


def _translate(translator: Future, texts: list[str], languages: dict[str, str]) -> Any:
    """A list, or whatever else the translator gave: the other side says what is wrong."""
    answers = translator.result()(texts, **languages)
    listable = isinstance(answers, Iterable) and not isinstance(answers, (str, bytes))
    return list(answers) if listable else answers


def _answer(answers: BinaryIO, job: Future) -> None:
    error = job.exception()
    if error is None:
        answer = _pickled("done", job.result())
    else:
        answer = pickle.dumps(("error", _portable(error)))
    answers.write(answer)
    answers.flush()


def _pickled(kind: str, answer: Any) -> bytes:
    """With what the answer looks like in its place if it cannot be sent: it has no strings."""
    try:
        return pickle.dumps((kind, answer))
    except (pickle.PicklingError, TypeError, AttributeError):
        return pickle.dumps((kind, repr(answer)))


def _portable(error: BaseException) -> BaseException:
    """The error, or one that says the same if it does not survive the way."""
    try:
        pickle.loads(pickle.dumps(error))
    except (pickle.PicklingError, TypeError, AttributeError):
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


if __name__ == "__main__":
    main()
