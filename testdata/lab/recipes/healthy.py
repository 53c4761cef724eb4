"""What must never produce an error or a warning."""

import contextlib
import gzip
import os
import socket
import threading
import time

from kit import (PORT, SERVER, Client, Path, ok, read_request, recipe, reset,
                 serve, wait_listening)

BASE = f"http://127.0.0.1:{PORT}"


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


def scripted(*answers, close=True):
    """A server that meets the n-th request with the n-th answer."""
    def handle(sock):
        for answer in answers:
            if not read_request(sock):
                break
            for part in answer if isinstance(answer, list) else [answer]:
                sock.sendall(part)
                time.sleep(0.02)
        if close:
            sock.close()
    return handle


@recipe("healthy-framings", "", seconds=4)
def framings(lab):
    """Python raw server, one connection: Content-Length, chunked with
    trailers and chunk extensions, HEAD, 204, 304, 205, gzip'd body, 103 then
    200, 200 without a body, lower-case and folded headers, at last a
    close-delimited body."""
    squeezed = gzip.compress(b"lab data\n" * 50)
    serve(scripted(
        ok(b"one"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        b"Trailer: X-Sum\r\n\r\n5;note=x\r\nhello\r\n0A\r\n0123456789\r\n"
        b"0\r\nX-Sum: 15\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
        ok(squeezed, "Content-Encoding: gzip\r\n"),
        [EARLY, ok(b"late")],
        ok(b""),
        b"HTTP/1.1 200 OK\r\ncontent-length:5\r\nX-Long: a\r\n b\r\n\r\nlower",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end"))
    lab.capture()
    client = Client()
    client.get("/length")
    client.get("/chunked")
    client.get("/head", method="HEAD")
    client.get("/no-content")
    client.get("/not-modified", headers=["If-None-Match: x"])
    client.get("/gzip", headers=["Accept-Encoding: gzip"])
    client.ask("/early-hints")
    client.drain(limit=len(EARLY + ok(b"late")))
    client.get("/empty")
    client.get("/lower")
    client.ask("/close")
    client.drain()
    client.close()


@recipe("healthy-http10", "", seconds=3)
def http10(lab):
    """Python http.server, HTTP/1.0: a directory list (the close ends it), a
    404, a HEAD; each its own connection."""
    lab.start("python3", "-m", "http.server", str(PORT), cwd=empty_dir(lab))
    wait_listening(PORT)
    lab.capture()
    lab.curl("--http1.0", BASE + "/")
    lab.curl(BASE + "/missing")
    lab.curl("-I", BASE + "/")
    client = Client()
    client.ask("/", version="1.0")
    client.drain()
    client.close()


def empty_dir(lab):
    path = os.path.join(lab.tmp, "www")
    os.makedirs(path)
    return path


@recipe("healthy-close-delimited", "", seconds=3,
        note="no length anywhere: the FIN is the end")
def close_delimited(lab):
    """Python; HTTP/1.0 and 1.1 bodies ended by the server's close, one after
    a pause of 0.7 s."""
    def handle(sock):
        data = read_request(sock)
        version = b"1.0" if b"HTTP/1.0" in data else b"1.1"
        sock.sendall(b"HTTP/" + version + b" 200 OK\r\n\r\nfirst part, ")
        time.sleep(0.7 if b"slow" in data else 0)
        sock.sendall(b"second part")
        sock.close()
    serve(handle)
    lab.capture()
    for path, version in (("/", "1.0"), ("/slow", "1.1"), ("/", "1.1")):
        client = Client()
        client.ask(path, version=version)
        client.drain()
        client.close()


@recipe("healthy-expect-continue", "", seconds=3)
def expect(lab):
    """curl with Expect: 100-continue to Go: 100, the body, 200; and to a
    path that answers 413 instead of 100, upon which curl keeps its body."""
    lab.go()
    lab.capture()
    lab.curl("-H", "Expect: 100-continue", "-d", "x" * 3000, BASE + "/read")
    lab.curl("-H", "Expect: 100-continue", "-d", "x" * 3000, BASE + "/ok")


@recipe("healthy-pipelined", "", seconds=3)
def pipelined(lab):
    """Three requests in one segment to nginx, answered in order; then two
    more in the middle of which a segment ends."""
    lab.nginx("nginx-read.conf")
    lab.capture()
    client = Client()
    one = b"GET /%d HTTP/1.1\r\nHost: lab.example\r\n\r\n"
    client.send(one % 1 + one % 2 + one % 3)
    time.sleep(0.3)
    both = one % 4 + one % 5
    client.send(both[:60])
    time.sleep(0.1)
    client.send(both[60:])
    time.sleep(0.3)
    client.finish_sending()
    client.drain()
    client.close()


@recipe("healthy-keepalive-reuse", "", seconds=3)
def reuse(lab):
    """curl fetches three URLs and POSTs over one connection to Node; the
    client closes."""
    lab.node()
    lab.capture()
    lab.curl(BASE + "/ok", BASE + "/ok?2", BASE + "/ok?3")
    lab.curl("-d", "a=b", BASE + "/read", BASE + "/read?2")


@recipe("healthy-pool-close", "", seconds=4)
def pool_close(lab):
    """Go client: three connections at once, then its pool closes them after
    1 s of idleness."""
    lab.go()
    lab.capture()
    lab.goget("-idle", "1s", "-linger", "1500ms", "-parallel",
              *[f"{BASE}/sleep?ms={ms}" for ms in (200, 220, 240)])


@recipe("healthy-server-idle-close", "", seconds=4,
        note="the client closes when it sees the FIN")
def server_idle_close(lab):
    """Go, IdleTimeout 1 s; two connections of which the server closes both
    when idle, and the client then its side."""
    lab.go("-idle-timeout", "1s")
    lab.capture()
    clients = [Client(), Client()]
    for client in clients:
        client.get("/ok")
    for client in clients:
        client.drain()
        client.close()


@recipe("healthy-rst-after-complete", "", seconds=3)
def rst_after(lab):
    """A client reads a complete response and closes by RST; then the same
    with a server that does so."""
    def handle(sock):
        while True:
            data = read_request(sock)
            sock.sendall(ok())
            if b"/bye" in data:
                time.sleep(0.1)
                reset(sock)
                return
    serve(handle)
    lab.capture()
    client = Client()
    client.get("/")
    client.reset()
    client = Client()
    client.get("/bye")
    time.sleep(0.3)
    client.close()


@recipe("healthy-websocket", "", seconds=4)
def websocket(lab):
    """Upgrade: websocket; 101, opaque bytes both ways with a pause of 1.5 s,
    the server closes in the end."""
    def handle(sock):
        read_request(sock)
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\n"
                     b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
                     b"\r\n\r\n")
        sock.sendall(b"\x81\x05hello")
        sock.recv(100)
        time.sleep(1.5)
        sock.sendall(b"\x81\x03bye\x88\x02\x03\xe8")
        sock.recv(100)
        sock.close()
    serve(handle)
    lab.capture()
    client = Client()
    client.ask("/chat", headers=["Upgrade: websocket", "Connection: Upgrade",
                                 "Sec-WebSocket-Version: 13",
                                 "Sec-WebSocket-Key: "
                                 "dGhlIHNhbXBsZSBub25jZQ=="])
    client.drain(limit=136)
    client.send(b"\x81\x85\x01\x02\x03\x04igojn")
    client.drain(limit=9)
    client.send(b"\x88\x82\x00\x00\x00\x00\x03\xe8")
    client.drain()
    client.close()


@recipe("healthy-connect-tunnel", "", seconds=4)
def tunnel(lab):
    """CONNECT through a Python proxy to a raw echo on another port; bytes
    both ways, a pause of 1.5 s, the client closes. Both legs captured."""
    def echo(sock):
        while data := sock.recv(1000):
            sock.sendall(data)
        sock.close()

    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def proxy(sock):
        read_request(sock)
        onward = socket.create_connection(("127.0.0.1", 9000))
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=pump, args=(onward, sock))
        back.start()
        pump(sock, onward)
        back.join()
        sock.close()
        onward.close()
    serve(echo, 9000)
    serve(proxy)
    lab.capture()
    client = Client()
    client.send(b"CONNECT lab.example:9000 HTTP/1.1\r\n"
                b"Host: lab.example:9000\r\n\r\n")
    client.drain(limit=39)
    client.send(b"\x00\x01opaque")
    client.drain(limit=8)
    time.sleep(1.5)
    client.send(b"\x02more")
    client.drain(limit=5)
    client.close()


@recipe("healthy-half-close", "", seconds=3,
        note="a FIN after a full request whose answer still comes is no "
        "abort")
def half_close(lab):
    """A client shuts its sending side right after the request; the answer
    comes 0.5 s later, whole."""
    def handle(sock):
        read_request(sock)
        time.sleep(0.5)
        sock.sendall(ok(b"still here"))
        sock.close()
    serve(handle)
    lab.capture()
    client = Client()
    client.ask("/")
    client.finish_sending()
    client.drain()
    client.close()


@recipe("healthy-snaplen", "", seconds=3,
        note="the end of most headers and all bodies are cut off")
def snaplen(lab):
    """tcpdump -s 96: curl and Go, some exchanges with bodies of up to
    20 kB."""
    lab.go()
    lab.capture(snaplen=96)
    lab.curl(BASE + "/ok?bytes=1000", BASE + "/ok?bytes=20000")
    lab.curl(BASE + "/stream?bytes=3000&count=3&flush=1", BASE + "/ok")


@recipe("healthy-snaplen-256", "", seconds=3,
        note="headers whole, bodies cut off")
def snaplen_256(lab):
    """The same with tcpdump -s 256."""
    lab.go()
    lab.capture(snaplen=256)
    lab.curl(BASE + "/ok?bytes=1000", BASE + "/ok?bytes=20000")
    lab.curl(BASE + "/stream?bytes=3000&count=3&flush=1", BASE + "/ok")


@recipe("healthy-any-interface", "", seconds=3,
        note="LINKTYPE_LINUX_SLL2; on a router each packet is there twice, "
        "in and out, with TTLs that differ by one")
def any_interface(lab):
    """tcpdump -i any on the router between client and server: every packet
    twice."""
    path = Path(lab)
    with path.server:
        lab.go()
    with path.router:
        lab.capture("any")
    with path.client:
        lab.curl(f"http://{SERVER}:{PORT}/ok",
                 f"http://{SERVER}:{PORT}/ok?bytes=3000")
        lab.curl(f"http://{SERVER}:{PORT}/stream?bytes=500&count=3&ms=100")


@recipe("healthy-any-loopback", "", seconds=3,
        note="LINKTYPE_LINUX_SLL2; loopback packets")
def any_loopback(lab):
    """tcpdump -i any on one host, over loopback."""
    lab.go()
    lab.capture("any")
    lab.curl(BASE + "/ok", BASE + "/ok?bytes=3000")


@recipe("healthy-joined-midway", "", seconds=4,
        note="no SYN; the first packet seen is in mid-response")
def joined(lab):
    """tcpdump starts when a connection has already carried one exchange and
    half of another; three more follow."""
    lab.go()
    client = Client()
    client.get("/ok")
    client.ask("/stream?bytes=700&ms=400&count=3&flush=1")
    time.sleep(0.5)
    lab.capture()
    client.answer()
    for _ in range(3):
        client.get("/ok?bytes=500")
        time.sleep(0.1)
    client.close()


@recipe("healthy-joined-idle", "", seconds=4,
        note="no SYN; the first packets are a server's FIN on an idle "
        "connection and, on another, a request")
def joined_idle(lab):
    """tcpdump starts when two connections are idle; one is closed by the
    server, the other is used once more and closed by the client."""
    lab.go("-idle-timeout", "1s")
    first, second = Client(), Client()
    first.get("/ok")
    time.sleep(0.4)
    second.get("/ok")
    lab.capture()
    first.drain()
    first.close()
    second.get("/ok")
    second.close()


@recipe("healthy-long-poll", "", seconds=5,
        note="slow, and complete: 3 s is nobody's timeout here")
def long_poll(lab):
    """Node; one handler answers after 3 s."""
    lab.node()
    lab.capture()
    lab.curl(BASE + "/sleep?ms=3000")


@recipe("healthy-event-stream", "", seconds=6,
        note="pauses of 1.5 s inside a response that ends properly")
def events(lab):
    """Go; a chunked stream of three events, 1.5 s apart, whole."""
    lab.go()
    lab.capture()
    lab.curl(BASE + "/stream?bytes=60&ms=1500&count=3&flush=1")


@recipe("healthy-large-offload", "", seconds=3,
        note="segments larger than the MTU (GSO), checksums not yet filled "
        "in; -s 200 keeps the file small")
def offload(lab):
    """veth with offloading on: a 300 kB response, captured at the server in
    segments of up to 64 kB."""
    path = Path(lab, offload=True)
    with path.server:
        lab.go()
        lab.capture("s0", snaplen=200)
    with path.client:
        lab.curl(f"http://{SERVER}:{PORT}/big?bytes=300000")


@recipe("healthy-ipv6", "", seconds=3)
def ipv6(lab):
    """curl to Go over IPv6 loopback."""
    lab.go()
    lab.capture(expression="tcp")
    lab.curl(f"http://[::1]:{PORT}/ok", f"http://[::1]:{PORT}/ok?bytes=4000")


@recipe("healthy-slow-upload", "", seconds=5,
        note="the request takes 2.5 s; pauses of 0.5 s")
def slow_upload(lab):
    """A client uploads 5 x 500 bytes, 0.5 s apart, to Go, which reads all
    and answers."""
    lab.go()
    lab.capture()
    client = Client()
    client.send("POST /read HTTP/1.1\r\nHost: lab.example\r\n"
                "Content-Length: 2500\r\n\r\n")
    for _ in range(5):
        client.send(b"u" * 500)
        time.sleep(0.5)
    client.answer()
    client.close()


@recipe("healthy-node-preconnect-408", "", seconds=5,
        note="a 408 on a connection that carried no request is no failure")
def preconnect(lab):
    """Node, headersTimeout 1 s; a browser-like preconnect that sends
    nothing gets 408 and FIN; a real exchange beside it."""
    lab.node("headersTimeout=1000", "requestTimeout=2000",
             "connectionsCheckingInterval=200")
    lab.capture()
    idle = Client()
    lab.curl(BASE + "/ok")
    idle.drain()
    idle.close()


@recipe("healthy-lost-by-capture", "", seconds=3,
        note="the gaps are acknowledged by the peer: the capture lost them, "
        "not the network")
def lost(lab):
    """A capture filter hides all segments of 500 to 700 bytes: two of four
    response bodies are not in the file."""
    lab.go()
    lab.capture(expression="tcp and not (greater 500 and less 900)")
    lab.curl(BASE + "/ok?bytes=100", BASE + "/ok?bytes=600",
             BASE + "/ok?bytes=1200", BASE + "/ok?bytes=610", BASE + "/ok")


@recipe("healthy-one-direction", "", seconds=3,
        note="only what the server sends; whyeof should say what it cannot "
        "see")
def one_direction(lab):
    """The capture holds the server's packets only; three exchanges."""
    lab.go()
    lab.capture(expression=f"tcp src port {PORT}")
    lab.curl(BASE + "/ok?bytes=100", BASE + "/ok?bytes=600")
    lab.curl(BASE + "/ok?bytes=1200")


@recipe("healthy-loss-recovered", "", seconds=4,
        note="a lost segment repaired in 0.2 s is no finding")
def loss(lab):
    """The router drops one response segment; it is retransmitted and all is
    well. Seen at the server."""
    path = Path(lab)
    with path.server:
        lab.go()
        lab.capture("s0")
    with path.client:
        client = Client(host=SERVER)
        client.get("/ok")
        path.cut('iifname "rs" tcp sport 8080 limit rate 1/hour burst 1 '
                 'packets drop')
        client.get("/ok?bytes=500")
        client.close()


@recipe("healthy-retry-elsewhere", "", seconds=3)
def addresses(lab):
    """curl with a 301 that it follows over a second connection to another
    port, and a 404 and a 500 that are complete."""
    serve(scripted(b"HTTP/1.1 301 Moved Permanently\r\n"
                   b"Location: http://127.0.0.1:8081/ok\r\n"
                   b"Connection: close\r\nContent-Length: 0\r\n\r\n"))
    serve(scripted(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                   b"HTTP/1.1 500 Internal Server Error\r\n"
                   b"Content-Length: 4\r\n\r\noops", ok(), close=False), 8081)
    lab.capture()
    lab.curl("-L", BASE + "/", "http://127.0.0.1:8081/2",
             "http://127.0.0.1:8081/3")
