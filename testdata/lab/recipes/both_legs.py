"""Proxies with both legs in one capture, and many requests at once.

Each request has its number in X-Lab, which every proxy passes on and whyeof
does not read: checks/legs.py knows the true pairs by it. How the upstream
answers is the last part of the path.
"""

import os
import re
import time

from h2raw import H2Client, named
from kit import (PORT, SERVER, SERVERS, Client, Path, ok, recipe,
                 reset, serve, together, wait_listening)

BACK = PORT + 1
SECOND = PORT + 2
CALLS = PORT + 3
H2_FRONT = PORT + 5
TO_H2 = PORT + 6
AGAIN = PORT + 7
BEFORE = PORT + 8


# ---- the upstream ---------------------------------------------------------

def read_whole(sock):
    """A request with its body; its target, None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(4096)
        if not more:
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    left = int(length[1]) - len(body) if length else 0
    while left > 0:
        left -= len(sock.recv(4096))
    return head.split(b" ", 2)[1].decode()


def answer_as_asked(sock, target):
    """False: the connection is over."""
    word = target.split("?")[0].rsplit("/", 1)[-1]
    wait = re.search(r"[?&]ms=(\d+)", target)
    time.sleep(int(wait[1]) / 1000 if wait else 0.03)
    if word == "cut":
        sock.sendall(ok(b"x" * 2000)[:-1500])
        time.sleep(0.1)
    elif word == "reset":
        reset(sock)
        return False
    elif word == "large-head":
        sock.sendall(ok(extra="X-Large: " + "x" * 12000 + "\r\n"))
        return True
    elif word != "gone":
        sock.sendall(ok())
        return True
    sock.close()
    return False


def upstream(sock):
    while True:
        target = read_whole(sock)
        if target is None or not answer_as_asked(sock, target):
            break
    sock.close()


def once(sock):
    """One answer for each connection; the next request meets an RST."""
    read_whole(sock)
    sock.sendall(ok())
    read_whole(sock)
    reset(sock)


def broken(sock):
    read_whole(sock)
    sock.close()


# ---- the client -----------------------------------------------------------

def ask(n, path, port=PORT, host="127.0.0.1", leave=None, headers=(), **more):
    """One request on a connection of its own; `leave`: gone after so long."""
    client = Client(port, host, timeout=leave or 20)
    client.ask(path, headers=[f"X-Lab: {n}", "Connection: close", *headers],
               **more)
    client.drain()
    client.close()


def ask_all(paths, first=1, **more):
    for n, path in enumerate(paths, first):
        ask(n, path, **more)


def at_once(paths, first=1, apart=0.0, **more):
    def one(n, path):
        time.sleep(apart * (n - first))
        ask(n, path, **more)
    together(*(lambda n=n, path=path: one(n, path)
               for n, path in enumerate(paths, first)))


# ---- the proxies ----------------------------------------------------------

def nginx(lab):
    lab.nginx("nginx-legs.conf")


def haproxy(lab, upstream="127.0.0.1"):
    os.environ["UPSTREAM"] = upstream
    lab.start("haproxy", "-f", os.path.join(SERVERS, "haproxy-legs.cfg"))
    wait_listening(PORT)


def apache(lab):
    lab.start("apache2", "-D", "FOREGROUND", "-f",
              lab.filled("apache-legs.conf"))
    wait_listening(PORT)


def varnish(lab):
    lab.start("varnishd", "-F", "-n", os.path.join(lab.tmp, "varnish"), "-a",
              f"127.0.0.1:{PORT}", "-f", lab.filled("varnish-legs.vcl"), "-s",
              "malloc,16m", "-T", "none")
    wait_listening(PORT, 20)


FAILING = ("/ok", "/gone", "/cut", "/slow?ms=1500", "/ok")


# ---- one proxy after the other --------------------------------------------

@recipe("legs-nginx-go",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout server-stall|client-abort",
        seconds=5,
        note="nginx asks again on a new connection when the kept one is "
        "closed under its request")
def nginx_go(lab):
    """nginx in front of Go, on `any`: good answers, a handler that panics
    before its answer and one in it, one that is too slow, three alike at
    once."""
    lab.go(port=BACK)
    nginx(lab)
    lab.capture("any")
    ask_all(("/ok", "/panic", "/panic?bytes=500&length=2000&flush=1&ms=50",
             "/sleep?ms=1500", "/ok"))
    at_once(["/sleep?ms=200"] * 3, first=6)


@recipe("legs-haproxy-node",
        "handler-abort handler-abort handler-abort gateway-timeout "
        "gateway-timeout gateway-timeout gateway-timeout "
        "server-stall|client-abort",
        seconds=5)
def haproxy_node(lab):
    """HAProxy in front of Node: good answers, sockets destroyed without an
    answer, one that is too slow, two different ones at once."""
    lab.node(port=BACK)
    haproxy(lab)
    lab.capture()
    ask_all(("/ok", "/gone", "/sleep?ms=1500", "/ok"))
    at_once(("/destroy?a", "/destroy?b"), first=5)


@recipe("legs-apache",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout gateway-timeout "
        "server-stall|client-abort",
        seconds=5,
        note="Apache answers 502 where others say 504")
def apache_python(lab):
    """Apache's mod_proxy in front of a raw server: no answer, a cut one, a
    slow one; the first part of the path cut off."""
    serve(upstream, BACK)
    apache(lab)
    lab.capture()
    ask_all(FAILING)
    ask_all(("/app/ok", "/app/gone"), first=6)


@recipe("legs-varnish",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout server-stall|client-abort",
        seconds=6,
        note="503 in place of 502 and 504; a fetch on a kept connection that "
        "is closed is tried again")
def varnish_python(lab):
    """Varnish, which passes all, in front of a raw server: the same."""
    serve(upstream, BACK)
    varnish(lab)
    lab.capture()
    ask_all(FAILING)


@recipe("legs-go-proxy",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout client-abort client-abort",
        seconds=5,
        note="the 502 that Go writes when its client has gone is nobody's")
def go_proxy(lab):
    """Go's ReverseProxy in front of a raw server: no answer, a cut one, a
    client that leaves after 0.3 s, which is passed on."""
    serve(upstream, BACK)
    lab.go("-upstream", f"http://127.0.0.1:{BACK}")
    lab.capture()
    ask_all(("/ok", "/gone", "/cut"))
    ask(4, "/slow?ms=1000", leave=0.3)
    ask(5, "/ok")


@recipe("legs-php-fpm",
        "server-reset server-reset server-stall|client-abort "
        "gateway-timeout gateway-timeout handler-abort",
        seconds=6,
        note="a worker that is killed: 502; the leg behind is FastCGI")
def php_fpm(lab):
    """nginx in front of php-fpm over TCP: good answers, a 404, workers that
    are killed before their answer and in it, one that is too slow."""
    lab.filled("legs.php")
    lab.start("php-fpm8.2", "-F", "-y", lab.filled("php-fpm-legs.conf"))
    wait_listening(9000)
    nginx(lab)
    lab.capture()
    ask_all(f"/legs.php?do={word}" for word in
            ("ok", "large", "missing", "die", "cut", "slow", "ok"))


@recipe("legs-nginx-grpc", "gateway-timeout server-stall|client-abort",
        seconds=5,
        note="grpc-go resets the stream when the 504 is no gRPC")
def nginx_grpc(lab):
    """nginx's grpc_pass in front of grpc-go, grpc-go in front of it: three
    calls at once, then one that is too slow for grpc_read_timeout 1 s."""
    lab.grpc(port=CALLS)
    nginx(lab)
    lab.capture()
    address = ("-addr", f"127.0.0.1:{H2_FRONT}")
    lab.grpcget("call", *address, "-n", "3", "-at-once", "-text",
                "sleep 100ms")
    lab.grpcget("call", *address, "-first", "4", "-text", "sleep 2s")


# ---- retries, refusals, reuse ---------------------------------------------

@recipe("legs-nginx-retry", "",
        seconds=3,
        note="what a retry healed failed nobody")
def nginx_retry(lab):
    """nginx with two servers, of which one closes without a byte: each
    request is answered by the other one in the end (proxy_next_upstream)."""
    serve(broken, BACK)
    serve(upstream, SECOND)
    nginx(lab)
    lab.capture()
    ask_all(["/both/ok"] * 3)


@recipe("legs-haproxy-retry", "",
        seconds=3,
        note="the same")
def haproxy_retry(lab):
    """HAProxy with two servers, of which one is down: what it refuses the
    other one answers (option redispatch)."""
    serve(upstream, SECOND)
    haproxy(lab)
    lab.capture()
    ask_all(["/ok"] * 3, port=AGAIN)


@recipe("legs-nginx-reuse-reset", "server-reset gateway-timeout",
        seconds=3,
        note="the GET's reset is healed: of severity info")
def reuse_reset(lab):
    """nginx, whose kept connection meets an RST at its second request: a GET
    is sent again on a new one, a POST is not (502)."""
    serve(once, BACK)
    nginx(lab)
    lab.capture()
    ask_all(("/ok", "/ok"))
    ask(3, "/post", method="POST", body=b"abc")


@recipe("legs-nginx-large-head",
        "server-reset gateway-timeout gateway-timeout",
        seconds=3,
        note="the 12 kB come whole, and are too many for nginx")
def large_head(lab):
    """nginx, whose upstream answers with a header section of 12 kB: 502."""
    serve(upstream, BACK)
    nginx(lab)
    lab.capture()
    ask_all(("/ok", "/large-head", "/reset", "/ok"))


@recipe("legs-nginx-down",
        "connect-refused gateway-timeout connect-refused "
        "gateway-timeout connect-refused gateway-timeout "
        "connect-refused gateway-timeout",
        seconds=3)
def nginx_down(lab):
    """nginx, nobody listens behind it: three requests at once, then one."""
    nginx(lab)
    lab.capture()
    at_once(("/a", "/b", "/c"), apart=0.01)
    ask(4, "/d")


# ---- the client leaves ----------------------------------------------------

@recipe("legs-nginx-left", "client-abort client-abort orphaned-upstream*",
        seconds=4)
def left(lab):
    """nginx: a client leaves after 0.3 s, and nginx closes the leg behind;
    another request goes on."""
    serve(upstream, BACK)
    nginx(lab)
    lab.capture()
    together(lambda: ask(1, "/slow?ms=900", leave=0.3),
             lambda: ask(2, "/late?ms=800"))


@recipe("legs-nginx-left-held",
        "client-abort client-abort orphaned-upstream*",
        seconds=5)
def left_held(lab):
    """nginx with proxy_ignore_client_abort: the clients leave after 0.3 s, and
    the upstream works on for 2 s."""
    serve(upstream, BACK)
    nginx(lab)
    lab.capture()
    together(lambda: ask(1, "/held/slow?ms=2000&a", leave=0.3),
             lambda: ask(2, "/held/slow?ms=2000&b", leave=0.3))
    time.sleep(2)


# ---- paths, pools, hosts --------------------------------------------------

@recipe("legs-nginx-prefix",
        "handler-abort handler-abort gateway-timeout gateway-timeout",
        seconds=4)
def prefix(lab):
    """nginx cuts off the first part of the path, or puts two in front; ten
    requests, five at a time, of which every fifth is not answered."""
    serve(upstream, BACK)
    nginx(lab)
    lab.capture()
    for first in (1, 6):
        words = ["ok", "ok", "ok", "ok", "gone"]
        front = "/cut-off/" if first == 1 else "/in-front/"
        at_once([front + word + "?ms=60" for word in words], first,
                apart=0.005)


@recipe("legs-pool-50",
        "handler-abort gateway-timeout handler-abort gateway-timeout "
        "handler-abort gateway-timeout handler-abort gateway-timeout "
        "handler-abort gateway-timeout",
        seconds=4,
        note="they are alike: which is behind which cannot be told")
def pool_50(lab):
    """nginx with eight kept connections, 50 requests at once that ask for the
    same; every tenth is not answered."""
    serve(upstream, BACK, backlog=64)
    nginx(lab)
    lab.capture()
    at_once(["/gone?ms=80" if n % 10 == 0 else "/ok?ms=80"
             for n in range(1, 51)])


@recipe("legs-nginx-cache",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout gateway-timeout",
        seconds=4,
        note="of those at once one alone has a leg behind it; the first that "
        "is not answered is tried twice")
def cache(lab):
    """nginx with a cache and its lock: six requests at once that ask for the
    same, of which one is passed on; two that are answered from the cache; and
    three at once that are not answered, one after the other."""
    serve(upstream, BACK)
    nginx(lab)
    lab.capture()
    at_once(["/kept/ok?ms=100"] * 6, apart=0.01)
    ask_all(["/kept/ok?ms=100"] * 2, first=7)
    at_once(["/kept/gone?ms=60"] * 3, first=9, apart=0.01)


def with_ids(n):
    return [f"X-Request-Id: {n * 7919:032x}"]


@recipe("legs-pool-50-ids",
        "handler-abort gateway-timeout handler-abort gateway-timeout "
        "handler-abort gateway-timeout handler-abort gateway-timeout "
        "handler-abort gateway-timeout",
        seconds=4)
def pool_50_ids(lab):
    """The same, and each has an X-Request-Id."""
    serve(upstream, BACK, backlog=64)
    nginx(lab)
    lab.capture()
    together(*(lambda n=n: ask(n, "/gone?ms=80" if n % 10 == 0 else
                               "/ok?ms=80", headers=with_ids(n))
               for n in range(1, 51)))


def trace(n):
    return [f"traceparent: 00-{n * 104729:032x}-{n * 7919:016x}-01"]


@recipe("legs-go-proxy-traces",
        "handler-abort gateway-timeout handler-abort gateway-timeout "
        "handler-abort gateway-timeout",
        seconds=4)
def go_traces(lab):
    """Go's ReverseProxy: twelve requests at once that ask for the same, each
    with a traceparent; every fourth is not answered."""
    serve(upstream, BACK, backlog=64)
    lab.go("-upstream", f"http://127.0.0.1:{BACK}")
    lab.capture()
    together(*(lambda n=n: ask(n, "/gone?ms=80" if n % 4 == 0 else
                               "/ok?ms=80", headers=trace(n))
               for n in range(1, 13)))


@recipe("legs-two-hosts",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout gateway-timeout "
        "server-stall|client-abort",
        seconds=5,
        note="the proxy has two addresses, 192.0.2.1 and 198.51.100.1")
def two_hosts(lab):
    """HAProxy on a host of its own, captured there on `any`: the client comes
    in by one interface, the upstream is behind the other. What fails is not
    answered, cut, too slow."""
    path = Path(lab)
    with path.router:
        haproxy(lab, SERVER)
        lab.capture("any")
    with path.server:
        serve(upstream, BACK)
    with path.client:
        ask_all(FAILING, host="192.0.2.1")
        at_once(["/ok?ms=60"] * 4 + ["/gone?ms=60"], first=6,
                host="192.0.2.1")


@recipe("legs-two-proxies",
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout",
        seconds=5)
def two_proxies(lab):
    """HAProxy in front of HAProxy in front of a raw server, all on one
    host."""
    serve(upstream, BACK)
    haproxy(lab)
    lab.capture()
    ask_all(("/ok", "/gone", "/cut", "/ok"), port=BEFORE)


# ---- HTTP/1 and HTTP/2 ----------------------------------------------------

@recipe("legs-h1-to-h2",
        "handler-abort handler-abort gateway-timeout gateway-timeout "
        "gateway-timeout server-stall|client-abort",
        seconds=5)
def h1_to_h2(lab):
    """HAProxy, HTTP/1 in front, streams of one connection to Go behind:
    eight requests at once, two of which panic, then one that is slow."""
    lab.goh2(port=BACK)
    haproxy(lab)
    lab.capture()
    ask(1, "/ok", port=TO_H2)
    at_once([f"/{'panic' if n % 4 == 0 else 'sleep'}?ms=150&{n}"
             for n in range(2, 10)], first=2, port=TO_H2)
    ask(10, "/sleep?ms=1500", port=TO_H2)


@recipe("legs-h2-to-h1",
        "handler-abort handler-abort gateway-timeout gateway-timeout "
        "client-abort client-abort",
        seconds=4)
def h2_to_h1(lab):
    """nginx, eight streams of one connection in front, kept connections
    behind; two are not answered, and a ninth is cancelled."""
    serve(upstream, BACK)
    nginx(lab)
    lab.capture()
    client = H2Client(port=H2_FRONT)
    for n in range(1, 10):
        word = "gone" if n % 4 == 0 else "ok"
        client.ask(2 * n - 1, f"/{word}?ms={900 if n == 9 else 100}&{n}",
                   more=named("x-lab", str(n)))
    time.sleep(0.4)
    client.reset(17, 8)
    time.sleep(0.3)
    client.close()
