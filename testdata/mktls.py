#!/usr/bin/env python3
"""Makes a capture of TLS, and the log of its secrets beside it.

usage: mktls.py OUT.pcap OUT.keys [--size BYTES] [--idle COUNT] [--suite NAME]
                [--segment BYTES] [--clear]

One connection after the other that carries a large answer of HTTP/1.1, until
there are so many bytes; or COUNT that are left open behind a small one. The
records are OpenSSL's, of both sides; the packets around them are made here.
--suite: of TLS 1.2, as OpenSSL calls it; else TLS 1.3. --clear: without TLS, of
those that are left open.
"""
import argparse
import os
import ssl
import struct
import subprocess
import tempfile

BODY = 32 << 20
ASK = b"GET /large HTTP/1.1\r\nHost: bench.example\r\n\r\n"


class Side:
    def __init__(self, context, server):
        self.took, self.gives = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.took, self.gives, server_side=server)

    def shake(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.gives.read()

    def say(self, data):
        self.tls.write(data)
        return self.gives.read()


class Writer:
    """Packets of TCP in a file; their checksums are left out."""

    def __init__(self, path, segment):
        self.file = open(path, "wb", buffering=1 << 22)
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144,
                                    101))
        self.segment, self.at, self.bytes = segment, 1700000000 * 1000000, 0

    def packet(self, conn, client, flags, data=b""):
        ports = (conn.port, 443) if client else (443, conn.port)
        ends = (conn.address, 0x0a000009) if client else (0x0a000009,
                                                          conn.address)
        mine, theirs = (0, 1) if client else (1, 0)
        size = 40 + len(data)
        self.at += 3
        self.file.write(struct.pack(
            "<IIII", self.at // 1000000, self.at % 1000000, size, size))
        self.file.write(struct.pack(
            ">BBHHHBBHIIHHIIBBHHH", 0x45, 0, size, 0, 0x4000, 64, 6, 0, *ends,
            *ports, conn.next[mine], conn.next[theirs], 0x50, flags, 0xffff, 0,
            0))
        self.file.write(data)
        conn.next[mine] += len(data) + (1 if flags & 3 else 0)
        conn.next[mine] &= 0xffffffff
        self.bytes += size + 16

    def say(self, conn, client, data):
        for n, i in enumerate(range(0, len(data), self.segment)):
            self.packet(conn, client, 0x18, data[i:i + self.segment])
            if n % 2:
                self.packet(conn, not client, 0x10)
        self.packet(conn, not client, 0x10)


class Conn:
    def __init__(self, number):
        self.address = 0x0b000000 + number // 40000
        self.port = 20000 + number % 40000
        self.next = [1000, 2000]


def contexts(suite, keys, folder):
    key, cert = (os.path.join(folder, n) for n in ("key", "cert"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9",
                    "-subj", "/CN=bench.example", "-keyout", key, "-out", cert],
                   check=True, stderr=subprocess.DEVNULL)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.keylog_filename = keys
    if suite:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        for context in (client, server):
            context.set_ciphers(suite + ":@SECLEVEL=0")
    return client, server


def open_connection(client, server):
    """Both sides, and what they said: [(by the client, bytes)]."""
    sides, said = (Side(client, False), Side(server, True)), []
    for _ in range(3):
        for i in (0, 1):
            data = sides[i].shake()
            if data:
                sides[1 - i].took.write(data)
                said.append((i == 0, data))
    return sides, said


def begin(writer, conn, said):
    writer.packet(conn, True, 0x02)
    writer.packet(conn, False, 0x12)
    writer.packet(conn, True, 0x10)
    for by_client, data in said:
        writer.say(conn, by_client, data)


def end(writer, conn):
    for by_client in (False, True):
        writer.packet(conn, by_client, 0x11)
    writer.packet(conn, False, 0x10)


def large(writer, pair, size):
    number, piece = 0, os.urandom(1 << 20)
    while writer.bytes < size:
        conn = Conn(number)
        sides, said = open_connection(*pair)
        begin(writer, conn, said)
        writer.say(conn, True, sides[0].say(ASK))
        writer.say(conn, False, sides[1].say(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY))
        for _ in range(BODY // len(piece)):
            writer.say(conn, False, sides[1].say(piece))
        end(writer, conn)
        number += 1


def idle(writer, pair, count, clear):
    """The same bytes on each: to a reader they are as many connections."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
    sides, said = open_connection(*pair)
    said.append((True, sides[0].say(ASK)))
    said.append((False, sides[1].say(answer)))
    if clear:
        said = [(True, ASK), (False, answer)]
    for number in range(count):
        begin(writer, Conn(number), said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("keys")
    parser.add_argument("--size", type=int, default=1 << 30)
    parser.add_argument("--idle", type=int, default=0)
    parser.add_argument("--suite")
    parser.add_argument("--clear", action="store_true")
    parser.add_argument("--segment", type=int, default=1448)
    args = parser.parse_args()
    writer = Writer(args.out, args.segment)
    with tempfile.TemporaryDirectory() as folder:
        pair = contexts(args.suite, args.keys, folder)
        if args.idle:
            idle(writer, pair, args.idle, args.clear)
        else:
            large(writer, pair, args.size)
    writer.file.close()


main()
