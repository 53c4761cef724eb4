#!/usr/bin/env python3
"""Whoever owns a folder that root names tries to make whyeof write elsewhere,
give something away, or hang; and what is no file is named in every place that
takes one.

Needs root, a second user (nobody), and a network namespace; without them it is
skipped. WHYEOF names another program to be attacked.
"""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "testdata", "lab"))

from live_kit import Fault, Live, expect, wait_for  # noqa: E402

NOBODY = 65534
CAPTURE = os.path.join(ROOT, "testdata/captures/go-write-timeout-reused.pcap")
STARTS = 200     # of the program, while links are swapped
PATIENCE = 10    # seconds that a start may take
PRECIOUS = "#!/bin/sh\n"
MARK = "GET /mark-on-the-wire HTTP/1.1\r\nHost: x\r\n\r\n"

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Place:
    """A folder of nobody's, and one that only root may even look into."""

    def __init__(self):
        top = tempfile.mkdtemp(prefix="whyeof-attacks-")
        os.chmod(top, 0o755)
        self.top = top
        self.theirs = self.folder("theirs", NOBODY, 0o755)
        self.ours = self.folder("ours", 0, 0o700)
        self.precious = os.path.join(self.ours, "script")
        with open(self.precious, "w", encoding="utf-8") as file:
            file.write(PRECIOUS)
        os.chmod(self.precious, 0o600)

    def folder(self, name, owner, mode):
        path = os.path.join(self.top, name)
        os.mkdir(path)
        os.chown(path, owner, owner)
        os.chmod(path, mode)
        return path

    def path(self, name):
        return os.path.join(self.theirs, name)

    def expect_whole(self):
        with open(self.precious, encoding="utf-8") as file:
            text = file.read()
        expect(text == PRECIOUS, f"root's file was written to: {text[:70]!r}")
        facts = os.stat(self.ours)
        expect(os.listdir(self.ours) == ["script"],
               f"in root's folder: {os.listdir(self.ours)}")
        expect((facts.st_uid, stat.S_IMODE(facts.st_mode)) == (0, 0o700),
               f"root's folder was given to {facts.st_uid}")


def by_nobody(action):
    """Runs it as the owner of the folder."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        action()
        os._exit(0)
    expect(os.waitpid(child, 0)[1] == 0, "nobody cannot do that")


def say_mark():
    """Bytes that an output would hold."""
    with contextlib.suppress(OSError), socket.create_server(
            ("127.0.0.1", 8080)) as server, socket.create_connection(
                ("127.0.0.1", 8080)) as client:
        client.sendall(MARK.encode())
        served = server.accept()[0]
        served.recv(1000)
        served.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          b"\1\0\0\0\0\0\0\0")
        served.close()


def attempt(*arguments, speak=False, path=None, **more):
    """Starts it and ends it: (status, what it said). A hang is a fault. `path`
    is what it may wait for without a word."""
    live = Live(*arguments, wait=None, **more)
    try:
        wait_for(lambda: live.err.ended or "Ctrl-C ends it" in live.words() or
                 holds(live, path), "start", PATIENCE)
        if speak and not live.err.ended:
            say_mark()
            time.sleep(0.5)
        live.child.send_signal(signal.SIGINT)
        status = live.wait(PATIENCE)
    except Fault as fault:
        live.child.kill()
        raise Fault(f"hangs: {' '.join(map(str, arguments))}") from fault
    return status, live.words()


def holds(live, path):
    """It has that open."""
    folder = f"/proc/{live.pid}/fd"
    with contextlib.suppress(OSError):
        return any(os.readlink(f"{folder}/{number}") == path
                   for number in os.listdir(folder))
    return False


# ---- the three attacks ------------------------------------------------------

@case
def output_through_a_link():
    """Lines, with what came over the wire, appended to root's file."""
    for option in ("ndjson", "text", "json"):
        place = Place()
        by_nobody(lambda p=place: os.symlink(p.precious, p.path("log")))
        status, words = attempt("-i", "lo", "-F", "ndjson", "-x", "-o",
                                f"{option}={place.path('log')}", speak=True)
        place.expect_whole()
        expect(status == 2 and "it is a symbolic link" in words,
               f"{option}: {status} {words}")
        by_nobody(lambda p=place: os.symlink(p.ours, p.path("sub")))
        status, words = attempt("-i", "lo", "-F", "ndjson", "-o",
                                f"{option}={place.path('sub/log')}")
        place.expect_whole()
        expect(status == 2 and "'sub' is a symbolic link" in words,
               f"{option}: {status} {words}")


SWAP = """
import os, sys
name, new, target = sys.argv[1:]
os.setgroups([]); os.setgid(65534); os.setuid(65534)
while True:
    for to in ("nowhere", target):
        try:
            os.symlink(to, name + new)
            os.rename(name + new, name)
        except OSError:
            pass
"""


@case
def record_folder_is_swapped():
    """Root's folder given to nobody."""
    place = Place()
    name = place.path("failed")
    swappers = [subprocess.Popen([sys.executable, "-c", SWAP, name, new,
                                  place.ours]) for new in (".a", ".b")]
    try:
        wait_for(lambda: os.path.islink(name), "link")
        for start in range(STARTS):
            subprocess.run(
                [os.environ["WHYEOF"], "-i", "lo", "-F", "ndjson", "--record",
                 name, "--duration", "1ms"], capture_output=True, check=False,
                timeout=PATIENCE)
            expect(os.stat(place.ours).st_uid == 0,
                   f"root's folder was given away at start {start + 1}")
    finally:
        for swapper in swappers:
            swapper.kill()
            swapper.wait()
    place.expect_whole()


@case
def metrics_draft_is_a_fifo():
    place = Place()
    by_nobody(lambda: os.mkfifo(place.path(".m.prom.new")))
    status, words = attempt("-i", "lo", "-F", "ndjson", "--metrics",
                            place.path("m.prom"))
    expect(status == 0, f"{status} {words}")
    expect(os.listdir(place.theirs) == ["m.prom"], os.listdir(place.theirs))
    by_nobody(lambda: os.symlink(place.precious, place.path(".m.prom.new")))
    status, words = attempt("-i", "lo", "-F", "ndjson", "--metrics",
                            place.path("m.prom"))
    expect(status == 0, f"{status} {words}")
    place.expect_whole()


# ---- what is no file, wherever one is named ---------------------------------

def make(place, kind):
    """Something of that kind, made by nobody where it can be; its path."""
    path = place.path(kind)
    if kind == "fifo":
        by_nobody(lambda: os.mkfifo(path))
    elif kind == "link":
        by_nobody(lambda: os.symlink(place.precious, path))
    elif kind == "hard":
        os.link(place.precious, path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path)
    elif kind == "device":
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
        except PermissionError:
            return "/dev/full"
    return path


LIVE = ("-i", "lo", "-F", "ndjson")
THEIRS = "it belongs to another user"
WRITTEN = {"fifo": "nobody reads it", "link": "it is a symbolic link",
           "hard": "hard link", "device": "it is a device",
           "socket": "it is a socket"}
REPLACED = dict(WRITTEN, fifo="it is a FIFO")
FOLDER = {"fifo": "Not a directory", "link": "is a symbolic link",
          "hard": "Not a directory", "device": "Not a directory",
          "socket": "Not a directory"}
READ = {"fifo": "interrupted before anybody wrote to it",
        "device": "it is a device", "socket": "it is a socket",
        "link": "is not a pcap", "hard": "is not a pcap"}
FOLLOWED = {"device": "it is a device", "socket": "it is a socket",
            "fifo": "", "link": "", "hard": ""}

# To add a place that names a file: its options, and what is said of each kind;
# "": it waits, until it is ended. Where root writes as root, a FIFO of nobody's
# is refused for that.
PLACES = {
    "live, -o ndjson": (WRITTEN, lambda p: (*LIVE, "-o", f"ndjson={p}")),
    "live, -o text": (WRITTEN, lambda p: (*LIVE, "-o", f"text={p}")),
    "live, -o json": (WRITTEN, lambda p: (*LIVE, "-o", f"json={p}")),
    "live, root stays": (WRITTEN, lambda p: (*LIVE, "--user", "root", "-o",
                                             f"ndjson={p}")),
    "live, --metrics": (REPLACED, lambda p: (*LIVE, "--metrics", p)),
    "live, --record": (FOLDER, lambda p: (*LIVE, "--record", p)),
    "file, -o json": (WRITTEN, lambda p: ("-o", f"json={p}", CAPTURE)),
    "file, -o text": (WRITTEN, lambda p: ("-o", f"text={p}", CAPTURE)),
    "file, --record": (FOLDER, lambda p: ("--record", p, CAPTURE)),
    "file, input": (READ, lambda p: (p,)),
    "files, input": (READ, lambda p: (CAPTURE, p)),
    "--follow": (FOLLOWED, lambda p: ("--follow", p)),
    "--follow, -o": (WRITTEN, lambda p: ("--follow", CAPTURE, "-o",
                                         f"ndjson={p}")),
    "--follow, --metrics": (REPLACED, lambda p: ("--follow", CAPTURE,
                                                 "--metrics", p)),
    "--follow, --record": (FOLDER, lambda p: ("--follow", CAPTURE, "--record",
                                              p)),
}

WAITING = ("file, input", "files, input")


def every(kind):
    wrong = []
    for name, (said, options) in PLACES.items():
        place = Place()
        path = make(place, kind)
        try:
            status, words = attempt(
                *options(path), path=path if name in WAITING else None)
            place.expect_whole()
            if said[kind]:
                expect(status == 2 and (said[kind] in words or
                                        kind == "fifo" and THEIRS in words),
                       f"status {status}, says {words!r}")
            else:
                expect(status in (0, 2) and "Ctrl-C ends it" in words,
                       f"status {status}, says {words!r}")
        except Fault as fault:
            wrong.append(f"{name}: {fault}")
    expect(not wrong, "; ".join(wrong))


@case
def fifo_everywhere():
    every("fifo")


@case
def device_everywhere():
    every("device")


@case
def socket_everywhere():
    every("socket")


@case
def link_everywhere():
    every("link")


@case
def hard_link_everywhere():
    every("hard")


@case
def file_of_somebody_else():
    """It would tell its owner what root sees."""
    place = Place()
    path = place.path("report")
    by_nobody(lambda: open(path, "w", encoding="utf-8").close())
    for options in (("-o", f"json={path}", CAPTURE),
                    (*LIVE, "--user", "root", "-o", f"ndjson={path}")):
        status, words = attempt(*options)
        expect(status == 2 and THEIRS in words,
               f"{status} {words}")
    expect(os.stat(path).st_size == 0, "it was written to")


# ---- what still works -------------------------------------------------------

def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@case
def modes():
    """New ones are their owner's alone, old ones stay as they were."""
    place = Place()
    os.umask(0)
    for option in ("ndjson", "json"):
        path = place.path(option)
        status, words = attempt(*LIVE, "-o", f"{option}={path}")
        expect(status == 0, words)
        expect(mode_of(path) == 0o600 and os.stat(path).st_uid == NOBODY,
               f"live: {oct(mode_of(path))}")
        os.chmod(path, 0o640)
        attempt(*LIVE, "-o", f"{option}={path}")
        expect(mode_of(path) == 0o640, f"live: {oct(mode_of(path))}")
    path = os.path.join(place.top, "report.json")
    status, words = attempt("-o", f"json={path}", CAPTURE)
    expect(status == 1 and mode_of(path) == 0o600, f"file: {words}")
    size = os.stat(path).st_size
    os.chmod(path, 0o644)
    attempt("-o", f"json={path}", CAPTURE)
    expect(mode_of(path) == 0o644 and os.stat(path).st_size == size,
           f"file, again: {oct(mode_of(path))}")
    status, words = attempt(*LIVE, "--metrics", place.path("m.prom"))
    expect(status == 0 and mode_of(place.path("m.prom")) == 0o644, words)


@case
def log_folder_of_root():
    """Opened while that can be; not anew, after the drop."""
    place = Place()
    log = os.path.join(place.ours, "log.ndjson")
    live = Live(*LIVE, "-o", f"ndjson={log}")
    live.said("as nobody, confined")
    expect((mode_of(log), os.stat(log).st_uid) == (0o600, 0), "not root's")
    os.rename(log, log + ".1")
    live.send(signal.SIGHUP)
    live.said("cannot write to 'log.ndjson': Permission denied")
    live.end(0)
    with open(log + ".1", encoding="utf-8") as file:
        expect(file.read().splitlines() == live.out.lines, "lines are lost")


@case
def log_made_anew_by_logrotate():
    """For the user, in a folder that is root's."""
    place = Place()
    os.chmod(place.ours, 0o755)
    log = os.path.join(place.ours, "log.ndjson")
    live = Live(*LIVE, "-o", f"ndjson={log}")
    os.rename(log, log + ".1")
    open(log, "w", encoding="utf-8").close()
    os.chown(log, NOBODY, NOBODY)
    live.send(signal.SIGHUP)
    live.asked(" complete, ")
    live.end(0)
    with open(log, encoding="utf-8") as file:
        expect('"type":"summary"' in file.read() and "cannot" not in
               live.words(), live.words())


@case
def reopened_onto_a_link():
    place = Place()
    log = place.path("log")
    live = Live(*LIVE, "-o", f"ndjson={log}")
    for times, kind in enumerate((lambda: os.symlink(place.precious, log),
                                  lambda: os.mkfifo(log)), 1):
        by_nobody(lambda: os.rename(log, log + ".1"))
        by_nobody(kind)
        live.send(signal.SIGHUP)
        live.said("cannot write to 'log'", times=times)
        os.unlink(log)
        os.rename(log + ".1", log)
    live.end(0)
    expect("it is a symbolic link" in live.words(), live.words())
    place.expect_whole()
    with open(log, encoding="utf-8") as file:
        expect(file.read().splitlines() == live.out.lines, "lines are lost")


@case
def recordings_are_made_once():
    """In a folder that nobody cannot even look into: found, then used."""
    place = Place()
    for _ in range(2):
        live = Live(*LIVE, "--record", os.path.join(place.ours, "failed"))
        say_mark()
        live.found(1)
        live.end(1)
    made = os.path.join(place.ours, "failed")
    facts = os.stat(made)
    expect((facts.st_uid, stat.S_IMODE(facts.st_mode)) == (NOBODY, 0o700),
           f"{facts.st_uid} {oct(facts.st_mode)}")
    files = os.listdir(made)
    expect(len(files) == 2 and all(
        mode_of(os.path.join(made, name)) == 0o600 for name in files), files)


@case
def descriptors():
    """What is open from the start is taken as it is."""
    place = Place()
    program = os.environ["WHYEOF"]
    for command, count in (
            (f"{program} -o json=/dev/null {CAPTURE}", 0),
            (f"{program} -F text -o json=/dev/stdout {CAPTURE}", 1),
            (f"{program} -F text -o json=- {CAPTURE}", 1),
            (f"exec 3>&1; {program} -o json=>(cat >&3) {CAPTURE} >/dev/null; "
             "wait $!", 1),
            (f"{program} -o json=/dev/fd/5 {CAPTURE} 5>&1 >/dev/null", 1),
            (f"exec 3>&1; {program} -i lo -F ndjson --duration 1ms "
             "-o json=>(cat >&3) >/dev/null; wait $!", 1),
            (f"mkfifo {place.top}/f; cat {place.top}/f & sleep 0.2; "
             f"{program} -o json={place.top}/f {CAPTURE} >/dev/null; wait", 1)):
        run = subprocess.run(["bash", "-c", command], text=True,
                             capture_output=True, check=False,
                             timeout=PATIENCE)
        expect(run.stdout.count('"schema"') == count and not
               run.stderr.replace("whyeof: watching 'lo', as nobody, confined; "
                                  "Ctrl-C ends it\n", ""),
               f"{command}: {run.stdout[:70]!r} {run.stderr!r}")
    status, words = attempt("-o", "json=/dev/fd/77", CAPTURE)
    expect(status == 2 and "not open for writing" in words, words)


@case
def standard_output_is_closed():
    """Nothing else may take its number: least of all the packet socket."""
    live = Live(*LIVE, before=("bash", "-c", 'exec "$@" >&-', "-"))
    links = {number: os.readlink(f"/proc/{live.pid}/fd/{number}")
             for number in (0, 1, 2)}
    live.send(signal.SIGINT)
    live.wait()
    expect(links[1] == "/dev/null", f"1 is {links[1]}")


@case
def packet_socket_is_for_reading():
    """A filter of its own for it (syscalls_test tries to send past it)."""
    for options, filters in ((LIVE, "2"), (("--follow", CAPTURE), "1")):
        live = Live(*options)
        got = live.status_of("Seccomp_filters")
        live.send(signal.SIGINT)
        live.wait()
        if got is None:
            return  # Linux before 5.9 does not tell
        expect(got == [filters], f"{options}: {got} filters")


@case
def fifo_as_live_output():
    place = Place()
    path = place.path("fifo")
    by_nobody(lambda: os.mkfifo(path))
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    status, words = attempt(*LIVE, "-o", f"ndjson={path}")
    got = os.read(reader, 1 << 16)
    os.close(reader)
    expect(status == 0 and got.count(b"\n") >= 2, f"{words} {got}")


def open_for_writing(path):
    """Once somebody reads it."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


@case
def reader_that_takes_nothing():
    """What waits for it at the end can be ended."""
    place = Place()
    path = place.path("fifo")
    by_nobody(lambda: os.mkfifo(path))
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            pass
    for number in (signal.SIGINT, signal.SIGTERM):
        live = Live(*LIVE, "-o", f"json={path}", "--duration", "200ms")
        time.sleep(1)
        live.send(number)
        time.sleep(0.3)
        expect(live.child.poll() is None, "ends by the first")
        live.end(-number, number)
    os.close(writer)
    os.close(reader)


@case
def fifo_as_input():
    place = Place()
    path = os.path.join(place.top, "fifo")
    os.mkfifo(path)
    for options in ((path,), ("--follow", path)):
        live = Live(*options, "-F", "ndjson", wait=None)
        writer = wait_for(lambda: open_for_writing(path), "reader", PATIENCE)
        os.set_blocking(writer, True)
        with open(writer, "wb") as to, open(CAPTURE, "rb") as capture:
            shutil.copyfileobj(capture, to)
        live.ended(1)
        expect({f["code"] for f in live.objects("finding")} ==
               {"write-timeout-eof"}, live.objects("finding"))
    live = Live(path, wait=None)
    time.sleep(0.3)
    live.end(-signal.SIGTERM, signal.SIGTERM)
    live = Live("--follow", path)
    live.end(2, signal.SIGTERM)


@case
def limit_of_file_size():
    """A write error, no death by SIGXFSZ."""
    place = Place()
    for options, ends in ((("-o", f"json={place.top}/a", CAPTURE), 2),
                          ((*LIVE, "-o", f"ndjson={place.path('b')}"), 2),
                          (("--record", f"{place.top}/r", CAPTURE), 2)):
        status, words = attempt(*options,
                                before=("prlimit", "--fsize=100", "--"))
        expect(status == ends and "File too large" in words,
               f"{options}: {status} {words}")


# ---- the frame --------------------------------------------------------------

def run_here():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    failed = False
    for name, function in CASES.items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        try:
            function()
            print(f"ok attacks {name}", flush=True)
        except (Fault, subprocess.SubprocessError, OSError) as fault:
            print(f"FAIL attacks {name}: {str(fault)!r}", flush=True)
            failed = True
    sys.stdout.flush()
    os._exit(failed)  # threads may still read


TOGETHER = 6
APART = ("unshare", "--net", "--pid", "--mount", "--mount-proc", "--fork",
         "--kill-child")


def run_apart(name, program, scratch):
    """One attack in namespaces and a folder of its own; its line, its end."""
    part = os.path.join(scratch, name.replace("/", "-").replace(" ", "-"))
    os.mkdir(part)
    os.chmod(part, 0o755)
    done = subprocess.run(
        [*APART, sys.executable, os.path.abspath(__file__), "here", name],
        check=False, capture_output=True, text=True,
        env=dict(os.environ, TMPDIR=part, WHYEOF=program))
    return (done.stdout.strip() or f"FAIL attacks {name}: "
            f"{done.stderr.strip()[-600:]!r}", done.returncode)


def main():
    if os.geteuid() != 0 or subprocess.run(
            [*APART, "ip", "link", "set", "lo", "up"], capture_output=True,
            check=False).returncode != 0:
        for name in CASES:
            print(f"skip attacks {name}: needs root and a network namespace")
        return 0
    scratch = tempfile.mkdtemp(prefix="whyeof-attacks-")
    os.chmod(scratch, 0o755)
    program = os.path.abspath(os.environ.get("WHYEOF", "build/whyeof"))
    names = [n for n in CASES if not sys.argv[1:] or n in sys.argv[1:]]
    try:
        with ThreadPoolExecutor(TOGETHER) as pool:
            failed = False
            for line, status in pool.map(
                    lambda name: run_apart(name, program, scratch), names):
                print(line, flush=True)
                failed |= status != 0
        return int(failed)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "here":
        run_here()
    sys.exit(main())
