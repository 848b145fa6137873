"""A pipeline that was trained to be shipped, beside spaCy's `ner` on the architecture of xlm-roberta-base.

    python -m benchmarks.speed.shipped FOLDER [--words 5000] [--repeats 3] [--texts FILE ...]

FOLDER is a saved pipeline with an `xl_ner` on xlner.Encoder.v1. It runs in each engine, and the other in batches of
each size that its makers use, all of them in turns on the same texts; ratios are to the quickest batch size. The other has
random weights, which take as long as trained ones, and the same tokenizer as the student before it was trimmed. Writes
shipped_speed.json and shipped_speed.md into benchmarks/results.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import spacy
import torch
import transformers
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from threadpoolctl import threadpool_limits
from wasabi import MarkdownRenderer

from xlner_spacy.corpus.texts import read_docs
from xlner_spacy.files import atomic_file
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.models.engines import openvino_is_usable
from xlner_spacy.training.encoder_layer import encoders_of

from .machine import machine
from .timing import in_turns, rate, ratios

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
ASSETS = [ROOT / "assets" / "sample.pt.jsonl", ROOT / "assets" / "gold.pt.jsonl"]
# en_core_web_trf's, that of spaCy's quickstart for a transformer, and the student's.
BATCHES = (64, 128, 256)
ENGINES = ("openvino-bf16", "openvino-int8", "openvino", "torch")
# spaCy's quickstart for NER on a transformer.
TRANSFORMER = {
    "model": {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "tokenizer_config": {"use_fast": True},
        "get_spans": {
            "@span_getters": "spacy-transformers.strided_spans.v1",
            "window": 128,
            "stride": 96,
        },
    }
}
NER = {
    "model": {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": False,
        "tok2vec": {
            "@architectures": "spacy-transformers.TransformerListener.v1",
            "grad_factor": 1.0,
            "pooling": {"@layers": "reduce_mean.v1"},
        },
    }
}


def main() -> None:
    """Measure, and write both files."""
    options = _options()
    if options.threads:
        torch.set_num_threads(options.threads)
        threadpool_limits(options.threads)
    report = {"machine": machine(), **measured(options)}
    text = markdown(report)
    options.out.mkdir(parents=True, exist_ok=True)
    for suffix, content in (("json", json.dumps(report, indent=1) + "\n"), ("md", text)):
        with atomic_file(options.out / f"shipped_speed.{suffix}") as file:
            file.write(content.encode("utf8"))
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.shipped", description=__doc__)
    parser.add_argument("folder", type=Path, help="a saved pipeline with xl_ner")
    parser.add_argument("--words", type=int, default=5000, help="at least so many")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--texts", type=Path, nargs="+", default=ASSETS, help=".jsonl or .txt")
    parser.add_argument("--threads", type=int, help="for all that is compared")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder to write into")
    return parser.parse_args()


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Words a second of each, and how many times as fast as the other the student is."""
    students = {engine: student(options.folder, engine) for engine in _engines()}
    blank = spacy.blank(next(iter(students.values())).lang)
    texts, words = _texts(options.texts, options.words, blank)
    with tempfile.TemporaryDirectory() as folder:
        theirs = transformer_pipeline(Path(folder), blank.lang)
        runs: dict[str, Callable[[], Any]] = {}
        for engine, nlp in students.items():
            runs[f"student, {engine}"] = _run(nlp, texts, nlp.batch_size)
        for size in BATCHES:
            runs[f"xlm-roberta-base, batches of {size}"] = _run(theirs, texts, size)
        for run in runs.values():
            run(4)
        took, _ = in_turns(
            {name: lambda run=run: run(None) for name, run in runs.items()}, options.repeats
        )
    rates = {name: rate(words, turns) for name, turns in took.items()}
    best = max((name for name in runs if name.startswith("xlm")), key=rates.__getitem__)
    return {
        "settings": {"folder": options.folder.name, "repeats": options.repeats},
        "texts": len(texts),
        "words": words,
        "pieces_a_word": _pieces_a_word(students["torch"], texts, words),
        "words_a_second": rates,
        "compared_with": best,
        "times": {name: ratios(took[best], turns) for name, turns in took.items()},
    }


def _engines() -> list[str]:
    return [engine for engine in ENGINES if engine == "torch" or openvino_is_usable()]


def student(folder: Path, engine: str) -> Language:
    """The pipeline, run by an engine."""
    meta = folder / "config.cfg"
    if not meta.is_file() or "xlner.Encoder.v1" not in meta.read_text(encoding="utf8"):
        sys.exit(
            f"{folder} is no saved pipeline with an xlner.Encoder.v1: train one (spacy project run all, "
            "or spacy train configs/ner_student.cfg), and name its model-best."
        )
    nlp = spacy.load(folder)
    for _, pipe in nlp.pipeline:
        for encoder in encoders_of(pipe.model) if hasattr(pipe, "model") else []:
            encoder.engine = engine  # type: ignore[assignment]
    return nlp


def transformer_pipeline(folder: Path, lang: str) -> Language:
    """`ner` on a transformer as large as xlm-roberta-base, with random weights."""
    torch.manual_seed(0)
    sizes = transformers.XLMRobertaConfig(
        vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5
    )
    transformers.XLMRobertaModel(sizes).save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(encoder_path()).save_pretrained(folder)
    nlp = spacy.blank(lang)
    model = {**TRANSFORMER["model"], "name": str(folder)}
    nlp.add_pipe("transformer", config={"model": model})
    nlp.add_pipe("ner", config=NER)
    docs = [nlp.make_doc("Maria vive em Lisboa"), nlp.make_doc("A Petrobras abriu")]
    for doc, (at, label) in zip(docs, ((0, "PER"), (1, "ORG")), strict=True):
        doc.ents = [Span(doc, at, at + 1, label)]
    examples = [Example(Doc(nlp.vocab, [token.text for token in doc]), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    return nlp


def _texts(files: Iterable[Path], least: int, nlp: Language) -> tuple[list[str], int]:
    """Texts of so many words, from the beginning again if there are too few. RETURNS: They, and their words."""
    counted = [
        (doc.text, sum(not token.is_space for token in doc))
        for file in files
        for doc in read_docs(str(file), nlp, nlp.lang)
    ]
    if not any(n for _, n in counted):
        sys.exit(f"There is no word in {', '.join(map(str, files))}.")
    texts: list[str] = []
    words = 0
    while words < least:
        text, n = counted[len(texts) % len(counted)]
        texts.append(text)
        words += n
    return texts, words


def _run(nlp: Language, texts: list[str], batch_size: int) -> Callable[[int | None], None]:
    def run(count: int | None) -> None:
        for _ in nlp.pipe(texts[:count], batch_size=batch_size):
            pass

    return run


def _pieces_a_word(nlp: Language, texts: list[str], words: int) -> dict[str, float]:
    (encoder,) = [
        encoder
        for _, pipe in nlp.pipeline
        if hasattr(pipe, "model")
        for encoder in encoders_of(pipe.model)
    ]
    whole = transformers.AutoTokenizer.from_pretrained(encoder_path()).backend_tokenizer
    tokenizers = {"student": encoder.network.tokenizer, "xlm-roberta-base": whole}
    return {
        name: round(sum(len(t.encode(own, add_special_tokens=False)) for own in texts) / words, 3)
        for name, t in tokenizers.items()
    }


def markdown(report: dict[str, Any]) -> str:
    """The report as a table."""
    own, pieces = report["machine"], report["pieces_a_word"]
    md = MarkdownRenderer()
    md.add(
        f"{own['processor']}, {own['cores']} cores, {own['threads']} threads, torch {own['torch']}, {own['date']}; "
        f"load of the machine at the start {own['load']}."
    )
    md.add(
        f"{report['texts']} texts, {report['words']} words; pieces a word: "
        + ", ".join(f"{name} {n}" for name, n in pieces.items())
        + f". Times as fast as {report['compared_with']}: median (smallest to largest) of "
        f"{report['settings']['repeats']} turns."
    )
    rows = [
        [name, str(rate), *(_spread(report["times"][name][kind]) for kind in ("wall", "cpu"))]
        for name, rate in report["words_a_second"].items()
    ]
    md.add(md.table(rows, ["pipeline", "words/s", "times as fast, wall", "CPU"]))
    return f"{md.text}\n"


def _spread(values: list[float]) -> str:
    middle, smallest, largest = values
    return f"{middle} ({smallest} to {largest})"


if __name__ == "__main__":
    main()
