"""Average adapters of several runs into one (a model soup, Wortsman et al. 2022).

    python scripts/average_adapters.py RUN.safetensors... --output FILE.safetensors --rank 38

The changes of each matrix are averaged whole, and the mean is cut to a low rank again (truncated SVD). A
head can be given a temperature (Guo et al. 2017), so that its probabilities are less sure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer

from xlner_spacy.models.adapters import read_adapter, write_adapter, write_merged
from xlner_spacy.models.embedded import encoder_path


def main(
    runs: Annotated[list[Path], typer.Argument(help="Adapters of the same kind.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .safetensors file.")],
    rank: Annotated[int, typer.Option(help="Of each matrix of the mean.")],
    model: Annotated[Path | None, typer.Option(help="Write the whole model, too.")] = None,
    temperature: Annotated[float, typer.Option(help="The head is divided by it.")] = 1.0,
) -> None:
    """Average, and write OUTPUT."""
    adapters = [read_adapter(file) for file in runs]
    first = adapters[0]
    state: dict[str, torch.Tensor] = {}
    for name in first.tensors:
        if name.endswith(".B"):
            continue
        if not name.endswith(".A"):
            head = torch.stack([adapter.tensors[name] for adapter in adapters]).mean(dim=0)
            state[name] = head / temperature
            continue
        matrix = name.removesuffix(".A")
        changes = [
            adapter.scale * adapter.tensors[f"{matrix}.B"] @ adapter.tensors[name]
            for adapter in adapters
        ]
        left, strengths, right = torch.linalg.svd(
            torch.stack(changes).mean(dim=0), full_matrices=False
        )
        root = strengths[:rank].sqrt()
        state[f"{matrix}.A"] = root[:, None] * right[:rank]
        state[f"{matrix}.B"] = left[:, :rank] * root
    write_adapter(state, output, tags=first.tags, scale=1.0, layers=first.layers)
    if model is not None:
        write_merged(output, encoder_path(), model)
    kept = output.stat().st_size / 1e6
    print(f"{output}: the mean of {len(adapters)} adapters, rank {rank}, {kept:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
