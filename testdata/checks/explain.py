#!/usr/bin/env python3
"""--explain on messages as they are printed (testdata/explain-texts.tsv): none
is unknown, each leads to the codes that are behind it, and one of these comes
first. And on texts that only look like messages: none is led astray.
"""
import os
import re
import subprocess
import sys

WHYEOF = os.environ.get("WHYEOF", "build/whyeof")
TEXTS = "testdata/explain-texts.tsv"
FIRST = 6
LEAST = 150

# text, codes that must not be shown for it; none: it must not be known
ASTRAY = (
    ("all 5024 bytes of 50212 came from http://host:50212/", ()),
    ("http://host:502/ is up", ()),
    ("http://502.example.com/index.html", ()),
    ("GET http://10.0.0.1:504/ took 504 ms", ()),
    ("got 502 bytes", ()),
    ("returned 504 rows in 502 ms; code 502ms", ()),
    ("status 200, 504 bytes", ()),
    ("10.5.02.504", ()),
    ("HTTP/1.1 200 OK Content-Length: 502", ()),
    ("curl: (520) is none of its codes", ()),
    ("port 1852, pid 18, line 56", ()),
    ("10.0.0.1 - - \"GET / HTTP/1.1\" 200 612 \"-\" \"curl/7.88.1\"", ()),
    ("User-Agent: curl/8.5.0, curl 18 of 52", ()),
    ("neofetch", ()),
    ("geofence", ()),
    ("the timeouted", ()),
    ("sh: curl: not found", ()),
    ("sh-- is a shell", ()),
    ("uc and dc and ut are no flags in small letters", ()),
    ("DUCT", ()),
    ("Washington, DC and SI units", ()),
    ("interrefused", ()),
    ('Get "http://host:50212/": EOF', ("gateway-timeout", "connect-refused")),
    ("Get http://10.0.0.1:504/: EOF after 5024 bytes", ("gateway-timeout",)),
    ("httpx.RemoteProtocolError: peer closed connection without sending "
     "complete message body (received 502 bytes, expected 504)",
     ("gateway-timeout", "idle-close-race", "connect-refused")),
    ("curl: (18) transfer closed with 502 bytes remaining to read",
     ("gateway-timeout",)),
    ("curl: (7) Failed to connect to host port 5260 after 28 ms: Couldn't "
     "connect to server", ("server-stall", "client-abort")),
    ('read tcp 10.0.0.1:50450->10.0.0.2:5020: read: connection reset by peer',
     ("gateway-timeout", "connect-refused", "connect-timeout")),
    ("upstream prematurely closed connection while reading upstream",
     ("idle-close-race",)),
    ("net/http: request canceled while waiting for connection",
     ("server-stall",)),
)

# The client's own limit was up; and texts of limits that are not.
OWN = (
    "context deadline exceeded",
    'Get "http://10.9.9.2:81/": dial tcp 10.9.9.2:81: i/o timeout '
    "(Client.Timeout exceeded while awaiting headers)",
    "context deadline exceeded (Client.Timeout or context cancellation while "
    "reading body)",
    "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    "curl: (28) Operation timed out after 1500 milliseconds with 0 bytes "
    "received",
    "AxiosError: timeout of 5000ms exceeded",
    "httpx.ReadTimeout: The read operation timed out",
    "java.net.http.HttpTimeoutException: request timed out",
)
NOT_OWN = (
    "unexpected EOF",
    "connect ETIMEDOUT 10.0.0.2:80",
    "upstream timed out (110: Connection timed out) while reading response "
    "header from upstream",
    "504 Gateway Timeout",
)

# text, codes that are named for it: what is nearly a code, and symptoms
NEAR = (
    ("conect-refused", ("connect-refused",)),
    ("idle-close-races", ("idle-close-race",)),
    ("write-timeout-oef", ("write-timeout-eof",)),
    ("goaway_lost-streams", ("goaway-lost-streams",)),
    ("write-timeout", ("write-timeout-eof", "write-timeout-truncation",
                       "write-timeout-reset")),
    ("h2-stream", ("h2-stream-reset", "h2-stream-limit",
                   "h2-stream-window-stall")),
    ("empty-reply", ("write-timeout-eof", "idle-close-race")),
    ("error-status", ("gateway-timeout",)),
    ("rejected", ("response-rejected", "malformed-response")),
)


def explain(text):
    """(status, output)"""
    done = subprocess.run([WHYEOF, "--explain", text], capture_output=True,
                          text=True, timeout=20)
    return done.returncode, done.stdout


def shown(out):
    """(codes shown first, codes that are only named)"""
    listed = out.split("\nWhich of them")[0].split("\n  or from")[0]
    first = re.findall(r"^  ([a-z0-9-]+) +\S", listed, re.M)
    named = re.search(r"\n  or from((?:.*\n)(?: {13}.*\n)*)", out)
    return first, re.findall(r"[a-z0-9-]+", named.group(1)) if named else []


def of_file():
    with open(TEXTS, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def trouble_of(text, who, source, codes):
    if not (text and who and source and codes):
        return "lacks a field"
    status, out = explain(text)
    if status != 0:
        return "is unknown"
    first = shown(out)[0]
    if codes == "-":
        return None if "\nNote " in out and not first else \
            f"leads to {first}, and no packet tells"
    codes = codes.split()
    missing = [code for code in codes if code not in first]
    if missing:
        return f"does not lead to {missing}: {first}"
    if first[0] not in codes:
        return f"{first[0]} comes first"
    if len(first) > FIRST:
        return f"shows {len(first)} first"
    return None


def astray(text, codes):
    status, out = explain(text)
    first, named = shown(out)
    if not codes:
        return None if status == 2 and not out else f"is known: {first}"
    if status != 0:
        return "is unknown"
    wrong = [code for code in codes if code in first + named]
    return f"leads to {wrong}" if wrong else None


def near(text, codes):
    status, out = explain(text)
    missing = [code for code in codes if code not in out]
    return f"status {status}, without {missing}" if status or missing else None


def main():
    failed = False

    def tell(name, trouble):
        nonlocal failed
        failed = failed or bool(trouble)
        print(f"FAIL {name}: {trouble}" if trouble else f"ok {name}")

    rows = list(of_file())
    for row in rows:
        tell(f"message '{row[0][:60]}'",
             trouble_of(*row) if len(row) == 4 else "has not four fields")
    tell(f"{LEAST} messages or more",
         None if len({row[0] for row in rows}) >= LEAST else len(rows))
    for text, codes in ASTRAY:
        tell(f"not astray: '{text[:60]}'", astray(text, codes))
    for text in OWN + NOT_OWN:
        says = explain(text)[1].count("The limit is the client's own")
        tell(f"whose limit: '{text[:60]}'",
             None if says == (text in OWN) else f"says so {says} times")
    for text, codes in NEAR:
        tell(f"nearly '{text}'", near(text, codes))
    return failed


if __name__ == "__main__":
    sys.exit(main())
