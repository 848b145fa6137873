"""Reading gold corpora in columns: CoNLL-2002 and 2003, UNER's .iob2, PAN-X, MasakhaNER."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from spacy.training.iob_utils import iob_to_biluo, tags_to_entities

from ..errors import InputError
from ..files import existing
from .preparations import Preparation
from .texts import decoded

_TAG = re.compile(r"O|[BIESULM]-\S+")
_PANX = re.compile(r"[a-z]{2,3}(-[a-z]+)*:(?=.)", re.DOTALL)
_COMMENT = re.compile(r"#\s*(\w+)\s*=?\s*(.*)")


@dataclass(frozen=True)
class GoldSentence:
    """A tokenised sentence with its gold entities."""

    words: list[str]
    entities: list[tuple[int, int, str]]  # token span [start, end) and label
    text: str | None  # as it was before tokenisation, where the file says so
    sent_id: str | None
    line: int  # where it begins in the file


def read_conll(path: Path) -> list[GoldSentence]:
    """The sentences of a file, all at once. See `stream_conll`."""
    return list(stream_conll(path))


def stream_conll(path: Path, prepare: Preparation | None = None) -> Iterator[GoldSentence]:
    """The sentences of a file, in order, one at a time.

    Two layouts are told apart, sentence by sentence: `token ... TAG` in two or more columns
    (tabs or spaces between; the columns in the middle are not used), and
    `id TAB token TAB TAG TAB ...` as in UNER, with `# sent_id = ` and `# text = ` lines.
    Tags are IOB1, IOB2 or BILUO/IOBES with any labels; `B-O`, `I-O` and `-OTH` (UNER's
    marks of what is no entity) are read as O. `-DOCSTART-` lines are left out, and so is
    PAN-X's prefix of a language code (`en:word`) where every token of a sentence has it.

    prepare: Makes lines of such columns of a file of another format; errors count its lines.
    RAISES: InputError naming the file, the line and what was expected there.
    """
    file = existing(path)
    prefix = None
    found = False
    with file.open("rb") as lines:
        own = decoded(lines, str(file))
        for block in _blocks(prepare(own) if prepare else own):
            sentence = _sentence(file, block)
            if sentence is not None:
                found = True
                prefix = _language_prefix(sentence.words) or prefix
                yield _without(prefix, sentence)
    if not found:
        raise InputError(f"{file}: has no sentences.", hint="Expected lines of token and tag.")


def _blocks(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if line.strip(" \t"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _sentence(file: Path, block: list[tuple[int, str]]) -> GoldSentence | None:
    rows = [(number, line, _cells(line)) for number, line in block]
    has_ids = _has_ids([cells for _, _, cells in rows if len(cells) > 1])
    words: list[str] = []
    tags: list[str] = []
    comments = {}
    for number, line, cells in rows:
        if line.split()[0] == "-DOCSTART-":
            continue
        word, tag = (cells[1], cells[2]) if has_ids and len(cells) > 2 else (cells[0], cells[-1])
        if len(cells) > 1 and word and _TAG.fullmatch(tag):
            words.append(word)
            tags.append(tag)
            continue
        comment = _COMMENT.fullmatch(line.strip())
        if not comment:
            raise InputError(
                f"{file}, line {number}: {line[:60]!r} is not a token and its tag.",
                hint="Expected 'token TAG' or 'id TAB token TAB TAG', where TAG is O, B-LABEL or "
                "I-LABEL, and a blank line between sentences.",
            )
        comments[comment.group(1)] = comment.group(2)
    if not words:
        return None
    return GoldSentence(
        words=words,
        entities=entities_of_tags(tags, f"{file}, sentence of line {block[0][0]}"),
        text=comments.get("text"),
        sent_id=comments.get("sent_id"),
        line=block[0][0],
    )


def _language_prefix(words: list[str]) -> str | None:
    """PAN-X's prefix, if it is there: all tokens of a sentence have the same one (and one
    token alone, "a:b", proves nothing)."""
    matches = [_PANX.match(word) for word in words]
    prefixes = {match.group() if match else None for match in matches}
    return prefixes.pop() if len(words) > 1 and len(prefixes) == 1 else None


def _without(prefix: str | None, sentence: GoldSentence) -> GoldSentence:
    if prefix is None or not all(word.startswith(prefix) for word in sentence.words):
        return sentence
    return replace(sentence, words=[word[len(prefix) :] for word in sentence.words])


def _cells(line: str) -> list[str]:
    """Columns are parted by tabs, or by spaces where there is no tab. A no-break space is
    part of a token."""
    cells = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
    return [*cells[:-1], cells[-1].strip()]


def _has_ids(rows: list[list[str]]) -> bool:
    """Whether the first column counts the tokens of the sentence: 1, 2, 3 ..."""
    numbered = [cells for cells in rows if not cells[0].startswith("#")]
    return bool(numbered) and all(
        cells[0] == str(n) and len(cells) > 2 and _TAG.fullmatch(cells[2].strip()) is not None
        for n, cells in enumerate(numbered, 1)
    )


def entities_of_tags(tags: list[str], where: str) -> list[tuple[int, int, str]]:
    """Token spans [start, end) with labels, of IOB1, IOB2, BILUO or IOBES tags.

    where (str): The file and line, for the error.
    RAISES: InputError if one is no tag.
    """
    strange = [tag for tag in tags if not _TAG.fullmatch(tag)]
    if strange:
        raise InputError(
            f"{where}: bad tags ({', '.join(map(repr, strange[:5]))}).",
            hint="Expected O, B-LABEL or I-LABEL.",
        )
    try:
        found = tags_to_entities(iob_to_biluo([_to_iob(tag) for tag in tags]))
    except (ValueError, AssertionError) as error:
        raise InputError(f"{where}: bad tags ({error}).") from error
    return [(start, end + 1, label) for label, start, end in found]


def _to_iob(tag: str) -> str:
    if tag == "O" or tag[2:] in ("O", "OTH"):
        return "O"
    return {"E": "I", "M": "I", "L": "I", "S": "B", "U": "B"}.get(tag[0], tag[0]) + tag[1:]
