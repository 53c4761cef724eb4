#!/usr/bin/env python3
"""Text stays short: forty servers with one fault, two hundred faults of one
server; and --summary, --limit and -o count the same findings as JSON does.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
BUILD = os.environ.get("BUILD", "build")
SCENE = "testdata/verdicts/write-timeout-eof.scene"
ADDRESS = "10.1.0.9:8080"

failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    print("%s %s%s" % (("ok", what, "") if good else ("FAIL", what, ": " + why)))


def capture(folder, name, scene):
    path = os.path.join(folder, name + ".scene")
    with open(path, "w", encoding="ascii") as file:
        file.write(scene)
    made = os.path.join(folder, name + ".pcapng")
    with open(made, "wb") as file:
        subprocess.run([os.path.join(BUILD, "mkscene"), path], stdout=file,
                       check=True)
    return made


def run(*arguments):
    done = subprocess.run([WHYEOF, "--fail-on", "never", *arguments],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit("FAIL %s: %s" % (arguments, done.stderr))
    return done.stdout


def counted(paths):
    """How often each code was found at each server, as JSON has it."""
    found = json.loads(run("-F", "json", *paths))["findings"]
    return collections.Counter(
        (f["severity"], f["code"], f["connection"]["server"]) for f in found)


def summed(text):
    """The same from the lines of --summary."""
    lines = re.findall(r"^(error|warning|info) +(\d+)  (\S+)(?: \d+| \([a-z-]+\))? at (\S+),", text,
                       flags=re.M)
    return collections.Counter({(severity, code, server): int(times)
                                for severity, times, code, server in lines})


def forty_servers(folder, scene):
    paths = [capture(folder, "server-%02d" % i,
                     scene.replace(ADDRESS, "10.1.0.%d:8080" % (10 + i)))
             for i in range(40)]
    text = run(*paths)
    lines = text.count("\n")
    check(lines < 120, "forty servers in less than 120 lines", str(lines))
    check(text.count("\n  in Wireshark") == 1, "one of them in full")
    check("error       40  write-timeout-eof, 40 servers\n" in text,
          "and a line that counts them")
    check(summed(run("--summary", *paths)) == counted(paths),
          "--summary counts as JSON does")


def two_hundred(folder, scene):
    """A failure every 2 s on one server, from ports of their own."""
    begin, lines = scene.split("\n\n", 1)
    steps = [line.split(None, 1) for line in lines.split("\n\nexpect")[0]
             .splitlines() if line.strip()]
    events = []
    names = ["c%d" % i for i in range(200)]
    for i, name in enumerate(names):
        events += [(2 * i + float(time), name, what) for time, what in steps]
    text = begin + "\n" + "".join("connection %s\n" % name for name in names)
    text += "".join("%.6f %s %s\n" % event for event in sorted(events))
    path = capture(folder, "many", text + "\nexpect write-timeout-eof\n")
    found = counted([path])
    check(list(found.values()) == [200], "two hundred failures of one server",
          str(found))
    lines = run(path).count("\n")
    check(lines < 60, "in less than 60 lines", str(lines))
    return path


def limited(folder, path):
    other = capture(folder, "race", open(
        "testdata/verdicts/idle-close-race.scene", encoding="ascii").read()
        .replace("10.1.0.9", "10.1.0.8"))
    text = run("--limit", "1", path, other)
    check(text.count("\n  in Wireshark") == 1, "--limit 1 tells one in full")
    check(sum(summed(text).values()) == 1, "and counts the other", text)
    beside = os.path.join(folder, "beside.txt")
    run("-F", "json", "-o", "text=" + beside, "--limit", "1", path, other)
    check(open(beside, encoding="utf-8").read() == text,
          "as a second output it is the same")


def main():
    with open(SCENE, encoding="ascii") as file:
        scene = file.read()
    with tempfile.TemporaryDirectory() as folder:
        forty_servers(folder, scene)
        limited(folder, two_hundred(folder, scene))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
