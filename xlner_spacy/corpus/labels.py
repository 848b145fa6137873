"""Label maps: from a corpus's labels to the ones that are trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import InputError

LabelMap = Mapping[str, str]


def parse_label_map(options: Iterable[str]) -> dict[str, str] | None:
    """A label map from command line options: "PERSON=PER" renames, "DATE=" leaves out,
    "ORG" keeps. None if there are no options: every label stays as it is.

    RAISES: InputError if an option has no label, or a label is there twice.
    """
    labels: dict[str, str] = {}
    for option in options:
        old, equals, new = (part.strip() for part in option.partition("="))
        if not old or old in labels:
            problem = "is there twice" if old else "names no label"
            raise InputError(
                f"Label {option!r} {problem}.",
                hint="Expected PERSON=PER (rename), ORG (keep) or DATE= (leave out), once each.",
            )
        labels[old] = new if equals else old
    return labels or None


def map_label(label: str, labels: LabelMap | None, where: str) -> str:
    """The label to use; "" if it is to be left out.

    where (str): The file and line, for the error.
    RAISES: InputError if the map does not have the label.
    """
    if labels is None:
        return label
    if label not in labels:
        raise InputError(
            f"{where}: the label {label!r} is not in the label map ({', '.join(sorted(labels))}).",
            hint=f'Add it: "{label}=NEW" to rename it, "{label}" to keep it, "{label}=" to leave '
            "it out.",
        )
    return labels[label]
