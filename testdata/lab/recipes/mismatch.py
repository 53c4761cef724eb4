"""Another protocol than the one that is spoken here; captures cut short."""

import time

from kit import (PORT, Client, ok, read_request, recipe, serve,
                 wait_listening)

HOST = f"127.0.0.1:{PORT}"


@recipe("tls-to-plain-go", "protocol-mismatch", seconds=3,
        note="Go answers a ClientHello by a plaintext 400")
def tls_to_plain(lab):
    """curl https:// to a plaintext Go server."""
    lab.go()
    lab.capture()
    lab.curl("-k", f"https://{HOST}/ok")


@recipe("tls-to-plain-python", "protocol-mismatch", seconds=3,
        note="closed without a byte")
def tls_to_plain_eof(lab):
    """curl http://, served; then https:// to the same Python server, which
    closes on what is no HTTP."""
    def strict(sock):
        if sock.recv(4096).startswith(b"GET"):
            sock.sendall(ok())
        sock.close()
    serve(strict)
    lab.capture()
    lab.curl(f"http://{HOST}/ok")
    lab.curl("-k", f"https://{HOST}/ok")


@recipe("plain-to-tls-go", "protocol-mismatch", seconds=3,
        note="Go's TLS server answers a plaintext 400 'Client sent an HTTP "
        "request to an HTTPS server'")
def plain_to_tls(lab):
    """curl http:// to a TLS Go server."""
    key, cert = lab.certificate()
    lab.go("-cert", cert, "-key", key)
    lab.capture()
    lab.curl(f"http://{HOST}/ok")


@recipe("plain-to-tls-node", "protocol-mismatch|handler-abort", seconds=3,
        note="Node says nothing but FIN; only the first connection shows "
        "that the port speaks TLS")
def plain_to_tls_node(lab):
    """curl https:// to a TLS server of Node, which answers; then http://
    to the same."""
    key, cert = lab.certificate()
    lab.start("node", "-e", "const fs = require('fs');"
              "require('https').createServer({"
              f"key: fs.readFileSync('{key}'), cert: fs.readFileSync('{cert}')"
              f"}}, (q, r) => r.end()).listen({PORT})")
    wait_listening(PORT)
    lab.capture()
    lab.curl("-k", f"https://{HOST}/ok")
    lab.curl(f"http://{HOST}/ok")


@recipe("h2-preface-to-h1-go", "protocol-mismatch", seconds=3)
def preface(lab):
    """curl --http2-prior-knowledge to a Go HTTP/1 server."""
    lab.go()
    lab.capture()
    lab.curl("--http2-prior-knowledge", f"http://{HOST}/ok")


@recipe("h2-preface-to-h1-nginx", "protocol-mismatch", seconds=3)
def preface_nginx(lab):
    """curl --http2-prior-knowledge to an nginx that speaks HTTP/1 only."""
    lab.nginx("nginx-read.conf")
    lab.capture()
    lab.curl("--http2-prior-knowledge", f"http://{HOST}/")


@recipe("h1-to-h2-port-grpc", "protocol-mismatch", seconds=3,
        note="the server speaks first: SETTINGS, before the request is there")
def h1_to_grpc(lab):
    """curl --http1.1 to a grpc-go server, which speaks HTTP/2 only."""
    lab.grpc()
    lab.capture()
    lab.curl("--http1.1", f"http://{HOST}/lab.Echo/Say")


@recipe("capture-ends-early", "", info="ending-not-captured", seconds=3)
def ends_early(lab):
    """Go; a good exchange, then a handler of 5 s; the capture ends 0.4 s
    after the second request."""
    lab.go()
    lab.capture()
    client = Client()
    client.get("/ok")
    client.ask("/sleep?ms=5000")
    time.sleep(0.4)
    lab.end_capture(quiet=0)


@recipe("capture-ends-mid-body", "", info="ending-not-captured", seconds=3)
def ends_mid_body(lab):
    """Go; the capture ends between two pieces of a response, 0.2 s after the
    last."""
    lab.go()
    lab.capture()
    client = Client()
    client.ask("/stream?bytes=500&ms=300&count=10&flush=1")
    time.sleep(0.8)
    lab.end_capture(quiet=0)


@recipe("forwarder-without-backend", "no-backend no-backend no-backend",
        seconds=3, note="never a response byte in the capture")
def no_backend(lab):
    """A relay accepts, reads the request and closes at once because nothing
    is behind it; curl three times."""
    def relay(sock):
        read_request(sock)
        sock.close()
    serve(relay)
    lab.capture()
    for _ in range(3):
        lab.curl(f"http://{HOST}/")
