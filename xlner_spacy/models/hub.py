"""Loading models of the Hugging Face Hub, or of a local folder in its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from ..errors import SetupError, install_hint
from ..files import cache_dir
from .damage import damaged_files

# Sizes of downloads, for those who have to make them elsewhere.
DOWNLOADS = {
    "facebook/nllb-200-distilled-600M": "2.5 GB",
    "dslim/bert-base-NER": "0.4 GB",
    "Davlan/xlm-roberta-base-ner-hrl": "1.1 GB",
    "bert-base-multilingual-cased": "0.7 GB",
}
# Seconds to wait for the Hub's answer before it counts as out of reach.
PATIENCE = 3.0


def load(
    what: str,
    model: str,
    from_pretrained: Callable[..., Any],
    *,
    trust_remote_code: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a `from_pretrained`, and turn its many ways of failing into one that helps.

    what (str): The part that needs the model, for the message: "translator".
    model (str): A Hub name or the path of a local folder.
    trust_remote_code (bool): Whether Python code that comes with the model may be run.
    RAISES: SetupError if the model cannot be loaded.
    """
    if _only_local(what, model):
        kwargs["local_files_only"] = True
    with loading(what, model), _without_retries():
        # Without an answer to this, transformers asks a question on the terminal.
        return from_pretrained(model, trust_remote_code=trust_remote_code, **kwargs)


def download(what: str, model: str) -> str:
    """The folder of a whole model of the Hub, downloaded if it is not there.

    RAISES: SetupError if it cannot be had.
    """
    from huggingface_hub import snapshot_download

    only_local = _only_local(what, model)
    with loading(what, model), _without_retries():
        return snapshot_download(model, local_files_only=only_local)


@contextmanager
def loading(what: str, model: str | Path) -> Iterator[None]:
    """Report any error in the block as one of the set-up that names the model.

    RAISES: SetupError
    """
    try:
        yield
    except (SetupError, MemoryError):
        raise
    # Libraries raise anything for a damaged file: tokenizers a bare Exception, safetensors an
    # error of its own. All of it concerns the set-up, and none of it a text.
    except Exception as error:
        raise SetupError(
            f"The {what} cannot load the model {str(model)!r}: {_first_line(error)}",
            hint=_way_out(what, Path(model), error),
        ) from error


def _way_out(what: str, model: Path, error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return (
            "The model brings Python code of its own, which is not run unless you trust it: look "
            f"at the code, then set trust_remote_code = true in the {what} block of the config, "
            "if that part has the setting."
        )
    if any(sign in str(error) for sign in _OTHER_KIND):
        return f"It is a model of another kind: give the {what} one that was trained for its work."
    if not model.is_dir():
        return (
            f'Check the name, or give the path of a folder as "model" in the {what} block of the '
            f"config. Backends that are installed here: xlner info"
        )
    found = ", ".join(damaged_files(model))
    if cache_dir() in model.parents:
        damaged = f"{found} in it is damaged" if found else "A file in it is damaged"
        return f"{damaged}. Delete the folder {model}: the next run makes it again."
    damaged = f"{found} in the folder" if found else "A file in the folder"
    return f"{damaged} is damaged or missing: copy or download {model} again."


# How transformers says that a model was made for something else.
_OTHER_KIND = ("Unrecognized configuration class", "does not recognize this architecture")


def without_warnings() -> AbstractContextManager[None]:
    """For models of which only a part is used: transformers warns of what is not there."""
    from transformers.utils import logging

    return _only_errors(logging)


def _without_retries() -> AbstractContextManager[None]:
    """The Hub's library logs each of its attempts; what comes of them is in our own error."""
    from huggingface_hub.utils import logging

    return _only_errors(logging)


@contextmanager
def _only_errors(logging: Any) -> Iterator[None]:
    """Let a library of Hugging Face log errors only.

    logging: Its module of that name.
    """
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _only_local(what: str, model: str) -> bool:
    """Whether the Hub must not be asked for the model, because it would not answer: left alone,
    the libraries try again and again for a minute.

    RAISES: SetupError for a model that is neither here nor can be downloaded.
    """
    if Path(model).is_dir():
        return False
    from huggingface_hub import constants

    if is_cached(model):
        return constants.HF_HUB_OFFLINE or not _hub_answers()
    if constants.HF_HUB_OFFLINE:
        reason = "HF_HUB_OFFLINE is set"
    elif _hub_answers():
        return False
    else:
        reason = "the Hub cannot be reached"
    transfer = (
        'Without a translator nlp.add_pipe("xl_transfer") finds people, places and organisations '
        "in texts of about a hundred languages, with no download. "
        if what == "translator"
        else ""
    )
    size = f" (about {DOWNLOADS[model]}, once)" if model in DOWNLOADS else ""
    raise SetupError(
        f"The {what} cannot load the model {model!r}: it is not on this machine, and {reason}.",
        hint=f"{transfer}With a network it is downloaded from the Hugging Face Hub{size}. Without one, give "
        f'the folder of a model from elsewhere as "model" in the {what} block of the config; or '
        'use translations of your own (give_translation, or a key "translation" or "translations" in a '
        ".jsonl file); or another backend: xlner info lists those that are installed. For Portuguese "
        f"and English no download is needed: {install_hint('offline')}. HF_HUB_OFFLINE=1 keeps "
        "this and other programs from asking the Hub at all.",
    )


def is_cached(model: str) -> bool:
    """Whether a model of the Hub was downloaded to this machine. The Hub is not asked."""
    from huggingface_hub import try_to_load_from_cache

    files = ("config.json", "model.bin")
    return any(isinstance(_cached(try_to_load_from_cache, model, file), str) for file in files)


def _cached(find: Callable[..., Any], model: str, file: str) -> Any:
    from huggingface_hub.errors import HFValidationError

    try:
        return find(model, file)
    except HFValidationError:  # no name that the Hub could have: from_pretrained says so
        return None


def _hub_answers() -> bool:
    import requests
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    answers: list[bool] = []

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=PATIENCE)
        except requests.RequestException:
            return
        answers.append(True)

    # No time limit reaches the look-up of the Hub's name: it is left behind if it takes longer.
    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return bool(answers)


# The device that "auto" stands for, where the user chose one: see `use_gpu`.
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
        return _chosen.get("auto") or ("cuda" if torch.cuda.is_available() else "cpu")
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
