# Two commands are all that a newcomer needs: make run, make test.

SHELL := /bin/sh
PACKAGES := coinor-libcbc-dev libglpk-dev pkg-config
TEST_PACKAGES := python3 python3-venv

.PHONY: test packages test-packages

packages:
	@Scripts/install-packages $(PACKAGES)

test-packages: packages
	@Scripts/install-packages $(TEST_PACKAGES)

# Python packages of the tests, in a folder of the project's own.
.venv/.installed: Tests/requirements.txt | test-packages
	python3 -m venv .venv
	.venv/bin/python3 -m pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

test: test-packages .venv/.installed
	swift build --build-tests
	swift test --skip-build
