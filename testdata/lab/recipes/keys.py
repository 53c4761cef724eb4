"""TLS whose secrets were logged, in a file beside the capture (NAME.keys): the
same failures as in the clear, to be told the same."""

import os
import time

from kit import PORT, recipe
from .tls import tls

BASE = f"https://127.0.0.1:{PORT}"


def start(lab, *flags):
    tls(lab, "-keylog", os.path.join(lab.out, lab.name + ".keys"), *flags)
    lab.capture()


@recipe("keys-go-write-timeout", "write-timeout-eof|handler-abort", seconds=5,
        note="the record that failed had taken a sequence number: what the "
        "server sends at last is its close_notify, one number later, which "
        "curl takes for a bad record and leaves before the server's FIN")
def write_timeout(lab):
    """Go over TLS 1.3, WriteTimeout 1 s, HTTP/1.1; a handler of 3 s."""
    start(lab, "-write-timeout", "1s")
    lab.curl("-k", "--http1.1", BASE + "/sleep?ms=3000")


@recipe("keys-go-write-timeout-12", "write-timeout-eof|handler-abort",
        seconds=5)
def write_timeout_12(lab):
    """The same over TLS 1.2."""
    start(lab, "-write-timeout", "1s")
    lab.curl("-k", "--http1.1", "--tls-max", "1.2", BASE + "/sleep?ms=3000")


@recipe("keys-go-h2-write-timeout", "write-timeout-reset write-timeout-reset",
        seconds=6)
def h2_write_timeout(lab):
    """Go, HTTP/2 over TLS, WriteTimeout 1 s; two handlers of 2 s and one that
    answers in time."""
    start(lab, "-write-timeout", "1s")
    for ms in (2000, 300, 2500):
        lab.curl("-k", f"{BASE}/sleep?ms={ms}")


@recipe("keys-go-panic", "handler-abort handler-abort", seconds=4,
        note="close_notify before the FIN: it says no more than the FIN does")
def panic(lab):
    """Go over TLS 1.3 and 1.2, HTTP/1.1: a handler panics in its answer."""
    start(lab)
    for most in ("1.3", "1.2"):
        lab.curl("-k", "--http1.1", "--tls-max", most,
                 BASE + "/panic?bytes=1000&flush=1&ms=200")


@recipe("keys-curl-max-time", "client-abort client-abort", seconds=5)
def max_time(lab):
    """curl --max-time 0.7, HTTP/1.1 and HTTP/2 over TLS, to a handler of
    2 s."""
    start(lab)
    for version in ("--http1.1", "--http2"):
        lab.curl("-k", version, "--max-time", "0.7", BASE + "/sleep?ms=2000")
    time.sleep(1.5)


@recipe("healthy-keys", "", seconds=6,
        note="several records for one answer, close_notify by both sides")
def healthy(lab):
    """curl to Go, HTTP/1.1 and HTTP/2, TLS 1.3 and 1.2 with three suites: two
    URLs each, one of 40 kB."""
    start(lab)
    urls = (BASE + "/ok", BASE + "/big?bytes=40000")
    for version in ("--http1.1", "--http2"):
        lab.curl("-k", version, *urls)
        for cipher in ("ECDHE-ECDSA-CHACHA20-POLY1305",
                       "ECDHE-ECDSA-AES256-GCM-SHA384",
                       "ECDHE-ECDSA-AES128-SHA"):
            lab.curl("-k", version, "--tls-max", "1.2", "--ciphers", cipher,
                     *urls)
