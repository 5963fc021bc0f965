# Two commands are all that a newcomer needs: make run, make test.

SHELL := /bin/sh
PREFIX ?= /usr/local
DESTDIR ?=

# Debian packages: what the programs link, what the tests and the proofs use beside that, what benchmarks compare with.
# The system libraries are named in Package.swift.
PACKAGES := pkg-config $(shell sed -n 's/.*\.apt(\["\([^"]*\)"\]).*/\1/p' Package.swift)
PROOF_PACKAGES := coq ocaml-nox ocaml-findlib libzarith-ocaml-dev spin gcc
TEST_PACKAGES := python3 python3-venv groff-base glpk-utils coinor-cbc protobuf-compiler systemd openssl chromium iproute2 nftables dpkg-dev binutils $(PROOF_PACKAGES)

RELEASE := swift build -c release --static-swift-stdlib
# All tests and the programs that they run; not what the packages that they depend on bring beside that.
TESTS := ChaosPackageTests
VENV := $(CURDIR)/.venv/bin
# The MILP solvers, each a program of its own (Sources/ChaosMILPWorker/MILPBackEnd.swift).
WORKERS := $(notdir $(wildcard Sources/chaos-*))
EXAMPLE ?= Instances/skyplane/aws-sa-east-1-7-nearest-gpt2_medium-overhead-rtt.json

# What make run-cluster plays, and where it leaves what it made.
SCENARIO ?= Instances/scenarios/join.yaml
CLUSTER := .build/run-cluster
# The same of make run-torch.
TORCH_SCENARIO ?= Instances/scenarios/engines.yaml
TORCH_CLUSTER := .build/run-torch

.PHONY: run run-cluster run-torch test python proofs oracle views simulations sanitize benchmark benchmark-nodes install package deployment page programs manual \
	documentation compare targets generated check-generated lint clean packages test-packages

# Solves a real instance, checks the plan, asks the MILP solvers, and draws it.
run: packages
	@set -e; for product in chaos $(WORKERS); do swift build --product $$product; done
	@set -e; chaos=.build/debug/chaos; plan=$$(mktemp); trap 'rm -f "$$plan"' EXIT; \
	echo; echo "\$$ chaos solve $(EXAMPLE)"; $$chaos solve --output "$$plan" $(EXAMPLE); \
	echo; echo "\$$ chaos verify $(EXAMPLE) plan.json"; $$chaos verify $(EXAMPLE) "$$plan"; \
	echo; echo "\$$ chaos crosscheck $(EXAMPLE)"; $$chaos crosscheck $(EXAMPLE); \
	echo; echo "\$$ chaos show $(EXAMPLE) plan.json"; $$chaos show $(EXAMPLE) "$$plan"
	@echo; echo "What comes next:"; \
	echo "  make run-cluster              a cluster of real nodes on this machine, and a node that joins it"; \
	echo "  make run-torch                a PyTorch model trained on three nodes, a node that joins, and two kills"; \
	echo "  .build/debug/chaos help       all commands; try them on the files in Instances/"; \
	echo "  make test                     every test and proof"; \
	echo "  make install, make package    the programs for this machine, and as a Debian package"; \
	echo "  Documentation/README.md       what to read for solving, validating and training"

# A cluster of real nodes on this machine: four train, a fifth joins and pulls the state from all of them along a plan,
# which is verified.
run-cluster: packages
	@set -e; for product in chaos chaosd; do swift build --product $$product; done
	@Scripts/run-cluster .build/debug $(SCENARIO) $(CLUSTER)

# PyTorch trains on three nodes, a fourth joins, the PyTorch process of one is killed, and a node with its own.
run-torch: packages .venv/.torch
	@set -e; for product in chaos chaosd; do swift build --product $$product; done
	@.venv/bin/python3 -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ./Python
	@PATH="$(VENV):$$PATH" Scripts/run-cluster .build/debug $(TORCH_SCENARIO) $(TORCH_CLUSTER)

# Builds and runs every test, the proofs and the style check included.
test: test-packages .venv/.installed
	$(MAKE) lint
	$(MAKE) proofs oracle views
	$(MAKE) simulations package python deployment page
	swift build --product $(TESTS)
	swift build --product ChaosBenchmarks
	Scripts/run-tests .build/debug
	$(MAKE) documentation

# Ten thousand random runs of the cluster protocol, and those that show planted defects; a debug build would take an hour.
simulations: packages
	@set -e; for product in chaos ChaosPlantedDefects; do $(RELEASE) --product $$product; done
	.build/release/ChaosPlantedDefects .
	.build/release/chaos simulate --runs 10000 --seed 1

# The Python package, installed as a user would, and tested with the program as it is installed.
python: .venv/.installed .venv/.torch programs
	.venv/bin/python3 -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ./Python
	cd Python && $(VENV)/ruff check && $(VENV)/ruff format --check && $(VENV)/mypy
	cd Python && CHAOS_PROGRAM=$(CURDIR)/.build/release/chaos $(VENV)/pytest -q

# Compiles the proofs, checks them with coqchk, and refuses any axiom.
proofs: test-packages
	$(MAKE) -C Proofs

# The checker and the greedy as extracted from the proofs.
oracle: test-packages
	$(MAKE) -C Proofs oracle

# The decision of a view, explored exhaustively; see Proofs/Promela.md.
views: test-packages
	$(MAKE) -C Proofs views

# The node's tests under the thread and the address sanitizer, each with a build of its own.
sanitize: packages
	@set -e; for kind in thread address; do \
		echo "$$kind sanitizer"; \
		swift build --product $(TESTS) --sanitize=$$kind --scratch-path .build-sanitize-$$kind; \
		swift test --skip-build --disable-xctest --sanitize=$$kind --scratch-path .build-sanitize-$$kind --filter ChaosNodeTests; \
	done

# Ratios measured on this machine; see Benchmarks/README.md. That of the nodes takes half an hour, and shapes networks: as
# root.
benchmark: test-packages
	Benchmarks/run

benchmark-nodes: packages
	Benchmarks/run transfers neighbors plans loopback handling identity

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks

install: programs
	Scripts/install .build/release "$(DESTDIR)$(PREFIX)"

# A Debian package that needs no Swift toolchain; its path is printed.
package: programs
	@Scripts/install-packages dpkg-dev binutils
	Scripts/make-package .build/release .build

# The page on deployment, played as it is written; 77: privileges are missing, as it says then.
deployment: test-packages .venv/.installed programs
	cd Tests/Deployment && $(VENV)/ruff check && $(VENV)/ruff format --check && $(VENV)/mypy --strict *.py
	Tests/Deployment/run .build/release || [ $$? = 77 ]

# The page of a cluster in headless Chromium.
page: test-packages .venv/.installed programs
	cd Tests/Page && $(VENV)/ruff check && $(VENV)/ruff format --check && $(VENV)/mypy --strict *.py
	CHAOS_PROGRAM=$(CURDIR)/.build/release/chaos $(VENV)/pytest -q Tests/Page

# All programs as they are installed.
programs: packages
	@set -e; for product in chaos $(WORKERS) chaosd; do $(RELEASE) --product $$product; done

# Writes the manual pages anew from what the programs say of themselves.
manual:
	@set -e; for product in chaos chaosd; do swift build --product $$product; done
	.build/debug/chaos --experimental-dump-help | Scripts/make-manual > Documentation/chaos.1
	.build/debug/chaosd --keys > .build/keys.md
	.build/debug/chaosd --experimental-dump-help | Scripts/make-manual .build/keys.md > Documentation/chaosd.8

# What other systems do beside ours: the figures and pictures of Documentation/COMPARISON.md, the same on every machine.
compare: packages
	$(RELEASE) --product chaos
	Scripts/compare

# The documentation of all libraries as DocC archives in .build/documentation; a warning is an error.
documentation: packages
	Scripts/make-documentation .build/documentation

# Draws the targets and their arrows anew; it fails if an arrow runs against the way.
targets:
	swift package dump-package | Scripts/draw-targets > Documentation/targets.svg

# Makes the Swift types of the wire format anew from Sources/ChaosWire/Protos; the generator takes minutes to build.
generated: test-packages
	Scripts/make-generated

# Fails if they are not what the .proto files give.
check-generated: test-packages
	Scripts/check-generated

clean:
	rm -rf .build .build-protobuf .build-sanitize-thread .build-sanitize-address
	$(MAKE) -C Proofs clean

packages:
	@Scripts/install-packages $(PACKAGES)

test-packages: packages
	@Scripts/install-packages $(TEST_PACKAGES)

# Python packages of the tests and examples, in a folder of the project's own.
.venv/bin/python3: | packages
	@Scripts/install-packages python3 python3-venv
	python3 -m venv .venv

.venv/.torch: Tests/requirements-torch.txt .venv/bin/python3
	.venv/bin/python3 -m pip install --quiet --disable-pip-version-check -r Tests/requirements-torch.txt
	@touch $@

.venv/.installed: Tests/requirements.txt .venv/bin/python3 | test-packages
	.venv/bin/python3 -m pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@
