"""FastCGI over TCP: web servers in front of php-fpm, with both legs in one
capture.

Each request has its number in X-Lab, which becomes HTTP_X_LAB: checks/legs.py
knows the true pairs by it.
"""

import os
import struct
import time

from kit import PORT, SERVERS, recipe, serve, together, wait_listening
from .both_legs import ask, ask_all, at_once

PHP = 9000
RAW = 9001


def php(lab, children=4, limit="0"):
    lab.filled("legs.php")
    conf = lab.filled("php-fpm-fcgi.conf", CHILDREN=str(children), LIMIT=limit)
    lab.start("php-fpm8.2", "-F", "-y", conf)
    wait_listening(PHP)


def nginx(lab):
    lab.nginx("nginx-fcgi.conf")


def asks(*words, under="/"):
    return [f"{under}legs.php?do={word}" for word in words]


# ---- nginx in front of php-fpm ---------------------------------------------

GOOD = ("ok", "large", "missing", "moved", "fatal", "ok")


@recipe("legs-fcgi-good", "", seconds=4,
        note="fatal: PHP answers 500, and says why on STDERR")
def good(lab):
    """nginx in front of php-fpm, a connection for each request, then kept
    ones: answers of all kinds, bodies that are sent and read."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask_all(asks(*GOOD))
    ask_all(asks(*GOOD, under="/kept/"), first=7)
    ask(13, "/legs.php?do=read", method="POST", body=b"x" * 300)
    ask(14, "/kept/legs.php?do=read", method="POST", body=b"x" * 40000)


@recipe("legs-fcgi-slow", "gateway-timeout gateway-timeout server-stall|"
        "client-abort server-stall|client-abort", seconds=8,
        note="fastcgi_read_timeout 1 s")
def slow(lab):
    """nginx in front of php-fpm: two that take longer than
    fastcgi_read_timeout, between good ones."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "slow&ms=1600", "slow&ms=200", "slow&ms=2000", "ok"))


@recipe("legs-fcgi-stuck", "handler-abort|stream-idle-timeout|"
        "write-timeout-truncation server-stall|client-abort", seconds=8,
        note="the head was flushed: nginx cuts its own answer off")
def stuck(lab):
    """nginx in front of php-fpm: one that is silent in its answer for longer
    than fastcgi_read_timeout."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "stuck", "ok"))


@recipe("legs-fcgi-dies", "server-reset server-reset gateway-timeout "
        "handler-abort", seconds=5)
def dies(lab):
    """nginx in front of php-fpm: workers that are killed before their answer
    and in it, on connections of their own."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "die", "cut", "ok"))


@recipe("legs-fcgi-dies-kept", "server-reset server-reset server-reset "
        "gateway-timeout handler-abort", seconds=5,
        note="nginx asks again on a new connection, whose worker dies as well")
def dies_kept(lab):
    """The same on kept ones."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "die", "cut", "ok", under="/kept/"))


@recipe("legs-fcgi-terminated", "server-reset|handler-abort|"
        "write-timeout-eof|write-timeout-reset "
        "server-reset|handler-abort|write-timeout-truncation|"
        "write-timeout-reset gateway-timeout "
        "handler-abort|write-timeout-truncation", seconds=9,
        note="request_terminate_timeout 1 s; fpm looks each third of it")
def terminated(lab):
    """nginx, patient, in front of php-fpm with request_terminate_timeout: one
    that has said nothing, one in its answer."""
    php(lab, limit="1s")
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "slow&ms=3000", "stuck", "ok", under="/patient/"))


@recipe("legs-fcgi-down", "gateway-timeout gateway-timeout", seconds=3,
        note="the refusals are of severity info: nothing else says what is "
        "spoken on port 9000")
def down(lab):
    """nginx, and php-fpm is not there."""
    lab.filled("legs.php")
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "large"))


@recipe("legs-fcgi-50", "gateway-timeout server-reset "
        "gateway-timeout server-reset gateway-timeout server-reset "
        "gateway-timeout server-reset gateway-timeout server-reset",
        seconds=8,
        note="REMOTE_ADDR and REMOTE_PORT name the connection in front")
def pool_50(lab):
    """nginx in front of 60 php-fpm workers, 50 requests at once that ask for
    the same; every tenth worker is killed."""
    php(lab, children=60)
    nginx(lab)
    lab.capture()
    at_once([f"/legs.php?do={'die' if n % 10 == 0 else 'slow'}&ms=80"
             for n in range(1, 51)])


@recipe("legs-fcgi-left", "client-abort client-abort client-abort "
        "orphaned-upstream", seconds=5)
def left(lab):
    """nginx in front of php-fpm: a client leaves after 0.3 s, which is passed
    on, and one whose work goes on (fastcgi_ignore_client_abort)."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask(1, "/patient/legs.php?do=slow&ms=900", leave=0.3)
    ask(2, "/held/legs.php?do=slow&ms=2000", leave=0.3)
    time.sleep(2.2)


@recipe("legs-fcgi-large-head", "gateway-timeout", seconds=4,
        note="8 kB are too many for fastcgi_buffer_size")
def large_head(lab):
    """nginx in front of php-fpm, which answers with a header section of more
    than 8 kB: 502."""
    php(lab)
    nginx(lab)
    lab.capture()
    ask_all(asks("ok", "large-head", "ok"))


# ---- others in front of php-fpm --------------------------------------------

@recipe("legs-fcgi-apache", "server-reset|handler-abort gateway-timeout "
        "server-stall|client-abort gateway-timeout", seconds=7,
        note="Apache answers 503 or 504")
def apache(lab):
    """Apache's mod_proxy_fcgi in front of php-fpm: good answers, a worker that
    is killed, one that is too slow."""
    php(lab)
    lab.start("apache2", "-D", "FOREGROUND", "-f",
              lab.filled("apache-fcgi.conf"))
    wait_listening(PORT)
    lab.capture()
    ask_all(asks("ok", "missing", "die", "slow", "ok"))


@recipe("legs-fcgi-haproxy", "server-reset|handler-abort gateway-timeout "
        "server-stall|client-abort gateway-timeout", seconds=7,
        note="HAProxy begins with GET_VALUES, and aborts with ABORT_REQUEST")
def haproxy(lab):
    """HAProxy in front of php-fpm: good answers, a worker that is killed, one
    that is too slow."""
    php(lab)
    os.environ["FCGI_ROOT"] = lab.tmp
    lab.start("haproxy", "-f", os.path.join(SERVERS, "haproxy-fcgi.cfg"))
    wait_listening(PORT)
    lab.capture()
    ask_all(asks("ok", "missing", "die", "slow", "ok"))


# ---- an application that is none of PHP's ----------------------------------

def record(kind, content=b"", number=1):
    return struct.pack(">BBHHBx", 1, kind, number, len(content), 0) + content


def end(status=0):
    return record(3, struct.pack(">IB3x", 0, status))


HEAD = b"Content-Type: text/plain\r\n\r\n"
ANSWERS = {
    "ok": record(6, HEAD + b"ok\n") + record(6) + end(),
    "bare": record(6, b"Status: 404 Not Found\nX-A: b\n\nno\n") + end(),
    "stderr": record(7, b"a warning\n") + record(6, HEAD + b"ok\n") + end(),
    "pieces": record(6, HEAD[:9]) + record(6, HEAD[9:] + b"o") +
    record(6, b"k\n") + end(),
    "bad-head": record(6, b"\x01: b\r\n" + HEAD + b"ok\n") + end(),
    "no-head": record(6, b"X-A: b\r\n") + end(),
    "nothing": end(),
    "overloaded": end(2),
    "no-end": record(6, HEAD + b"some of it"),
    "closes": b"",
}


def application(sock):
    data = b""
    while not data.endswith(record(5)):
        more = sock.recv(4096)
        if not more:
            return
        data += more
    word = data.split(b"/raw/", 1)[1].split(b"\n")[0]
    for name, answer in ANSWERS.items():
        if word.startswith(name.encode()):
            sock.sendall(answer)
    time.sleep(0.05)
    sock.close()


@recipe("legs-fcgi-raw", "malformed-response malformed-response "
        "malformed-response malformed-response "
        "handler-abort handler-abort* gateway-timeout gateway-timeout "
        "gateway-timeout gateway-timeout gateway-timeout",
        seconds=5)
def raw(lab):
    """nginx in front of an application that answers right in several forms,
    then with a header line that is none, without an end of its header section,
    with nothing, not at all (overloaded), without END_REQUEST, and closes."""
    lab.filled("legs.php")
    serve(application, RAW)
    nginx(lab)
    lab.capture()
    ask_all([f"/raw/{word}" for word in ANSWERS])
