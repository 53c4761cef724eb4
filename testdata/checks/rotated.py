#!/usr/bin/env python3
"""Thousands of rotated files are one capture, also where a process may have but
few files open at once, and with some of them compressed or overlapping.

ROTATED_FILES: how many, a multiple of 1000.
"""
import gzip
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from floods import (ACK, ADDRESS, CLIENT, FIN, SERVER,  # noqa: E402
                    Capture, Connection, ip)

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
FILES = int(os.environ.get("ROTATED_FILES", "2000"))
HEAD = 24  # bytes of a pcap file before its first record


def traffic():
    """Enough packets, with a failure that spans many files."""
    capture = Capture()
    for i in range(FILES // 10):
        conn = Connection(capture, 40000 + i)
        conn.send(CLIENT, b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % i,
                  step=10000)
        if i % 100 == 50:
            conn.send(SERVER, b"", ACK)
            conn.send(SERVER, b"", ACK | FIN, step=3000000)
            conn.next[SERVER] += 1
        else:
            conn.send(SERVER, b"HTTP/1.1 204 No Content\r\n\r\n")
        conn.send(CLIENT, b"", ACK | FIN)
        conn.next[CLIENT] += 1
        if i % 100 != 50:
            conn.send(SERVER, b"", ACK | FIN)
            conn.next[SERVER] += 1
        while capture.packets < 10 * (i + 1):
            capture.packet(ip(*ADDRESS, b"no TCP", protocol=17))
    return capture


def records(data):
    at = HEAD
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        yield data[at:at + size]
        at += size


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))


def run(*paths):
    """Status, what was found whatever the files are called, and complaints."""
    done = subprocess.run([WHYEOF, "--fail-on", "never", "-F", "json", *paths],
                          capture_output=True, text=True, preexec_fn=few_files)
    report = json.loads(done.stdout)
    for finding in report["findings"]:
        for evidence in finding["evidence"]:
            del evidence["file"]
    return done.returncode, [report[k] for k in
                             ("summary", "endpoints", "findings")], done.stderr


def check(name, good, why=""):
    print("ok " + name if good else "FAIL %s: %s" % (name, why[:2000]))
    return not good


def main():
    data = traffic().bytes()
    every = list(records(data))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        whole = os.path.join(folder, "whole.pcap")
        with open(whole, "wb") as file:
            file.write(data)
        paths = []
        for i in range(FILES):
            path = os.path.join(folder, "r%05d" % i)
            # two neighbours overlap: each has every other packet of theirs
            part = every[i:i + 3:2] if i % 4 == 0 else every[i - 1:i] \
                if i % 4 == 2 else [] if i % 4 == 1 else every[i:i + 1]
            content = data[:HEAD] + b"".join(part)
            if i % 100 == 0:
                content = gzip.compress(content, 1)
            with open(path, "wb") as file:
                file.write(content)
            paths.append(path)
        failing = FILES // 1000
        single = run(whole)
        failed += check("the whole in one file", single[0] == 0 and
                        single[1][0]["by_code"] == {"write-timeout-eof": failing} and
                        single[1][0]["complete"] == FILES // 10 - failing,
                        "%d: %s%s" % single)
        many = run(*paths)
        failed += check("%d files, 100 descriptors" % FILES,
                        many == single, "%d: %s%s" % many)
        backwards = run(*reversed(paths))
        failed += check("in any order", backwards == single,
                        "%d: %s%s" % backwards)
        os.truncate(paths[8], HEAD + 20)
        some = run(*paths[:200])
        failed += check("one that is cut is told", some[0] == 0 and
                        "r00008" in some[2], "%d: %s%s" % some)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
