"""The embedded recogniser: people, places and organisations in the encoder's hundred languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..models.adapters import FINE_TUNED, SKILLS, read_adapter
from ..models.description import Description
from ..models.encoder import shared_encoder
from ..models.encoder_settings import EncoderSettings
from ..models.engines import EngineName
from ..models.hub import load
from ..models.lazy import LazyBackend
from ..models.tagging import Tagged, Tags
from ..settings import check_setting
from ..text.units import Unit, units
from ..types import Mention

# Marks that end a unit, and that no name ends with.
_NOT_LAST = " -‐‑–—/'’"


class _Window(NamedTuple):
    """A part of a text that the model sees at once."""

    text: int  # which text
    start: int  # the character of the text where it begins
    part: str
    offsets: list[tuple[int, int]]  # characters of the part [start, end), for each word piece


class Recogniser(LazyBackend):
    """Finds entities with a BIO token classifier, in raw text of any script.

    Entities have the probability of their tags (geometric mean) as their score.

    model (str): Folder of a token-classification model. None: the embedded recogniser (extra
        `offline`): PER, LOC and ORG, in about a hundred languages.
    window (int): Longer texts are read in windows of at most this many word pieces.
    overlap (int): Word pieces that two windows share; an entity at an edge is read from the
        window that has more text round it.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): Texts encoded at once, at the most.
    engine (str): "torch"; "openvino"; "openvino-int8", twice as fast with weights of 8 bits; "openvino-bf16", faster and
        nearer still on a processor that is made for bfloat16 (AMX).
        "auto": openvino-int8 for the embedded recogniser where OpenVINO is installed and no GPU
        is (docs/speed.md has what that changes), else torch.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "embedded recogniser",
        package="transformers",
        model="a token classifier: embedded (extra offline), or a folder",
        embedded=FINE_TUNED,
    )

    def __init__(
        self,
        model: str | None = None,
        window: int = 384,
        overlap: int = 128,
        device: str = "auto",
        batch_size: int = 64,
        engine: EngineName = "auto",
    ) -> None:
        check_setting("Recogniser", "window", window, 8 <= window <= 500, "from 8 to 500")
        fits = 0 <= overlap < window
        check_setting("Recogniser", "overlap", overlap, fits, "0 or more, less than the window")
        self.model = model
        self.window = window
        self.overlap = overlap
        self.device = device
        self.batch_size = batch_size
        self.engine = engine

    def __call__(self, texts: Sequence[str]) -> list[list[Mention]]:
        """RAISES: SetupError if the model cannot be loaded."""
        windows = list(self._windows(texts))
        encoded = self.encoder.encode((window.part,) for window in windows)
        weights, bias, tags = self._head
        read: list[dict[int, _Reading]] = [{} for _ in texts]
        for window in windows:
            vectors = encoded[(window.part,)]
            found = units(window.part, window.offsets)
            if not found:
                continue
            at = [unit.piece for unit in found]
            logits = (vectors.unit[at] * vectors.norms[at, np.newaxis]) @ weights + bias
            _keep_best(read[window.text], window, found, _log_softmax(logits))
        return [_mentions(text, known, tags) for text, known in zip(texts, read, strict=True)]

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        for n, (text, offsets) in enumerate(zip(texts, self._offsets(texts), strict=True)):
            if len(offsets) <= self.window:
                yield _Window(n, 0, text, offsets)
                continue
            places = self._places(units(text, offsets))
            parts = [text[start:end] for start, end in places]
            for (start, _), part, inside in zip(places, parts, self._offsets(parts), strict=True):
                yield _Window(n, start, part, inside)

    def _places(self, found: Sequence[Unit]) -> list[tuple[int, int]]:
        """The characters [start, end) of each window of a text that is longer than one."""
        places = []
        first = 0
        while True:
            last = first
            while last < len(found) and found[last].piece < found[first].piece + self.window:
                last += 1
            places.append((found[first].start, found[last - 1].end))
            if last == len(found):
                return places
            back = found[last].piece - self.overlap
            first = max(first + 1, next(k for k in range(last + 1) if found[k].piece >= back))

    def _offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """The characters of each word piece of each text."""
        if not texts:
            return []
        encodings = self.encoder.tokenizer(
            [[text] for text in texts],
            is_split_into_words=True,
            add_special_tokens=False,
            truncation=False,
            verbose=False,
        ).encodings
        return [encoding.offsets for encoding in encodings]

    @cached_property
    def encoder(self) -> Any:
        settings = EncoderSettings(
            self.model,
            None,
            device=self.device,
            batch_size=self.batch_size,
            engine=self.engine,
            skill="recogniser",
        )
        return shared_encoder(settings)

    @cached_property
    def _head(self) -> tuple[np.ndarray, np.ndarray, Tags]:
        """The classifier's weights (hidden, tags), its bias (tags), and the tags."""
        if self.model is None:
            adapter = read_adapter(SKILLS["recogniser"])
            weight, bias = (adapter.tensors[f"classifier.{name}"] for name in ("weight", "bias"))
            return weight.numpy().T.copy(), bias.numpy(), Tags(adapter.tags)
        from transformers import AutoModelForTokenClassification

        model = load("recogniser", self.model, AutoModelForTokenClassification.from_pretrained)
        names = [model.config.id2label[n] for n in range(model.config.num_labels)]
        head = model.classifier
        return head.weight.detach().numpy().T.copy(), head.bias.detach().numpy().copy(), Tags(names)


class _Reading(NamedTuple):
    """A unit as one window shows it."""

    unit: Unit  # by the characters of the whole text
    margin: int  # units of the window on its nearer side
    log_probs: np.ndarray


def _keep_best(
    known: dict[int, _Reading], window: _Window, found: list[Unit], log_probs: np.ndarray
) -> None:
    """Of two readings of a unit, that of the window with more text round it is kept."""
    for n, unit in enumerate(found):
        start = window.start + unit.start
        margin = min(n, len(found) - 1 - n)
        if start not in known or margin > known[start].margin:
            place = Unit(start, window.start + unit.end, unit.piece)
            known[start] = _Reading(place, margin, log_probs[n])


def _mentions(text: str, known: dict[int, _Reading], tags: Tags) -> list[Mention]:
    ordered = [known[start] for start in sorted(known)]
    if not ordered:
        return []
    words = [text[reading.unit.start : reading.unit.end] for reading in ordered]
    entities = tags.decode(np.stack([reading.log_probs for reading in ordered]))
    found = []
    for entity in _whole(entities, words):
        start, end = ordered[entity.start].unit.start, ordered[entity.end - 1].unit.end
        end = start + len(text[start:end].rstrip(_NOT_LAST))
        if start < end:
            found.append(Mention(start, end, entity.label, entity.probability))
    return found


def _whole(entities: Sequence[Tagged], words: Sequence[str]) -> list[Tagged]:
    """No name ends in a short word in small letters ("Court of Justice of"): it goes on with the next
    entity, if that is of the same label and only such words lie between; if not, it ends before."""
    found: list[Tagged] = []
    for entity in entities:
        before = found[-1] if found else None
        if (
            before is not None
            and before.label == entity.label
            and _is_open(before.start, before.end, words)
            and all(map(_is_short, words[before.end : entity.start]))
        ):
            probability = min(before.probability, entity.probability)
            found[-1] = Tagged(before.start, entity.end, entity.label, probability)
        else:
            found.append(entity)
    return [_without_last(entity, words) for entity in found]


def _without_last(entity: Tagged, words: Sequence[str]) -> Tagged:
    end = entity.end
    while _is_open(entity.start, end, words):
        end -= 1
    return entity._replace(end=end)


def _is_open(start: int, end: int, words: Sequence[str]) -> bool:
    """Whether the name [start, end) ends in such a word. In small letters altogether, as in a text
    without capitals, it does not; so a name always keeps its first word."""
    return not words[start].islower() and _is_short(words[end - 1])


def _is_short(word: str) -> bool:
    return len(word) <= 3 and word.isalpha() and word.islower()


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    found: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found
