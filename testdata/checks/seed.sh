#!/bin/sh
# The rebuilt seed capture equals the packet list that it was rebuilt from.
set -u
if ! command -v tshark >/dev/null; then
    echo "skip seed: needs tshark"
elif said=$(sh testdata/seed/check.sh "$BUILD/mkscene" 2>&1); then
    echo "ok seed: equal to the packet list"
else
    echo "FAIL seed: $said"
    exit 1
fi
