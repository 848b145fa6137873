"""Training a masked language model to write names (MELM)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from tqdm import tqdm

from ..errors import InputError
from ..files import atomic_file, make_folder, resumed_after_full_disk
from ..models.hub import best_device
from ..perturbations.labelled import Labelled
from ..settings import check_setting, is_number, is_whole
from .augmenter import check_share
from .entity_lm import Linearised, Linearizer, add_labels, load_masked_lm, longest_input

_IGNORED = -100  # torch's cross-entropy leaves such labels out


@dataclass(frozen=True)
class Schedule:
    """How a MELM is trained; the defaults are those of Zhou et al. (2022).

    epochs (int): Passes over the texts.
    batch_size (int): Texts between two steps.
    rate (float): The learning rate of AdamW.
    mask_rate (float): The probability that a piece of an entity is masked, 0 to 1; drawn anew in
        each epoch.
    seed (int): Of masks, order and dropout.

    RAISES: SetupError for values out of range.
    """

    epochs: int = 20
    batch_size: int = 32
    rate: float = 1e-5
    mask_rate: float = 0.7
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            usable = is_whole(value) and value > 0
            check_setting("MELM", name, value, usable, "a whole number from 1 on")
        usable = is_number(self.rate) and self.rate > 0
        check_setting("MELM", "rate", self.rate, usable, "greater than 0")
        check_share("MELM", "mask_rate", self.mask_rate)
        check_setting("MELM", "seed", self.seed, is_whole(self.seed), "a whole number")


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    texts (int): That were learnt from.
    too_long (int): Texts that were left out because the model does not take so many pieces.
    losses (list): Of each epoch: on the dev texts, where there are any, else on the training texts.
    best (int): The epoch that was kept, from 0 on.
    """

    texts: int
    too_long: int
    losses: list[float]
    best: int


def train_entity_lm(
    texts: Iterable[Labelled],
    output: Path,
    model: str,
    schedule: Schedule,
    dev: Iterable[Labelled] = (),
    progress: bool = False,
) -> Trained:
    """Train on labelled texts and write a folder for `EntityLM`.

    After each epoch the state is kept in a hidden folder beside the output: a run that was
    interrupted goes on there, with the same result.

    model (str): A masked language model of the Hub, or a folder.
    dev: Labelled texts by which the best epoch is chosen; without them the last one is kept.
    RAISES: InputError if there are no entities, the output exists, or another run with other
        settings or texts was interrupted; SetupError if the model cannot be loaded.
    """
    if output.exists():
        raise InputError(f"{output} exists.", hint="Delete it, or name another folder.")
    texts = [text for text in texts if text.entities]
    dev = [text for text in dev if text.entities]
    labels = sorted({label for text in [*texts, *dev] for _, _, label in text.entities})
    if not texts:
        raise InputError("The texts have no entities: there is nothing to learn from.")
    masked_lm, tokenizer = load_masked_lm(model)
    add_labels(masked_lm, tokenizer, labels)
    linearizer = Linearizer(tokenizer, longest_input(masked_lm, tokenizer))
    lines = [line for text in texts if (line := linearizer(text)) and line.pieces]
    if not lines:
        raise InputError(f"None of {len(texts)} texts with entities is short enough for {model}.")
    dev_lines = [line for text in dev if (line := linearizer(text)) and line.pieces]
    digest = _digest(model, schedule, lines, dev_lines)
    state = output.parent / f".{output.name}-unfinished"
    make_folder(state)
    with resumed_after_full_disk(output):
        training = _Training(masked_lm, tokenizer, schedule, state / "state.pt", digest)
        training.resume()
        for epoch in range(len(training.losses), schedule.epochs):
            batches = tqdm(
                list(training.batches(lines, epoch)),
                desc=f"epoch {epoch + 1} of {schedule.epochs}",
                unit="batch",
                disable=not progress,
            )
            training.epoch(epoch, batches, dev_lines)
        training.publish(output)
    shutil.rmtree(state)
    return Trained(len(lines), len(texts) - len(lines), training.losses, training.best)


class _Training:
    """The model, its optimizer, and what is kept of them between epochs."""

    def __init__(
        self, model: Any, tokenizer: Any, schedule: Schedule, file: Path, digest: str
    ) -> None:
        import torch

        self.model = model.to(best_device("auto"))
        self.tokenizer = tokenizer
        self.schedule = schedule
        self.file = file
        self.digest = digest
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=schedule.rate)
        self.losses: list[float] = []
        self.best = 0
        self.best_weights: dict[str, Any] = {}

    def resume(self) -> None:
        """Go on where another process was interrupted.

        RAISES: InputError if that one had other settings or texts.
        """
        import torch

        if not self.file.is_file():
            return
        kept = torch.load(self.file, map_location="cpu", weights_only=True)
        if kept["digest"] != self.digest:
            raise InputError(
                f"{self.file.parent} is of a training with other settings, texts or another model.",
                hint="Give its command again to go on with it, or delete the folder.",
            )
        self.model.load_state_dict(kept["model"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.losses, self.best = kept["losses"], kept["best"]
        self.best_weights = kept["best_weights"]

    def batches(self, lines: Sequence[Linearised], epoch: int) -> Iterator[list[Linearised]]:
        """The texts in an order of the epoch's own."""
        size = self.schedule.batch_size
        order = Random(f"order {self.schedule.seed} {epoch}").sample(lines, len(lines))
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def epoch(
        self,
        epoch: int,
        batches: Iterable[list[Linearised]],
        dev: Sequence[Linearised],
    ) -> None:
        """Train once on everything, measure, and keep the state."""
        import torch

        rng = Random(f"masks {self.schedule.seed} {epoch}")
        losses = []
        self.model.train()
        # What is drawn in an epoch does not depend on where the process began.
        with torch.random.fork_rng():
            torch.manual_seed(self.schedule.seed * 100_000 + epoch)
            for batch in batches:
                loss = self._loss(batch, rng)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad()
                losses.append(loss.item())
        self.losses.append(self._dev_loss(dev) if dev else sum(losses) / len(losses))
        if not dev or self.losses[-1] == min(self.losses):
            self.best = epoch
            # Without dev texts the weights as they are will do.
            weights = self.model.state_dict() if dev else {}
            self.best_weights = {name: w.detach().cpu().clone() for name, w in weights.items()}
        with atomic_file(self.file) as file:
            torch.save(
                {
                    "digest": self.digest,
                    "model": self.model.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "losses": self.losses,
                    "best": self.best,
                    "best_weights": self.best_weights,
                },
                file,
            )

    def _dev_loss(self, dev: Sequence[Linearised]) -> float:
        """With the same masks each time."""
        import torch

        rng = Random("dev")
        size = self.schedule.batch_size
        self.model.eval()
        with torch.inference_mode():
            found = [
                self._loss(dev[start : start + size], rng).item()
                for start in range(0, len(dev), size)
            ]
        return sum(found) / len(found)

    def _loss(self, batch: Sequence[Linearised], rng: Random) -> Any:
        import torch
        from torch.nn.utils.rnn import pad_sequence

        rows, wanted = [], []
        for line in batch:
            places = [place for pieces in line.pieces.values() for place in pieces]
            masked = [p for p in places if rng.random() < self.schedule.mask_rate]
            masked = masked or [rng.choice(places)]
            ids = torch.tensor(line.ids)
            answers = torch.full_like(ids, _IGNORED)
            answers[masked] = ids[masked]
            ids[masked] = self.tokenizer.mask_token_id
            rows.append(ids)
            wanted.append(answers)
        device = self.model.device
        padding = self.tokenizer.pad_token_id
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        return self.model(
            input_ids=pad_sequence(rows, batch_first=True, padding_value=padding).to(device),
            attention_mask=mask.to(device),
            labels=pad_sequence(wanted, batch_first=True, padding_value=_IGNORED).to(device),
        ).loss

    def publish(self, output: Path) -> None:
        """Write the best model under its name when it is complete."""
        if self.best_weights:
            self.model.load_state_dict(self.best_weights)
        partial = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
        try:
            self.model.save_pretrained(partial)
            self.tokenizer.save_pretrained(partial)
            partial.chmod(0o755)
            os.rename(partial, output)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _digest(
    model: str, schedule: Schedule, lines: Sequence[Linearised], dev: Sequence[Linearised]
) -> str:
    settings = {"model": model, **asdict(schedule)}
    read = [settings, [line.ids for line in lines], [line.ids for line in dev]]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()
