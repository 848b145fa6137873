# make demo   set up and run the main job on the sample texts
# make test   set up and run the tests; make test-fast: in two minutes, those without real models
# make test-more  pages in a browser, cells of studies (three minutes)
# make docs   the documentation site, into site/
# make check  ruff and mypy
# make release sdist and wheel in dist/, checked as a new user has them (some minutes)
# make bench  how fast it is beside others, into benchmarks/results/speed.* (needs XLNER_DATA)
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED_FROM := setup.cfg pyproject.toml constraints.txt

.PHONY: demo test test-fast test-more check docs bench release setup setup-dev clean

demo: $(VENV)/.offline
	$(BIN)/python scripts/demo.py assets/demo.pt.jsonl demo --lang pt

test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow and not browser and not study"

test-more: $(VENV)/.dev
	$(BIN)/python -m pytest -m "(browser or study) and not slow"

test-fast: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow and not models and not long and not data and not browser" -q

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.speed $(BENCH)

release: $(VENV)-release/.tools
	rm -rf build dist
	$(VENV)-release/bin/python -m build --outdir dist
	$(VENV)-release/bin/python -m twine check --strict dist/*
	$(VENV)-release/bin/check-wheel-contents dist/*.whl
	$(VENV)-release/bin/python scripts/check_release.py dist $(AUDIT)

setup: $(VENV)/.offline

setup-dev: $(VENV)/.dev

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.offline: $(INSTALLED_FROM) | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[offline,workflow]"
	touch $@

$(VENV)/.dev: $(INSTALLED_FROM) | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[offline,workflow,dev]"
	touch $@ $(VENV)/.offline

# The tools of a release have an environment of their own: none of their forty packages is in the one that is tested.
$(VENV)-release/.tools: constraints.txt
	$(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt build check-wheel-contents cyclonedx-bom pip-audit twine
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-release dist demo site build *.egg-info silver training metrics packages report.html project.lock
