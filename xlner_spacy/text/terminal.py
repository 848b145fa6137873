"""Text of users on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with control characters replaced, so that none of it steers the terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def visible(message: str) -> str:
    """A message of several lines, each of them printable."""
    return "\n".join(printable(line) for line in message.split("\n"))
