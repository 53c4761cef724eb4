"""Twins: the same failure in the clear (port 8080), over TLS 1.2 (8443) and
over TLS 1.3 (8444), in one capture; the client's secrets lie beside it.
testdata/checks/tls_twins.py compares what is told of the three."""

import os
import time

from kit import PORT, SERVERS, need, ok, read_request, recipe, serve, \
    wait_listening

PLAIN, TLS12, TLS13 = PORT, 8443, 8444


def keys(lab):
    return os.path.join(lab.out, lab.name + ".keys")


def visit(lab, suite, *deeds):
    lab.start("python3", os.path.join(SERVERS, "twinget.py"), keys(lab), suite,
              *deeds).wait(timeout=60)


# ---- the servers ----------------------------------------------------------

def go(lab, *flags):
    key, cert = lab.certificate()
    lab.go(*flags)
    for port in (TLS12, TLS13):
        lab.go("-cert", cert, "-key", key, *flags, port=port)
    lab.capture()


def node(lab, *words):
    key, cert = lab.certificate()
    lab.start("node", os.path.join(SERVERS, "twin-node.js"), cert, key, *words)
    for port in (PLAIN, TLS12, TLS13):
        wait_listening(port)
    lab.capture()


def nginx(lab):
    key, cert = lab.certificate()
    lab.nginx("twin-nginx.conf", CERT=cert, KEY=key)
    lab.capture()


def apache(lab, listens=(PLAIN, TLS12, TLS13, 8088)):
    key, cert = lab.certificate()
    www = os.path.join(lab.tmp, "www")
    os.makedirs(www, exist_ok=True)
    with open(os.path.join(www, "ok"), "w") as file:
        file.write("ok\n")
    lines = "\n".join(f"Listen {port}" for port in listens)
    lab.start("apache2", "-D", "FOREGROUND", "-f",
              lab.filled("twin-apache.conf", CERT=cert, KEY=key,
                         LISTEN=lines))
    wait_listening(listens[-1])
    return key, cert


def haproxy(lab):
    need("haproxy")
    key, cert = lab.certificate()
    pem = os.path.join(lab.tmp, "pair.pem")
    with open(pem, "w") as file:
        for part in (key, cert):
            with open(part) as half:
                file.write(half.read())
    lab.start("haproxy", "-f", lab.filled("twin-haproxy.cfg", PEM=pem))
    wait_listening(PLAIN)


# Suites of TLS 1.2, as OpenSSL calls them.
CBC = "ECDHE-ECDSA-AES128-SHA"
ETM = "ECDHE-ECDSA-AES256-SHA384"
CCM = "ECDHE-ECDSA-AES256-CCM"
CCM8 = "ECDHE-ECDSA-AES128-CCM8"
CHACHA = "ECDHE-ECDSA-CHACHA20-POLY1305"
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"


# ---- the failures ---------------------------------------------------------

def thrice(codes):
    return " ".join([codes] * 3)


@recipe("twin-go-write-timeout", thrice("write-timeout-eof|handler-abort"),
        seconds=12)
def go_write_timeout(lab):
    """Go, WriteTimeout 1 s, a handler of 2.5 s."""
    go(lab, "-write-timeout", "1s")
    visit(lab, GCM, "get:/sleep?ms=2500")


@recipe("twin-go-panic", thrice("handler-abort"), seconds=6)
def go_panic(lab):
    """Go, a handler that panics after 0.2 s."""
    go(lab)
    visit(lab, CBC, "get:/panic?ms=200")


@recipe("twin-go-short", thrice("handler-abort"), seconds=6)
def go_short(lab):
    """Go declares 50000 bytes and writes 20000."""
    go(lab)
    visit(lab, CHACHA, "get:/short?total=50000&first=20000")


@recipe("twin-go-race", thrice("idle-close-race"), seconds=10)
def go_race(lab):
    """Go, IdleTimeout 1 s; asked again after 1.4 s."""
    go(lab, "-idle-timeout", "1s")
    visit(lab, GCM, "idle:1.4", "get:/ok")


@recipe("twin-go-stall", thrice("server-stall"), seconds=12)
def go_stall(lab):
    """Go, a handler of 6 s; the client leaves after 2.2 s."""
    go(lab)
    visit(lab, CBC, "leave:2.2:/sleep?ms=6000")


@recipe("twin-go-leave", thrice("client-abort"), seconds=6)
def go_leave(lab):
    """Go, a handler of 3 s; the client leaves after 0.4 s."""
    go(lab)
    visit(lab, GCM, "leave:0.4:/sleep?ms=3000")
    time.sleep(3)


@recipe("twin-node-gone", thrice("handler-abort"), seconds=6)
def node_gone(lab):
    """Node destroys the socket."""
    node(lab)
    visit(lab, CHACHA, "get:/gone")


@recipe("twin-node-short", thrice("handler-abort"), seconds=6)
def node_short(lab):
    """Node declares 100000 bytes, writes 30000 and destroys the socket."""
    node(lab)
    visit(lab, CCM, "get:/short")


@recipe("twin-node-race", thrice("idle-close-race"), seconds=10)
def node_race(lab):
    """Node, keepAliveTimeout 1 s; asked again after 2.6 s."""
    node(lab)
    visit(lab, ETM, "idle:2.6", "get:/ok")


@recipe("twin-node-leave", thrice("client-abort"), seconds=6)
def node_leave(lab):
    """Node, a handler of 3 s; the client leaves after 0.4 s."""
    node(lab)
    visit(lab, CCM8, "leave:0.4:/sleep?ms=3000")


@recipe("twin-node-goaway", thrice("goaway-lost-streams"), seconds=5)
def node_goaway(lab):
    """Node, HTTP/2: GOAWAY and the end, with a request unanswered; curl."""
    os.environ["SSLKEYLOGFILE"] = keys(lab)
    node(lab, "h2")
    lab.curl("--http2-prior-knowledge", f"http://127.0.0.1:{PLAIN}/goaway")
    for port, most in ((TLS12, "1.2"), (TLS13, "1.3")):
        lab.curl("-k", "--tls-max", most, f"https://127.0.0.1:{port}/ok",
                 f"https://127.0.0.1:{port}/goaway")


@recipe("twin-nginx-none", thrice("handler-abort"), seconds=5)
def nginx_none(lab):
    """nginx, return 444."""
    nginx(lab)
    visit(lab, ETM, "get:/none")


@recipe("twin-nginx-race", thrice("idle-close-race"), seconds=10)
def nginx_race(lab):
    """nginx, keepalive_timeout 1 s; asked again after 1.5 s."""
    nginx(lab)
    visit(lab, CHACHA, "idle:1.5", "get:/ok")


@recipe("twin-nginx-cut", thrice("handler-abort") + " handler-abort" * 3,
        seconds=5, note="of both legs")
def nginx_cut(lab):
    """nginx before a server that closes in the middle of Content-Length."""
    def handle(sock):
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n" +
                     b"lab data\n" * 1000)
        time.sleep(0.1)
        sock.close()
    serve(handle, 8081)
    nginx(lab)
    visit(lab, CCM, "get:/far")


@recipe("twin-apache-race", thrice("idle-close-race"), seconds=10)
def apache_race(lab):
    """Apache, KeepAliveTimeout 1 s; asked again after 1.6 s."""
    apache(lab)
    lab.capture()
    visit(lab, ETM, "idle:1.6", "get:/ok")


@recipe("twin-haproxy-race", thrice("idle-close-race"), seconds=10)
def haproxy_race(lab):
    """HAProxy, timeout http-keep-alive 1 s; asked again after 1.5 s."""
    haproxy(lab)
    lab.capture()
    visit(lab, GCM, "idle:1.5", "get:/ok")


@recipe("twin-haproxy-gone", thrice("handler-abort") + " no-backend" * 3,
        seconds=5, note="HAProxy passes the close of a connection on that it "
        "used a second time; what is behind answers nobody")
def haproxy_gone(lab):
    """HAProxy before a server that closes without an answer."""
    def handle(sock):
        read_request(sock)
        sock.close()
    serve(handle, 8081)
    haproxy(lab)
    lab.capture()
    visit(lab, CHACHA, "get:/far")


@recipe("healthy-twins", "", seconds=8)
def healthy(lab):
    """Go, in the clear and over TLS: answers at once, after 0.8 s, of 40 kB;
    the client closes."""
    go(lab)
    visit(lab, CBC, "get:/sleep?ms=800", "get:/ok?bytes=40000", "idle:0.3")


# ---- on the way to TLS ----------------------------------------------------

@recipe("keys-connect", "handler-abort handler-abort handler-abort*",
        seconds=5,
        note="HTTP/1.1 and HTTP/2 in a tunnel, on both legs of the proxy; "
        "Apache answers CONNECT")
def connect(lab):
    """curl through Apache's mod_proxy_connect to Node over TLS, HTTP/1.1 and
    TLS 1.2: a good answer, then a socket that is destroyed; once more over
    TLS 1.3."""
    os.environ["SSLKEYLOGFILE"] = keys(lab)
    key, cert = apache(lab, (8088,))
    lab.start("node", os.path.join(SERVERS, "twin-node.js"), cert, key)
    wait_listening(TLS13)
    lab.capture()
    for port, most in ((TLS12, "1.2"), (TLS13, "1.3")):
        base = f"https://127.0.0.1:{port}"
        lab.curl("-k", "--http1.1", "--tls-max", most, "-x",
                 "http://127.0.0.1:8088", base + "/ok", base + "/gone")


@recipe("healthy-connect", "", seconds=4)
def connect_h2(lab):
    """Go's HTTP/2 over TLS through Apache's CONNECT: two requests."""
    os.environ["SSLKEYLOGFILE"] = keys(lab)
    key, cert = apache(lab, (8088,))
    lab.go("-cert", cert, "-key", key, port=TLS13)
    lab.capture()
    base = f"https://127.0.0.1:{TLS13}"
    lab.curl("-k", "-x", "http://127.0.0.1:8088", base + "/ok", base + "/ok")


@recipe("keys-proxy-header", "handler-abort handler-abort handler-abort*",
        seconds=4,
        note="TLS behind the header of the PROXY protocol, version 2 and 1")
def proxy_header(lab):
    """curl through HAProxy, which passes TLS on to nginx behind a PROXY
    header: a good answer, then none (444)."""
    os.environ["SSLKEYLOGFILE"] = keys(lab)
    key, cert = lab.certificate()
    lab.nginx("twin-nginx.conf", port=8445, CERT=cert, KEY=key)
    path = lab.filled("twin-haproxy.cfg", PEM=cert)
    with open(path) as file:
        text = file.read()
    start, end = text.index("frontend twins"), text.index("listen pass2")
    with open(path, "w") as file:
        file.write(text[:start] + text[end:])
    lab.start("haproxy", "-f", path)
    wait_listening(8446)
    lab.capture()
    for port in (8446, 8447):
        base = f"https://127.0.0.1:{port}"
        lab.curl("-k", "--http1.1", base + "/ok", base + "/none")
