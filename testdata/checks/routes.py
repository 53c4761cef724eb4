#!/usr/bin/env python3
"""Routes and latencies are tshark's: of ten thousand paths those asked for most
are counted exactly, nothing is missing from the sums, and quantiles are within
1 % of those of the times that tshark measures (http.time: request to answer,
each in one packet here). In text a route is told that is not as the others.
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
BUILD = os.environ.get("BUILD", "build")
ROUTES = 10000
KEPT = 64
# 1 %, and what a clock of microseconds makes of it
ERROR = 0.01
TICK = 2e-9

failed = 0


def check(good, what):
    global failed
    failed += not good
    print(("ok " if good else "FAIL ") + what)


def report(path, *more):
    done = subprocess.run([WHYEOF, "--fail-on", "never", *more, path],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit("FAIL %s: %s" % (path, done.stderr))
    return done.stdout


def by_tshark(path):
    """Of each route how often it was asked for, and how long answers took."""
    out = subprocess.run(
        ["tshark", "-r", path, "-Y", "http", "-T", "fields",
         "-e", "http.request.uri", "-e", "http.response_for.uri",
         "-e", "http.time"], capture_output=True, text=True, check=True).stdout
    asked = collections.Counter()
    took = collections.defaultdict(list)
    for line in out.splitlines():
        uri, answered, time = line.split("\t")
        if uri:
            asked[folded(uri)] += 1
        elif time:
            took[folded("/" + answered.split("/", 3)[3])].append(float(time))
    return asked, took


def folded(path):
    """mkbench's paths: a word, a number."""
    return path.rsplit("/", 1)[0] + "/{id}"


def is_near(said, times):
    times = sorted(times)
    return (said["shortest"], said["longest"]) == (times[0], times[-1]) and \
        all(abs(said["p%d" % p] - exact) <= ERROR * exact + TICK
            for p in (50, 90, 99)
            for exact in [times[(len(times) - 1) * p // 100]])


def check_many(folder):
    path = os.path.join(folder, "many.pcap")
    subprocess.run([BUILD + "/mkbench", "--small", "--size", "12M", "--routes",
                    str(ROUTES), path], check=True)
    asked, took = by_tshark(path)
    server, = json.loads(report(path, "-F", "json"))["endpoints"]
    routes = server["routes"]
    whole = [r for r in routes if not r["partial"]]
    rest = server["other_routes"]
    check(len(asked) > 1000 and len(routes) == KEPT, "%d routes of %d are kept" %
          (len(routes), len(asked)))
    for key in ("exchanges", "complete", "failed"):
        check(sum(r[key] for r in routes) + rest[key] == server[key],
              key + " add up")
    check(server["exchanges"] == sum(asked.values()),
          "%d exchanges, as tshark counts" % server["exchanges"])
    check(all(r["exchanges"] == asked[r["path"]] for r in whole),
          "%d routes have all of theirs" % len(whole))
    check(all(r["exchanges"] <= asked[r["path"]] for r in routes),
          "no route has more")
    first = [p for p, n in asked.most_common(KEPT // 8)]
    check([r["path"] for r in routes[:len(first)]] == first,
          "the %d asked for most are first" % len(first))
    check(routes == sorted(routes, key=lambda r: -r["exchanges"]), "in order")
    for name in ("first_byte_s", "end_s"):
        check(is_near(server["latency"][name], sum(took.values(), [])),
              name + " of the server")
        check(all(is_near(r["latency"][name], took[r["path"]]) for r in whole
                  if r["latency"]), name + " of its routes")
    check(all(r["latency"]["samples"] == len(took[r["path"]]) for r in whole
              if r["latency"]), "as many answers")
    check("first byte after p50" in report(path), "a line of text")


def exchange(at, name, request, wait):
    """A connection with one exchange; no answer comes without `wait`."""
    lines = ["connection " + name,
             "%.6f %s c> SYN" % (at, name),
             "%.6f %s s> SYN ACK" % (at + .001, name),
             "%.6f %s c> ACK" % (at + .0011, name),
             '%.6f %s c> "%s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"' %
             (at + .002, name, request)]
    at += .002
    if wait:
        lines.append('%.6f %s s> "HTTP/1.1 200 OK\\r\\n'
                     'Content-Length: 2\\r\\n\\r\\n" "ok"' %
                     (at + wait, name))
        lines.append("%.6f %s c> ACK" % (at + wait + .0001, name))
    at += wait + .001
    return lines + ["%.6f %s s> FIN" % (at + .001, name),
                    "%.6f %s c> FIN" % (at + .002, name),
                    "%.6f %s s> ACK" % (at + .003, name)]


KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"


def check_text(folder):
    """Twelve fast ones, twelve that take half a second, three that fail."""
    lines = ["client 10.1.0.5:40000", "server 10.1.0.9:8080"]
    for i in range(12):
        lines += exchange(3 * i, "f%d" % i, "GET /fast/%d?k=%s" % (i, KEY), .01)
        lines += exchange(3 * i + 1, "s%d" % i, "GET /report/%d.csv" % i, .5)
    for i in range(3):
        lines += exchange(40 + i, "x%d" % i, "POST /pay/%d" % i, 0)
    lines += exchange(60, "k", "GET /key/abc/" + KEY[:19], .01)
    scene = os.path.join(folder, "s.scene")
    path = os.path.join(folder, "s.pcapng")
    with open(scene, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(path, "wb") as file:
        subprocess.run([BUILD + "/mkscene", scene], stdout=file, check=True)
    text = report(path)
    check("first byte after p50 10 ms, p90 500 ms, p99 500 ms; end after p50 "
          "10 ms, p90" in text, "quantiles in text")
    told = [line.strip() for line in text.splitlines()
            if line.startswith("    GET /") or line.startswith("    POST /")]
    check(told == ["GET /report/{id}.csv: 12 exchanges, end after p50 500 ms",
                   "POST /pay/{id}: 3 exchanges, 3 failed, on no other route "
                   "any"], "routes in text: %s" % told)
    for more, shown in ((), False), (("--show-secrets",), True):
        said = report(path, "-F", "json", *more)
        paths = [r["path"] for r in json.loads(said)["endpoints"][0]["routes"]]
        check(("/key/abc/" + KEY[:19] in paths) == shown and
              ("/key/abc/***" in paths) != shown, "masked" if not shown
              else "shown")
        check(KEY not in said, "the query is no part of a route")
    lines = report(path, "-F", "ndjson").splitlines()
    server, = [x for x in map(json.loads, lines) if x["type"] == "endpoint"]
    server.pop("type")
    check([server] == json.loads(report(path, "-F", "json"))["endpoints"],
          "NDJSON has the same")


# request.setTimeout and proxy_read_timeout of the recipes
LIMITS = {"/brief": 1.5, "/patient": 4.0}


def check_limits():
    """Of each route the bracket holds its own limit, to what a timer is late."""
    for name, key, limits in (("node", "write_timeout", LIMITS),
                              ("nginx", "gateway_timeout", LIMITS)):
        path = "testdata/captures/routes-%s-limits.pcap" % name
        server, = json.loads(report(path, "-F", "json"))["endpoints"]
        check(server[key] is None, "%s of %s is none of the server's" % (
            key, name))
        for route in server["routes"]:
            limit = limits[route["path"]]
            told = route[key]
            check(told["consistent"] and
                  told["longest_success_s"] < limit <=
                  told["shortest_failure_s"] < limit * 1.03,
                  "%s of %s%s: %.2f to %.2f s" % (
                      key, name, route["path"], told["longest_success_s"],
                      told["shortest_failure_s"]))


def main():
    if not shutil.which("tshark"):
        print("skip routes: no tshark")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        check_many(folder)
        check_text(folder)
    check_limits()
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
