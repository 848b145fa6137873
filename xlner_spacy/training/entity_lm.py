"""A masked language model that writes names: MELM (Zhou et al. 2022), reimplemented from its
description.

Texts are linearised with label tokens round the words of entities, so that the model knows which
label a masked piece must go with: "<B-PER> Ana <B-PER> <I-PER> Sousa <I-PER> vive em ...".
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from ..errors import SetupError
from ..models.hub import best_device, load
from ..models.lazy import LazyBackend
from ..perturbations.labelled import NEW, Edit, Labelled, edited
from ..perturbations.word_draws import tags

WHAT = "masked language model"
# Words that have to do with a label, whose vectors its tokens begin with.
_RELATED = {
    "PER": "person",
    "LOC": "location",
    "ORG": "organization",
    "GPE": "country",
    "MISC": "miscellaneous",
}


class Linearised(NamedTuple):
    """A text as the model reads it.

    ids: The word pieces, label tokens and special tokens.
    pieces: For each word of an entity, by its number, where its pieces are.
    """

    ids: list[int]
    pieces: dict[int, range]


def label_token(tag: str) -> str:
    """The token of a tag, "<B-PER>"."""
    return f"<{tag}>"


def label_tokens(labels: Iterable[str]) -> list[str]:
    """The tokens of labels, in order."""
    return [label_token(f"{prefix}-{label}") for label in sorted(labels) for prefix in "BI"]


class Linearizer:
    """Texts to word pieces.

    tokenizer: A fast one of transformers, with the label tokens.
    longest (int): How many pieces the model takes.
    """

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self.tokenizer = tokenizer
        self.longest = longest
        special = tokenizer("").input_ids
        self._head, self._tail = special[:1], special[1:]
        self._known: dict[str, list[int]] = {}

    def __call__(self, text: Labelled) -> Linearised | None:
        """None for a text that is too long.

        RAISES: SetupError for a label that the model was not trained on.
        """
        tag_of = dict(tags(text))
        ids = list(self._head)
        pieces: dict[int, range] = {}
        for number, word in enumerate(text.words):
            of_word = self._pieces(word)
            tag = tag_of.get(number, "O")
            if tag == "O" or not of_word:
                ids += of_word
                continue
            mark = self._label(tag)
            ids.append(mark)
            pieces[number] = range(len(ids), len(ids) + len(of_word))
            ids += [*of_word, mark]
        ids += self._tail
        return None if len(ids) > self.longest else Linearised(ids, pieces)

    def _pieces(self, word: str) -> list[int]:
        if word not in self._known:
            # Some tokenizers tell a word's beginning by the space before it.
            found = self.tokenizer(f" {word}", add_special_tokens=False).input_ids
            self._known[word] = list(found)
        return self._known[word]

    def _label(self, tag: str) -> int:
        known = self.tokenizer.get_added_vocab()
        if label_token(tag) not in known:
            labels = sorted({token[3:-1] for token in known if token[:3] in ("<B-", "<I-")})
            raise SetupError(
                f"The {WHAT} was not trained on the label {tag[2:]!r} ({', '.join(labels)}).",
                hint="Train it on a corpus with this label, or leave the label out of the texts.",
            )
        return int(known[label_token(tag)])


def add_labels(model: Any, tokenizer: Any, labels: Iterable[str]) -> None:
    """Give a model and its tokenizer the tokens of labels, with the vectors of related words."""
    import torch

    tokenizer.add_tokens(label_tokens(labels), special_tokens=True)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    vectors = model.get_input_embeddings().weight
    with torch.no_grad():
        for label in labels:
            word = _RELATED.get(label, label.lower())
            related = tokenizer(f" {word}", add_special_tokens=False).input_ids
            for token in label_tokens([label]) if related else ():
                place = tokenizer.convert_tokens_to_ids(token)
                vectors[place] = vectors[related].mean(dim=0)


def longest_input(model: Any, tokenizer: Any) -> int:
    """How many pieces a model takes; two of XLM-R's positions are for no piece."""
    return int(min(model.config.max_position_embeddings - 2, tokenizer.model_max_length))


def load_masked_lm(name: str | Path) -> tuple[Any, Any]:
    """A masked language model of the Hub or a folder, and its tokenizer.

    RAISES: SetupError if it cannot be had, or is no such model.
    """
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    tokenizer = load(WHAT, str(name), AutoTokenizer.from_pretrained)
    model = load(WHAT, str(name), AutoModelForMaskedLM.from_pretrained)
    if tokenizer.mask_token_id is None:
        raise SetupError(f"{name} has no token for what is masked: it is no {WHAT}.")
    return model, tokenizer


class EntityLM(LazyBackend):
    """A trained MELM.

    folder (str): What `xlner train-melm` wrote.
    device (str): "auto", "cpu", "cuda", ...
    """

    def __init__(self, folder: str, device: str = "auto") -> None:
        self.folder = folder
        self.device = device

    @cached_property
    def _loaded(self) -> tuple[Any, Linearizer]:
        model, tokenizer = load_masked_lm(self.folder)
        model.to(best_device(self.device)).eval()
        return model, Linearizer(tokenizer, longest_input(model, tokenizer))

    @cached_property
    def _may_stand(self) -> tuple[Any, Any]:
        """For each piece whether it may begin a word, and whether it may continue one, in a name."""
        import torch

        model, linearizer = self._loaded
        size = model.get_input_embeddings().weight.shape[0]
        begins, goes_on = torch.zeros(size).bool(), torch.zeros(size).bool()
        tokenizer = linearizer.tokenizer
        pieces = tokenizer.convert_ids_to_tokens(list(range(min(len(tokenizer), size))))
        mark, means_begin = _word_mark(pieces)
        special = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}
        for number, piece in enumerate(pieces):
            written = tokenizer.convert_tokens_to_string([piece]).strip("# ")
            usable = written and "\ufffd" not in written and any(map(str.isalnum, written))
            if number in special or not usable:
                continue
            begin = piece.startswith(mark) == means_begin
            begins[number], goes_on[number] = begin or not mark, not begin or not mark
        return begins, goes_on

    def rewrite(self, text: Labelled, rng: Random, masked: float, top: int) -> Labelled:
        """A text with other names: of each entity some pieces are masked, and written anew by the
        model.

        What cannot be written as one word is left as it was, so no name gets empty.

        masked (float): The share of an entity's pieces that are masked on average, 0 to 1; one at
            least.
        top (int): The piece is drawn from the model's so many best, without the one that was there.
        """
        line = self._loaded[1](text)
        if line is None:
            return text
        places = [
            place
            for number in range(len(text.entities))
            for place in self._masked(text, number, line, rng, masked)
        ]
        if not places:
            return text
        written = self._fill(line, places, rng, top)
        edits = []
        for number, pieces in line.pieces.items():
            old = [line.ids[place] for place in pieces]
            new = [written[place] for place in pieces]
            word = self._word(new) if new != old else ""
            if word and word != text.words[number]:
                edits.append(Edit(number, number + 1, (word,), (False,), (NEW,)))
        changed = {edit.start for edit in edits}
        replaced = [
            number
            for number, (start, end, _) in enumerate(text.entities)
            if not changed.isdisjoint(range(start, end))
        ]
        return edited(text, edits, replaced)

    def _masked(
        self, text: Labelled, entity: int, line: Linearised, rng: Random, share: float
    ) -> list[int]:
        """Which pieces of an entity are masked: round(N(share x n, 1)) of the n that can be."""
        begins, goes_on = self._may_stand
        unknown = self._loaded[1].tokenizer.unk_token_id
        start, end, _ = text.entities[entity]
        usable = []
        for number in range(start, end):
            pieces = line.pieces.get(number, range(0))
            if unknown not in [line.ids[place] for place in pieces]:
                usable += [p for p in pieces if begins[line.ids[p]] or goes_on[line.ids[p]]]
        if not usable:
            return []
        wanted = round(rng.gauss(share * len(usable), 1))
        return rng.sample(usable, min(max(wanted, 1), len(usable)))

    def _fill(self, line: Linearised, places: list[int], rng: Random, top: int) -> dict[int, int]:
        """The pieces by their places, those that are masked drawn anew, each of its own kind."""
        import torch

        model, linearizer = self._loaded
        begins, goes_on = self._may_stand
        ids = torch.tensor([line.ids])
        ids[0, places] = linearizer.tokenizer.mask_token_id
        with torch.inference_mode():
            scores = model(input_ids=ids.to(model.device)).logits[0, places].float().cpu()
        written = dict(enumerate(line.ids))
        for place, row in zip(places, scores, strict=True):
            old = line.ids[place]
            row = row.masked_fill(~(begins if begins[old] else goes_on), float("-inf"))
            row[old] = float("-inf")
            best = row.topk(min(top, len(row)))
            drawn = [
                piece
                for piece, score in zip(best.indices.tolist(), best.values.tolist(), strict=True)
                if score > float("-inf")
            ]
            if drawn:
                written[place] = rng.choice(drawn)
        return written

    def _word(self, pieces: list[int]) -> str:
        """The word that pieces make; "" if they make none."""
        tokenizer = self._loaded[1].tokenizer
        word: str = tokenizer.decode(pieces, clean_up_tokenization_spaces=False).strip()
        usable = "\ufffd" not in word and not any(map(str.isspace, word))
        return word if usable and any(map(str.isalnum, word)) else ""


def _word_mark(pieces: list[str]) -> tuple[str, bool]:
    """How a tokenizer marks pieces: the mark, and whether it means the beginning of a word; "" if
    it is not known."""
    for mark, means_begin in (("##", False), ("▁", True), ("Ġ", True)):
        if sum(piece.startswith(mark) for piece in pieces) > len(pieces) / 50:
            return mark, means_begin
    return "", True
