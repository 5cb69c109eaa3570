# `make book` and `make test` set up everything they need in .venv.
PYTHON ?= python3
EXACT := $(if $(filter file,$(origin PYTHON)),,--exact)
PROFILE ?= smoke
DATA ?= auto
CHAPTERS ?=
N ?= 3
STEP ?=
SECTIONS ?=
BIN := .venv/bin
BOOK := $(BIN)/python -m sixtytwo.report.command
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help book test test-all site data reference audit lab lock bench clean FORCE
.NOTPARALLEL: # what trains, measures or builds runs alone, whatever -j says

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

book: $(READY) ## execute what has changed and build _build/PROFILE/html (PROFILE=smoke|draft|paper, DATA=auto|emnist|synthetic|emnist-bymerge|FOLDER|…, CHAPTERS="03 04" to draw their figures again)
	@$(BOOK) book --profile $(PROFILE) --data "$(DATA)" $(if $(CHAPTERS),--chapters $(CHAPTERS))

test: $(READY) ## everything that CI requires: linting, the layers of the package, the fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python -m pytest -m "not slow" tests/test_book.py # timed: nothing else may run
	$(BIN)/python -m pytest -m "not slow" --ignore tests/test_book.py -n 2 --dist loadfile

test-all: $(READY) ## the slow tests as well
	$(BIN)/python -m pytest

site: $(READY) ## build the published run, _build/site/html, without executing anything
	@$(BOOK) site

data: $(READY) ## download and verify EMNIST (562 MB)
	@$(BOOK) data

reference: $(READY) ## execute PROFILE=paper on real data and make it the published run (CHAPTERS=06 for one chapter)
	@$(BOOK) reference --profile $(if $(filter smoke,$(PROFILE)),paper,$(PROFILE)) $(if $(CHAPTERS),--chapters $(CHAPTERS))

audit: $(READY) ## train stored steps again from their stored spec alone, and compare (N=3 drawn at random, or STEP=name)
	@$(BIN)/python -m sixtytwo.experiments.audit $(if $(STEP),--step "$(STEP)",--number $(N))

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BOOK) lab

lock: ## resolve requirements.txt into requirements.lock, and the versions of uv and pip into set_up/ (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" requirements.txt -o requirements.lock
	for tool in uv:3.8 pip:3.11; do uv pip compile --quiet --universal --python-version $${tool#*:} --generate-hashes --no-emit-index-url --no-header --no-annotate set_up/$${tool%:*}.txt -o set_up/$${tool%:*}.lock || exit 1; done

bench: $(READY) ## measure speed and memory side by side, two hours with nothing else running (SECTIONS="training_speed memory")
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@$(BIN)/python benchmarks/run.py $(SECTIONS)

clean: ## remove _build
	rm -rf _build

$(READY): FORCE # a moment if nothing is to be done
	@if "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then "$(PYTHON)" -I set_up $(EXACT); \
	elif [ -z "$(EXACT)" ] && command -v uv >/dev/null; then uv run --quiet --no-project --python '>=3.11,<3.14' -- python -I set_up $(EXACT); \
	else echo "Error: $(PYTHON) is not there, or older than 3.8: install Python 3.11, 3.12 or 3.13, or name one, e.g. make PYTHON=/path/to/python3.13" >&2; exit 1; fi

FORCE:
