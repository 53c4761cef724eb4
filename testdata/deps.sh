#!/bin/bash
# Installs those of Debian's packages that are missing, and says what it does:
# how many, how large, and every tenth of the way.
#
# usage: deps.sh PACKAGE...    NAME=A,B: the first of A and B that there is
set -uo pipefail
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes LC_ALL=C

say() { printf '  apt    %s\n' "$*"; }

die() {
    echo "deps: $*" >&2
    exit 1
}

is_installed() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null |
        grep -qx installed
}

# Of NAME=A,B what is installed, else what can be.
chosen() {
    local one all=${1#*=}
    for one in ${all//,/ }; do
        is_installed "$one" && echo "$one" && return
    done
    for one in ${all//,/ }; do
        apt-cache show "$one" > "$work/said" 2>&1 && echo "$one" && return
    done
    echo "${all##*,}"
}

find_missing() {
    local package
    missing=()
    for package in "$@"; do
        [ "$package" = "${package#*=}" ] || package=$(chosen "$package")
        is_installed "$package" || missing+=("$package")
    done
}

# apt's own words are kept for the case that it fails; its status lines,
# KIND:NAME:PERCENT:WORDS, become a line each tenth. They have a descriptor of
# their own: dpkg closes it for the packages' scripts, and those want a standard
# output. It is made behind sudo, which lets none but the first three through.
run_apt() {
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        LC_ALL=C sh -c 'exec 3>&1 1>&2; exec apt-get -q -y "$@"' sh "$@" \
        < /dev/null 2>> "$work/log"
}

install() {
    run_apt --no-install-recommends -o APT::Status-Fd=3 \
        -o Dpkg::Use-Pty=0 install "$@" | tee -a "$work/log" |
        awk -F: '
            /^(dlstatus|pmstatus):/ {
                part = $1 == "dlstatus" ? "fetched" : "installed"
                tenth = int($3 / 10)
                if (part != was) last = 0
                if (tenth > last && tenth < 10)
                    printf "  apt    %d %% %s\n", 10 * tenth, part
                if (tenth > last) last = tenth
                was = part
                fflush()
            }'
}

command -v apt-get > /dev/null ||
    die "no apt-get here: install what the Makefile's DEPS_ lines name"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
sudo=()
if [ "$(id -u)" != 0 ]; then
    sudo=(sudo)
fi

find_missing "$@"
[ ${#missing[@]} -gt 0 ] || exit 0
command -v "${sudo[0]:-true}" > /dev/null ||
    die "not root, and no sudo; missing: ${missing[*]}"
say 'reads the lists of packages'
run_apt update || {
    cat "$work/log" >&2
    die 'apt-get update failed'
}
find_missing "$@" # the lists may have brought another choice
plan=$(apt-get -s --no-install-recommends install "${missing[@]}" 2>&1) || {
    echo "$plan" >&2
    die "cannot be installed: ${missing[*]}"
}
bytes=$(apt-get -qq --no-install-recommends --print-uris install \
    "${missing[@]}" 2> /dev/null | awk '{ sum += $3 } END { print sum + 0 }')
say "$(grep -c '^Inst ' <<< "$plan") packages," \
    "$(((bytes + 500000) / 1000000)) MB to fetch: ${missing[*]}"
install "${missing[@]}" || {
    grep -v '^[dp][lm]status:' "$work/log" | tail -n 40 >&2
    die "apt-get install failed"
}
say 'done'
