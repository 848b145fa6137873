"""Labelled files that are not yet columns of token and tag: their lines, as `stream_conll` reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

Preparation = Callable[[Iterable[str]], Iterator[str]]

_MENTION = "@"
_ENDS, _GLUED = "EndOfSentence", "NoSpaceAfter"


def hipe(lines: Iterable[str]) -> Iterator[str]:
    """HIPE-2022's documents of OCR (TSV with a header): the tags of NE-COARSE-LIT, cut into sentences where
    the last column has EndOfSentence, but not within an entity, and spaced as its NoSpaceAfter says.

    Documents without that mark stay whole; they may have thousands of tokens.
    """
    rows: list[tuple[str, str, bool]] = []  # token, tag, whether a space follows
    at_end = False
    for line in lines:
        cells = line.split("\t")
        if len(cells) < 3:  # an empty line, or a comment
            yield from _sentence(rows)
            rows = []
            continue
        if cells[:2] == ["TOKEN", "NE-COARSE-LIT"]:
            continue
        if at_end and not cells[1].startswith("I-"):
            yield from _sentence(rows)
            rows = []
        rows.append((cells[0], cells[1], _GLUED not in cells[-1]))
        at_end = _ENDS in cells[-1]
    yield from _sentence(rows)


def _sentence(rows: list[tuple[str, str, bool]]) -> Iterator[str]:
    if rows:
        text = "".join(f"{token} " if space else token for token, _, space in rows)
        yield f"# text = {text.strip()}"
        yield from (f"{token}\t{tag}" for token, tag, _ in rows)
        yield ""


def broad_twitter(lines: Iterable[str]) -> Iterator[str]:
    """The Broad Twitter Corpus without what it alone calls entities: user mentions, an "@" that begins an
    entity and the name after it, are deleted (they are most of its entities, each of them two). So are its tokens
    that are line ends, which it writes as two lines.
    """
    held = ""  # a blank line that may be half such a token
    after_mention = False
    for line in lines:
        token, _, tag = line.partition("\t")
        if not token.strip() and tag:
            held = ""
        elif line and not line.strip():
            held = line
        elif after_mention and line:
            after_mention = False
        elif token == _MENTION and tag.startswith("B-"):
            after_mention = True
        else:
            after_mention = False
            if held:
                yield ""
                held = ""
            yield line


PREPARATIONS: dict[str, Preparation] = {"hipe": hipe, "broad_twitter": broad_twitter}
