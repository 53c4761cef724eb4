"""Both legs of a proxy in one capture: port 8080 in front of 8081 and 8082.

What a request asks for has its number in it, so that checks/legs.py can tell
a pair that is wrong.
"""

import os
import socket
import threading
import time

from kit import (PORT, SERVERS, ok, read_request, recipe, serve, together,
                 wait_listening)

BASE = f"http://127.0.0.1:{PORT}"


def number_of(request):
    """n of "GET /n?SECONDS"; a head without one ends the thread."""
    return int(request.split(b" ", 2)[1].strip(b"/").split(b"?")[0])


def by_number(sock):
    """Every tenth closes without a byte, and the next one in its answer."""
    while True:
        n = number_of(read_request(sock))
        time.sleep(0.05 + n % 7 / 20)
        if n % 10 == 0:
            break
        if n % 10 == 1:
            sock.sendall(ok(b"x" * 2000)[:-1500])
            break
        sock.sendall(ok())
    sock.close()


def healthy(sock):
    while True:
        number_of(read_request(sock))
        time.sleep(0.05)
        sock.sendall(ok())


def ask(n):
    with socket.create_connection(("127.0.0.1", PORT)) as sock:
        sock.sendall(f"GET /{n} HTTP/1.1\r\nHost: lab.example\r\n"
                     "Connection: close\r\n\r\n".encode())
        while sock.recv(4096):
            pass


def many(lab, handle, times):
    serve(handle, PORT + 1)
    serve(handle, PORT + 2)
    lab.nginx("nginx-pool.conf")
    lab.capture()
    for first in range(1, times, 10):
        together(*(lambda n=n: ask(n) for n in range(first, first + 10)))


@recipe("nginx-pool-legs", "handler-abort handler-abort handler-abort "
        "handler-abort handler-abort handler-abort handler-abort handler-abort "
        "handler-abort handler-abort handler-abort handler-abort "
        "gateway-timeout gateway-timeout gateway-timeout", seconds=4,
        note="which pairs are told is checked by checks/legs.py")
def pool(lab):
    """nginx with keepalive 8 in front of two servers, 30 requests, ten at a
    time: three are closed without a byte by both servers (502), three are cut
    in the middle of their answer and passed on so."""
    many(lab, by_number, 30)


@recipe("nginx-pool-healthy", "", seconds=4)
def pool_healthy(lab):
    """The same with ten requests, and all of them are answered."""
    many(lab, healthy, 10)


@recipe("haproxy-check-down", "gateway-timeout connect-refused*",
        seconds=5, note="a 503 without asking anybody")
def down(lab):
    """HAProxy, whose health checks of port 8081 are refused, answers 503 at
    once."""
    lab.capture()
    lab.start("haproxy", "-f", os.path.join(SERVERS, "haproxy-check.cfg"))
    wait_listening(PORT)
    time.sleep(1.6)
    lab.curl(BASE + "/a")


def slowly(pieces, pause):
    with socket.create_connection(("127.0.0.1", PORT)) as sock:
        sock.sendall(b"POST /read HTTP/1.1\r\nHost: lab.example\r\n"
                     b"Content-Length: 10000\r\n\r\n")
        for _ in range(pieces):
            sock.sendall(b"x" * 500)
            time.sleep(pause)
        while sock.recv(4096):
            pass


@recipe("go-proxy-read-timeout", "read-timeout client-abort", seconds=5,
        note="the upstream leg is the effect; what Traefik does, too")
def proxy_reads(lab):
    """Go's ReverseProxy with ReadTimeout 2s; an upload of 10 kB in pieces of
    500 bytes each 0.15 s: 502 after 2 s, the body incomplete."""
    lab.node(port=PORT + 1)
    lab.go("-read-timeout", "2s", "-upstream", f"http://127.0.0.1:{PORT + 1}")
    lab.capture()
    done = threading.Thread(target=slowly, args=(18, 0.15), daemon=True)
    done.start()
    done.join(5)


@recipe("go-proxy-healthy", "", seconds=5)
def proxy_healthy(lab):
    """The same without a limit that matters: the whole body comes."""
    lab.node(port=PORT + 1)
    lab.go("-upstream", f"http://127.0.0.1:{PORT + 1}")
    lab.capture()
    lab.curl("-d", "x" * 10000, BASE + "/read")
