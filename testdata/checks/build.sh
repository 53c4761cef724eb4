#!/bin/bash
# The Makefile as packagers use it: their flags and tools are taken, what they
# change is built anew and nothing else; llhttp is found in each of the forms
# that systems have it in; touching a source never waits for the optimiser of
# the whole. Real builds are of two objects; else make only says what it would
# do, in a tree that it was told is built (-t).
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES SAN WERROR RELEASE V B
unset CC CFLAGS CPPFLAGS LDFLAGS AR PKG_CONFIG VERSION LLHTTP_DIR LLHTTP_ROOT
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
FAILED=0
BUILD=${BUILD:-build}
BUILT=$WORK/built

ok() { echo "ok build: $1"; }
fail() { echo "FAIL build: $1: $2"; FAILED=1; }

# would ARGUMENT...: the commands that make would give, into $WORK/said
would() {
    make -n B="$BUILT" "$@" > "$WORK/said" 2>&1
}

# all_have NAME LINES WORD...: each line that matches LINES has every word
all_have() {
    local name=$1 lines=$2 word
    shift 2
    grep -q -- "$lines" "$WORK/said" || {
        fail "$name" 'no such command'
        return
    }
    for word in "$@"; do
        if grep -- "$lines" "$WORK/said" | grep -vqF -- "$word"; then
            fail "$name" "not all have $word"
            return
        fi
    done
    ok "$name"
}

# A tree in which everything is there, as its flags have it.
pretend() {
    local folder
    for folder in src/*/ ; do
        mkdir -p "$BUILT/$folder" "$BUILT/${folder/src/test}" \
            "$BUILT/${folder/src/replay}"
    done
    mkdir -p "$BUILT/cmd" "$BUILT/llhttp"
    make -t B="$BUILT" all helpers > "$WORK/said" 2>&1
    would all helpers
    if grep -q ' -o ' "$WORK/said"; then
        fail 'built once' "again: $(grep -m 1 ' -o ' "$WORK/said" | tail -c 100)"
    else
        ok 'built once'
    fi
}

# is_count GOT WANTED: N, or N+ for at least N
is_count() {
    case $2 in
    *+) [ "$1" -ge "${2%+}" ] ;;
    *) [ "$1" -eq "$2" ] ;;
    esac
}

# anew NAME OBJECTS PROGRAMS ARGUMENT...: how many are made anew
anew() {
    local name=$1 compiled=$2 linked=$3 objects programs
    shift 3
    would all helpers "$@"
    objects=$(grep -c -- ' -c -o ' "$WORK/said")
    programs=$(grep -- ' -o ' "$WORK/said" | grep -vc -- ' -c -o ')
    if is_count "$objects" "$compiled" && is_count "$programs" "$linked"; then
        ok "$name"
    else
        fail "$name" "$objects compiled, $programs linked"
    fi
    would all helpers # as it was
}

check_flags() {
    local flags=(CC='gcc -pipe' CFLAGS='-O1 -g1' CPPFLAGS=-DPACKAGED
        LDFLAGS=-Wl,--as-needed AR=some-ar)
    would all helpers "${flags[@]}"
    all_have 'flags of the compiler' '^gcc -pipe .* -c -o .*/src/' -DPACKAGED \
        '-O1 -g1' -D_GNU_SOURCE -Isrc -std=c11 -Wall
    all_have 'flags of llhttp' '^gcc -pipe .* -c -o .*/http/h1.o' \
        "$(make -s which-llhttp | grep -o '[-]isystem [^ ]*')"
    all_have 'flags of the linker' '^gcc -pipe .* -o [^ ]*/whyeof ' \
        -Wl,--as-needed -lpcap -lnghttp2 -lm
    all_have 'archiver' '^some-ar ' libtest.a
    ! grep -q '^cc ' "$WORK/said" || fail 'compiler' 'cc is called'
    printf '#!/bin/sh\necho -DFROM_PKG_CONFIG=1\n' > "$WORK/pkg-config"
    chmod +x "$WORK/pkg-config"
    would all PKG_CONFIG="$WORK/pkg-config"
    all_have PKG_CONFIG ' -c -o .*/src/' -DFROM_PKG_CONFIG=1
    would all helpers
    CC='gcc -pipe' CFLAGS=-O1 CPPFLAGS=-DENV LDFLAGS=-s make -n \
        B="$WORK/environment" all > "$WORK/said" 2>&1
    all_have 'flags of the environment' '^gcc -pipe -D_GNU.* -c -o ' -DENV -O1
}

check_changes() {
    pretend
    anew 'nothing changed' 0 0
    anew 'WERROR changes nothing' 0 0 WERROR=1
    anew 'another CFLAGS' 90+ 3+ CFLAGS=-O0
    anew 'another CPPFLAGS' 90+ 3+ CPPFLAGS=-DX
    anew 'another CC' 90+ 3+ CC='cc -pipe'
    touch_all
    anew 'another LDFLAGS' 0 3+ LDFLAGS=-Wl,-O1
    touch_all
    anew 'another AR' 0 3+ AR=other-ar
    touch_all
    anew 'another VERSION' "$(grep -l WHYEOF_VERSION src/*/*.c cmd/*.c |
        grep -vc _test.c)" 3+ VERSION=9.9.9
}

touch_all() { make -t B="$BUILT" all helpers > "$WORK/said" 2>&1; }

# The same for two objects, with the compiler itself.
check_objects() {
    local two=("$WORK/real/src/base/fail.o" "$WORK/real/src/report/metrics.o")
    local args=(B="$WORK/real" CFLAGS=-O0)
    made() { make "${args[@]}" "$@" "${two[@]}" 2>&1 | grep -c '^  cc '; }
    local first again version flags
    first=$(made)
    again=$(made)
    version=$(made VERSION=9.9.9)
    flags=$(made VERSION=9.9.9 CPPFLAGS=-DX)
    if [ "$first $again $version $flags" = '2 0 1 2' ]; then
        ok 'two objects'
    else
        fail 'two objects' "compiled $first $again $version $flags, not 2 0 1 2"
    fi
}

check_optimiser() {
    would all CC=gcc
    if grep -q -- -flto "$WORK/said"; then
        fail 'day by day' 'optimised as a whole'
    else
        ok 'day by day'
    fi
    would all helpers
    make -n RELEASE_B="$WORK/release" CC=gcc release > "$WORK/said" 2>&1
    all_have release ' -o .*/whyeof ' -flto
    make -n RELEASE_B="$WORK/release" CC=gcc DESTDIR="$WORK/d" install \
        > "$WORK/said" 2>&1
    all_have install '^install -m 755' "$WORK/release/whyeof"
    make -n lint > "$WORK/said" 2>&1
    ! grep -q -- ' -o ' "$WORK/said" && ok 'lint builds nothing' ||
        fail 'lint' 'builds something'
    make -n test > "$WORK/said" 2>&1
    ! grep -q deps.sh "$WORK/said" && ok 'test alone installs nothing' ||
        fail 'test alone' 'installs something'
    make -n deps test > "$WORK/said" 2>&1
    grep -q 'deps.sh.* libcmocka-dev' "$WORK/said" && ok 'deps and test' ||
        fail 'deps and test' "not what the tests need"
    make -n deps demo > "$WORK/said" 2>&1
    ! grep -q 'deps.sh.* libcmocka-dev' "$WORK/said" && ok 'deps and demo' ||
        fail 'deps and demo' 'what only the tests need'
}

check_hardening() {
    local flag program=$BUILD/whyeof
    command -v readelf > /dev/null ||
        { echo 'skip build: hardening: needs readelf'; return; }
    readelf -hdlW "$program" > "$WORK/elf"
    for flag in 'DYN (P' GNU_RELRO BIND_NOW; do
        grep -qF "$flag" "$WORK/elf" && ok "hardened: $flag" ||
            fail 'hardened' "no $flag"
    done
    # its own strings, not those of what it is linked with
    ! strings -a "$program" 2> /dev/null | grep -qF "$PWD/" &&
        ok 'says nothing of its folder' ||
        fail 'its folder' "$(strings -a "$program" | grep -m 1 -F "$PWD/")"
}

# llhttp NAME WANTED ARGUMENT...: what the Makefile takes
llhttp() {
    local name=$1 wanted=$2 got
    shift 2
    got=$(make -s which-llhttp LLHTTP_ROOT="$WORK/root" \
        PKG_CONFIG="$WORK/pc" "$@" 2>&1)
    [ "$got" = "$wanted" ] && ok "llhttp: $name" ||
        fail "llhttp: $name" "'$got', not '$wanted'"
}

# Each layout beside those that come after it in order.
check_llhttp() {
    local usr=$WORK/root/usr
    printf '#!/bin/sh\n[ "$2" != libllhttp ]\n' > "$WORK/pc"
    chmod +x "$WORK/pc"
    mkdir -p "$WORK/root"
    llhttp 'nowhere' ':'
    mkdir -p "$usr/share/llhttp" "$usr/share/include/llhttp"
    touch "$usr/share/llhttp/llhttp.c" "$usr/share/include/llhttp/llhttp.h"
    llhttp 'the sources' \
        "sources: -isystem $usr/share/include/llhttp $usr/share/llhttp"
    mkdir -p "$usr/lib/x86_64-linux-gnu/cmake/llhttp" "$usr/include"
    touch "$usr/lib/x86_64-linux-gnu/cmake/llhttp/llhttp-config.cmake" \
        "$usr/include/llhttp.h"
    llhttp "CMake's folder" \
        "cmake: -isystem $usr/include -L$usr/lib/x86_64-linux-gnu -lllhttp"
    rm -r "${usr:?}/lib"
    mkdir -p "$usr/local/lib/cmake/llhttp" "$usr/local/include/llhttp"
    touch "$usr/local/lib/cmake/llhttp/llhttpConfig.cmake" \
        "$usr/local/include/llhttp/llhttp.h"
    llhttp "CMake's folder below local" \
        "cmake: -isystem $usr/local/include/llhttp -L$usr/local/lib -lllhttp"
    cat > "$WORK/pc" <<'PC'
#!/bin/sh
case $* in
*--cflags*libllhttp) echo -I/opt/llhttp/include ;;
*--libs*libllhttp) echo -L/opt/llhttp/lib -lllhttp ;;
esac
PC
    llhttp 'pkg-config' \
        'pkg-config: -I/opt/llhttp/include -L/opt/llhttp/lib -lllhttp'
    llhttp 'LLHTTP_DIR' 'folder: -isystem /my/llhttp /my/llhttp' \
        LLHTTP_DIR=/my/llhttp
}

check_flags
check_changes
check_objects
check_optimiser
check_hardening
check_llhttp
exit $FAILED
