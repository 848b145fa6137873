"""The folder of self-training, opened for one process alone, with a record of the rounds that are done."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import InputError
from ..files import make_folder, read_json, resumed_after_full_disk, write_json
from ..silver.manifest import check_same_settings

FILE = "self-training.json"
FORMAT = 1
MODEL = "model-last"


class Journal:
    """What is done. Each change is written at once.

    output: The folder.
    content (dict): Settings, rounds, and of which round `model` is.
    """

    def __init__(self, output: Path, content: dict[str, Any]) -> None:
        self.output = output
        self.content = content

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """The records of the rounds that are done."""
        return list(self.content["rounds"])

    def folder(self, number: int) -> Path:
        """Where a round is."""
        return self.output / f"round-{number}"

    def silver(self, number: int) -> Path:
        """Where the texts of a round are, as it has labelled them."""
        return self.folder(number) / "silver"

    def last(self) -> tuple[str, str]:
        """The name and the folder of the last model."""
        folder = self.folder(len(self.rounds))
        return folder.name, str(folder / MODEL)

    def add(self, record: dict[str, Any]) -> None:
        """A round is done."""
        self.content["rounds"].append(record)
        self._write()

    def publish(self) -> Path:
        """Copy the last model to `model`, where it appears when it is whole."""
        name, source = self.last()
        model = self.output / "model"
        if self.content["model"] == name and model.is_dir():
            return model
        if not Path(source).is_dir():
            raise InputError(
                f"{source}, the model of the last round, is not there.",
                hint="Name a new folder, to begin again.",
            )
        partial = Path(tempfile.mkdtemp(prefix=".model-", dir=self.output))
        try:
            shutil.copytree(source, partial, dirs_exist_ok=True)
            partial.chmod(0o755)
            shutil.rmtree(model, ignore_errors=True)
            partial.rename(model)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self.content["model"] = name
        self._write()
        return model

    def _write(self) -> None:
        write_json(self.output / FILE, self.content)


@contextmanager
def open_rounds(output: Path, settings: dict[str, Any]) -> Iterator[Journal]:
    """Lock the folder, and check that an earlier run in it had the same settings.

    settings (dict): All that the models depend on.
    RAISES: InputError if it is another folder, or has other settings, or is in use; SetupError if the disk is
        full.
    """
    settings = json.loads(json.dumps(settings))  # as the file has them
    file = output / FILE
    names = [path.name for path in output.iterdir()] if output.is_dir() else []
    is_new = all(name.startswith((".lock", f".{FILE}-")) for name in names)
    if (output.exists() and not output.is_dir()) or not (is_new or file.is_file()):
        raise InputError(
            f"{output} exists and is not the folder of an `xlner self-train`.",
            hint="Name a new folder.",
        )
    make_folder(output)
    try:
        with FileLock(output / ".lock", timeout=0), resumed_after_full_disk(output):
            if is_new:
                begun = {"format": FORMAT, "settings": settings, "rounds": [], "model": None}
                write_json(file, begun)
            content = read_json(file)
            if content.get("format") != FORMAT or not isinstance(content.get("rounds"), list):
                raise InputError(
                    f"{file} is not what this version of xlner self-train writes.",
                    hint="Name a new folder.",
                )
            if not content["rounds"]:
                # No model depends on the earlier settings; the texts' labels check theirs themselves.
                content["settings"] = settings
                write_json(file, content)
            check_same_settings(output, content["settings"], settings)
            yield Journal(output, content)
    except Timeout as error:
        raise InputError(
            f"{output} is being written by another process.", hint="Wait for it to end."
        ) from error
