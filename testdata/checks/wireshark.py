#!/usr/bin/env python3
"""src/report/whyeof.lua in tshark: the report's findings as fields of the frames that
they cite, by the environment and by the preference; and what is no report."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
SCRIPT = "src/report/whyeof.lua"
CAPTURES = ["testdata/seed/write-timeout.pcapng",
            "testdata/captures/go-declared-length.pcap"]
FIELDS = ("code", "severity", "confidence", "id", "what")
failed = 0


def check(why, what):
    global failed
    failed += why is not None
    print("ok wireshark: " + what if why is None else
          "FAIL wireshark: %s: %s" % (what, why))


def tshark(capture, *words, report=""):
    """What stands in the fields, by frame, and what was said."""
    fields = [w for f in FIELDS for w in ("-e", "whyeof." + f)]
    done = subprocess.run(
        ["tshark", "-n", "-X", "lua_script:" + SCRIPT, "-r", capture, *words,
         "-Y", "whyeof", "-T", "json", "-e", "frame.number", *fields],
        capture_output=True, text=True, check=False,
        env=dict(os.environ, WHYEOF_REPORT=report))
    shown = {}
    for packet in json.loads(done.stdout or "[]"):
        layers = packet["_source"]["layers"]
        shown[int(layers["frame.number"][0])] = sorted(
            zip(*(layers["whyeof." + f] for f in FIELDS)))
    return shown, done.stderr


def wanted(report):
    cited = {}
    for f in report["findings"]:
        for e in f["evidence"]:
            cited.setdefault(e["frame"], []).append(
                (f["code"], f["severity"], f["confidence"], str(f["id"]),
                 e["what"]))
    return {frame: sorted(said) for frame, said in cited.items()}


def write(folder, text):
    path = os.path.join(folder, "report.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def fields(folder, capture):
    text = subprocess.run([WHYEOF, "-F", "json", capture], capture_output=True,
                          text=True, check=False).stdout
    report = json.loads(text)
    path = write(folder, text)
    name = os.path.basename(capture)
    for how, shown in (
            ("environment", tshark(capture, report=path)[0]),
            ("preference", tshark(capture, "-o", "whyeof.report:" + path)[0])):
        check(None if shown == wanted(report) and shown else
              "%s, not %s" % (shown, wanted(report)), "%s by the %s" % (name, how))
    report["findings"][0]["evidence"][0]["what"] = "\u00e9 \U0001f600 \"\\/\t."
    shown, _ = tshark(capture, report=write(folder, json.dumps(report)))
    escaped = wanted(report)
    frame = report["findings"][0]["evidence"][0]["frame"]
    check(None if any("\u00e9 \U0001f600" in s[4] for s in shown.get(frame, []))
          and len(shown) == len(escaped) else str(shown.get(frame)),
          "%s: every escape" % name)


def refused(folder):
    cases = {"is empty": "", "is cut": '{"schema": "whyeof.report/1", "find',
             "is no JSON": "hello", "is deep": "[" * 5000,
             "is of another schema": '{"schema": "whyeof.report/2"}',
             "is a word": "7", "has something behind it": "{} {}"}
    for what, text in cases.items():
        shown, said = tshark(CAPTURES[0], report=write(folder, text))
        check(None if not shown and "whyeof.lua: cannot read" in said and
              "traceback" not in said else said, "a report that " + what)
    shown, said = tshark(CAPTURES[0], report=folder + "/missing")
    check(None if not shown and "No such file" in said else said,
          "a report that is missing")
    shown, said = tshark(CAPTURES[0])
    check(None if not shown and "whyeof.lua" not in said else said, "no report")


def main():
    if not shutil.which("tshark"):
        print("skip wireshark: needs tshark")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for capture in CAPTURES:
            fields(folder, capture)
        refused(folder)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
