#!/usr/bin/env python3
"""How connections are used is as tshark has it: requests on each, who asked for
its end, ports used again and what met their SYNs, how many were open at once,
SYNs sent again. A pool that is used again, and ports of which none is, are no
news.
"""
import collections
import json
import os
import subprocess
import sys

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
CAPTURES = "testdata/captures"
# the kind of connections with one request, and words of it
CHURN = {
    "churn-client-says-close": ("client_said_close", "its requests say "
                                "Connection: close"),
    "churn-client-http10": ("client_http10", "its requests are HTTP/1.0"),
    "churn-client-never-reuses": ("client_closed", "the client closes"),
    "churn-server-says-close": ("server_said_close", "the answers say "
                                "Connection: close"),
    "churn-server-http10": ("server_http10", "the answers are HTTP/1.0"),
    "ports-reused-server-waits": ("client_said_close", "between 4000"),
    "ports-reused-client-waits": ("client_closed", "between 4000"),
}
QUIET = ("pool-reused", "ports-exhausted", "server-limits-requests",
         "healthy-keepalive-reuse", "healthy-pool-close")
CHALLENGED = ("ports-challenged-time-wait", "ports-challenged-at-once",
              "ports-challenged-open")
POOLS = ("pool-limit-haproxy", "pool-limit-go")
NO_POOLS = ("pool-wide-haproxy", "pool-wide-go", "pool-asked-twice",
            "pool-serial-proxy", "pool-rate-limited", "legs-pool-50")
LOADED = ("accept-queue-under-load",)
FIELDS = ("frame.number", "tcp.stream", "tcp.srcport", "tcp.dstport",
          "tcp.flags", "http.request.version", "http.response.version",
          "http.connection", "tcp.analysis.reused_ports", "tcp.seq_raw",
          "tcp.ack_raw")
FIN, SYN, RST, ACK = 1, 2, 4, 16

failed = 0


def check(good, what):
    global failed
    failed += not good
    print(("ok " if good else "FAIL ") + what)


def path_of(name):
    return "%s/%s.pcap" % (CAPTURES, name)


def whyeof(name, *more):
    done = subprocess.run([WHYEOF, "--fail-on", "never", *more, path_of(name)],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit("FAIL %s: %s" % (name, done.stderr))
    return done.stdout


def use_of(name):
    endpoints = json.loads(whyeof(name, "-F", "json"))["endpoints"]
    assert len(endpoints) == 1, name
    return endpoints[0]["connection_use"]


def packets(name):
    words = [w for field in FIELDS for w in ("-e", field)]
    out = subprocess.run(["tshark", "-r", path_of(name), "-T", "fields",
                          "-o", "tcp.relative_sequence_numbers:FALSE", *words],
                         capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        row = dict(zip(FIELDS, line.split("\t")))
        row["tcp.flags"] = int(row["tcp.flags"], 16)
        yield row


class Truth:
    """Of one capture, by tshark's fields."""

    def __init__(self, name):
        self.requests = collections.Counter()
        self.word = {}
        self.closed = {}
        self.reused = []
        self.again = self.challenged = self.open = self.most_open = 0
        self.load = []
        self.state = {}
        self.seen_syn = {}
        self.stray = {}
        for row in packets(name):
            self.take(row)

    def take(self, row):
        flags = row["tcp.flags"]
        from_server = row["tcp.srcport"] == "8080"
        stream = row["tcp.stream"]
        self.take_http(row, stream)
        if flags & SYN and not flags & ACK:
            self.take_syn(row, stream)
        elif flags & SYN:
            self.enter(stream)
        elif flags & RST and self.stray.get(stream) == row["tcp.seq_raw"]:
            self.challenged += 1
            self.end_old(stream)
        elif from_server and self.state.get(stream) == "syn":
            self.stray[stream] = row["tcp.ack_raw"]
        if flags & FIN:
            side = "server" if from_server else "client"
            ends = self.closed.setdefault(stream, [])
            if side not in ends:
                ends.append(side)
            if len(ends) == 2:
                self.open -= 1

    def end_old(self, stream):
        """The RST ends what the server still had open on the ports."""
        old = str(int(stream) - 1)
        if old not in self.closed:
            self.closed[old] = ["client"]
            self.open -= 1

    def take_http(self, row, stream):
        close = row["http.connection"].lower() == "close"
        if row["http.request.version"]:
            self.requests[stream] += 1
            self.word.setdefault(stream, None)
            if close or row["http.request.version"] == "HTTP/1.0":
                self.word[stream] = ("client_said_close" if "1.1" in
                                     row["http.request.version"] else
                                     "client_http10")
        if row["http.response.version"] and not self.word.get(stream):
            if "1.0" in row["http.response.version"]:
                self.word[stream] = "server_http10"
            elif close:
                self.word[stream] = "server_said_close"

    def take_syn(self, row, stream):
        if self.seen_syn.get(stream) == row["tcp.seq_raw"]:
            self.again += 1
            self.load.append(self.open)
            return
        self.seen_syn[stream] = row["tcp.seq_raw"]
        self.state[stream] = "syn"
        if row["tcp.analysis.reused_ports"]:
            self.reused.append(row["tcp.srcport"])

    def enter(self, stream):
        self.state[stream] = "open"
        self.open += 1
        self.most_open = max(self.most_open, self.open)

    def single(self):
        kinds = collections.Counter()
        for stream, number in self.requests.items():
            if number == 1 and stream in self.closed:
                kinds[self.word[stream] or
                      self.closed[stream][0] + "_closed"] += 1
        return kinds


def check_counts(name):
    use = use_of(name)
    truth = Truth(name)
    single = {k: v for k, v in use["one_request"].items()
              if v and k not in ("connections", "most_by_one")}
    ended = [s for s in truth.requests if s in truth.closed]
    check(single == dict(truth.single()) and
          use["one_request"]["connections"] == sum(single.values()),
          "%s: one request on %s" % (name, single))
    check(use["connections"] == len(ended) and
          use["requests"] == sum(truth.requests[s] for s in ended),
          "%s: %d connections, %d requests" % (name, use["connections"],
                                               use["requests"]))
    check(use["most_open"] == truth.most_open, "%s: %d open at most, %d" %
          (name, use["most_open"], truth.most_open))
    again = use["syn_again"] or {"syns": 0}
    check(again["syns"] == truth.again, "%s: %d SYNs again" % (name,
                                                               truth.again))
    return use, truth


def check_reuse(name, use, truth):
    reused = use["ports_reused"]
    if not truth.reused:
        check(reused is None, name + ": no port was used again")
        return
    ports = set(map(int, truth.reused))
    check(reused["connections"] == len(truth.reused) and
          reused["ports"] == {"distinct": len(ports), "lowest": min(ports),
                              "highest": max(ports)},
          "%s: ports used again: %s" % (name, reused["ports"]))
    check(reused["answered"] == {
        "syn_ack": len(truth.reused) - truth.challenged,
        "challenge_ack": truth.challenged, "rst": 0, "nothing": 0},
        "%s: %d of %d challenged" % (name, truth.challenged,
                                     len(truth.reused)))


def pool_of(name):
    endpoints = json.loads(whyeof(name, "-F", "json"))["endpoints"]
    found = {e["server"].rsplit(":", 1)[1]: e["connection_use"]["pool_limit"]
             for e in endpoints}
    check(found.pop("8080") is None, name + ": in front is no pool")
    return found.get("8081")


def spans(name):
    """Of each request its port, when it came and when its answer did."""
    out = subprocess.run(
        ["tshark", "-r", path_of(name), "-Y", "http", "-T", "fields",
         "-e", "tcp.stream", "-e", "tcp.dstport", "-e", "frame.time_relative",
         "-e", "http.request.method"], capture_output=True, text=True,
        check=True).stdout
    begun = {}
    for line in out.splitlines():
        stream, port, time, method = line.split("\t")
        if method:
            begun[stream] = (port, float(time))
        else:
            yield begun[stream] + (float(time),)


def check_pool(name):
    """Whichever waited for which: the k-th out cannot have waited for less
    than since the latest that came in before, nor longer than since the
    first of those that k - 1 others leave."""
    pool = pool_of(name)
    all_spans = sorted(spans(name), key=lambda s: s[1])
    front = [s for s in all_spans if s[0] == "8080"]
    behind = [s for s in all_spans if s[0] == "8081"]
    most = max(sum(b[1] <= s[1] < b[2] for b in behind) for s in behind)
    waits = [b[1] - f[1] for f, b in zip(front, behind)]
    waited = sum(w >= 0.05 for w in waits)
    check(pool["at_once"] == most == 2, "%s: two at once" % name)
    check(3 <= pool["waited"] <= waited and
          0.05 <= pool["longest_wait_s"] <= max(waits) + 0.005,
          "%s: %d of %d waited, for %s" % (name, pool["waited"], waited,
                                           pool["longest_wait_s"]))
    check("never has more than 2 under way here" in words_of(name),
          name + ": said")


def check_refused_by_pool(name):
    """What waited in front of a pool until it was refused is told of it; what
    is told of another gateway, which has none at its limit, is not."""
    findings = json.loads(whyeof(name, "-F", "json"))["findings"]
    told = [f["explanation"] for f in findings
            if f["code"] == "gateway-timeout"]
    words = "never had more than 3 requests under way at 127.0.0.1:8081"
    check(len(told) == 3 and all(words in text for text in told),
          name + ": the pool is told with each")
    check("never had more than" not in words_of("nginx-proxy-504-both-legs"),
          "no pool of a gateway that waited for its server")


def words_of(name):
    return " ".join(whyeof(name, "-F", "text").split())


def main():
    for name in (*CHURN, *QUIET, *CHALLENGED, *LOADED):
        use, truth = check_counts(name)
        check_reuse(name, use, truth)
        if name in CHURN:
            kind, words = CHURN[name]
            check(use["one_request"][kind] == 12 ==
                  use["one_request"]["most_by_one"]["connections"] and
                  "12 of 12 connections carried one request" in words_of(name)
                  and words in words_of(name), name + ": said")
        if name in QUIET:
            check("carried one" not in words_of(name) and "used before" not in
                  words_of(name), name + ": nothing is said")
        if name in CHALLENGED:
            check(truth.challenged == 1 and "an ACK of the old connection (1)"
                  in words_of(name), name + ": said")
    for name in POOLS:
        check_pool(name)
    check_refused_by_pool("pool-limit-gives-up")
    for name in NO_POOLS:
        check(pool_of(name) is None and "under way here" not in words_of(name),
              name + ": no pool at its limit")
    check(pool_of("pool-limit-client") is None, "a client's own pool")
    check(use_of("server-limits-requests")["max_requests"] ==
          {"requests": 5, "connections": 3}, "a limit of five requests")
    check(use_of("churn-server-says-close")["max_requests"] is None and
          use_of("pool-reused")["max_requests"] is None, "no limit of others")
    truth = Truth(LOADED[0])
    load = use_of(LOADED[0])["syn_again"]
    check((load["least_open"], load["most_open"]) == (min(truth.load),
          max(truth.load)) == (5, 5), "five were open when SYNs came again")
    check("Meanwhile the same server answered others" in words_of(LOADED[0])
          and "5 other connections" in words_of(LOADED[0]), "and that is said")
    return 1 if failed else 0


sys.exit(main())
