#!/usr/bin/env python3
"""whyeof on an interface while real servers fail, beside tcpdump: each finding
comes in time and is what the file says; the flight recorder's files too."""
import os
import shutil
import subprocess
import sys
import tempfile

# a write timeout, an idle race, a used-up stream window, a dead peer, a hang
# that a file cannot see, and what is healthy
RECIPES = ("go-write-timeout-threshold", "idle-race-late-go",
           "h2-stream-window-stall", "dead-peer-request", "server-silent",
           "server-silent-unseen", "connect-refused", "healthy-h2-go",
           "healthy-keepalive-reuse", "healthy-retry-elsewhere",
           "legs-go-proxy")

NAMESPACES = (("network", ("--net",)), ("process", ("--pid", "--fork")),
              ("mount", ("--pid", "--mount-proc", "--fork")))


def why_not():
    if os.geteuid() != 0:
        return "needs root"
    for tool in ("unshare", "ip", "tcpdump", "tshark", "go"):
        if not shutil.which(tool):
            return "needs " + tool
    for what, options in NAMESPACES:
        done = subprocess.run(["unshare", *options, "true"], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            return "needs a %s namespace (%s)" % (what, done.stderr.strip())
    return None


def main():
    reason = why_not()
    if reason:
        for name in RECIPES:
            print("skip live %s: %s" % (name, reason))
        return 0
    with tempfile.TemporaryDirectory() as out:
        run = subprocess.run([sys.executable, "testdata/lab/lab.py", "live",
                              "--whyeof", os.environ["WHYEOF"], "--out", out,
                              *RECIPES], capture_output=True, text=True,
                             check=False)
    failed = 0
    seen = set()
    for line in run.stdout.splitlines():
        row = line.split("\t")
        if len(row) == 3 and row[2] in ("ok", "FAIL", "skip"):
            seen.add(row[0])
            failed += row[2] == "FAIL"
            print("%s live %s%s" % (row[2], row[0], "" if row[2] == "ok" else
                                    ": " + row[1]))
    for name in set(RECIPES) - seen:
        failed += 1
        print("FAIL live %s: no result: %s" % (name, run.stderr.strip()))
    return 1 if failed else 0


sys.exit(main())
