"""What the trainings of both adapters share: LoRA on the encoder, a schedule, and states to go on from.

On the GPU where there is one. Needs peft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tqdm import tqdm

MATRICES = ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SCALE = 2.0  # of the changes: LoRA's alpha over its rank
SAVE_EVERY = 50


def with_lora(model: Any, rank: int, *, head: str | None = None, dropout: float = 0.0) -> Any:
    """The model with low-rank changes of all matrices of its layers, and a head that is trained
    whole."""
    config = LoraConfig(
        r=rank,
        lora_alpha=int(SCALE * rank),
        lora_dropout=dropout,
        target_modules=MATRICES,
        modules_to_save=[head] if head else None,
    )
    return get_peft_model(model, config).to(DEVICE).train()


def trained_state(model: Any) -> dict[str, torch.Tensor]:
    """What is trained, by the names that peft has for it."""
    state = model.state_dict().items()
    return {k: v.cpu() for k, v in state if "lora_" in k or "modules_to_save" in k}


def adapter_state(model: Any) -> dict[str, torch.Tensor]:
    """What is trained, by the names that adapters have for it."""
    found = {}
    for name, tensor in trained_state(model).items():
        short = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "")
        for matrix in "AB":
            short = short.replace(f".lora_{matrix}.default.weight", f".{matrix}")
        found[short] = tensor
    return found


def train(
    model: Any,
    batches: Iterable[Any],
    loss_of: Callable[[Any], torch.Tensor],
    *,
    steps: int,
    rate: float,
    state: Path,
) -> None:
    """Train what `with_lora` added, with AdamW.

    The learning rate rises over the first 6% of the steps, then falls in a line. The state is
    kept every SAVE_EVERY steps, and a run goes on from it.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (0.06 * steps + 1)) * max(0.02, 1 - step / steps),
    )
    done = _resume(state, model, optimizer, schedule)
    progress = tqdm(_first(batches, steps), total=steps, unit="batch")
    for step, batch in enumerate(progress, 1):
        if step <= done:
            continue
        loss = loss_of(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        progress.set_postfix(loss=f"{loss.item():.3f}")
        if step % SAVE_EVERY == 0 or step == steps:
            _save(state, model, optimizer, schedule, step)


def _first(batches: Iterable[Any], steps: int) -> Iterator[Any]:
    for _, batch in zip(range(steps), batches, strict=False):
        yield batch


def _resume(state: Path, model: Any, optimizer: Any, schedule: Any) -> int:
    """Load a state; how many steps were done then."""
    if not state.is_file():
        state.parent.mkdir(parents=True, exist_ok=True)
        return 0
    kept = torch.load(state, map_location=DEVICE)
    model.load_state_dict(kept["model"], strict=False)
    optimizer.load_state_dict(kept["optimizer"])
    schedule.load_state_dict(kept["schedule"])
    return int(kept["step"])


def _save(state: Path, model: Any, optimizer: Any, schedule: Any, step: int) -> None:
    partial = state.with_suffix(".part")
    kept = {"model": trained_state(model), "optimizer": optimizer.state_dict()}
    torch.save({**kept, "schedule": schedule.state_dict(), "step": step}, partial)
    partial.replace(state)
