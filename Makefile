# Each recipe is one line. `sh scripts/test` does all of install, check and test, with nothing prepared.
python = .venv/bin/python

.PHONY: help install check test docs docs-check tables proof fix lock bench bench-peers chaos soak instructions fuzz clean

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

install: ## Make .venv with everything a developer needs
	sh -c '. scripts/environment && make_environment && need_valgrind && need_prometheus && install_once test -r requirements/dev.txt && install_once project --no-deps -e . && install_peers'

check: install ## Run every static check
	$(python) scripts/check.py

test: install ## Run the tests with coverage
	$(python) -m pytest -n 2 --dist worksteal --cov --cov-report=term

docs: install ## Build the documentation into site/
	.venv/bin/zensical build --clean --strict

docs-check: install ## Run every snippet of the documentation and check its links
	$(python) -m pytest -n 2 tests/docs tests/architecture/test_documents.py

tables: install ## Write what is generated anew: tables of the documentation, forms of the operations
	$(python) scripts/provider_table.py ; $(python) scripts/surfaces.py ; $(python) scripts/known_models.py ; $(python) scripts/matrix.py ; $(python) scripts/fault_table.py

proof: install ## Write the page of the recorded exchanges anew (needs the folder, as wire=FOLDER)
	$(python) scripts/wire_table.py $(or $(wire),../shared/wire)

fix: install ## Format the source and mend what can be mended by machine
	.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: ## Refresh requirements/dev.txt to the newest versions (needs uv)
	uv pip compile --upgrade --universal --python-version 3.11 --all-extras --no-annotate --no-emit-index-url --custom-compile-command 'make lock' pyproject.toml requirements/dev.in -o requirements/dev.txt

bench: install ## Measure speed and memory, printed as ratios (publish=1 writes the page)
	$(python) scripts/bench.py $(if $(publish),--publish)

bench-peers: install ## Install the libraries that bench compares with, each into an environment of its own
	$(python) scripts/bench.py --install-peers

chaos: install ## Make 20,000 calls over providers that fail at random (publish=1 writes the table, real=1 takes sockets)
	$(python) scripts/chaos.py $(if $(publish),--publish) $(if $(real),--real)

soak: install ## Make calls for a while and see whether anything grows (minutes=30, publish=1)
	$(python) scripts/soak.py --minutes $(or $(minutes),1) $(if $(publish),--publish)

instructions: install ## Count the instructions of the hot paths, against the committed figures
	$(python) scripts/instructions.py $(if $(update),--update)

fuzz: install ## Fuzz, guided by coverage (as long as asked: seconds=600, target=NAME for one only)
	$(python) scripts/fuzz.py --seconds $(or $(seconds),60) $(addprefix --target ,$(target))

clean: ## Remove what the tools made
	rm -rf .venv site dist build .coverage* .*_cache
