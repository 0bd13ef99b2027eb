# Needs Python 3.11 or newer, git and make; everything else comes into .venv.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
BIN := .venv/bin

.PHONY: install install-dev catalogues demo test test-fast faults explore headers lint lock bench messages mutants sbom audit

install: .venv/runtime catalogues

install-dev: .venv/dev catalogues

.venv/runtime: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; PYTHON= names one." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt | .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# The compiled texts are not in git; without them the site speaks English only.
catalogues: .venv/runtime
	@DEBUG=1 $(BIN)/python manage.py catalogues

demo: install
	@DEMO=1 SITE_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py demo

# Every test: each on SQLite or in a browser, and on PostgreSQL too what can differ there.
test: install-dev
	@.ci/test

PYTEST := $(BIN)/python -m pytest -q -n auto --dist load

# For the minute before a commit: the rules, on SQLite and without a browser. Makes the tables from
# the models, for migrating takes each process four seconds.
test-fast: install-dev
	@$(PYTEST) --ignore=tests/browser --no-migrations -m fast

# Breaks what the site stands on, for real: databases, caches, mail servers, disks, clocks. Some
# minutes; docs/reliability.md says what each has to bear.
faults: install-dev
	$(BIN)/python -m pytest -q tests/faults
	.ci/with-postgres $(BIN)/python -m pytest -q tests/faults

# The property tests with fresh examples: so many for each. SEED=… repeats a run.
EXAMPLES ?= 1000
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
explore: install-dev
	@seed=$(SEED); echo "To repeat: make explore EXAMPLES=$(EXAMPLES) SEED=$$seed"; \
	EXAMPLES=$(EXAMPLES) $(PYTEST) --hypothesis-seed=$$seed \
		--ignore=tests/browser -m hypothesis

# Left out: a form tag that a crispy form may leave out, which djangofmt cannot read.
TEMPLATES := templates --extend-exclude whole_uni_form.html

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=1 $(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djangofmt --quiet --check $(TEMPLATES)
	$(BIN)/djangofmt check $(TEMPLATES)
	DEBUG=1 $(BIN)/python manage.py makemigrations --check
	DEBUG=1 $(BIN)/python manage.py catalogues --check
	SECRET_KEY=$$(head -c 48 /dev/urandom | base64 | tr -d '\n') ALLOWED_HOSTS=tafelronde.example \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

# Newest versions that pyproject.toml allows.
UV := $(BIN)/uv --no-config pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate pyproject.toml
lock: .venv/runtime
	$(BIN)/python -m pip install --quiet uv
	$(UV) -o requirements.txt
	$(UV) --group dev -c requirements.txt -o requirements-dev.txt

# What the site is made of (CycloneDX) and under which licences: var/sbom.json, var/licences.txt.
sbom: .venv/runtime
	@$(BIN)/python .ci/sbom.py var

# Known vulnerabilities in what requirements.txt pins. Those in .ci/advisories.txt are explained
# there. Fails as well if a package could not be looked up, so that silence is never taken for clean.
AUDIT := .venv/audit
audit: .venv/runtime
	@test -x $(AUDIT)/bin/python || $(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.9,<3"
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt \
		$$(sed -n 's/^\([A-Z][^ ]*\) .*/--ignore-vuln \1/p' .ci/advisories.txt)

# How fast it is on this machine, in figures to compare with docs/benchmarks.md; draws the plots
# there anew. Takes half an hour. All of it runs, and it fails if any mark was missed.
PG := .ci/with-postgres
BENCH := $(BIN)/python -m pytest -q -s $(addprefix tests/benchmarks/bench_,load.py sizes.py \
	waiting.py mailing.py organisers.py rush.py)
bench: install-dev
	@missed=0; run() { echo "$$@"; "$$@" || missed=1; }; \
	run $(BENCH); \
	run $(PG) $(BENCH); \
	run $(BIN)/python -m pytest -q -s \
		$(addprefix tests/benchmarks/bench_,drawing.py pages.py door_search.py); \
	run $(BIN)/python -m pytest -q -s tests/benchmarks/bench_door_device.py; \
	run $(PG) $(BIN)/python -m pytest -q -s tests/benchmarks/bench_door_device.py -k waited; \
	exit $$missed

# What Mozilla's HTTP Observatory would give a site that is up; fails below full marks:
# make headers URL=https://tafelronde.example/
headers: install-dev
	$(BIN)/python -m tests.eventsite.observatory $(URL)

# Brings the texts in code and templates into locale/*/LC_MESSAGES/django.po.
messages: install
	DEBUG=1 $(BIN)/python manage.py catalogues --update

# Breaks the rules (settling, booking, places, erasure) in every small way, one at a time, and
# lists what the tests let pass. Takes an hour or two; docs/mutants.md says more.
mutants: install-dev
	$(BIN)/python -m pip install --quiet "mutmut>=3.8,<4"
	MUTANTS=1 $(BIN)/mutmut run
	$(BIN)/mutmut results
