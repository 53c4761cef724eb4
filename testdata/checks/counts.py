#!/usr/bin/env python3
"""The figures of one report agree, over the lab and the labelled cases: as many
exchanges are listed as complete as the summary and the endpoints count, no
time is negative, and the words say of a retry what its key does."""

import glob
import json
import os
import subprocess
import sys

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
LOOKED_AT = ("testdata/captures/*.pcap*", "../shared/cases/*.pcap*")


def complaint(document):
    listed = sum(x["complete"] for x in document["exchanges"])
    counted = document["summary"]["complete"]
    known = sum(x["complete"] for x in document["endpoints"])
    if not listed == counted == known:
        return "%d listed as complete, %d in the summary, %d at endpoints" % (
            listed, counted, known)
    for finding in document["findings"]:
        for name, seconds in finding["timing"].items():
            if seconds is not None and seconds < 0:
                return "finding %d: %s is %s" % (finding["id"], name, seconds)
        said = "retry is safe" in finding["explanation"]
        if said and finding["retry"] != "safe":
            return "finding %d: says that a retry is safe, and %s" % (
                finding["id"], finding["retry"])
    return None


def main():
    failed = 0
    paths = sorted(p for kind in LOOKED_AT for p in glob.glob(kind))
    if not paths:
        print("skip counts: no captures")
    for path in paths:
        done = subprocess.run([WHYEOF, "-F", "json", "--exchanges", path],
                              stdout=subprocess.PIPE, timeout=60, check=False)
        wrong = complaint(json.loads(done.stdout))
        if wrong:
            print("FAIL %s: %s" % (path, wrong))
            failed += 1
    if paths and not failed:
        print("ok the counts agree in %d captures" % len(paths))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
