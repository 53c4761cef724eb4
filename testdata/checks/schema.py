#!/usr/bin/env python3
"""--schema holds what is written as JSON, both ways: goldens, NDJSON, merged
reports and comparisons are valid by it; each key that is written is in it; each
key that it has is written, and is in whyeof(1); and broken documents are not
valid. By python3-jsonschema; without it only the keys are looked at."""
import copy
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    jsonschema = None

import processes

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
BUILD = os.environ.get("BUILD", "build")
CAPTURES = "testdata/captures"
# Keys of the schema that no document here has, and why.
NOT_WRITTEN = {}

failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    print("ok " + what if good else "FAIL %s: %s" % (what, why), flush=True)


def run(*words, status=(0, 1)):
    done = subprocess.run([WHYEOF, *words], capture_output=True, text=True)
    if done.returncode not in status:
        raise RuntimeError("%s: %s" % (" ".join(words)[:80], done.stderr))
    return done.stdout


class Keys:
    """What of the schema is written, and what is written that it lacks."""

    def __init__(self, schema):
        self.schema = schema
        self.seen = set()
        self.unknown = set()
        self.named = {(name, key) for name, value in schema["$defs"].items()
                      for key in value.get("properties", ())}

    def see(self, document):
        self.walk(self.schema, document, "document")

    def walk(self, schema, value, place):
        if isinstance(value, list):
            for item in value:
                self.walk(schema_of(self.parts(schema, value), "items"), item,
                          place)
        if not isinstance(value, dict):
            return
        parts = list(self.parts(schema, value))
        for key, inner in value.items():
            found = [(name, part["properties"][key]) for name, part in parts
                     if key in part.get("properties", {})]
            self.seen |= {(name, key) for name, _ in found}
            rest = schema_of(parts, "additionalProperties")
            if not found and not rest:
                self.unknown.add("%s.%s" % (place, key))
            self.walk(found[0][1] if found else rest, inner, key)

    def parts(self, schema, value, name=None):
        """The schemas that hold for the value, with the names they have."""
        yield name, schema
        if "$ref" in schema:
            to = schema["$ref"].rsplit("/", 1)[1]
            yield from self.parts(self.schema["$defs"][to], value, to)
        if "if" in schema:
            then = "then" if holds(schema["if"], value) else "else"
            yield from self.parts(schema.get(then, {}), value)
        for part in schema.get("allOf", ()):
            yield from self.parts(part, value)
        for part in schema.get("anyOf", ()):
            if part != {"type": "null"}:
                yield from self.parts(part, value)


def schema_of(parts, word):
    return next((part[word] for _, part in parts if word in part), {})


def holds(condition, value):
    """As far as the schema has conditions: keys, and constants of them."""
    return all(key in value for key in condition.get("required", ())) and \
        all(value[key] == inner["const"]
            for key, inner in condition.get("properties", {}).items())


# ---- documents ---------------------------------------------------------------

def goldens():
    for path in sorted(glob.glob("testdata/verdicts/*.json") +
                       glob.glob("testdata/near-miss/*.json")):
        with open(path, encoding="utf-8") as file:
            yield path, json.load(file)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def captured():
    """Each capture as NDJSON, with its exchanges."""
    for path in sorted(glob.glob(CAPTURES + "/*.pcap") +
                       glob.glob("testdata/seed/*.pcapng")):
        for line in lines(run("-x", "-F", "ndjson", path)):
            yield path, line


def watched():
    for line in lines(run("--follow", "--duration", "1s", "-x", "-F", "ndjson",
                          "testdata/seed/write-timeout.pcapng")):
        yield "a file that is followed", line


def with_processes(folder):
    """Told by comments at one end, and at the other."""
    path = os.path.join(folder, "processes.pcapng")
    for inbound, process in ((True, processes.CURL), (False, processes.NGINX)):
        processes.write(path, "client-abort-upload", lambda server: [
            (2, struct.pack("<I", 1 if server == inbound else 2)),
            (1, processes.comment(*process))])
        yield process[0], json.loads(run("-F", "json", path))


def merged(folder):
    reports = []
    for at, path in enumerate(sorted(glob.glob(CAPTURES + "/*.pcap"))[::4]):
        reports.append(os.path.join(folder, "%d.json" % at))
        run("-x", "-F", "json", "-o", "json=" + reports[-1], path)
    yield "a merged report", json.loads(run("merge", *reports))


def known(folder):
    """A report with an earlier one beside it."""
    seed = "testdata/seed/write-timeout.pcapng"
    earlier = os.path.join(folder, "earlier.json")
    run("-o", "json=" + earlier, seed)
    yield "a known finding", json.loads(run("--baseline", earlier, "-F", "json",
                                            seed))


def recorded(folder):
    """A finding and its recording, in a file and while it is watched."""
    capture = "testdata/captures/go-write-timeout-reused.pcap"
    record = os.path.join(folder, "failed")
    written = json.loads(run("--record", record, "-F", "json", capture))
    yield "a report with recordings", written
    for finding in written["findings"]:
        names_its_file(finding, finding["recording"])
    told = {}
    for line in lines(run("--follow", "--duration", "1s", "--record",
                          record + "2", "-F", "ndjson", capture)):
        yield "a line beside recordings", line
        if line["type"] == "finding":
            told[line["id"]] = line
        for id in line.get("findings", ()) if line["type"] == "recording" else ():
            names_its_file(told.pop(id), line["path"])
    check(not told, "schema: each finding's recording is told live", told)


def names_its_file(finding, path):
    """By its comments, which have the numbers of the whole capture."""
    with open(path, "rb") as file:
        packets = file.read()
    lacking = [e["frame"] for e in finding["evidence"]
               if b"frame %d of the original" % e["frame"] not in packets]
    check(finding["evidence"] and not lacking,
          "schema: the recording of finding %d has its frames" % finding["id"],
          "%s lacks %s" % (path, lacking))


def compared():
    for first in sorted(glob.glob(CAPTURES + "/compare-*-client.pcap")):
        second = first.replace("-client.pcap", "-server.pcap")
        yield first, json.loads(run("-F", "json", "--compare", first, second))


def broken(schema, report, line):
    """(what is wrong with it, the document): none may be valid."""
    def change(document, *path, to=None):
        changed = copy.deepcopy(document)
        at = changed
        for step in path[:-1]:
            at = at[step]
        if to is None:
            del at[path[-1]]
        else:
            at[path[-1]] = to
        return changed

    finding = ("findings", 0)
    yield "another schema", change(report, "schema", to="whyeof.report/2")
    yield "no findings", change(report, "findings")
    yield "a code that is none", change(report, *finding, "code", to="eof")
    yield "a severity that is none", change(report, *finding, "severity",
                                            to="fatal")
    yield "an id that is no number", change(report, *finding, "id", to="1")
    yield "a time without zone", change(report, *finding, "time",
                                        to="2024-01-01T00:00:00.000000000")
    yield "a wait below zero", change(report, *finding, "timing", "wait_s",
                                      to=-0.1)
    yield "a holder that is missing", change(report, *finding, "time_s",
                                             "client-window")
    yield "one frame of two", change(report, *finding, "connection", "frames",
                                     to=[1])
    yield "a server without port", change(report, "endpoints", 0, "server",
                                          to="192.0.2.1")
    yield "a reason that is none", change(
        report, "summary", "not_judged_by_reason", to={"tired": 1})
    yield "a type of line that is none", change(line, "type", to="failure")
    yield "a line that lacks its keys", {"type": "endpoint"}


# ---- checks --------------------------------------------------------------------

def validity(schema, documents):
    if not jsonschema:
        print("skip schema: validity: needs python3-jsonschema")
        return
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    validator = kind(schema)
    for name, group in documents.items():
        wrong = ["%s: %s" % (path, error_of(validator, document))
                 for path, document in group
                 if not validator.is_valid(document)]
        check(group and not wrong, "schema: %d %s are valid" %
              (len(group), name), "; ".join(wrong[:3]) or "there are none")
    report = next(d for _, d in documents["goldens"]
                  if d["findings"] and d["endpoints"])
    line = documents["lines of NDJSON"][0][1]
    for name, document in broken(schema, report, line):
        check(not validator.is_valid(document), "schema: %s is not valid" % name,
              "it is")


def error_of(validator, document):
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return "%s: %s" % ("/".join(map(str, error.absolute_path)),
                       error.message[:200])


def written(schema, documents):
    keys = Keys(schema)
    for group in documents.values():
        for _, document in group:
            keys.see(document)
    check(not keys.unknown, "schema: each key that is written is in it",
          ", ".join(sorted(keys.unknown)))
    lacking = keys.named - keys.seen - set(NOT_WRITTEN)
    check(not lacking, "schema: each of its %d keys is written" %
          len(keys.named), ", ".join("%s.%s" % pair for pair in sorted(lacking)))
    needless = set(NOT_WRITTEN) & keys.seen | set(NOT_WRITTEN) - keys.named
    check(not needless, "schema: what is excused is not written",
          ", ".join("%s.%s" % pair for pair in needless))
    return keys


def unknown_is_seen(schema, documents):
    document = copy.deepcopy(next(d for _, d in documents["goldens"]
                                  if d["findings"]))
    document["findings"][0]["evidence"][0]["colour"] = "red"
    keys = Keys(schema)
    keys.see(document)
    check(keys.unknown == {"evidence.colour"}, "schema: a new key is seen",
          keys.unknown)


def manual(schema, keys):
    """In bold type, among what is said of JSON."""
    with open("man/whyeof.1", encoding="utf-8") as file:
        page = file.read().replace("\\-", "-").replace("\\ ", " ")
    page = page[page.index(".SS JSON"):page.index(".SS JUnit")]
    bold = " ".join(re.findall(r"^\.(?:B|BR|RB) (.*)$", page, re.M))
    words = set(re.findall(r"[a-z][A-Za-z0-9_-]*", bold))
    lacking = sorted({key for _, key in keys.named} - words)
    check(not lacking, "schema: each key is in whyeof(1)", ", ".join(lacking))
    words = set(re.findall(r"[a-z][a-z0-9_/.-]*", page))
    words |= {word.rstrip(".") for word in words}
    for name, value in schema["$defs"].items():
        if name == "code":  # whyeof-verdicts(7) has them, as lint knows
            continue
        lacking = set(value.get("enum", ())) - words
        if "enum" in value:
            check(not lacking, "schema: each word of %s is in whyeof(1)" % name,
                  ", ".join(sorted(lacking)))


def elsewhere(keys):
    """The table of other conventions' names has no key that is none."""
    with open("man/whyeof.1", encoding="utf-8") as file:
        page = file.read()
    table = page[page.index(".SS Names elsewhere"):]
    rows = table[table.index(".TS"):table.index(".TE")].splitlines()[3:]
    lacking = {row.split("\t")[0] for row in rows} - {""} - \
        {key for name, key in keys.named
         if name in ("finding", "exchange", "failed_exchange", "timing", "tls",
                     "connection", "listed_exchange", "process")}
    check(len(rows) > 20 and not lacking,
          "schema: the keys that have other names elsewhere", lacking)


def main():
    schema = json.loads(run("--schema", status=(0,)))
    with tempfile.TemporaryDirectory() as folder:
        documents = {
            "goldens": list(goldens()),
            "lines of NDJSON": list(captured()),
            "live lines": list(watched()),
            "captures with processes": list(with_processes(folder)),
            "merged reports": list(merged(folder)),
            "reports with a baseline": list(known(folder)),
            "reports and lines of recordings": list(recorded(folder)),
            "comparisons": list(compared()),
        }
    validity(schema, documents)
    keys = written(schema, documents)
    unknown_is_seen(schema, documents)
    manual(schema, keys)
    elsewhere(keys)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
