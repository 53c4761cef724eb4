#!/usr/bin/env python3
"""What whyeof-ci(7) shows: the files are YAML with the steps that they promise,
and their shell lines, and the lines for programs, do what the page says. What a
service does with them is not tried, and the page says so."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

try:
    import yaml
except ImportError:
    yaml = None

PAGE = "man/whyeof-ci.7"
WHYEOF = os.path.abspath(os.environ.get("WHYEOF", "build/whyeof"))
SEED = "testdata/seed/write-timeout.pcapng"
failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    print("ok ci: " + what if good else "FAIL ci: %s: %s" % (what, why))


def sections():
    """The examples by the section that they stand in, as on a terminal."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    found = {}
    for part in re.split(r"^\.SH ", text, flags=re.M)[1:]:
        found[part.split("\n")[0]] = [
            one.replace("\\e", "\\").replace("\\-", "-") for one in
            re.findall(r"^\.EX\n(.*?)^\.EE$", part, re.M | re.S)]
    return found


def shell(folder, lines, **more):
    """As the services do: the first line that fails ends it."""
    os.makedirs(folder + "/bin", exist_ok=True)
    if not os.path.exists(folder + "/bin/whyeof"):
        os.symlink(WHYEOF, folder + "/bin/whyeof")
    return subprocess.run(
        ["bash", "-e", "-c", lines], cwd=folder, capture_output=True, text=True,
        check=False, env=dict(os.environ, PATH=folder + "/bin:" +
                              os.environ["PATH"], **more))


def written(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def start(folder):
    for name in "tests.pcap", "tests.pcapng":
        shutil.copy(SEED, os.path.join(folder, name))


def github(folder, text):
    steps = yaml.safe_load(text)["jobs"]["test"]["steps"]
    step = next(s for s in steps if s.get("name") == "whyeof")
    done = shell(folder, step["run"], RUNNER_TEMP=folder,
                 GITHUB_STEP_SUMMARY=folder + "/step.md")
    check(done.returncode == 1 and done.stdout.startswith("::error "),
          "GitHub: annotations and status", done)
    check("write-timeout-eof" in written(folder, "step.md"), "GitHub: summary")
    sarif = json.loads(written(folder, "whyeof.sarif"))
    check(sarif["version"] == "2.1.0" and sarif["runs"][0]["results"],
          "GitHub: SARIF")
    check(os.path.getsize(folder + "/annotated.pcapng") >
          os.path.getsize(SEED), "GitHub: packets")
    upload = next(s for s in steps if "sarif" in s.get("uses", ""))
    check(upload["with"]["sarif_file"] == "whyeof.sarif" and
          all(s.get("if") == "always()" for s in steps[3:]),
          "GitHub: steps behind a failed test")


CURL = """#!/bin/sh
printf '%s\\n' "$@" > curl.txt
"""


def gitlab(folder, text):
    job = yaml.safe_load(text)["test"]
    os.makedirs(folder + "/bin", exist_ok=True)
    with open(folder + "/bin/curl", "w", encoding="utf-8") as file:
        file.write(CURL)
    os.chmod(folder + "/bin/curl", 0o755)
    for iid in "", "7":
        done = shell(folder, "\n".join(job["after_script"]), WHYEOF_TOKEN="t",
                     CI_MERGE_REQUEST_IID=iid, CI_PROJECT_ID="5",
                     CI_API_V4_URL="https://gitlab.invalid/api/v4")
        check(done.returncode == 0 and
              os.path.exists(folder + "/curl.txt") == (iid == "7"),
              "GitLab: merge request '%s'" % iid, done)
    words = written(folder, "curl.txt").split("\n")
    check("https://gitlab.invalid/api/v4/projects/5/merge_requests/7/notes" in
          words and "body@whyeof.md" in words and
          "write-timeout-eof" in written(folder, "whyeof.md"),
          "GitLab: the comment", words)
    suite = xml.parse(folder + "/" + job["artifacts"]["reports"]["junit"])
    check(suite.getroot().get("failures") == "1", "GitLab: junit")


def jenkins(folder, text):
    lines = re.findall(r"\bsh '(.*)'", text)
    line = next(one for one in lines if one.startswith("whyeof"))
    done = shell(folder, line)
    check(done.returncode == 0 and os.path.exists(folder + "/whyeof.html") and
          xml.parse(folder + "/whyeof.xml").getroot().get("failures") == "1",
          "Jenkins: report", done)
    check(text.count("{") == text.count("}") and "junit 'whyeof.xml'" in text,
          "Jenkins: braces and the junit step")
    for one in lines:
        done = subprocess.run(["sh", "-n", "-c", one], capture_output=True,
                              text=True, check=False)
        check(done.returncode == 0, "Jenkins: sh '%s'" % one[:30], done.stderr)


def baseline(folder, text):
    done = shell(folder, text)
    check(done.returncode == 0 and "known before" in done.stdout, "baseline",
          done)


def programs(folder, examples):
    run, lines = examples
    for one in run.strip().split("\n"):
        done = shell(folder, one)
        check(done.returncode == 1 and "write-timeout-eof" in done.stdout and
              not done.stderr, "programs: " + one, done)
    check(len(shell(folder, run.split("\n")[0]).stdout.split("\n")) < 12,
          "programs: the summary is short")
    if not shutil.which("jq"):
        print("skip ci: programs: needs jq")
        return
    for one in re.split(r"\n(?=jq)", lines.strip()):
        done = shell(folder, one)
        warned = json.loads(written(folder, "report.json"))["input"]["warnings"]
        check(done.returncode == 0 and
              (done.stdout.strip() or ("warnings" in one and not warned)),
              "programs: " + one.replace("\n", " "), done)
    done = shell(folder, lines.split("\n")[0])
    check(json.loads(done.stdout) == {"write-timeout-eof": 1},
          "programs: what by_code says", done.stdout)


def keys(folder):
    """The keys that the page says to read are those of a report."""
    report = json.loads(written(folder, "report.json"))
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    for name in "findings", "by_code", "not_judged":
        check("summary." + name in page and name in report["summary"],
              "key summary." + name)
    for name in ("alternatives", "caused_by", "retry", "wireshark_filter"):
        check(name in page and name in report["findings"][0], "key " + name)


def main():
    found = sections()
    if yaml is None:
        print("skip ci: GitHub, GitLab: needs python3-yaml")
    with tempfile.TemporaryDirectory() as folder:
        parts = [("BASELINE", baseline), ("JENKINS", jenkins)]
        if yaml is not None:
            parts += [("GITHUB ACTIONS", github), ("GITLAB CI", gitlab)]
        for name, look in parts:
            place = os.path.join(folder, look.__name__)
            os.makedirs(place)
            start(place)
            look(place, found[name][0])
        start(folder)
        programs(folder, found["PROGRAMS AND AGENTS"])
        keys(folder)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
