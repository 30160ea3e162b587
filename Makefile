# The one door: every way to build, try, check and install Evenkeel.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

SWIFT ?= swift
# Tests start real servers and real Envoys; all at once they would starve each other of two cores.
TEST_WIDTH ?= 4
# What the last run of the tests printed.
TEST_LOG := .build/test.log
PREFIX ?= /usr/local
DESTDIR ?=

# Envoy, MLServer and scikit-learn come from a virtual environment inside the project, so that nothing of
# the demo or the tests is installed on the host. Debian's Python, where there is one, has python3-venv.
PYTHON ?= $(or $(wildcard /usr/bin/python3),python3)
VENV := .venv
VENV_STAMP := $(VENV)/provisioned
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

PACKAGES := libgit2-dev libyaml-dev libsqlite3-dev libarchive-dev pkg-config git openssh-client gnupg openssl python3-venv hey

# Git servers that the tests start themselves. They are unpacked here and not installed: installed they would
# start as daemons, now and with the host, and an ordinary user could not have them.
SERVERS := .build/servers
SERVER_PACKAGES := openssh-server libwrap0 libnss-wrapper nginx fcgiwrap libfcgi0ldbl

##@ Work
build: deps ## Build for debugging (the default)
	$(SWIFT) build

release: packages ## Build the executable that `make install` installs
	$(SWIFT) build -c release --static-swift-stdlib --product evenkeel

demo: build ## See a bad model caught, taken off traffic and reverted in Git
	.build/debug/demo

##@ Prove
test: deps ## Run every test
	@$(call run-tests,--experimental-maximum-parallelization-width $(TEST_WIDTH))

test-again: deps ## Run the suites that failed last time once more, one test after the other
	@grep --quiet '^✘ Test run' $(TEST_LOG) || { echo "$(TEST_LOG) tells of no run that came to its end"; exit 1; }; \
	suites=$$(sed --quiet 's/^✘ Suite \([A-Za-z0-9]*\) failed.*/\1/p' $(TEST_LOG) | sort --unique | paste --serial --delimiters='|'); \
	[ -n "$$suites" ] || { echo "no suite failed in $(TEST_LOG)"; exit 1; }; \
	cp $(TEST_LOG) $(TEST_LOG).first; \
	$(call run-tests,--experimental-maximum-parallelization-width 1 --filter "($$suites)/"); \
	echo "These failed beside other tests and passed by themselves:"; grep '^✘' $(TEST_LOG).first

torture: deps ## Kill the agent at every journal write of every strategy (five minutes)
	EVENKEEL_TORTURE=1 $(SWIFT) test --disable-xctest --experimental-maximum-parallelization-width $(TEST_WIDTH) \
	  --filter AgentKillTests

differential: deps ## Compare reverts with those of git in HISTORIES=N random histories from FIRST=N
	EVENKEEL_HISTORIES=$(or $(HISTORIES),500) EVENKEEL_FIRST_HISTORY=$(or $(FIRST),1) $(SWIFT) test --disable-xctest --filter DifferentialTests

simulate: packages ## Live through random lives of a host: SEEDS=N from FIRST=N, or SECONDS=N, or the one of SEED=N
	$(SWIFT) build -c release --static-swift-stdlib --product simulator
	.build/release/simulator $(if $(SEED),--seed $(SEED),--first $(or $(FIRST),1) \
	  $(if $(SECONDS),--seconds $(SECONDS),--seeds $(or $(SEEDS),2000)))

mutants: packages ## Have the simulator find every deliberate bug of the table
	$(SWIFT) build --product mutants
	.build/debug/mutants

soak: deps ## Poll a Git server 10,000 times, each time in a process of its own, and say what grows (ten minutes)
	$(SWIFT) build --product soak
	.build/debug/soak $(if $(POLLS),--polls $(POLLS))

check: packages systemd ## Check format, layering, imports, the simulator with its mutants, and the systemd unit
	$(SWIFT) format lint --recursive --strict Package.swift Sources Tests
	$(SWIFT) build --explicit-target-dependency-import-check error
	$(SWIFT) test --disable-xctest --filter TidyTests
	$(MAKE) mutants
	$(MAKE) simulate SEEDS=3000
	@$(verify-unit)

bench: deps ## Measure against other tools on this machine, in one run
	$(SWIFT) build -c release --static-swift-stdlib --product benchmarks
	.build/release/benchmarks

format: ## Rewrite the sources in the project's format
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

##@ Provide
deps: packages $(VENV_STAMP) $(SERVERS)/unpacked ## Install what is missing: Debian packages, the virtual environment

# Asking dpkg takes a few milliseconds; a stamp would go stale when a package is removed.
packages:
	@$(call install-missing,$(PACKAGES))

systemd:
	@command -v systemd-analyze >/dev/null || { $(call install-missing,systemd); }

$(VENV_STAMP): manifests/demo/requirements.txt manifests/demo/constraints.txt | packages
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check \
	  --requirement manifests/demo/requirements.txt --constraint manifests/demo/constraints.txt
	touch $@

$(SERVERS)/unpacked: | packages
	rm -rf $(SERVERS)
	mkdir --parents $(SERVERS)/packages
	cd $(SERVERS)/packages && { apt-get download --quiet $(SERVER_PACKAGES) \
	  || { $(update-lists) && apt-get download --quiet $(SERVER_PACKAGES); }; }
	for package in $(SERVERS)/packages/*.deb; do dpkg-deb --extract "$$package" $(SERVERS); done
	rm -r $(SERVERS)/packages
	touch $@

# What failed is said again at the end, where one looks first.
define run-tests
mkdir --parents .build; \
$(SWIFT) test --disable-xctest $(1) 2>&1 | tee $(TEST_LOG) \
  || { echo "What failed:"; grep --extended-regexp '^(✘|error:|/[^ ]*: error:)' $(TEST_LOG) | tail --lines=60; exit 1; }
endef

# The lists of a fresh container are empty, and those of an old one name packages that are gone.
update-lists = if [ "$$(id --user)" = 0 ]; then apt-get update --quiet; else sudo apt-get update --quiet; fi

define install-missing
missing=""; \
for package in $(1); do \
  [ "$$(dpkg-query --show --showformat='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] \
    || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
  install="apt-get -o DPkg::Lock::Timeout=300 install --yes$$missing"; \
  if ! command -v apt-get >/dev/null; then \
    echo "error: this is not Debian; install the equivalents of:$$missing" >&2; exit 1; \
  elif [ "$$(id --user)" = 0 ]; then \
    export DEBIAN_FRONTEND=noninteractive; apt-get update --quiet && $$install; \
  elif command -v sudo >/dev/null; then \
    sudo apt-get update --quiet && sudo DEBIAN_FRONTEND=noninteractive $$install; \
  else \
    echo "error: packages are missing; run as root: apt-get update && $$install" >&2; exit 1; \
  fi; \
fi
endef

# systemd-analyze only warns of a misspelt key, so any word from it is a failure. ExecStart must exist: the
# debug build stands in for the installed executable.
define verify-unit
folder=$$(mktemp --directory); trap 'rm -r "$$folder"' EXIT; \
sed 's|@PREFIX@/bin|$(CURDIR)/.build/debug|; s|@PREFIX@|$(PREFIX)|' manifests/systemd/evenkeel.service \
  > "$$folder/evenkeel.service"; \
complaints=$$(systemd-analyze verify --man=no --recursive-errors=no "$$folder/evenkeel.service" 2>&1) \
  || complaints="$${complaints:-systemd-analyze failed}"; \
if [ -n "$$complaints" ]; then echo "$$complaints" >&2; exit 1; fi
endef

SHARE := $(DESTDIR)$(PREFIX)/share
install: release ## Install under PREFIX (/usr/local), below DESTDIR when packaging
	install -D --mode=755 .build/release/evenkeel $(DESTDIR)$(PREFIX)/bin/evenkeel
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(SHARE)/doc/evenkeel
	sed 's|@PREFIX@|$(PREFIX)|' manifests/systemd/evenkeel.service \
	  > $(DESTDIR)$(PREFIX)/lib/systemd/system/evenkeel.service
	install -D --mode=644 manifests/systemd/evenkeel.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/evenkeel.conf
	[ -e $(DESTDIR)/etc/evenkeel/agent.yaml ] \
	  || install -D --mode=644 manifests/agent.yaml $(DESTDIR)/etc/evenkeel/agent.yaml
	cp --recursive --no-target-directory manifests/example $(SHARE)/doc/evenkeel/example
	cp --recursive --no-target-directory docs $(SHARE)/doc/evenkeel/docs
	install --mode=644 README.md LICENSE $(SHARE)/doc/evenkeel
	install -d $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	.build/release/evenkeel --generate-completion-script bash > $(SHARE)/bash-completion/completions/evenkeel
	.build/release/evenkeel --generate-completion-script zsh > $(SHARE)/zsh/site-functions/_evenkeel
	.build/release/evenkeel --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/evenkeel.fish

clean: ## Remove what was built
	$(SWIFT) package clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build release demo test torture differential simulate mutants soak check bench format install deps packages systemd clean help
