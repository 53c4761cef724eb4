#!/bin/sh
# Compares what tshark makes of write-timeout.pcapng with the packet list that
# the capture came with (write-timeout.tsv), column by column, and the pcapng
# with what mkscene makes of the scene.
#
# usage: check.sh [path of mkscene]
set -eu

here=$(dirname "$0")
mkscene=${1:-$here/../../build/mkscene}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -x "$mkscene" ]; then
    "$mkscene" "$here/write-timeout.scene" > "$work/again.pcapng"
    cmp "$work/again.pcapng" "$here/write-timeout.pcapng"
fi
if ! command -v tshark > /dev/null; then
    echo "skipped: tshark is not installed"
    exit 0
fi

# Versions of Wireshark write arrows, blanks and SACK_PERM differently.
plain() {
    sed -e 's/→/>/g' -e 's/ \{1,\}/ /g' -e 's/SACK_PERM=1/SACK_PERM/' \
        -e 's/ *$//'
}

# The scene's time 0 is 2024-01-01, second 1704067200 of the epoch.
tshark -r "$here/write-timeout.pcapng" -T fields -E separator=/t \
    -e frame.number -e frame.time_epoch -e _ws.col.Source \
    -e _ws.col.Destination -e _ws.col.Protocol -e frame.len \
    -e _ws.col.Info 2> "$work/errors" |
    awk -F '\t' -v OFS='\t' '{
        split($2, part, "."); $2 = part[1] - 1704067200 "." part[2];
        sub(/000$/, "", $2); print }' | plain > "$work/seen"
grep -v '^#' "$here/write-timeout.tsv" | plain > "$work/expected"

[ -s "$work/seen" ] || { cat "$work/errors" >&2; exit 1; }
diff -u "$work/expected" "$work/seen"
echo "22 frames as in the packet list"
