#!/usr/bin/env python3
"""TLS whose secrets are logged: requests, and alerts of connections of which
something is told, as tshark reads them with the same key log; and what one lost
packet leaves of it.

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
           "keys-go-h2-write-timeout", "keys-go-write-timeout-12",
           "twin-go-panic", "twin-nginx-none", "twin-node-gone",
           "twin-haproxy-race", "keys-connect")

# (file, tcp.stream): what tshark reads and whyeof does not, and why.
APART = {
    # RC4 with MD5: libcrypto has it in its legacy provider only
    ("tls-pcapfs-all-ciphers.pcap", 0),
}


# Go counts the record that it failed to send: tshark does not try the number
# behind, and reads no close_notify there.
AHEAD = {"keys-go-write-timeout.pcap", "keys-go-write-timeout-12.pcap",
         "twin-go-write-timeout.pcap", "twin-jdk-client-cut.pcap"}


# (file, frame): early data that its server declined is no request.
DECLINED = {("healthy-early-data-declined.pcap", 21)}


# TLS in TLS, which tshark does not read: what is inside is what the proxy, its
# server, passes on, on the connection behind (RFC 9110, 9.3.6).
INNER = {"keys-connect-tls.pcap"}


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


def as_tls(path):
    """On 8080 of the twins nothing is encrypted; 8088 to 8090 are proxies'."""
    name = os.path.basename(path)
    if name.startswith("twin-") or "connect" in name:
        return ["-d", "tcp.port==8080,http" if "goaway" not in name else
                "tcp.port==8080,http2", "-d", "tcp.port==8088,http",
                "-d", "tcp.port==8089,http"] + [
                    w for port in (8443, 8444, 8090)
                    for w in ("-d", "tcp.port==%d,tls" % port)]
    return ["-d", "tcp.port==8080,tls"]


def alerts_of(path, keys):
    """{(tcp.stream, from): [(seconds, code)]}, as tshark sees them."""
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-o", "tls.keylog_file:" + keys] +
        as_tls(path) + ["-Y", "tls.alert_message.desc", "-T", "fields", "-e",
                        "frame.time_relative", "-e", "tcp.stream", "-e",
                        "tcp.srcport", "-e", "tls.alert_message.desc"],
        capture_output=True, check=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        at, stream, port, codes = line.split("\t")
        for code in codes.split(","):
            found.setdefault((int(stream), int(port)), []).append(
                (float(at), int(code)))
    return found


def same_alerts(path, keys):
    """The first close_notify of each side, and its first other alert."""
    theirs, seen, count = alerts_of(path, keys), set(), 0
    one_ahead = os.path.basename(path) in AHEAD
    for finding in report_of(path, keys, False)["findings"]:
        connection = finding["connection"]
        tls = connection.get("tls")
        if not tls or connection["id"] in seen:
            continue
        seen.add(connection["id"])
        for side in ("client", "server"):
            port = int(connection[side].rpartition(":")[2])
            alerts = theirs.get((connection["id"], port), [])
            closes = [at for at, code in alerts if code == 0]
            ours = tls["close_notify"][side]
            # a finding knows what came by then
            closes = [at for at in closes if ours is not None or
                      at < finding["timing"]["end_s"]]
            if one_ahead and ours is not None and not closes:
                continue
            require((ours is None) == (not closes) and
                    (ours is None or abs(ours - closes[0]) < 2e-6),
                    "stream %s, %s: close_notify %s, tshark %s",
                    connection["id"], side, ours, closes)
            others = {code for _, code in alerts if code}
            named = {a["code"] for a in tls["alerts"] if a["from"] == side}
            require(named <= others and bool(named) == bool(others),
                    "stream %s, %s: alerts %s, tshark %s", connection["id"],
                    side, named, others)
            count += len(alerts)
    return count


def tshark_of(path, keys):
    """(frame, tcp.stream, method, path) of each request, as tshark sees it."""
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-o", "tls.keylog_file:" + keys] +
        as_tls(path) + ["-Y", "http.request or http2.headers.method",
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
                    if (name, r[1]) not in APART and
                    (name, r[0]) not in DECLINED)
    ours = sorted((x["frames"][0], x["connection"], x["method"], x["target"])
                  for x in report_of(path, keys)["exchanges"])
    if name in INNER:
        fronts = {r[1] for r in theirs if r[2] == "CONNECT"}
        inside = [r for r in ours if r[1] in fronts and r[2] != "CONNECT"]
        behind = [r for r in theirs if r[1] not in fronts]
        require([r[2:] for r in inside] == [r[2:] for r in behind],
                "inside %s, behind %s", inside, behind)
        ours = [r for r in ours if r not in inside]
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


def suites_of(path):
    """{tcp.stream: the number of the suite that its server chose}."""
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-d", "tcp.port==443,tls", "-Y",
         "tls.handshake.type==2", "-T", "fields", "-e", "tcp.stream", "-e",
         "tls.handshake.ciphersuite"], capture_output=True, check=True,
        text=True).stdout
    return {int(line.split("\t")[0]): line.split("\t")[1]
            for line in out.splitlines()}


def every_suite(path, keys):
    """Each suite of the capture is opened, or it is said why not."""
    tls = report_of(path, keys, False)["summary"]["tls"]
    why = {one["connection"]: one["why_not"] for one in tls["not_opened"]}
    suites = suites_of(path)
    # the first begins before the capture
    require(tls["opened"] == len(suites) - len(why) - 1, "%s of %d opened, %s",
            tls["opened"], len(suites), why)
    rc4 = {stream for stream, suite in suites.items() if suite in RC4} - {0}
    require(why == {stream: "suite" for stream in rc4},
            "not opened: %s, RC4: %s", why, rc4)
    return tls["opened"], len(suites)


# libcrypto has RC4 in its legacy provider only.
RC4 = {"0x0004", "0x0005", "0x0018", "0xc007", "0xc011", "0xc016"}


def main():
    failed = 0
    path = SHARED[0] + "/tls-pcapfs-all-ciphers"
    if os.path.exists(path + ".pcap"):
        try:
            print("ok %d of %d suites are opened; the others are RC4, one of "
                  "them without its beginning" %
                  every_suite(path + ".pcap", path + ".keys"))
        except Failure as failure:
            failed += 1
            print("FAIL every suite: %s" % failure)
    pairs = [(p[:-5] + ".pcap", p) for folder in (LAB,) + SHARED
             for p in sorted(glob.glob(folder + "/*.keys"))]
    for path, keys in pairs:
        try:
            count = same_requests(path, keys)
            alerts = same_alerts(path, keys)
            print("ok %s: %d requests, %d alerts as tshark reads them" %
                  (os.path.basename(path), count, alerts))
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
