#!/usr/bin/env python3
"""Speed and memory beside others, on the same files, in one run, as ratios.

libpcap's bare pcap_next_ex loop (build/bareloop), tcptrace and tshark read
what mkbench makes: a large capture, one of small packets, HTTP/2 and gRPC
(tcptrace knows neither, and counts TCP alone). tshark is slow, so it reads a
part of each, and its time is scaled by the packets in it.
Then what a byte costs that concerns much of what is kept (floods.py).
"bench.py tls" measures that of TLS alone.
Runs take turns, so that a machine whose speed drifts treats all alike; the
median counts.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import floods

BUILD = os.environ.get("BUILD", "build")
# what is installed, optimised as a whole
WHYEOF = os.environ.get("WHYEOF", "build-release/whyeof")
SIZE = os.environ.get("BENCH_SIZE", "1G")
SMALL = os.environ.get("BENCH_SMALL", "300M")
# what is read as what by tshark, whatever it begins with
H2_DECODE = ("-d", "tcp.port==8080,http2")
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
TLS_SIZE = int(os.environ.get("BENCH_TLS", "1000000000"))
IDLE = 49000  # of 50000 that are followed
TSHARK_PART = int(os.environ.get("BENCH_TSHARK_PACKETS", "100000"))


def measure(command):
    """Wall seconds and peak resident MiB of one run, output thrown away."""
    # time(1) starts the command from a small process: a child of this one
    # would be charged with python's memory.
    with tempfile.NamedTemporaryFile("r") as said:
        start = time.monotonic()
        status = subprocess.run(["time", "-q", "-f", "%M", "-o", said.name,
                                 *command], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL).returncode
        wall = time.monotonic() - start
        if status not in (0, 1):
            sys.exit("bench: %s ended with %d" % (command[0], status))
        return wall, int(said.read().split()[-1]) / 1024


def packets_in(path):
    out = subprocess.run([BUILD + "/bareloop", path], capture_output=True,
                         text=True, check=True).stdout
    return int(out.split()[0])


def part_of(path, count, folder):
    """The first packets of a capture, for those that are slow."""
    part = os.path.join(folder, os.path.basename(path) + ".part")
    subprocess.run([BUILD + "/bareloop", path, str(count), part], check=True,
                   stdout=subprocess.DEVNULL)
    return part


def bench(name, path, folder, decode=()):
    packets = packets_in(path)
    part = part_of(path, TSHARK_PART, folder)
    part_packets = packets_in(part)
    # name, command, how much of the capture it reads
    rows = [("whyeof", [WHYEOF, "--fail-on", "never", path], 1.0),
            ("bare loop", [BUILD + "/bareloop", path], 1.0)]
    if shutil.which("tcptrace"):
        rows.append(("tcptrace", ["tcptrace", "-n", path], 1.0))
    if shutil.which("tshark"):
        tree = "http2,tree" if decode else "http,tree"
        rows.append(("tshark", ["tshark", "-q", *decode, "-z", tree, "-z",
                                "expert", "-r", part],
                     part_packets / packets))
    seconds = {row[0]: [] for row in rows}
    memory = {row[0]: 0 for row in rows}
    for _ in range(RUNS):
        for what, command, share in rows:
            wall, peak = measure(command)
            seconds[what].append(wall / share)
            memory[what] = max(memory[what], peak)
    mine = statistics.median(seconds["whyeof"])
    print("\n%s: %d packets, %.0f MB" %
          (name, packets, os.path.getsize(path) / 1e6))
    print("  %-10s %9s %9s %9s  %s" % ("", "seconds", "MiB", "ratio", ""))
    for what, _, share in rows:
        median = statistics.median(seconds[what])
        note = "" if share == 1.0 else \
            "scaled from %d packets" % part_packets
        print("  %-10s %9.2f %9.1f %8.2fx  %s" %
              (what, median, memory[what], median / mine, note), flush=True)
    bare = statistics.median(seconds["bare loop"])
    print("  whyeof takes %.2f x the bare loop's time" % (mine / bare))


def seconds_of(command):
    return statistics.median(measure(command)[0] for _ in range(RUNS))


def tls(folder):
    """With the keys beside tshark with the same, without beside the bare loop;
    and what a connection with keys costs that is left open."""
    path, keys = (os.path.join(folder, n) for n in ("tls.pcap", "tls.keys"))
    never = [WHYEOF, "--fail-on", "never"]

    def make(*arguments):
        subprocess.run(["python3", "testdata/mktls.py", path, keys, *arguments],
                       check=True)

    for what, suite in (("TLS 1.3, AES-256-GCM", ()),
                        ("TLS 1.2, ChaCha20",
                         ("--suite", "ECDHE-ECDSA-CHACHA20-POLY1305")),
                        ("TLS 1.2, AES-128-CBC and SHA-1",
                         ("--suite", "ECDHE-ECDSA-AES128-SHA"))):
        make("--size", str(TLS_SIZE), *suite)
        size = os.path.getsize(path) / 1e9
        mine = seconds_of(never + ["--keylog", keys, path])
        closed = seconds_of(never + [path])
        bare = seconds_of([BUILD + "/bareloop", path])
        print("\n%s, %.2f GB: %.2f s with keys (%.2f GB/s), %.2f without "
              "(%.2f x the bare loop)" %
              (what, size, mine, size / mine, closed, closed / bare))
        if shutil.which("tshark"):
            theirs = measure(["tshark", "-q", "-o", "tls.keylog_file:" + keys,
                              "-z", "http,tree", "-r", path])[0]
            print("  tshark with the same keys takes %.1f x that" %
                  (theirs / mine), flush=True)
    used = {}
    for what, arguments in (("clear", ("--clear",)), ("TLS", ())):
        make("--idle", str(IDLE), *arguments)
        used[what] = measure(never + ["--keylog", keys, path])[1]
    print("\n%d idle connections: %.0f MiB in the clear, %.0f of TLS with keys: "
          "%.2f kB more each" %
          (IDLE, used["clear"], used["TLS"],
           (used["TLS"] - used["clear"]) * 1048.576 / IDLE), flush=True)


def growth(folder):
    """Does memory grow with the length of the capture?"""
    print("\nmemory against length:")
    for size in ("64M", "256M", "1G"):
        path = os.path.join(folder, "grow.pcap")
        subprocess.run([BUILD + "/mkbench", "--size", size, path], check=True)
        _, peak = measure([WHYEOF, "--fail-on", "never", path])
        print("  %5s: %6.1f MiB" % (size, peak), flush=True)
        os.unlink(path)


def main():
    if sys.argv[1:] == ["tls"]:
        with tempfile.TemporaryDirectory() as folder:
            tls(folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments, decode in (
                ("large", ["--size", SIZE], ()),
                ("small packets", ["--small", "--size", SMALL], ()),
                ("HTTP/2", ["--h2", "--size", SMALL], H2_DECODE),
                ("gRPC", ["--grpc", "--size", SMALL], H2_DECODE),
                ("gRPC, tiny messages", ["--grpc-tiny", "--size", SMALL],
                 H2_DECODE)):
            path = os.path.join(folder, "bench.pcap")
            subprocess.run([BUILD + "/mkbench", *arguments, path], check=True)
            bench(name, path, folder, decode)
            os.unlink(path)
        tls(folder)
        growth(folder)
    print("\nbytes that concern much that is kept:")
    floods.main([])


if __name__ == "__main__":
    main()
