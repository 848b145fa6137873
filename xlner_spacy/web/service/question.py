"""What may be sent to `POST /project`, and what is wrong with what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Question(BaseModel):
    """One text or many, and what to do with them."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"text": "A Petrobras abriu um escritório em Maputo.", "detail": False}]
        },
    )

    text: str | None = Field(default=None, description="A text. Give this or `texts`.")
    texts: list[str] | None = Field(default=None, description="Several texts.")
    lang: str | None = Field(default=None, max_length=35, description="The texts' language.")
    method: str | None = Field(
        default=None, max_length=50, description="A method, as in GET /languages."
    )
    source_langs: list[str] | None = Field(
        default=None, max_length=8, description="The languages to project from."
    )
    detail: bool = Field(
        default=False,
        description="Also translations, word links, candidates, and what found no place.",
    )

    @model_validator(mode="after")
    def _one_or_many(self) -> Question:
        if (self.text is None) == (self.texts is None):
            raise ValueError('give either "text" or "texts"')
        if self.texts is not None and not self.texts:
            raise ValueError('"texts" is empty')
        if any("\ud800" <= letter <= "\udfff" for text in self.all_texts() for letter in text):
            raise ValueError("a text has half a surrogate pair, which is no character")
        return self

    def all_texts(self) -> list[str]:
        """The texts, in order."""
        return [self.text] if self.text is not None else self.texts or []


class Problem(BaseModel):
    """Something that was not done for a text."""

    stage: str
    reason: str
    detail: str
    start_char: int
    end_char: int
    lang: str


class Entity(BaseModel):
    """An entity of a text. Offsets are in characters (Unicode code points)."""

    start: int
    end: int
    label: str
    text: str
    confidence: float | None = Field(description="0 to 1; null where no component gives one.")
    source: dict[str, Any] | None = Field(description="The entity that it comes from.")


class Result(BaseModel):
    """The answer for a text. With `detail` it has more keys."""

    model_config = ConfigDict(extra="allow")

    entities: list[Entity]
    problems: list[Problem]
    failed: bool = Field(description="Whether the text lost its entities by an error.")


class Answers(BaseModel):
    """The answers for the texts, in their order."""

    lang: str
    method: str
    source_langs: list[str]
    results: list[Result]


class Failure(BaseModel):
    """Why a request was not answered."""

    detail: str


def what_is_wrong(errors: Sequence[Mapping[str, Any]]) -> str:
    """pydantic's errors in a line, without quoting what was sent."""
    parts = []
    for error in errors[:5]:
        place = ".".join(str(part) for part in error["loc"] if part != "body")
        message = str(error["msg"]).removeprefix("Value error, ")
        parts.append(
            f"{place}: {message}" if place and error["type"] != "json_invalid" else message
        )
    more = f" (and {len(errors) - 5} more)" if len(errors) > 5 else ""
    return "; ".join(parts) + more
