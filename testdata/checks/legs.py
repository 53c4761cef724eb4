#!/usr/bin/env python3
"""Pairs of legs in the lab's captures: every request has a number that whyeof
does not read, in X-Lab or in what it asks for, so tshark tells which exchange
is truly behind which. No pair that is told may be wrong, and those that are
not told must be of requests that are alike."""

import collections
import glob
import json
import os
import shutil
import subprocess
import sys

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
FOLDER = os.environ.get("LEGS", "testdata/captures")
BACK = {8081, 8082, 8083, 9000, 9001}
FCGI = (9000, 9001)
# as many may be undecided: requests that differ in nothing but X-Lab, at once;
# what is listed before enough is known of it
ALIKE = {"legs-pool-50": 50, "legs-nginx-go": 3, "legs-nginx-prefix": 8,
         "legs-two-proxies": 3, "legs-two-hosts": 6,
         "legs-nginx-reuse-reset": 1, "legs-nginx-cache": 8}

Exchange = collections.namedtuple("Exchange", "number port first")


def lab_number(words):
    """Of the values of the request's fields, and of its target."""
    for name, value in words:
        if name.lower() == "x-lab":
            return value
    path = dict(words).get(":path", "")
    digits = path.split("?")[0].strip("/")
    return digits if digits.isdigit() else None


def h1_words(lines, target):
    pairs = [line.split(":", 1) for line in lines if ":" in line]
    return [(n.strip(), v.replace("\\r\\n", "").strip())
            for n, v in pairs] + [(":path", target)]


def rows(capture, shown, fields):
    argv = ["tshark", "-r", capture, "-Y", shown, "-T", "json",
            "--no-duplicate-keys"]
    for port in (8081, 8083, 8085):
        argv += ["-d", f"tcp.port=={port},http"]
    for name in fields:
        argv += ["-e", name]
    run = subprocess.run(argv, capture_output=True, check=True, timeout=120)
    for packet in json.loads(run.stdout):
        yield {n: v for n, v in packet["_source"]["layers"].items()}


def fcgi_truth(capture):
    """The same of FastCGI: HTTP_X_LAB of the PARAMS, by the order of
    BEGIN_REQUEST. tshark shows the values of parameters in its text alone."""
    found = {}
    asked = collections.Counter()
    begun = {}
    run = subprocess.run(
        ["tshark", "-r", capture, "-Y", "fcgi && tcp", "-V", "-O", "fcgi,tcp"] +
        [word for port in FCGI for word in ("-d", f"tcp.port=={port},fcgi")],
        capture_output=True, check=True, timeout=120, text=True)
    frame = stream = port = None
    for line in run.stdout.splitlines():
        words = line.split()
        if line.startswith("Frame "):
            frame = int(words[1].rstrip(":"))
        elif line.startswith("    [Stream index: "):
            stream = int(words[2].rstrip("]"))
        elif line.startswith("    Destination Port: "):
            port = int(words[2])
        elif line.startswith("FastCGI (FCGI_BEGIN_REQUEST)"):
            asked[stream] += 1
            begun[stream] = frame
            found[stream, asked[stream]] = Exchange(None, port, frame)
        elif line.startswith("        HTTP_X_LAB = "):
            found[stream, asked[stream]] = Exchange(words[2], port,
                                                    begun[stream])
    return found


def truth(capture):
    """{(tcp.stream, index): Exchange}"""
    found = {}
    asked = collections.Counter()
    common = ("frame.number", "tcp.stream", "tcp.dstport")
    for row in rows(capture, "http.request.method && !http2", common + (
            "http.request.uri", "http.request.line")):
        stream = int(row["tcp.stream"][0])
        asked[stream] += 1
        words = h1_words(row.get("http.request.line", []),
                         row["http.request.uri"][0])
        found[stream, asked[stream]] = Exchange(
            lab_number(words), int(row["tcp.dstport"][0]),
            int(row["frame.number"][0]))
    for row in rows(capture, "http2.headers.method", common + (
            "http2.streamid", "http2.header.name", "http2.header.value",
            "http2.type")):
        heads = [s for s, kind in zip(row["http2.streamid"],
                                      row["http2.type"]) if kind == "1"]
        blocks, names = [], row["http2.header.name"]
        for i, name in enumerate(names):
            if name == ":method":
                blocks.append([])
            blocks[-1].append((name, row["http2.header.value"][i]))
        for stream, words in zip(heads, blocks):
            found[int(row["tcp.stream"][0]), int(stream)] = Exchange(
                lab_number(words), int(row["tcp.dstport"][0]),
                int(row["frame.number"][0]))
    found.update(fcgi_truth(capture))
    # refused: the RST behind a SYN
    for row in rows(capture, "tcp.flags == 20 && tcp.seq == 1 && tcp.ack == 1",
                    common + ("tcp.srcport",)):
        stream = int(row["tcp.stream"][0])
        found[stream, None] = Exchange(None, int(row["tcp.srcport"][0]),
                                       int(row["frame.number"][0]))
    return found


def is_next(front, other):
    """Is `other` asked because of `front`, and by nobody between?"""
    if front.number is None or other.number != front.number or \
            other.first <= front.first:
        return False
    if front.port == 8088:
        return other.port == 8080
    return front.port not in BACK and other.port in BACK


class Count:
    """Of one capture: pairs that are told, against `found`, the truth."""

    def __init__(self, found):
        self.found = found
        self.right, self.undecided, self.wrong = 0, 0, []

    def take(self, what, told, true):
        if told and told["sure"]:
            good = (told["connection"], told["index"]) in true
            self.right += good
            self.wrong += [] if good else [what]
        elif true:
            self.undecided += 1

    def behind(self, key):
        """What is truly behind it; a connection that was refused has no
        number: one in the time of the exchange, of which there is one."""
        front = self.found[key]
        if front.port in BACK:
            return []
        return [k for k, other in self.found.items()
                if is_next(front, other) or is_refused_for(self, front, other)]

    def before(self, key):
        upstream = self.found[key]
        return [k for k, other in self.found.items()
                if is_next(other, upstream) or
                is_refused_for(self, other, upstream)]


def is_refused_for(count, front, refused):
    """Its SYN comes behind the request, and no other request between."""
    if refused.number is not None or refused.port not in BACK or \
            front.number is None or front.port in BACK:
        return False
    asked = max((x.first for x in count.found.values() if x.number and
                 x.port not in BACK and x.first < refused.first), default=0)
    return asked == front.first


def check(capture):
    run = subprocess.run([WHYEOF, "-x", "-F", "json", capture], check=False,
                         stdout=subprocess.PIPE, timeout=60)
    report = json.loads(run.stdout)
    found = truth(capture)
    listed, told = Count(found), Count(found)
    known = set()  # an exchange is listed with what had ended by then
    for x in report["exchanges"]:
        key = (x["connection"], x["index"])
        listed.take(key, x.get("upstream"), [
            k for k in listed.behind(key) if k in known or k[1] is None and
            x.get("upstream")])
        known.add(key)
    for finding in report["findings"]:
        key = (finding["connection"]["id"],
               (finding["exchange"] or {}).get("index"))
        if key in found:
            what = (finding["code"],) + key
            told.take(what, finding.get("upstream"), told.behind(key))
            told.take(what, finding.get("front"), told.before(key))
    faults = [f"an effect before its cause: {f['id']}"
              for f in report["findings"]
              if f["caused_by"] and f["caused_by"] > f["id"]]
    known = {k for k in known if found[k].port in FCGI} if found else set()
    if known != {k for k, x in found.items() if x.port in FCGI and x.number}:
        faults.append("other exchanges of FastCGI than tshark has")
    return listed, told, faults


def main():
    if not shutil.which("tshark"):
        print("skip legs: needs tshark")
        return 0
    failed = 0
    total = Count({})
    names = sys.argv[1:] or sorted(glob.glob(FOLDER + "/legs-*.pcap") +
                                   glob.glob(FOLDER + "/nginx-pool-*.pcap"))
    for capture in names:
        name = os.path.basename(capture)[:-5]
        listed, told, faults = check(capture)
        total.right += listed.right + told.right
        total.undecided += listed.undecided + told.undecided
        total.wrong += listed.wrong + told.wrong
        allowed = ALIKE.get(name, 0)
        faults += [f"wrong: {w}" for w in listed.wrong + told.wrong]
        if listed.undecided > allowed:
            faults.append(f"{listed.undecided} exchanges undecided")
        if told.undecided > allowed:
            faults.append(f"{told.undecided} findings undecided")
        failed += bool(faults)
        print("%s legs of %s: %d + %d right, %d + %d undecided%s" % (
            "FAIL" if faults else "ok", name, listed.right, told.right,
            listed.undecided, told.undecided,
            "".join("; " + f for f in faults)))
    print("%s legs: pairs right %d, wrong %d, undecided %d" % (
        "FAIL" if total.wrong else "ok", total.right, len(total.wrong),
        total.undecided))
    return 1 if failed or total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
