#!/usr/bin/env python3
"""Plants a secret in whatever can carry text of the wire, and looks for it in
all that the program writes: every format, every list, the comments of a
recording, the metrics. With --show-secrets it must be there, so that a plant
that nobody would ever show is none.
"""
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from floods import (ACK, CLIENT, FIN, PREFACE, SERVER, Capture,  # noqa: E402
                    Connection, frame)

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
SECOND = 1000000
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQTEFOVEVEIn0.UExBTlRFRA"
KEY = "x7Kq0ZpW3vYbN5tRm2LcJ8dQ"

# what is asked for, and the secret in it
TARGETS = [
    ("/a?token=planted01", "planted01"),
    ("/a?hash=planted02&pin=planted03&state=planted04", "planted0"),
    ("/a?hmac=planted05&mac=planted06&sess=planted07", "planted0"),
    ("/a?access=planted08&wsse=planted09", "planted0"),
    ("/a;jsessionid=planted10/b", "planted10"),
    ("/a?u=http%3A%2F%2Fh%2F%3Fkey%3Dplanted11%26b%3Dc", "planted11"),
    ("/a?u=%253Ftoken%253Dplanted12", "planted12"),
    ("/a?b=c?code=planted13", "planted13"),
    ("/a#access_token=planted14", "planted14"),
    ("/a%3Ftoken=planted15", "planted15"),
    ("/a?x=1,token=planted16", "planted16"),
    ('/a?q={"password":"planted17"}', "planted17"),
    ("/a?q=%7B%22secret%22%3A%22planted18%22%7D", "planted18"),
    ("/a?pass=a%26planted19", "planted19"),
    ("http://user:planted20@h/", "planted20"),
    ("//user:planted21@h/", "planted21"),
    ("/p/user:planted22@h/", "planted22"),
    ("/a/%s/b" % JWT, JWT),
    ("/a/%s/b" % KEY, KEY),
    ("/a?%70assword=planted23", "planted23"),
]


def give_up(conn, ask):
    """A request that is not answered: its server closes 2 s later."""
    conn.send(CLIENT, ask)
    conn.send(SERVER, b"", ACK)
    conn.send(SERVER, b"", ACK | FIN, step=2 * SECOND)
    conn.next[SERVER] += 1
    conn.send(CLIENT, b"", ACK | FIN)
    conn.next[CLIENT] += 1
    conn.send(SERVER, b"", ACK)


def ask(target, *fields, method="GET", host="h"):
    lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + host, *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def literal(name, value):
    """A header field without indexing, no Huffman code (RFC 7541, 6.2.2)."""
    name, value = name.encode(), value.encode()
    assert len(name) < 127 and len(value) < 127
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def plant_h1(capture):
    planted = []
    port = 40000
    for target, secret in TARGETS:
        port += 1
        give_up(Connection(capture, port), ask(target))
        planted.append(secret)
    give_up(Connection(capture, 41001), ask("/", host="user:planted31@h"))
    give_up(Connection(capture, 41002), ask("user:planted32@h:443",
                                            method="CONNECT"))
    planted += ["planted31", "planted32"]
    # Server, as an answer before says it
    conn = Connection(capture, 41003)
    conn.send(CLIENT, ask("/"))
    conn.send(SERVER, b"HTTP/1.1 200 OK\r\nServer: x token=planted33\r\n"
                      b"Content-Length: 0\r\n\r\n")
    conn.send(CLIENT, b"", ACK)
    give_up(conn, ask("/"))
    planted.append("planted33")
    return planted


def plant_h2(capture):
    conn = Connection(capture, 42000)
    conn.send(CLIENT, PREFACE + frame(4, 0, 0))
    conn.send(SERVER, frame(4, 0, 0) + frame(4, 1, 0))
    conn.send(CLIENT, frame(4, 1, 0))
    head = b"\x83\x86" + literal(":path", "/s.S/M?token=planted41") + \
        literal(":authority", "user:planted42@h") + \
        literal("content-type", "application/grpc") + literal("te", "trailers")
    conn.send(CLIENT, frame(1, 5, 1, head))
    trailer = b"\x88" + literal("content-type", "application/grpc") + \
        literal("grpc-status", "14") + \
        literal("grpc-message", "no route%2C token=planted43 " + JWT)
    conn.send(SERVER, frame(1, 5, 1, trailer), step=SECOND)
    conn.send(CLIENT, frame(1, 5, 3, head))
    conn.send(SERVER, frame(7, 0, 0, struct.pack("!II", 1, 11) +
                            b'{"token": "planted44"} u:planted45@h'))
    conn.send(SERVER, b"", ACK | FIN)
    conn.next[SERVER] += 1
    conn.send(CLIENT, b"", ACK | FIN)
    # one that the server resets, whose trailers told why
    conn = Connection(capture, 42001)
    conn.send(CLIENT, PREFACE + frame(4, 0, 0))
    conn.send(SERVER, frame(4, 0, 0) + frame(4, 1, 0))
    conn.send(CLIENT, frame(1, 5, 1, head))
    conn.send(SERVER, frame(3, 0, 1, struct.pack("!I", 2)), step=2 * SECOND)
    return ["planted41", "planted42", "planted44"]


# never shown, with or without
HIDDEN = ["planted51", "planted52", "planted53"]


def plant_hidden(capture):
    give_up(Connection(capture, 43000), ask(
        "/", "Authorization: Bearer planted51", "Cookie: a=planted52",
        "X-Api-Key: planted53"))


def comments(path):
    """opt_comment of every block of a pcapng file (option 1)."""
    found = []
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        option = at + 24
        if kind == 6:
            option = at + 28 + (struct.unpack_from("<I", data, at + 20)[0] +
                                3) // 4 * 4
        while kind in (0x0a0d0d0a, 6) and option + 4 <= at + size - 4:
            code, length = struct.unpack_from("<HH", data, option)
            if code == 0:
                break
            if code == 1:
                found.append(data[option + 4:option + 4 + length])
            option += 4 + (length + 3) // 4 * 4
        at += size
    return b"\n".join(found).decode(errors="replace")


def run(*arguments):
    done = subprocess.run([WHYEOF, "--fail-on", "never", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")


def watch(path, folder, *arguments):
    """The same as a growing file, with metrics, until interrupted."""
    metrics = os.path.join(folder, "metrics.prom")
    program = subprocess.Popen([WHYEOF, "--follow", "--metrics", metrics,
                                "-F", "ndjson", "-x", *arguments, path],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    time.sleep(1)
    program.send_signal(signal.SIGINT)
    output = program.communicate()[0].decode(errors="replace")
    with open(metrics, encoding="utf-8") as file:
        return output, file.read()


def outputs(path, folder, *arguments):
    """Name and text of all that the program writes."""
    for name in ("text", "json", "ndjson"):
        yield name, run("-F", name, *arguments, path)
        yield name + " -x", run("-F", name, "-x", *arguments, path)
    yield "--why", "\n".join(run("--why", str(stream), *arguments, path)
                             for stream in range(6))
    record = os.path.join(folder, "record")
    run("--record", record, *arguments, path)
    recorded = sorted(os.listdir(record))
    assert recorded
    yield "comments of recordings", "\n".join(
        comments(os.path.join(record, name)) for name in recorded)
    yield "names of recordings", "\n".join(recorded)
    output, metrics = watch(path, folder, *arguments)
    yield "live", output
    yield "metrics", metrics


def main():
    capture = Capture()
    planted = plant_h1(capture) + plant_h2(capture)
    plant_hidden(capture)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "secrets.pcap")
        with open(path, "wb") as file:
            file.write(capture.bytes())
        for name, text in outputs(path, folder):
            # grpc-message and the rest of the debug data, where it is shown
            told = [s for s in planted + HIDDEN + ["planted"] if s in text]
            print("FAIL %s: tells %s" % (name, " ".join(told)) if told or
                  not text else "ok %s" % name)
            failed += bool(told)
        with tempfile.TemporaryDirectory() as other:
            shown = dict(outputs(path, other, "--show-secrets"))
        missing = [s for s in planted if s not in shown["json -x"]]
        if not missing and not any(s in t for t in shown.values()
                                   for s in HIDDEN):
            print("ok --show-secrets shows all that was planted")
        else:
            print("FAIL --show-secrets: no word of %s" % " ".join(missing))
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
