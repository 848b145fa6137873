"""What makes parts on another machine: a pipeline that is described, sent and checked."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import import_file
from spacy.vocab import Vocab
from thinc.api import Config

from ...errors import SetupError
from ...pipeline.component import StageComponent, go_on_after_failures
from ...pipeline.loading import from_config
from ...settings import differences
from ...text.languages import blank
from ...text.memory import memory_zone
from .. import manifest
from ..build_options import BuildOptions
from ..part import make_part, make_workshop
from ..planning import PlannedPart
from ..selection import Selection
from ..shards import MadePart, pack
from .engine import Order

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PackedPart:
    """A part on its way to a worker.

    texts (bytes): Its input texts, as a DocBin.
    user_data (bytes): Of each of them, as msgpack. (A DocBin looks its encoders up anew for each text, which takes
        longer than all else that is done to plan it.)
    """

    number: int
    n_texts: int
    texts: bytes
    user_data: bytes
    repeats: list[str | None]
    input_sha256: str


def pack_part(part: PlannedPart) -> PackedPart:
    """A part that outlives the vocabulary that its texts were made in."""
    texts = DocBin(docs=part.docs).to_bytes()
    user_data = srsly.msgpack_dumps([dict(doc.user_data) for doc in part.docs])
    return PackedPart(
        part.number, len(part.docs), texts, user_data, part.repeats, part.input_sha256
    )


def unpack_docs(part: PackedPart, vocab: Vocab) -> list[Doc]:
    """The input texts of a part."""
    docs = list(DocBin().from_bytes(part.texts).get_docs(vocab))
    user_data = srsly.msgpack_loads(part.user_data, use_list=False)
    for doc, data in zip(docs, user_data, strict=True):
        doc.user_data.update(data)
    return docs


@dataclass(frozen=True)
class Blueprint:
    """All that it takes to make parts.

    config (str), data (bytes): The pipeline's, and what its components have learnt.
    code (str): Python code that registers functions which the config names; "" for none.
    settings (dict): What the pipeline's results depend on, as it is where the build was started.
    """

    config: str
    data: bytes
    code: str
    options: BuildOptions
    selection: Selection
    settings: dict[str, Any]


def blueprint(order: Order, code: Path | None) -> Blueprint:
    """RAISES: SetupError for a pipeline with parts that its config does not describe."""
    nlp = order.workshop.nlp
    for name, component in nlp.pipeline:
        if isinstance(component, StageComponent) and component.replaced:
            raise SetupError(
                f"{', '.join(component.replaced)} of {name!r} was set with use(...): it cannot be sent to "
                "workers.",
                hint="Register a function, name it in the config, and give its file as --code.",
            )
    return Blueprint(
        nlp.config.to_str(),
        nlp.to_bytes(),
        code.read_text(encoding="utf8") if code else "",
        order.workshop.options,
        order.workshop.selection,
        json.loads(json.dumps(order.settings)),
    )


class PartMaker:
    """Makes parts by a blueprint.

    RAISES: SetupError if this machine would make something else of them than the one where the
        build was started; XlnerError if the pipeline cannot be made here.
    """

    def __init__(self, plan: Blueprint) -> None:
        if plan.code:
            _run(plan.code)
        nlp = from_config(Config().from_str(plan.config), "The pipeline that was sent")
        # What differs between the machines is found before data is read that does not fit.
        _check_same(nlp, plan.settings)
        nlp.from_bytes(plan.data)
        go_on_after_failures(nlp)
        self._workshop = make_workshop(nlp, plan.options, plan.selection)
        self._reader: Language = blank(self._workshop.source_lang)

    def make(
        self, part: PackedPart, progress: Callable[[int], object] = lambda n: None
    ) -> MadePart:
        """The same as `LocalEngine` makes of it."""
        labelled = self._workshop.options.mode == "translate-train"
        owner = self._reader if labelled else self._workshop.nlp
        with memory_zone(self._workshop.nlp, self._reader):
            made = make_part(unpack_docs(part, owner.vocab), part.repeats, self._workshop, progress)
            return MadePart(part.number, part.input_sha256, pack(made.docs), made.record)


def _run(code: str) -> None:
    """Run a Python file of the user's, as --code does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "code.py")
        file.write_text(code, encoding="utf8")
        import_file("python_code", file)


def _check_same(nlp: Language, settings: dict[str, Any]) -> None:
    found = differences(
        settings, json.loads(json.dumps(manifest.pipeline_settings(nlp))), words=("here", "there")
    )
    if found:
        raise SetupError(
            "A worker would not make what this machine makes:\n  " + "\n  ".join(found),
            hint="Install the same versions on all machines, and put the files that the config names under "
            "the same paths.",
        )
