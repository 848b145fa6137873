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


def best_device(device: str) -> str:
    """ "auto" becomes "cuda" where there is a GPU that torch can use, else "cpu".

    RAISES: SetupError for a device that is not there.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
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
