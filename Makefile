# whyeof. The two commands that matter: `make deps demo`, `make deps test`.
#
#   make            the program           make test       all tests, with lint
#   make deps       what it is built of   make lab-check  verdicts of the lab
#   make deps-test  what tests need too   make lab        repeats the lab live
#   make demo       the bundled capture   make bench      speed and memory
#   make golden     rewrites goldens      make fuzz-smoke short fuzzing
#   make honesty    recordings made worse, of scenes, the lab, cases and others
#   make SAN=1 …    ASan + UBSan          make lint       layers, length, format
#   make structure  rooms, files, lengths make tidy       clang-tidy's opinion
#   make soak       ten minutes live, under load
#   make release    optimised as a whole, in build-release
#   make install    that, to PREFIX, below DESTDIR
#   make dist       a tarball of the commit in build/
#   make deb        a Debian package of it in build/deb/, and lintian's word
#
# CC, CFLAGS, CPPFLAGS, LDFLAGS, AR and PKG_CONFIG are the user's: they add to
# what the project needs, come last, and what they change is built anew.
# WERROR=1 turns warnings into errors (CI does). V=1 shows the commands.

LAYERS := base scene capture sandbox wire tcp tls http model infer diagnose record judge report compare pipeline options files live

VERSION := 0.1.0
PREFIX  ?= /usr/local
RELEASE_B := build-release
B       := build$(if $(SAN),-san)
Q       := $(if $(V),,@)

# Python's bytecode would lie beside the sources.
export PYTHONDONTWRITEBYTECODE := 1
# What tshark says of a capture is the same for each build of the program.
export WHYEOF_KEPT := build/tshark

# Captures with a known cause, if the folder is there; LAB_OPTIONS=--json gives
# what lab-check says as one document. Those that nobody here made beside it.
CASES := ../shared/cases
PUBLIC := ../shared/captures

# What Debian's packages are called. `deps` installs those of the build that
# are missing, and with a goal of NEED_TESTS beside it the tests' as well.
DEPS_BUILD := gcc make pkg-config libc6-dev libpcap-dev libjansson-dev libnghttp2-dev \
              zlib1g-dev libzstd-dev liblz4-dev libssl-dev libseccomp-dev libcap-dev
DEPS_TEST  := libcmocka-dev python3 tshark tcpdump zstd lz4 gzip clang-format-14 \
              universal-ctags mandoc iproute2 ethtool nftables mount bsdutils \
              util-linux curl git golang-go golang-golang-x-net-dev \
              python3-distributed libxml2-utils cmark-gfm \
              python3-jsonschema python3-yaml jq parallel zsh fish
DEPS_LAB   := nodejs nginx-light apache2-bin gunicorn uvicorn haproxy openssl nghttp2-client \
              golang-google-grpc-dev python3-grpcio default-jdk-headless \
              varnish php8.2-fpm chromium prometheus
DEPS_BENCH := tcptrace time wrk
DEPS_FUZZ  := clang-14 libclang-rt-14-dev
DEPS_TIDY  := clang-tidy-14
DEPS_DEB   := git debhelper dpkg-dev lintian
NEED_TESTS := test honesty unit-tests lint structure format golden lab-check

# With `deps` among the goals the others wait for it, in a make of their own:
# what this one found out about the machine is old by then.
DEPS_GOALS := $(filter deps deps-%,$(MAKECMDGOALS))
OTHERS     := $(filter-out $(DEPS_GOALS),$(MAKECMDGOALS))
ifneq ($(and $(DEPS_GOALS),$(OTHERS)),)

.PHONY: $(sort $(DEPS_GOALS) deps-now $(OTHERS))
.NOTPARALLEL: # each may be: two makes in one folder would not agree
deps-now:
	@$(MAKE) --no-print-directory $(DEPS_GOALS) $(if $(filter $(NEED_TESTS),$(OTHERS)),deps-test)
$(DEPS_GOALS): deps-now
	@:
$(OTHERS): deps-now
	@$(MAKE) --no-print-directory $@

else

CC         ?= cc
CFLAGS     ?= -O3 -g
PKG_CONFIG ?= pkg-config
comma      := ,
quoted      = '$(subst ','\'',$(1))'

# What this compiler and linker can harden, found out once for each of them.
# Source names do not tell where the tree lay. FORTIFY wants an optimiser, and
# no sanitizer beside it; who gives another value means it.
HARDEN_KEY := $(CC) $(CFLAGS) $(CPPFLAGS) $(SAN) $(CURDIR)
-include $(B)/harden.mk
ifneq ($(HARDEN_FOR),$(HARDEN_KEY))
  HARDEN := $(shell CC=$(call quoted,$(CC)) sh testdata/harden.sh $(if $(SAN),san,$(call quoted,$(CPPFLAGS) $(CFLAGS))))
  HARDEN_C  := $(filter-out -Wl$(comma)% -pie,$(HARDEN))
  HARDEN_LD := $(filter -Wl$(comma)% -pie,$(HARDEN))
  ifneq ($(HARDEN),)
    $(shell mkdir -p $(B))
    $(file >$(B)/harden.mk,HARDEN_FOR := $(HARDEN_KEY))
    $(file >>$(B)/harden.mk,HARDEN_C := $(HARDEN_C))
    $(file >>$(B)/harden.mk,HARDEN_LD := $(HARDEN_LD))
  endif
endif

# A release is optimised as a whole, by gcc: clang would need an ar and a
# linker of its own for it. Day by day that only takes long.
LTO      := $(if $(RELEASE),$(shell $(CC) -dM -E -x c /dev/null 2>/dev/null | grep -q __clang__ || echo -flto=auto))
# gcc takes no (void) for an answer where FORTIFY asks for a result's use.
WARN     := -Wall -Wextra -Wconversion -Wshadow -Wno-unused-result $(if $(WERROR),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined \
            -fno-sanitize-recover=all -fno-omit-frame-pointer)
# The tests measure our memory, which is not what ASan keeps of what was freed.
ifneq ($(SAN),)
  export ASAN_OPTIONS ?= quarantine_size_mb=16
endif
BOTH     := $(HARDEN_C) $(LTO) $(SANFLAGS) # to compile and to link
OURS_C   := -std=c11 $(WARN) $(BOTH) -MMD -MP

# llhttp: LLHTTP_DIR where it is said, else pkg-config, else the folder that
# CMake's packages leave, else the sources of Debian's node-llhttp.
# LLHTTP_ROOT, before the folders that are looked into, is for the tests.
LLHTTP_ROOT  ?=
LLHTTP_CMAKE := $(firstword $(wildcard $(foreach d,lib/*/ lib64/ lib/ share/,\
    $(LLHTTP_ROOT)/usr/local/$dcmake/llhttp $(LLHTTP_ROOT)/usr/$dcmake/llhttp)))
ifneq ($(LLHTTP_DIR),)
  LLHTTP     := folder
  LLHTTP_SRC := $(LLHTTP_DIR)
  LLHTTP_CPP := -isystem $(LLHTTP_DIR)
else ifeq ($(shell $(PKG_CONFIG) --exists libllhttp 2>/dev/null && echo yes),yes)
  LLHTTP      := pkg-config
  LLHTTP_CPP  := $(shell $(PKG_CONFIG) --cflags libllhttp)
  LLHTTP_LIBS := $(shell $(PKG_CONFIG) --libs libllhttp)
else ifneq ($(LLHTTP_CMAKE),)
  LLHTTP      := cmake
  LLHTTP_LIB  := $(patsubst %/cmake/llhttp,%,$(LLHTTP_CMAKE))
  LLHTTP_USR  := $(firstword $(subst /lib, ,$(subst /share/, /,$(subst $(LLHTTP_ROOT),,$(LLHTTP_LIB)))))
  LLHTTP_INC  := $(patsubst %/llhttp.h,%,$(firstword $(wildcard $(foreach d,llhttp/ */ ,$(LLHTTP_ROOT)$(LLHTTP_USR)/include/$dllhttp.h) $(LLHTTP_ROOT)$(LLHTTP_USR)/include/llhttp.h)))
  LLHTTP_CPP  := $(if $(filter-out /usr/include /usr/local/include,$(LLHTTP_INC)),-isystem $(LLHTTP_INC))
  LLHTTP_LIBS := $(if $(filter-out /usr/lib%,$(LLHTTP_LIB)),-L$(LLHTTP_LIB)) -lllhttp
else
  LLHTTP_SRC := $(patsubst %/llhttp.c,%,$(wildcard $(LLHTTP_ROOT)/usr/share/llhttp/llhttp.c))
  LLHTTP     := $(if $(LLHTTP_SRC),sources)
  LLHTTP_CPP := $(if $(LLHTTP_SRC),-isystem $(LLHTTP_ROOT)/usr/share/include/llhttp)
endif
LLHTTP_OBJ := $(if $(LLHTTP_SRC),$(addprefix $(B)/llhttp/,api.o http.o llhttp.o))

PKGS     := libpcap libnghttp2 jansson zlib libzstd liblz4 libcrypto
ifeq ($(shell uname -s),Linux)
  PKGS += libseccomp libcap
endif
OURS_CPP := -D_GNU_SOURCE -Isrc $(LLHTTP_CPP) $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS     := $(LLHTTP_LIBS) $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm

COMPILE   = $(CC) $(OURS_CPP) $(OURS_C) $(CPPFLAGS) $(CFLAGS)
AS_VERSION = -DWHYEOF_VERSION='"$(VERSION)"'
LINK      = $(CC) $(BOTH) $(HARDEN_LD) $(CFLAGS) $(LDFLAGS)

TESTS_C  := $(wildcard src/*/*_test.c)
FUZZ_C   := $(wildcard src/*/*_fuzz.c)
KITS_C   := $(wildcard src/*/*_kit.c)
LIB_C    := $(filter-out $(TESTS_C) $(FUZZ_C) $(KITS_C),$(wildcard $(LAYERS:%=src/%/*.c)))
CMD_C    := $(wildcard cmd/*.c)
LIB_O    := $(LIB_C:%.c=$(B)/%.o) $(LLHTTP_OBJ)
# the installed program does not link the scene language
PROG_O   := $(filter-out $(B)/src/scene/%,$(LIB_O))
# what several tests share is in their library, with all of the product
TEST_LIB := $(B)/libtest.a
TEST_O   := $(LIB_O) $(KITS_C:%.c=$(B)/%.o)
TESTS    := $(TESTS_C:src/%.c=$(B)/test/%)
HELPERS  := $(filter-out $(B)/whyeof $(B)/replay $(B)/shard,$(CMD_C:cmd/%.c=$(B)/%))
REPLAYS  := $(FUZZ_C:src/%_fuzz.c=$(B)/replay/%)
CHECKS   := $(sort $(wildcard testdata/checks/*.sh testdata/checks/*.py))

.PHONY: all man helpers release deps deps-test deps-lab deps-bench deps-deb deps-fuzz \
        deps-tidy dist deb \
        demo test unit-tests lint tidy format golden honesty lab lab-check bench soak \
        fuzz-smoke install install-files uninstall clean need-llhttp \
        which-llhttp FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/whyeof

helpers: $(HELPERS)

release:
	@$(MAKE) --no-print-directory RELEASE=1 B=$(RELEASE_B) all

# A file that holds how things are made: written when that is another way, so
# that what depends on the file is made anew. The + is for `make -n`.
define remember
$(B)/$(1).how: FORCE
	+@mkdir -p $$(@D); echo $$(call quoted,$(2)) > $$@.now; \
	cmp -s $$@.now $$@ && rm $$@.now || mv $$@.now $$@
endef
$(eval $(call remember,compile,$$(filter-out -Werror,$$(COMPILE))))
$(eval $(call remember,version,$$(VERSION)))
$(eval $(call remember,objects,$$(TEST_O)))
$(eval $(call remember,archive,$$(AR)))
$(eval $(call remember,link,$$(filter-out -Werror,$$(LINK)) $$(LIBS)))

$(B)/whyeof: $(B)/cmd/whyeof.o $(PROG_O)
$(HELPERS): $(B)/%: $(B)/cmd/%.o $(TEST_LIB)
$(B)/whyeof $(HELPERS): $(B)/link.how $(B)/objects.how
	@echo "  link   $@"
	$(Q)$(LINK) -o $@ $(filter-out %.how,$^) $(LIBS)

# The tests of a program can be run in parts (cmd/shard.c).
$(B)/test/%: $(B)/src/%.o $(B)/cmd/shard.o $(TEST_LIB) $(B)/link.how
	@mkdir -p $(@D)
	$(Q)$(LINK) -Wl,--wrap=_cmocka_run_group_tests -o $@ $(filter-out %.how,$^) $(LIBS) -lcmocka

# D: no times and owners, the same bytes from the same objects.
$(TEST_LIB): $(TEST_O) $(B)/archive.how $(B)/objects.how
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $(filter-out %.how,$^)

# Few sources know the version, and only they are compiled for a new one.
KNOW_VERSION := $(patsubst %.c,$(B)/%.o,$(shell grep -l WHYEOF_VERSION src/*/*.c cmd/*.c))
$(KNOW_VERSION): $(B)/version.how

$(B)/%.o: %.c $(B)/compile.how | need-llhttp
	@mkdir -p $(@D)
	@echo "  cc     $<"
	$(Q)$(COMPILE) $(if $(filter $@,$(KNOW_VERSION)),$(AS_VERSION)) -c -o $@ $<

# Somebody else's source: its warnings are not ours to mend.
$(B)/llhttp/%.o: $(LLHTTP_SRC)/%.c $(B)/compile.how | need-llhttp
	@mkdir -p $(@D)
	@echo "  cc     $<"
	$(Q)$(COMPILE) -w -c -o $@ $<

need-llhttp:
ifeq ($(LLHTTP),)
	@echo "llhttp not found: 'make deps' installs it (node-llhttp or libllhttp-dev), or set LLHTTP_DIR" >&2; exit 1
endif

# Which llhttp it is, and how it is found: for the tests.
which-llhttp:
	@echo $(call quoted,$(strip $(LLHTTP): $(LLHTTP_CPP) $(LLHTTP_LIBS) $(LLHTTP_SRC)))

# llhttp is a library of its own from Debian 13 on, sources before.
LLHTTP_DEP := llhttp=libllhttp-dev,node-llhttp

deps:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP)
deps-test:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP) $(DEPS_TEST)
deps-lab:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP) $(DEPS_TEST) $(DEPS_LAB)
deps-bench:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP) $(DEPS_TEST) $(DEPS_BENCH)
deps-deb:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP) $(DEPS_DEB)
deps-tidy:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP) $(DEPS_TIDY)
deps-fuzz:
	@bash testdata/deps.sh $(DEPS_BUILD) $(LLHTTP_DEP) python3 $(DEPS_FUZZ)

# Exit status 1 is what it is made to show: a finding.
demo: $(B)/whyeof
	@$(B)/whyeof testdata/seed/write-timeout.pcapng || [ $$? -eq 1 ]

# The fuzz targets, without a fuzzer.
$(B)/replay/%: $(B)/src/%_fuzz.o $(B)/cmd/replay.o $(TEST_LIB) $(B)/link.how
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $(filter-out %.how,$^) $(LIBS)

test: $(B)/whyeof $(HELPERS) $(TESTS) $(REPLAYS)
	@WHYEOF=$(B)/whyeof BUILD=$(B) python3 testdata/run_tests.py $(TESTS) $(CHECKS)

unit-tests: $(TESTS)
	@BUILD=$(B) python3 testdata/run_tests.py $(TESTS)

# Lines of each room, lengths of functions, circles of files.
structure: $(B)/whyeof $(HELPERS)
	@BUILD=$(B) python3 testdata/structure.py $(LAYERS)

lint:
	@python3 testdata/lint.py $(LAYERS)

# .clang-tidy says what is asked, and what is not and why.
TIDY_C := $(filter-out src/scene/%,$(LIB_C)) cmd/whyeof.c
tidy: deps-tidy
	@mkdir -p $(B)/tidy
	@printf '%s\n' -std=c11 -I$(CURDIR)/src $(OURS_CPP) $(AS_VERSION) > $(B)/tidy/compile_flags.txt
	@echo $(TIDY_C) | xargs -P "$$(nproc)" -n 8 clang-tidy-14 --quiet -p $(B)/tidy 2> /dev/null
	@echo "tidy: clean"

man: $(B)/mkman
	@$(B)/mkman > man/whyeof-verdicts.7

format:
	@clang-format-14 -i $(wildcard src/*/*.[ch] cmd/*.c)

golden: $(B)/test/pipeline/golden_test
	@WHYEOF_GOLDEN=write $<
	@git status --short testdata

lab-check: $(B)/whyeof
	@python3 testdata/lab/lab.py check --whyeof $(B)/whyeof \
	    --captures testdata/captures --cases $(CASES) $(LAB_OPTIONS)

# What is true of worse recordings of every scene, of the lab's and the cases',
# and how many were tried.
HONESTY := $(patsubst %,$(B)/test/pipeline/%_test,honesty worse injected noise others properties)
honesty: $(HONESTY)
	@for test in $(HONESTY); do \
	    HONESTY_CAPTURES="testdata/captures/*.pcap* $(CASES)/*.pcap* $(PUBLIC)/*.pcap*" $$test || exit 1; \
	done > $(B)/honesty.txt 2>&1 || { grep -v RUN $(B)/honesty.txt; exit 1; }
	@awk '/variants$$/ { n += $$2 } / OK / { print "  " $$4 } \
	    END { print n " variants: none says more than the recording it was made of" }' \
	    $(B)/honesty.txt

lab: deps-lab $(B)/whyeof
	@rm -rf $(B)/lab
	@python3 testdata/lab/lab.py run --out $(B)/lab
	@python3 testdata/lab/lab.py check --whyeof $(B)/whyeof --captures $(B)/lab

# What people install is measured.
bench: deps-bench release $(HELPERS)
	@WHYEOF=$(RELEASE_B)/whyeof BUILD=$(B) python3 testdata/bench.py

# Watching a loaded interface for long: memory, drops, failures.
SOAK_SECONDS ?= 600
soak: deps-bench release
	@python3 testdata/soak.py --whyeof $(RELEASE_B)/whyeof --seconds $(SOAK_SECONDS)

# Each fuzz target for FUZZ_SECONDS, with clang's sanitizers.
FUZZ_SECONDS ?= 20
fuzz-smoke: deps-fuzz
	@LIBS=$(call quoted,$(LIBS)) CPPFLAGS=$(call quoted,$(OURS_CPP) $(AS_VERSION) $(CPPFLAGS)) \
	    LLHTTP_SRC="$(LLHTTP_SRC)" SECONDS_EACH=$(FUZZ_SECONDS) \
	    python3 testdata/fuzz_smoke.py $(FUZZ_C) -- $(LIB_C)

MANDIR := $(DESTDIR)$(PREFIX)/share/man
BASH_DIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_DIR  := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_DIR := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
install: release
	@$(MAKE) --no-print-directory RELEASE=1 B=$(RELEASE_B) install-files

install-files: $(B)/whyeof
	install -d $(DESTDIR)$(PREFIX)/bin $(MANDIR)/man1 $(MANDIR)/man7 $(DESTDIR)$(PREFIX)/share/whyeof
	install -m 644 src/report/whyeof.lua $(DESTDIR)$(PREFIX)/share/whyeof/whyeof.lua
	install -m 755 $(B)/whyeof $(DESTDIR)$(PREFIX)/bin/whyeof
	install -d $(BASH_DIR) $(ZSH_DIR) $(FISH_DIR)
	$(B)/whyeof --completion bash > $(B)/completion && install -m 644 $(B)/completion $(BASH_DIR)/whyeof
	$(B)/whyeof --completion zsh > $(B)/completion && install -m 644 $(B)/completion $(ZSH_DIR)/_whyeof
	$(B)/whyeof --completion fish > $(B)/completion && install -m 644 $(B)/completion $(FISH_DIR)/whyeof.fish
	install -m 644 man/whyeof.1 $(MANDIR)/man1/whyeof.1
	install -m 644 man/whyeof-merge.1 $(MANDIR)/man1/whyeof-merge.1
	install -m 644 man/whyeof-ci.7 $(MANDIR)/man7/whyeof-ci.7
	install -m 644 man/whyeof-fleet.7 $(MANDIR)/man7/whyeof-fleet.7
	install -m 644 man/whyeof-internals.7 $(MANDIR)/man7/whyeof-internals.7
	install -m 644 man/whyeof-live.7 $(MANDIR)/man7/whyeof-live.7
	install -m 644 man/whyeof-tls.7 $(MANDIR)/man7/whyeof-tls.7
	install -m 644 man/whyeof-verdicts.7 $(MANDIR)/man7/whyeof-verdicts.7

uninstall:
	rm -f $(BASH_DIR)/whyeof $(ZSH_DIR)/_whyeof $(FISH_DIR)/whyeof.fish
	rm -f $(DESTDIR)$(PREFIX)/share/whyeof/whyeof.lua $(DESTDIR)$(PREFIX)/bin/whyeof $(MANDIR)/man1/whyeof.1 \
	    $(MANDIR)/man1/whyeof-merge.1 $(MANDIR)/man7/whyeof-ci.7 $(MANDIR)/man7/whyeof-fleet.7 $(MANDIR)/man7/whyeof-internals.7 $(MANDIR)/man7/whyeof-live.7 $(MANDIR)/man7/whyeof-tls.7 $(MANDIR)/man7/whyeof-verdicts.7

# Of the commit: what is not in it is in neither.
DIST := build/whyeof-$(VERSION).tar.gz
dist:
	@mkdir -p build
	@git archive --format=tar --prefix=whyeof-$(VERSION)/ HEAD | gzip -n9 > $(DIST)
	@echo "  dist   $(DIST)"

deb: deps-deb dist
	@.ci/deb $(VERSION) build

clean:
	rm -rf build build-san build-release build-fuzz

-include $(wildcard $(B)/src/*/*.d $(B)/cmd/*.d)

endif
