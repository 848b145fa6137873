"""Apertium, rule-based translation: small, fast, and there for languages with little text.

Forcada et al. 2011, "Apertium: a free/open-source platform for rule-based machine translation".

One process translates all texts. It is the pipe of programs that a pair's mode file names,
each told to pass on what it has at a null byte; the `apertium` script itself cannot be kept
alive, as the first program that it starts waits for the end of its input.
https://wiki.apertium.org/wiki/Null_flush
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import langcodes

from ..errors import SetupError, log_failure
from ..models.child_process import Child, ChildFailed
from ..models.description import Description
from ..models.lazy import LazyBackend
from ..settings import check_setting
from ..text.languages import iso639_1

logger = logging.getLogger(__name__)

DATA = "/usr/share/apertium"
# Pairs are named after the language that several standards have in common.
_ALSO = {"sr": "hbs", "hr": "hbs", "bs": "hbs", "ms": "zlm", "no": "nob", "et": "est"}
# Debian's packages of pairs. A pair has one or both directions: `apertium -l` lists them.
_PACKAGES = (
    "afr-nld arg-cat bel-rus br-fr cat-ita cat-srd dan-nor en-gl eng-cat eng-spa eo-ca eo-en eo-es "
    "eo-fr es-gl es-pt es-ro eu-en eu-es fr-es fra-cat fra-frp hbs-eng hbs-mkd hbs-slv ind-zlm "
    "isl-eng isl-swe mkd-bul mkd-eng nno-nob oc-ca oc-es oci-fra pol-szl por-cat pt-gl rus-ukr "
    "spa-arg spa-ast spa-cat spa-ita srd-ita swe-dan swe-nor urd-hin"
)
_SPECIAL = re.compile(r"([\[\]{}^$@\\/<>])")
# What Apertium puts before a word that it does not know, or has no translation or form for.
_MARK = re.compile(r"(?<![\w*@#])[*@#](?=\w)")
# What Apertium's own filter puts behind a text: a full stop that ends it, if nothing does.
_END = ".[][\n]"


class Apertium(LazyBackend):
    """Translates texts with Apertium, one after the other, in one process.

    mode (str): The direction as `apertium -l` names it ("spa-eng_US"). None: the one for the
        languages.
    timeout (float): Seconds that a text may take. Then it is given up: its translation is
        "", and the Doc has the problem "translator gave up".
    data (str): Folder of Apertium's data. None: $APERTIUM_DATADIR or /usr/share/apertium.

    Attribute failures (dict[str, str]): The texts that were given up, and why.
    """

    description: ClassVar[Description] = Description(
        "Apertium's rules",
        binary="apertium",
        install="apt-get install apertium, and the pair: apt-get install apertium-eng-spa",
        model="a language pair (apt-cache search ^apertium-)",
    )

    def __init__(
        self, mode: str | None = None, timeout: float = 10.0, data: str | None = None
    ) -> None:
        check_setting("Apertium", "timeout", timeout, timeout > 0, "greater than 0")
        self.mode = mode
        self.timeout = timeout
        self.data = Path(data) if data else data_folder()
        self.failures: dict[str, str] = {}

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if Apertium or the language pair is not installed."""
        mode = self._mode(from_lang, to_lang)
        answers = [self._translate(text, mode) for text in texts]
        return [_MARK.sub("", a) for a in answers] if self._marks_words(mode) else answers

    def _marks_words(self, mode: str) -> bool:
        """Whether the mode's programs mark words that they do not know, whatever they are told."""
        return "$1" not in (self.data / "modes" / f"{mode}.mode").read_text("utf8")

    def _translate(self, text: str, mode: str) -> str:
        line = " ".join(text.replace("\0", " ").split())
        if not line:
            return ""
        for attempt in ("first", "last"):
            try:
                return self._ask(self._pipe(mode), line)
            except ChildFailed as failure:
                # It may have died of an earlier text, or been killed from outside.
                if attempt == "last" or "no answer" in str(failure):
                    self.failures[text] = str(failure)
                    log_failure(logger, f"Gave up translating ({failure})", text, failure)
                    break
        return ""

    def _ask(self, pipe: Child, line: str) -> str:
        with pipe.answering(self.timeout):
            pipe.input.write((_SPECIAL.sub(r"\\\1", line) + _END + "\0").encode("utf8"))
            pipe.input.flush()
            answer = b""
            while not answer.endswith(b"\0"):
                read = os.read(pipe.output.fileno(), 1 << 16)
                if not read:
                    raise EOFError
                answer += read
        translation = answer[:-1].decode("utf8", errors="replace")
        translation = translation.removesuffix("[][\n]").removesuffix(".")
        return re.sub(r"\\(.)", r"\1", translation).strip()

    def _pipe(self, mode: str) -> Child:
        """The running programs. A forked child must not use its parent's."""
        key = (os.getpid(), mode)
        pipe = self._pipes.get(key)
        if pipe is None or not pipe.is_alive():
            file = self.data / "modes" / f"{mode}.mode"
            script = 'exec bash <(apertium-wblank-mode -z "$1") -n ""'
            # -n: words that it does not know come without marks, as with `apertium -u`.
            pipe = Child(["bash", "-c", script, "apertium", str(file)], {"LC_ALL": "C.UTF-8"})
            try:
                self._ask(pipe, ".")
            except ChildFailed as failure:
                raise SetupError(
                    f"Apertium does not start with the mode {str(file)!r}: {failure}.",
                    hint=f"Try it in a shell: echo text | apertium -u {mode}",
                ) from failure
            self._pipes[key] = pipe
        return pipe

    @cached_property
    def _pipes(self) -> dict[tuple[int, str], Child]:
        return {}

    def _mode(self, from_lang: str, to_lang: str) -> str:
        package = _package(from_lang, to_lang)
        if problem := self.description.missing:
            raise SetupError(
                f"The Apertium translator needs {problem}, which is not installed.",
                hint=f"Install it: apt-get install apertium {package}".rstrip(),
            )
        installed = installed_modes(self.data)
        if self.mode is None:
            mode = find_mode(from_lang, to_lang, installed)
        else:
            mode = self.mode if self.mode in installed else None
        if mode is not None:
            return mode
        wanted = self.mode or f"{from_lang} to {to_lang}"
        raise SetupError(
            f"Apertium has no direction {wanted} in {str(self.data)!r}. "
            f"Installed: {', '.join(installed) or 'none'}.",
            hint=f"Install it: apt-get install {package}"
            if package and not self.mode and not (self.data / package).is_dir()
            else "Pairs are packages: apt-cache search ^apertium-, then for example "
            "apt-get install apertium-eng-spa",
        )


def _package(from_lang: str, to_lang: str) -> str:
    """Debian's package of a pair; "" if there is none."""
    sides = _codes(from_lang), _codes(to_lang)
    for pair in _PACKAGES.split():
        one, other = pair.split("-")
        if any(one in a and other in b for a, b in (sides, sides[::-1])):
            return f"apertium-{pair}"
    return ""


def data_folder() -> Path:
    """The folder of Apertium's data: $APERTIUM_DATADIR or /usr/share/apertium."""
    return Path(os.environ.get("APERTIUM_DATADIR") or DATA)


def is_installed(from_lang: str, to_lang: str) -> bool:
    """Whether Apertium is there with a pair that has this direction."""
    installed = not Apertium.description.missing
    return installed and find_mode(from_lang, to_lang, installed_modes(data_folder())) is not None


def installed_modes(data: Path) -> list[str]:
    """The directions that are installed in a folder of data, by their names."""
    return sorted(path.stem for path in data.glob("modes/*.mode"))


def find_mode(from_lang: str, to_lang: str, modes: Sequence[str]) -> str | None:
    """The direction for two languages, one without a variant ("_US") first; None if there is none."""
    for mode in sorted(modes, key=len):
        sides = [side.split("_")[0] for side in mode.split("-")]
        if len(sides) == 2 and sides[0] in _codes(from_lang) and sides[1] in _codes(to_lang):
            return mode
    return None


def _codes(lang: str) -> set[str]:
    """The names that a language may have in those of modes."""
    short = iso639_1(lang)
    try:
        long = langcodes.Language.get(lang).to_alpha3()
    except LookupError:
        long = short
    both = {"nor"} if short in ("nb", "nn") else set()  # some packages are named after both
    return {short, long, _ALSO.get(short, short), *both}
