#!/usr/bin/env python3
"""Secrets of TLS in a pcapng, in front of the packets that need them and behind
them: in a file, packed, in one of two, in a pipe, and too far behind in one;
and what recordings keep of them.

usage: tls_late.py        WHYEOF: the program
"""
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
MKSCENE = os.environ.get("BUILD", "build") + "/mkscene"
BASE = "testdata/captures/keys-go-panic"
INNER = "testdata/captures/keys-connect-tls"
TOO_LATE = 17 << 20  # more than a pipe's packets wait
failed = 0


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def packets(base=BASE):
    """Section, interface, and the packets of a capture in microseconds."""
    with open(base + ".pcap", "rb") as file:
        data = file.read()
    link = struct.unpack_from("<I", data, 20)[0]
    yield block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    yield block(1, struct.pack("<HHI", link, 0, 0))
    at = 24
    nano = data[:4] == b"\x4d\x3c\xb2\xa1"
    while at < len(data):
        s, fraction, size, length = struct.unpack_from("<IIII", data, at)
        time = s * 1000000 + fraction // (1000 if nano else 1)
        yield block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff,
                                   size, length) +
                    data[at + 16:at + 16 + size])
        at += 16 + size


def secrets(base=BASE):
    with open(base + ".keys", "rb") as file:
        log = file.read()
    return block(10, struct.pack("<II", 0x544c534b, len(log)) + log)


def filler():
    """Packets of no protocol, a second later."""
    one = block(6, struct.pack("<IIIII", 0, 0x70000, 0, 60000, 60000) +
                bytes(60000))
    return one * (TOO_LATE // len(one) + 1)


def report(paths, pipe=None):
    done = subprocess.run([WHYEOF, "-F", "json", "--fail-on", "never", *paths],
                          input=pipe, capture_output=True, check=True)
    document = json.loads(done.stdout)
    told = [(f["code"], f["symptom"], f["connection"]["id"])
            for f in document["findings"]]
    return told, document["summary"]["tls"], document["input"]["warnings"]


def expect(what, good, shown):
    global failed
    failed += not good
    print("ok %s" % what if good else "FAIL %s: %s" % (what, shown), flush=True)


def logs_of(path):
    """What the Decryption Secrets Blocks of a pcapng hold."""
    with open(path, "rb") as file:
        data = file.read()
    at, found = 0, b""
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 10:
            length = struct.unpack_from("<I", data, at + 12)[0]
            found += data[at + 16:at + 16 + length]
        at += size
    return sorted(found.decode().splitlines())


def recordings(folder, *argv):
    """[(its key log, what is told of it)] of each recording."""
    made = os.path.join(folder, "made")
    subprocess.run([WHYEOF, "--fail-on", "never", "--record", made, *argv],
                   check=True, capture_output=True)
    paths = sorted(os.path.join(made, n) for n in os.listdir(made)
                   if n.endswith(".pcapng"))
    result = [(logs_of(path), report([path])[0]) for path in paths]
    for path in paths:
        os.unlink(path)
    return result


def check_recordings(folder, front, bare):
    with open(BASE + ".keys") as file:
        lines = [line for line in file.read().splitlines()
                 if line.split(" ")[0] in KINDS]
    by_random = {}
    for line in lines:
        by_random.setdefault(line.split(" ")[1], []).append(line)
    got = recordings(folder, front)
    expect("recordings have their own connection's secrets",
           sorted(one[0] for one in got) ==
           sorted(sorted(one) for one in by_random.values()) and
           all([t[:2] for t in one[1]] == [("handler-abort", "truncated")]
               for one in got), got)
    got = recordings(folder, "--no-secrets", front)
    expect("--no-secrets", len(got) == 2 and not any(g[0] for g in got), got)
    got = recordings(folder, "--keylog", BASE + ".keys", bare)
    expect("those of a file beside it are not written",
           len(got) == 2 and not any(g[0] for g in got), got)


def check_inner(folder):
    """Of TLS in TLS both connections' secrets are kept."""
    head, *rest = list(packets(INNER))
    path = os.path.join(folder, "inner.pcapng")
    with open(path, "wb") as file:
        file.write(head + secrets(INNER) + b"".join(rest))
    got = recordings(folder, path)
    randoms = sorted(len({line.split(" ")[1] for line in log})
                     for log, _ in got)
    expect("recordings of TLS in TLS", randoms == [1] * 4 + [2] * 4 and
           all([t[:2] for t in one[1]] == [("handler-abort", "empty-reply")]
               for one in got), got)


def hello(random, *extensions):
    """A record with a ClientHello (RFC 8446, 4.1.2)."""
    more = b"".join(struct.pack(">HH", kind, len(body)) + body
                    for kind, body in extensions)
    body = (b"\x03\x03" + random + b"\0" + b"\0\x02\x13\x01" + b"\x01\0" +
            struct.pack(">H", len(more)) + more)
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def check_encrypted_hello(folder):
    """Encrypted ClientHello: the log names the inner hello's random, the wire
    has the outer's (draft-ietf-tls-esni), which nobody has keys for."""
    outer, inner = bytes(range(32)), bytes(range(64, 96))
    ech = (0xfe0d, b"\0\0\x01\0\x01\x07\0\x20" + bytes(32) + b"\0\x40" +
           bytes(64))
    answer = (b"\x02\0\0\x2e\x03\x03" + bytes(32) + b"\0\x13\x01\0" +
              b"\0\x06\0\x2b\0\x02\x03\x04")
    answer = b"\x16\x03\x03" + struct.pack(">H", len(answer)) + answer
    path = os.path.join(folder, "ech.scene")
    with open(path, "w") as file:
        file.write("\n".join((
            "client 10.1.0.5:51034", "server 10.1.0.9:8443",
            'secret "CLIENT_TRAFFIC_SECRET_0 %s %s"' % (inner.hex(), "ab" * 32),
            "0.000 c> SYN", "0.001 s> SYN ACK", "0.001 c> ACK",
            "0.002 c> hex " + hello(outer, (0x2b, b"\x02\x03\x04"), ech).hex(),
            "0.003 s> hex " + answer.hex(), "0.003 c> ACK",
            "0.004 c> hex 1703030035 bytes 53", "0.004 s> ACK",
            "0.005 c> FIN", "0.006 s> FIN", "0.006 c> ACK", "",
            "expect none", "")))
    packed = os.path.join(folder, "ech.pcapng")
    with open(packed, "wb") as file:
        subprocess.run([MKSCENE, path], check=True, stdout=file)
    done = subprocess.run([WHYEOF, "-F", "json", packed], check=True,
                          capture_output=True)
    tls = json.loads(done.stdout)["summary"]["tls"]
    expect("an encrypted hello", tls["opened"] == 0 and
           tls["opaque_by_reason"] == {"no-key": 1} and
           tls["not_opened"][0]["client_random"] == outer.hex(), tls)


KINDS = ("CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
         "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
         "SERVER_TRAFFIC_SECRET_0")


def main():
    head, *rest = list(packets())
    rest = b"".join(rest)
    front, behind = head + secrets() + rest, head + rest + secrets()
    with tempfile.TemporaryDirectory() as folder:
        def kept(name, data):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(data)
            return path
        first = report([kept("front.pcapng", front)])
        expect("in front", first[1]["opened"] == 2 and len(first[0]) == 2,
               first)
        late = kept("late.pcapng", behind)
        alone = kept("secrets.pcapng", head + secrets())
        bare = kept("bare.pcapng", head + rest)
        for what, got in (
                ("behind", report([late])),
                ("behind, packed",
                 report([kept("late.pcapng.gz", gzip.compress(behind))])),
                ("in another file", report([bare, alone])),
                ("behind, in a pipe", report(["-"], behind))):
            expect(what, got[:2] == first[:2], got)
        got = report(["-"], head + rest + filler() + secrets())
        expect("too far behind in a pipe", got[1]["opaque"] == 2 and
               any("2 times secrets came too late" in w for w in got[2]), got)
        got = report([bare])
        check_recordings(folder, os.path.join(folder, "front.pcapng"), bare)
        check_inner(folder)
        check_encrypted_hello(folder)
        expect("nowhere", got[1]["opaque_by_reason"] == {"no-secrets": 2}, got)
    return int(failed > 0)


sys.exit(main())
