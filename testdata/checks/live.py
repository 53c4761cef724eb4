#!/usr/bin/env python3
"""Watching an interface when things go wrong: what is said, how it ends.

Each case has namespaces (net, pid, mount) of its own; they run side by side.
Needs root, namespaces, ip, mount, setpriv and tcpdump; a case that cannot
run says what it needs.
"""

import contextlib
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "testdata", "lab"))

import kit  # noqa: E402
from live_kit import (CONFIDENCE, Fault, Live, Talk, expect,  # noqa: E402
                      pcap_head, pcap_record, syn_flood, wait_for)

TOGETHER = 6
PATIENCE = 120  # seconds for one case, on the busiest machine
FAILED = ("server-reset", "handler-abort")
NOBODY = 65534
AS_NOBODY = ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
             "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
ONLY_NET_RAW = ("setpriv", "--inh-caps=-all", "--bounding-set=-all,+net_raw")

CASES = {}
AT_ONCE = 1 << 20  # of a big body


def case(function):
    CASES[function.__name__] = function
    return function


# ---- traffic --------------------------------------------------------------

RELEASE = threading.Event()  # /wait is reset then, /late is answered


def answer(sock):
    while True:
        words = kit.read_request(sock).split()
        if len(words) < 2:
            return
        if words[1] == b"/reset":
            time.sleep(0.05)
            kit.reset(sock)
            return
        if words[1] in (b"/wait", b"/late"):
            RELEASE.wait()
        if words[1] == b"/wait":
            kit.reset(sock)
            return
        if words[1] == b"/big":
            sock.sendall(kit.ok(b"x" * AT_ONCE))
        elif words[1] == b"/chunks":
            sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         + (b"fff\r\n" + b"x" * 0xfff + b"\r\n") * 48
                         + b"0\r\n\r\n")
        else:
            sock.sendall(kit.ok())


def serve():
    kit.serve(answer, backlog=128)


def get(path="/", host="127.0.0.1"):
    """One exchange, on a connection of its own."""
    client = kit.Client(host=host)
    with contextlib.suppress(OSError):
        client.get(path)
    client.close()


def fail(host="127.0.0.1"):
    """The server resets instead of an answer."""
    get("/reset", host)


def pair():
    """Two namespaces, and a link: a0 is ours, b0 the server's."""
    ours, theirs = kit.Net(), kit.Net()
    kit.link(ours, theirs, ("a0", "b0"), ("192.0.2.1/24", "192.0.2.2/24"),
             offload=True)
    with ours:
        kit.sh("ip link set a0 gso_max_size 1500 gso_max_segs 1")
    with theirs:
        kit.sh("ip link set b0 gso_max_size 1500 gso_max_segs 1")
        serve()
    return ours, theirs


FAR = "192.0.2.2"


def is_failure(finding):
    return finding["code"] in FAILED and finding["severity"] == "error"


def folder(name, mode=0o777):
    path = os.path.join(tempfile.gettempdir(), name)
    os.makedirs(path, exist_ok=True)
    os.chmod(path, mode)
    return path


def small_disk(name, pages):
    path = folder(name)
    kit.sh(f"mount -t tmpfs -o size={pages * 4}k,mode=777 tmpfs {path}")
    return path


def fill(path):
    with contextlib.suppress(OSError), \
            open(os.path.join(path, "fill"), "wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass


# ---- the interface --------------------------------------------------------

@case
def down_and_up():
    ours, theirs = pair()
    with ours:
        live = Live("-i", "a0", "-F", "ndjson")
        fail(FAR)
        live.found(1)
        before = cpu(live)
        kit.sh("ip link set a0 down")
        live.said("'a0' is down: waiting for it to come back")
        time.sleep(0.7)
        spent = cpu(live) - before
        kit.sh("ip link set a0 up")
        live.said("'a0' is back")
        fail(FAR)
        live.found(2)
        kit.sh("ip link set a0 down")
        live.said("'a0' is down", times=2)
        kit.sh("ip link set a0 up")
        live.said("'a0' is back", times=2)
    live.end(1)
    expect(live.words().count("is down") == 2, "says more than once: down")
    expect(live.summary()["findings"]["error"] == 2, "not 2 errors")
    expect(spent < 0.5, f"{spent} s of CPU while the interface was down")


def cpu(live):
    """Seconds of CPU that it has had."""
    with open(f"/proc/{live.pid}/stat", encoding="utf-8") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@case
def removed():
    ours, _ = pair()
    with ours:
        live = Live("-i", "a0", "-F", "ndjson")
        fail(FAR)
        live.found(1)
        kit.sh("ip link del a0")
    live.ended(2)
    live.said("interface 'a0' was removed")
    expect(live.words().count("a0' was removed") == 1, "says it twice")
    expect("waiting for it" not in live.words(), "waits for it first")
    expect(live.summary()["findings"]["error"] == 1, "no summary of before")
    trouble = live.objects("input")[-1]["input"]["files"][0]
    expect("was removed" in trouble["problem"], "not told in NDJSON")


@case
def interfaces():
    """--list-interfaces, and those that are not there."""
    kit.Net()
    kit.sh("ip link add name veth-one type veth peer name veth-two")
    listed = subprocess.run([os.environ["WHYEOF"], "-D"], text=True,
                            capture_output=True, check=False)
    expect(listed.returncode == 0, "--list-interfaces fails")
    for name in ("lo", "veth-one", "veth-two", "any"):
        expect(re.search(rf"^{name} ", listed.stdout, re.M),
               f"{name} is not listed")
    expect(re.search(r"^lo .*127\.0\.0\.1", listed.stdout, re.M),
           "no address of lo")
    refused("unknown interface", ["-i", "nope0"],
            "there is no interface 'nope0'; there are: ", "veth-one", "lo")
    refused("interface that is down", ["-i", "veth-one"],
            "interface 'veth-one' is down", "ip link set veth-one up")
    refused("unknown interface to nobody", ["-i", "nope0"],
            "there is no interface 'nope0'", before=AS_NOBODY)


def refused(name, arguments, *words, before=()):
    """Ends with status 2 at once, says the words and nothing else."""
    live = Live(*arguments, before=before, wait=None)
    live.ended(2)
    for word in words:
        expect(word in live.words(),
               f"{name}: does not say '{word}' but '{live.words()}'")
    expect(not live.out.lines, f"{name}: writes to standard output")


@case
def refusals():
    program = os.environ["WHYEOF"]
    refused("no permission", ["-i", "lo"],
            "no permission to capture on 'lo'", "sudo whyeof",
            f"sudo setcap cap_net_raw+ep {program}", before=AS_NOBODY)
    refused("root without the right", ["-i", "lo"], "cap_net_raw",
            before=("setpriv", "--bounding-set=-net_raw"))
    refused("root that can become nobody else", ["-i", "lo"],
            "cannot become user 'nobody'", "--user root", before=ONLY_NET_RAW)
    refused("filter", ["-i", "lo", "tcp", "port", "[", "80"],
            "bad filter 'tcp port [ 80'", "syntax error")
    refused("--filter", ["-i", "lo", "-f", "host and"], "syntax error")
    refused("filter of another layer", ["-i", "lo", "vlan 1 and wlan"],
            "bad filter")
    refused("filter twice", ["-i", "lo", "-f", "tcp", "port", "80"],
            "the filter is given twice: 'tcp' and 'port")
    refused("long filter", ["-i", "lo", *["tcp or"] * 20000, "tcp"],
            "the filter is too long")
    refused("unknown user", ["-i", "lo", "--user", "no-such"],
            "there is no user 'no-such'")
    closed = folder("closed", 0o700)
    refused("recordings where nobody may write",
            ["-i", "lo", "--record", closed],
            f"user 'nobody' cannot write in the folder '{closed}'")
    refused("recordings in a file", ["-i", "lo", "--record", "/dev/null"],
            "cannot record into '/dev/null'")
    for option, name in (("--metrics", "/nonexistent/m"),
                         ("--output", "ndjson=/nonexistent/o")):
        refused(option, ["-i", "lo", option, name],
                "cannot write '/nonexistent/")


# ---- outputs --------------------------------------------------------------

@case
def full_disk_of_recordings():
    disk = small_disk("disk", 4)
    fill(disk)
    serve()
    live = Live("-i", "lo", "-F", "ndjson", "--record", disk)
    fail()
    live.said(f"cannot record into '{disk}': No space left on device")
    fail()
    live.found(2)
    live.asked("2 errors")
    live.end(2)
    expect(live.words().count("No space") == 1, "says it more than once")
    expect("2 recordings could not be written" in live.words(),
           lambda: f"does not count them: {live.words()}")
    expect(os.listdir(disk) == ["fill"],
           lambda: f"left behind: {os.listdir(disk)}")


@case
def full_disk_of_output():
    disk = small_disk("disk", 64)
    serve()
    log = os.path.join(disk, "log")
    live = Live("-i", "lo", "-F", "ndjson", "--output", f"ndjson={log}")
    fail()
    live.found(1)
    fill(disk)
    until_said(live, "cannot write to 'log': No space left on device")
    os.unlink(os.path.join(disk, "fill"))
    fail()
    live.found(len(live.findings()) + 1)
    live.end(1)
    expect(live.words().count("No space") == 1, "says it more than once")
    with open(log, encoding="utf-8") as file:
        expect(file.read().splitlines() == live.out.lines,
               "what waited for room is not all there")


def until_said(live, words):
    """Failures, one after the other, until it complains."""
    for count in range(50):
        fail()
        live.found(count)
        if words in live.words():
            return
    raise Fault(f"does not say '{words}' but '{live.words()}'")


@case
def full_disk_to_the_end():
    disk = small_disk("disk", 4)
    serve()
    metrics = os.path.join(disk, "m.prom")
    live = Live("-i", "lo", "-F", "ndjson", "--metrics", metrics,
                "--output", f"ndjson={os.path.join(disk, 'log')}")
    wait_for(lambda: os.path.exists(metrics), "metrics")
    fill(disk)
    until_said(live, "cannot write to 'log': No space left on device")
    live.said("cannot write 'm.prom': No space left on device")
    live.end(2)
    expect(live.summary()["findings"]["error"] > 0, "no summary")
    expect(sorted(os.listdir(disk)) == ["fill", "log", "m.prom"],
           lambda: f"left behind: {os.listdir(disk)}")
    expect(read_metrics(metrics)["whyeof_build_info"], "the metrics are torn")


@case
def closed_pipe():
    serve()
    for form in ("ndjson", "text", "json"):
        reader, writer = os.pipe()
        live = Live("-i", "lo", "-F", form, out=writer)
        os.close(writer)
        fail()
        if form == "json":
            live.asked("1 errors")
        else:
            os.read(reader, 1)
        os.close(reader)
        began = time.monotonic()
        live.ended(1)
        took = time.monotonic() - began
        expect(took < 4, f"{form}: ends after {took} s")
        expect("error: " in live.words() and "1 exchange" in live.words(),
               lambda f=form: f"{f}: no summary on standard error")
        expect("pipe" not in live.words().lower(), f"{form}: not quietly")


@case
def nobody_reads():
    """Lines are dropped, and said; and who is impatient ends it at once."""
    serve()
    reader, writer = os.pipe()
    live = Live("-i", "lo", "-F", "ndjson", "--exchanges", out=writer)
    asked = [0]

    def dropped():
        for _ in range(40):
            client = kit.Client()
            for _ in range(40):
                client.get("/" + "x" * 2000)
            client.close()
            asked[0] += 40
        return "lines of output that were dropped" in live.words()
    wait_for(dropped, "word of lines that were dropped", 90)
    live.send(signal.SIGUSR1)
    live.said("errors")
    began = time.monotonic()
    live.send(signal.SIGINT)
    live.send(signal.SIGUSR1)
    live.ended(2)
    took = time.monotonic() - began
    live.said("'standard output': the last lines were not taken in time")
    expect(3 < took < 15, f"waits {took} s for its reader at the end")
    os.close(writer)
    os.close(reader)


@case
def impatience():
    """A second SIGINT, while the first one waits for a reader."""
    serve()
    reader, writer = os.pipe()
    for again in (signal.SIGINT, signal.SIGTERM):
        filler = os.dup(writer)
        os.set_blocking(filler, False)
        live = Live("-i", "lo", "-F", "ndjson", out=writer)
        with contextlib.suppress(BlockingIOError):
            while os.write(filler, b"x" * 4096):
                pass
        live.send(signal.SIGINT)
        wait_for(lambda p=live: not blocks(p, signal.SIGINT),
                 "end of the capture")
        began = time.monotonic()
        live.end(-again, again)
        took = time.monotonic() - began
        expect(took < 2, f"ends {took} s after the second")
        os.close(filler)
    os.close(reader)


def blocks(live, number):
    mask = int(live.status_of("SigBlk")[0], 16)
    return mask >> (number - 1) & 1


@case
def signals():
    log = folder("log")
    path = os.path.join(log, "w.ndjson")
    serve()
    live = Live("-i", "lo", "-F", "ndjson", "--output", f"ndjson={path}")
    stop = threading.Event()
    failing = threading.Thread(target=lambda: [
        fail() for _ in iter(stop.is_set, True)])
    failing.start()
    for i in range(5):
        live.found(5 * (i + 1))
        os.rename(path, f"{path}.{i}")
        live.send(signal.SIGHUP)
        wait_for(lambda: os.path.exists(path), "new file")
    stop.set()
    failing.join()
    live.send(signal.SIGUSR1)
    live.said(" complete, ")
    rows = [r for r in live.err.lines if " complete, " in r]
    expect(len(rows) == 1 and re.fullmatch(
        r"whyeof: \d+ packets, 0 dropped, \d+ connections open, \d+ over, "
        r"\d+ exchanges \(0 complete, \d+ not\); findings: \d+ errors, 0 "
        r"warnings, 0 info",
        rows[0]), f"says {rows}")
    live.end(1, signal.SIGTERM)
    got = []
    for name in [f"{path}.{i}" for i in range(5)] + [path]:
        with open(name, encoding="utf-8") as file:
            text = file.read()
        expect(not text or text.endswith("\n"), f"{name} is torn")
        got += text.splitlines()
    expect(got == live.out.lines, "lines are lost, or in another order")
    expect(live.summary()["findings"]["error"] >= 25, "no full summary")


# ---- time and load --------------------------------------------------------

@case
def clock_steps_back():
    """By an hour, in a file that grows."""
    path = os.path.join(folder("in"), "step.pcap")
    with open(path, "wb", buffering=0) as file:
        file.write(pcap_head())

        def put(when, packet):
            file.write(pcap_record(when, packet))
        live = Live("--follow", path, "-F", "ndjson")
        busy, before, after = (Talk(put, port) for port in (40000, 40001,
                                                            40002))
        now = time.time()
        for talk in (busy, before):
            talk.open(now)
        before.ask(now, "/over-the-step")
        busy.ask(now)
        busy.answer(now)
        now -= 3600
        before.answer(now)
        after.open(now)
        after.ask(now, "/hangs")
        before.ask(now, "/hangs-too")
        began = time.monotonic()

        def go_on():
            busy.ask(time.time() - 3600)
            busy.answer(time.time() - 3600)
            return len(live.findings()) == 2
        wait_for(go_on, "two stalls after the step")
        took = time.monotonic() - began
        expect(took < 4, f"the stalls are told after {took:.1f} s")
        after.answer(time.time() - 3600)
        before.answer(time.time() - 3600)
        wait_for(lambda: not live.findings(), "end of the stall")
    live.end(0)
    targets = {f["exchange"]["target"] for f in live.objects("finding")}
    expect(targets == {"/hangs", "/hangs-too"}, f"accused: {targets}")


def stands_by(live):
    """It answers at once, and its memory is not more than so much."""
    live.asked("connections open", limit=8)
    peak = int(live.status_of("VmHWM")[0]) // 1024
    with open(os.environ["WHYEOF"], "rb") as program:
        most = 900 if b"__asan_init" in program.read() else 200
    expect(peak < most, f"{peak} MB")


@case
def syn_flood_in_a_file():
    path = os.path.join(folder("in"), "flood.pcap")
    count = 1000000
    flood, size = syn_flood(count)
    head = pcap_record(1.7e9, bytes(size))[:16]
    room = bytearray((head + bytes(size)) * count)
    for i in range(size):
        room[16 + i::16 + size] = flood[i::size]
    with open(path, "wb") as file:
        file.write(pcap_head() + room)
    live = Live("--follow", path, "-F", "ndjson", "--fail-on", "never")
    stands_by(live)

    live.asked(f"{count} packets")
    stands_by(live)
    live.end(0)
    expect(live.summary()["connections"] == count,
           lambda: f"{live.summary()['connections']} connections")


@case
def syn_flood_on_a_link():
    ours, theirs = pair()
    flood, size = syn_flood(100000, ethernet=True)
    with theirs:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        raw.bind(("b0", 0))
    with ours:
        live = Live("-i", "a0", "-F", "ndjson", "--only", ",".join(FAILED))
        view = memoryview(flood)

        def pour():
            for at in range(0, len(flood), size):
                raw.send(view[at:at + size])
        get("/", FAR)
        pouring = threading.Thread(target=pour)
        pouring.start()
        while pouring.is_alive():
            fail(FAR)
        pouring.join()
        fail(FAR)
        live.found(2)
        stands_by(live)
    live.end(1)
    input_ = live.objects("input")[-1]["input"]
    seen = input_["packets"] + input_["files"][0]["interface_drops"]
    expect(seen >= 100000, f"{seen} packets seen or dropped")


def stop(live):
    live.send(signal.SIGSTOP)
    wait_for(lambda: live.status_of("State")[0] == "T", "stop")


def ask_to_wait(live, drops):
    """Its request is among the last that the kernel still has room for."""
    get("/", FAR)
    live.asked(" 1 exchanges")
    if drops:
        stop(live)
    for _ in range(2):
        get("/big", FAR)
    client = kit.Client(host=FAR)
    client.ask("/wait")
    if drops:
        for _ in range(15):
            get("/big", FAR)
        time.sleep(1.2)
        live.send(signal.SIGCONT)
        live.said("packets were dropped while capturing")
    return client


def outrun(drops):
    """The finding of a reset; None if the ring had no room for its request."""
    RELEASE.clear()
    ours, _ = pair()
    with ours:
        live = Live("-i", "a0", "-F", "ndjson", "--buffer", "8M")
        client = ask_to_wait(live, drops)
        get("/", FAR)
        RELEASE.set()
        client.answer()
        client.close()
        try:
            wait_for(lambda: settled(live), "failure", 8 if drops else 25)
        except Fault:
            if not drops:
                raise
    live.send(signal.SIGINT)
    expect(live.wait() in (0, 1), live.words)
    dropped = live.objects("input")[-1]["input"]["files"][0][
        "interface_drops"]
    warned = [w["text"] for w in live.objects("warning")
              if "dropped while capturing" in w["text"]]
    expect(bool(dropped) == drops and bool(warned) == drops,
           f"{dropped} drops, warnings: {warned}")
    return next(iter(settled(live)), None)


@case
def faster_than_we_are():
    clear = outrun(False)
    # how many packets fill the ring is the kernel's to say
    dim = next(filter(None, (outrun(True) for _ in range(4))), None)
    expect(dim, "four times no word on what the drops left")
    grades = [CONFIDENCE.index(f["confidence"]) for f in (clear, dim)]
    expect(grades[0] > grades[1], f"as sure as without drops: {grades}")
    expect("dropped" in str(dim), "the finding does not name the drops")


def settled(live):
    return [f for f in live.findings()
            if f["exchange"] and f["exchange"]["target"] == "/wait" and
            f["standing"] == "settled" and f["severity"] == "error"]


@case
def asleep_without_drops():
    """It did not run for a while: nothing hung, all was answered meanwhile."""
    serve()
    live = Live("-i", "lo", "-F", "ndjson")
    client = kit.Client()
    client.get()
    for _ in range(3):
        RELEASE.clear()
        client.ask("/late")
        time.sleep(0.3)
        stop(live)
        RELEASE.set()
        client.answer()
        time.sleep(1.5)
        live.send(signal.SIGCONT)
        client.get()
        time.sleep(0.3)
    live.end(0)
    expect(not live.objects("finding"), "accuses somebody")
    expect(live.summary()["complete"] == 7,
           lambda: f"{live.summary()['complete']} of 7 exchanges")


# ---- confinement ----------------------------------------------------------

def expect_confined(live, user):
    wanted = {"Uid": [user] * 4, "Gid": [user] * 4, "CapPrm": ["0" * 16],
              "CapEff": ["0" * 16], "CapInh": ["0" * 16], "NoNewPrivs": ["1"],
              "Seccomp": ["2"], "Groups": []}
    for name, value in wanted.items():
        got = live.status_of(name)
        expect(got == value, f"{name} is {got}")


@case
def confined():
    serve()
    log = folder("log")
    record = os.path.join(tempfile.gettempdir(), "made")
    path = os.path.join(log, "w.ndjson")
    live = Live("-i", "lo", "-F", "ndjson", "--record", record, "--output",
                f"ndjson={path}", "--output", "ndjson=/dev/null")
    live.said("as nobody, confined")
    expect_confined(live, str(NOBODY))
    fail()
    live.found(1)
    elsewhere = folder("elsewhere")
    for moved in (record, log):
        os.rename(moved, moved + ".moved")
        os.symlink(elsewhere, moved)
    live.send(signal.SIGHUP)
    fail()
    live.found(2)
    live.end(1)
    expect(not os.listdir(elsewhere), "writes through the link")
    expect(len(os.listdir(record + ".moved")) == 2, "not both are recorded")
    expect(os.stat(record + ".moved").st_mode & 0o777 == 0o700,
           "anybody may read the recordings")
    expect("'null'" not in live.words(), "a device is opened again")


@case
def root_without_rights():
    serve()
    record = folder("rec", 0o700)
    live = Live("-i", "lo", "-F", "ndjson", "--record", record, "--user",
                "root")
    live.said("as root, confined")
    expect_confined(live, "0")
    fail()
    live.found(1)
    live.end(1)
    expect(len(os.listdir(record)) == 1, "nothing is recorded")


@case
def without_landlock():
    """On an older kernel, where the library call for it has no answer."""
    serve()
    record, log = folder("rec"), folder("log")
    path = os.path.join(log, "w.ndjson")
    metrics = os.path.join(log, "m.prom")
    live = Live("-i", "lo", "-F", "ndjson", "--record", record, "--output",
                f"ndjson={path}", "--metrics", metrics, before=NO_LANDLOCK)
    expect_confined(live, str(NOBODY))
    fail()
    live.found(1)
    os.rename(path, path + ".1")
    live.send(signal.SIGHUP)
    wait_for(lambda: os.path.exists(path), "new file")
    live.end(1)
    expect(len(os.listdir(record)) == 1, "nothing is recorded")
    expect(read_metrics(metrics), "no metrics")
    shutil.copy(f"{ROOT}/testdata/captures/go-write-timeout-reused.pcap",
                os.path.join(log, "a.pcap"))
    live = Live("--follow", os.path.join(log, "*.pcap"), "-F", "ndjson",
                before=NO_LANDLOCK)
    live.found(1, "write-timeout-eof")
    live.end(1)


NO_LANDLOCK = (sys.executable, "-c", """
import ctypes, os, sys
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
rules = ctypes.c_void_p(seccomp.seccomp_init(0x7fff0000))
for call in (444, 445, 446):
    seccomp.seccomp_rule_add(rules, 0x00050000 | 38, call, 0)
seccomp.seccomp_load(rules)
os.execv(sys.argv[1], sys.argv[1:])
""")


# ---- options --------------------------------------------------------------

@case
def choices():
    serve()
    live = Live("-i", "lo", "--duration", "1500ms", "-F", "ndjson", "-x",
                "tcp", "port", "8080")
    get("/one?token=s3cr3t")
    fail()
    live.ended(1)
    shown = live.objects("exchange")
    expect([x["target"] for x in shown] == ["/one?token=***", "/reset"],
           f"exchanges: {shown}")
    live = Live("-i", "lo", "--count", "5", "-F", "ndjson")
    for _ in range(3):
        get()
    live.ended(0)
    expect(live.objects("input")[-1]["input"]["packets"] == 5, "not 5 packets")
    for option, value, left in (("--only", "server-stall", 0),
                                ("--ignore", ",".join(FAILED), 0),
                                ("--only", ",".join(FAILED), 1)):
        live = Live("-i", "lo", "-F", "ndjson", option, value, "--exchanges")
        get()
        fail()
        wait_for(lambda p=live: len(p.objects("exchange")) == 2, "exchange")
        live.end(left)
        expect(len(live.findings()) == left, f"{option} {value}")


@case
def lengths():
    """--snaplen: bodies that are cut are counted by what the head says, but
    chunks cannot be."""
    serve()
    for value, cut in (("200", True), ("8320", True), ("full", False),
                       (None, False)):
        options = ["--snaplen", value] if value else []
        live = Live("-i", "lo", "-F", "ndjson", *options)
        get("/big")
        get("/chunks")
        fail()
        live.found(1)
        live.end(1)
        warned = [w for w in live.objects("warning")
                  if "snap length" in w["text"]]
        expect(bool(warned) == cut, f"--snaplen {value}: {warned}")
        summary = live.summary()
        expect((summary["complete"], summary["not_judged"]) ==
               ((1, 1) if cut else (2, 0)), f"--snaplen {value}: {summary}")


@case
def root_of_a_container():
    """It stays root, but has no right but one, and then none."""
    serve()
    live = Live("-i", "lo", "--user", "root", "-F", "ndjson",
                before=ONLY_NET_RAW)
    fail()
    live.found(1)
    with open(f"/proc/{live.pid}/status", encoding="utf-8") as file:
        rights = dict(line.split(":\t") for line in file if "Cap" in line)
    expect(not int(rights["CapPrm"], 16) and not int(rights["CapEff"], 16),
           rights)
    live.end(1)


@case
def any_interface():
    """A router sees each packet twice."""
    path = kit.Path(None, offload=True)
    with path.server:
        serve()
    with path.router:
        live = Live("-i", "any", "-F", "ndjson", "-x", "tcp", "port", "8080")
    with path.client:
        for _ in range(3):
            get("/", kit.SERVER)
        fail(kit.SERVER)
    live.found(1)
    live.end(1)
    expect(live.summary()["connections"] == 4, "connections are doubled")
    expect([x["target"] for x in live.objects("exchange")] ==
           ["/", "/", "/", "/reset"], "exchanges are doubled")
    expect(len(live.findings()) == 1, "more than one finding")
    ignored = live.objects("input")[-1]["input"]["ignored"]
    expect(sum(ignored.values()) > 10, f"copies are not counted: {ignored}")


def read_metrics(path):
    """{series: value}; what is wrong with it is a fault."""
    values, types, helped = {}, {}, set()
    with open(path, encoding="utf-8") as file:
        text = file.read()
    expect(text.endswith("\n"), "the last line of the metrics is torn")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split()[2])
        elif line.startswith("# TYPE "):
            types[line.split()[2]] = line.split()[3]
        else:
            match = re.fullmatch(r'([a-z_]+)(\{(?:[a-z]+="[^"\\\n]*",?)*\})? '
                                 r'(\d+(?:\.\d+)?)', line)
            expect(match, f"no sample: {line}")
            name = re.sub("_(bucket|sum|count)$", "", match[1])
            if types.get(name) != "histogram":
                name = match[1]
            expect(name in types and name in helped, f"{name} has no TYPE")
            expect(types[name] != "counter" or name.endswith("_total"),
                   f"counter {name}")
            series = name if types[name] == "gauge" else match[1] + (
                match[2] or "")
            expect(series not in values or types[name] == "gauge",
                   f"{series} is there twice")
            values[series] = float(match[3])
    return values


def expect_histogram(values, name, count):
    """Of one server: its buckets go up, and the last holds all."""
    buckets = [(series, value) for series, value in values.items()
               if series.startswith(f"whyeof_{name}_bucket{{")]
    bounds = [float(re.search('le="([^"]+)"', s)[1]) for s, _ in buckets]
    inside = [value for _, value in buckets]
    expect(len(bounds) > 9 and bounds == sorted(set(bounds)) and
           bounds[-1] == float("inf"), f"{name}: {bounds}")
    expect(inside == sorted(inside) and inside[-1] == count,
           f"{name}: {inside}, not {count}")
    total = [v for s, v in values.items()
             if s.startswith(f"whyeof_{name}_count{{")]
    spent = [v for s, v in values.items()
             if s.startswith(f"whyeof_{name}_sum{{")]
    expect(total == [count] and 0 < spent[0] < count, f"{name}: {total}, {spent}")


def by_promtool(path):
    """Prometheus' own reader, where it is there, takes it without a word."""
    if not shutil.which("promtool"):
        print("skip metrics by promtool: needs prometheus")
        return
    with open(path, encoding="utf-8") as file:
        done = subprocess.run(["promtool", "check", "metrics"], stdin=file,
                              capture_output=True, text=True)
    expect(done.returncode == 0 and not done.stdout + done.stderr,
           f"promtool: {done.stdout}{done.stderr}")


@case
def metrics():
    path = os.path.join(folder("metrics"), "whyeof.prom")
    serve()
    live = Live("-i", "lo", "-F", "ndjson", "--metrics", path)
    before = {}
    reads = 0
    wait_for(lambda: os.path.exists(path), "metrics")
    end = time.monotonic() + 6.5
    while time.monotonic() < end:
        fail()
        get()
        for _ in range(50):
            now = read_metrics(path)
            for series, value in before.items():
                expect(not re.search("_total|_bucket|_sum|_count", series) or
                       value <= now[series], f"{series} went back")
            before = now
            reads += 1
    live.end(1)
    now = read_metrics(path)
    found = sum(v for k, v in now.items() if "findings_total" in k)
    summary = live.summary()
    expect(found == summary["findings"]["error"] > 0, f"{found} findings")
    good = [v for k, v in now.items() if 'outcome="complete"' in k]
    expect(good == [summary["complete"]], f"{good} complete")
    expect(now["whyeof_packets_total"] ==
           live.objects("input")[-1]["input"]["packets"], "packets")
    expect(now["whyeof_connections_total"] == summary["connections"],
           "connections")
    expect(now["whyeof_resident_memory_bytes"] > 1 << 20, "memory")
    expect(now['whyeof_connections_by_protocol_total{protocol="http/1"}'] ==
           summary["http_connections"] > 0, "protocols")
    for name in ("time_to_first_byte_seconds", "time_to_last_byte_seconds"):
        expect_histogram(now, name, summary["complete"])
    carried = [v for k, v in now.items() if "server_connections_total" in k]
    expect(carried == [summary["complete"]], f"{carried} connections")
    by_promtool(path)
    expect(os.listdir(os.path.dirname(path)) == ["whyeof.prom"],
           "a draft is left")


@case
def record_limits():
    record = folder("rec")
    serve()
    live = Live("-i", "lo", "-F", "ndjson", "--record", record,
                "--record-limit", "1M,3", "--record-memory", "64k")
    for count in range(1, 7):
        get("/big")
        fail()
        live.found(count)
    live.end(1)
    left = sorted(glob.glob(os.path.join(record, "*.pcapng")))
    expect(len(left) == 3, f"{len(left)} files are left")
    named = live.objects("recording")
    expect([line["findings"] for line in named] == [[n] for n in range(1, 7)],
           lambda: f"not each is named: {named}")
    expect([line["path"] for line in named][-3:] == left,
           lambda: f"others are named: {named}")
    expect([int(re.search(r"-s(\d+)\.", p)[1]) for p in left] == [7, 9, 11],
           lambda: f"not the latest are left: {left}")
    for path in left:
        run = subprocess.run([os.environ["WHYEOF"], path], text=True,
                             capture_output=True, check=False)
        expect(run.returncode == 1, f"{path}: {run.stdout}{run.stderr}")


# ---- files that grow ------------------------------------------------------

def tcpdump(*options):
    child = subprocess.Popen(
        ["tcpdump", "-Z", "root", "--immediate-mode", "-U", "-n", "-B",
         "32768", "-i", "lo", *options, "tcp"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    while b"listening on" not in child.stderr.readline():
        expect(child.poll() is None, "tcpdump does not start")
    return child


@case
def rotated_by_time():
    """tcpdump -G: a pattern, read as one stream."""
    place = folder("in")
    dump = tcpdump("-G", "1", "-w", os.path.join(place, "cap-%s.pcap"))
    serve()
    live = Live("--follow", os.path.join(place, "cap*.pcap"), "-F", "ndjson")
    held = kit.Client()
    held.get("/first")

    def files():
        get()
        time.sleep(0.1)
        return len(os.listdir(place)) >= 4
    for count in range(1, 4):
        fail()
        live.found(count)
        files()
    wait_for(files, "four files")
    held.get("/reset")
    live.found(4)
    dump.send_signal(signal.SIGINT)
    dump.wait()
    live.end(1)
    found = live.findings()[-1]
    expect(found["connection"]["start_seen"] and
           found["exchange"]["index"] == 2,
           "the connection is not one over all files")
    expect_all_read(live, place)


def expect_all_read(live, place):
    """As much as of the same files, read when they are complete."""
    paths = sorted(glob.glob(os.path.join(place, "*")), key=os.path.getmtime)
    read = subprocess.run([os.environ["WHYEOF"], "-F", "json", *paths],
                          text=True, capture_output=True, check=False)
    whole = kit_json(read.stdout)
    now = live.objects("input")[-1]["input"]
    expect(now["packets"] == whole["input"]["packets"],
           f"{now['packets']} packets of {whole['input']['packets']}")
    expect(live.summary()["findings"] == whole["summary"]["findings"],
           "other findings")


def kit_json(text):
    import json
    return json.loads(text)


@case
def rotated_by_size():
    """tcpdump -C: names that a shell has expanded."""
    place = folder("in")
    dump = tcpdump("-C", "1", "-w", os.path.join(place, "cap"))
    serve()

    def files():
        get("/big")
        return len(os.listdir(place))
    wait_for(lambda: files() >= 2, "two files")
    live = Live("--follow", *sorted(glob.glob(os.path.join(place, "*"))),
                "-F", "ndjson")
    fail()
    live.found(1)
    wait_for(lambda: files() >= 5, "five files")
    fail()
    live.found(2)
    dump.send_signal(signal.SIGINT)
    dump.wait()
    live.end(1)
    expect_all_read(live, place)


@case
def followed_by_nobody():
    place = folder("in")
    live = Live("--follow", f"{place}/*.pcap", "-F", "ndjson",
                before=AS_NOBODY)
    expect_confined(live, str(NOBODY))
    shutil.copy(f"{ROOT}/testdata/captures/go-write-timeout-reused.pcap",
                os.path.join(place, "a.pcap"))
    live.found(1, "write-timeout-eof")
    live.end(1)


@case
def follow_refusals():
    closed = folder("closed", 0o700)
    refused("closed folder", ["--follow", f"{closed}/*.pcap"],
            f"cannot follow '{closed}': Permission denied", before=AS_NOBODY)
    refused("no folder", ["--follow", "/nonexistent/*.pcap"],
            "cannot follow '/nonexistent': No such file")
    refused("--follow and -i", ["--follow", "-i", "lo"], "--follow")
    refused("filter of files", ["--follow", "-f", "tcp[", "/tmp/x"],
            "bad filter 'tcp['")
    junk = folder("junk")
    with open(os.path.join(junk, "a.pcap"), "w", encoding="utf-8") as file:
        file.write("this is no capture\n" * 100)
    live = Live("--follow", f"{junk}/*.pcap", "-F", "ndjson")
    shutil.copy(f"{ROOT}/testdata/captures/go-write-timeout-reused.pcap",
                os.path.join(junk, "b.pcap"))
    live.found(1, "write-timeout-eof")
    live.end(2)
    expect("not a pcap or pcapng capture" in live.words(),
           "what is no capture is not told")


# ---- the frame ------------------------------------------------------------

def run_here(name):
    kit.sh("ip link set lo up")
    try:
        CASES[name]()
        print(f"ok live {name}", flush=True)
    except kit.Needs as lacking:
        print(f"skip live {name}: needs {lacking}", flush=True)
    except Fault as fault:
        print(f"FAIL live {name}: {str(fault)!r}", flush=True)
    sys.stdout.flush()
    os._exit(0)  # threads may still wait on their sockets


def run_apart(name, scratch):
    part = os.path.join(scratch, name)
    os.mkdir(part)
    os.chmod(part, 0o755)
    child = subprocess.Popen(
        ["unshare", "--net", "--pid", "--mount", "--mount-proc", "--fork",
         "--kill-child", sys.executable, os.path.abspath(__file__), name],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, TMPDIR=part, WHYEOF=f"{scratch}/whyeof"))
    try:
        out, err = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        return f"FAIL live {name}: still runs after {PATIENCE} s"
    return out.strip() or f"FAIL live {name}: {err.strip()[-600:]!r}"


def why_not():
    """What keeps the cases from running at all, or None."""
    if os.geteuid() != 0:
        return "needs root"
    for tool in ("unshare", "setpriv", "ip", "mount", "tcpdump"):
        if not shutil.which(tool):
            return "needs " + tool
    for what, options in (("network", ["--net"]),
                          ("process", ["--pid", "--fork"]),
                          ("mount", ["--pid", "--mount", "--mount-proc",
                                     "--fork", "--kill-child"])):
        done = subprocess.run(["unshare", *options, "true"], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            return f"needs a {what} namespace ({done.stderr.strip()})"
    return None


def main():
    lacking = why_not()
    if lacking:
        for name in CASES:
            print(f"skip live {name}: {lacking}")
        return 0
    scratch = tempfile.mkdtemp(prefix="whyeof-live-")
    os.chmod(scratch, 0o755)
    shutil.copy(os.environ.get("WHYEOF", "build/whyeof"), scratch + "/whyeof")
    failed = False
    with ThreadPoolExecutor(TOGETHER) as pool:
        for line in pool.map(lambda name: run_apart(name, scratch), CASES):
            print(line, flush=True)
            failed |= not line.startswith(("ok", "skip"))
    shutil.rmtree(scratch, ignore_errors=True)
    return failed


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_here(sys.argv[1])
    sys.exit(main())
