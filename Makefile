# SPDX-License-Identifier: GPL-2.0-or-later
# skep: eBPF in one small static binary. `make help` names the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
STATIC ?= 1
FUZZ_SECONDS ?= 20
CFLAGS ?= -O2
LIBS ?= -lbpf -lelf -lz
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
LLVM_STRIP ?= llvm-strip

# Each way to build has a folder of its own, so that they can stand side by side.
BUILD := build
ifeq ($(SANITIZE),thread)
BUILD := build/tsan
override CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
override STATIC := 0
else ifdef SANITIZE
BUILD := build/asan
override CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
override STATIC := 0
endif
ifdef FUZZ
BUILD := build/fuzz
override CC := clang
override CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
override STATIC := 0
endif

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
WARN += $(if $(WERROR),-Werror)
FLAGS := -std=gnu17 -D_GNU_SOURCE -DSKEP_VERSION='"$(VERSION)"' -Isrc -Itests -I. $(WARN) \
	-ffunction-sections -fdata-sections $(CFLAGS)
# A release has no tables to unwind its stack by, which nothing in it does: they take a sixteenth of it. A debugger has those of -g.
FLAGS += $(if $(SANITIZE)$(FUZZ),,-fno-asynchronous-unwind-tables)
LINK := $(CFLAGS) -Wl,--gc-sections $(LDFLAGS)
ifeq ($(STATIC),1)
LINK += -static
# libelf.a since elfutils 0.190 needs zstd, the older one does not; it is linked only where it is.
LIBS += $(if $(filter /%,$(shell $(CC) -print-file-name=libzstd.a 2>/dev/null)),-lzstd)
endif

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
SRC := $(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c))
OBJ := $(call objects,$(SRC))
LIB := $(call objects,$(filter-out src/main.c,$(SRC)))
UNIT := $(call objects,$(sort $(wildcard tests/unit/*.c)))
RUNNER := $(call objects,$(sort $(wildcard tests/runner/*.c)))
ACCELTEST := $(call objects,$(sort $(filter-out %.bpf.c,$(wildcard tests/accel/*.c))))
TESTPROGS := $(patsubst tests/progs/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/progs/*.c)))
# What compilers make of them: of ours for each version of the instruction set that it knows, and with
# variables without a section as older ones have them; of others that are here.
TESTOBJECTS := $(foreach c,$(sort $(wildcard tests/object/*.c)),$(foreach v,o v1.o v2.o common.o \
	$(if $(filter v4,$(shell $(CLANG) -target bpf --print-supported-cpus 2>&1)),v4.o) \
	$(foreach other,clang-16 clang-19,$(if $(shell command -v $(other)),$(other).o)), \
	$(BUILD)/tests/object/$(notdir $(basename $(c))).$(v)))
# gcc 12 cannot compile calls of helpers as libbpf's header has them but where it folds them.
TESTOBJECTS += $(if $(shell command -v bpf-gcc),$(patsubst %,$(BUILD)/tests/object/%.gcc.o,route sum tcp_options layouts))
# Those that script cases run.
TESTEDOBJECTS := packets route timer dynptr live rejected core legacy skel skel_ops iter iter_map struct_ops helper raw mapkinds links links_multi netkit sock context within owned unnamed
# Of which older compilers leave out the tags of pointers.
TESTEDOBJECTS += $(if $(shell command -v clang-19),owned.clang-19)
EXAMPLES := $(patsubst examples/%.bpf.c,$(BUILD)/tests/examples/%.bpf.o,$(sort $(wildcard examples/*.bpf.c)))
BENCH := $(call objects,$(sort $(wildcard bench/*.c)))
ACCELBENCH := $(call objects,$(sort $(wildcard bench/accel/*.c)))
# Programs of the machine's benchmark: each by the newest clang that is here for BPF and natively, and by gcc.
NEWEST_CLANG := $(firstword $(foreach c,clang-21 clang-20 clang-19 clang-18 clang-17 clang-16,$(if $(shell command -v $(c)),$(c))) $(CLANG))
MACHINEPROGS := $(notdir $(basename $(sort $(wildcard bench/machine/progs/*.c))))
MACHINEBENCH := $(call objects,$(sort $(wildcard bench/machine/*.c))) \
	$(foreach p,$(MACHINEPROGS),$(BUILD)/bench/machine/$(p).gcc.o $(BUILD)/bench/machine/$(p).clang.o)
FUZZERS := $(patsubst fuzz/%.c,%,$(sort $(wildcard fuzz/*_fuzz.c)))
# Our machine for the public conformance suite, whose own helpers it has instead of the kernel's.
CONFORMANCE := $(call objects,$(sort $(wildcard tests/conformance/*.c)))
# Our verifier beside the kernel's, on the kernel's own cases.
SELFTESTS := $(call objects,$(sort $(wildcard tests/selftests/*.c)))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all unit runner accel-test testprogs check check-asan check-tsan check-kernels check-selftests check-samples fuzz fuzz-run lint format bench bench-machine bench-inspect demo golden \
	install uninstall clean help FORCE

all: $(BUILD)/skep ## build/skep (STATIC=0: dynamic; WERROR=1; SANITIZE=1: in build/asan; V=1)
unit: $(BUILD)/unit $(TESTOBJECTS) ## build/unit, the unit tests (run it with a part of a name to run those)
runner: $(if $(RUNNER),$(BUILD)/runner) testprogs $(TESTEDOBJECTS:%=$(BUILD)/tests/object/%.o) $(EXAMPLES) ## build/runner, which runs the script cases
accel-test: $(BUILD)/accel-test ## build/accel-test, what accel must get right (-l lists)
testprogs: $(TESTPROGS) ## build/tests/*, the small programs that script cases trace

$(BUILD)/skep: $(OBJ)
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $^ $(LIBS)
$(BUILD)/unit: $(UNIT) $(BUILD)/obj/tests/selftests/ask.o $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $^ $(LIBS)
all: $(BUILD)/skep-conformance
$(BUILD)/skep-conformance: $(CONFORMANCE) $(filter-out $(BUILD)/obj/src/machine/helper.o,$(LIB))
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $^ $(LIBS)
$(BUILD)/selftests-judge: $(SELFTESTS) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $^ $(LIBS)
$(BUILD)/runner: $(RUNNER) $(filter $(BUILD)/obj/src/base/%,$(LIB))
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $^
$(BUILD)/accel-test: $(ACCELTEST) $(filter $(BUILD)/obj/src/base/%,$(LIB))
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $^ $(LIBS) -pthread
# Plain programs with frame pointers, however the rest is built: they are what is looked at.
$(BUILD)/tests/%: tests/progs/%.c $(BUILD)/flags
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) -O1 -fno-omit-frame-pointer -fno-pie -no-pie -pthread -static \
		-o $@ $<
$(BUILD)/bench/meter: $(BENCH)
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) -o $@ $^
$(BUILD)/bench/accel-meter: $(ACCELBENCH)
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) -o $@ $^ $(LIBS) -pthread
$(BUILD)/bench/machine-meter: $(MACHINEBENCH) $(LIB) $(MACHINEPROGS:%=$(BUILD)/bench/machine/%.o)
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -o $@ $(MACHINEBENCH) $(LIB) $(LIBS) -lm
native = $(Q)$(1) -O2 -std=gnu17 $(WARN) -DCOMPILER=$(2) -c -o $@ $<
$(BUILD)/bench/machine/%.gcc.o: bench/machine/progs/%.c bench/machine/progs/prog.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(call native,gcc,gcc)
$(BUILD)/bench/machine/%.clang.o: bench/machine/progs/%.c bench/machine/progs/prog.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(call native,$(NEWEST_CLANG),clang)
# The fourth version of the instruction set is that of clang 18.
$(BUILD)/bench/machine/%.o: bench/machine/progs/%.c bench/machine/progs/prog.h
	$(call say,BPF)
	@mkdir -p $(@D)
	$(Q)$(NEWEST_CLANG) -target bpf -mcpu=$(if $(filter $(NEWEST_CLANG),$(CLANG) clang-16 clang-17),v3,v4) -O2 -g -Wall -Wextra \
		-idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
$(BUILD)/jit_fuzz: $(BUILD)/obj/tests/unit/machine_gen.o $(BUILD)/obj/tests/unit/machine_trace.o
$(BUILD)/%_fuzz: $(BUILD)/obj/fuzz/%_fuzz.o $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# Rooms that work once for a command are made small, the others fast.
$(foreach room,cmd gen host inspect lang net probe session source,$(eval $(BUILD)/obj/src/$(room)/%.o: SMALL := $(if $(filter -O2,$(CFLAGS)),-Os)))
$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/deps
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(SMALL) -MMD -MP -c -o $@ $<

# Programs in BPF C, embedded where a .c names them by a macro; of debug information at most BTF is kept, and no name of a
# folder, so that the binary is the same wherever it is made.
$(BUILD)/bpf/%.bpf.o: %.bpf.c $(wildcard bpf/*.h bpf/*.def) include/skep.bpf.h
	$(call say,BPF)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-parameter -ffile-prefix-map=$(CURDIR)=. -I. \
		-idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
	$(Q)$(LLVM_STRIP) -g $(BPF_STRIP) $@ 2>/dev/null || true
# It is loaded without.
$(BUILD)/bpf/bpf/walk.bpf.o: private BPF_STRIP := -R .BTF -R .BTF.ext
# The examples as objects, for where there is no clang.
$(BUILD)/tests/examples/%.bpf.o: examples/%.bpf.c include/skep.bpf.h
	$(call say,BPF)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Werror -Iinclude -c -o $@ $<
# Objects that unit tests open: NAME.o, and NAME.VARIANT.o.
bpf_variant = $(patsubst .%,%,$(suffix $(basename $(1))))
bpf_cpu = $(if $(filter v%,$(call bpf_variant,$(1))),$(call bpf_variant,$(1)),v3)
bpf_clang = $(if $(filter clang-%,$(call bpf_variant,$(1))),$(call bpf_variant,$(1)),$(CLANG))
$(BUILD)/tests/object/%.gcc.o: tests/object/%.c
	$(call say,BPF)
	@mkdir -p $(@D)
	$(Q)bpf-gcc -mcpu=v3 -O2 -gbtf -Wall -Wextra -Wno-unused-parameter -Wno-unknown-pragmas \
		-idirafter /usr/include/$(shell $(CC) -print-multiarch) -idirafter /usr/include -c -o $@ $<
.SECONDEXPANSION:
$(BUILD)/tests/object/%.o: tests/object/$$(firstword $$(subst ., ,$$*)).c $(wildcard tests/object/*.h)
	$(call say,BPF)
	@mkdir -p $(@D)
	$(Q)$(call bpf_clang,$@) -target bpf -mcpu=$(call bpf_cpu,$@) $(if $(filter %.common.o,$@),-fcommon) -O2 -g -Wall -Wextra -Wno-unused-parameter \
		-idirafter /usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
$(BUILD)/obj/tests/unit/object_image%.o: private FLAGS += -DTEST_OBJECTS='"$(BUILD)/tests/object"'
$(BUILD)/obj/tests/unit/btf_dump%.o: private FLAGS += -DTEST_OBJECTS='"$(BUILD)/tests/object"'
$(BUILD)/obj/tests/unit/verify_object%.o: private FLAGS += -DTEST_OBJECTS='"$(BUILD)/tests/object"'
$(BUILD)/bpf/%.gz: $(BUILD)/bpf/%
	$(Q)gzip -9nc $< >$@
# embed: the object file, what it embeds, the macro's name, .gz if packed
define embed
$(BUILD)/obj/$(1).o: $(BUILD)/bpf/$(2).bpf.o$(4)
$(BUILD)/obj/$(1).o: private FLAGS += -D$(3)='"$(BUILD)/bpf/$(2).bpf.o$(4)"'
endef
$(eval $(call embed,src/net/accel_object,bpf/accel,ACCEL_OBJECT,.gz))
$(eval $(call embed,src/inspect/walk,bpf/walk,WALK_OBJECT))
$(eval $(call embed,src/inspect/counter,bpf/profile,PROFILE_OBJECT))
$(eval $(call embed,src/host/host_lines,bpf/printk,PRINTK_OBJECT))
$(eval $(call embed,tests/accel/naive,tests/accel/naive,NAIVE_OBJECT))
$(eval $(call embed,bench/accel/naive,tests/accel/naive,NAIVE_OBJECT))

# The header for BPF C, which `skep run` gives to clang.
$(BUILD)/obj/src/cmd/clang.o: include/skep.bpf.h
$(BUILD)/obj/src/cmd/clang.o: private FLAGS += -DCLANG_HEADER='"include/skep.bpf.h"'

# What the objects were built with: changes, and so rebuilds them, when the flags do.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$WITH" | cmp -s - $@ || printf '%s\n' "$$WITH" >$@
$(BUILD)/flags: export WITH = $(CC) $(FLAGS) $(LINK)
$(BUILD)/deps: scripts/deps.sh
	@mkdir -p $(@D)
	@CC='$(CC)' STATIC=$(STATIC) scripts/deps.sh --check build && touch $@

-include $(patsubst %.o,%.d,$(OBJ) $(UNIT) $(RUNNER) $(ACCELTEST) $(CONFORMANCE) $(SELFTESTS) $(BENCH) $(ACCELBENCH) $(call objects,$(wildcard bench/machine/*.c)) $(call objects,$(FUZZERS:%=fuzz/%.c)))

check: ## everything that this machine allows; ends with N passed, N failed, N skipped
	@scripts/deps.sh test
	@$(MAKE) --no-print-directory all unit runner accel-test
	@scripts/check.sh $(BUILD)
check-asan: ## the same under the address and undefined behaviour sanitizers
	@scripts/deps.sh test
	@$(MAKE) --no-print-directory SANITIZE=1 all unit runner accel-test
	@scripts/check.sh build/asan
# The thread sanitizer needs its addresses free, which a kernel that scatters mappings widely does not grant.
check-tsan: ## the unit tests of maps, objects and timers in several threads, under the thread sanitizer
	@$(MAKE) --no-print-directory SANITIZE=thread unit
	@for tests in machine_map machine_owned machine_timer; do setarch -R build/tsan/unit $$tests || exit 1; done
check-kernels: ## the kernel cases on Debian's 6.1 and 6.12 kernels in QEMU
	@scripts/deps.sh kernels
	@$(MAKE) --no-print-directory all unit runner accel-test
	@scripts/check-kernels.sh
check-selftests: ## the kernel's own verifier cases, judged by ours and by the running kernel's (fetches its source)
	@scripts/deps.sh test
	@$(MAKE) --no-print-directory $(BUILD)/selftests-judge
	@scripts/check-selftests.sh $(BUILD)
check-samples: all ## what Debian's packages have of BPF programs, judged by our verifier (fetches them)
	@scripts/check-samples.sh $(BUILD)/skep
fuzz: ## every fuzzer over its corpus for FUZZ_SECONDS=20
	@if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	   clang -fsanitize=fuzzer,address -w -x c -o /dev/null - 2>/dev/null; \
	then $(MAKE) --no-print-directory FUZZ=1 fuzz-run; \
	else echo "fuzz: skipped: clang with libFuzzer is missing (Debian: clang libclang-rt-dev)"; fi
fuzz-run: $(FUZZERS:%=$(BUILD)/%)
	@for f in $(FUZZERS); do mkdir -p fuzz/corpus/$${f%_fuzz} $(BUILD)/found/$$f; \
	  $(BUILD)/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
	    -print_final_stats=1 -artifact_prefix=$(BUILD)/found/$$f/ $(BUILD)/found/$$f \
	    fuzz/corpus/$${f%_fuzz} >$(BUILD)/$$f.log 2>&1 || { tail -n 60 $(BUILD)/$$f.log; exit 1; }; \
	  sed -n "s/^stat::number_of_executed_units: /  FUZZ  $$f: runs /p" $(BUILD)/$$f.log; done
lint: ## layers, lengths, licence lines, format, headers
	@scripts/lint.sh
format: ## clang-format over all C
	@clang-format -i $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] bpf/*.[ch] include/*.h examples/*.c tests/*/*.[ch] fuzz/*.[ch] bench/*.[ch] \
		bench/*/*.[ch] bench/*/*/*.[ch])
golden: all ## rewrites tests/golden and shows what changed
	@scripts/golden.sh $(BUILD) --write
bench: ## side by side with the peers that are installed
	@scripts/deps.sh bench
	@$(MAKE) --no-print-directory all
	@bench/run.sh
	@bench/accel.sh
bench-inspect: ## what looks at the running kernel, beside bpftool
	@scripts/deps.sh bench
	@bench/inspect.sh
bench-machine: ## our machine beside native code and the kernel: JIT, interpreter, maps
	@$(MAKE) --no-print-directory $(BUILD)/bench/machine-meter
	@bench/machine.sh
demo: ## installs what is missing, builds, and shows skep at work here
	@scripts/deps.sh build
	@$(MAKE) --no-print-directory all $(BUILD)/bench/accel-meter
	@scripts/demo.sh

SHARE := $(DESTDIR)$(PREFIX)/share
UNITS := $(DESTDIR)$(PREFIX)/lib/systemd/system
# From the project's file to its place under share, where the file is there.
SHARED := $(foreach pair,man/skep.1:man/man1/skep.1 \
	completions/skep.bash:bash-completion/completions/skep \
	completions/_skep:zsh/site-functions/_skep \
	completions/skep.fish:fish/vendor_completions.d/skep.fish \
	docs/accel.md:doc/skep/accel.md docs/verify.md:doc/skep/verify.md docs/machine.md:doc/skep/machine.md docs/test.md:doc/skep/test.md docs/run.md:doc/skep/run.md docs/inspect.md:doc/skep/inspect.md docs/feature.md:doc/skep/feature.md docs/gen.md:doc/skep/gen.md etc/accel.conf:doc/skep/accel.conf, \
	$(if $(wildcard $(firstword $(subst :, ,$(pair)))),$(pair)))
install: all ## into PREFIX=/usr/local, below DESTDIR
	install -D -s -m 755 $(BUILD)/skep $(DESTDIR)$(PREFIX)/bin/skep
	install -D -m 644 include/skep.bpf.h $(DESTDIR)$(PREFIX)/include/skep.bpf.h
	@set -e; for p in $(SHARED); do \
	  (set -x; install -D -m 644 $${p%%:*} $(SHARE)/$${p#*:}); done
	@mkdir -p $(UNITS)
	sed 's|=skep |=$(PREFIX)/bin/skep |' etc/skep-accel.service >$(UNITS)/skep-accel.service
uninstall: ## removes what install puts there
	rm -f $(DESTDIR)$(PREFIX)/bin/skep $(DESTDIR)$(PREFIX)/include/skep.bpf.h $(UNITS)/skep-accel.service $(foreach p,$(SHARED),$(SHARE)/$(lastword $(subst :, ,$(p))))
clean: ## removes build/
	rm -rf build
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
