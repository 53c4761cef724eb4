#!/usr/bin/env python3
"""A long run: whyeof on an interface at full load, failures mixed in.

wrk asks a Go server for as much as it gives, on the loopback of a network
namespace of this run's own; twice a second a request ends badly (the server's
WriteTimeout). whyeof watches and records; tcpdump -w /dev/null reads the same
traffic beside it. At the end: packets per second, CPU shares, drops, memory of
the first and the last minute, failures made and failures found.

    soak.py --whyeof PATH [--seconds 600]
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 8080
CLOCK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Watched:
    """A process whose memory and time are looked at every second."""

    def __init__(self, argv, **options):
        self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                      **options)
        self.resident = []
        self.started = time.monotonic()
        self.ticks = 0

    def look(self):
        with contextlib.suppress(OSError):
            with open(f"/proc/{self.child.pid}/statm") as file:
                self.resident.append(int(file.read().split()[1]) * PAGE)
            with open(f"/proc/{self.child.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            self.ticks = int(fields[11]) + int(fields[12])

    def share(self):
        """Of one processor, in percent."""
        return 100 * self.ticks / CLOCK / (time.monotonic() - self.started)

    def end(self):
        self.child.send_signal(signal.SIGINT)
        return self.child.communicate(timeout=60)


def fail_on_cue(failed, stop):
    """Requests that the server's WriteTimeout of 1 s ends."""
    while not stop.wait(0.5):
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", PORT)) as sock:
            sock.sendall(b"GET /sleep?ms=1300 HTTP/1.1\r\nHost: soak\r\n\r\n")
            if sock.recv(100) == b"":
                failed.append(time.time())


def start_server(scratch):
    subprocess.run(["go", "build", "-o", scratch + "/golab", "."],
                   cwd=HERE + "/lab/servers/golab", check=True,
                   env=dict(os.environ, GOPROXY="off"))
    server = subprocess.Popen([scratch + "/golab", "serve", "-addr",
                               f":{PORT}", "-write-timeout", "1s"],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    for _ in range(100):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", PORT)).close()
            return server
        time.sleep(0.1)
    sys.exit("soak.py: the server did not start")


def summary_of(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    last = {line["type"]: line for line in lines}
    settled = {line["id"] for line in lines if line["type"] == "finding" and
               line["standing"] == "settled"}
    return last["input"]["input"], last["summary"], len(settled)


def minutes(samples):
    """Mean of the first minute, once warm, and of the last, in MiB."""
    warm = samples[min(10, len(samples) // 10):]
    part = min(60, len(warm) // 3)
    return (statistics.mean(warm[:part]) / 2 ** 20,
            statistics.mean(warm[-part:]) / 2 ** 20)


def soak(args, scratch):
    lines = scratch + "/lines"
    record = scratch + "/rec"
    os.mkdir(record)
    os.chmod(record, 0o777)
    os.chmod(scratch, 0o755)
    server = start_server(scratch)
    with open(lines, "w") as out:
        whyeof = Watched([args.whyeof, "-i", "lo", "-F", "ndjson", "--record",
                          record, "--fail-on", "never", f"tcp port {PORT}"],
                         stdout=out, stderr=subprocess.PIPE, text=True)
    tcpdump = Watched(["tcpdump", "-i", "lo", "-B", "16384", "-w", "/dev/null",
                       "-Z", "root", f"tcp port {PORT}"],
                      stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    wrk = subprocess.Popen(["wrk", "-t", "1", "-c", "32", "-d",
                            f"{args.seconds}s",
                            f"http://127.0.0.1:{PORT}/ok"],
                           stdout=subprocess.PIPE, text=True)
    failed, stop = [], threading.Event()
    failer = threading.Thread(target=fail_on_cue, args=(failed, stop))
    failer.start()
    while wrk.poll() is None:
        whyeof.look()
        tcpdump.look()
        time.sleep(1)
    stop.set()
    failer.join()
    time.sleep(2)
    words = whyeof.end()[1]
    dumped = tcpdump.end()[1]
    server.terminate()
    return whyeof, tcpdump, words, dumped, failed, summary_of(lines), \
        len(os.listdir(record)), wrk.stdout.read()


def tell(args, result):
    whyeof, tcpdump, words, dumped, failed, lines, files, asked = result
    given, summary, settled = lines
    count = {name: int(re.search(r"(\d+) packets? " + name, dumped)[1])
             for name in ("captured", "received by filter",
                          "dropped by kernel")}
    first, last = minutes(whyeof.resident)
    drops = given["files"][0]["interface_drops"]
    found = sum(summary["findings"].values())
    print(f"wrk        {re.search(r'Requests/sec: *(.*)', asked)[1]} requests/s")
    print(f"whyeof     {given['packets'] / args.seconds:.0f} packets/s, "
          f"{drops} dropped ({100 * drops / max(1, given['packets']):.3f} %), "
          f"{whyeof.share():.1f} % of a processor")
    print(f"tcpdump    {count['captured'] / args.seconds:.0f} packets/s, "
          f"{count['dropped by kernel']} dropped, "
          f"{tcpdump.share():.1f} % of a processor")
    print(f"memory     {first:.1f} MiB in the first minute, {last:.1f} in the "
          f"last ({100 * (last / first - 1):+.1f} %), "
          f"{max(whyeof.resident) / 2 ** 20:.1f} at most")
    print(f"failures   {len(failed)} made, {found} found, {settled} lines, "
          f"{files} recordings; {summary['exchanges']} exchanges")
    print(f"said       {words.strip()}")
    good = found == len(failed) and abs(last / first - 1) <= 0.05
    print("soak: " + ("good" if good else "NOT as it should be"))
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__)
    parser.add_argument("--whyeof", required=True)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--inside", action="store_true",
                        help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.inside:
        return subprocess.run(["unshare", "--net", "--pid", "--mount-proc",
                               "--fork", "--kill-child", sys.executable,
                               os.path.abspath(__file__), "--inside",
                               "--whyeof", os.path.abspath(args.whyeof),
                               "--seconds", str(args.seconds)],
                              check=False).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="whyeof-soak-") as scratch:
        return tell(args, soak(args, scratch))


if __name__ == "__main__":
    sys.exit(main())
