#!/usr/bin/env python3
"""Captures that have nothing in common are not joined: each is judged to its
own end, and that is said; of a rotated set nothing is."""
import json
import os
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CAPTURES = "testdata/captures"
NOTE = "have nothing in common"
# The first ends while a response is under way; the others begin seconds later.
OPEN = "capture-ends-mid-body"
LATER = ("healthy-ipv6", "healthy-any-interface")

failed = False


def check(name, why):
    global failed
    failed = failed or bool(why)
    print(f"FAIL apart: {name}: {why}" if why else f"ok apart: {name}",
          flush=True)


def report(*paths):
    done = subprocess.run([WHYEOF, "-F", "json", *paths], capture_output=True,
                          text=True)
    return json.loads(done.stdout)


def path_of(name):
    return f"{CAPTURES}/{name}.pcap"


def codes(of):
    return [(f["code"], f["confidence"], f["timing"]["wait_s"])
            for f in of["findings"]]


def notes(of):
    return [w for w in of["input"]["warnings"] if NOTE in w]


def not_joined():
    alone = report(path_of(OPEN))
    check("there is something to mistake", not alone["findings"] and alone)
    for later in LATER:
        both = report(path_of(OPEN), path_of(later))
        expected = codes(alone) + codes(report(path_of(later)))
        check(f"{OPEN} and {later}", codes(both) != expected and codes(both))
        check(f"{OPEN} and {later}: it is said",
              len(notes(both)) != 1 and both["input"]["warnings"])
    three = report(*map(path_of, (OPEN, "go-write-timeout-reused", LATER[0])))
    check("three of them", not notes(three) or "3 captures" not in
          notes(three)[0] and notes(three))


def parts_of(path, folder):
    """The capture in two, in the midst of a connection's longest pause."""
    packets = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", "-e", "frame.time_delta"],
        capture_output=True, text=True).stdout.split()
    pause = max(range(1, len(packets)), key=lambda i: float(packets[i]))
    first, second = (os.path.join(folder, part) for part in ("a", "b"))
    for part, frames in ((first, f"1-{pause}"),
                         (second, f"{pause + 1}-{len(packets)}")):
        subprocess.run(["editcap", "-r", path, part, frames], check=True)
    return float(packets[pause]), [first, second]


def a_rotated_set():
    path = path_of("go-write-timeout-reused")
    whole = report(path)
    with tempfile.TemporaryDirectory() as folder:
        pause, parts = parts_of(path, folder)
        check("the parts of one lie apart", pause <= 1 and pause)
        both = report(*parts)
    check("a connection joins them", codes(both) != codes(whole) and
          codes(both))
    check("of parts nothing is said", notes(both) or notes(whole))


if __name__ == "__main__":
    not_joined()
    a_rotated_set()
    sys.exit(1 if failed else 0)
