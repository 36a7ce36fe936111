# Everything works from a fresh clone with Python 3.11 or newer and nothing else set up.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.groundup-ready
FRONTEND := src/groundup/studio/frontend
VENDOR := src/groundup/studio/static/vendor/fonts.css

.PHONY: run climb setup test quick browser check course bench presets clean

run: setup  ## set up, then open the studio in the browser
	$(BIN)/groundup start

climb: setup  ## set up, then train the five models on Shakespeare and compare them (about five minutes)
	$(BIN)/groundup climb

setup: $(STAMP) $(VENDOR)  ## make .venv and install groundup into it; a second call does nothing

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "groundup needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@echo "Installing groundup and what it needs; the first time this takes a minute or two."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . --group dev
	@touch $(STAMP)

# The studio's editor and fonts. Without Node the studio works with plain text fields and the system's fonts.
$(VENDOR): $(FRONTEND)/package-lock.json $(FRONTEND)/build.mjs $(FRONTEND)/editor.entry.mjs
	@if command -v npm > /dev/null; then \
		cd $(FRONTEND) && npm ci --silent --no-audit --no-fund && npm run --silent build; \
	else \
		echo "No npm here: the studio will have a plain editor and the system's fonts (install Node 20 for the others)."; \
	fi

test: setup  ## all tests, the slow ones too, but for the long walks through the studio (about twelve minutes)
	$(BIN)/pytest -n 3 --dist worksteal -m "not long"

quick: setup  ## the tests that take less than some five seconds each (about five minutes in all)
	$(BIN)/pytest -n 3 --dist worksteal -m "not slow and not long"

browser: setup  ## the long walks through the studio, JupyterLab and marimo, in a real browser
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group notebooks
	$(BIN)/pytest -n 2 --dist loadfile -m long tests/studio

check: setup  ## lint, format, types (of the JavaScript too, where there is npm), import rules, spelling, plain words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v npm > /dev/null; then cd $(FRONTEND) && npm run --silent check; fi
	$(BIN)/codespell
	$(BIN)/python tools/plain_words.py

course: setup  ## every lesson as an author checks it; `make test` does it too, but for making fixtures again
	$(BIN)/groundup course check

bench: setup  ## every benchmark beside its peer; writes docs/benchmarks.md (keep the machine quiet)
	$(BIN)/python benchmarks/all.py

presets: setup  ## train the five presets again and write down what came out (about six minutes)
	$(BIN)/python benchmarks/presets.py

clean:
	rm -rf .venv dist build
