#!/usr/bin/env python3
"""Pairs of legs, over a pool with ten requests at once: what a request asks
for has its number in it, so a pair of two numbers is wrong. None may be, and
what could be told must be told."""

import json
import os
import subprocess
import sys

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CAPTURE = "testdata/captures/nginx-pool-legs.pcap"
LEAST = 6  # as many failed at the front, and each has a cause or effects


def story(finding):
    """Of which request it is told: a retry asks for the same."""
    return finding["exchange"]["target"]


def main():
    done = subprocess.run([WHYEOF, "-F", "json", CAPTURE], check=False,
                          stdout=subprocess.PIPE, timeout=60)
    findings = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    wrong = [f["id"] for f in findings.values() if f["caused_by"] and
             story(f) != story(findings[f["caused_by"]])]
    late = [f["id"] for f in findings.values() if f["caused_by"] and
            f["caused_by"] > f["id"]]
    told = [f["id"] for f in findings.values() if
            f["connection"]["server"].endswith(":8080") and
            (f["caused_by"] or f["effects"])]
    failed = 0
    for name, good, what in (
            ("no pair is wrong", not wrong, wrong),
            ("causes come first", not late, late),
            ("pairs are told", len(told) >= LEAST, len(told))):
        failed += not good
        print("%s legs: %s%s" % ("ok" if good else "FAIL", name,
                                 "" if good else " (%s)" % what))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
