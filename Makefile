# Everything starts here; `make` alone lists what there is.
# The only thing needed beforehand is Python 3.11 to 3.14, git and make.

ifeq ($(OS),Windows_NT)
$(error On Windows, use this book inside WSL: type `wsl --install` once, and then make as on Linux)
endif

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
PORT ?= 8000
WORKERS ?= 3
# This pip needs half the time of the one that Python 3.11 brings, and compiling on all cores less.
PIP := pip==26.3
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
NOTEBOOKS = $(wildcard book/*.ipynb)
WRITTEN = utils policy_gradient_book tests tools book $(wildcard benchmarks)

.DEFAULT_GOAL := help
.PHONY: help book serve paper lite ahead test formal lab tidy verdicts nightly mutants pins fonts bench linkcheck clean
.DELETE_ON_ERROR:

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

book: .venv/book  ## run every notebook and build the HTML, warnings as errors
	@$(BIN)/python tools/build_book.py

serve: book  ## show the book at http://127.0.0.1:8000 (PORT=... for another port)
	@$(BIN)/python tools/serve.py --port $(PORT)

paper: book .venv/paper  ## the main road and the whole book as PDF and EPUB, in _build/paper
	@$(BIN)/python tools/browser.py --install
	@$(BIN)/python tools/build_paper.py

lite: book .venv/lite  ## the chapters for a browser without an installation, in _build/lite
	@$(BIN)/python tools/build_lite.py
	@if [ "$(LITE)" = --try ]; then $(MAKE) --no-print-directory .venv/test && \
		$(BIN)/python tools/browser.py --install && \
		$(BIN)/python -m pytest tests/site/try_lite.py; fi

ahead: book .venv/ahead  ## the same pages on the newest plain Sphinx, in _build/ahead, and compare
	@$(BIN)/python tools/build_ahead.py .venv/ahead/bin/python

test: .venv/test  ## check everything: mathematics, notebooks, pages, browser
	@$(BIN)/python tools/browser.py --install
	@$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=120 \
		-n $(WORKERS) --dist loadscope --no-loadscope-reorder tests $(NOTEBOOKS) $(PYTEST)

formal:  ## check the formal proof with Coq (FORMAL=--store writes what the book shows of it)
	@"$(PYTHON)" tools/check_formal.py $(FORMAL)

lab: .venv/book  ## open the chapters in JupyterLab with live sliders (LAB=... for its options)
	@$(BIN)/jupyter lab --config=tools/jupyter_server_config.py --ServerApp.root_dir=book $(LAB)

tidy: .venv/test  ## bring notebooks and code into normal form
	@$(BIN)/ruff check --fix $(WRITTEN)
	@$(BIN)/ruff format $(WRITTEN)
	@$(BIN)/python tools/tidy.py $(NOTEBOOKS)

verdicts: .venv/test  ## run every chapter and store the verdicts of its checks
	@$(BIN)/python tools/tidy.py --run $(NOTEBOOKS)

nightly: .venv/test  ## ten thousand random MDPs by three routes; each check of the book run twice
	@$(BIN)/python -m pytest --hypothesis-profile=nightly tests/exact/test_agreement.py \
		tests/site/try_again.py

mutants: .venv/mutants  ## change utils in one place at a time: do the tests notice? (30 minutes)
	@PYTHONHASHSEED=0 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/mutants.py $(MUTANTS)

pins: .venv/uv  ## pin anew after a change in requirements/*.in (PINS=--upgrade for newest)
	@sh tools/pins.sh $(CURDIR)/.venv/uv/bin/uv $(PINS)

fonts: .venv/fonts  ## cut the font of the formulas anew, for letters it lacks (tools/fonts.py)
	@.venv/fonts/bin/python tools/fonts.py

bench: .venv/bench  ## measure the engine against the alternatives
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m benchmarks

linkcheck: .venv/book  ## ask every outside link whether it is still there; runs no notebook
	@$(BIN)/python tools/check_links.py

clean:  ## remove what was built; `rm -rf .venv` removes what was installed
	rm -rf _build .pytest_cache .hypothesis .ruff_cache .mypy_cache *.egg-info

# What is installed, each with a file that says when.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12, 3.13 or 3.14 is needed and none was found."; exit 1; }
	@"$(PYTHON)" -c '$(SUPPORTED)' || { \
		echo "Python 3.11, 3.12, 3.13 or 3.14 is needed, and PYTHON=$(PYTHON) is none of them."; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@"$(PYTHON)" -m venv .venv
	@$(INSTALL) $(PIP)

.venv/book: requirements.txt pyproject.toml | $(BIN)/python
	$(INSTALL) -r requirements.txt
	@$(BIN)/python -W ignore -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true
	@touch $@

.venv/test: requirements/test.txt .venv/book
	$(INSTALL) -r requirements/test.txt
	@touch $@

.venv/bench: requirements/bench.txt .venv/book
	$(INSTALL) -r requirements/bench.txt
	@touch $@

.venv/mutants: requirements/mutants.txt .venv/test
	$(INSTALL) -r requirements/mutants.txt
	@touch $@

.venv/paper: requirements/paper.txt .venv/book
	$(INSTALL) -r requirements/paper.txt
	@touch $@

.venv/lite: requirements/lite.txt | $(BIN)/python
	@$(BIN)/python -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/lite.txt
	@touch $@

# The newest of the day it is made on; `rm -rf .venv/ahead` asks for newer.
.venv/ahead: requirements/ahead.in pyproject.toml | $(BIN)/python
	@$(BIN)/python -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check --upgrade -r requirements/ahead.in
	@touch $@

.venv/uv: | $(BIN)/python
	@$(BIN)/python -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check uv

# ziamath carries the whole of STIX Two Math; its version is the version of the font.
.venv/fonts: | $(BIN)/python
	@$(BIN)/python -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check fonttools brotli ziamath==0.13
