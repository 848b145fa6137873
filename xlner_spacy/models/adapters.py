"""Skills of the embedded encoder: adapters that come with this package.

An adapter is a safetensors file of low-rank changes (LoRA, Hu et al. 2021, arXiv 2106.09685): for
a matrix W of the encoder the product of B and A, times a scale, is added to W. With its head, what
comes out is an ordinary Hugging Face folder in the cache.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..errors import SetupError
from ..files import build_once
from .embedded import encoder_path
from .hub import loading, without_warnings

FOLDER = Path(__file__).parent / "adapters"
RECOGNISER = FOLDER / "recogniser.safetensors"
# Raised whenever what is written changes, so that old folders are not reused.
FOLDER_FORMAT = 1


def recogniser_path() -> Path:
    """Folder of the embedded recogniser, a Hugging Face model for token classification, made on
    the first call.

    RAISES: SetupError if the offline extra is not installed, or a file is damaged.
    """
    encoder = encoder_path()
    digest = hashlib.sha256(_content(RECOGNISER)).hexdigest()[:12]
    folder = encoder.with_name(f"recogniser-{digest}-{encoder.name}-f{FOLDER_FORMAT}")
    return build_once(folder, lambda partial: write_merged(RECOGNISER, encoder, partial))


def write_merged(adapter: Path, encoder: Path, folder: Path) -> None:
    """Write the encoder with the adapter's changes and head.

    RAISES: SetupError if the adapter is damaged, or made for another encoder.
    """
    import torch
    from safetensors import SafetensorError, safe_open
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    try:
        with safe_open(adapter, "pt") as file:
            about = file.metadata() or {}
            names = file.keys()
            changes = {name: file.get_tensor(name).float() for name in names}
        tags, scale = json.loads(about["tags"]), float(about["scale"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise _damaged(adapter, str(error)) from error
    # Warnings would be of the head, which comes from the adapter.
    with loading("recogniser", encoder), without_warnings():
        model = AutoModelForTokenClassification.from_pretrained(
            encoder,
            num_labels=len(tags),
            id2label=dict(enumerate(tags)),
            label2id={tag: n for n, tag in enumerate(tags)},
        )
    weights = dict(model.named_parameters())
    try:
        with torch.no_grad():
            for name, tensor in changes.items():
                if name.endswith(".A"):
                    weights[f"{name[:-2]}.weight"] += scale * changes[f"{name[:-2]}.B"] @ tensor
                elif not name.endswith(".B"):
                    weights[name].copy_(tensor)
    except (KeyError, RuntimeError) as error:
        raise _damaged(adapter, f"it does not fit the encoder: {error}") from error
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)


def write_adapter(state: dict[str, Any], path: Path, *, tags: list[str], scale: float) -> None:
    """Write an adapter of 16-bit numbers.

    state (dict): Matrices "....A" (rank, inputs) and "....B" (outputs, rank) by the names of
        the encoder's parameters, without ".weight"; and the head's parameters, whole.
    """
    import torch
    from safetensors.torch import save_file

    small = {name: tensor.to(torch.float16).contiguous() for name, tensor in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(small, path, {"tags": json.dumps(tags), "scale": str(scale)})


def _content(adapter: Path) -> bytes:
    try:
        return adapter.read_bytes()
    except OSError as error:
        raise _damaged(adapter, str(error)) from error


def _damaged(adapter: Path, why: str) -> SetupError:
    return SetupError(
        f"{adapter} is damaged or missing ({why}).", hint="Install xlner-spacy again."
    )
