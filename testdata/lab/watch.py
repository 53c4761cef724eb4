"""whyeof beside tcpdump: what it says while a recipe runs, against what it
says of the file that tcpdump wrote meanwhile.

Watcher runs it live and notes when each line came; differences() holds the
one against the other and returns what is not as it should be, in words.
"""

import calendar
import glob
import json
import os
import signal
import subprocess
import threading
import time

# A finding must be there this long after the packet that decides it, and a
# hang this long after it has lasted the threshold.
IN_TIME = 1.0
THRESHOLD = 1.0


class Watcher:
    """One live whyeof, in the namespace of the thread that starts it."""

    def __init__(self, whyeof, options, base, interface, expression,
                 snaplen):
        self.base = base
        self.record = base + ".rec"
        os.makedirs(self.record, exist_ok=True)
        os.chmod(self.record, 0o777)
        self.child = subprocess.Popen(
            [whyeof, "-i", interface, "--snaplen", str(snaplen or "full"),
             "-F", "ndjson", "--record", self.record, *options, expression],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.words = self.child.stderr.readline()
        if "watching" not in self.words:
            self.child.wait(timeout=5)
            raise RuntimeError("whyeof did not start: " + self.words)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with open(self.base + ".ndjson", "w", encoding="utf-8") as out:
            for line in self.child.stdout:
                out.write(json.dumps({"arrived": time.time(),
                                      "line": json.loads(line)}) + "\n")
                out.flush()

    def end(self):
        self.child.send_signal(signal.SIGINT)
        self.reader.join(timeout=15)
        self.words += self.child.stderr.read()
        status = self.child.wait(timeout=5)
        with open(self.base + ".err", "w", encoding="utf-8") as out:
            out.write(self.words)
        if status not in (0, 1):
            raise RuntimeError(f"whyeof ended with {status}: {self.words}")


def of_file(whyeof, options, path):
    run = subprocess.run([whyeof, "-F", "json", *options, path],
                         capture_output=True, timeout=60, check=False)
    return json.loads(run.stdout)


def key(finding):
    """What a finding is, in whichever run: the ports tell connections apart."""
    connection = finding["connection"]
    exchange = finding["exchange"] or {}
    return (finding["code"], finding["severity"], connection["client"],
            connection["server"], exchange.get("index"),
            exchange.get("stream_id"))


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def epoch(rfc3339):
    """Seconds since 1970 of a time like 2026-11-25T03:30:12.123456789Z."""
    whole = time.strptime(rfc3339[:19], "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(whole) + float("0." + rfc3339[20:-1])


def lateness(arrived, finding, zero, options):
    """How much later than decidable it was told."""
    moved = max((e["time_s"] for e in finding["evidence"]), default=0)
    if finding["code"] == "half-close-leak":
        return arrived - (zero + moved + seconds(options, "--leak-threshold"))
    if finding["code"] == "goaway-hang":  # three times the threshold
        return arrived - (zero + moved + 3 * THRESHOLD)
    if finding["standing"] == "ongoing":
        return arrived - (zero + moved + THRESHOLD)
    return arrived - (zero + max(moved, finding["timing"]["end_s"] or 0))


def seconds(options, name):
    value = options[options.index(name) + 1] if name in options else "30s"
    return float(value.rstrip("s"))


def of_recordings(whyeof, options, folder, told):
    """Each connection that something was found on has its file, which says
    the same again. `told`: the codes by connection, in all revisions; a file
    is written when the connection ends, by what was known then, and alone it
    cannot say what several connections said together."""
    wrong = []
    named = set()
    for path in sorted(glob.glob(os.path.join(folder, "*.pcapng"))):
        name = os.path.basename(path)
        stream = int(name.rsplit("-s", 1)[1].split(".")[0].split("-")[0])
        mine = told.get(stream, {})
        code = next((c for c in mine if f"-{c}-" in name), None)
        if not code:
            wrong.append(f"{name}: of no finding")
            continue
        named.add(stream)
        found = {f["code"] for f in of_file(whyeof, options,
                                            path)["findings"]}
        if not found & mine.keys() and not found & mine[code]:
            wrong.append(f"{name}: read alone it is {sorted(found)}")
        wrong += comments(path, code)
    wrong += [f"no recording of connection {s}" for s in told.keys() - named]
    return wrong


def of_findings(live, file):
    """Both say the same; but a file has no time after its last packet, so a
    hang at its end is only an ending that was not captured."""
    told = {key(f): f for f in live}
    read = {key(f): f for f in file}
    hangs = {(k[2:]) for k, f in told.items()
             if k not in read and f["symptom"] == "hang"}
    wrong = [f"live only: {k}" for k in told.keys() - read.keys()
             if k[2:] not in hangs]
    wrong += [f"file only: {k}" for k in read.keys() - told.keys()
              if k[0] != "ending-not-captured" or k[2:] not in hangs]
    endings = {k[2:] for k in read if k[0] == "ending-not-captured"}
    wrong += [f"live only: {k}" for k in hangs - endings]
    return wrong


def of_causes(live, file):
    """What is an effect of what, too."""
    def causes(findings):
        by_id = {f["id"]: f for f in findings}
        return {key(f): key(by_id[f["caused_by"]]) for f in findings
                if f["caused_by"] in by_id}
    told, read = causes(live), causes(file)
    wrong = []
    for cause in live:
        effects = {f["id"] for f in live if f["caused_by"] == cause["id"]}
        if set(cause["effects"]) != effects:
            wrong.append(f"effects {cause['effects']}, not {sorted(effects)}: "
                         f"{key(cause)}")
    return wrong + [f"caused by: live {told.get(k)}, file {read.get(k)}: {k}"
            for k in sorted(told.keys() | read.keys(), key=str)
            if told.get(k) != read.get(k)]


def comments(path, code):
    seen = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e",
                           "frame.number", "-e", "frame.comment"],
                          capture_output=True, text=True, check=False)
    if seen.returncode != 0:
        return [f"{path}: tshark: {seen.stderr.strip()}"]
    if code not in seen.stdout:
        return [f"{path}: no comment names {code}"]
    return []


def differences(whyeof, options, base):
    """What is wrong with the live run beside base.pcap."""
    lines = read_lines(base + ".ndjson")
    of_type = {}
    for one in lines:
        of_type.setdefault(one["line"]["type"], []).append(one)
    if "summary" not in of_type:
        return ["no summary at the end"]
    first = of_type["input"][-1]["line"]["input"]["files"][0]["first_time"]
    zero = epoch(first) if first else 0
    wrong, standing, codes = [], {}, {}
    for one in of_type.get("finding", []):
        finding = one["line"]
        if finding["revision"] == 0 and zero:
            late = lateness(one["arrived"], finding, zero, options)
            if late > IN_TIME:
                wrong.append(f"{finding['code']} came {late:.2f} s late")
        standing[finding["id"]] = finding
        others = codes.setdefault(finding["connection"]["id"], {})
        others[finding["code"]] = {a["code"] for a in finding["alternatives"]}
        if finding["standing"] == "withdrawn":
            del standing[finding["id"]]
    for finding in standing.values():
        if finding["standing"] != "settled":
            wrong.append(f"{finding['code']} is left {finding['standing']}")
    report = of_file(whyeof, options, base + ".pcap")
    wrong += of_findings(standing.values(), report["findings"])
    wrong += of_causes(standing.values(), report["findings"])
    summary = of_type["summary"][-1]["line"]
    for count in ("exchanges", "complete", "connections"):
        # tcpdump is stopped a moment sooner, while a clock may tick
        if summary[count] - report["summary"][count] not in (0, 1):
            wrong.append(f"{count}: live {summary[count]}, file "
                         f"{report['summary'][count]}")
    left = {f["connection"]["id"] for f in standing.values()}
    wrong += of_recordings(whyeof, options, base + ".rec",
                           {s: c for s, c in codes.items() if s in left})
    return wrong
