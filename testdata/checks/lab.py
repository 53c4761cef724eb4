#!/usr/bin/env python3
"""The committed captures of the lab, each against its row of the table; and
the cases, where they are there, against the list of those that are wrong."""
import os
import subprocess
import sys

run = subprocess.run([sys.executable, "testdata/lab/lab.py", "check",
                      "--whyeof", os.environ["WHYEOF"],
                      "--captures", "testdata/captures",
                      "--cases", "../shared/cases",
                      "--open", "testdata/lab/cases-open.txt"],
                     capture_output=True, text=True)
failed = 0
for line in run.stdout.splitlines():
    row = line.split("\t")
    if line.startswith("cases: "):
        print("ok %s" % line)
    if len(row) != 4:
        continue
    name, expected, got, verdict = row
    if verdict == "ok":
        print("ok lab %s" % name)
    elif verdict.startswith("skipped"):
        print("skip lab %s: %s" % (name, verdict))
    else:
        failed += 1
        print("FAIL lab %s: expected %s, got %s" % (name, expected, got))
if run.returncode and not failed:
    failed += 1
    print("FAIL lab: %s" % (run.stderr.strip() or "no reason given"))
sys.exit(1 if failed else 0)
