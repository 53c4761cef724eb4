"""Is the limit found that a hundred requests are spread around? What aborts
before it has a path of its own; what the server's limit is stands in
recipes/brackets.py."""

import collections
import json
import subprocess

from recipes.brackets import LIMIT

T = LIMIT / 1000
NARROW = 0.1  # of the limit
GIVEN_UP = ("write-timeout-eof", "write-timeout-truncation",
            "write-timeout-reset", "gateway-timeout")


def bracket_of(server):
    """(longest success, shortest failure, exact or None)"""
    for key in ("write_timeout", "stream_timeout", "gateway_timeout"):
        limit = server.get(key)
        if limit:
            return (limit["longest_success_s"], limit["shortest_failure_s"],
                    limit["exact_s"])
    return None


def judge(whyeof, capture):
    report = json.loads(subprocess.run(
        [whyeof, "--fail-on", "never", "-F", "json", capture],
        capture_output=True, check=True).stdout)
    server = max(report["endpoints"], key=lambda e: e["exchanges"])
    bracket = bracket_of(server)
    codes = collections.Counter()
    for finding in report["findings"]:
        target = (finding["exchange"] or {"target": ""})["target"]
        codes[("abort" if target.startswith(("/panic", "/gone", "/abort"))
               else "late", finding["code"])] += 1
    words = "%s %s" % (bracket, dict(codes))
    if bracket is None:
        return "no bracket: " + words
    low, high, exact = bracket
    # a timer strikes late rather than early, and a FIN needs its way
    if low is None or low > T * 1.02 or high < T * 0.99 or \
            high - low > NARROW * T:
        return "not the limit: " + words
    if exact is not None and not T * 0.99 <= exact <= T * 1.05:
        return "not the exact limit: " + words
    for (kind, code), _ in codes.items():
        by_proxy = code == "gateway-timeout"
        if kind == "abort" and not by_proxy and code != "handler-abort":
            return "an abort is told as another: " + words
        if kind == "late" and code not in (*GIVEN_UP, "near-timeout"):
            return "a timeout is told as another: " + words
    return "ok " + words
