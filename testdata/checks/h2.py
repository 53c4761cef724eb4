#!/usr/bin/env python3
"""HTTP/2 against tshark, stream by stream.

Of each capture that has HTTP/2 in the clear (the lab's, and those of
../shared/captures) the streams with a request, their method, path and status,
and the bytes of their DATA frames without padding are compared. Then each
capture of the lab is read again without its first packets, up to the last
SETTINGS: who joins midway accuses of nothing that the whole does not show.
"""
import concurrent.futures
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
sys.path.insert(0, "testdata/lab")
from kept import kept  # noqa: E402

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
LAB = "testdata/captures"
SHARED = "../shared/captures"
SECONDS = 20

DATA, HEADERS, SETTINGS, PUSH_PROMISE, CONTINUATION = 0, 1, 4, 5, 9
PADDED = 0x8

# Public captures, with the port that tshark must be told (None: after an
# upgrade, or found by itself).
PUBLIC = {
    "grpc-bidi.pcapng": 50051,
    "grpc-server-stream-rst.pcapng": 50051,
    "h2-continuation-rst0.pcap": 8080,
    "h2-doh-limit-415.pcap": 8080,
    "h2-doh-post-goaway.pcap": None,
    "h2-errorcode-proxy.pcap": 6233,
    "h2-long-frame-443.pcap": 8443,
    "h2c-nghttp2-push.pcap": 80,
    "h2c-prior-knowledge-lo0.pcapng": 8097,
}

# Those that must show no error and no warning.
WELL = ("grpc-bidi.pcapng", "grpc-server-stream-rst.pcapng",
        "h2-continuation-rst0.pcap", "h2-doh-limit-415.pcap",
        "h2-errorcode-proxy.pcap", "h2c-nghttp2-push.pcap")

# The lab's that are not in the clear, not HTTP/2 on both sides, or upgraded.
LAB_SKIPPED = ("healthy-tls-h2.pcap", "healthy-keys.pcap",
               "keys-go-h2-write-timeout.pcap", "keys-curl-max-time.pcap", "h1-to-h2-port-grpc.pcap",
               "h2-preface-to-h1-go.pcap",
               "h2-preface-to-h1-nginx.pcap")
LAB_PORTS = {"legs-h1-to-h2.pcap": 8081, "legs-h2-to-h1.pcap": 8085,
             "legs-nginx-grpc.pcap": (8083, 8085)}
LAB_UPGRADED = ("healthy-h2-upgrade.pcap", "healthy-nghttp-upgrade.pcap",
                "curl-h2c-upgrade.pcap", "jdk-h2c-upgrade.pcap")

# (file, tcp.stream, stream): what differs, as (field, tshark's, whyeof's), each
# with the reason, read off the wire.
UNREAD = [("method", "GET", None), ("status", 200, None)]
APART = {
    # Behind a CONNECT (5) that was granted (11): whyeof leaves tunnels, and
    # reads the other leg (tcp.stream 1).
    ("h2-errorcode-proxy.pcap", 0, 1): [("stream", True, False)],
    # Upgraded: to tshark the request is HTTP/1's, and its answer alone is on
    # stream 1; they are one exchange (RFC 7540, 3.2).
    ("healthy-h2-upgrade.pcap", 0, 1): [("stream", False, True)],
    ("healthy-nghttp-upgrade.pcap", 0, 1): [("stream", False, True)],
    ("curl-h2c-upgrade.pcap", 0, 1): [("stream", False, True)],
    ("curl-h2c-upgrade.pcap", 1, 1): [("stream", False, True)],
    ("jdk-h2c-upgrade.pcap", 0, 1): [("stream", False, True)],
    # The capture begins inside the connection: HPACK's tables are not known,
    # and tshark reads what the static one gives.
    ("healthy-h2-joined-midway.pcap", 0, 5):
        UNREAD + [("path", "/sleep?ms=1500", None)],
    ("healthy-h2-joined-midway.pcap", 0, 7):
        UNREAD + [("path", "/ok?bytes=900", None)],
}

# (file, code): what only the capture that lacks its beginning shows, and why.
JOINED_APART = {
    # stream 5 is refused all the same (REFUSED_STREAM, 20); that the server
    # allows two is in its SETTINGS
    ("h2-stream-limit.pcap", "h2-stream-reset"),
    # the client leaves (RST_STREAM, CANCEL); the stall before it shows in
    # the windows alone
    ("h2-stream-window-cancelled.pcap", "client-abort"),
}


class Failure(Exception):
    pass


def require(condition, text, *values):
    if not condition:
        raise Failure(text % values)


def whyeof(path):
    try:
        done = subprocess.run([WHYEOF, "--format", "json", "--exchanges",
                               "--fail-on", "never", path],
                              capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure("not done after %d s" % SECONDS)
    require(done.returncode == 0, "status %d: %s", done.returncode,
            done.stderr.decode(errors="replace").strip()[-300:])
    return json.loads(done.stdout.decode("utf-8"))


# ---- tshark's side -------------------------------------------------------

def dissect(path, port):
    """Yields (frame, tcp.stream, from, to, the frames of HTTP/2 in it, the
    count of gRPC's messages)."""
    command = ["tshark", "-n", "-r", path, "-Y", "http2", "-T", "pdml"]
    for each in (port,) if isinstance(port, int) else port or ():
        command += ["-d", "tcp.port==%d,http2" % each]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    for packet in xml.fromstring(out).iter("packet"):
        shown = {}
        for field in packet.iter("field"):
            shown.setdefault(field.get("name"), field.get("show"))
        frames = [f for p in packet.iter("proto") if p.get("name") == "http2"
                  for f in p.iter("field") if f.get("name") == "http2.stream"]
        messages = sum(f.get("name") == "grpc.message_length"
                       for f in packet.iter("field"))
        yield (int(next(f.get("show") for f in packet.iter("field")
                        if f.get("name") == "num")),
               int(shown["tcp.stream"]), shown["tcp.srcport"],
               shown["tcp.dstport"], frames, messages)


def number(frame, name):
    for field in frame.iter("field"):
        if field.get("name") == name:
            return int(field.get("show"), 0)
    return None


def headers(frame):
    """The fields of a header block, as far as tshark shows them here."""
    for header in frame.iter("field"):
        if header.get("name") == "http2.header":
            pair = {f.get("name"): f.get("show") for f in header.iter("field")}
            yield (pair.get("http2.header.name"),
                   pair.get("http2.header.value"))


def data_size(frame):
    size = number(frame, "http2.length")
    if number(frame, "http2.flags") & PADDED:
        size -= 1 + number(frame, "http2.pad_length")
    return size


def take_headers(frame, streams, key):
    promised = number(frame, "http2.push_promise.promised_stream_id")
    if number(frame, "http2.type") == PUSH_PROMISE:
        key = key[:1] + (promised,)
    stream = streams.setdefault(key, {"request": 0, "response": 0})
    for name, value in headers(frame):
        if name == ":method":
            stream.setdefault("method", value)
        elif name == ":path":
            stream.setdefault("path", value)
        elif name == ":status" and not value.startswith("1"):
            stream.setdefault("status", int(value))


def streams_of(path, port):
    """tshark's streams by (tcp.stream, stream), the frame of the last
    SETTINGS, and how many messages of gRPC there are."""
    streams = {}
    servers = {}
    settings = 0
    messages = 0
    for frame_number, tcp, source, target, frames, some in dissect(path, port):
        messages += some
        for frame in frames:
            kind = number(frame, "http2.type")
            key = (tcp, number(frame, "http2.streamid"))
            if kind == SETTINGS:
                settings = max(settings, frame_number)
            if kind in (HEADERS, PUSH_PROMISE, CONTINUATION):
                take_headers(frame, streams, key)
            if any(name == ":method" for name, _ in headers(frame)) and \
                    kind != PUSH_PROMISE:
                servers[tcp] = target
            if kind == DATA:
                stream = streams.setdefault(key, {"request": 0, "response": 0})
                way = "response" if source == servers.get(tcp) else "request"
                stream[way] += data_size(frame)
    return ({k: s for k, s in streams.items() if "method" in s}, settings,
            messages)


# ---- comparing -----------------------------------------------------------

FIELDS = (("method", "method"), ("path", "target"), ("status", "status"),
          ("request", "request_body"), ("response", "body_received"))


def compare(name, theirs, document):
    ours = {(x["connection"], x["stream_id"]): x for x in document["exchanges"]
            if x["stream_id"] and (x["method"] or x["request_bytes"])}
    require(theirs, "tshark sees no stream")
    apart = []
    for key in sorted(set(theirs) | set(ours)):
        known = APART.get((name,) + key, [])
        if key not in ours or key not in theirs:
            pair = ("stream", key in theirs, key in ours)
            if pair not in known:
                apart.append("tcp.stream %d, stream %d: %s" %
                             (key + ("only tshark has it" if key in theirs
                                     else "tshark has none",)))
            continue
        for field, name_of_ours in FIELDS:
            pair = (field, theirs[key].get(field, None),
                    ours[key][name_of_ours])
            if pair[1] != pair[2] and pair not in known:
                apart.append("tcp.stream %d, stream %d: %s: tshark %s, "
                             "whyeof %s" % (key + pair))
    require(not apart, "%s", "; ".join(apart))


def check_messages(theirs, document):
    """gRPC's messages, as many as tshark sees."""
    ours = sum(x["grpc_messages"][side] or 0 for x in document["exchanges"]
               if "grpc_messages" in x for side in ("request", "response"))
    require(theirs == ours, "tshark %d, whyeof %d", theirs, ours)


def codes(document):
    return {f["code"] for f in document["findings"]
            if f["severity"] in ("error", "warning")}


def drop_packets(path, count, out):
    """Writes the classic capture without its first packets."""
    with open(path, "rb") as file:
        whole = file.read()
    order = "<" if whole[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") \
        else ">"
    at = 24
    for _ in range(count):
        at += 16 + struct.unpack_from(order + "I", whole, at + 8)[0]
    with open(out, "wb") as file:
        file.write(whole[:24] + whole[at:])


def check_joined(path, settings, document, folder):
    name = os.path.basename(path)
    part = os.path.join(folder, name)
    drop_packets(path, settings, part)
    more = codes(whyeof(part)) - codes(document)
    more = {c for c in more if (name, c) not in JOINED_APART}
    require(not more, "without its first %d packets: %s", settings,
            ", ".join(sorted(more)))


def check(name, path, port, folder):
    lines = []

    def run(part, what, *arguments):
        try:
            what(*arguments)
            lines.append("ok %s %s" % (name, part))
        except Failure as failure:
            lines.append("FAIL %s %s: %s" % (name, part, failure))

    try:
        document = whyeof(path)
    except Failure as failure:
        return ["FAIL %s: %s" % (name, failure)]
    theirs, settings, messages = kept(path, streams_of, port)
    run("streams", compare, name, theirs, document)
    if "grpc" in name:
        run("messages", check_messages, messages, document)
    if name in WELL:
        run("well", lambda: require(not codes(document), "%s",
                                    ", ".join(sorted(codes(document)))))
    if name not in PUBLIC and settings:
        run("joined", check_joined, path, settings, document, folder)
    return lines


def captures():
    for name in sorted(os.listdir(LAB)):
        if any(word in name for word in ("h2", "grpc", "http2", "nghttp")) \
                and name.endswith(".pcap") and name not in LAB_SKIPPED:
            yield (name, os.path.join(LAB, name),
                   None if name in LAB_UPGRADED else
                   LAB_PORTS.get(name, 8080))
    for name, port in sorted(PUBLIC.items()):
        path = os.path.join(SHARED, name)
        if os.path.exists(path):
            yield name, path, port


def main():
    if not shutil.which("tshark"):
        print("skip h2: needs tshark")
        return 0
    if not os.path.isdir(SHARED):
        print("skip h2 public: no %s" % SHARED)
    failed = False
    workers = max(2, os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(check, *row, folder) for row in captures()]
        for job in jobs:
            for line in job.result():
                print(line, flush=True)
                failed = failed or line.startswith("FAIL")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
