# whyeof. The two commands that matter: `make deps demo`, `make deps test`.
#
#   make            the program           make test       all tests, with lint
#   make deps       what is missing       make lab-check  verdicts of the lab
#   make demo       the bundled capture   make lab        repeats the lab live
#   make golden     rewrites goldens      make bench      speed and memory
#   make SAN=1 …    ASan + UBSan          make fuzz-smoke short fuzzing
#   make install    PREFIX, DESTDIR       make lint       layers, length, format
#
# WERROR=1 turns warnings into errors (CI does).

LAYERS := base scene capture wire tcp tls http model infer diagnose report pipeline

VERSION  := 0.1.0
PREFIX   ?= /usr/local
B        := build$(if $(SAN),-san)
Q        := $(if $(V),,@)

CC       ?= cc
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wconversion -Wshadow $(if $(WERROR),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS += -D_GNU_SOURCE -Isrc -I$(B)/gen -DWHYEOF_VERSION='"$(VERSION)"'
ALLFLAGS  = -std=c11 $(CFLAGS) $(WARN) $(SANFLAGS) -MMD -MP
, := ,

# llhttp: pkg-config, else the sources of Debian's node-llhttp, else LLHTTP_DIR.
ifeq ($(shell pkg-config --exists libllhttp 2>/dev/null && echo yes),yes)
  LLHTTP_CPPFLAGS := $(shell pkg-config --cflags libllhttp)
  LLHTTP_LIBS := $(shell pkg-config --libs libllhttp)
else
  LLHTTP_SRC := $(if $(LLHTTP_DIR),$(LLHTTP_DIR),$(wildcard /usr/share/llhttp))
  LLHTTP_INC := $(if $(LLHTTP_DIR),$(LLHTTP_DIR),/usr/share/include/llhttp)
  LLHTTP_CPPFLAGS := -isystem $(LLHTTP_INC)
  LLHTTP_OBJ := $(if $(LLHTTP_SRC),$(addprefix $(B)/llhttp/,api.o http.o llhttp.o))
  ifeq ($(LLHTTP_SRC),)
    LLHTTP_MISSING := 1
  endif
endif

PKGS     := libpcap jansson zlib libzstd liblz4
CPPFLAGS += $(LLHTTP_CPPFLAGS) $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS     := $(LLHTTP_LIBS) $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

TESTS_C  := $(wildcard src/*/*_test.c)
FUZZ_C   := $(wildcard src/*/*_fuzz.c)
LIB_C    := $(filter-out $(TESTS_C) $(FUZZ_C),$(wildcard $(addprefix src/,$(addsuffix /*.c,$(LAYERS)))))
LIB_O    := $(LIB_C:%.c=$(B)/%.o) $(LLHTTP_OBJ)
CMDS     := $(patsubst cmd/%.c,$(B)/%,$(wildcard cmd/*.c))
TESTS    := $(TESTS_C:src/%.c=$(B)/test/%)
LIB      := $(B)/libwhyeof.a

all: $(B)/whyeof

$(B)/whyeof: $(B)/cmd/whyeof.o $(LIB)
	@echo "  link   $@"
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(filter-out $(B)/whyeof,$(CMDS)): $(B)/%: $(B)/cmd/%.o $(LIB)
	@echo "  link   $@"
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(LIB_O)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/%.o: %.c | need-llhttp
	@mkdir -p $(@D)
	@echo "  cc     $<"
	$(Q)$(CC) $(CPPFLAGS) $(ALLFLAGS) -c -o $@ $<

# Somebody else's source: its warnings are not ours to mend.
$(B)/llhttp/%.o: $(LLHTTP_SRC)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LLHTTP_CPPFLAGS) -std=c11 $(CFLAGS) $(SANFLAGS) -w -c -o $@ $<

$(B)/test/%: $(B)/src/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

.PHONY: all need-llhttp clean
.SECONDARY:
need-llhttp:
	@if [ -n "$(LLHTTP_MISSING)" ]; then \
	    echo "llhttp not found: install node-llhttp or libllhttp-dev (make deps), or set LLHTTP_DIR" >&2; exit 1; fi

clean:
	rm -rf build build-san

unit-tests: $(TESTS)
	@for t in $(TESTS); do echo "== $$t"; $$t || exit 1; done

-include $(wildcard $(B)/src/*/*.d $(B)/cmd/*.d)
