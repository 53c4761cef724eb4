#!/usr/bin/env python3
"""How far a run is: one line on standard error, where that is a terminal, no
longer than it is wide, and gone when the report comes; nothing elsewhere."""
import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
import time

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CAPTURE = "testdata/captures/healthy-framings.pcap"
LASTS = 1.6  # seconds, that is, longer than until there is a rate

failed = False


def check(name, why):
    global failed
    failed = failed or bool(why)
    print(f"FAIL progress: {name}: {why}" if why else f"ok progress: {name}",
          flush=True)


def packets():
    """The header of the capture, and its packets many times over."""
    with open(CAPTURE, "rb") as file:
        data = file.read()
    return data[:24], data[24:] * (1 + (1 << 18) // len(data))


def feed(pipe):
    """Slowly, as over a network."""
    head, many = packets()
    pipe.write(head)
    end = time.monotonic() + LASTS
    while time.monotonic() < end:
        pipe.write(many)
        pipe.flush()
        time.sleep(0.02)
    pipe.close()


def screen_of(columns, *options):
    """What comes on a terminal of that width."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    program = subprocess.Popen(
        [WHYEOF, "-F", "json", *options, "-"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    feeder = threading.Thread(target=feed, args=(program.stdin,))
    feeder.start()
    came = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:
            break
        if not some:
            break
        came += some
    feeder.join()
    program.wait()
    os.close(ours)
    return came.decode()


def lines_of(screen):
    return [line for line in screen.split("\r") if line.strip()]


def on_a_terminal(columns, pattern):
    screen = screen_of(columns)
    lines = lines_of(screen)
    check(f"{columns} columns: it moves",
          len(set(lines)) < 3 and f"lines: {lines}")
    check(f"{columns} columns: what it says",
          not re.fullmatch(pattern, lines[-1] if lines else "") and
          f"'{lines[-1:]}'")
    longest = max(map(len, screen.split("\r")))
    check(f"{columns} columns: it fits",
          longest >= columns and f"a line of {longest}")
    check(f"{columns} columns: it goes",
          (not screen.endswith("\r") or "\n" in screen) and
          f"it ends {screen[-40:]!r}")


def elsewhere():
    program = subprocess.Popen(
        [WHYEOF, "-F", "json", "-"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    feed(program.stdin)
    said = program.stderr.read()
    program.wait()
    check("a pipe gets none", said and f"it gets {said!r}")
    check("never is never", screen_of(80, "--progress", "never"))


def main():
    on_a_terminal(80, r"\d+ packets, [\d.]+ [kMG]?B/s")
    on_a_terminal(18, r"\d+ packets")
    elsewhere()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
