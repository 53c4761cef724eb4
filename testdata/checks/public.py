#!/usr/bin/env python3
"""The captures that nobody here made, against tshark.

Every capture of ../shared/captures is read: no crash, no hang, valid JSON, the
right status. Connection numbers, frames, directions and the count of requests
are compared with tshark's. What the program says of the files is compared with
FINDINGS, each line of which was read off the wire with tshark; a file that is
not there must give no error and no warning.
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
    # A CONNECT, and HTTP/2 inside its tunnel, which whyeof leaves.
    ("h2-errorcode-proxy.pcap", 0): (2, 1),
    # The request (27) is inside a SOCKS 5 connection, which whyeof leaves.
    ("ip4-frag-socks-http.pcap", 0): (1, 0),
    # Two POSTs (3, 7). 1420 bytes of the first are not in the capture, and
    # tshark counts only requests that it has in full.
    ("tcp-unidir-missing-packet.pcap", 0): (1, 2),
}

# file: [(tcp.stream, code, severity, index of the exchange or None)], of
# errors and warnings. `codes|like|this`: what the wire cannot tell apart;
# `?code`: a doubt is as honest.
FINDINGS = {
    # The client resets (7) in answer to the first 1448 bytes of a 404, and
    # again for each segment that follows.
    "h1-client-rst-mid-body.pcap": [(0, "client-abort", "warning", 1)],
    # 30 bytes of a header section (6), then the server's FIN (7), 0.6 ms after
    # the request.
    "h1-close-headers.pcap": [
        (0, "malformed-response|handler-abort", "error", 1)],
    # The request (11) is acknowledged and answered by a FIN alone 2.8 s later
    # (14). Streams 0, 1 and 3 are refused on ::1 and tried again on 127.0.0.1.
    "h1-empty-reply-localhost.pcap": [
        (2, "write-timeout-eof|handler-abort", "error", 1)],
    # The request is sent six times within 93 s and never acknowledged.
    "h1-get-no-answer-rtx.pcap": [
        (0, "dead-peer|idle-path-drop", "error", 1)],
    # Segment 1461 is missing at 0.52 and sent at 1.60 (12), the next one at
    # 4.07 (14), which completes the response.
    "h1-missing-response.pcap": [(0, "network-stall", "warning", 1)],
    # The response comes with holes that are filled after seconds (20-69). Of
    # four segments missing at 50.4 (72) one is acknowledged at 63.4 (74); then
    # nothing comes, and the client resets 30 s later (75).
    # One of the missing was acknowledged, so the capture itself lost some.
    "h1-rst-unacked-lossy.pcap": [(0, "?network-stall", "error", 1)],
    # 0: bytes 3636 and 5036 sent (301, 302) and again (313, 325; 329, 343).
    # 1, 3, 10, 34, 36: each request that was sent again two or three times and
    # acknowledged 1.0 to 7.0 s after it was sent first.
    # 3 at 2068: a segment of the response, missing at 1990, comes 1.06 s later.
    # 10 at 1913: 1.29 s between two segments of a body, window open.
    "h1-mobile-ooo-rtx.pcap": [
        (0, "network-stall", "warning", None),
        (1, "network-stall", "warning", None),
        (3, "network-stall", "warning", None),
        (10, "network-stall", "warning", None),
        (10, "server-stall", "warning", None),
        (34, "network-stall", "warning", None),
        (36, "network-stall", "warning", None)],
    # 3.54 s between 149 and 151, in a body of known length, window open.
    # The exchange before has no such silence: its bytes are missing in the
    # capture, and are acknowledged 0.5 s after those before them (112).
    "h1-pipeline-files-gap.pcap": [(0, "server-stall", "warning", 3)],
    # 1: the last 1744 bytes of the response (102, 103) are sent five times in
    # 19 s and never acknowledged; the server resets (137).
    # 2, 3, 5: the client's FIN 5.0 s after a request without an answer.
    # 3: before that a proxy's 503 (ERR_DNS_FAIL).
    "h1-sha256-drop-timeouts.pcap": [
        (1, "dead-peer|idle-path-drop|network-stall", "error", 1),
        (2, "client-abort", "warning", 1),
        (3, "client-abort", "warning", 2),
        (3, "gateway-timeout", "error", 1),
        (5, "client-abort", "warning", 1)],
    # A request and the one smuggled in its body, then the client's FIN (6)
    # before any answer; the server's FIN follows.
    "h1-smuggle-te-cl.pcap": [(0, "client-abort", "warning", 1),
                              (0, "client-abort", "warning", 2)],
    # A ClientHello (4), answered by '400 Bad Request' (6) and a FIN.
    "http-to-tls-port.pcap": [(0, "protocol-mismatch", "error", None)],
    # A ClientHello (3), answered by '400 Bad Request' (8) and a FIN (5).
    "tls-to-http-port.pcap": [(0, "protocol-mismatch", "error", None)],
    # The request (1) is acknowledged (2); 300 s later it comes again, and no
    # answer.
    "tcp-retransmit-timeout-300s.pcapng": [(0, "server-stall", "error", 1)],
    # A SYN answered by a reset (91).
    "file-ng-zst.pcapng.zst": [(11, "connect-refused", "error", None)],
}

# files that must give no finding at all, not even for information
SILENT = ("h1-keepalive-67s-idle.pcap", "tcp-miss-end-data.pcap")

# file: what the client saw of the first finding
SYMPTOMS = {
    "h1-close-headers.pcap": ("truncated",),
    "h1-get-no-answer-rtx.pcap": ("hang",),
    "h1-empty-reply-localhost.pcap": ("empty-reply", "eof", "empty"),
}


# Cites the ACK that left bytes outstanding: which segment had carried them is
# not kept.
NO_SENDER = "sends bytes that are not acknowledged"


class Failure(Exception):
    pass


def require(condition, text, *values):
    if not condition:
        raise Failure(text % values)


def whyeof(path):
    try:
        done = subprocess.run([WHYEOF, "--format", "json", "--exchanges", path],
                              capture_output=True, timeout=SECONDS)
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


def check_findings(name, findings):
    # One wire can show the same thing in many exchanges: each line of the
    # table needs one finding, and each finding needs a line.
    expected = FINDINGS.get(name, [])
    used = set()
    for finding in findings:
        if finding["severity"] not in FAILURES:
            continue
        index = finding["exchange"] and finding["exchange"]["index"]
        stream = finding["connection"]["id"]
        for at, (to, codes, severity, number) in enumerate(expected):
            if to == stream and \
                    finding["code"] in codes.strip("?").split("|") and \
                    severity == finding["severity"] and \
                    number in (None, index):
                used.add(at)
                break
        else:
            raise Failure("stream %d, exchange %s: %s %s is not on the wire "
                          "(frames %s)" %
                          (stream, index, finding["severity"], finding["code"],
                           [e["frame"] for e in finding["evidence"]]))
    for at, line in enumerate(expected):
        require(at in used or line[1][0] == "?", "no %s %s for stream %d, exchange %s", line[2],
                line[1], line[0], line[3])
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


def check(name):
    """The lines to print about one capture."""
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
        ("findings", lambda: check_findings(name, document["findings"])),
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
    failed = False
    workers = max(2, os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for lines in pool.map(check, names):
            for line in lines:
                print(line, flush=True)
                failed = failed or line.startswith("FAIL")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
