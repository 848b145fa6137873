"""Loading models of the Hugging Face Hub, or of a local folder in its format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import SetupError


def load(what: str, model: str, from_pretrained: Callable[..., Any], **kwargs: Any) -> Any:
    """Call a `from_pretrained`, and turn its many ways of failing into one that helps.

    what (str): The part that needs the model, for the message: "translator".
    model (str): A Hub name or the path of a local folder.
    RAISES: SetupError if the model cannot be had.
    """
    try:
        return from_pretrained(model, **kwargs)
    except (OSError, ValueError, ImportError) as error:
        # OSError: no such model, no network, a broken folder. ValueError: not a model of
        # this kind. ImportError: its tokenizer needs a package.
        raise SetupError(
            f"The {what} cannot load the model {model!r}: {_first_line(error)}",
            hint=f"Check the name and the network, or download the model elsewhere and give the "
            f'folder\'s path as "model" in the {what} block of the config. For Portuguese and '
            'English no download is needed: pip install "xlner-spacy[offline]". '
            "Backends that are installed here: xlner info",
        ) from error


# What "auto" stands for where the user has said it: see `use_gpu`.
_chosen: dict[str, str] = {}


def use_gpu(gpu_id: int) -> None:
    """Let every part whose device is "auto" use this GPU, spaCy's own parts too.

    gpu_id (int): Its number; -1 for the CPU.
    RAISES: SetupError if it is not there.
    """
    from thinc.api import require_cpu, require_gpu

    if gpu_id < 0:
        require_cpu()
        _chosen["auto"] = "cpu"
        return
    try:
        require_gpu(gpu_id)
    except ValueError as error:  # thinc's, for a machine without a GPU or without cupy
        raise SetupError(
            f"GPU {gpu_id} cannot be used: {_first_line(error)}",
            hint="Leave --gpu-id out: a GPU that torch can use is found without it.",
        ) from error
    _chosen["auto"] = f"cuda:{gpu_id}"


def best_device(device: str) -> str:
    """ "auto" becomes what `use_gpu` said, else "cuda" where there is a GPU that torch can use,
    else "cpu".

    RAISES: SetupError for a device that is not there.
    """
    import torch

    if device == "auto":
        device = _chosen.get("auto") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SetupError(
            f"device={device!r} cannot be used: {_first_line(error)}",
            hint='Set device to "cpu", to "auto", or to a GPU that torch.cuda lists.',
        ) from error
    return device


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
