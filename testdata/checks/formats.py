#!/usr/bin/env python3
"""What CI systems read: every scene in each format, held against that format's
rules and against the same run's JSON; and words of the wire stay words.

junit     an XML schema, by xmllint
sarif     a JSON Schema, by python3-jsonschema; what GitHub asks of a run, and
          each finding counted once
github    the syntax and the number of workflow commands
markdown  as cmark-gfm renders it: no link, image or HTML that is not ours
html      well formed, nothing that leaves the page, a policy that names its parts
"""
import base64
import collections
import glob
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

try:
    import jsonschema
except ImportError:
    jsonschema = None

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
BUILD = os.environ.get("BUILD", "build")
FORMATS = ("json", "junit", "sarif", "github", "markdown", "html")
XSD = "testdata/schemas/junit.xsd"
SARIF = "testdata/schemas/sarif.schema.json"
HOSTILE = ("/<script>alert(1)</script>|`x`*y*_z_[a](http://evil.example/)"
           "![b](//c)&lt;]]>%0A::error::d\"'@everyone#1")
COMMAND = re.compile(r"^::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)$")
LEVEL = {"error": "error", "warning": "warning", "info": "note"}

failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    if good:
        print("ok " + what)
    else:
        print("FAIL %s: %s" % (what, why))


class Wrong(Exception):
    pass


def expect(good, why):
    if not good:
        raise Wrong(why)


def code_of(finding):
    """With the status that its client sees, if that is what it sees."""
    if finding["symptom"] == "error-status" and finding["exchange"]:
        return "%s %s" % (finding["code"], finding["exchange"]["status"])
    return finding["code"]


def grouped(findings):
    return collections.Counter(
        (f["severity"], code_of(f), f["symptom"], f["connection"]["server"])
        for f in findings)


# ---- each format -----------------------------------------------------------

def check_junit(path, report):
    groups = grouped(report["findings"])
    if shutil.which("xmllint"):
        done = subprocess.run(["xmllint", "--noout", "--schema", XSD, path],
                              capture_output=True, text=True)
        expect(done.returncode == 0, done.stderr)
    root = xml.parse(path).getroot()
    suite = root.find("testsuite")
    tests = suite.findall("testcase")
    errors = sum(1 for key in groups if key[0] == "error")
    expect(len(tests) == max(len(groups), 1), "tests")
    expect(len(suite.findall("testcase/failure")) == errors, "failures")
    for element in (root, suite):
        expect(int(element.get("tests")) == len(tests) and
               int(element.get("failures")) == errors, "counts")
    expect({(t.get("classname"), t.get("name")) for t in tests} ==
           {(server, "%s (%s, %s)" % (code, severity, symptom))
            for severity, code, symptom, server in groups} or not groups, "names")
    for test in tests:
        for body in test:
            if groups and body.tag in ("failure", "system-out"):
                expect("in Wireshark" in body.text, "a body without its reasons")


def sarif_error(document):
    """What is wrong with it by the schema; None: nothing, or it is not known."""
    if not jsonschema:
        return None
    with open(SARIF, encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    return next(validator.iter_errors(document), None)


def check_sarif(path, report):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    expect(sarif_error(document) is None, sarif_error(document))
    expect(document["version"] == "2.1.0" and len(document["runs"]) == 1, "run")
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    expect(len({rule["id"] for rule in rules}) == len(rules), "rules")
    seen = collections.Counter()
    prints = set()
    for result in run["results"]:
        expect(rules[result["ruleIndex"]]["id"] == result["ruleId"], "index")
        expect(result["message"]["text"], "no message")
        place = result["locations"][0]
        server = place["logicalLocations"][0]["fullyQualifiedName"]
        expect(place["physicalLocation"]["region"]["startLine"] >= 1, "line")
        expect(len(result["locations"]) == 1, "more than one place")
        seen[(result["level"], result["ruleId"], server)] += \
            result["occurrenceCount"]
        prints.add((result["level"],
                    result["partialFingerprints"]["whyeof/v1"]))
        for flow in result["codeFlows"]:
            steps = flow["threadFlows"][0]["locations"]
            expect([s["executionOrder"] for s in steps] ==
                   list(range(1, len(steps) + 1)), "order")
    wanted = collections.Counter()
    for finding in report["findings"]:
        wanted[(LEVEL[finding["severity"]], finding["code"],
                finding["connection"]["server"])] += 1
    expect(seen == wanted, "%s, not %s" % (seen, wanted))
    expect(len(prints) == len(run["results"]), "fingerprints")


def check_github(path, report):
    with open(path, encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    expect(lines.pop() == "" and lines[-1].startswith("whyeof: "), "last line")
    commands = [COMMAND.match(line) for line in lines[:-1]]
    expect(all(commands), "a line that is no command")
    told = collections.Counter(c.group(1) for c in commands)
    expect(max(told.values(), default=0) <= 10, "more than ten")
    for severity, name in (("error", "error"), ("warning", "warning"),
                           ("info", "notice")):
        kinds = sum(1 for key in grouped(report["findings"])
                    if key[0] == severity)
        expect(told[name] == min(kinds, 10), "%s of %s" % (told, kinds))


class Rendered(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = collections.Counter()
        self.attributes = set()
        self.text = []
        self.depth = []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes |= {(name, value) for name, value in attrs}
        if tag not in ("meta", "br", "input", "link"):
            self.depth.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes |= {(name, value) for name, value in attrs}

    def handle_endtag(self, tag):
        expect(self.depth and self.depth.pop() == tag, "</%s>" % tag)

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    parser = Rendered()
    parser.feed(text)
    parser.close()
    return parser


def check_markdown(path, report):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    expect(len(text) < 65536, "longer than a comment")
    if not shutil.which("cmark-gfm"):
        return
    done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e",
                           "autolink", "-e", "strikethrough", path],
                          capture_output=True, text=True, check=True)
    page = parsed(done.stdout)
    expect(not set(page.tags) & {"a", "img", "script", "em", "del"},
           "%s" % page.tags)
    groups = grouped(report["findings"])
    expect(page.tags["h3"] == len(groups), "%d kinds" % page.tags["h3"])
    tables = done.stdout.count("<table>")
    expect(tables == (1 + len(groups) if groups else 0), "tables")


def check_html(path, report):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = parsed(text)
    expect(not page.depth, "open: %s" % page.depth)
    groups = grouped(report["findings"])
    expect(page.tags["article"] == len(groups), "articles")
    expect(page.tags["script"] == bool(groups), "scripts")
    for name, value in page.attributes:
        expect(not name.startswith("on") and name not in ("style", "src"), name)
        expect(name != "href" or value.startswith("#"), "href %s" % value)
    ids = re.findall(r' id="(f\d+)"', text)
    expect(len(ids) == len(set(ids)), "ids")
    expect({v[1:] for n, v in page.attributes if n == "href"} <= set(ids),
           "a link to nothing")
    policy = dict((name, value) for name, value in page.attributes
                  if name == "content" and "default-src" in value)
    for tag in ("style", "script"):
        for body in re.findall("<%s>(.*?)</%s>" % (tag, tag), text, re.S):
            digest = hashlib.sha256(body.encode()).digest()
            expect(base64.b64encode(digest).decode() in policy["content"],
                   "the policy does not name its " + tag)
    expect(len(text) < 2 << 20, "longer than 2 MB")


CHECKS = {"junit": check_junit, "sarif": check_sarif, "github": check_github,
          "markdown": check_markdown, "html": check_html}


# ---- captures --------------------------------------------------------------

def made_of(scene, folder):
    path = os.path.join(folder, "capture.pcapng")
    with open(path, "wb") as file:
        subprocess.run([os.path.join(BUILD, "mkscene"), scene], stdout=file,
                       check=True)
    return path


def outputs(capture, folder, *more):
    paths = {f: os.path.join(folder, "out." + f) for f in FORMATS}
    arguments = [a for f in FORMATS for a in ("-o", "%s=%s" % (f, paths[f]))]
    done = subprocess.run([WHYEOF, "--fail-on", "never", *more, *arguments,
                           capture], capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)
    return paths


def hold(capture, folder):
    """Each format's fault, "" for none."""
    paths = outputs(capture, folder)
    with open(paths["json"], encoding="utf-8") as file:
        report = json.load(file)
    faults = {}
    for name, held in CHECKS.items():
        try:
            held(paths[name], report)
        except (Wrong, ValueError, KeyError, xml.ParseError) as wrong:
            faults[name] = repr(wrong)[:400]
    return faults


def every_scene(folder):
    faults = collections.defaultdict(list)
    scenes = sorted(glob.glob("testdata/verdicts/*.scene") +
                    glob.glob("testdata/near-miss/*.scene"))
    for scene in scenes:
        for name, why in hold(made_of(scene, folder), folder).items():
            faults[name].append("%s: %s" % (os.path.basename(scene), why))
    for name in CHECKS:
        check(not faults[name], "%s of %d scenes" % (name, len(scenes)),
              "; ".join(faults[name][:3]))


def hostile(folder):
    with open("testdata/verdicts/write-timeout-eof.scene",
              encoding="ascii") as file:
        scene = file.read()
    quoted = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    path = os.path.join(folder, "hostile.scene")
    with open(path, "w", encoding="ascii") as file:
        file.write(scene.replace("GET /report ", "GET %s " % quoted))
    capture = made_of(path, folder)
    faults = hold(capture, folder)
    with open(os.path.join(folder, "out.json"), encoding="utf-8") as file:
        target = json.load(file)["findings"][0]["exchange"]["target"]
    check("<script>" in target, "a hostile target was read", target)
    for name in CHECKS:
        check(name not in faults, "%s of a hostile target" % name,
              faults.get(name))
    with open(os.path.join(folder, "out.html"), encoding="utf-8") as file:
        check("<script>alert" not in file.read(), "its script is text in html")


def window_plot(folder):
    """What tshark shows of that capture: DATA of 5000 bytes in frame 16 uses up
    the window of 5000 that began with frame 15, a WINDOW_UPDATE of 20000 is in
    frame 18, and 15000 of it are sent in frame 21."""
    paths = outputs("testdata/captures/h2-stream-window-resumes.pcap", folder)
    with open(paths["html"], encoding="utf-8") as file:
        page = file.read()
    drawn = re.findall('<svg[^>]*aria-label="(stream window, [^"]*)">(.*?)'
                       '</svg>', page, re.S)
    check(len(drawn) == 1 and drawn[0][0] == "stream window, in bytes left: "
          "none from 0.028090 s to 2.528363 s (2.50 s), then 20000",
          "the words of a window's plot", drawn)
    steps = re.findall(r'class="step"[^>]* d="([^"]*)"', drawn[0][1])
    # from 5000 (a quarter of the height) to none; none, 20000, 5000
    check(steps == ["M10.0 89.5L160.0 112.0", "M160.0 112.0H480.0V22.0H630.0"
                    "V89.5H630.0"], "the steps of a window's plot", steps)
    check('class="band" x="160.0" y="22" width="320.0"' in drawn[0][1],
          "the time that it blocked is shaded", drawn)


def sarif_faults(folder):
    """A log that is broken at one place is seen to be."""
    if not jsonschema:
        print("skip sarif by its schema: needs python3-jsonschema")
        return
    for fault in (lambda run: run["results"][0].pop("message"),
                  lambda run: run["results"][0].update(level="fatal"),
                  lambda run: run["results"][0].update(rank="high"),
                  lambda run: run["tool"]["driver"]["rules"][0].update(
                      name=run["tool"]["driver"]["rules"][0]["id"])):
        with open(os.path.join(folder, "out.sarif"), encoding="utf-8") as file:
            document = json.load(file)
        fault(document["runs"][0])
        check(sarif_error(document), "a broken sarif is seen", "it is valid")


def main():
    for program in ("xmllint", "cmark-gfm"):
        if not shutil.which(program):
            print("skip a part of the formats: needs " + program)
    with tempfile.TemporaryDirectory() as folder:
        every_scene(folder)
        hostile(folder)
        window_plot(folder)
        sarif_faults(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
