"""Skills of the embedded encoder: adapters that come with this package.

An adapter is a safetensors file of low-rank changes (LoRA, Hu et al. 2021, arXiv 2106.09685): for
a matrix W of the encoder the product of B and A, times a scale, is added to W. What comes out is an
ordinary Hugging Face model: one for token classification where the adapter has a head, else an
encoder that ends with the last layer that was trained.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import SetupError
from ..files import build_once
from .description import Embedded
from .embedded import E5_SMALL, encoder_path
from .hub import loading, without_warnings

FOLDER = Path(__file__).parent / "adapters"
Skill = Literal["aligner", "recogniser"]
SKILLS: dict[Skill, Path] = {
    "aligner": FOLDER / "aligner.safetensors",
    "recogniser": FOLDER / "recogniser.safetensors",
}
FINE_TUNED = Embedded(f"{E5_SMALL.name}, fine-tuned", E5_SMALL.package)
# Raised whenever what is written changes, so that old folders are not reused.
FOLDER_FORMAT = 1


class Adapter(NamedTuple):
    """The content of an adapter file."""

    file: Path
    tensors: dict[str, Any]  # matrices "....A" and "....B", and the parameters of a head
    tags: list[str]  # of the head; [] if there is none
    layers: int | None  # of the encoder that are left; None if all are
    scale: float


def merged_path(skill: Skill) -> Path:
    """Folder of the embedded encoder with a skill, a Hugging Face model, made on the first call.

    For libraries that want a folder. Our own parts change the encoder as they load it.

    RAISES: SetupError if the offline extra is not installed, or a file is damaged.
    """
    file = SKILLS[skill]
    encoder = encoder_path()
    name = f"{file.stem}-{digest(file)}-{encoder.name}-f{FOLDER_FORMAT}"
    return build_once(encoder.with_name(name), lambda part: write_merged(file, encoder, part))


def digest(file: Path) -> str:
    """Tells one version of an adapter from another. RAISES: SetupError if it is missing."""
    return hashlib.sha256(_content(file)).hexdigest()[:12]


def write_merged(file: Path, encoder: Path, folder: Path) -> None:
    """Write the encoder with an adapter's changes and head.

    RAISES: SetupError if the adapter is damaged, or made for another encoder.
    """
    from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

    adapter = read_adapter(file)
    # Warnings would be of the head, which comes from the adapter.
    with loading(file.stem, encoder), without_warnings():
        if adapter.tags:
            model = AutoModelForTokenClassification.from_pretrained(
                encoder,
                num_labels=len(adapter.tags),
                id2label=dict(enumerate(adapter.tags)),
                label2id={tag: n for n, tag in enumerate(adapter.tags)},
            )
        else:
            model = AutoModel.from_pretrained(encoder)
    if adapter.layers is not None:
        model.encoder.layer = model.encoder.layer[: adapter.layers]
        model.config.num_hidden_layers = adapter.layers
    apply_adapter(model, adapter)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)


def read_adapter(file: Path) -> Adapter:
    """RAISES: SetupError if the file is damaged or missing."""
    from safetensors import SafetensorError, safe_open

    _content(file)
    try:
        with safe_open(file, "pt") as opened:
            about = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
        layers = json.loads(about.get("layers", "null"))
        return Adapter(file, tensors, json.loads(about["tags"]), layers, float(about["scale"]))
    except (SafetensorError, KeyError, ValueError) as error:
        raise _damaged(file, str(error)) from error


def apply_adapter(model: Any, adapter: Adapter) -> None:
    """Change the weights of a model, in place.

    RAISES: SetupError if the adapter was made for another model.
    """
    import torch

    weights = dict(model.named_parameters())
    try:
        with torch.no_grad():
            for name, tensor in adapter.tensors.items():
                if name.endswith(".A"):
                    change = adapter.tensors[f"{name[:-2]}.B"] @ tensor
                    weights[f"{name[:-2]}.weight"] += adapter.scale * change
                elif not name.endswith(".B"):
                    weights[name].copy_(tensor)
    except (KeyError, RuntimeError) as error:
        raise _damaged(adapter.file, f"it does not fit the encoder: {error}") from error


def apply_to_encoder(model: Any, adapter: Adapter) -> None:
    """Change an encoder that is loaded without a head, in place. RAISES: As `apply_adapter`."""
    prefix = f"{model.base_model_prefix}."
    changes = {
        name.removeprefix(prefix): tensor
        for name, tensor in adapter.tensors.items()
        if name.endswith((".A", ".B"))
    }
    apply_adapter(model, adapter._replace(tensors=changes))


def write_adapter(
    state: dict[str, Any], path: Path, *, tags: list[str], scale: float, layers: int | None = None
) -> None:
    """Write an adapter of 16-bit numbers.

    state (dict): Matrices "....A" (rank, inputs) and "....B" (outputs, rank) by the names of
        the encoder's parameters, without ".weight"; and the head's parameters, whole.
    """
    import torch
    from safetensors.torch import save_file

    small = {name: tensor.to(torch.float16).contiguous() for name, tensor in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"tags": json.dumps(tags), "scale": str(scale), "layers": json.dumps(layers)}
    save_file(small, path, about)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _damaged(file, str(error)) from error


def _damaged(file: Path, why: str) -> SetupError:
    return SetupError(f"{file} is damaged or missing ({why}).", hint="Install xlner-spacy again.")
