# make book       build the HTML book          -> _build/html/index.html
# make pdf        print it as one PDF          -> _build/crossent.pdf (needs Chromium)
# make test       run every check              -> a line that says how many passed
# make lint       check style and types, without running anything
# make wheel      build the package             -> dist; and test it alone, elsewhere
# make notebooks  execute the chapters whose source changed
# make mutants    change the package in thousands of ways; each change must fail a test
# make bench      measure speed and accuracy    -> benchmarks/results
# make fuzz       try bytes that a fuzzer thinks up, SECONDS=60 -> a line for each target
# make serve      show the built book at http://localhost:8000
# make lock       write requirements.lock after a change of requirements.txt
# make clean      remove everything these commands made
#
# Each command sets up what it needs. PYTHON=... names another interpreter.

PYTHON ?= python3
BIN := .venv/bin
WORK := _build/work

# The same last digits on any number of cores.
export OPENBLAS_NUM_THREADS = 1

.PHONY: book pdf test lint wheel notebooks mutants bench fuzz serve lock clean environment

book: environment
	@$(BIN)/python tools/notebooks.py check
	@rm -rf $(WORK) && mkdir -p _build
	@$(BIN)/jupyter-book build . --path-output $(WORK) --all -W -n --keep-going --quiet \
		> _build/book.log 2>&1 || { cat _build/book.log; exit 1; }
	@rm -rf _build/old && { mv _build/html _build/old 2>/dev/null || true; }
	@mv $(WORK)/_build/html _build/html && rm -rf $(WORK) _build/old
	@echo "The book is in _build/html/index.html"

pdf: book
	@$(BIN)/python tools/pdf.py _build/html _build/crossent.pdf
	@echo "The book is in _build/crossent.pdf"

test: environment
	@$(BIN)/python tools/notebooks.py check
	@$(BIN)/python -m pytest -n auto --dist loadfile
	@echo "All checks passed: unit tests, docstring examples and every cell of every notebook"

lint: environment
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

wheel: environment
	@$(BIN)/python tools/check_wheel.py

notebooks: environment
	@$(BIN)/python tools/notebooks.py render

# Takes hours; goes on where it was stopped.
mutants: environment
	@$(BIN)/python -m tools.mutants

# In the environment that PYTHON names; what is not installed there is left out, and said.
bench:
	@$(PYTHON) -m benchmarks.accuracy
	@$(PYTHON) -m benchmarks.speed

# Beside the environment, which stays as it is.
SECONDS ?= 60
fuzz: environment
	@test -d _build/atheris || $(BIN)/python -m pip install --quiet --no-deps \
		--target _build/atheris --requirement requirements-fuzz.txt
	@PYTHONPATH=_build/atheris $(BIN)/python tools/fuzz.py $(SECONDS)

serve: book
	@echo "The book is at http://localhost:8000 (Ctrl-C stops it)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

# The lock says what it is for: all Pythons and systems at once.
lock:
	@mkdir -p _build && test -x _build/lock/bin/uv || { $(PYTHON) -m venv _build/lock && \
		_build/lock/bin/python -m pip install --quiet uv; }
	@grep -v '^-e' requirements.txt | _build/lock/bin/uv pip compile - --quiet --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements.lock
	@echo "requirements.lock holds $$(grep -c == requirements.lock) packages"

clean:
	rm -rf .venv _build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache

environment:
	@sh tools/setup.sh "$(PYTHON)"
