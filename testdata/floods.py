#!/usr/bin/env python3
"""What one byte costs when its sender has first made the program keep much.

Each flood opens N things (streams, requests, servers, fragments ...), then
sends the same bytes again and again, which concern them. The time of a byte
must not depend on N: it is measured at N, 2 N and 4 N, less that of a capture
with a tenth of the repetitions. Wall time of a busy machine says little, so
processor time counts, the least of some runs.

usage: floods.py [NAME...]     BUILD: folder of the program
"""
import os
import resource
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("WHYEOF",
                         os.environ.get("BUILD", "build") + "/whyeof")
RUNS = int(os.environ.get("FLOOD_RUNS", "5"))
REPEATS = int(os.environ.get("FLOOD_REPEATS", "60000"))
CLIENT, SERVER = 0, 1
ADDRESS = (b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SYN, ACK, PSH, FIN, RST = 2, 16, 8, 1, 4


class Capture:
    """Packets of raw IP, a microsecond apart."""

    def __init__(self):
        self.parts = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                                  101)]
        self.now = 0
        self.packets = 0

    def packet(self, data, step=1):
        self.now += step
        self.packets += 1
        self.parts.append(struct.pack("<IIII", self.now // 1000000,
                                      self.now % 1000000, len(data),
                                      len(data)) + data)

    def bytes(self):
        return b"".join(self.parts)


def ip(source, destination, payload, protocol=6, ident=0, offset=0, more=False):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident,
                       offset // 8 | (0x2000 if more else 0), 64, protocol, 0,
                       source, destination) + payload


class Connection:
    def __init__(self, capture, port=40000, server_port=80, server=ADDRESS[1]):
        self.capture = capture
        self.port = (port, server_port)
        self.address = (ADDRESS[0], server)
        self.next = [1000, 5000]
        self.send(CLIENT, b"", SYN)
        self.next[CLIENT] += 1
        self.send(SERVER, b"", SYN | ACK)
        self.next[SERVER] += 1
        self.send(CLIENT, b"", ACK)

    def send(self, side, data, flags=ACK | PSH, seq=None, step=1):
        """In segments; `seq` is one somewhere else, which moves nothing."""
        most = 1400
        for at in range(0, max(len(data), 1), most):
            piece = data[at:at + most]
            number = self.next[side] if seq is None else seq
            ack = self.next[1 - side] if flags & ACK else 0
            tcp = struct.pack("!HHIIBBHHH", self.port[side],
                              self.port[1 - side], number & 0xffffffff,
                              ack & 0xffffffff, 0x50, flags, 65535, 0, 0)
            self.capture.packet(ip(self.address[side], self.address[1 - side],
                                   tcp + piece), step)
            if seq is None:
                self.next[side] += len(piece)


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + \
        struct.pack("!BBI", kind, flags, stream) + payload


def settings(size):
    return frame(4, 0, 0, struct.pack("!HI", 4, size))


def update(stream, size):
    return frame(8, 0, stream, struct.pack("!I", size))


# :method GET, :scheme http, :path /, and :status 200 (RFC 7541, A)
ASK, ANSWER = b"\x82\x86\x84", b"\x88"


def open_h2(capture, count, window=65535, spread=2, answers=True):
    """`count` streams that are asked, and answered up to their bodies."""
    conn = Connection(capture)
    conn.send(CLIENT, PREFACE + settings(window))
    conn.send(SERVER, settings(window) + frame(4, 1, 0))
    conn.send(CLIENT, frame(4, 1, 0))
    ids = [1 + spread * i for i in range(count)]
    conn.send(CLIENT, b"".join(frame(1, 5, i, ASK) for i in ids))
    if answers:
        conn.send(SERVER, b"".join(frame(1, 4, i, ANSWER) for i in ids))
    conn.send(CLIENT, b"", ACK)
    return conn, ids


def window_updates(capture, count, repeats):
    conn, ids = open_h2(capture, count)
    share = 65535 // count
    data = b"".join(frame(0, 0, i, b"x" * share) for i in ids)
    data += frame(0, 0, ids[0], b"x" * (65535 - share * count))
    conn.send(SERVER, data)
    for _ in range(repeats // 100):
        # each opens the used-up window, and the byte uses it up again
        conn.send(CLIENT, update(0, 1) * 100)
        conn.send(SERVER, frame(0, 0, ids[0], b"x" * 100))


def window_updates_between(capture, count, repeats):
    """The same, a packet each."""
    conn, ids = open_h2(capture, count)
    share = 65535 // count
    conn.send(SERVER, b"".join(frame(0, 0, i, b"x" * share) for i in ids))
    conn.send(SERVER, frame(0, 0, ids[0], b"x" * (65535 - share * count)))
    for i in range(repeats // 2):
        conn.send(CLIENT, update(0, 1))
        conn.send(SERVER, frame(0, 0, ids[i % count], b"x"))


def resizes(capture, count, repeats):
    conn, _ = open_h2(capture, count)
    for i in range(repeats // 20):
        conn.send(CLIENT, b"".join(settings(1000 + (i + k) % 2)
                                   for k in range(8)))
        conn.send(SERVER, frame(4, 1, 0) * 8)


def resizes_and_looks(capture, count, repeats):
    """Streams that were changed are looked at between the changes."""
    conn, ids = open_h2(capture, count)
    for i in range(repeats // 20):
        conn.send(CLIENT, settings(1000 + i % 2))
        conn.send(SERVER, frame(4, 1, 0) +
                  b"".join(frame(0, 0, ids[(19 * i + k) % count])
                           for k in range(19)))


def chosen_streams(capture, count, repeats):
    """Identifiers a power of two apart share buckets, if anything does."""
    conn, ids = open_h2(capture, count, spread=2 ** 18)
    for i in range(repeats // 50):
        conn.send(SERVER, b"".join(frame(0, 0, ids[(50 * i + k) % count])
                                   for k in range(50)))


def losses(capture, count, repeats):
    """Bytes that are no frames, and frames again."""
    conn, _ = open_h2(capture, count)
    for _ in range(repeats // 4):
        conn.send(SERVER, frame(6, 0, 0, b"12345678"))
        conn.send(SERVER, b"\xff" * 20)


def pipelined(capture, count, repeats):
    """Requests behind `count` others, each in some packets."""
    conn = Connection(capture)
    ask = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    conn.send(CLIENT, ask * count)
    for _ in range(repeats // 20):
        conn.send(CLIENT, ask * 20)
        conn.send(SERVER, answer * 20)


def pipelined_acks(capture, count, repeats):
    """Every packet of an answer is acknowledged, with many that wait."""
    conn = Connection(capture)
    conn.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * count)
    conn.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
    for _ in range(repeats // 2):
        conn.send(SERVER, b"x")
        conn.send(CLIENT, b"", ACK)


def holes(capture, count, repeats):
    """Bytes behind a hole, each in the midst of those that wait."""
    conn = Connection(capture)
    conn.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    base = conn.next[SERVER]
    for i in range(count):
        conn.send(SERVER, b"x", seq=base + 1000 + 2 * i)
    for i in range(repeats):
        # what is there already: it waits no longer for that
        conn.send(SERVER, b"x", seq=base + 1000 + 2 * (i * 7 % count))


def fragments(capture, count, repeats):
    for i in range(count):
        capture.packet(ip(struct.pack("!I", 0x0a010000 + i), ADDRESS[1],
                          b"x" * 8, ident=1, more=True))
    for i in range(repeats):
        capture.packet(ip(struct.pack("!I", 0x0a020000 + i), ADDRESS[1],
                          b"x" * 8, ident=1, more=True))


def incidents(capture, count, repeats):
    """Streams that their server resets, with many servers known."""
    for i in range(count):
        conn = Connection(capture, server_port=9000, server=struct.pack(
            "!I", 0x0a030000 + i))
        conn.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        conn.send(SERVER, b"HTTP/1.1 204 No Content\r\n\r\n")
        conn.send(CLIENT, b"", ACK | FIN)
        conn.next[CLIENT] += 1
        conn.send(SERVER, b"", ACK | FIN)
    conn, _ = open_h2(capture, 1)
    for i in range(repeats // 20):
        ids = [3 + 40 * i + 2 * k for k in range(20)]
        conn.send(CLIENT, b"".join(frame(1, 5, k, ASK) for k in ids))
        conn.send(SERVER, b"".join(frame(3, 0, k, b"\0\0\0\2") for k in ids))


def scans(capture, count, repeats):
    """Ports that refuse, with many servers known."""
    for i in range(count):
        conn = Connection(capture, server_port=9000, server=struct.pack(
            "!I", 0x0a030000 + i))
        conn.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        conn.send(SERVER, b"HTTP/1.1 204 No Content\r\n\r\n")
    for i in range(repeats // 2):
        ports = struct.pack("!HH", 50000 + i % 10000, 1 + i % 60000)
        back = ports[2:] + ports[:2]
        capture.packet(ip(*ADDRESS, ports + struct.pack(
            "!IIBBHHH", 7 + i, 0, 0x50, SYN, 1024, 0, 0)))
        capture.packet(ip(*reversed(ADDRESS), back + struct.pack(
            "!IIBBHHH", 0, 8 + i, 0x50, RST | ACK, 0, 0, 0)))


# name, how many are kept first; each up to its budget at 4 N
FLOODS = {
    "window-updates": (window_updates, 1000),
    "window-updates-between": (window_updates_between, 1000),
    "settings": (resizes, 1000),
    "settings-and-looks": (resizes_and_looks, 1000),
    "chosen-streams": (chosen_streams, 1000),
    "losses": (losses, 1000),
    "pipelined": (pipelined, 250),
    "pipelined-acks": (pipelined_acks, 250),
    "holes": (holes, 1000),
    "fragments": (fragments, 125),
    "incidents": (incidents, 1000),
    "scans": (scans, 1000),
}


def seconds(path):
    """Processor time of the program, in user mode: the least of some runs."""
    least = None
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([PROGRAM, "--fail-on", "never", "-F", "text", path],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
        took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        least = took if least is None else min(least, took)
    return least


def measure(make, count, folder):
    """Nanoseconds of a byte and of a packet."""
    taken = []
    for repeats in (REPEATS // 10, REPEATS):
        capture = Capture()
        make(capture, count, repeats)
        path = os.path.join(folder, "flood.pcap")
        data = capture.bytes()
        with open(path, "wb") as file:
            file.write(data)
        taken.append((seconds(path), len(data), capture.packets))
    nanos = (taken[1][0] - taken[0][0]) * 1e9
    return nanos / (taken[1][1] - taken[0][1]), \
        nanos / (taken[1][2] - taken[0][2])


def main(names):
    print("%-24s %8s %10s %10s %10s" % ("flood", "N", "ns a byte",
                                       "ns a packet", "to N"))
    with tempfile.TemporaryDirectory() as folder:
        for name, (make, count) in FLOODS.items():
            if names and name not in names:
                continue
            first = None
            for n in (count, 2 * count, 4 * count):
                byte, packet = measure(make, n, folder)
                first = first or byte
                print("%-24s %8d %10.1f %10.0f %10.2f" %
                      (name, n, byte, packet, byte / first), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
