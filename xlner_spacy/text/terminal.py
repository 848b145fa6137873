"""Text of users where it could steer what shows it: on a terminal, and on a page."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with control characters replaced, so that none of it steers the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def drawable(text: str) -> str:
    """The text for a page: without control characters, and without those that turn the direction of
    what follows. As long as before, so that offsets stay."""
    return text.translate(_NOT_DRAWN)


_NOT_DRAWN = dict.fromkeys(
    [
        *(c for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in "\t\n\r"),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ],
    "\ufffd",
)


def visible(message: str) -> str:
    """A message of several lines, each of them printable."""
    return "\n".join(printable(line) for line in message.split("\n"))
