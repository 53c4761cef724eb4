"""TLS, without the keys: what sizes, alerts and closes tell."""

import time

from kit import PORT, recipe, serve, wait_listening

BASE = f"https://127.0.0.1:{PORT}"


def tls(lab, *flags):
    key, cert = lab.certificate()
    lab.go("-cert", cert, "-key", key, *flags)


def node(lab, options):
    key, cert = lab.certificate()
    lab.start("node", "-e", "const fs = require('fs');"
              "require('https').createServer({"
              f"key: fs.readFileSync('{key}'), cert: fs.readFileSync('{cert}')"
              f", {options}}}, (q, r) => r.end('ok')).listen({PORT})")
    wait_listening(PORT)


@recipe("tls-go-write-timeout", "write-timeout-eof|handler-abort",
        seconds=5, note="no keys in the capture: application records from "
        "the client, then nothing but one 24-byte record from the server, "
        "a 24-byte record (an alert) from the client; the server's close is "
        "FIN, or RST,ACK when the alert gets there first")
def write_timeout(lab):
    """Go over TLS 1.3, WriteTimeout 1 s, HTTP/1.1; the handler takes 3 s;
    curl fails by bad record MAC."""
    tls(lab, "-write-timeout", "1s")
    lab.capture()
    lab.curl("-k", "--http1.1", BASE + "/sleep?ms=3000")


@recipe("tls-unknown-ca", "tls-handshake-failed", seconds=3,
        note="the alert unknown_ca (48) is the client's and in the clear: it "
        "has not switched to its keys yet")
def unknown_ca(lab):
    """curl without -k refuses the server's certificate (TLS 1.3)."""
    tls(lab)
    lab.capture()
    lab.curl(BASE + "/ok")


@recipe("tls-unknown-ca-12", "tls-handshake-failed", seconds=3,
        note="a plaintext alert unknown_ca (48) from the client")
def unknown_ca_12(lab):
    """The same with TLS 1.2."""
    tls(lab)
    lab.capture()
    lab.curl("--tls-max", "1.2", BASE + "/ok")


@recipe("tls-protocol-version", "tls-handshake-failed", seconds=3,
        note="a plaintext alert protocol_version (70) from the server")
def version(lab):
    """A client that speaks TLS 1.2 at most meets a Node server that wants
    1.3."""
    node(lab, "minVersion: 'TLSv1.3'")
    lab.capture()
    lab.curl("-k", "--tls-max", "1.2", BASE + "/ok")


@recipe("tls-handshake-eof", "tls-handshake-failed|protocol-mismatch",
        seconds=3, note="nothing tells whether the server speaks TLS at all")
def handshake_eof(lab):
    """A server reads the ClientHello and closes 0.2 s later without a
    byte."""
    def handle(sock):
        sock.recv(4096)
        time.sleep(0.2)
        sock.close()
    serve(handle)
    lab.capture()
    lab.curl("-k", BASE + "/ok")


@recipe("healthy-tls", "", seconds=4,
        note="close_notify answered by RST is no failure")
def healthy(lab):
    """curl over TLS 1.3 and 1.2 to Go, HTTP/1.1, two URLs each, the second
    after 1.5 s."""
    tls(lab)
    lab.capture()
    for most in ("1.3", "1.2"):
        lab.curl("-k", "--http1.1", "--tls-max", most, BASE + "/ok",
                 BASE + "/sleep?ms=1500&bytes=3000")


@recipe("healthy-tls-h2", "", seconds=3)
def healthy_h2(lab):
    """curl over TLS with ALPN h2 to Go; two URLs."""
    tls(lab)
    lab.capture()
    lab.curl("-k", BASE + "/ok", BASE + "/ok?bytes=3000")
