#!/usr/bin/env python3
"""The captures that nobody here made, against tshark.

Every capture of ../shared/captures is read: no crash, no hang, valid JSON, the
right status. Connection numbers, frames, directions and the count of requests
are compared with tshark's. Each error and warning must be a line of
testdata/public-findings.tsv, which was read off the wire with tshark, and each
line must be found; a file that has none must give none. Where secrets lie
beside a file, that holds with them too.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "testdata/lab")
from kept import kept  # noqa: E402

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CAPTURES = "../shared/captures"
TABLE = "testdata/public-findings.tsv"
SECONDS = 20
FIELDS = ("frame.number", "tcp.stream", "tcp.srcport", "tcp.dstport",
          "tcp.len", "http.request.method", "http2.headers.method")
FAILURES = ("error", "warning")

# Captures of which nothing can be read, and why. (None: the damaged ones can
# be read up to the damage.)
UNREADABLE = {}

# file: connections that tshark counts and whyeof does not
CONNECTIONS_APART = {
    # Its tcp.stream 0 is a header that an ICMPv6 error quotes (frame 3); the
    # connection itself is not in the capture. It has its number all the same.
    "enc-6in4-http.pcap": 1,
}

# file: the port on which tshark does not see by itself that it is HTTP/2
HTTP2_PORTS = {
    "grpc-bidi.pcapng": 50051,
    "grpc-server-stream-rst.pcapng": 50051,
    "h2-errorcode-proxy.pcap": 6233,
    "h2-long-frame-443.pcap": 8443,
    "h2c-nghttp2-push.pcap": 80,
    "h2c-prior-knowledge-lo0.pcapng": 8097,
}

# (file, tcp.stream): requests that tshark counts, and whyeof, where they differ
REQUESTS_APART = {
    # 'GET /Hello Arkime HTTP/1.0' (4): a blank in the target is no HTTP
    # (RFC 9112, 3.2). The exchange is there, without a method.
    ("enc-gre-erspan-vxlan-http.pcap", 0): (1, 0),
    # The request (27) is inside a SOCKS 5 connection, which whyeof leaves.
    ("ip4-frag-socks-http.pcap", 0): (1, 0),
    # Two POSTs (3, 7). 1420 bytes of the first are not in the capture, and
    # tshark counts only requests that it has in full.
    ("tcp-unidir-missing-packet.pcap", 0): (1, 2),
}

# files that must give no finding at all, not even for information
SILENT = ("h1-keepalive-67s-idle.pcap", "tcp-miss-end-data.pcap")

# file: what the client saw of the first finding
SYMPTOMS = {
    "h1-close-headers.pcap": ("truncated",),
    "h1-get-no-answer-rtx.pcap": ("hang",),
    "h1-empty-reply-localhost.pcap": ("empty-reply", "eof", "empty"),
}


# what must be said of files
WARNINGS = {
    # The times of its second interface (90) are those of 2^64 microseconds.
    "file-ng-zst.pcapng.zst": ("the year 2262",),
}

# Cites the ACK that left bytes outstanding: which segment had carried them is
# not kept.
NO_SENDER = "sends bytes that are not acknowledged"


class Failure(Exception):
    pass


def require(condition, text, *values):
    if not condition:
        raise Failure(text % values)


def whyeof(path, *options):
    command = [WHYEOF, "--format", "json", "--exchanges", *options, path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure("not done after %d s" % SECONDS)
    name = os.path.basename(path)
    allowed = (2,) if name in UNREADABLE else (0, 1)
    require(done.returncode in allowed, "status %d: %s", done.returncode,
            done.stderr.decode(errors="replace").strip()[-300:])
    try:
        document = json.loads(done.stdout.decode("utf-8"))
    except ValueError as error:
        raise Failure("no JSON: %s" % error)
    failed = document["summary"]["findings"]["error"] > 0
    require(name in UNREADABLE or done.returncode == int(failed),
            "status %d with %d errors", done.returncode,
            document["summary"]["findings"]["error"])
    return document


def tshark(path, http2_port):
    """Frames as {number: (streams, source ports, target ports, payload sizes,
    requests)}; the lists have one entry for each TCP header in the frame."""
    command = ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields"]
    if http2_port:
        command += ["-d", "tcp.port==%d,http2" % http2_port]
    for field in FIELDS:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True,
                         errors="replace").stdout
    frames = {}
    for line in out.splitlines():
        number, stream, source, target, size, *methods = line.split("\t")
        if stream:
            frames[int(number)] = (
                [int(s) for s in stream.split(",")], source.split(","),
                target.split(","), size.split(","),
                sum(len(m.split(",")) for m in methods if m))
    return frames


def port_of(endpoint):
    return endpoint.rsplit(":", 1)[1]


def check_place(frames, what, frame, stream, sender=None, receiver=None):
    require(frame in frames, "%s: frame %s is no TCP", what, frame)
    streams, sources, targets, sizes, _ = frames[frame]
    require(stream in streams, "%s: frame %d has tcp.stream %s, not %s", what,
            frame, streams, stream)
    if sender and sender != receiver:
        at = streams.index(stream)
        # what the capture has not got shows in the other side's ACK
        require(sizes[at:at + 1] in ([], ["0"]) or (sources[at], targets[at]) == (sender, receiver),
                "%s: frame %d goes from %s to %s", what, frame, sources[at],
                targets[at])


def check_finding(finding, frames):
    connection = finding["connection"]
    stream = connection["id"]
    what = "%s, stream %d" % (finding["code"], stream)
    ports = {"client": port_of(connection["client"]),
             "server": port_of(connection["server"])}
    for frame in connection["frames"]:
        check_place(frames, what, frame, stream)
    for evidence in finding["evidence"]:
        sender = ports[evidence["from"]]
        receiver = ports["server" if evidence["from"] == "client" else
                         "client"]
        if evidence["what"] == NO_SENDER:
            sender = receiver = None
        check_place(frames, "%s, '%s'" % (what, evidence["what"]),
                    evidence["frame"], stream, sender, receiver)


def check_exchanges(name, exchanges, frames):
    requests = {}
    for streams, _, _, _, count in frames.values():
        requests[streams[-1]] = requests.get(streams[-1], 0) + count
    found = {}
    for exchange in exchanges:
        stream = exchange["connection"]
        if exchange["method"] is not None:
            found[stream] = found.get(stream, 0) + 1
        if exchange["frames"]:
            check_place(frames, "exchange %s" % exchange["index"],
                        exchange["frames"][0], stream)
    for stream in sorted(set(requests) | set(found)):
        pair = (requests.get(stream, 0), found.get(stream, 0))
        known = REQUESTS_APART.get((name, stream), (pair[0], pair[0]))
        if pair != known:
            raise Failure("stream %d has %d requests, tshark says %d" %
                          (stream, pair[1], pair[0]))


def read_table():
    """{file: [(stream, exchange, code, severity, confidence, frames)]}"""
    table = {}
    with open(TABLE, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines
                if not line.startswith("#")]
    for row in rows[1:]:
        name, stream, index, _, code, severity, confidence, frames, true, _ = row
        require(true == "true", "%s has a finding that is not true", TABLE)
        table.setdefault(name, []).append(
            (int(stream), None if index == "-" else int(index), code, severity,
             confidence, {int(frame) for frame in frames.split(",")}))
    return table


def check_findings(name, findings, expected):
    left = list(expected)
    for finding in findings:
        if finding["severity"] not in FAILURES:
            continue
        told = (finding["connection"]["id"],
                finding["exchange"] and finding["exchange"]["index"],
                finding["code"], finding["severity"], finding["confidence"])
        line = next((one for one in left if one[:-1] == told), None)
        require(line, "stream %s, exchange %s: %s %s %s is not in the table",
                *told)
        cited = {evidence["frame"] for evidence in finding["evidence"]}
        require(line[-1] <= cited, "stream %s, exchange %s: cites %s, not %s",
                told[0], told[1], sorted(cited), sorted(line[-1]))
        left.remove(line)
    require(not left, "not told: %s", left)
    if name in SILENT:
        require(not findings, "%d findings", len(findings))
    if name in SYMPTOMS:
        symptom = next((f["symptom"] for f in findings
                        if f["severity"] == "error"), None)
        require(symptom in SYMPTOMS[name], "symptom %s", symptom)


def check_counts(name, document, frames, apart):
    streams = {s for row in frames.values() for s in row[0]}
    count = document["summary"]["connections"]
    require(count == len(streams) - apart,
            "%d connections, tshark says %d", count, len(streams))


def check_warnings(name, document):
    for words in WARNINGS.get(name, ()):
        require(any(words in one for one in document["input"]["warnings"]),
                "no warning of '%s'", words)


def check_with_secrets(name, path, expected):
    secrets = os.path.splitext(path)[0] + ".keys"
    if os.path.exists(secrets):
        document = whyeof(path, "--keylog", secrets)
        check_findings(name, document["findings"], expected)


def check(name, table):
    """The lines to print about one capture."""
    expected = table.get(name, [])
    opened = expected + table.get(os.path.splitext(name)[0] + ".keys", [])
    path = os.path.join(CAPTURES, name)
    try:
        document = whyeof(path)
    except Failure as failure:
        return ["FAIL %s: %s" % (name, failure)]
    frames = kept(path, tshark, HTTP2_PORTS.get(name))
    apart = CONNECTIONS_APART.get(name, 0)
    parts = (
        ("connections", lambda: check_counts(name, document, frames, apart)),
        ("frames", lambda: [check_finding(f, frames)
                            for f in document["findings"]]),
        ("exchanges", lambda: check_exchanges(
            name, document["exchanges"], frames)),
        ("findings", lambda: check_findings(
            name, document["findings"], expected)),
        ("warnings", lambda: check_warnings(name, document)),
        ("secrets", lambda: check_with_secrets(name, path, opened)),
    )
    lines = []
    for part, run in parts:
        try:
            run()
            lines.append("ok %s %s" % (name, part))
        except Failure as failure:
            lines.append("FAIL %s %s: %s" % (name, part, failure))
    return lines


def main():
    if not os.path.isdir(CAPTURES):
        print("skip public: no %s" % CAPTURES)
        return 0
    if not shutil.which("tshark"):
        print("skip public: needs tshark")
        return 0
    names = sorted(n for n in os.listdir(CAPTURES)
                   if ".pcap" in n and not n.endswith(".keys"))
    table = read_table()
    names_told = {n.replace(".keys", ".pcap") for n in table}
    require(names_told <= set(names), "%s names files that are not there: %s",
            TABLE, sorted(names_told - set(names)))
    failed = False
    workers = max(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for lines in pool.map(lambda name: check(name, table),
                              names):
            for line in lines:
                print(line, flush=True)
                failed = failed or line.startswith("FAIL")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
