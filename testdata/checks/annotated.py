#!/usr/bin/env python3
"""--output pcapng=FILE: the packets as they were, with findings as comments.

The result is read by tshark and capinfos, as the input is, and block by block
here: every block is the input's but for the comments that begin with "whyeof: ".
Frames and words of the comments are those of the same run's JSON.

ANNOTATED_ROUNDS: how many corrupted inputs are tried.
"""
import gzip
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
ROUNDS = int(os.environ.get("ANNOTATED_ROUNDS", "150"))
SEED = "testdata/seed/write-timeout.pcapng"
CLASSIC = "testdata/captures/go-client-timeout.pcap"
OURS = b"whyeof: "
SECTION, INTERFACE, OBSOLETE, SIMPLE, NAMES, STATISTICS, ENHANCED = (
    0x0a0d0d0a, 1, 2, 3, 4, 5, 6)
JOURNAL, SECRETS, CUSTOM, UNKNOWN = 9, 10, 0xbad, 0x0000aaaa
failed = 0


def check(why, what):
    global failed
    failed += why is not None
    print("ok annotated: " + what if why is None else
          "FAIL annotated: %s: %s" % (what, why))


def run(*words, **more):
    return subprocess.run(words, capture_output=True, check=False, **more)


# ---- pcapng, read and written here -------------------------------------------

class Writer:
    def __init__(self, order):
        self.order = order
        self.data = b""

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def option(self, code, value):
        return self.pack("HH", code, len(value)) + value + bytes(-len(value) % 4)

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        size = self.pack("I", len(body) + 12)
        self.data += self.pack("I", kind) + size + body + size

    def section(self, length, *options):
        self.block(SECTION, self.pack("IHHq", 0x1a2b3c4d, 1, 0, length) +
                   b"".join(options))

    def interface(self, link, snap, *options):
        self.block(INTERFACE, self.pack("HHI", link, 0, snap) +
                   b"".join(options))

    def enhanced(self, interface, ticks, data, *options):
        self.block(ENHANCED, self.pack("IIIII", interface, ticks >> 32,
                                       ticks & 0xffffffff, len(data),
                                       len(data)) +
                   data + bytes(-len(data) % 4) + b"".join(options))

    def obsolete(self, interface, ticks, data, *options):
        self.block(OBSOLETE, self.pack("HHIIII", interface, 0xffff, ticks >> 32,
                                       ticks & 0xffffffff, len(data),
                                       len(data)) +
                   data + bytes(-len(data) % 4) + b"".join(options))


def blocks(data):
    """(order, type, whole) of each block that is whole."""
    at, order, found = 0, "<", []
    while at + 12 <= len(data):
        kind = struct.unpack_from(order + "I", data, at)[0]
        if kind == SECTION:
            order = "<" if data[at + 8] == 0x4d else ">"
        size = struct.unpack_from(order + "I", data, at + 4)[0]
        size += -size % 4
        if at + size > len(data):
            break
        found.append((order, kind, data[at:at + size]))
        at += size
    return found


def options_of(order, data):
    at, found = 0, []
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 0:
            found.append((0, data[at:]))
            break
        found.append((code, data[at + 4:at + 4 + size]))
        at += 4 + size + -size % 4
    return found


def split_packet(order, kind, whole):
    """The fixed part with the packet, its options, and our comments."""
    size = struct.unpack_from(order + "I", whole, 20)[0]
    at = 28 + size + -size % 4
    rest = options_of(order, whole[at:-4])
    ours = [v for c, v in rest if c == 1 and v.startswith(OURS)]
    others = [o for o in rest if o[0] != 1 or not o[1].startswith(OURS)]
    if others and others[-1][0] == 0 and len(others) == 1:
        others = []  # the mark of the end, and nothing that ends
    return whole[8:at], others, ours


def differs(before, after):
    """Why the blocks are not the same but for our comments, or None."""
    old, new = blocks(before), blocks(after)
    if [b[1] for b in old] != [b[1] for b in new]:
        return "blocks %s, not %s" % ([b[1] for b in new], [b[1] for b in old])
    if sum(len(b[2]) for b in new) != len(after):
        return "something behind the last block"
    for i, ((order, kind, a), (_, _, b)) in enumerate(zip(old, new)):
        if kind in (ENHANCED, OBSOLETE):
            if split_packet(order, kind, a)[:2] != split_packet(order, kind, b)[:2]:
                return "packet block %d differs" % i
        elif kind == SECTION:
            if a[:16] + a[24:] != b[:16] + b[24:] or b[16:24] != b"\xff" * 8:
                return "section %d differs" % i
        elif a != b:
            return "block %d of type %#x differs" % (i, kind)
    return None


# ---- what tshark and capinfos say ---------------------------------------------

def frames(path):
    if not shutil.which("tshark"):
        return None
    done = run("tshark", "-n", "-r", path, "-T", "fields",
               *(w for f in ("number", "time_epoch", "len", "cap_len",
                             "encap_type")
                 for w in ("-e", "frame." + f)), text=True)
    return done.stdout.splitlines()


def comments(path):
    done = run("tshark", "-n", "-r", path, "-Y", "frame.comment", "-T", "json",
               "-e", "frame.number", "-e", "frame.comment", text=True)
    return {int(p["_source"]["layers"]["frame.number"][0]):
            p["_source"]["layers"]["frame.comment"]
            for p in json.loads(done.stdout)}


def wanted(report):
    found = {}
    for f in report["findings"]:
        for e in f["evidence"]:
            found.setdefault(e["frame"], set()).add(
                "whyeof: %s (%s, %s): %s (finding %d)" % (
                    f["code"], f["severity"], f["confidence"],
                    e["what"].replace("\\", "\\\\"), f["id"]))
    return found


def capinfos(path):
    done = run("capinfos", "-TrmBcu", path, text=True)
    return done.stdout.split("\t", 1)[-1].strip()


def compare(name, paths, folder, before=None, block_wise=True):
    """`before`: what tshark is to read beside the result; the input itself."""
    out = os.path.join(folder, "out.pcapng")
    report = os.path.join(folder, "report.json")
    if os.path.exists(out):
        os.unlink(out)
    done = run(WHYEOF, "-o", "pcapng=" + out, "-o", "json=" + report, *paths)
    if done.returncode not in (0, 1) and before != "broken":
        check(done.stderr.decode(), name)
        return None
    with open(out, "rb") as file:
        after = file.read()
    why = None
    if block_wise:
        with open(paths[0], "rb") as file:
            why = differs(file.read(), after)
    with open(report, encoding="utf-8") as file:
        document = json.load(file)
    if shutil.which("tshark") and why is None:
        old = before if before not in (None, "broken") else paths[0]
        if frames(old) != frames(out):
            why = "tshark reads other frames"
        elif before != "broken" and capinfos(old) != capinfos(out):
            why = "capinfos: %s, not %s" % (capinfos(out), capinfos(old))
        got = comments(out)
        for number, texts in wanted(document).items():
            if not texts <= set(got.get(number, [])):
                why = "frame %d has %s, not %s" % (number, got.get(number),
                                                   texts)
        ours = {n for n, t in got.items() if any(x[:8] == "whyeof: " for x in t)}
        ended = len(document["findings"])
        if len(ours - set(wanted(document))) > ended:
            why = "comments on frames that no finding cites: %s" % (
                ours - set(wanted(document)))
    check(why, name)
    return after


# ---- inputs ---------------------------------------------------------------------

def packets(path):
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    nano = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    link = struct.unpack_from(order + "I", data, 20)[0]
    at, found = 24, []
    while at < len(data):
        seconds, part, size, _ = struct.unpack_from(order + "IIII", data, at)
        found.append((seconds * 10 ** 9 + part * (1 if nano else 1000),
                      data[at + 16:at + 16 + size]))
        at += 16 + size
    return link, found


def rich(order):
    """All kinds of blocks; two interfaces of two link types and resolutions."""
    link, found = packets(CLASSIC)
    w = Writer(order)
    end = w.pack("HH", 0, 0)
    w.section(-1, w.option(1, b"of the section"), w.option(3, b"an OS"),
              w.option(4, b"a program"), end)
    w.interface(link, 262144, w.option(2, b"eth7"), w.option(9, b"\x09"),
                w.option(1, b"of the interface"), end)
    w.interface(101, 0, w.option(2, b"tun0"), w.option(9, b"\x06"), end)
    w.block(NAMES, w.pack("HH", 1, 10) + bytes([10, 0, 0, 9]) + b"host9\0" +
            bytes(2) + w.pack("HH", 0, 0))
    w.block(SECRETS, w.pack("II", 0x544c534b, 6) + b"# none")
    w.block(UNKNOWN, b"what is this?")
    for i, (when, data) in enumerate(found):
        if i == 2:
            w.block(JOURNAL, b"MESSAGE=hello\n__REALTIME_TIMESTAMP=1\n")
            w.block(CUSTOM, w.pack("I", 32473) + b"anything")
        if i % 5 == 1:
            w.enhanced(0, when, data, w.option(1, b"a word before"),
                       w.option(2, w.pack("I", 1)), end)
        elif i % 5 == 2:
            w.obsolete(0, when, data, w.option(1, b"an old one"), end)
        elif i % 5 == 3:
            w.obsolete(0, when, data)
        elif i % 5 == 4:
            w.enhanced(0, when, data, w.option(1, b"no mark of the end"))
        else:
            w.enhanced(0, when, data)
        if i == 1:
            w.enhanced(1, when // 1000, bytes([0x45]) + bytes(27),
                       w.option(1, b"other link"), end)
    w.block(STATISTICS, w.pack("III", 0, 1, 2) + w.option(4, w.pack("Q", 99)) +
            end)
    return w.data


def two_sections():
    """Both byte orders in one file, the first with its length."""
    first, second = rich("<"), rich(">")
    head = struct.unpack_from("<I", first, 4)[0]
    return (first[:16] + struct.pack("<q", len(first) - head) + first[24:] +
            second)


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def nanosecond(path):
    link, found = packets(path)
    data = struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, link)
    for when, packet in found:
        data += struct.pack("<IIII", when // 10 ** 9, when % 10 ** 9 + 7,
                            len(packet), len(packet)) + packet
    return data


# ---- checks ---------------------------------------------------------------------

def check_one(folder):
    compare("the seed", [SEED], folder)
    for order, name in ("<", "little"), (">", "big"):
        path = write(folder, name + ".pcapng", rich(order))
        compare("every kind of block, %s-endian" % name, [path], folder)
    path = write(folder, "two.pcapng", two_sections())
    compare("two sections of two byte orders", [path], folder)
    compare("classic", [CLASSIC], folder, block_wise=False)
    path = write(folder, "nano.pcap", nanosecond(CLASSIC))
    compare("classic with nanoseconds", [path], folder, block_wise=False)
    packed = write(folder, "p.gz", gzip.compress(read(CLASSIC)))
    compare("gzip", [packed], folder, before=CLASSIC, block_wise=False)
    if shutil.which("zstd"):
        packed = os.path.join(folder, "p.zst")
        subprocess.run(["zstd", "-q", SEED, "-o", packed], check=True)
        compare("zstd", [packed], folder, before=SEED, block_wise=False)
    else:
        print("skip annotated: zstd: needs zstd")
    cut = write(folder, "cut.pcapng", read(SEED)[:-30])
    compare("cut inside a block", [cut], folder, before="broken")
    cut = write(folder, "cut.pcap", read(CLASSIC)[:-3])
    compare("cut classic", [cut], folder, before="broken", block_wise=False)
    empty = write(folder, "empty.pcapng", blocks(read(SEED))[0][2])
    compare("no packets", [empty], folder)


def resolution(folder):
    """Microseconds stay microseconds, nanoseconds nanoseconds."""
    out = os.path.join(folder, "out.pcapng")
    nano = write(folder, "nano.pcap", nanosecond(CLASSIC))
    for path, exponent in (CLASSIC, 6), (nano, 9):
        run(WHYEOF, "-o", "pcapng=" + out, path)
        order, _, interface = blocks(read(out))[1]
        got = dict(options_of(order, interface[16:-4])).get(9)
        check(None if got == bytes([exponent]) else "if_tsresol %s" % got,
              "resolution of %s" % os.path.basename(path))


def several(folder):
    """mergecap is asked for the order, of inputs that overlap in time."""
    link, found = packets(CLASSIC)
    half = len(found) // 2
    parts = {"a": found[:half], "b": found[half:], "odd": found[::2],
             "even": found[1::2]}
    path = {}
    for name, some in parts.items():
        w = Writer(">" if name == "even" else "<")
        w.section(-1)
        w.interface(link, 0, w.option(9, b"\x09"), w.pack("HH", 0, 0))
        for when, data in some:
            w.enhanced(0, when, data)
        w.block(STATISTICS, w.pack("III", 0, 1, 2))
        path[name] = write(folder, name + ".pcapng", w.data)
    for what, names in (("in sequence", ("b", "a")), ("overlapping",
                                                      ("odd", "even"))):
        out = os.path.join(folder, "merged.pcapng")
        if not shutil.which("mergecap"):
            print("skip annotated: inputs %s: needs mergecap" % what)
            continue
        run("mergecap", "-w", out, *(path[n] for n in names))
        after = compare("inputs " + what, [path[n] for n in names], folder,
                        before=out, block_wise=False)
        kinds = [b[1] for b in blocks(after or b"")]
        check(None if kinds.count(STATISTICS) == 2 else str(kinds),
              "inputs %s: all other blocks" % what)


def trailing_records(folder):
    """What counts as a frame behind the last packet of one of two files."""
    link, found = packets(CLASSIC)
    half = len(found) // 2
    paths = []
    for name, some in ("1", found[:half]), ("2", found[half:]):
        w = Writer("<")
        w.section(-1)
        w.interface(link, 0, w.option(9, b"\x09"), w.pack("HH", 0, 0))
        for when, data in some:
            w.enhanced(0, when, data)
        w.block(JOURNAL, b"MESSAGE=bye\n__REALTIME_TIMESTAMP=1\n")
        paths.append(write(folder, "t%s.pcapng" % name, w.data))
    joined = write(folder, "joined.pcapng", b"".join(read(p) for p in paths))
    compare("journal entries behind the packets", paths, folder, before=joined,
            block_wise=False)


def no_comments(folder):
    w = Writer("<")
    link, found = packets(CLASSIC)
    w.section(-1)
    w.interface(link, 0)
    for _, data in found:
        w.block(SIMPLE, w.pack("I", len(data)) + data)
    path = write(folder, "simple.pcapng", w.data)
    out = os.path.join(folder, "out.pcapng")
    done = run(WHYEOF, "-o", "pcapng=" + out, path)
    told = json.loads(run(WHYEOF, "-F", "json", path).stdout)["findings"]
    why = None
    if read(out) != w.data:
        why = "blocks without options were changed"
    elif told and b"Simple Packet Blocks" not in done.stderr:
        why = "not said: %s" % done.stderr
    check(why, "simple packets take no comments")


def refused(folder):
    copy = write(folder, "in.pcapng", read(SEED))
    held = read(copy)
    pipe = os.path.join(folder, "pipe")
    os.mkfifo(pipe)
    out = os.path.join(folder, "never.pcapng")
    cases = {
        "standard input": (["-o", "pcapng=" + out, "-"], b"read again"),
        "a pipe": (["-o", "pcapng=" + out, pipe], b"twice"),
        "its own input": (["-o", "pcapng=" + copy, copy], b"overwrite"),
        "among the report": (["-o", "pcapng=-", copy], b"not to a terminal"),
        "as a format": (["-F", "pcapng", copy], b"--output pcapng=FILE"),
        "twice": (["-o", "pcapng=" + out, "-o", "pcapng=" + out, copy],
                  b"once"),
        "with --follow": (["--follow", "-o", "pcapng=" + out, copy],
                          b"second time"),
        "with --why": (["--why", "0", "-o", "pcapng=" + out, copy],
                       b"second time"),
    }
    for name, (words, said) in cases.items():
        feeder = None
        if name == "a pipe":
            feeder = subprocess.Popen(["sh", "-c", 'exec cat "$0" > "$1"', SEED,
                                       pipe])
        with open(SEED, "rb") as seed:
            done = run(WHYEOF, *words, stdin=seed, timeout=20)
        if feeder:
            feeder.kill()
            feeder.wait()
        why = None
        if done.returncode != 2 or said not in done.stderr:
            why = "status %d: %s" % (done.returncode, done.stderr)
        elif os.path.exists(out) or read(copy) != held:
            why = "something was written"
        check(why, "refused: " + name)


def is_open(process, path):
    folder = "/proc/%d/fd" % process
    try:
        return any(os.path.realpath(os.path.join(folder, name)) == path
                   for name in os.listdir(folder))
    except OSError:
        return False


def changed(folder):
    """An input that grows while it is read the first time."""
    link, found = packets(CLASSIC)
    record = b"".join(
        struct.pack("<IIII", t // 10 ** 9, t % 10 ** 9 // 1000, len(d), len(d)) +
        d for t, d in found)
    head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
    path = os.path.realpath(write(folder, "grows.pcap", head + record * 20000))
    out = os.path.join(folder, "grown.pcapng")
    with subprocess.Popen([WHYEOF, "-o", "pcapng=" + out, path],
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as running:
        while running.poll() is None and not is_open(running.pid, path):
            time.sleep(0.001)
        time.sleep(0.05)
        early = running.poll() is None
        with open(path, "ab") as file:
            file.write(record)
        _, said = running.communicate(timeout=100)
    if not early:
        print("skip annotated: an input that grew: it was read too fast")
        return
    good = running.returncode == 2 and b"has changed since it was read" in said
    check(None if good else "status %d: %s" % (running.returncode, said),
          "an input that grew")


def without_secrets(folder):
    out = os.path.join(folder, "out.pcapng")
    path = write(folder, "secrets.pcapng", rich(">"))
    run(WHYEOF, "--no-secrets", "-o", "pcapng=" + out, path)
    kinds = [b[1] for b in blocks(read(path)) if b[1] != SECRETS]
    got = [b[1] for b in blocks(read(out))]
    check(None if got == kinds and len(got) > 20 else "blocks %s" % got,
          "without secrets")


def corrupted(folder):
    """Whatever is in the file: an end, a status, and no sanitizer's word."""
    sources = [rich("<"), rich(">"), two_sections(), read(CLASSIC)]
    path = os.path.join(folder, "bad")
    out = os.path.join(folder, "bad.pcapng")
    why = None
    for seed in range(ROUNDS):
        chance = random.Random(seed)
        data = bytearray(chance.choice(sources))
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(data))
            if chance.random() < 0.2:
                del data[at:at + chance.randrange(1, 64)]
            elif chance.random() < 0.5:
                data[at] = chance.randrange(256)
            else:
                data[at:at + 4] = chance.choice(
                    [b"\xff" * 4, bytes(4), struct.pack("<I", 0x0a0d0d0a),
                     struct.pack(">I", 0x10000000)])
        write(folder, "bad", bytes(data))
        done = run(WHYEOF, "-o", "pcapng=" + out, path, path, timeout=60)
        if done.returncode not in (0, 1, 2) or b"Sanitizer" in done.stderr or \
                b"runtime error" in done.stderr or \
                b"has changed" in done.stderr:
            why = "seed %d: status %d, %s" % (seed, done.returncode, done.stderr)
            break
    check(why, "%d corrupted inputs" % ROUNDS)


def main():
    for tool in ("tshark", "capinfos"):
        if not shutil.which(tool):
            print("skip annotated: as %s reads it: needs tshark" % tool)
    with tempfile.TemporaryDirectory() as folder:
        check_one(folder)
        resolution(folder)
        several(folder)
        trailing_records(folder)
        no_comments(folder)
        refused(folder)
        changed(folder)
        without_secrets(folder)
        corrupted(folder)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
