#!/usr/bin/env python3
"""The same failure in the clear and over TLS: with the secrets what is told is
the same; without them it is the same code as possible, or nothing.

usage: tls_twins.py        WHYEOF: the program
"""
import glob
import json
import os
import subprocess
import sys

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CLEAR, TLS = "8080", ("8443", "8444")


def told(path, *options):
    """{port: [(code, symptom, severity, confidence)]}, but for info."""
    done = subprocess.run([WHYEOF, "-F", "json", "--fail-on", "never",
                           *options, path], capture_output=True, check=True)
    by_port = {}
    for finding in json.loads(done.stdout)["findings"]:
        port = finding["connection"]["server"].rpartition(":")[2]
        if finding["severity"] != "info":
            by_port.setdefault(port, []).append(tuple(
                finding[k] for k in ("code", "symptom", "severity",
                                     "confidence")))
    return by_port


def trouble(path):
    """What is wrong, and how many of the two are told without secrets."""
    keys = path[:-5] + ".keys"
    opened, closed = told(path, "--keylog", keys), told(path)
    clear = sorted(opened.get(CLEAR, []))
    said = 0
    if not clear:
        return "nothing is told in the clear", 0
    if sorted(closed.get(CLEAR, [])) != clear:
        return "secrets change what is told in the clear", 0
    for port in TLS:
        if sorted(opened.get(port, [])) != clear:
            return "%s: %s, in the clear %s" % (port, opened.get(port), clear), 0
        for code, _, severity, confidence in closed.get(port, []):
            said += 1
            if (code, severity) not in [(c[0], c[2]) for c in clear]:
                return "%s, unread: %s" % (port, code), 0
            if confidence != "possible":
                return "%s, unread: %s is %s" % (port, code, confidence), 0
    return None, said


def main():
    failed = 0
    paths = sorted(glob.glob("testdata/captures/twin-*.pcap"))
    for path in paths:
        name = os.path.basename(path)
        wrong, said = trouble(path)
        failed += wrong is not None
        print("FAIL %s: %s" % (name, wrong) if wrong else
              "ok %s: the same with secrets; %d of 2 told without" %
              (name, said), flush=True)
    if not paths:
        print("FAIL tls_twins: no captures")
    return int(failed > 0 or not paths)


sys.exit(main())
