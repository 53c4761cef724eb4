#!/usr/bin/env python3
"""whyeof merge: reports of a capture split by server are, folded, the report of
the whole capture, in counts, codes, brackets, routes and quantiles. The capture
is of lab captures behind one another, each with a server of its own address.
"""
import collections
import concurrent.futures
import copy
import datetime
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import routes

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CAPTURES = "testdata/captures"
NAMES = ("client-abort-upload", "connect-refused",
         "go-graceful", "go-panic-mid-body", "go-write-timeout-reused",
         "go-write-timeout-threshold", "go-write-timeout-streaming",
         "gunicorn-worker-timeout", "accept-queue-overflow", "h2-panic", "h2-write-timeout",
         "grpc-deadline")
PORT = 8080

failed = 0


def check(good, what):
    global failed
    failed += not good
    print(("ok " if good else "FAIL ") + what)


def packets(path):
    """Time in nanoseconds, bytes and length on the wire of each; Ethernet."""
    with open(path, "rb") as file:
        data = file.read()
    order, unit = {b"\xd4\xc3\xb2\xa1": ("<", 1000),
                   b"\x4d\x3c\xb2\xa1": ("<", 1)}[data[:4]]
    link, = struct.unpack_from(order + "I", data, 20)
    assert link == 1, path
    at = 24
    while at < len(data):
        seconds, part, size, length = struct.unpack_from(order + "4I", data, at)
        at += 16
        yield seconds * 10**9 + part * unit, data[at:at + size], length
        at += size


def moved(frame, number):
    """The packet, with addresses of its own for that server and its clients."""
    source, to = struct.unpack_from(">HH", frame, 14 + 4 * (frame[14] & 15))
    assert frame[12:14] == b"\x08\x00" and frame[23] == 6
    server, client = (bytes((10, i, 0, number)) for i in (2, 1))
    assert (source == PORT) != (to == PORT)
    return frame[:26] + (server + client if source == PORT else
                         client + server) + frame[34:]


def write_all(path):
    """How many of the captures were the same server's."""
    begin = 1700000000 * 10**9
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for number, name in enumerate(NAMES):
            first = last = None
            for time, frame, length in packets("%s/%s.pcap" % (CAPTURES, name)):
                first = time if first is None else first
                last = begin + time - first
                frame = moved(frame, number)
                file.write(struct.pack("<4I", last // 10**9, last % 10**9,
                                       len(frame), length) + frame)
            begin = last + 100 * 10**9


def run(*words, status=0):
    done = subprocess.run([WHYEOF, *words], capture_output=True, text=True)
    if done.returncode != status:
        sys.exit("FAIL whyeof %s: %d, %s" % (" ".join(words), done.returncode,
                                             done.stderr))
    return done.stdout


def report(path, *more):
    return run("-F", "json", "--fail-on", "never", *more, path)


def servers_of(document):
    return sorted({e["server"] for e in document["endpoints"]} |
                  {f["connection"]["server"] for f in document["findings"]})


def part(path, server):
    host, port = server.rsplit(":", 1)
    return report(path, "--filter", "host %s and port %s" % (host, port))


def of_findings(document):
    """What does not depend on a number that the filter gives."""
    by_id = {f["id"]: f for f in document["findings"]}

    def name(i):
        return i and (by_id[i]["code"], by_id[i]["time"])
    assert [f["id"] for f in document["findings"]] == \
        list(range(1, len(by_id) + 1))
    return [(f["code"], f["severity"], f["confidence"], f["time"],
             f["connection"]["server"], f["connection"]["frames"], f["title"],
             f["explanation"], f["exchange"], f["timing"], f["time_s"],
             f["evidence"], name(f["caused_by"]),
             [name(i) for i in f["effects"]]) for f in document["findings"]]


def in_order(findings):
    """By time; of one time by the last packet of the connection."""
    return sorted(findings, key=lambda f: (f[3], f[5][1]))


def by_server(document):
    return {e["server"]: e for e in document["endpoints"]}


def check_whole(whole, folded):
    for key in ("schema", "tool", "summary"):
        check(folded[key] == whole[key], "%s: %s" % (key, folded[key]
              if folded[key] == whole[key] else (folded[key], whole[key])))
    for key in ("zero_time", "packets", "tcp_segments", "ignored"):
        check(folded["input"][key] == whole["input"][key], key)
    check(len(folded["input"]["files"]) == 1, "the file is listed once")
    check(by_server(folded) == by_server(whole), "%d endpoints: brackets, "
          "routes, quantiles, sketches" % len(whole["endpoints"]))
    found = of_findings(folded)
    check(found == in_order(of_findings(whole)), "%d findings, in order of time"
          % len(whole["findings"]))


def save(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check_split(folder, path):
    whole = json.loads(report(path))
    servers = servers_of(whole)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda s: part(path, s), servers))
    names = [save(folder, "%d.json" % i, text) for i, text in enumerate(parts)]
    folded = run("merge", "--fail-on", "never", *names)
    check_whole(whole, json.loads(folded))
    check(run("merge", "--fail-on", "never", *names, names[0]) == folded,
          "a report given twice counts once")
    check(json.loads(run("merge", "--fail-on", "never", *names[::-1]))
          ["findings"] == json.loads(folded)["findings"], "in any order")
    check(run("merge", *names, status=1) == folded, "findings set the status")


def check_lines(folder, path):
    """NDJSON, what was told again, exchanges, standard input."""
    whole = report(path, "-x")
    lines = [json.loads(line) for line in
             run("-F", "ndjson", "--fail-on", "never", path).splitlines()]
    name = save(folder, "lines", "".join(json.dumps(x) + "\n" for x in lines))
    folded = json.loads(run("merge", "--fail-on", "never", name))
    document = json.loads(whole)
    check(len(document["exchanges"]) > 10, "exchanges are listed")
    found = json.loads(run("merge", "--fail-on", "never",
                           save(folder, "whole", whole)))
    check(found["exchanges"] == document["exchanges"], "and stay")
    del found["exchanges"]
    check(folded == found, "NDJSON is the same")
    told, withdrawn = [copy.deepcopy([x for x in lines if x["type"] ==
                                      "finding"][i]) for i in (0, 1)]
    told.update(revision=1, title="told again")
    withdrawn.update(revision=1, standing="withdrawn")
    lines[-1:-1] = [told, withdrawn]
    name = save(folder, "again", "".join(json.dumps(x) + "\n" for x in lines))
    again = json.loads(run("merge", "--fail-on", "never", name))
    check(len(again["findings"]) == len(document["findings"]) - 1 and
          [f["title"] for f in again["findings"]].count("told again") == 1,
          "what was told again, and withdrawn")
    text = run("merge", "-F", "text", "--fail-on", "never", name)
    check(len(text.splitlines()) > 20 and "38 exchanges (20 complete, 18 not)" in
          " ".join(text.split()), "text")


def check_same_server(folder):
    """Two captures of one server, by what tshark says of both."""
    names, took, asked = [], {}, collections.Counter()
    for i, more in enumerate((("--routes", "9"), ("--routes", "200"))):
        path = os.path.join(folder, "%d.pcap" % i)
        subprocess.run([routes.BUILD + "/mkbench", "--small", "--size", "2M",
                        *more, path], check=True)
        names.append(save(folder, "s%d" % i, report(path)))
        counts, times = routes.by_tshark(path)
        asked += counts
        for name in times:
            took.setdefault(name, []).extend(times[name])
    parts = [json.load(open(name, encoding="utf-8"))["endpoints"][0]
             for name in names]
    folded = json.loads(run("merge", "--fail-on", "never", *names))
    server, = folded["endpoints"]
    for key in ("exchanges", "complete", "failed"):
        check(server[key] == sum(part[key] for part in parts) ==
              sum(r[key] for r in server["routes"]) +
              server["other_routes"][key], "%s: %d" % (key, server[key]))
    check(len(server["routes"]) == routes.KEPT, "as many routes as are kept")
    check(all(r["exchanges"] <= asked[r["path"]] for r in server["routes"]),
          "none has too much")
    check(any(r["exchanges"] == asked[r["path"]] > 1000
              for r in server["routes"]), "one has all of both")
    check(routes.is_near(server["latency"]["end_s"], sum(took.values(), [])),
          "quantiles")
    check(len(folded["input"]["files"]) == 2, "two files")


BRACKET = {"longest_success_s": 1.0, "shortest_failure_s": 5.0, "exact_s": 5.0,
           "consistent": True, "samples": 3, "odd": 0}


def bracket_of(folder, document, *brackets):
    """What is folded of reports that differ in that."""
    names = []
    for i, changes in enumerate(brackets):
        one = copy.deepcopy(document)
        one["endpoints"] = one["endpoints"][:1]
        one["input"]["warnings"] = [str(i)]
        one["endpoints"][0]["write_timeout"] = \
            None if changes is None else dict(BRACKET, **changes)
        names.append(save(folder, "b%d" % i, json.dumps(one)))
    folded = json.loads(run("merge", "--fail-on", "never", *names))
    return folded["endpoints"][0]["write_timeout"]


def check_brackets(folder, path):
    document = json.loads(report(path))
    document["endpoints"][0]["latency"] = None
    for brackets, expected in (
            (({}, {}), {"samples": 6}),
            (({}, {"longest_success_s": 4.9}),
             {"samples": 6, "longest_success_s": 4.9}),
            (({}, {"longest_success_s": 9.0, "exact_s": 5.05}),
             {"samples": 6, "longest_success_s": 9.0, "consistent": False}),
            (({"shortest_failure_s": 3.0, "exact_s": 3.0}, {}),
             {"samples": 6, "shortest_failure_s": 3.0, "exact_s": None}),
            (({"longest_success_s": None}, {}), {"samples": 6}),
            (({"consistent": False}, {"odd": 2}),
             {"samples": 6, "odd": 2, "consistent": False}),
            ((None, {}), {}), (({}, None), {})):
        found = bracket_of(folder, document, *brackets)
        check(found == dict(BRACKET, **expected), "bracket %s: %s" %
              (brackets, found))
    document["endpoints"][0]["latency"] = {
        "samples": 2, "first_byte_s": {"shortest": 7.0, "longest": 7.0},
        "end_s": {"shortest": 7.0, "longest": 7.0},
        "sketch": {"first_byte": "%d:2" % BUCKET, "end": "%d:2" % BUCKET}}
    found = bracket_of(folder, document, {}, None)
    check(found == dict(BRACKET, longest_success_s=7.0, consistent=False,
                        samples=5), "successes elsewhere refute it: %s" % found)


# of 7 s: 7000000001 = 2^32 * 1.6298
BUCKET = 32 * 50 + 31


def check_no_reports(folder, path):
    document = json.loads(report(path))

    def changed(change):
        one = copy.deepcopy(document)
        change(one)
        return json.dumps(one)

    def set_in(*keys):
        def change(one):
            for key in keys[:-2]:
                one = one[key]
            one[keys[-2]] = keys[-1]
        return change
    text = json.dumps(document)
    lines = run("-F", "ndjson", "--fail-on", "never", path)
    cases = ["", "{", "[]", "{}", "nonsense", text[:-9], text + text,
             lines.rsplit("\n", 2)[0], lines[:-20]] + [
        changed(set_in(*keys)) for keys in (
            ("schema", "whyeof.report/2"), ("summary", None),
            ("summary", "exchanges", -1), ("summary", "exchanges", 1.5),
            ("summary", "by_code", []), ("input", None),
            ("input", "packets", "many"), ("endpoints", {}),
            ("endpoints", 0, "exchanges", None), ("endpoints", 0, "server", 1),
            ("endpoints", 0, "complete", -1),
            ("endpoints", 0, "latency", {"sketch": {}}),
            ("endpoints", 0, "routes", 0, {}),
            ("endpoints", 0, "routes", 65 * document["endpoints"][0]["routes"]),
            ("endpoints", 0, "hints", [{}] * 9), ("findings", None),
            ("findings", 0, "id", 0), ("findings", 0, "id", 2**62),
            ("findings", 0, "connection", 0), ("exchanges", 1),
            ("input", "files", [1]))]
    good = 0
    for i, case in enumerate(cases):
        name = save(folder, "wrong", case)
        done = subprocess.run([WHYEOF, "merge", name], capture_output=True,
                              text=True)
        good += done.returncode == 2 and not done.stdout and \
            "whyeof: '%s' is no report: " % name in done.stderr
        if done.returncode != 2:
            print("case %d: %d %s" % (i, done.returncode, done.stderr))
    check(good == len(cases), "%d of %d are no reports" % (good, len(cases)))
    draw = random.Random(13)
    for _ in range(150):
        spoilt = bytearray(text.encode())
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(spoilt))
            spoilt[at:at + draw.randint(0, 3)] = draw.choice(
                (b"", b"9", b"-", b"null", b"[", b"}", b"0", b'"', b"1e999"))
        with open(name, "wb") as file:
            file.write(spoilt)
        for form in "json", "text":
            done = subprocess.run([WHYEOF, "merge", "-F", form, name, name],
                                  capture_output=True)
            if done.returncode not in (0, 1, 2):
                check(False, "spoilt: %d" % done.returncode)
    check(True, "spoilt reports do no harm")
    for words in (("merge",), ("merge", "-F", "ndjson", name),
                  ("merge", "--nonsense", name), ("merge", "/nonexistent")):
        run(*words, status=2)
    check("usage: whyeof merge" in run("merge", "--help"), "--help")


def hellos(document):
    """When each client said hello, as a time of day in nanoseconds."""
    zero = document["input"]["zero_time"]
    seconds = datetime.datetime.fromisoformat(zero[:19] + "+00:00").timestamp()
    return sorted((int(seconds) * 10**9 + int(zero[20:29]) +
                   round(f["connection"]["tls"]["hello_s"]["client"] * 10**9))
                  for f in document["findings"])


def check_tls(folder):
    """What was not opened is added up, and no moment of it moves."""
    paths, documents = [], []
    for name in ("tls-go-write-timeout", "tls-reset", "tls-silent"):
        text = report("%s/%s.pcap" % (CAPTURES, name))
        documents.append(json.loads(text))
        paths.append(os.path.join(folder, name + ".json"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(text)
    folded = json.loads(run("merge", *paths, status=1))
    tls = folded["summary"]["tls"]
    whole = [d["summary"]["tls"] for d in documents]
    check((tls["opened"], tls["opaque"], tls["opaque_by_reason"]) ==
          (0, 3, {"no-secrets": sum(t["opaque"] for t in whole)}),
          "TLS of three: %s" % tls["opaque_by_reason"])
    check([n["client_random"] for n in tls["not_opened"]] ==
          [n["client_random"] for t in whole for n in t["not_opened"]],
          "what was not opened, of three")
    said = sorted(hello for d in documents for hello in hellos(d))
    check(len(said) == 3 and said == hellos(folded), "hellos stay when they were")


def main():
    if not shutil.which("tshark"):
        print("skip merge: no tshark")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "all.pcap")
        write_all(path)
        check_split(folder, path)
        check_lines(folder, path)
        check_brackets(folder, path)
        check_no_reports(folder, path)
        check_same_server(folder)
        check_tls(folder)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
