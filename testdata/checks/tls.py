#!/usr/bin/env python3
"""TLS whose secrets are logged: read as tshark reads it with the same key log,
and what one lost packet leaves of it.

usage: tls.py        WHYEOF: the program
"""
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
LAB = "testdata/captures"
SHARED = ("../shared/captures", "../shared/cases")

# Of these a packet is dropped, each in turn; the others are too long for that.
DROPPED = ("keys-go-panic", "keys-go-write-timeout", "keys-curl-max-time",
           "keys-go-h2-write-timeout", "keys-go-write-timeout-12")

# (file, tcp.stream): what tshark reads and whyeof does not, and why.
APART = {
    # RC4 with MD5: libcrypto has it in its legacy provider only
    ("tls-pcapfs-all-ciphers.pcap", 0),
}


class Failure(Exception):
    pass


def require(condition, text, *values):
    if not condition:
        raise Failure(text % values)


def report_of(path, keys, exchanges=True):
    argv = [WHYEOF, "-F", "json", "--fail-on", "never", "--keylog", keys, path]
    done = subprocess.run(argv + (["--exchanges"] if exchanges else []),
                          capture_output=True, timeout=60)
    require(done.returncode == 0, "status %d: %s", done.returncode,
            done.stderr.decode(errors="replace")[-300:])
    return json.loads(done.stdout)


def tshark_of(path, keys):
    """(frame, tcp.stream, method, path) of each request, as tshark sees it."""
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-o", "tls.keylog_file:" + keys, "-d",
         "tcp.port==8080,tls", "-Y", "http.request or http2.headers.method",
         "-T", "fields", "-E", "occurrence=a", "-e", "frame.number", "-e",
         "tcp.stream", "-e", "http.request.method", "-e", "http.request.uri",
         "-e", "http2.headers.method", "-e", "http2.headers.path"],
        capture_output=True, check=True, text=True).stdout
    for line in out.splitlines():
        frame, stream, method, uri, methods, paths = line.split("\t")
        if method:
            yield int(frame), int(stream), method, uri
        for pair in zip(methods.split(","), paths.split(",")):
            if pair[0]:
                yield (int(frame), int(stream)) + pair


def same_requests(path, keys):
    name = os.path.basename(path)
    theirs = sorted(r for r in tshark_of(path, keys)
                    if (name, r[1]) not in APART)
    ours = sorted((x["frames"][0], x["connection"], x["method"], x["target"])
                  for x in report_of(path, keys)["exchanges"])
    require(ours == theirs, "whyeof %s, tshark %s", ours[:3], theirs[:3])
    return len(ours)


def packets_of(path):
    """The header of a pcap file, and its records."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") \
        else ">"
    at, records = 24, []
    while at < len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        records.append(data[at:at + 16 + size])
        at += 16 + size
    return data[:24], records


ORDER = {"possible": 0, "likely": 1, "certain": 2}


def loud(report):
    return {(f["code"], f["connection"]["id"], (f["exchange"] or {}).get(
        "index")): f["confidence"]
        for f in report["findings"] if f["severity"] != "info"}


def one_dropped(path, keys, folder):
    """No packet that is missing makes another accusation, or a surer one."""
    header, records = packets_of(path)
    whole = loud(report_of(path, keys))
    codes = {code for code, _, _ in whole}
    read = 0
    for i in range(len(records)):
        cut = os.path.join(folder, "cut.pcap")
        with open(cut, "wb") as file:
            file.write(header + b"".join(records[:i] + records[i + 1:]))
        report = report_of(cut, keys)
        read += len(report["exchanges"])
        for key, confidence in loud(report).items():
            same = whole.get(key)
            require(key[0] in codes, "without #%d: %s", i + 1, key[0])
            require(same is None or ORDER[confidence] <= ORDER[same],
                    "without #%d: %s is %s", i + 1, key[0], confidence)
    return read, len(records)


def main():
    failed = 0
    pairs = [(p[:-5] + ".pcap", p) for folder in (LAB,) + SHARED
             for p in sorted(glob.glob(folder + "/*.keys"))]
    for path, keys in pairs:
        try:
            count = same_requests(path, keys)
            print("ok %s: %d requests as tshark reads them" %
                  (os.path.basename(path), count))
        except Failure as failure:
            failed += 1
            print("FAIL %s: %s" % (os.path.basename(path), failure))
    with tempfile.TemporaryDirectory() as folder:
        for name in DROPPED:
            base = os.path.join(LAB, name)
            try:
                read, tried = one_dropped(base + ".pcap", base + ".keys",
                                          folder)
                print("ok %s: each of %d packets dropped, %d exchanges read" %
                      (name, tried, read))
            except Failure as failure:
                failed += 1
                print("FAIL %s dropped: %s" % (name, failure))
    for folder in SHARED:
        if not os.path.isdir(folder):
            print("skip tls: no " + folder)
    return failed != 0


sys.exit(main())
