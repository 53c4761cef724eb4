"""Recorded at both ends of a path at the same time, with somebody between who
notes what he does: NAME-client, NAME-server and NAME-middle.json.

The note has the segments that were dropped, injected, held or changed, each
as addresses, sequence number, flags and size; what nft drops it logs, and
tshark reads that log.
"""

import contextlib
import json
import os
import socket
import struct
import subprocess
import threading
import time

from kit import (CLIENT, PORT, SERVER, Client, Path, need, nft, ok,
                 read_request, recipe, serve, sh)

DROPPED = "log group 5 queue-threshold 1 drop"
ROUTER = "198.51.100.1"
FIELDS = ("ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.seq_raw",
          "tcp.flags", "tcp.len", "ip.id")


class Between:
    """The router, and its notes."""

    def __init__(self, lab, offload=False):
        self.lab = lab
        self.path = Path(lab, offload=offload)
        self.notes = {"dropped": [], "injected": [], "held": [],
                      "changed": {}, "translated": {}}
        self.log = None

    def record(self, client="c0", server=("server", "s0"), snaplen=None):
        """At both ends, and what is dropped. Exchanges on another port show
        that time goes on, before and behind what matters."""
        with self.path.client:
            self.lab.capture(client, side="client", snaplen=snaplen)
        with getattr(self.path, server[0]):
            self.lab.capture(server[1], side="server", snaplen=snaplen)
        with self.path.router:
            self.log = self.lab.capture_log(5)
        with self.path.client:
            self.lab.clock(self.path.server, SERVER)
        time.sleep(0.6)

    def drop(self, rule):
        self.path.cut(rule + " " + DROPPED)

    def nat(self, hook, rule):
        with self.path.router:
            nft_nat(hook, rule)

    def done(self):
        """Ends the captures, and writes the notes."""
        time.sleep(0.7)
        self.lab.end_capture(quiet=0)
        if self.log:
            self.notes["dropped"] = segments(self.log)
        name = os.path.join(self.lab.out, self.lab.name + "-middle.json")
        with open(name, "w") as file:
            json.dump(self.notes, file, indent=1, sort_keys=True)
            file.write("\n")


def segments(path):
    """What tshark reads in a capture, as notes."""
    need("tshark")
    rows = subprocess.run(
        ["tshark", "-r", path, "-T", "fields"] +
        [w for f in FIELDS for w in ("-e", f)], check=True, text=True,
        capture_output=True).stdout
    found = []
    for row in rows.splitlines():
        src, sport, dst, dport, seq, flags, size, ip_id = row.split("\t")
        found.append(segment(src, int(sport), dst, int(dport), int(seq),
                             int(flags, 16), int(size), int(ip_id, 16)))
    return found


def segment(src, sport, dst, dport, seq, flags, size, ip_id=None):
    return {"from": f"{src}:{sport}", "to": f"{dst}:{dport}", "seq": seq,
            "flags": flags & 0xff, "bytes": size, "ip_id": ip_id}


def nft_nat(hook, rule):
    text = (f"table ip nat_{hook} {{\nchain c {{\ntype nat hook {hook} "
            f"priority 0;\n{rule}\n}}\n}}\n")
    need("nft")
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


# ---- raw packets ------------------------------------------------------------

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def reset_packet(src, sport, dst, dport, seq, ttl=200):
    source, to = socket.inet_aton(src), socket.inet_aton(dst)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, 0, 5 << 4, 4, 0, 0, 0)
    pseudo = source + to + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0x4321, 0, ttl,
                       6, 0, source, to) + tcp


class Ear:
    """Reads what passes an interface of the router's."""

    def __init__(self, net, interface):
        with net:
            self.reader = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                        socket.htons(0x0800))
            self.reader.bind((interface, 0x0800))
            self.writer = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                        socket.IPPROTO_RAW)

    def next(self):
        """(source, source port, destination, its port, seq, ack, flags,
        payload bytes, packet) of a TCP segment that came in there."""
        while True:
            packet, origin = self.reader.recvfrom(65536)
            if origin[2] == socket.PACKET_OUTGOING or packet[9] != 6:
                continue
            header = (packet[0] & 15) * 4
            size = struct.unpack("!H", packet[2:4])[0]
            sport, dport, seq, ack, offset, flags = struct.unpack(
                "!HHIIBB", packet[header:header + 14])
            return (socket.inet_ntoa(packet[12:16]), sport,
                    socket.inet_ntoa(packet[16:20]), dport, seq, ack, flags,
                    size - header - (offset >> 4) * 4, packet[:size])

    def put(self, packet):
        with contextlib.suppress(OSError):
            self.writer.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))


# ---- servers ----------------------------------------------------------------

def answers(size, pause=0.0, parts=1):
    """A server whose answer has `size` bytes, in parts with pauses."""
    def handle(sock):
        while read_request(sock):
            sock.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n"
                         .encode())
            for _ in range(parts):
                sock.sendall(b"x" * (size // parts))
                time.sleep(pause)
    return handle


def begin(lab, handle, offload=False, **record):
    between = Between(lab, offload)
    with between.path.server:
        serve(handle)
    between.record(**record)
    return between


def get(between, host=SERVER, port=PORT, timeout=20):
    with between.path.client:
        client = Client(port, host, timeout=timeout)
    client.get("/")
    client.close()


# ---- recipes ----------------------------------------------------------------

@recipe("compare-lost-response", "", seconds=4, pair=True,
        note="both copies are sent again, and the answer is whole")
def lost_response(lab):
    """The router drops two segments of an answer of 12 kB."""
    between = begin(lab, answers(12000))
    between.drop('iifname "rs" tcp sport 8080 ip length > 800 '
                 'limit rate 1/hour burst 2 packets')
    get(between)
    between.done()


@recipe("compare-lost-request", "", seconds=6, pair=True,
        note="not one copy comes")
def lost_request(lab):
    """The router drops the request and all its copies; the client gives up
    after 2.5 s."""
    between = begin(lab, answers(100))
    between.drop('iifname "rc" tcp dport 8080 ip length > 60')
    get(between, timeout=2.5)
    between.done()


@recipe("compare-lost-fin", "", seconds=5, pair=True,
        note="the third copy comes")
def lost_fin(lab):
    """The server closes behind its answer; the router drops the FIN and its
    first copy."""
    def once(sock):
        read_request(sock)
        sock.sendall(ok(b"x" * 400, "Connection: close\r\n"))
        time.sleep(0.2)
        sock.close()

    between = begin(lab, once)
    between.drop('iifname "rs" tcp sport 8080 tcp flags & fin == fin '
                 'limit rate 1/hour burst 2 packets')
    with between.path.client:
        client = Client(host=SERVER)
    client.get("/")
    client.drain()
    client.close()
    between.done()


def inject(between, towards):
    """Resets towards one or both, in the midst of the second part."""
    ear = Ear(between.path.router, "rs")
    seen = 0
    while seen < 2:
        src, sport, dst, dport, seq, ack, flags, size, _ = ear.next()
        seen += sport == PORT and size > 500
    if "client" in towards:
        ear.put(reset_packet(src, sport, dst, dport, seq + size))
        between.notes["injected"].append(
            segment(src, sport, dst, dport, seq + size, 4, 0))
    if "server" in towards:
        ear.put(reset_packet(dst, dport, src, sport, ack))
        between.notes["injected"].append(
            segment(dst, dport, src, sport, ack, 4, 0))


def injected(lab, *ends):
    """An answer in six pieces, and RSTs to the ends meanwhile."""
    between = begin(lab, answers(6000, 0.3, 6))
    worker = threading.Thread(target=inject, args=(between, ends))
    worker.start()
    get(between)
    worker.join()
    between.done()


@recipe("compare-injected-both", "", seconds=5, pair=True)
def injected_both(lab):
    """In the midst of an answer the router sends an RST to both ends, each in
    the name of the other."""
    injected(lab, "client", "server")


@recipe("compare-injected-client", "", seconds=5, pair=True,
        note="the server goes on, and the client resets what comes then: that "
        "RST is its own")
def injected_client(lab):
    """The same, towards the client alone."""
    injected(lab, "client")


@recipe("compare-nat", "", seconds=4, pair=True,
        note="other addresses and ports at each end, and the close is the "
        "server's")
def nat(lab):
    """The router translates both ends; the server resets in mid-answer."""
    def breaks(sock):
        read_request(sock)
        sock.sendall(ok(b"x" * 3000)[:-1000])
        time.sleep(0.2)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        b"\1\0\0\0\0\0\0\0")
        sock.close()

    between = begin(lab, breaks)
    between.nat("prerouting", 'iifname "rc" tcp dport 80 dnat to '
                f"{SERVER}:{PORT}")
    between.nat("postrouting", 'oifname "rs" tcp dport 8080 masquerade to '
                ":20000-20999")
    between.notes["translated"] = {"server": f"{SERVER}:{PORT}",
                                   "client": ROUTER}
    get(between, "192.0.2.1", 80)
    between.done()


@recipe("compare-mss", "", seconds=4, pair=True)
def clamped(lab):
    """The router clamps the MSS of both SYNs to 1200."""
    between = begin(lab, answers(5000))
    with between.path.router:
        nft("forward", "tcp flags syn tcp dport 8080 tcp option maxseg size "
            "set 1200", "mss")
        nft("forward", "tcp flags syn tcp sport 8080 tcp option maxseg size "
            "set 1200", "mss2")
    between.notes["changed"] = {"mss": [1460, 1200]}
    get(between)
    between.done()


@recipe("compare-window", "", seconds=4, pair=True)
def narrowed(lab):
    """The router writes 3000 into the window of every segment of the client's
    that carries data."""
    between = begin(lab, answers(2000))
    with between.path.router:
        nft("forward", "tcp dport 8080 ip length > 60 tcp window set 3000",
            "window")
    between.notes["changed"] = {"window": 3000}
    get(between)
    between.done()


@recipe("compare-held", "", seconds=6, pair=True,
        note="the answer is sent again meanwhile, and all copies come; the "
        "client's side alone takes the server for slow")
def held(lab):
    """The router holds what carries the answer for 1.2 s."""
    between = begin(lab, answers(100))
    ear = Ear(between.path.router, "rs")
    with between.path.router:
        nft("forward", 'iifname "rs" tcp sport 8080 ip length > 60 drop',
            "hold")

    def pump():
        while True:
            src, sport, dst, dport, seq, _, flags, size, packet = ear.next()
            if sport == PORT and size:
                between.notes["held"].append(
                    segment(src, sport, dst, dport, seq, flags, size,
                            struct.unpack("!H", packet[4:6])[0]))
                threading.Timer(1.2, ear.put, (packet,)).start()

    threading.Thread(target=pump, daemon=True).start()
    get(between)
    time.sleep(1.3)
    between.done()


@recipe("compare-mirror", "", seconds=4, pair=True,
        note="both are equal, and the failure is the server's")
def mirror(lab):
    """One interface recorded twice; the server closes in mid-answer."""
    def short(sock):
        read_request(sock)
        sock.sendall(ok(b"x" * 3000)[:-1000])
        time.sleep(0.1)
        sock.close()

    between = begin(lab, short, server=("client", "c0"))
    get(between)
    between.done()


@recipe("compare-middle", "", seconds=5, pair=True,
        note="what the router drops comes to neither of the two: it is not "
        "between them")
def middle(lab):
    """Recorded at the client and where it meets the router, which drops two
    segments of the answer."""
    between = begin(lab, answers(12000), server=("router", "rc"))
    between.drop('iifname "rs" tcp sport 8080 ip length > 800 '
                 'limit rate 1/hour burst 2 packets')
    get(between)
    between.done()


@recipe("compare-lost-syn", "", seconds=6, pair=True,
        note="the first of two connections is well")
def lost_syn(lab):
    """After a good exchange the router drops every SYN to the port."""
    between = begin(lab, answers(100))
    get(between)
    between.drop("tcp dport 8080 tcp flags & (syn|ack) == syn")
    with contextlib.suppress(OSError):
        get(between, timeout=3.5)
    between.done()


@recipe("compare-offload", "", seconds=5, pair=True,
        note="one segment of the server's is many where they come; recorded "
        "with 128 bytes of each")
def offloaded(lab):
    """An answer of 400 kB with segmentation offload at the server; the router
    cuts it."""
    between = begin(lab, answers(400000), offload=True, snaplen=128)
    with between.path.client:
        sh("ethtool -K c0 gro off")
    with between.path.router:
        sh("ethtool -K rc tx off")
    get(between)
    between.done()


@recipe("compare-healthy", "", seconds=4, pair=True)
def healthy(lab):
    """Three exchanges on three connections."""
    between = begin(lab, answers(4000))
    for _ in range(3):
        get(between)
    between.done()
