"""nginx between a client on port 8080 and an upstream on port 8081."""

import os
import threading
import time

from kit import PORT, ok, read_request, recipe, serve, wait_listening

BASE = f"http://127.0.0.1:{PORT}"
FRONT = f"tcp port {PORT}"
UPSTREAM = PORT + 1


def silent(sock):
    read_request(sock)
    threading.Event().wait()


def cut(sock):
    read_request(sock)
    time.sleep(0.2)
    sock.sendall(ok(b"x" * 2000)[:-1500])
    time.sleep(0.3)
    sock.close()


def empty(sock):
    read_request(sock)
    time.sleep(0.2)
    sock.close()


def run(lab, upstream, expression="tcp", times=1):
    serve(upstream, UPSTREAM)
    lab.nginx("nginx-proxy.conf")
    lab.capture(expression=expression)
    for _ in range(times):
        lab.curl(BASE + "/")


@recipe("nginx-proxy-504-front-leg", "gateway-timeout gateway-timeout",
        seconds=5, note="twice, so that the delay is seen to be constant")
def front(lab):
    """nginx, proxy_read_timeout 1 s, silent upstream; only the client's leg
    is captured: a complete 504 after 1 s, twice."""
    run(lab, silent, FRONT, times=2)


@recipe("nginx-proxy-504-both-legs", "gateway-timeout "
        "client-abort|server-stall", seconds=4,
        note="upstream leg: nginx, the client there, closes first after 1 s, "
        "which is the stall threshold")
def both(lab):
    """The same, both legs captured: nginx closes the upstream leg, then
    answers 504."""
    run(lab, silent)


@recipe("nginx-upstream-cut", "handler-abort|write-timeout-truncation "
        "handler-abort", seconds=3,
        note="both legs; whyeof-verdicts(7) has no code for a truncation passed on: "
        "the front leg is a handler-abort (truncated) whose cause is the "
        "upstream's FIN in the same millisecond")
def upstream_cut(lab):
    """The upstream closes after 500 of 2000 body bytes; nginx passes a
    truncated 200 on."""
    run(lab, cut)


@recipe("nginx-upstream-empty-502", "gateway-timeout handler-abort",
        seconds=3, note="whyeof-verdicts(7) files a complete 502 under "
        "gateway-timeout")
def upstream_empty(lab):
    """The upstream closes 0.2 s after the request without a byte; nginx
    answers 502. Both legs."""
    run(lab, empty)


@recipe("nginx-upstream-dead-502", "gateway-timeout connect-refused",
        seconds=3, note="both legs: the SYN to the upstream meets a RST")
def upstream_dead(lab):
    """Nobody listens upstream; nginx answers 502 at once."""
    lab.nginx("nginx-proxy.conf")
    lab.capture()
    lab.curl(BASE + "/")


@recipe("nginx-client-leaves", "client-abort client-abort orphaned-upstream*",
        seconds=4, note="both legs in the same millisecond: nginx cancels "
        "its upstream request")
def client_leaves(lab):
    """curl --max-time 0.5 through nginx: the FIN of the client is followed
    by nginx's own to the upstream."""
    serve(silent, UPSTREAM)
    lab.nginx("nginx-proxy.conf")
    lab.capture()
    lab.curl("--max-time", "0.5", BASE + "/")


@recipe("gunicorn-worker-timeout", "handler-abort|write-timeout-eof|"
        "server-shutdown", seconds=6,
        note="the worker is killed by its master after --timeout; the "
        "listener lives on, the next request is served")
def gunicorn(lab):
    """gunicorn, sync worker, --timeout 2; a handler of 20 s: the worker is
    killed, the client sees EOF; a second request is answered."""
    with open(os.path.join(lab.tmp, "app.py"), "w") as f:
        f.write("import time\n"
                "def app(environ, start):\n"
                "    if environ['PATH_INFO'] == '/slow':\n"
                "        time.sleep(20)\n"
                "    start('200 OK', [('Content-Length', '3')])\n"
                "    return [b'ok\\n']\n")
    lab.start("gunicorn", "--timeout", "2", "--graceful-timeout", "1",
              "-b", f"127.0.0.1:{PORT}", "app:app")
    wait_listening(PORT)
    time.sleep(1)
    lab.capture()
    lab.curl(BASE + "/slow")
    time.sleep(0.5)
    lab.curl(BASE + "/")
