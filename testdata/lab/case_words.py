"""The words of "must not say" that only one row has, as questions to a report.

A question takes the report and gives what is wrong with it, or nothing. What
cases.py reads from the column by itself (codes, symptoms, quoted words, bounds
of the confidence) and what follows from the expected findings ("anything
about stream 3") is not here.
"""
import re


def text_of(finding):
    """All that a finding says, in small letters."""
    parts = [finding["title"], finding["explanation"], *finding["advice"]]
    parts += [e["what"] for e in finding["evidence"]]
    parts += [a["why_possible"] + " " + a["settled_by"]
              for a in finding["alternatives"]]
    return " ".join(parts + list(finding["known_as"].values())).lower()


def loud(report):
    return [f for f in report["findings"] if f["severity"] != "info"]


def never(pattern, why, connection=None):
    """No finding (of that connection) says it."""
    def ask(report):
        return [why for f in report["findings"]
                if connection in (None, f["connection"]["id"]) and
                re.search(pattern, text_of(f))][:1]
    return ask


def names(pattern, code=None):
    """Every error (of that code) says it."""
    def ask(report):
        return ["does not name " + pattern for f in report["findings"]
                if f["severity"] == "error" and code in (None, f["code"]) and
                not re.search(pattern, text_of(f))][:1]
    return ask


def somewhere(pattern):
    """At least one finding says it."""
    def ask(report):
        if any(re.search(pattern, text_of(f)) for f in report["findings"]):
            return []
        return ["nowhere named: " + pattern]
    return ask


def timeless(kind, server=""):
    """No such timeout is told of the servers whose address ends so."""
    def ask(report):
        return ["%s of %s: %s" % (kind, e["server"], e[kind])
                for e in report["endpoints"]
                if e[kind] and e["server"].endswith(server)]
    return ask


def both(*codes):
    """Every error is one of these codes and names the others."""
    def ask(report):
        for f in report["findings"]:
            told = {f["code"]} | {a["code"] for a in f["alternatives"]}
            if f["severity"] == "error" and not any(
                    c in told for c in codes if c != f["code"]):
                return ["%s does not name the other cause" % f["code"]]
        return []
    return ask


def unfinished(connection, since=1):
    """No exchange of that connection counts as complete, from the n-th on."""
    def ask(report):
        return ["exchange %d of %d is called complete" %
                (e["index"], connection) for e in report["exchanges"]
                if e["connection"] == connection and e["complete"] and
                e["index"] >= since]
    return ask


def not_safe(*streams):
    """No retry is called safe, of these streams or of any."""
    def ask(report):
        return ["a retry is called safe" for f in report["findings"]
                if (not streams or (f["exchange"] or {}).get("stream_id") in
                    streams) and
                (f.get("retry") == "safe" or
                 re.search(r"retry is safe|safe to retry|be sent again|"
                           r"not processed", text_of(f)))][:1]
    return ask


def safe(report):
    """Every error is safe to retry."""
    return ["a retry is not called safe" for f in report["findings"]
            if f["severity"] == "error" and f.get("retry") != "safe" and
            not re.search(r"retry is safe|safe to retry", text_of(f))][:1]


def linked(causes, *effects):
    """What is told of some connections is caused by what is told of others,
    and told behind it."""
    def ask(report):
        told = {}
        for f in report["findings"]:
            if f["connection"]["id"] in effects and \
                    told.get(f.get("caused_by")) not in causes:
                return ["%s at %d is not linked to its cause before it" %
                        (f["code"], f["connection"]["id"])]
            told[f["id"]] = f["connection"]["id"]
        return []
    return ask


def tied(*connections):
    """What is told of these legs is no story of its own."""
    def ask(report):
        return ["%s at %d is told as a story of its own" %
                (f["code"], f["connection"]["id"]) for f in loud(report)
                if f["connection"]["id"] in connections and
                f.get("caused_by") is None and not f.get("effects")][:1]
    return ask


def caused(report):
    """Every gateway's error has its cause in the file."""
    return ["gateway-timeout at %d is not linked to its cause" %
            f["connection"]["id"] for f in report["findings"]
            if f["code"] == "gateway-timeout" and
            f.get("caused_by") is None][:1]


def holder(name):
    """The time is told to have been that one's."""
    def ask(report):
        return ["%s did not hold the time" % name for f in loud(report)
                if not f.get("time_s", {}).get(name)][:1]
    return ask


def reasons(report):
    """not_judged: bytes-lost."""
    told = [e.get("not_judged") for e in report["exchanges"]]
    return [] if "bytes-lost" in told else ["not_judged: bytes-lost is missing"]


def reasoned(report):
    """Who is not judged has a reason."""
    silent = [e for e in report["exchanges"]
              if not e["complete"] and not e.get("not_judged") and
              not any(f["connection"]["id"] == e["connection"]
                      for f in report["findings"])]
    return ["not judged without a reason: %d" % silent[0]["connection"]] \
        if silent else []


UNSEEN = never("cannot be seen on this side of the gateway",
               "says that the cause cannot be seen: it is there")
EXPECT = (never("raise the client's timeout", "raises the client's timeout"),
          names("100.continue|expect"), holder("continue"))
SWAPPED = (never("client (gave the connection up|resets the stream first)",
                 "the client's protocol error as the cause"), safe)
TWO_CAUSES = both("handler-abort", "write-timeout-eof",
                  "write-timeout-truncation", "server-reset")
RESET_FIRST = never("^the client reset", "the client as the one who reset")

QUESTIONS = {
    "curl28-client-abort.pcap": (unfinished(0), unfinished(1)),
    "expect-100-never.pcap": EXPECT,
    "expect-100-never-cut.pcap": EXPECT,
    "go-no-writetimeout-panics.pcap": (TWO_CAUSES,),
    "go-shutdown.pcap": (timeless("write_timeout"),),
    "grpc-server-killed.pcap": (not_safe(), RESET_FIRST),
    "grpcgo-age-grace-pyclient.pcap": (
        not_safe(), names("maxconnectionage|max.connection.age")),
    "grpcgo-age-grace.pcap": (not_safe(1),),
    "gunicorn-max-requests-2.pcap": (timeless("idle_timeout"),),
    "gunicorn-timeout-stream-500.pcap": (
        names("gunicorn.*--timeout|--timeout.*gunicorn"),),
    "haproxy-grpc-early-error.pcap": (
        never("the client (left|cancelled)", "a client that cancelled"),),
    "haproxy-grpc-timeout.pcap": (linked([1], 0),),
    "haproxy-ws-30s.pcap": (timeless("idle_timeout"),),
    "head-with-body.pcap": (
        never("http/2|another protocol", "another protocol"),),
    "http-proxy-body-parser.pcap": (
        never("look at the server program|the program is at work",
              "that the upstream program is slow", 3),),
    "http11-no-length-hang.pcap": (
        # the first of connection 2 is /x, which is whole (#30)
        unfinished(0), unfinished(1), unfinished(2, 2)),
    "hypercorn-h2c-upgrade-keepalive.pcap": (
        never("not one byte|without a byte", "not one byte came"),),
    "idle-race-fin-first-5.pcap": (never("gunicorn", "gunicorn hints"),),
    "jdk-h2c-upgrade-writetimeout.pcap": (
        never("the only such exchange", "the only such exchange"),),
    "killed-curl.pcap": (not_safe(),),
    "malformed-response.pcap": (reasoned,),
    "nginx-444.pcap": (names("444"),),
    "nginx-502-both-legs.pcap": (
        linked([3], 2),
        never("proxy_read_timeout", "proxy_read_timeout advice")),
    "nginx-big-header-calm-after-ping.pcap": (
        never("more often than|pings?:", "pings more often than permitted"),),
    "nginx-keepalive-requests-httpx.pcap": SWAPPED,
    "nginx-keepalive-requests-httpx-tls.pcap": SWAPPED,
    "nginx-pipeline-limit.pcap": (
        never("crash|panic|abort of", "crash or abort"), safe),
    "nginx-reload-h2.pcap": (
        never("client's own timeout", "a client's own timeout"),
        timeless("client_timeout"), not_safe(1, 3)),
    "nginx-sse-idle-varied.pcap": (
        never("write ?timeout", "a write timeout"),
        timeless("write_timeout"), tied(3, 5, 7)),
    "nginx-ws-ping.pcap": (timeless("idle_timeout"),),
    "no-body-statuses-healthy.pcap": (
        never("body bytes", "missing body bytes"),),
    "node-cl-body-longer.pcap": (
        never("the client is at fault", "the client as the one at fault"),),
    "node-content-length-chars.pcap": (reasoned,),
    "node-reset-flood.pcap": (
        names("1050|reset burst|resets of the client"),
        never(r"^the server said goaway \(no_error\)",
              "GOAWAY(NO_ERROR) as the cause")),
    "node-server-timeout-2s.pcap": (
        names(r"settimeout|server\.timeout"),
        never(r"writetimeout|a go server", "Go settings"),
        never("closes when the handler returns|when the handler ends",
              "noticed only when the handler ends")),
    "node-sigterm-exit.pcap": (
        timeless("write_timeout"), timeless("idle_timeout")),
    "notjudged.pcapng": (reasons,),
    "proxy-backend-down.pcap": (linked([7], 6), caused),
    "sse-nginx-mixed.pcap": (
        timeless("write_timeout"), timeless("client_timeout", ":14702")),
    "traefik-read-timeout.pcap.gz": (tied(1, 5),),
    "uwsgi-http-socket-closes.pcap": (
        timeless("idle_timeout"),
        never("230 us|idle timeout shorter", "an idle timeout of 230 us"),
        names("after every (answer|response)")),
    "uwsgi-unread-body-nginx.pcap.gz": (
        UNSEEN, linked([5, 7, 9, 11, 12], 4, 6, 10)),
    "ws-counted-as-idle.pcap": (timeless("idle_timeout"),),
}


def faults(file, report):
    return [fault for ask in QUESTIONS.get(file, ()) for fault in ask(report)]
