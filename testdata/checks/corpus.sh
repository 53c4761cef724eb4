#!/bin/sh
# Each fuzz target takes the seeds of its corpus: its assertions still hold.
# What it finds in longer runs belongs into testdata/corpus.
set -u

for target in "$BUILD"/replay/*/*; do
    name=$(basename "$target")
    case $name in
    scene) seeds="testdata/verdicts/*.scene testdata/near-miss/*.scene" ;;
    wire) seeds= ;;
    *) seeds="testdata/corpus/$name/*" ;;
    esac
    # shellcheck disable=SC2086
    if said=$("$target" $seeds 2>&1); then
        echo "ok corpus $name"
    else
        echo "FAIL corpus $name: $(echo "$said" | tail -n 3 | tr '\n' ' ')"
    fi
done
