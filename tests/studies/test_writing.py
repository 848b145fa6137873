from __future__ import annotations

import pytest

from studies import writing
from xlner_spacy.errors import InputError

PAGE = f"# Study\n\nBefore.\n\n{writing.BEGIN}\n\nold\n\n{writing.END}\n\nAfter.\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "PROJECT", tmp_path)
    monkeypatch.setattr(writing, "PAGES", tmp_path)
    (tmp_path / "studies" / "shift").mkdir(parents=True)
    return tmp_path


def test_a_table_goes_into_its_place_on_the_page(project):
    page = project / "shift.md"
    page.write_text(PAGE)
    assert writing.write_page("shift", "| new |") == page
    assert page.read_text() == PAGE.replace("old", "| new |")
    page.write_text("# Study\n")
    with pytest.raises(InputError, match="has no place for a table"):
        writing.write_page("shift", "| new |")
    assert page.read_text() == "# Study\n"


def test_without_a_page_the_table_is_beside_the_config(project):
    file = writing.write_page("shift", "| new |")
    assert file == project / "studies" / "shift" / "results.md"
    assert file.read_text() == "| new |\n"
