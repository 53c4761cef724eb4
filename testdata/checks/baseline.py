#!/usr/bin/env python3
"""--baseline REPORT: only what is new decides the exit status."""
import json
import os
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
XSD = "testdata/schemas/junit.xsd"
SEED = "testdata/seed/write-timeout.pcapng"
OTHER = "testdata/captures/go-declared-length.pcap"
failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    print("ok baseline: " + what if good else
          "FAIL baseline: %s: %s" % (what, why))


def run(*words):
    return subprocess.run([WHYEOF, *words], capture_output=True, text=True,
                          check=False)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def changed(report, change):
    """The same report with another first finding."""
    document = json.loads(report)
    change(document["findings"][0])
    return json.dumps(document)


def statuses(folder):
    report = run("-F", "json", SEED).stdout
    same = write(folder, "same.json", report)
    lines = write(folder, "same.ndjson", run("-F", "ndjson", SEED).stdout)
    document = json.loads(report)
    document["findings"] = []
    none = write(folder, "none.json", json.dumps(document))
    cases = {
        "the same": (same, 0),
        "the same as lines": (lines, 0),
        "one without findings": (none, 1),
        "another code": (write(folder, "code.json", changed(
            report, lambda f: f.update(code="idle-timeout-race"))), 1),
        "another server": (write(folder, "server.json", changed(
            report, lambda f: f["connection"].update(server="127.0.0.1:1"))), 1),
        "another route": (write(folder, "route.json", changed(
            report, lambda f: f["exchange"].update(target="/other"))), 1),
        "another method": (write(folder, "method.json", changed(
            report, lambda f: f["exchange"].update(method="PUT"))), 1),
        "another query": (write(folder, "query.json", changed(
            report, lambda f: f["exchange"].update(
                target=f["exchange"]["target"] + "?q=1"))), 0),
        "another client": (write(folder, "client.json", changed(
            report, lambda f: f["connection"].update(client="[::1]:9"))), 0),
        "another confidence": (write(folder, "sure.json", changed(
            report, lambda f: f.update(confidence="likely"))), 0),
    }
    for what, (path, status) in cases.items():
        done = run("--baseline", path, SEED)
        known = "known before" in done.stdout
        check(done.returncode == status and known == (status == 0), what,
              "status %d, %s, %s" % (done.returncode, done.stdout[:200],
                                     done.stderr))
        told = json.loads(run("--baseline", path, "-F", "json", SEED).stdout)
        check([f["known"] for f in told["findings"]] == [status == 0],
              what + ": its key", told["findings"])
        told = json.loads(run("--baseline", path, "-F", "sarif", SEED).stdout)
        states = [r["baselineState"] for r in told["runs"][0]["results"]]
        check(states == ["new" if status else "unchanged"],
              what + ": its state in SARIF", states)
        text = run("--baseline", path, "-F", "github", SEED).stdout
        check(("::error" in text) == bool(status) and
              ("as the baseline knows them: 1" in text) == (status == 0),
              what + ": its annotation", text)
        check_junit(what, run("--baseline", path, "-F", "junit", SEED).stdout,
                    status == 0)
    told = json.loads(report)["findings"]
    check(all("known" not in f for f in told), "without one there is no key")
    told = json.loads(run("-F", "sarif", SEED).stdout)["runs"][0]["results"]
    check(told and all("baselineState" not in r for r in told),
          "without one SARIF has no state", told)
    done = run("--baseline", same, SEED, OTHER)
    check(done.returncode == 1 and "known before" in done.stdout,
          "something new beside what is known", done.returncode)
    check(run("--baseline", none, "--fail-on", "never", SEED).returncode == 0,
          "--fail-on never")


def check_junit(what, text, known):
    done = subprocess.run(["xmllint", "--noout", "--schema", XSD, "-"],
                          input=text, capture_output=True, text=True,
                          check=False)
    suite = ElementTree.fromstring(text).find("testsuite")
    check(done.returncode == 0 and
          (suite.get("failures"), suite.get("skipped")) ==
          (("0", "1") if known else ("1", "0")) and
          len(suite.findall("testcase/skipped")) == known and
          len(suite.findall("testcase/failure")) == (not known),
          what + ": its test in JUnit", text[:600] + done.stderr)


def messages(folder):
    report = run("-F", "json", SEED).stdout
    cases = {
        "that is missing": (os.path.join(folder, "missing"), "cannot read"),
        "that is a folder": (folder, "cannot read"),
        "that is empty": (write(folder, "e", ""), "it is empty"),
        "that is no JSON": (write(folder, "x", "hello"), "is no report"),
        "that is cut": (write(folder, "c", report[:-40]), "is no report"),
        "of another schema": (write(folder, "s", report.replace(
            "whyeof.report/1", "whyeof.report/9")), "its schema is not"),
        "that is a capture": (SEED, "is no report"),
    }
    for what, (path, said) in cases.items():
        done = run("--baseline", path, SEED)
        check(done.returncode == 2 and said in done.stderr and
              not done.stdout, "one " + what,
              "status %d: %s" % (done.returncode, done.stderr))
    done = run("--baseline", SEED, "--follow", SEED)
    check(done.returncode == 2 and "over files" in done.stderr,
          "not with --follow", done.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        statuses(folder)
        messages(folder)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
