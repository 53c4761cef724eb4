#!/usr/bin/env python3
"""--compare, on pairs that the lab recorded at both ends of a path.

Each is held against what its recipe noted (NAME-middle.json) and what tshark
reads: every segment that was dropped is told lost, at its frame, and no other;
so are those that were injected, held and changed. Then what must not be told:
of one capture held against itself, of pairs whose recorder missed a packet,
began later or ended earlier, of captures that have nothing in common. And what
must be found all the same: behind another clock, or other sequence numbers."""

import glob
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lab"))
import kept  # noqa: E402

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
FOLDER = "testdata/captures"
SIDES = ("client", "server")
FIELDS = ("frame.number", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport",
          "tcp.seq_raw", "tcp.flags", "tcp.len", "ip.id",
          "tcp.window_size_value", "tcp.options.mss_val", "tcp.stream",
          "frame.time_epoch")
HTTP = 8080

results = {"ok": 0, "FAIL": 0}


def result(name, problems):
    word = "FAIL" if problems else "ok"
    results[word] += 1
    print("%s compare: %s%s" % (word, name, problems and ": %s" %
                                "; ".join(map(str, problems[:3])) or ""),
          flush=True)


# ---- what tshark reads ------------------------------------------------------

def read(path):
    argv = ["tshark", "-r", path, "-T", "fields"]
    for field in FIELDS:
        argv += ["-e", field]
    rows = []
    out = subprocess.run(argv, check=True, capture_output=True, text=True)
    for line in out.stdout.splitlines():
        row = line.split("\t")
        if not row[5]:
            continue
        rows.append({"frame": int(row[0]), "from": f"{row[1]}:{row[2]}",
                     "to": f"{row[3]}:{row[4]}", "seq": int(row[5]),
                     "flags": int(row[6], 16) & 0xff, "bytes": int(row[7]),
                     "ip_id": int(row[8], 16), "window": int(row[9]),
                     "mss": int(row[10]) if row[10] else None,
                     "stream": int(row[11]), "time": float(row[12])})
    return rows


def rows_of(name, side):
    return kept.kept(path_of(name, side), read)


def path_of(name, side):
    return os.path.join(FOLDER, f"{name}-{side}.pcap")


def frames_like(rows, noted):
    """Frames that are the noted segment: by its bytes, and its IP-ID."""
    keys = [k for k in ("from", "to", "seq", "flags", "bytes", "ip_id")
            if noted[k] is not None]
    return [row["frame"] for row in rows
            if all(row[k] == noted[k] for k in keys)]


# ---- what is told -----------------------------------------------------------

def run(first, second, *options):
    done = subprocess.run([WHYEOF, *options, "--compare", first, second],
                          capture_output=True, timeout=120)
    if done.returncode not in (0, 1) or done.stderr:
        raise RuntimeError("status %d: %s" % (done.returncode, done.stderr))
    return done.stdout.decode()


def compare(first, second, *options):
    return json.loads(run(first, second, "-F", "json", *options))


def events(told, kind=None, certain=False):
    return [e for c in told["connections"] for e in c["events"]
            if kind in (None, e["kind"]) and not (certain and e["possible"])]


def findings(told):
    return [f for c in told["connections"] for f in c["findings"]]


def frames(told, kind):
    """(side, frame) of what is told of a kind; of a segment that is in one."""
    return sorted((side, frame) for e in events(told, kind)
                  for side, frame in e["frames"].items() if frame)


def expected(name, notes, end):
    """(side, frame) of noted segments; `end`: by which end of them."""
    found = []
    for noted in notes:
        client = noted["from"].startswith("192.0.2.2:")
        side = "client" if client == (end == "sent") else "server"
        like = frames_like(rows_of(name, side), noted)
        if len(like) != 1:
            raise RuntimeError("%s: %s is in frames %s" % (name, noted, like))
        found.append((side + "_side", like[0]))
    return sorted(found)


# ---- recipes ----------------------------------------------------------------

NO_EVENTS = ("compare-healthy", "compare-mirror", "compare-middle",
             "compare-nat", "compare-offload", "compare-held")


def check_recipe(name):
    with open(os.path.join(FOLDER, name + "-middle.json")) as file:
        notes = json.load(file)
    told = compare(path_of(name, "client"), path_of(name, "server"))
    problems = []
    lost = expected(name, notes["dropped"], "sent") \
        if name not in ("compare-middle", "compare-lost-syn") else []
    made = expected(name, notes["injected"], "came")
    for kind, wanted in (("lost", lost), ("injected", made)):
        if frames(told, kind) != wanted:
            problems.append("%s: told %s, noted %s" %
                            (kind, frames(told, kind), wanted))
    if name in NO_EVENTS and events(told):
        problems.append("told %s" % events(told)[0]["text"])
    if told["clock"]["state"] != "aligned" or \
            abs(told["clock"]["offset_s"]) > told["clock"]["error_s"] + 1e-4:
        problems.append("one clock is told as two: %s" % told["clock"])
    if told["summary"]["client_side_alone"] != (name == "compare-lost-syn") \
            or told["summary"]["server_side_alone"]:
        problems.append("connections: %s" % told["summary"])
    problems += MORE.get(name, lambda *_: [])(name, told, notes)
    result("%s (%d lost, %d injected)" % (name, len(lost), len(made)),
           problems)
    return problems


def wheres(told):
    return sorted((f["code"], f["where"]) for f in findings(told))


def where_is(*wanted):
    def check(_, told, notes):
        return [] if set(w for _, w in wheres(told)) == set(wanted) else \
            ["where: %s" % wheres(told)]
    return check


def healed(_, told, notes):
    return [e["text"] for e in events(told, "lost")
            if not e["healed"] or e["severity"] != "info"]


def never_came(name, told, notes):
    return [e["text"] for e in events(told, "lost")
            if e["healed"] or e["severity"] != "warning" or e["possible"]] + \
        where_is("between-lost")(name, told, notes)


def held(name, told, notes):
    """What took longest is the first that was held; for how long, by tshark."""
    delay = [c["to_client_side"]["delay_s"] for c in told["connections"]
             if c["to_client_side"]["delay_s"]["most"] > 0.1]
    problems = where_is("between-held-up")(name, told, notes)
    if len(delay) != 1:
        return problems + ["held: %s" % delay]
    at = delay[0]["frames"]
    rows = [next(row for row in rows_of(name, side)
                 if row["frame"] == at[side + "_side"]) for side in SIDES]
    took = rows[0]["time"] - rows[1]["time"]
    same = [rows[1]["frame"] in frames_like(rows_of(name, "server"), noted)
            for noted in notes["held"]]
    if abs(took - delay[0]["most"]) > 1e-3 or not any(same):
        problems.append("held: told %s, took %f" % (delay[0], took))
    return problems


def changed(what):
    """Each segment that tshark sees changed is told, and no other."""
    def check(name, told, notes):
        wanted = set()
        rows = {(row["from"], row["to"], row["seq"], row["flags"],
                 row["ip_id"]): row for row in rows_of(name, "server")}
        for a in rows_of(name, "client"):
            b = rows[a["from"], a["to"], a["seq"], a["flags"], a["ip_id"]]
            if a[what] != b[what]:
                wanted.add((a["frame"], b["frame"]))
        got = {tuple(e["frames"][side + "_side"] for side in SIDES)
               for e in events(told, "changed") if e["changes"] == [what]}
        alike = sum(e["alike"] for e in events(told, "changed"))
        if not wanted or not got <= wanted or \
                len(got) + alike != len(wanted):
            return ["%s changed: told %s, seen %s" % (what, got, wanted)]
        return []
    return check


def translated(_, told, notes):
    problems = []
    for c in told["connections"]:
        if not c["client_side"]["server"].endswith(":80"):
            continue
        if not c["translated"] or \
                c["server_side"]["server"] != \
                notes["translated"]["server"] or \
                c["server_side"]["client"].split(":")[0] != \
                notes["translated"]["client"]:
            problems.append("%s is %s" % (c["client_side"], c["server_side"]))
    return problems + where_is("server")("", told, notes)


def unarrived(name, told, notes):
    syns = [noted for noted in notes["dropped"] if noted["flags"] == 2]
    first = min(frame for noted in syns for frame in
                frames_like(rows_of(name, "client"), noted))
    told = told["unarrived"]
    if len(told) != 1 or told[0]["syns"] != len(syns) or \
            told[0]["first_frame"] != first or told[0]["finding"] is None:
        return ["SYNs: %s, noted %d from #%d" % (told, len(syns), first)]
    return []


def recut(name, told, notes):
    """Every byte came: fewer segments left than came."""
    count = [(c["to_client_side"]["recut"], c["to_client_side"]["lost"])
             for c in told["connections"]]
    sent = sum(row["bytes"] > 1460 for row in rows_of(name, "server"))
    if sum(n for n, _ in count) < sent or not sent:
        return ["%d large segments, told %s" % (sent, count)]
    return []


MORE = {
    "compare-lost-response": healed,
    "compare-lost-fin": healed,
    "compare-lost-request": never_came,
    "compare-injected-both": where_is("between-injected"),
    "compare-injected-client": where_is("between-injected"),
    "compare-mirror": where_is("server"),
    "compare-nat": translated,
    "compare-mss": changed("mss"),
    "compare-window": changed("window"),
    "compare-held": held,
    "compare-lost-syn": unarrived,
    "compare-offload": recut,
}


# ---- recordings that are made worse -----------------------------------------

class Pcap:
    """A classic pcap file, as frames that can be changed."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        magic = data[:4]
        if magic not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            raise ValueError(path)
        self.unit = 10 ** 6 if magic[0] == 0xd4 else 10 ** 9
        self.head, self.frame = data[:24], []
        at = 24
        while at < len(data):
            seconds, part, size, length = struct.unpack("<IIII",
                                                        data[at:at + 16])
            self.frame.append([seconds * self.unit + part, length,
                               bytearray(data[at + 16:at + 16 + size])])
            at += 16 + size

    def write(self, path, frame=None):
        with open(path, "wb") as file:
            file.write(self.head)
            for time, length, data in frame if frame is not None \
                    else self.frame:
                file.write(struct.pack("<IIII", time // self.unit,
                                       time % self.unit, len(data), length))
                file.write(data)
        return path


def check_missed(name, scratch):
    """A packet that one recorder missed is nothing that the path did. Where
    that cannot be known, it must be said; what is told of the rest stays."""
    before = {json.dumps(e["frames"]) for e in
              events(compare(path_of(name, "client"), path_of(name, "server")))}
    problems, count = [], 0
    for side in SIDES:
        pcap = Pcap(path_of(name, side))
        for gone in range(len(pcap.frame)):
            one = pcap.write(os.path.join(scratch, "less.pcap"),
                             pcap.frame[:gone] + pcap.frame[gone + 1:])
            paths = [one if s == side else path_of(name, s) for s in SIDES]
            count += 1
            told = compare(*paths)
            other = SIDES[1 - SIDES.index(side)] + "_side"
            for e in events(told, certain=True):
                frames = dict(e["frames"])
                for key, frame in frames.items():
                    if frame and key == side + "_side":
                        frames[key] = frame + (frame > gone)
                if json.dumps(frames) not in before and \
                        e["kind"] in ("lost", "injected") and not e["healed"]:
                    problems.append("%s #%d missed: %s" %
                                    (side, gone + 1, e["text"]))
                if e["kind"] == "lost" and e["frames"][other] and \
                        json.dumps(frames) not in before:
                    problems.append("%s #%d missed: %s" %
                                    (side, gone + 1, e["text"]))
    result("%s, %d times without one packet at one side" % (name, count),
           problems)


def check_shorter(name, scratch):
    """A capture that begins later, or ends earlier, lost nothing."""
    problems, count = [], 0
    for side in SIDES:
        pcap = Pcap(path_of(name, side))
        for cut in range(1, len(pcap.frame)):
            for frame in (pcap.frame[:cut], pcap.frame[cut:]):
                one = pcap.write(os.path.join(scratch, "part.pcap"), frame)
                paths = [one if s == side else path_of(name, s)
                         for s in SIDES]
                count += 1
                problems += ["%s cut at %d: %s" % (side, cut, e["text"])
                             for e in events(compare(*paths))
                             if e["kind"] in ("lost", "injected")]
    result("%s, %d times with a part of one side" % (name, count), problems)


def check_clock(name, scratch):
    """Another clock at the server's side: set wrong, and fast."""
    offset, drift = -3723.25, 80e-6
    pcap = Pcap(path_of(name, "server"))
    first = pcap.frame[0][0]
    before = compare(path_of(name, "client"), path_of(name, "server"))
    for frame in pcap.frame:
        frame[0] += round(offset * pcap.unit + drift * (frame[0] - first))
    told = compare(path_of(name, "client"),
                   pcap.write(os.path.join(scratch, "clock.pcap")))
    clock = told["clock"]
    problems = []
    off = clock["offset_s"] - offset
    if clock["state"] != "aligned" or \
            abs(off) > clock["error_s"] + 1e-4 or \
            not clock["drift_least_ppm"] <= 80 <= clock["drift_most_ppm"]:
        problems.append(clock)
    if [e["frames"] for e in events(told)] != \
            [e["frames"] for e in events(before)]:
        problems.append("not the same events")
    result("%s behind a clock that is off by an hour, and fast" % name,
           problems)


def check_numbers(name, scratch):
    """A firewall that gives the client other sequence numbers."""
    shift = 0x9abc1234
    before = compare(path_of(name, "client"), path_of(name, "server"))
    pcap = Pcap(path_of(name, "server"))
    for _, _, data in pcap.frame:
        at = 14 + (data[14] & 15) * 4
        if data[23] != 6:
            continue
        ports = struct.unpack("!HH", data[at:at + 4])
        place = at + 4 if ports[1] in (HTTP, 9090) else at + 8
        if place == at + 8 and not data[at + 13] & 16:
            continue
        number = struct.unpack("!I", data[place:place + 4])[0]
        data[place:place + 4] = struct.pack("!I", (number + shift) % 2 ** 32)
    told = compare(path_of(name, "client"),
                   pcap.write(os.path.join(scratch, "numbers.pcap")))
    problems = []
    if told["summary"]["connections"] != before["summary"]["connections"] or \
            not all(c["shifted"] for c in told["connections"]):
        problems.append(told["summary"])
    if frames(told, "lost") != frames(before, "lost") or \
            frames(told, "injected") != frames(before, "injected"):
        problems.append("told %s" % [e["text"] for e in events(told)])
    result("%s with other sequence numbers" % name, problems)


def check_swapped(name):
    """By TTL it is seen which is nearer to the clients."""
    told = compare(path_of(name, "server"), path_of(name, "client"))
    before = compare(path_of(name, "client"), path_of(name, "server"))
    problems = []
    if not told["swapped"] or before["swapped"]:
        problems.append("not told to be swapped")
    if told["connections"] != before["connections"]:
        problems.append("not the same connections")
    result("%s the other way round" % name, problems)


# ---- what has nothing to do with it -----------------------------------------

def captures():
    return sorted(p for p in glob.glob(FOLDER + "/*.pcap*")
                  if not os.path.basename(p).startswith("compare-"))


def check_itself():
    problems = []
    paths = captures()
    for path in paths:
        told = compare(path, path)
        if events(told) or told["summary"]["client_side_alone"] > \
                told["summary"]["ambiguous"]:
            problems.append("%s: %s %s" % (path, told["summary"],
                                           [e["text"] for e in events(told)]))
        if told["clock"]["state"] not in ("aligned", "one-sided", "unknown") \
                or told["clock"]["offset_s"]:
            problems.append("%s: %s" % (path, told["clock"]))
    result("%d captures, each against itself" % len(paths), problems)


def check_others():
    """Captures of other days have no connection in common."""
    problems = []
    paths = captures()
    pairs = list(zip(paths, paths[7:])) + list(zip(paths[11:], paths))
    for first, second in pairs:
        text = run(first, second)
        if "no connection is in both" not in text:
            problems.append("%s and %s" % (first, second))
    result("%d pairs that have nothing to do with each other" % len(pairs),
           problems)


def check_text(names):
    """No line is wider than 80, and none has a control character."""
    problems = []
    for name in names:
        text = run(path_of(name, "client"), path_of(name, "server"))
        problems += ["%s: %s" % (name, line) for line in text.splitlines()
                     if len(line) > 80 or not line.isprintable()]
    result("%d texts are 80 columns wide" % len(names), problems)


REFUSED = (
    (["one.pcap"], "takes two captures"),
    (["one.pcap", "two.pcap", "three.pcap"], "takes two captures"),
    (["-", "-"], "standard input"),
    (["-F", "ndjson", "one.pcap", "two.pcap"], "text or json"),
    (["-i", "lo", "one.pcap", "two.pcap"], "reads two files"),
    (["--follow", "one.pcap", "two.pcap"], "reads two files"),
    (["--record", "x", "one.pcap", "two.pcap"], "reads two files"),
    (["--why", "1", "one.pcap", "two.pcap"], "output of its own"),
    (["-o", "json=x", "one.pcap", "two.pcap"], "output of its own"),
    (["-x", "one.pcap", "two.pcap"], "output of its own"),
    (["--stream", "1", "one.pcap", "two.pcap"], "output of its own"),
    (["no-such.pcap", "two.pcap"], "no-such.pcap"),
)


def check_refused():
    problems = []
    for words, wanted in REFUSED:
        done = subprocess.run([WHYEOF, "--compare", *words], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode != 2 or wanted not in done.stderr:
            problems.append("%s: %d %s" % (words, done.returncode,
                                           done.stderr))
    result("%d usages are refused" % len(REFUSED), problems)


def check_status(name, other):
    problems = []
    for first, options, wanted in (
            (name, (), 1), (name, ("--fail-on", "never"), 0),
            (other, (), 0), (other, ("--fail-on", "info"), 1)):
        status = subprocess.run(
            [WHYEOF, *options, "--compare", path_of(first, "client"),
             path_of(first, "server")], capture_output=True).returncode
        if status != wanted:
            problems.append("%s %s: %d" % (first, options, status))
    result("exit status", problems)


def main():
    names = sorted(os.path.basename(path)[:-len("-middle.json")]
                   for path in glob.glob(FOLDER + "/compare-*-middle.json"))
    for name in names:
        check_recipe(name)
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("compare-healthy", "compare-lost-fin",
                     "compare-injected-client", "compare-held"):
            check_missed(name, scratch)
        for name in ("compare-healthy", "compare-nat"):
            check_shorter(name, scratch)
        for name in ("compare-healthy", "compare-lost-response",
                     "compare-injected-both"):
            check_clock(name, scratch)
            check_numbers(name, scratch)
    for name in ("compare-lost-response", "compare-nat"):
        check_swapped(name)
    check_itself()
    check_others()
    check_text(names)
    check_refused()
    check_status("compare-injected-client", "compare-lost-response")
    return 1 if results["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
