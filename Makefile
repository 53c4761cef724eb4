# whyeof. The two commands that matter: `make deps demo`, `make deps test`.
#
#   make            the program           make test       all tests, with lint
#   make deps       what is missing       make lab-check  verdicts of the lab
#   make demo       the bundled capture   make lab        repeats the lab live
#   make golden     rewrites goldens      make bench      speed and memory
#   make SAN=1 …    ASan + UBSan          make fuzz-smoke short fuzzing
#   make soak       ten minutes live, under load
#   make install    PREFIX, DESTDIR       make lint       layers, length, format
#
# WERROR=1 turns warnings into errors (CI does). V=1 shows the commands.

LAYERS := base scene capture wire tcp tls http model infer diagnose report pipeline

VERSION := 0.1.0
PREFIX  ?= /usr/local
B       := build$(if $(SAN),-san)
Q       := $(if $(V),,@)

# What Debian's packages are called. `deps` installs those that are missing.
DEPS_BUILD := gcc make pkg-config libc6-dev libpcap-dev libjansson-dev libnghttp2-dev \
              zlib1g-dev libzstd-dev liblz4-dev libseccomp-dev libcap-dev
DEPS_TEST  := libcmocka-dev python3 tshark tcpdump zstd lz4 clang-format-14 \
              universal-ctags mandoc iproute2 nftables curl golang-go \
              golang-golang-x-net-dev
DEPS_LAB   := golang-go golang-golang-x-net-dev nodejs nginx-light apache2-bin \
              gunicorn curl openssl nftables iproute2 tcpdump nghttp2-client
DEPS_BENCH := tcptrace tshark time wrk
DEPS_FUZZ  := clang-14 libclang-rt-14-dev

# With `deps` among the goals the others wait for it, in a make of their own:
# what this one found out about the machine is old by then.
ifneq ($(and $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS))),)

OTHERS := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(OTHERS)
deps:
	@$(MAKE) --no-print-directory deps
$(OTHERS): deps
	@$(MAKE) --no-print-directory $@

else

CC       ?= cc
CFLAGS   ?= -O3 -g
# gcc optimises the program as a whole; what else is linked only takes longer
# that way. clang would need an ar and a linker of its own for it.
LTO      := $(if $(SAN),,$(shell $(CC) -dM -E -x c /dev/null 2>/dev/null | grep -q __clang__ || echo -flto=auto))
FAT      := $(if $(LTO),$(LTO) -ffat-lto-objects)
WARN     := -Wall -Wextra -Wconversion -Wshadow $(if $(WERROR),-Werror)
comma    := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined \
            -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS += -D_GNU_SOURCE -Isrc -DWHYEOF_VERSION='"$(VERSION)"'
ALLFLAGS  = -std=c11 $(CFLAGS) $(FAT) $(WARN) $(SANFLAGS) -MMD -MP

# llhttp: pkg-config, else the sources of Debian's node-llhttp, else LLHTTP_DIR.
LLHTTP := $(shell pkg-config --exists libllhttp 2>/dev/null && echo pkg-config)
ifeq ($(LLHTTP),pkg-config)
  CPPFLAGS    += $(shell pkg-config --cflags libllhttp)
  LLHTTP_LIBS := $(shell pkg-config --libs libllhttp)
else
  LLHTTP_SRC := $(or $(LLHTTP_DIR),$(patsubst %/llhttp.c,%,$(wildcard /usr/share/llhttp/llhttp.c)))
  CPPFLAGS   += -isystem $(or $(LLHTTP_DIR),/usr/share/include/llhttp)
  LLHTTP_OBJ := $(addprefix $(B)/llhttp/,api.o http.o llhttp.o)
endif

PKGS     := libpcap libnghttp2 jansson zlib libzstd liblz4
ifeq ($(shell uname -s),Linux)
  PKGS += libseccomp libcap
endif
CPPFLAGS += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS     := $(LLHTTP_LIBS) $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

TESTS_C  := $(wildcard src/*/*_test.c)
FUZZ_C   := $(wildcard src/*/*_fuzz.c)
LIB_C    := $(filter-out $(TESTS_C) $(FUZZ_C),$(wildcard $(LAYERS:%=src/%/*.c)))
CMD_C    := $(wildcard cmd/*.c)
LIB_O    := $(LIB_C:%.c=$(B)/%.o) $(LLHTTP_OBJ)
# the installed program does not link the scene language
PROG_LIB := $(B)/libwhyeof.a
TEST_LIB := $(B)/libtest.a
TESTS    := $(TESTS_C:src/%.c=$(B)/test/%)
HELPERS  := $(filter-out $(B)/whyeof $(B)/replay,$(CMD_C:cmd/%.c=$(B)/%))
REPLAYS  := $(FUZZ_C:src/%_fuzz.c=$(B)/replay/%)
CHECKS   := $(sort $(wildcard testdata/checks/*.sh testdata/checks/*.py))

.PHONY: all man helpers deps deps-lab deps-bench deps-fuzz demo test unit-tests \
        lint format golden lab lab-check bench soak fuzz-smoke install uninstall \
        clean need-llhttp
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/whyeof

helpers: $(HELPERS)

$(B)/whyeof: $(B)/cmd/whyeof.o $(PROG_LIB)
$(HELPERS): $(B)/%: $(B)/cmd/%.o $(TEST_LIB)
$(B)/whyeof: LINKFLAGS := $(or $(LTO),-fno-lto)
$(HELPERS): LINKFLAGS := -fno-lto
$(B)/whyeof $(HELPERS):
	@echo "  link   $@"
	$(Q)$(CC) $(CFLAGS) $(LINKFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/test/%: $(B)/src/%.o $(TEST_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -fno-lto $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(PROG_LIB): $(filter-out $(B)/src/scene/%,$(LIB_O))
$(TEST_LIB): $(LIB_O)
$(PROG_LIB) $(TEST_LIB):
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/%.o: %.c | need-llhttp
	@mkdir -p $(@D)
	@echo "  cc     $<"
	$(Q)$(CC) $(CPPFLAGS) $(ALLFLAGS) -c -o $@ $<

# Somebody else's source: its warnings are not ours to mend.
$(B)/llhttp/%.o: $(LLHTTP_SRC)/%.c | need-llhttp
	@mkdir -p $(@D)
	@echo "  cc     $<"
	$(Q)$(CC) $(CPPFLAGS) -std=c11 $(CFLAGS) $(FAT) $(SANFLAGS) -w -c -o $@ $<

need-llhttp:
ifeq ($(LLHTTP)$(LLHTTP_SRC),)
	@echo "llhttp not found: 'make deps' installs it (node-llhttp or libllhttp-dev), or set LLHTTP_DIR" >&2; exit 1
endif

# What is missing, and only that.
define install_missing
	@set -e; missing=; \
	for p in $(1); do \
	    dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    echo "  apt   $$missing"; \
	    $$sudo apt-get update -qq; \
	    $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

# llhttp is a library of its own from Debian 13 on, sources before.
LLHTTP_DEP = $$(apt-cache show libllhttp-dev >/dev/null 2>&1 && echo libllhttp-dev || echo node-llhttp)

deps:
	$(call install_missing,$(DEPS_BUILD) $(DEPS_TEST))
	$(call install_missing,$(LLHTTP_DEP))

deps-lab: deps
	$(call install_missing,$(DEPS_LAB))
deps-bench: deps
	$(call install_missing,$(DEPS_BENCH))
deps-fuzz: deps
	$(call install_missing,$(DEPS_FUZZ))

# Exit status 1 is what it is made to show: a finding.
demo: $(B)/whyeof
	@$(B)/whyeof testdata/seed/write-timeout.pcapng || [ $$? -eq 1 ]

# The fuzz targets, without a fuzzer.
$(B)/replay/%: $(B)/src/%_fuzz.o $(B)/cmd/replay.o $(TEST_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -fno-lto $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

test: lint $(B)/whyeof $(HELPERS) $(TESTS) $(REPLAYS)
	@WHYEOF=$(B)/whyeof BUILD=$(B) python3 testdata/run_tests.py $(TESTS) $(CHECKS)

unit-tests: $(TESTS)
	@python3 testdata/run_tests.py $(TESTS)

lint: $(B)/mkman
	@$(B)/mkman | cmp -s - man/whyeof-verdicts.7 || { echo "lint: man/whyeof-verdicts.7 is old (make man)"; exit 1; }
	@python3 testdata/lint.py $(LAYERS)

man: $(B)/mkman
	@$(B)/mkman > man/whyeof-verdicts.7

format:
	@clang-format-14 -i $(wildcard src/*/*.[ch] cmd/*.c)

golden: $(B)/test/pipeline/golden_test
	@WHYEOF_GOLDEN=write $<
	@git status --short testdata

lab-check: $(B)/whyeof
	@python3 testdata/lab/lab.py check --whyeof $(B)/whyeof --captures testdata/captures

lab: deps-lab $(B)/whyeof
	@rm -rf $(B)/lab
	@python3 testdata/lab/lab.py run --out $(B)/lab
	@python3 testdata/lab/lab.py check --whyeof $(B)/whyeof --captures $(B)/lab

bench: deps-bench $(B)/whyeof $(HELPERS)
	@BUILD=$(B) python3 testdata/bench.py

# Watching a loaded interface for long: memory, drops, failures.
SOAK_SECONDS ?= 600
soak: deps-bench $(B)/whyeof
	@python3 testdata/soak.py --whyeof $(B)/whyeof --seconds $(SOAK_SECONDS)

# Each fuzz target for FUZZ_SECONDS, with clang's sanitizers.
FUZZ_SECONDS ?= 20
fuzz-smoke: deps-fuzz
	@LIBS="$(LIBS)" CPPFLAGS="$(subst ",\",$(CPPFLAGS))" LLHTTP_SRC="$(LLHTTP_SRC)" SECONDS_EACH=$(FUZZ_SECONDS) \
	    python3 testdata/fuzz_smoke.py $(FUZZ_C) -- $(LIB_C)

MANDIR := $(DESTDIR)$(PREFIX)/share/man
install: $(B)/whyeof
	install -d $(DESTDIR)$(PREFIX)/bin $(MANDIR)/man1 $(MANDIR)/man7
	install -m 755 $(B)/whyeof $(DESTDIR)$(PREFIX)/bin/whyeof
	install -m 644 man/whyeof.1 $(MANDIR)/man1/whyeof.1
	install -m 644 man/whyeof-internals.7 $(MANDIR)/man7/whyeof-internals.7
	install -m 644 man/whyeof-live.7 $(MANDIR)/man7/whyeof-live.7
	install -m 644 man/whyeof-verdicts.7 $(MANDIR)/man7/whyeof-verdicts.7

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/whyeof $(MANDIR)/man1/whyeof.1 \
	    $(MANDIR)/man7/whyeof-internals.7 $(MANDIR)/man7/whyeof-live.7 $(MANDIR)/man7/whyeof-verdicts.7

clean:
	rm -rf build build-san

-include $(wildcard $(B)/src/*/*.d $(B)/cmd/*.d)

endif
