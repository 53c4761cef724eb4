"""How connections are used: churn, ports used again, limits to both.

What must be told of them is in checks/connections.py: none of it is an error
by itself.
"""

import contextlib
import errno
import http.server
import socket
import threading
import time

from kit import (Client, PORT, Path, SERVER, ok, read_request, recipe, serve,
                 sysctl, together, wait_listening)

REQUESTS = 12


def ask_once(headers=(), version="1.1", host="127.0.0.1"):
    """One request on a connection of its own, to its end."""
    client = Client(host=host)
    status = client.get("/ok", headers=headers, version=version)
    client.close()
    return status


def ask_all(number, host="127.0.0.1", path="/ok"):
    """All on one connection, as long as the server leaves it open."""
    client = Client(host=host)
    for _ in range(number):
        client.get(path)
    client.close()


@recipe("churn-client-says-close", "")
def client_says(lab):
    """Go; twelve requests, each on a connection of its own, with Connection:
    close in the request."""
    lab.go()
    lab.capture()
    for _ in range(REQUESTS):
        ask_once(["Connection: close"])


@recipe("churn-client-http10", "")
def client_http10(lab):
    """Go; twelve requests of HTTP/1.0 without keep-alive, as ab sends them."""
    lab.go()
    lab.capture()
    for _ in range(REQUESTS):
        ask_once(version="1.0")


@recipe("churn-client-never-reuses", "")
def client_never(lab):
    """Go; nobody says close, and yet curl, which is run anew for each of
    twelve requests, closes."""
    lab.go()
    lab.capture()
    for _ in range(REQUESTS):
        lab.curl(f"http://127.0.0.1:{PORT}/ok")


@recipe("churn-server-says-close", "")
def server_says(lab):
    """nginx, keepalive_requests 1; twelve requests on twelve connections."""
    lab.nginx("nginx-limit.conf", LIMIT="1")
    lab.capture()
    for _ in range(REQUESTS):
        ask_once()


@recipe("churn-server-http10", "")
def server_http10(lab):
    """Python's http.server, which answers as HTTP/1.0; twelve requests."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"ok\n")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lab.capture()
    for _ in range(REQUESTS):
        ask_once()


@recipe("pool-reused", "")
def pool_reused(lab):
    """The healthy twin: Go, three connections, twelve requests on each."""
    lab.go()
    lab.capture()
    together(*[lambda: ask_all(REQUESTS)] * 3)


@recipe("server-limits-requests", "")
def server_limits(lab):
    """nginx, keepalive_requests 5; three connections, each of which is used
    until the server says close."""
    lab.nginx("nginx-limit.conf", LIMIT="5")
    lab.capture()
    for _ in range(3):
        ask_all(5)


def ports(first, last):
    sysctl("net.ipv4.ip_local_port_range", f"{first} {last}")


@recipe("ports-reused-server-waits", "", seconds=5,
        note="the server's TIME-WAIT accepts the SYN (RFC 6191): nothing is "
        "wrong, but there are four ports for twelve connections")
def ports_server_waits(lab):
    """Go closes first, since each request says so; the client's host has four
    ports for twelve connections, one after the other."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        ports(40000, 40003)
        lab.capture("c0")
        for _ in range(REQUESTS):
            client = Client(host=SERVER)
            client.get("/ok", headers=["Connection: close"])
            while client.sock.recv(1):
                pass
            client.close()
            time.sleep(0.05)


@recipe("ports-exhausted", "", seconds=6,
        note="connect() fails with EADDRNOTAVAIL, which is seen on no wire: "
        "what there is are four connections, from all four ports")
def ports_exhausted(lab):
    """The client closes first and has four ports, tcp_tw_reuse is off: the
    fifth connection cannot be."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        ports(40000, 40003)
        sysctl("net.ipv4.tcp_tw_reuse", 0)
        lab.capture("c0")
        failed = 0
        for _ in range(6):
            try:
                ask_once(host=SERVER)
            except OSError as error:
                assert error.errno == errno.EADDRNOTAVAIL
                failed += 1
        assert failed == 2


@recipe("ports-reused-client-waits", "", seconds=8,
        note="the client's kernel gives a port in TIME-WAIT out again after a "
        "second: accepted at once, for the server has forgotten them")
def ports_client_waits(lab):
    """The same with tcp_tw_reuse on, and a connection each 0.4 s."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        ports(40000, 40003)
        sysctl("net.ipv4.tcp_tw_reuse", 1)
        lab.capture("c0")
        for _ in range(REQUESTS):
            with contextlib.suppress(OSError):
                ask_once(host=SERVER)
            time.sleep(0.4)


TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
SEND_QUEUE = 2


def from_port(port, number, host=SERVER):
    """A connection whose first sequence number is that."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, number)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)
    sock.settimeout(10)
    sock.connect((host, PORT))
    client = Client.__new__(Client)
    client.sock = sock
    return client


@recipe("ports-challenged-time-wait", "", seconds=8,
        note="a SYN with an older number than the connection had that is in "
        "TIME-WAIT: an ACK of that (RFC 9293, 3.10.7.4), the client's RST, and "
        "the SYN again a second later, which is accepted")
def challenged(lab):
    """Go closes first; two seconds later the client comes from the same port,
    by a sequence number that is lower, without timestamps."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        sysctl("net.ipv4.tcp_timestamps", 0)
        lab.capture("c0")
        for number in (2000000000, 1000000000):
            client = from_port(40000, number)
            client.get("/ok", headers=["Connection: close"])
            while client.sock.recv(1):
                pass
            client.close()
            time.sleep(2)


@recipe("ports-challenged-at-once", "", seconds=6,
        note="the same within a second of the end")
def challenged_at_once(lab):
    """As ports-challenged-time-wait, 0.1 s after the first connection."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        sysctl("net.ipv4.tcp_timestamps", 0)
        lab.capture("c0")
        for number in (2000000000, 1000000000):
            client = from_port(40000, number)
            client.get("/ok", headers=["Connection: close"])
            while client.sock.recv(1):
                pass
            client.close()
            time.sleep(0.1)


@recipe("ports-challenged-open", "", seconds=8,
        note="a client's host that has lost its state: the server's socket is "
        "still open (RFC 5961, 4.2)")
def challenged_open(lab):
    """A client vanishes without a FIN after one exchange (TCP_REPAIR), and
    comes back from the same port: ACK, RST, SYN again."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.client:
        lab.capture("c0")
        client = from_port(40000, 2000000000)
        client.get("/ok")
        client.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        client.close()
        time.sleep(0.5)
        client = from_port(40000, 1000000000)
        client.get("/ok")
        client.close()


@recipe("accept-queue-under-load", "connect-timeout connect-timeout",
        seconds=10, note="others are served meanwhile: not a black hole")
def under_load(lab):
    """Python answers three connections, and goes on with these; its queue of
    two is full of connections that it never accepts; two more clients send
    SYNs for 4 s while the three are used."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen(1)

    def answer(sock):
        with contextlib.suppress(OSError):
            while read_request(sock):
                sock.sendall(ok())

    lab.capture()
    kept = []
    for _ in range(3):
        kept.append(Client())
        sock = listener.accept()[0]
        threading.Thread(target=answer, args=(sock,), daemon=True).start()
    kept[0].get("/")
    queued = [Client(), Client()]

    def attempt():
        with contextlib.suppress(OSError):
            Client(timeout=4)

    def use():
        for _ in range(8):
            kept[0].get("/")
            time.sleep(0.5)
    together(attempt, attempt, use)
    for client in kept:
        client.close()
    lab.end_capture(quiet=0)
    for client in queued:
        client.close()
    listener.close()


# ---- pools at their limit --------------------------------------------------

BACK = PORT + 1


def at_once(number, path="/sleep?ms=100", apart=0.0, host="127.0.0.1"):
    """So many clients at once, or nearly, each with one request."""
    def one(wait):
        def job():
            time.sleep(wait)
            client = Client(host=host)
            client.get(path)
            client.close()
        return job
    together(*[one(apart * n) for n in range(number)])


def haproxy(lab, limit, queue="10s"):
    conf = lab.filled("haproxy-queue.cfg", LIMIT=str(limit), QUEUE=queue)
    lab.start("haproxy", "-f", conf)
    wait_listening(PORT)


@recipe("pool-limit-haproxy", "",
        note="maxconn 2: two requests at once, the others wait in front")
def pool_haproxy(lab):
    """HAProxy, maxconn 2, in front of Go, which takes 0.1 s; ten requests at
    once."""
    lab.go(port=BACK)
    haproxy(lab, 2)
    lab.capture()
    at_once(10)


@recipe("pool-limit-gives-up", "gateway-timeout gateway-timeout "
        "gateway-timeout", seconds=4,
        note="the three that are refused never left the proxy: that it was at "
        "its limit is told with them")
def pool_gives_up(lab):
    """HAProxy, maxconn 3 and timeout queue 1.6 s, in front of Go, which takes
    1 s; of nine requests at once three are answered, three wait and are, and
    three get 503."""
    lab.go(port=BACK)
    haproxy(lab, 3, "1600ms")
    lab.capture()
    at_once(9, "/sleep?ms=1000", apart=0.01)


@recipe("pool-wide-haproxy", "", note="the healthy twin: nobody waits")
def pool_wide(lab):
    """The same with maxconn 100."""
    lab.go(port=BACK)
    haproxy(lab, 100)
    lab.capture()
    at_once(10)


@recipe("pool-limit-go", "",
        note="MaxConnsPerHost 2 of Go's http.Transport, in a ReverseProxy")
def pool_go(lab):
    """Go's ReverseProxy, two connections at most, in front of Go; ten requests,
    20 ms apart, of 0.1 s each."""
    lab.go(port=BACK)
    lab.go("-upstream", f"http://127.0.0.1:{BACK}", "-most", "2")
    lab.capture()
    at_once(10, apart=0.02)


@recipe("pool-wide-go", "", note="the healthy twin")
def pool_wide_go(lab):
    """The same without a limit."""
    lab.go(port=BACK)
    lab.go("-upstream", f"http://127.0.0.1:{BACK}")
    lab.capture()
    at_once(10, apart=0.02)


@recipe("pool-limit-client", "",
        note="requests that wait inside a client are seen on no wire")
def pool_client(lab):
    """No proxy: a client with a pool of two connections and ten requests."""
    lab.go()
    lab.capture()
    together(*[lambda: ask_all(5, path="/sleep?ms=100")] * 2)


@recipe("pool-asked-twice", "",
        note="each request asks the same server twice in turn: no pool, though "
        "the second begins when the first has ended")
def asked_twice(lab):
    """nginx, auth_request; four clients, three requests each."""
    lab.go(port=BACK)
    lab.nginx("nginx-auth.conf")
    lab.capture()
    together(*[lambda: ask_all(3, path="/sleep?ms=100")] * 4)


@recipe("pool-serial-proxy", "", note="one client, one request after the other")
def serial_proxy(lab):
    """Go's ReverseProxy without a limit; one client, ten requests of 0.1 s."""
    lab.go(port=BACK)
    lab.go("-upstream", f"http://127.0.0.1:{BACK}")
    lab.capture()
    ask_all(10, path="/sleep?ms=100")


@recipe("pool-rate-limited", "",
        note="requests wait, though not for one another")
def rate_limited(lab):
    """nginx, limit_req of ten a second, in front of Go; ten requests at once,
    of 30 ms each."""
    lab.go(port=BACK)
    lab.nginx("nginx-rate.conf")
    lab.capture()
    at_once(10, path="/sleep?ms=30")
