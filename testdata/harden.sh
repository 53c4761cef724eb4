#!/bin/sh
# Prints the flags, of those that make a program harder to misuse, that the
# compiler CC takes; nothing when it compiles nothing at all.
#
# usage: CC=… harden.sh [san|FLAGS]   FLAGS: those that come after them
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' > "$work/probe.c"

# takes FLAG...: no error and no warning. CC may be several words.
takes() {
    # shellcheck disable=SC2086
    $CC -Werror "$@" -o "$work/probe" "$work/probe.c" > "$work/said" 2>&1 &&
        [ ! -s "$work/said" ]
}

takes || exit 0
for flags in "-ffile-prefix-map=$PWD=." -fstack-protector-strong '-fPIE -pie' \
    -Wl,-z,relro -Wl,-z,now; do
    # shellcheck disable=SC2086
    takes $flags && echo "$flags"
done
case $1 in
san | *_FORTIFY_SOURCE*) exit 0 ;;
esac
# shellcheck disable=SC2086
if $CC $1 -dM -E -x c /dev/null 2> /dev/null | grep -q __OPTIMIZE__; then
    for level in 3 2; do
        if takes -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$level; then
            echo "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$level"
            break
        fi
    done
fi
