"""The adapters that come with the package, and the mean of several."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from xlner_spacy.models.adapters import FOLDER, SKILLS, read_adapter, write_adapter

ROOT = Path(__file__).parents[2]


def test_both_skills_are_small():
    assert sum(file.stat().st_size for file in SKILLS.values()) < 8_000_000


def test_what_is_in_the_folder_is_told_whence_it_comes():
    notice = (FOLDER / "NOTICE").read_text(encoding="utf8")
    for file in FOLDER.glob("*.safetensors"):
        assert file.name in notice


@pytest.fixture
def average_adapters(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import average_adapters

    yield average_adapters
    sys.modules.pop("average_adapters")


def test_the_mean_of_two_runs(tmp_path, average_adapters):
    """Of rank 2 where each has rank 1, it is exact; the head is less sure by the temperature."""
    torch.manual_seed(0)
    runs, changes, heads = [], [], []
    for name in ("one", "two"):
        low = {"layer.A": torch.randn(1, 5), "layer.B": torch.randn(4, 1)}
        head = torch.randn(3, 4)
        runs.append(tmp_path / f"{name}.safetensors")
        write_adapter({**low, "head.weight": head}, runs[-1], tags=["O", "B-PER"], scale=2.0)
        changes.append(2 * low["layer.B"] @ low["layer.A"])
        heads.append(head)
    output = tmp_path / "mean.safetensors"
    average_adapters.main(runs, output, rank=2, model=None, temperature=2.0)
    mean = read_adapter(output)
    change = mean.scale * mean.tensors["layer.B"] @ mean.tensors["layer.A"]
    assert torch.allclose(change, sum(changes) / 2, atol=0.02)
    assert torch.allclose(mean.tensors["head.weight"], sum(heads) / 4, atol=0.01)
    assert mean.tags == ["O", "B-PER"]
