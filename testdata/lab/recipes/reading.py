"""The request was not, or not wholly, read: read timeouts, early answers."""

import contextlib
import time

from kit import (Client, PORT, ok, read_request, recipe, reset, serve)

PART = b"GET /ok HTTP/1.1\r\nHost: lab.exam"
UPLOAD = ("POST /{} HTTP/1.1\r\nHost: lab.example\r\n"
          "Content-Length: {}\r\n\r\n")


def send_part(lab, part=PART):
    client = Client()
    client.send(part)
    client.drain()
    client.close()


@recipe("go-read-header-timeout", "read-timeout")
def go_header(lab):
    """Go, ReadHeaderTimeout 1 s; half a request header: the server closes
    after 1 s without a word."""
    lab.go("-read-header-timeout", "1s")
    lab.capture()
    send_part(lab)


@recipe("go-read-timeout-body", "read-timeout?",
        note="the handler's own 200 is sent when its read fails, with the "
        "body incomplete: read-timeout or nothing")
def go_body(lab):
    """Go, ReadTimeout 1 s; 5 of 100 body bytes: the handler's read fails,
    its answer is sent, the connection closed."""
    lab.go("-read-timeout", "1s")
    lab.capture()
    send_part(lab, UPLOAD.format("read", 100).encode() + b"12345")


@recipe("nginx-client-header-timeout", "read-timeout")
def nginx_header(lab):
    """nginx, client_header_timeout 1 s; half a request header: FIN after
    1 s, no 408 on the wire."""
    lab.nginx("nginx-read.conf")
    lab.capture()
    send_part(lab)


@recipe("nginx-client-body-timeout", "read-timeout")
def nginx_body(lab):
    """nginx, client_body_timeout 1 s; 5 of 100 body bytes, 0.5 s later 5
    more, then nothing: FIN 1 s after the last of them."""
    lab.nginx("nginx-read.conf")
    lab.capture()
    client = Client()
    client.send(UPLOAD.format("upload", 100))
    client.send(b"12345")
    time.sleep(0.5)
    client.send(b"12345")
    client.drain()
    client.close()


@recipe("node-headers-timeout-408", "read-timeout")
def node_headers(lab):
    """Node, headersTimeout 1 s; half a request header: 408 and FIN."""
    lab.node("headersTimeout=1000", "requestTimeout=2000",
             "connectionsCheckingInterval=200")
    lab.capture()
    send_part(lab)


@recipe("node-request-timeout-408", "read-timeout")
def node_request(lab):
    """Node, requestTimeout 2 s; 5 of 100 body bytes: 408 and FIN."""
    lab.node("headersTimeout=1000", "requestTimeout=2000",
             "connectionsCheckingInterval=200")
    lab.capture()
    send_part(lab, UPLOAD.format("read", 100).encode() + b"12345")


@recipe("go-early-response-413", "early-response-reset",
        note="Go closes with FIN, then RST,ACK 0.5 s later for what it never "
        "read")
def early_413(lab):
    """Go; the handler answers 413 without reading the upload, which goes on
    until the RST."""
    lab.go()
    lab.capture()
    client = Client()
    client.send(UPLOAD.format("reject", 10000000))
    with contextlib.suppress(OSError):
        for _ in range(30):
            client.send(b"u" * 1000)
            time.sleep(0.05)
    client.close()


@recipe("early-response-413-lost", "early-response-reset",
        note="RST right behind the 413: a client that was still sending "
        "gets ECONNRESET and may never read the answer")
def early_413_lost(lab):
    """Python; answers 413 while unread upload bytes are in its buffer and
    closes: RST instead of FIN."""
    def refuse(sock):
        sock.recv(200)
        time.sleep(0.2)
        sock.sendall(b"HTTP/1.1 413 Payload Too Large\r\n"
                     b"Connection: close\r\nContent-Length: 6\r\n\r\nlarge\n")
        sock.close()
    serve(refuse)
    lab.capture()
    client = Client()
    client.send(UPLOAD.format("upload", 100000))
    with contextlib.suppress(OSError):
        for _ in range(20):
            client.send(b"u" * 1000)
            time.sleep(0.03)
    client.close()


@recipe("node-destroy-upload", "server-reset|early-response-reset|"
        "handler-abort", note="no response; the RST says that data was "
        "unread")
def node_destroy(lab):
    """Node; the handler destroys the socket in mid-upload: RST,ACK without a
    response."""
    lab.node("highWaterMark=1000")
    lab.capture()
    client = Client()
    with contextlib.suppress(OSError):
        client.send(UPLOAD.format("destroy", 500000))
        for _ in range(12):
            client.send(b"u" * 1000)
            time.sleep(0.01)
    client.drain()
    client.close()


@recipe("server-reset-after-request", "server-reset|handler-abort",
        note="whyeof-verdicts(7) gives handler-abort the symptom 'reset' too "
        "(server FIN/RST soon after the request)")
def server_reset(lab):
    """Python; reads the whole request, waits 0.3 s, closes with SO_LINGER 0:
    RST,ACK inside the exchange."""
    def refuse(sock):
        read_request(sock)
        time.sleep(0.3)
        reset(sock)
    serve(refuse)
    lab.capture()
    lab.curl(f"http://127.0.0.1:{PORT}/")


@recipe("server-reset-mid-body", "server-reset|handler-abort",
        note="as before, inside the body")
def server_reset_body(lab):
    """Python; a good exchange; then a response of which 500 of 2000 bytes
    are sent before a RST,ACK 0.3 s later."""
    def refuse(sock):
        read_request(sock)
        sock.sendall(ok(b"x"))
        read_request(sock)
        sock.sendall(ok(b"x" * 2000)[:-1500])
        time.sleep(0.3)
        reset(sock)
    serve(refuse)
    lab.capture()
    client = Client()
    client.get("/good")
    client.get("/bad")
    client.close()
