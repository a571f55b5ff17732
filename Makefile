# make book       build the HTML book          -> _build/html/index.html
# make test       run every check              -> a line that says how many passed
# make notebooks  execute the chapters whose source changed
# make mutants    change the package in thousands of ways; each change must fail a test
# make bench      measure speed and accuracy    -> benchmarks/results
# make serve      show the built book at http://localhost:8000
# make clean      remove everything these commands made
#
# Each command sets up what it needs. PYTHON=... names another interpreter.

PYTHON ?= python3
BIN := .venv/bin
WORK := _build/work

# The same last digits on any number of cores.
export OPENBLAS_NUM_THREADS = 1

.PHONY: book test notebooks mutants bench serve clean environment

book: environment
	@$(BIN)/python tools/notebooks.py check
	@rm -rf $(WORK) && mkdir -p _build
	@$(BIN)/jupyter-book build . --path-output $(WORK) --all -W -n --keep-going --quiet \
		> _build/book.log 2>&1 || { cat _build/book.log; exit 1; }
	@rm -rf _build/html && mv $(WORK)/_build/html _build/html && rm -rf $(WORK)
	@echo "The book is in _build/html/index.html"

test: environment
	@$(BIN)/python tools/notebooks.py check
	@$(BIN)/python -m pytest -n auto --dist loadfile
	@echo "All checks passed: unit tests, docstring examples and every cell of every notebook"

notebooks: environment
	@$(BIN)/python tools/notebooks.py render

# Takes hours; goes on where it was stopped.
mutants: environment
	@$(BIN)/python -m tools.mutants

# In the environment that PYTHON names; what is not installed there is left out, and said.
bench:
	@$(PYTHON) -m benchmarks.accuracy
	@$(PYTHON) -m benchmarks.speed

serve: book
	@echo "The book is at http://localhost:8000 (Ctrl-C stops it)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

clean:
	rm -rf .venv _build .pytest_cache .hypothesis

environment:
	@sh tools/setup.sh "$(PYTHON)"
