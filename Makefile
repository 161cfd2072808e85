# SPDX-License-Identifier: Apache-2.0
# A thin layer over Meson and Ninja: each target installs what it needs, then says what it does.
# `make` alone explains the targets.

BUILD  ?= build
PREFIX ?= /usr/local
MAPAE  := $(BUILD)/src/cli/mapae
# Seconds that `make fuzz` spends on each target.
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help all demo test bench fuzz format lint install clean

help:
	@echo 'make demo      build, scan the demo company, print the table, write an HTML report'
	@echo 'make test      build with gcc and sanitizers, with clang, and run every test'
	@echo 'make all       build only (release), in $(BUILD)/'
	@echo 'make bench     measure: reading, judging, one decision, a large inventory'
	@echo 'make fuzz      look for faults in every parser, FUZZ_SECONDS=$(FUZZ_SECONDS) each'
	@echo 'make lint      clang-tidy, the arrows of docs/architecture.md, headers on their own'
	@echo 'make format    say what clang-format would change; make format FIX=1 changes it'
	@echo 'make install   install below PREFIX=$(PREFIX), with DESTDIR= in front when given'
	@echo 'make clean     remove build*/'
	@echo
	@echo 'Packages that are missing are installed (Debian 12; as root or with sudo).'

all:
	@tools/install-packages.sh build
	@tests/build.sh $(BUILD) -Dwerror=false

demo: all
	@tools/demo.sh $(MAPAE) $(BUILD)/demo

test:
	@tools/install-packages.sh test
	@tests/run.sh $(BUILDS)

bench:
	@tools/install-packages.sh bench
	@tests/build.sh build-bench -Dbench=true
	@bench/run.sh build-bench

fuzz:
	@tools/install-packages.sh fuzz
	@CC=clang tests/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
	    -Db_ndebug=false -Dc_args=-fsanitize=fuzzer-no-link
	@fuzz/run.sh build-fuzz $(FUZZ_SECONDS)

format:
	@tools/install-packages.sh format
	@tools/format.sh $(FIX)

lint:
	@tools/install-packages.sh lint
	@tests/lint.sh

install: all
	@DESTDIR='$(DESTDIR)' meson install -C $(BUILD) --no-rebuild --quiet
	@echo 'Installed below $(DESTDIR)$(PREFIX).'

clean:
	rm -rf build build-*
