#!/usr/bin/env python3
"""Processes that a pcapng names: ptcpdump's comments, Apple's blocks, eCapture's
bytes behind packets, written here over lab captures, in both byte orders, and
read by tshark too.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

import merge

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
PORT = merge.PORT
CURL = ("curl", 4242)
NGINX = ("nginx", 77)

check = merge.check


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + \
        bytes(-len(value) % 4)


def block(order, kind, body):
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + \
        struct.pack(order + "I", size)


def comment(name, pid):
    """As ptcpdump has it."""
    return ("PID: %d\nCmd: /usr/bin/%s\nArgs: %s --token=tr0ub4dor\n"
            "ParentPID: 1\nParentCmd: /sbin/init" % (pid, name, name)).encode()


def hops(frame, server, ttls):
    """With other TTLs, of the client's packets and of the server's."""
    ttl = ttls[server]
    return frame if ttl is None else frame[:22] + bytes((ttl,)) + frame[23:]


def behind(name, pid):
    """As eCapture has it."""
    return struct.pack(">IIB", 0xcc0c4cfc, pid, len(name)) + name.encode()


def write(path, capture, options, order="<", processes=(), ttls=(None, None),
          trailer=None, application=b""):
    """`options` of each packet, and its `trailer`: told whether it is the
    server's."""
    out = block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0,
                                               -1) +
                (option(order, 4, application) + option(order, 0, b"")
                 if application else b""))
    out += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) +
                 option(order, 9, b"\x09") + option(order, 0, b""))
    for name, pid in processes:
        out += block(order, 0x80000001, struct.pack(order + "I", pid) +
                     option(order, 2, name) + option(order, 0, b""))
    for time, frame, length in merge.packets("%s/%s.pcap" %
                                             (merge.CAPTURES, capture)):
        source, = struct.unpack_from(">H", frame, 34)
        frame = hops(frame, source == PORT, ttls)
        if trailer:
            frame = frame.ljust(60, b"\0") + trailer(source == PORT)
            length = len(frame)
        more = b"".join(option(order, *one)
                        for one in options(source == PORT))
        out += block(order, 6, struct.pack(
            order + "IIIII", 0, time >> 32, time & 0xffffffff, len(frame),
            length) + frame + bytes(-len(frame) % 4) + more +
            (option(order, 0, b"") if more else b""))
    with open(path, "wb") as file:
        file.write(out)


def told(path, *more):
    done = subprocess.run([WHYEOF, "-F", "json", "--fail-on", "never", *more,
                           path], capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert document["input"]["files"][0]["trouble"] == "none"
    finding = document["findings"][0]
    ends = [finding["connection"].get(end + "_process")
            for end in ("client", "server")]
    return finding, [end and (end["name"], end["pid"]) for end in ends]


def text_of(path):
    done = subprocess.run([WHYEOF, "--fail-on", "never", path],
                          capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def comments(path):
    return subprocess.run(["tshark", "-r", path, "-T", "fields", "-e",
                           "frame.comment"], capture_output=True, text=True,
                          check=True).stdout


def check_comments(path):
    """No way is said: the end is known by TTLs, or not at all."""
    def client(server):
        return [(1, comment(*CURL))]
    for ttls, expected in (((64, 57), [CURL, None]), ((57, 64), [None, CURL]),
                           ((64, 64), [None, None]), ((57, 50), [None, None]),
                           ((128, 61), [CURL, None]),
                          ((64, 63), [None, None]), ((63, 64), [None, None]),
                          ((62, 64), [None, None])):
        write(path, "client-abort-upload", client, ttls=ttls)
        check("PID: 4242" in comments(path).replace("\\n", "\n") and
              told(path)[1] == expected, "comments, TTL %s: %s" %
              (ttls, told(path)[1]))
    write(path, "client-abort-upload", client, ttls=(64, 57))
    finding, _ = told(path)
    check(finding["code"] == "client-abort" and
          "The client's process was curl, 4242." in finding["explanation"],
          "said in words")
    check(" client curl (pid 4242) " in text_of(path), "in text")
    check("tr0ub4dor" not in json.dumps(finding) + text_of(path),
          "no arguments")
    for text in (b"", b"PID: 1", b"PID: 1\nArgs: x", b"PID: x\nCmd: y",
                 b"PID: 0\nCmd: y", b"PID: 4294967296\nCmd: y", b"PID=5",
                 b" PID: 1\nCmd: y", b"PID: -1\nCmd: y", b"hello"):
        write(path, "client-abort-upload", lambda server: [(1, text)],
              ttls=(64, 57))
        check(told(path)[1] == [None, None], "a comment of people: %r" % text)
    write(path, "client-abort-upload", lambda server: [
        (1, b"hello"), (2, struct.pack("<I", 1 if server else 2)),
        (1, comment(*CURL))], ttls=(64, 64))
    check(told(path)[1] == [CURL, None], "flags say the way")
    write(path, "client-abort-upload", lambda server: [
        (1, comment(*(NGINX if server else CURL)))], ttls=(64, 57))
    check(told(path)[1] == [None, None], "two at one end are none")


def check_blocks(path):
    for order in "<>":
        def both(server):
            return [(2, struct.pack(order + "I", 2)),
                    (0x8001, struct.pack(order + "I", 0 if server else 1)),
                    (0x8003, struct.pack(order + "I", 2))]
        write(path, "client-abort-upload", both, order,
              ((b"nginx", 77), (b"curl", 4242), (b"other", 1)))
        check(told(path)[1] == [CURL, NGINX], "blocks, %s" % order)
        write(path, "client-abort-upload",
              lambda server: [both(server)[0], both(server)[2]], order,
              ((b"nginx", 77), (b"curl", 4242), (b"other", 1)))
        check(told(path)[1] == [("other", 1)] * 2, "on whose behalf")
        write(path, "client-abort-upload", both, order, ((b"nginx", 77),))
        check(told(path)[1] == [None, NGINX], "one that is not there is none")
    names = subprocess.run(["tshark", "-r", path, "-c", "3"],
                           capture_output=True, text=True, check=True).stdout
    check(len(names.splitlines()) == 3, "tshark reads it")


def check_behind(path):
    def write_behind(trailer, application=b"ecapture.lua", **more):
        write(path, "client-abort-upload", lambda server: (), ttls=(64, 57),
              trailer=trailer, application=application, **more)
    for order in "<>":
        write_behind(lambda server: behind(*CURL), order=order)
        finding, ends = told(path)
        check(finding["code"] == "client-abort" and ends == [CURL, None],
              "behind packets, %s: %s" % (order, ends))
    shown = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e",
                            "eth.trailer", "-e", "eth.padding"],
                           capture_output=True, text=True, check=True).stdout
    check("cc:0c:4c:fc" in shown or "cc0c4cfc" in shown, "tshark sees them")
    for name, application, trailer in (
            ("nobody says so", b"", behind(*CURL)),
            ("another says so", b"Wireshark", behind(*CURL)),
            ("no magic", b"ecapture.lua", b"\0" + behind(*CURL)),
            ("no number", b"ecapture.lua", behind("curl", 0)),
            ("cut", b"ecapture.lua", behind(*CURL)[:-1]),
            ("nothing", b"ecapture.lua", b"")):
        write_behind(lambda server, t=trailer: t, application)
        check(told(path)[1] == [None, None], "behind packets: " + name)
    write_behind(lambda server: behind("a\x1b[2Jb", 5) + b"more")
    check(told(path)[1] == [("a\\x1b[2Jb", 5), None] and
          "\x1b" not in text_of(path), "a name behind packets is safe")


def check_shutdown(path):
    def server(is_server):
        return [(2, struct.pack("<I", 2 if is_server else 1)),
                (1, comment(*NGINX))]
    write(path, "go-sigterm", server)
    finding, ends = told(path)
    check(finding["code"] == "server-shutdown" and ends == [None, NGINX] and
          "The server's process was nginx, 77." in finding["explanation"],
          "a server's: %s" % finding["code"])


def check_hostile(path):
    for name, shown in ((b"a\x1b[2Jb", "a\\x1b[2Jb"), (b"\xff", "\\xff"),
                        (b"abc def " * 60, ("abc def " * 6)[:47]), (b"", None),
                        (b"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "***")):
        write(path, "client-abort-upload", lambda server: [
            (2, struct.pack("<I", 1 if server else 2)),
            (0x8001, bytes(4))], "<", ((name, 5),))
        check(told(path)[1] == [(shown, 5), None], "name %r" % name[:20])
        check("\x1b" not in text_of(path), "text is safe")
    write(path, "client-abort-upload", lambda server: [
        (2, struct.pack("<I", 2)), (0x8001, struct.pack("<I", 4999))], "<",
        [(b"p%d" % i, i + 1) for i in range(5000)])
    check(told(path)[1] == [None, None], "of 5000 the first are kept")
    for cut in range(0, 40):
        write(path, "client-abort-upload", lambda server: [
            (0x8001, bytes(cut % 9)), (2, bytes(cut // 9)),
            (1, comment(*CURL)[:cut])], "<", ((b"nginx", 77),))
        told(path)
    check(True, "options of any length")


def main():
    if not shutil.which("tshark"):
        print("skip processes: no tshark")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "p.pcapng")
        check_comments(path)
        check_blocks(path)
        check_behind(path)
        check_shutdown(path)
        check_hostile(path)
    return merge.failed > 0


if __name__ == "__main__":
    sys.exit(main())
