"""A page for each language that was measured: docs/languages/*.md.

    python scripts/gallery.py              writes the pages from scripts/gallery.yml and benchmarks/results
    python scripts/gallery.py --examples   finds the examples anew, first (some minutes; the extra offline)

Examples are sentences of NTREX, which may be shown (CC BY-SA 4.0). They are the first ones, up to ten, in which the recogniser finds
in the text itself exactly the entities of the English original, which were labelled by hand and projected. So they are easier than others,
and no measure of anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language

from xlner_spacy import give_translation
from xlner_spacy.files import write_json
from xlner_spacy.ranking.sample_texts import sample_of
from xlner_spacy.text.languages import blank, direction

ROOT = Path(__file__).parents[1]
LANGUAGES = ROOT / "scripts" / "gallery.yml"
RESULTS = ROOT / "benchmarks" / "results"
PAGES = ROOT / "docs" / "languages"
EXAMPLES = PAGES / "examples.json"
SHOWN = 10

Settings = Mapping[str, Any]


def main() -> None:
    given = srsly.read_yaml(LANGUAGES)
    if "--examples" in sys.argv[1:]:
        write_json(
            EXAMPLES,
            {
                code: examples(code, own, given["english"])
                for code, own in given["languages"].items()
            },
        )
    for code, text in pages(given["languages"]).items():
        (PAGES / f"{code}.md").write_text(text, encoding="utf8")


def pages(languages: Mapping[str, Settings]) -> dict[str, str]:
    """By language, its page."""
    shown = srsly.read_json(EXAMPLES)
    return {code: page(code, own, shown.get(code, [])) for code, own in languages.items()}


def examples(
    code: str, settings: Settings, english: Mapping[int, list[list[str]]]
) -> list[dict[str, Any]]:
    """Sentences in which the right entities are found.

    english: By the number of a sentence, the names in the English one and their labels.
    """
    texts, originals = sample_of(code), sample_of("en")
    if not texts:
        return []
    transfer = _pipeline(code, "xl_transfer", {"target_lang": code})
    projector = _pipeline(code, "xl_projector", {"target_lang": code, "own_voice": False})
    found: list[dict[str, Any]] = []
    for number, names in english.items():
        if number in settings.get("leave_out", {}):
            continue
        text, original = texts[number], originals[number]
        given = [
            (original.index(name), original.index(name) + len(name), label) for name, label in names
        ]
        doc = give_translation(projector.make_doc(text), original, entities=given)
        entities = _entities(projector(doc).ents)
        if len(entities) == len(names) and entities == _entities(transfer(text).ents):
            found.append(
                {"number": number, "text": text, "english": original, "entities": entities}
            )
    return found[:SHOWN]


def _pipeline(code: str, name: str, config: dict[str, Any]) -> Language:
    nlp = blank(code)
    nlp.add_pipe(name, config=config)
    return nlp


def _entities(ents: Iterable[Any]) -> list[list[Any]]:
    return [[ent.start_char, ent.end_char, ent.label_] for ent in ents]


def page(code: str, settings: Settings, shown: list[dict[str, Any]]) -> str:
    """The page of a language, Markdown."""
    parts = [
        f"# {settings['name']}",
        "<!-- Made by scripts/gallery.py from scripts/gallery.yml: change it there. -->",
        _how(settings),
        "## Figures",
        _figures(settings),
        "## Use it",
        _code(settings.get("use") or f"xlner project texts.txt out.jsonl --lang {code}"),
        _without_translator(code) if not settings.get("use") else "",
        "## Ship a model",
        _code(settings.get("ship") or _ship(code, settings)),
        _on_shipping(settings),
        "## Examples",
        _examples(code, shown),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _how(settings: Settings) -> str:
    if "sources" not in settings:
        return "No translator was measured: the embedded recogniser reads the text itself."
    return f"Source languages: {settings['sources']}. Translations by {settings['translator']}."


def _figures(settings: Settings) -> str:
    rows = ["| | F1 | 95% interval | data |", "| --- | --- | --- | --- |"]
    for title, file, *keys in settings["figures"]:
        own: Any = srsly.read_json(RESULTS / file)
        for key in keys:
            own = own[key]
        low, high = own["interval"]
        shown = RESULTS / Path(file).with_suffix(".md")
        link = f"[{file}](../../benchmarks/results/{shown.name})"
        rows.append(f"| {title} | {own['f1']:.3f} | {low:.3f} to {high:.3f} | {link} |")
    return "\n".join(
        [f"{settings['gold']}. Exact spans and labels (PER, LOC, ORG), micro F1.", "", *rows]
    )


def _without_translator(code: str) -> str:
    return (
        "This needs a translator (`xlner info --lang "
        f"{code}` says what there is) or texts with translations. Without one, `xl_transfer` reads the text itself:\n\n"
        '```python\nnlp = spacy.blank("xx")\n'
        f'nlp.add_pipe("xl_transfer", config={{"target_lang": "{code}"}})\n```'
    )


def _ship(code: str, settings: Settings) -> str:
    lang = settings.get("data", code)
    source = f" --vars.source_lang {settings['sources']}" if settings.get("sources") == "fr" else ""
    if "data" in settings:
        return f"spacy project run parallel . --vars.lang {lang}{source}"
    own = f" --vars.parallel_spacy_lang {code}" if blank(code).lang == code else ""
    return f"spacy project run parallel-unmeasured . --vars.lang {code}{own}"


def _on_shipping(settings: Settings) -> str:
    if "ship" in settings:
        return "`gold.jsonl`: some texts that you have labelled. Without the options: on the project's sample."
    if "data" in settings:
        return (
            "`XLNER_DATA` names the folder of the parallel texts; with texts of your own: `--vars.parallel pairs.jsonl "
            "--vars.parallel_gold gold.jsonl` ([Workflow](../workflow.md))."
        )
    return (
        "`XLNER_DATA` names a folder with NTREX, whose translations are learnt from; with texts of your own: "
        "`--vars.parallel pairs.jsonl` ([Workflow](../workflow.md))."
    )


def _code(command: str) -> str:
    return f"```bash\n{command}\n```"


def _examples(code: str, shown: list[dict[str, Any]]) -> str:
    if not shown:
        return "None of the texts that we have of this language may be shown here."
    head = (
        f"{len(shown)} sentences of NTREX (CC BY-SA 4.0), as the recogniser reads them: the first ones in which it finds what is labelled by hand in the "
        "English original. So they are easier than others."
    )
    rows = []
    for example in shown:
        text = _marked(example["text"], example["entities"])
        rows.append(
            f'<p lang="{code}" dir="{direction(code)}">{text}<br><small>{escape(example["english"])}</small></p>'
        )
    return "\n\n".join([head, *rows])


def _marked(text: str, entities: list[list[Any]]) -> str:
    parts, end = [], 0
    for start, stop, label in entities:
        parts.append(
            f"{escape(text[end:start])}<b>{escape(text[start:stop])}</b><sub>{escape(label)}</sub>"
        )
        end = stop
    return "".join([*parts, escape(text[end:])])


if __name__ == "__main__":
    main()
