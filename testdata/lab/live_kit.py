"""A live whyeof for tests: started, listened to, ended; and packets to give it.

Everything waits for something to happen, with a limit that only a fault
reaches.
"""

import contextlib
import json
import os
import re
import signal
import struct
import subprocess
import threading
import time

LIMIT = 25  # seconds that anything may take on a busy machine
CONFIDENCE = ("possible", "likely", "certain")


class Fault(Exception):
    """Something is not as it should be."""


def expect(true, why):
    if not true:
        raise Fault(why() if callable(why) else why)


def wait_for(question, what, limit=LIMIT):
    """The first true answer."""
    end = time.monotonic() + limit
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Fault(f"no {what} within {limit} s")
        time.sleep(0.02)


class Stream:
    """What comes out of one of the program's ends, line by line."""

    def __init__(self, file):
        self.lines = []
        self.file = file
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.file:
            self.lines.append(line.rstrip("\n"))
        self.ended = True


class Live:
    """One run of whyeof, in the namespace of the calling thread.

    out   where standard output goes, if not into a pipe that is read
    """

    def __init__(self, *arguments, out=None, wait="Ctrl-C", before=()):
        command = [*before, os.environ["WHYEOF"],
                   *(str(a) for a in arguments)]
        self.child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out or subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace")
        self.err = Stream(self.child.stderr)
        self.out = None if out else Stream(self.child.stdout)
        if wait:
            self.said(wait)

    @property
    def pid(self):
        return self.child.pid

    def words(self):
        return "\n".join(self.err.lines)

    def said(self, text, times=1, limit=LIMIT):
        """Waits until standard error has it."""
        def there():
            return (self.words().count(text) >= times or self.err.ended)
        with contextlib.suppress(Fault):
            wait_for(there, text, limit)
        expect(self.words().count(text) >= times,
               lambda: f"does not say '{text}' but '{self.words()}'")

    def objects(self, kind):
        """The lines of that type, so far."""
        parsed = (json.loads(line) for line in list(self.out.lines))
        return [one for one in parsed if one["type"] == kind]

    def findings(self):
        """As they stand: the latest revision of each."""
        standing = {}
        for one in self.objects("finding"):
            standing[one["id"]] = one
            if one["standing"] == "withdrawn":
                del standing[one["id"]]
        return list(standing.values())

    def found(self, count=1, code=None, limit=LIMIT):
        """Waits for so many findings, of a code; all of them."""
        def there():
            those = [f for f in self.findings()
                     if code is None or f["code"] == code]
            return those if len(those) >= count else None
        return wait_for(there, f"{count} findings {code or ''}", limit)

    def send(self, number):
        self.child.send_signal(number)

    def asked(self, pattern, limit=LIMIT):
        """Asks how it goes until the answer is like that; what matched."""
        def answer():
            self.send(signal.SIGUSR1)
            return re.search(pattern, self.words())
        return wait_for(answer, f"'{pattern}'", limit)

    def wait(self, limit=LIMIT):
        """The exit status, when all that was said is there."""
        try:
            status = self.child.wait(timeout=limit)
        except subprocess.TimeoutExpired as late:
            self.child.kill()
            raise Fault(f"still runs after {limit} s: {self.words()}") from late
        wait_for(lambda: self.err.ended and (not self.out or self.out.ended),
                 "end of its output")
        return status

    def end(self, status, number=signal.SIGINT):
        """Ends it; its exit status must be that one."""
        self.send(number)
        self.ended(status)

    def ended(self, status):
        got = self.wait()
        expect(got == status, lambda: f"status {got}, not {status}: "
               f"{self.words()}")

    def summary(self):
        return self.objects("summary")[-1]

    def status_of(self, name):
        """A row of /proc/PID/status."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            for row in file:
                if row.startswith(name + ":"):
                    return row.split()[1:]
        return None


# ---- captures made here ---------------------------------------------------

SYN, ACK, RST, FIN = 2, 16, 4, 1


def pcap_head():
    """Nanoseconds, raw IP."""
    return struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 101)


def pcap_record(when, packet):
    return struct.pack("<IIII", int(when), int(when % 1 * 1e9), len(packet),
                       len(packet)) + packet


def ipv4(source, target, payload, number):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload),
                       number & 0xffff, 0x4000, 64, 6, 0, source,
                       target) + payload


class Talk:
    """One TCP connection, whose packets go to a file with the times given."""

    def __init__(self, put, port):
        self.put = put
        self.port = port
        self.seq = [1000, 2000]
        self.number = port

    def send(self, when, side, flags, data=b""):
        ports = (self.port, 8080) if side == 0 else (8080, self.port)
        ack = self.seq[1 - side] if flags & ACK else 0
        header = struct.pack(">HHIIBBHHH", *ports, self.seq[side], ack, 0x50,
                             flags, 65535, 0, 0)
        ends = (b"\x0a\0\0\1", b"\x0a\0\0\2")
        self.number += 1
        self.put(when, ipv4(ends[side], ends[1 - side], header + data,
                            self.number))
        self.seq[side] += len(data) + (flags & SYN != 0) + (flags & FIN != 0)

    def open(self, when):
        self.send(when, 0, SYN)
        self.send(when, 1, SYN | ACK)
        self.send(when, 0, ACK)

    def ask(self, when, path="/"):
        self.send(when, 0, ACK,
                  f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self.send(when, 1, ACK)

    def answer(self, when):
        self.send(when, 1, ACK,
                  b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.send(when, 0, ACK)


def syn_flood(count, ethernet=False):
    """That many SYNs of as many connections: the packets, one size each."""
    header = struct.pack(">HHIIBBHHH", 0, 8080, 7, 0, 0x50, SYN, 65535, 0, 0)
    packet = ipv4(b"\x0a\x80\0\0", b"\x0a\0\0\2", header, 0)
    if ethernet:
        packet = b"\x02\0\0\0\0\x09\x02\0\0\0\0\x08\x08\0" + packet
    size = len(packet)
    at = size - 20  # of the TCP header
    flood = bytearray(packet * count)
    numbers = range(count)
    flood[at::size] = bytes(4 + (n >> 8 & 0x7f) for n in numbers)
    flood[at + 1::size] = bytes(n & 0xff for n in numbers)
    flood[at - 6::size] = bytes(n >> 15 & 0xff for n in numbers)
    flood[at - 16::size] = bytes(n >> 8 & 0xff for n in numbers)
    flood[at - 15::size] = bytes(n & 0xff for n in numbers)
    return flood, size
