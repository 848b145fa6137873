"""Puts the template of `xlner init project` into the wheel: the project file and what its commands read, which lie beside
the package. All else is in setup.cfg."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
PATTERNS = (HERE / "xlner_spacy" / "cli" / "template.txt").read_text(encoding="utf8").split()


class BuildWithTemplate(build_py):
    def run(self):
        super().run()
        if self.editable_mode:  # the files are read where they lie
            return
        for pattern in PATTERNS:
            for file in sorted(HERE.glob(pattern)):
                target = Path(self.build_lib) / "xlner_spacy" / "template" / file.relative_to(HERE)
                self.mkpath(str(target.parent))
                self.copy_file(str(file), str(target))


setup(cmdclass={"build_py": BuildWithTemplate})
