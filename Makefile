# loopsim. `make help` lists the targets.
#
# Variables: CC, OPT (default -O2), SANITIZE=address,undefined, LTO (1 or empty), CFLAGS, LDFLAGS, PREFIX, DESTDIR,
# SUITES="kernel rng" (of `make test`), BUILD (default build), CI (warnings are errors), PGO=use (after `make pgo`).
# Every combination has its own objects in $(BUILD)/<variant>/; $(BUILD)/loopsim is the one that was made last.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

OPT ?= -O2
PREFIX ?= /usr/local
BUILD ?= build
PKG_CONFIG ?= pkg-config
NM ?= nm

ifneq (,$(findstring fast,$(OPT) $(CFLAGS)))
$(error loopsim gives the same bytes everywhere only with IEEE arithmetic: no -Ofast, no -ffast-math)
endif

# How it is compiled ---------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-align \
            -Wwrite-strings -Wundef -Wvla
ifneq (,$(CI))
WARNINGS += -Werror
endif

FLAGS := -std=c11 $(OPT) -g -ffp-contract=off
ifneq (,$(SANITIZE))
FLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
IS_GCC := $(findstring Free Software,$(shell $(CC) --version 2>/dev/null))
# gcc's link-time optimisation is the default where it optimises at all: a request costs a quarter less. LTO= turns it off.
ifeq (undefined,$(origin LTO))
ifneq (,$(IS_GCC))
LTO := $(if $(SANITIZE)$(filter -O0 -Og,$(OPT)),,1)
endif
endif
ifneq (,$(LTO))
FLAGS += -flto$(if $(IS_GCC),=auto)
endif

# The variant is named after what shapes its objects; free-form flags enter as a checksum.
extra := $(strip $(CFLAGS) $(CPPFLAGS) $(LDFLAGS))
empty :=
space := $(empty) $(empty)
VARIANT := $(subst /,_,$(subst $(space),,$(CC)$(OPT)$(if $(SANITIZE),-$(SANITIZE))$(if $(LTO),-lto)))
ifneq (,$(extra))
VARIANT := $(VARIANT)-$(shell printf '%s' '$(extra)' | cksum | cut -d ' ' -f 1)
endif
PROFILED := $(VARIANT)-pgo
ifneq (,$(PGO))
VARIANT := $(PROFILED)
endif
OBJ := $(BUILD)/$(VARIANT)
# Profile feedback (make pgo): PGO=generate counts what runs, PGO=use compiles by those counts. Both in one directory, for
# gcc finds the counts beside the objects.
LLVM_PROFDATA ?= llvm-profdata
ifeq (generate,$(PGO))
FLAGS += $(if $(IS_GCC),-fprofile-generate,-fprofile-generate=$(abspath $(OBJ)))
endif
ifeq (use,$(PGO))
FLAGS += $(if $(IS_GCC),-fprofile-use -Wno-missing-profile -Wno-coverage-mismatch,-fprofile-use=$(abspath $(OBJ))/counts.profdata \
         -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date)
endif

DEFINES := -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -I.
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags libcjson zlib 2>/dev/null)
LIB_LDLIBS := $(shell $(PKG_CONFIG) --libs libcjson zlib 2>/dev/null || echo -lcjson -lz) -lm -lpthread
TEST_CFLAGS = $(shell $(PKG_CONFIG) --cflags check) -DOBJECTS='"$(OBJ)"'
TEST_LDLIBS = $(shell $(PKG_CONFIG) --libs check)

# What there is: a new file needs no edit ------------------------------------------------------------------------

SOURCES := $(wildcard sim/*.c traces/*.c model/*/*.c cli/*.c)
TEST_SOURCES := $(wildcard tests/*.c) $(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c))
ALL_SUITES := $(shell sed -n 's/^SUITE(\(.*\))$$/\1/p' tests/suites.h)
OBJECTS := $(SOURCES:%.c=$(OBJ)/%.o)
TEST_OBJECTS := $(TEST_SOURCES:%.c=$(OBJ)/%.o)

# V=1 shows whole commands.
say = $(if $(V),,@echo '  $1 $@' &&)

# Until there is a command line, the tests run without it.
PROGRAM := $(if $(wildcard cli/main.c),$(BUILD)/loopsim)

all: $(BUILD)/loopsim ## build build/loopsim (the default)

$(BUILD)/loopsim: $(OBJ)/loopsim FORCE
	@ln -sf $(VARIANT)/loopsim $@

$(OBJ)/loopsim: $(OBJECTS)
	$(call say,link) $(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

# The tests hold all of loopsim, its main too, and stand between it and what may fail (tests/faults.c).
WRAPPED := malloc calloc realloc free cJSON_ParseWithLength cJSON_Delete open open64 fopen fopen64 close rename write fork
$(OBJ)/loopsim-test: $(TEST_OBJECTS) $(OBJ)/tests/loopsim_main.o $(filter-out $(OBJ)/cli/main.o,$(OBJECTS))
	$(call say,link) $(CC) $(FLAGS) $(CFLAGS) $(LDFLAGS) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(TEST_LDLIBS) $(LIB_LDLIBS)

$(OBJ)/tests/loopsim_main.o: cli/main.c Makefile
	@mkdir -p $(@D)
	$(call say,cc) $(CC) $(FLAGS) $(WARNINGS) $(DEFINES) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -Dmain=loopsim_main -Wno-missing-prototypes -MMD -MP -c -o $@ $<

$(TEST_OBJECTS): DEFINES += $(TEST_CFLAGS)
$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,cc) $(CC) $(FLAGS) $(WARNINGS) $(DEFINES) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) $(OBJ)/tests/loopsim_main.d

# What one does with it ------------------------------------------------------------------------------------------

# Each step is a make of its own.
pgo: ## build by what the compiler counted in bench/train.sh; then PGO=use test, PGO=use install take that build
	@rm -rf $(BUILD)/$(PROFILED)
	@$(MAKE) PGO=generate $(BUILD)/$(PROFILED)/loopsim
	@sh bench/train.sh $(BUILD)/$(PROFILED)/loopsim
	$(if $(IS_GCC),,@$(LLVM_PROFDATA) merge -o $(BUILD)/$(PROFILED)/counts.profdata $(BUILD)/$(PROFILED)/*.profraw)
	@find $(BUILD)/$(PROFILED) -name '*.o' -delete && rm $(BUILD)/$(PROFILED)/loopsim
	@$(MAKE) PGO=use all
	@echo "$(BUILD)/loopsim is the build by profile; make PGO=use install installs it"

demo: all ## contrast the servers of examples/five-requests.json and write its trace
	@$(BUILD)/loopsim run examples/five-requests.json --trace $(BUILD)/five-requests.trace.json
	@echo
	@echo "The trace is in $(BUILD)/five-requests.trace.json: open it in https://ui.perfetto.dev"

test: $(PROGRAM) $(OBJ)/loopsim-test ## run all tests (SUITES="kernel rng" runs only these)
	@CC='$(CC)' NM='$(NM)' $(OBJ)/loopsim-test $(SUITES)

hostile: ## run all tests where every object is a block of its own and every buffer tiny, under sanitizers (clang)
	@CK_TIMEOUT_MULTIPLIER=20 nice -n 10 $(MAKE) CC=clang OPT=-O1 SANITIZE=address,undefined CFLAGS=-DLOOPSIM_HOSTILE test

# gcc's own: gcov comes with it. No optimisation, as that moves branches; suites that run at length what others have run
# are left out, as they take most of the time and reach nothing else.
GCOV ?= gcov
COVER := $(BUILD)/cover
COVERED = $(MAKE) BUILD=$(COVER) CC=gcc OPT=-O0 LTO= CFLAGS=--coverage \
          LDFLAGS='--coverage -Wl,--wrap=_exit $(abspath $(COVER))/exit.o'
.PHONY: cover-begin cover-end
cover: ## what the tests reach: functions, lines and branches; fails below the thresholds (tests/cover/cover.sh)
	@mkdir -p $(COVER)
	@gcc -std=c11 -O2 -Wall -Wextra -I. -c -o $(COVER)/exit.o tests/cover/exit.c
	+@$(COVERED) cover-begin
	+@CK_TIMEOUT_MULTIPLIER=20 nice -n 10 $(COVERED) test SUITES='$(or $(SUITES),$(filter-out laws identity portable asyncflow,$(ALL_SUITES)))'
	+@$(COVERED) cover-end
cover-begin:
	@find $(OBJ) -name '*.gcda' -exec rm {} + 2>/dev/null || true
cover-end:
	@GCOV='$(GCOV)' sh tests/cover/cover.sh $(OBJ) $(BUILD)/unreached.txt

# One file is compiled anew for each mutant; without -g and link-time optimisation, as most of the time goes into the link.
MUTANTS = $(MAKE) BUILD=$(BUILD)/mutants OPT=-O1 LTO= CFLAGS=-g0
.PHONY: mutants-test
mutants: ## would a test notice? N small changes (N=100 SEED=1, N=0: all; F=sim/mem.c only that file), one after the other
	+@$(MUTANTS) all mutants-test
mutants-test: $(OBJ)/loopsim-test
	@COMPILE='$(CC) $(FLAGS) $(DEFINES) $(LIB_CFLAGS) -c' LINK='$(CC) $(FLAGS) $(CFLAGS)' LIBS='$(LIB_LDLIBS)' \
	    TEST_LIBS='$(TEST_LDLIBS)' WRAP='$(WRAPPED:%=-Wl,--wrap=%)' \
	    nice -n 10 sh tests/mutants.sh $(OBJ) $(or $(N),100) $(or $(SEED),1) $(F)

laws: $(OBJ)/loopsim-test ## compare simulated with exact: every case of queueing theory, as a table (LAWS=2 in less time, LAW=M/M/1 only those)
	@LAWS=$(or $(LAWS),0.5) CK_DEFAULT_TIMEOUT=3600 $(OBJ)/loopsim-test laws

naive: $(OBJ)/loopsim-test ## compare with a second, naive simulator on N random specs (N=1000 SEED=1), and say what they met
	@NAIVE_N=$(or $(N),1000) NAIVE_SEED=$(or $(SEED),1) CK_FORK=no $(OBJ)/loopsim-test naive

reference: all ## write docs/spec-reference.md anew from the tables
	@$(BUILD)/loopsim reference > docs/spec-reference.md

golden: $(PROGRAM) $(OBJ)/loopsim-test ## write the golden files of the formats anew: read the difference
	@GOLDEN=1 $(OBJ)/loopsim-test formats
	@$(MAKE) -s digests >/dev/null

.PHONY: specs digests portability hostile
# The specs of tests/random_specs.h as files, and the hashes of all that loopsim writes about them.
$(OBJ)/specs: tests/portability/specs.c $(OBJ)/tests/random_specs.o $(filter $(OBJ)/sim/%,$(OBJECTS))
	$(call say,link) $(CC) $(FLAGS) $(WARNINGS) $(DEFINES) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

specs: $(OBJ)/specs
	@ln -sf $(VARIANT)/specs $(BUILD)/specs

digests: all specs ## write tests/golden/digests.txt anew: any change is a change of behaviour, for CHANGELOG.md
	@sh tests/portability/golden.sh $(BUILD)

portability: ## the same bytes by other compilers, processors (qemu), locales, time zones, --jobs (ONLY="clang s390x")
	@nice -n 10 sh tests/portability/portability.sh $(BUILD)/portability $(ONLY)

readme: all ## bring the output that README.md shows up to date
	@sh tests/readme.sh $(BUILD)/loopsim

reality: all ## real servers, measured, against what loopsim says of them: a table with the error of each cell
	@sh tests/reality/reality.sh $(OBJ)/loopsim

fuzz-node: all ## N random programs, here and on a real Node 20 where one is installed (N=1000 SEED=1)
	@sh tests/fuzz_node/run.sh $(BUILD) $(or $(N),1000) $(or $(SEED),1)

scale-test: all ## a sweep in parts by a Slurm job array and by GNU parallel over ssh, here, for real (docs/scale.md)
	@sh tests/scale/scale.sh $(OBJ)/loopsim

layers: $(OBJECTS) ## check who includes whom, and that nothing banned is called
	@NM='$(NM)' sh tests/layers.sh $(OBJ)

lint: ## clang-format, clang-tidy, cppcheck and gcc -fanalyzer, as far as they are installed
	@CC_FLAGS='-std=c11 $(DEFINES) -DOBJECTS="" $(LIB_CFLAGS)' sh tests/lint.sh

coverage-test: $(OBJ)/loopsim-test all ## do 95 % intervals cover the mean of M/M/1 in 93 to 97 % of 1,000 experiments?
	@LOOPSIM_EXPERIMENTS=1000 CK_RUN_CASE=coverage $(OBJ)/loopsim-test runs

# The targets of tests/fuzz/targets.h, in one program that goes by its name. Clang alone; without must.o, as a bug has to
# abort there. LOOPSIM_HASTY: a spec that spins would take a minute under the sanitizers.
FUZZ := $(BUILD)/fuzz
FUZZ_FLAGS := -std=c11 -O1 -g -ffp-contract=off -fno-omit-frame-pointer -fno-sanitize-recover=all \
              -fsanitize=fuzzer-no-link,address,undefined -DLOOPSIM_HASTY
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/%.o,$(filter-out cli/main.c sim/must.c,$(SOURCES)) $(wildcard tests/fuzz/*.c))
# What runs a spec compares times, and what prints a number its digits, which no input reaches: following that takes up to
# nine tenths of the time.
$(foreach room,sim model/loop model/machine model/node model/observe model/servers,$(FUZZ)/$(room)/%.o) \
$(FUZZ)/model/program/number.o $(FUZZ)/tests/fuzz/grammar.o: \
    FUZZ_FLAGS += -fno-sanitize-coverage=trace-cmp
$(FUZZ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,cc) clang $(FUZZ_FLAGS) $(WARNINGS) $(DEFINES) $(LIB_CFLAGS) -MMD -MP -c -o $@ $<
$(FUZZ)/fuzz: $(FUZZ_OBJECTS)
	$(call say,link) clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIB_LDLIBS)
-include $(FUZZ_OBJECTS:.o=.d)

fuzz: $(FUZZ)/fuzz all ## search inputs that break something (T=spec, a target of tests/fuzz/targets.h; SECONDS=60)
	@sh tests/fuzz/fuzz.sh $(FUZZ) $(BUILD)/loopsim '$(T)' $(or $(SECONDS),60)

torture: $(PROGRAM) $(OBJ)/loopsim-test ## every allocation and write fails once, and from then on: the first N of each (TORTURE=3000, TORTURE_PART=1/2) and some of the rest
	@TORTURE=$(or $(TORTURE),3000) $(OBJ)/loopsim-test torture

signals: $(PROGRAM) $(OBJ)/loopsim-test ## Ctrl-C at N random moments of each of many commands (N=200): what is left, how long it takes
	@SIGNALS=$(or $(N),200) SIGNALS_ONLY='$(ONLY)' $(OBJ)/loopsim-test interrupts

BENCH := $(BUILD)/bench
$(BENCH)/floor_%: bench/floor_%.c Makefile
	@mkdir -p $(@D)
	$(call say,cc) $(CC) -std=c11 -O3 $(DEFINES) -o $@ $< -lm
$(BENCH)/bench: bench/bench.c Makefile
	@mkdir -p $(@D)
	$(call say,cc) $(CC) -std=c11 $(OPT) $(WARNINGS) -D_XOPEN_SOURCE=700 -o $@ $<
$(BENCH)/hold: bench/hold.c $(wildcard sim/*.[ch]) Makefile
	@mkdir -p $(@D)
	$(call say,cc) $(CC) $(FLAGS) $(WARNINGS) -D_XOPEN_SOURCE=700 -I. -o $@ $< $(wildcard sim/*.c) -lm

bench: all $(BENCH)/bench $(BENCH)/hold $(BENCH)/floor_mm1 $(BENCH)/floor_steps ## measure speed beside the floors (RUNS=5)
	@$(BENCH)/bench $(or $(RUNS),5) $(BUILD)/loopsim $(BENCH)
	@for n in 1000 10000 100000 1000000 10000000; do echo "queue of future events, $$n pending: $$($(BENCH)/hold $$n) ns a hold"; done

PYTHON ?= python3
bench-peers: all $(BENCH)/bench $(BENCH)/floor_mm1 ## the M/M/1 queue in SimPy, where it is installed (Debian: python3-simpy3), and ours
	@$(BENCH)/bench $(or $(RUNS),5) $(BUILD)/loopsim $(BENCH) 1
	@if $(PYTHON) -c 'import simpy' 2>/dev/null; then $(PYTHON) bench/peer_simpy.py 200000; \
	    else echo "SimPy is not installed (Debian: python3-simpy3)"; fi

SHARE := $(DESTDIR)$(PREFIX)/share
install: all ## install under $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/doc/loopsim/examples \
	    $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -m 755 $(OBJ)/loopsim $(DESTDIR)$(PREFIX)/bin/loopsim
	$(OBJ)/loopsim man > $(SHARE)/man/man1/loopsim.1
	$(OBJ)/loopsim completion bash > $(SHARE)/bash-completion/completions/loopsim
	$(OBJ)/loopsim completion zsh > $(SHARE)/zsh/site-functions/_loopsim
	$(OBJ)/loopsim completion fish > $(SHARE)/fish/vendor_completions.d/loopsim.fish
	install -m 644 README.md CHANGELOG.md LICENSE $(wildcard docs/*.md) $(SHARE)/doc/loopsim/
	cp -R examples/. $(SHARE)/doc/loopsim/examples/

uninstall: ## remove what install has put under $(DESTDIR)$(PREFIX)
	rm -f $(DESTDIR)$(PREFIX)/bin/loopsim $(SHARE)/man/man1/loopsim.1 $(SHARE)/bash-completion/completions/loopsim \
	    $(SHARE)/zsh/site-functions/_loopsim $(SHARE)/fish/vendor_completions.d/loopsim.fish
	rm -rf $(SHARE)/doc/loopsim

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

FORCE:
.PHONY: FORCE $(shell sed -n 's/^\([a-z-]*\):.*\#\# .*/\1/p' Makefile)
