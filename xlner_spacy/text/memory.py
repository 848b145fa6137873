"""The memory of spaCy's vocabularies, and the lock that lets threads share them.

spaCy keeps every new word for good, unless it is met in a memory zone. A zone belongs to a
vocabulary and not to a thread: when it ends, the words of all threads that use the
vocabulary are freed, and their Docs are left with invalid memory. So a vocabulary that gets
a zone must be used by one thread at a time.
"""

from __future__ import annotations

# These modules take locks at a fork, too. Their hooks must be registered before ours, for
# the last one that is registered runs first: a process that forks waits for `_turn` before it
# takes a lock that the thread in `_turn` may need.
import concurrent.futures.thread  # noqa: F401
import logging  # noqa: F401
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext

from spacy.language import Language
from spacy.vocab import Vocab

from ..errors import SetupError

_turn = threading.RLock()
# Vocabulary (its id) -> the thread that is in a block of `memory_zone` on it.
_owners: dict[int, int] = {}

if hasattr(os, "register_at_fork"):
    # A fork waits for the thread that is in the block, so that the child does not get models
    # and vocabularies in the middle of their work, nor a lock that nobody releases.
    os.register_at_fork(
        before=_turn.acquire, after_in_parent=_turn.release, after_in_child=_turn.release
    )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one thread of the process into the block at a time; it may enter again.

    Components run their stages in it, so that a part of a pipeline need not be thread-safe.
    A part that waits in there for a thread of its own must not run a component in that thread.
    """
    with _turn:
        yield


@contextmanager
def memory_zone(*pipelines: Language) -> Iterator[None]:
    """Free the words that are new to the pipelines when the block ends (spaCy's memory zones).

    Docs and spans that are made in the block must not be used after it. Zones must not be
    nested: a pipeline that is in one already is left in that.

    RAISES: SetupError if another thread is in such a block on one of the pipelines.
    """
    with ExitStack() as zones:
        for nlp in {id(nlp.vocab): nlp for nlp in pipelines}.values():
            zones.enter_context(_zone(nlp))
        yield


@contextmanager
def _zone(nlp: Language) -> Iterator[None]:
    vocab, thread = id(nlp.vocab), threading.get_ident()
    if _owners.get(vocab) == thread:
        yield
        return
    _owners.setdefault(vocab, thread)
    check_thread(nlp.vocab)
    try:
        # The user may have opened one.
        inside = nlp.vocab.in_memory_zone  # type: ignore[attr-defined]
        with nullcontext() if inside else nlp.memory_zone():
            yield
    finally:
        del _owners[vocab]


def check_thread(vocab: Vocab) -> None:
    """RAISES: SetupError if another thread is in a block of `memory_zone` on the vocabulary."""
    if _owners.get(id(vocab), threading.get_ident()) != threading.get_ident():
        raise SetupError(
            "Another thread uses this pipeline and will free the words of both threads "
            "(a memory zone).",
            hint="Load the pipeline once more for this thread. A build needs one of its own.",
        )
