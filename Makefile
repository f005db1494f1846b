# SPDX-License-Identifier: Apache-2.0
# One Makefile. `make help` lists the targets. Everything built goes under $(OUT).

OUT     ?= build
CC      ?= gcc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n 's/^.define KORORA_VERSION "\(.*\)"/\1/p' include/korora.h)
SOVERSION := 0

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc
KCFLAGS := -std=c11 $(WARN) -fPIC -fvisibility=hidden -pthread -MMD -MP

PKG ?= pkg-config
ARCH := $(shell $(CC) -dumpmachine | cut -d- -f1)

# ---- What is built from what -----------------------------------------------------------------
# libkorora is base, kernels, text and model; it needs libc, libm and utf8proc only.

LIB_FOLDERS  := base kernels text model
APP_FOLDERS  := forge time memory capture cli
KERNEL_ISAS_x86_64  := scalar avx2 avx512vnni
KERNEL_ISAS_aarch64 := scalar
KERNELS := src/kernels/kernels.c $(patsubst %,src/kernels/kernels_%.c,$(or $(KERNEL_ISAS_$(ARCH)),scalar))

LIB_SRC := $(filter-out src/kernels/%,$(wildcard $(LIB_FOLDERS:%=src/%/*.c))) $(KERNELS)
APP_SRC := $(wildcard $(APP_FOLDERS:%=src/%/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(OUT)/%.o)
APP_OBJ := $(APP_SRC:%.c=$(OUT)/%.o)

LIB_LIBS := $(shell $(PKG) --libs libutf8proc) -lm -pthread
APP_PKGS := sqlite3 jansson
ifeq ($(shell $(PKG) --exists libgit2 && echo yes),yes)
APP_PKGS += libgit2
CPPFLAGS += -DKOR_HAVE_LIBGIT2
endif
APP_CFLAGS := $(shell $(PKG) --cflags $(APP_PKGS))
APP_LIBS := $(shell $(PKG) --libs $(APP_PKGS)) $(LIB_LIBS)

MAIN_OBJ := $(OUT)/src/cli/main.o
TEST_OBJ := $(filter-out $(MAIN_OBJ),$(APP_OBJ))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)

.PHONY: all
all: $(OUT)/korora $(OUT)/libkorora.so $(OUT)/korora.pc compile_commands.json

$(OUT)/libkorora.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/libkorora.so.$(SOVERSION): $(LIB_OBJ)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libkorora.so.$(SOVERSION) -Wl,-z,defs -o $@ $^ $(LDFLAGS) $(LIB_LIBS)

$(OUT)/libkorora.so: $(OUT)/libkorora.so.$(SOVERSION)
	ln -sf libkorora.so.$(SOVERSION) $@

$(OUT)/korora: $(APP_OBJ) $(OUT)/libkorora.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(APP_LIBS)

# Objects depend on the flags they were made with, so that a changed flag is a rebuild.
$(OUT)/flags: FORCE
	@mkdir -p $(OUT)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS)' > $@

$(OUT)/src/%.o: src/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(if $(filter $(LIB_FOLDERS:%=src/%/%),$<),,$(APP_CFLAGS)) $(CFLAGS) $(ISA_FLAGS) -c -o $@ $<

# Scalar is the specification: no contraction, no vectoriser that could reorder.
$(OUT)/src/kernels/kernels_scalar.o: ISA_FLAGS := -fno-tree-vectorize -ffp-contract=off
$(OUT)/src/kernels/kernels_avx2.o: ISA_FLAGS := -mavx2 -mfma -O3
$(OUT)/src/kernels/kernels_avx512vnni.o: ISA_FLAGS := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -O3

$(OUT)/korora.pc: korora.pc.in Makefile
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

compile_commands.json: Makefile $(LIB_SRC) $(APP_SRC)
	@{ echo '['; sep=''; for f in $(LIB_SRC) $(APP_SRC); do \
	printf '%s{"directory":"%s","file":"%s","command":"$(CC) -std=c11 $(CPPFLAGS) -c %s"}' "$$sep" "$(CURDIR)" "$$f" "$$f"; sep=','; done; echo ']'; } > $@

# ---- Tests -----------------------------------------------------------------------------------

$(OUT)/tests/%: tests/unit/%.c $(TEST_OBJ) $(OUT)/libkorora.a
	@mkdir -p $(@D)
	$(CC) $(KCFLAGS) $(CPPFLAGS) $(APP_CFLAGS) $(CFLAGS) -Itests -o $@ $< $(TEST_OBJ) $(OUT)/libkorora.a $(LDFLAGS) -lcmocka $(APP_LIBS)

.PHONY: unit
## unit: build and run the unit tests alone
unit: $(UNIT_BIN)
	tests/run_units $(UNIT_BIN)

.PHONY: help
## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | sort

.PHONY: clean
## clean: remove everything that was built
clean:
	rm -rf $(OUT) compile_commands.json

FORCE:

-include $(LIB_OBJ:.o=.d) $(APP_OBJ:.o=.d)
