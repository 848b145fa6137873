"""eflomal (Östling & Tiedemann 2016): statistical alignment, for languages no encoder knows.

It learns from the sentence pairs themselves which words go together. A batch of a few
hundred pairs is too little to learn that from, so priors are learnt once from a bitext
(`xlner train-aligner`), and batches are aligned with them.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ..errors import InputError, SetupError, install_hint
from ..files import atomic_file, check_place
from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..settings import check_choice, check_setting
from ..types import Link
from .symmetrized import DEFAULT, Heuristic, symmetrize


class Eflomal:
    """Aligns words with eflomal, lower-cased, in both directions.

    A link's confidence is 1 where both directions have it, else 0.5: eflomal gives none.
    It draws samples: two runs may differ in some links.

    priors (str): A file that `xlner train-aligner` has written. None: each batch is aligned
        by itself, which is poor unless it has thousands of pairs.
    heuristic (str): How both directions are combined: see `xlner.Symmetrized.v1`.
    iterations (float): Times eflomal's own number of iterations, which is made for aligning
        without priors. None: 0.1 with priors (ten times as fast, and no worse), else 1.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "eflomal",
        package="eflomal",
        module="eflomal",
        extra="eflomal",
    )

    def __init__(
        self,
        priors: str | None = None,
        heuristic: Heuristic = DEFAULT,
        iterations: float | None = None,
    ) -> None:
        check_choice("Eflomal", "heuristic", heuristic, Heuristic)
        if iterations is None:
            iterations = 1.0 if priors is None else 0.1
        check_setting("Eflomal", "iterations", iterations, iterations > 0, "greater than 0")
        self.priors = priors
        self.heuristic = heuristic
        self.iterations = iterations

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted.

        RAISES: SetupError if eflomal is not installed or the file of priors is not one.
        """
        if not pairs:
            return []
        sources, targets = _lines(pairs)
        priors = self._priors()
        try:
            forward, backward = _align(sources, targets, priors, self.iterations)
        except (IndexError, TypeError, ValueError) as error:  # eflomal's, for lines of other kinds
            if priors is None:
                raise
            raise self._unusable("it has lines that eflomal does not know") from error
        return [
            symmetrize(_links(one), _links(other), self.heuristic)
            for one, other in zip(forward, backward, strict=True)
        ]

    def _priors(self) -> list[str] | None:
        if self.priors is None:
            return None
        try:
            lines = Path(self.priors).read_text(encoding="utf8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(error) from error
        if not lines:
            raise self._unusable("it is empty")
        return lines

    def _unusable(self, reason: object) -> SetupError:
        return SetupError(
            f"The aligner cannot use {self.priors!r} as its priors ({reason}).",
            hint="Write them with: xlner train-aligner BITEXT PRIORS",
        )


def train_priors(pairs: Iterable[Pair], path: Path) -> int:
    """Learn from a bitext which words go together, and write it to a file.

    pairs: (source words, target words) of many sentence pairs; ten thousand are a start.
    path: The file of priors, in eflomal's format. It appears when it is complete.
    RETURNS: How many pairs it was learnt from.
    RAISES: SetupError if eflomal is not installed; InputError if there are no pairs or the
        file cannot be written.
    """
    check_place(path)
    sources, targets = _lines(list(pairs))
    if not sources:
        raise InputError("There are no sentence pairs to learn from.")
    forward, backward = _align(sources, targets, None, 1.0)
    eflomal = _eflomal()
    priors = eflomal.calculate_priors(sources, targets, forward, backward)
    with atomic_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf8", newline="\n")
        eflomal.write_priors(text, *priors)
        text.detach()
    return len(sources)


def _eflomal() -> Any:
    try:
        import eflomal
    except ImportError as error:
        raise SetupError(
            "The aligner eflomal is not installed.",
            hint=f"{install_hint('eflomal')} (it is compiled: a C compiler must be there, "
            "on Debian: apt-get install build-essential python3-dev)",
        ) from error
    return eflomal


def _align(
    sources: list[str], targets: list[str], priors: list[str] | None, iterations: float
) -> tuple[list[str], list[str]]:
    """eflomal's links of both directions, a line "0-0 1-2" a pair, source word first."""
    aligner = _eflomal().Aligner(rel_iterations=iterations)
    with tempfile.TemporaryDirectory(prefix="xlner-eflomal-") as folder:
        forward, backward = Path(folder, "forward"), Path(folder, "backward")
        aligner.align(sources, targets, str(forward), str(backward), priors_input=priors)
        return forward.read_text().splitlines(), backward.read_text().splitlines()


def _lines(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    """Both sides, one line per sentence, words separated by blanks."""
    return [_line(source) for source, _ in pairs], [_line(target) for _, target in pairs]


def _line(words: Sequence[str]) -> str:
    """A blank inside a word would make two of it."""
    return " ".join("_".join(word.lower().split()) or "_" for word in words)


def _links(line: str) -> list[Link]:
    pairs = (link.split("-") for link in line.split())
    return [Link(int(source), int(target), 1.0) for source, target in pairs]
