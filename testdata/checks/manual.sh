#!/bin/sh
# The committed manual of the verdicts is what mkman makes of their tables.
set -u
if said=$("$BUILD/mkman" | cmp - man/whyeof-verdicts.7 2>&1); then
    echo 'ok manual whyeof-verdicts.7'
else
    echo "FAIL manual whyeof-verdicts.7: is old (make man): $said"
    exit 1
fi
