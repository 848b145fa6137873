"""Importing the package is quick: it loads nothing that a part might need."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys

class NoTorch:
    \"\"\"spaCy imports torch where it is installed; here it is not.\"\"\"

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError(name)

sys.meta_path.insert(0, NoTorch())
import spacy
before = set(sys.modules)
import xlner_spacy
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_what_is_imported_beside_spacy():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"xlner_spacy", "langcodes"}
