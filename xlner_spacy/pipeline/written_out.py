"""Parts that were chosen for the user, in the config of the pipeline: a saved pipeline does the
same wherever it is loaded, whatever is installed there and whatever the defaults are by then.
"""

from __future__ import annotations

from typing import Any

from spacy.language import Language
from spacy.util import registry
from thinc.api import Config

from . import defaults


def default_part(nlp: Language, name: str, path: tuple[str, ...], choice: defaults.Choice) -> Any:
    """The part of a default, whose block is put into the config of the component `name`, which
    is being created.

    path (tuple[str, ...]): The block's name in the component's config, behind the names of those
        that it is inside of.
    """
    _completed(nlp, name).chosen[path] = registry.fill({"part": choice.block})["part"]
    return defaults.build(path[-1], choice)


def default_setting(nlp: Language, name: str, key: str, value: bool) -> bool:
    """The value of a setting that is chosen for the user, put into the config in the same way."""
    _completed(nlp, name).chosen[key,] = value
    return value


def _completed(nlp: Language, name: str) -> _Completed:
    configs = nlp._pipe_configs
    if not (isinstance(configs, _Completed) and configs.name == name):
        configs = nlp._pipe_configs = _Completed(nlp, name)
    return configs


class _Completed(dict[str, Config]):
    """Stands in for the configs of a pipeline's components while one of them is created.

    spaCy keeps a component's config when its factory has returned: with null for what the
    factory chose. That config is completed here, and the plain dict is put back.
    """

    def __init__(self, nlp: Language, name: str) -> None:
        super().__init__(nlp._pipe_configs)
        self.nlp = nlp
        self.name = name
        self.chosen: dict[tuple[str, ...], defaults.Block | bool] = {}

    def __setitem__(self, name: str, config: Config) -> None:
        if name == self.name:
            for path, block in self.chosen.items():
                _complete(config, path, block)
        self.nlp._pipe_configs = {**self, name: config}


def _complete(config: dict[str, Any], path: tuple[str, ...], block: defaults.Block | bool) -> None:
    for key in path[:-1]:
        config = config[key]
    if config.get(path[-1]) is None:
        config[path[-1]] = block
