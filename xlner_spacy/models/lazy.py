"""The base of parts that hold a model: loaded on first use, left out of pickles."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any


class LazyBackend:
    """A part whose `cached_property` attributes are the loaded model.

    Making it costs nothing, the first text loads the model. Pickling it (spaCy does so
    where processes are spawned) leaves the model behind; it is loaded again there.
    """

    def __getstate__(self) -> dict[str, Any]:
        lazy = {
            name
            for cls in type(self).__mro__
            for name, value in vars(cls).items()
            if isinstance(value, cached_property)
        }
        return {name: value for name, value in vars(self).items() if name not in lazy}


_fork_hook_is_set = False


def make_torch_safe_to_fork() -> None:
    """Let torch work in children of this process, as `nlp.pipe(n_process=2)` makes them.

    A forked child inherits OpenMP's pool without its threads and waits for them forever.
    With one thread torch never asks the pool; several processes are several threads anyway.
    The tokenizers library stops its own threads, but prints a warning at the fork unless
    the environment says that this is wanted.
    """
    global _fork_hook_is_set
    if not _fork_hook_is_set and hasattr(os, "register_at_fork"):
        import torch

        name = "TOKENIZERS_PARALLELISM"
        before: list[str | None] = []

        def set_variable() -> None:
            before.append(os.environ.get(name))
            os.environ.setdefault(name, "false")

        def restore_variable() -> None:
            if before.pop() is None:
                os.environ.pop(name, None)

        os.register_at_fork(
            before=set_variable,
            after_in_parent=restore_variable,
            after_in_child=lambda: torch.set_num_threads(1),
        )
        _fork_hook_is_set = True
