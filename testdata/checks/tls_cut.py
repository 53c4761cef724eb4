#!/usr/bin/env python3
"""A record that its server's FIN cut is a cut answer, though nobody reads it;
a record that the capture cut, or its client, or an RST, is none.

usage: tls_cut.py          WHYEOF: the program

Which record is cut, and after how many bytes, is reckoned here from the
payloads that tshark gives in order. Then the capture is spoilt in all ways.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
LAB = "testdata/captures/"
CUT = {"twin-go-slow-reader": "write-timeout-truncation",
       "twin-node-flood": "handler-abort"}
PORTS = (8443, 8444)
FIN, RST, ACK = 1, 4, 16


class Failure(Exception):
    pass


def require(condition, text, *values):
    if not condition:
        raise Failure(text % values)


def told(path):
    """{port: finding} of what is told of the TLS ports, without secrets."""
    done = subprocess.run([WHYEOF, "-F", "json", "--fail-on", "never", path],
                          capture_output=True, check=True, timeout=60)
    found = {}
    for finding in json.loads(done.stdout)["findings"]:
        port = int(finding["connection"]["server"].rpartition(":")[2])
        if port in PORTS:
            require(port not in found, "two findings on %d", port)
            found[port] = finding
    return found


def sent_by(path, port):
    """What the server of a port sent, and the frame of its first FIN."""
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-d", f"tcp.port=={port},data", "-Y",
         f"tcp.srcport=={port}", "-T", "fields", "-e", "frame.number", "-e",
         "tcp.seq", "-e", "tcp.flags.fin", "-e", "tcp.payload"],
        capture_output=True, check=True, text=True).stdout
    data, fin = b"", None
    for line in out.splitlines():
        frame, seq, is_fin, payload = line.split("\t")
        more, at = bytes.fromhex(payload.replace(":", "")), int(seq) - 1
        if more and at <= len(data):
            data += more[len(data) - at:]
        if is_fin == "1" and fin is None:
            fin = int(frame)
    return data, fin


def cut_of(data):
    """(size, came) of the last record, when it is not whole."""
    while len(data) >= 5:
        size = int.from_bytes(data[3:5], "big")
        if len(data) < 5 + size:
            return size, len(data) - 5
        data = data[5 + size:]
    return None


def is_as_reckoned(path, code):
    found = told(path)
    for port in PORTS:
        size, came = cut_of(sent_by(path, port)[0])
        finding = found.get(port)
        require(finding, "nothing is told of %d", port)
        require((finding["code"], finding["symptom"], finding["confidence"]) ==
                (code, "truncated", "possible"), "%d: %s, %s, %s", port,
                finding["code"], finding["symptom"], finding["confidence"])
        words = " ".join(e["what"] for e in finding["evidence"])
        numbers = re.search(r"not whole: (\d+) of (\d+) bytes", words)
        require(numbers and (int(numbers[2]), int(numbers[1])) == (size, came),
                "%d: %s; tshark: %d of %d", port, words, came, size)


# ---- the same, spoilt -----------------------------------------------------

def packets_of(path):
    with open(path, "rb") as file:
        data = file.read()
    packets, at = [], 24
    while at + 16 <= len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        packets.append(bytearray(data[at:at + 16 + size]))
        at += 16 + size
    return data[:24], packets


def tcp_at(packet):
    """Where the TCP header is: Ethernet and IPv4 of the loopback."""
    return 16 + 14 + 4 * (packet[30] & 15)


def ports_of(packet):
    return struct.unpack(">HH", packet[tcp_at(packet):tcp_at(packet) + 4])


def flags_of(packet):
    return packet[tcp_at(packet) + 13]


class Spoilt:
    def __init__(self, path, folder):
        self.header, self.packets = packets_of(path)
        self.path = os.path.join(folder, "spoilt.pcap")

    def told(self, packets):
        with open(self.path, "wb") as file:
            file.write(self.header + b"".join(packets))
        return told(self.path)

    def fin_of(self, port):
        """Index of the server's first FIN."""
        return next(i for i, p in enumerate(self.packets)
                    if ports_of(p)[0] == port and flags_of(p) & FIN)


def is_cut_told(finding):
    return finding is not None and finding["symptom"] == "truncated"


def when_recording_ends(spoilt, code):
    """Before the FIN nobody knows that no more comes."""
    fins = {port: spoilt.fin_of(port) for port in PORTS}
    for end in range(len(spoilt.packets) + 1):
        for port, finding in spoilt.told(spoilt.packets[:end]).items():
            require(not is_cut_told(finding) or
                    (end > fins[port] and finding["code"] == code),
                    "the first %d packets: %d, %s", end, port, finding["code"])
    return len(spoilt.packets)


def when_packet_lost(spoilt, code):
    """What a hole has taken is not known; and nobody else is accused."""
    whole = 0
    for i, packet in enumerate(spoilt.packets):
        rest = spoilt.packets[:i] + spoilt.packets[i + 1:]
        for port, finding in spoilt.told(rest).items():
            require(finding["code"] == code, "without #%d: %d, %s", i + 1,
                    port, finding["code"])
            whole += is_cut_told(finding)
    return whole


def when_short(spoilt, code):
    """Of each packet so many bytes are kept."""
    for most in (60, 68, 96, 200, 600, 1400, 5000):
        packets = []
        for packet in spoilt.packets:
            short = packet[:16 + most]
            short[8:12] = struct.pack("<I", len(short) - 16)
            packets.append(short)
        for port, finding in spoilt.told(packets).items():
            require(not is_cut_told(finding), "%d bytes a packet: %d, %s", most,
                    port, finding["code"])


def when_reset(spoilt, code):
    """An RST in place of the FIN takes back what was not delivered yet."""
    packets = [bytearray(p) for p in spoilt.packets]
    for port in PORTS:
        packet = packets[spoilt.fin_of(port)]
        packet[tcp_at(packet) + 13] = RST | ACK
    for port, finding in spoilt.told(packets).items():
        require(not is_cut_told(finding), "an RST: %d, %s", port,
                finding["code"])


def when_client_left(spoilt, code):
    """The client's FIN came before: its server need not finish."""
    packets = []
    for i, packet in enumerate(spoilt.packets):
        for port in PORTS:
            if i == spoilt.fin_of(port):
                # its latest word, said once more, and with a FIN
                last = max(k for k in range(i)
                           if ports_of(spoilt.packets[k])[1] == port)
                left = bytearray(spoilt.packets[last])
                left[:8] = packet[:8]
                left[tcp_at(left) + 13] |= FIN
                packets.append(left)
        packets.append(packet)
    for port, finding in spoilt.told(packets).items():
        require(not is_cut_told(finding), "the client had left: %d, %s", port,
                finding["code"])


SPOILERS = (("the recording ends", when_recording_ends),
            ("a packet is lost", when_packet_lost),
            ("packets are short", when_short),
            ("RST for FIN", when_reset),
            ("the client leaves before", when_client_left))


def attempt(name, work):
    try:
        count = work()
        print("ok %s%s" % (name, "" if count is None else ": %d" % count),
              flush=True)
        return True
    except Failure as failure:
        print("FAIL %s: %s" % (name, failure), flush=True)
        return False


def main():
    good = True
    for name, code in CUT.items():
        path = LAB + name + ".pcap"
        good &= attempt(name, lambda: is_as_reckoned(path, code))
        with tempfile.TemporaryDirectory() as folder:
            spoilt = Spoilt(path, folder)
            for how, spoil in SPOILERS:
                good &= attempt("%s, %s" % (name, how),
                                lambda: spoil(spoilt, code))
    return int(not good)


sys.exit(main())
