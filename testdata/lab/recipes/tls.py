"""TLS, without the keys: what sizes, alerts and closes tell."""

import os
import subprocess
import time

from kit import PORT, SERVERS, recipe, serve, wait_listening

BASE = f"https://127.0.0.1:{PORT}"

CONNECT = """
import http.client, ssl, time
how = ssl.create_default_context()
how.check_hostname = False
how.verify_mode = ssl.CERT_NONE
how.maximum_version = ssl.TLSVersion.TLSv1_2
client = http.client.HTTPSConnection('127.0.0.1', %d, context=how)
def get(path):
    client.request('GET', path)
    client.getresponse().read()
"""
RACE = CONNECT + """
get('/ok')
time.sleep(1.5)
try:
    get('/ok')
except Exception as error:
    print(repr(error))
"""
PYTHON = CONNECT + """
for path in ('/ok', '/sleep?ms=800', '/ok?bytes=40000'):
    get(path)
client.close()
"""
NODE = """
const https = require('https');
const agent = new https.Agent({keepAlive: true, maxVersion: 'TLSv1.2',
  rejectUnauthorized: false});
function get(path, next) {
  https.get({port: %d, path, agent}, (r) => r.resume().on('end', next));
}
get('/ok', () => get('/sleep?ms=800', () => get('/ok?bytes=40000',
  () => agent.destroy())));
"""


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


def nginx_tls(lab, how, key, cert):
    lab.nginx("nginx-tls.conf", HOW=how, KEY=key, CERT=cert)


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


def s_server(lab, *flags, pair=None):
    """openssl s_server; -www answers any request."""
    key, cert = pair or lab.certificate()
    lab.start("openssl", "s_server", "-accept", PORT, "-key", key, "-cert",
              cert, "-www", *flags)
    wait_listening(PORT)


@recipe("tls-no-shared-cipher", "tls-handshake-failed", seconds=3,
        note="the alert handshake_failure (40) of the server")
def no_cipher(lab):
    """openssl s_server with one suite, curl with another (TLS 1.2)."""
    s_server(lab, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
    lab.capture()
    lab.curl("-k", "--tls-max", "1.2", "--ciphers",
             "ECDHE-ECDSA-AES128-GCM-SHA256", BASE + "/")


@recipe("tls-client-cert-12", "tls-handshake-failed", seconds=3,
        note="the alert handshake_failure (40) behind an empty Certificate")
def client_cert_12(lab):
    """openssl s_server -Verify wants a certificate, curl has none (TLS
    1.2)."""
    s_server(lab, "-Verify", "1", "-verify_return_error", "-tls1_2")
    lab.capture()
    lab.curl("-k", BASE + "/")


@recipe("tls-client-cert-13", "tls-handshake-failed", seconds=3,
        note="the client takes the handshake for done and asks; then comes "
        "certificate_required (116), encrypted")
def client_cert_13(lab):
    """The same with TLS 1.3."""
    s_server(lab, "-Verify", "1", "-verify_return_error", "-tls1_3")
    lab.capture()
    lab.curl("-k", BASE + "/")


@recipe("tls-unrecognized-name", "tls-handshake-failed", seconds=3,
        note="the alert unrecognized_name (112) of the server")
def unrecognized_name(lab):
    """nginx, ssl_reject_handshake on: it has nothing for that name."""
    key, cert = lab.certificate()
    nginx_tls(lab, "ssl_reject_handshake on;", key, cert)
    lab.capture()
    lab.curl("-k", "--resolve", f"other.example:{PORT}:127.0.0.1",
             f"https://other.example:{PORT}/")


@recipe("tls-internal-error", "tls-handshake-failed", seconds=3,
        note="the alert internal_error (80) of the server, which finds no "
        "certificate for the name")
def internal_error(lab):
    """nginx, ssl_certificate by a variable that names no file."""
    key, _ = lab.certificate()
    nginx_tls(lab, "", key, "/nowhere/$ssl_server_name.pem")
    lab.capture()
    lab.curl("-k", "--resolve", f"other.example:{PORT}:127.0.0.1",
             f"https://other.example:{PORT}/")


@recipe("tls-no-protocol", "tls-handshake-failed", seconds=3,
        note="the alert no_application_protocol (120) of the server")
def no_protocol(lab):
    """openssl s_client offers a protocol by ALPN that Go's server does not
    speak."""
    tls(lab)
    lab.capture()
    lab.start("openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-alpn",
              "lab/1").wait(timeout=20)


@recipe("tls-expired", "tls-handshake-failed", seconds=3,
        note="the alert certificate_expired (45) of the client")
def expired(lab):
    """A certificate of the day before; curl trusts who issued it."""
    key, _ = lab.certificate()
    old = lab.tmp + "/old.pem"
    ask = lab.tmp + "/ask.pem"
    for words in (["req", "-new", "-key", key, "-subj", "/CN=127.0.0.1",
                   "-out", ask],
                  ["x509", "-req", "-in", ask, "-signkey", key, "-days", "-1",
                   "-out", old]):
        subprocess.run(["openssl", *words], check=True,
                       stderr=subprocess.DEVNULL)
    s_server(lab, pair=(key, old))
    lab.capture()
    lab.curl("--cacert", old, BASE + "/")


@recipe("tls-reset", "tls-handshake-failed|server-reset", seconds=3,
        note="RST with the hello unread")
def reset_unread(lab):
    """A server closes without reading the ClientHello: RST."""
    def handle(sock):
        time.sleep(0.2)
        sock.close()
    serve(handle)
    lab.capture()
    lab.curl("-k", BASE + "/ok")


@recipe("tls-silent", "tls-handshake-failed", seconds=5,
        note="the hello is acknowledged, and nothing comes for 2 s")
def silent(lab):
    """A server that accepts and never says anything; curl --max-time 2."""
    serve(lambda sock: time.sleep(9))
    lab.capture()
    lab.curl("-k", "--max-time", "2", BASE + "/ok")


@recipe("tls-client-leaves", "", seconds=3,
        note="a client that leaves in the handshake, after 0.3 s: nobody "
        "refused anything")
def leaves(lab):
    """A server that says nothing; the client closes 0.3 s after its hello."""
    serve(lambda sock: time.sleep(9))
    lab.capture()
    lab.curl("-k", "--max-time", "0.3", BASE + "/ok")


@recipe("tls-java-distrusts", "tls-handshake-failed", seconds=8,
        note="no alert: it closes when it has the certificate")
def java_distrusts(lab):
    """The JDK's HttpClient, which does not know the certificate's issuer."""
    tls(lab)
    lab.capture()
    lab.start("java", os.path.join(SERVERS, "JdkGet.java"),
              BASE + "/ok").wait(timeout=60)


@recipe("tls-go-distrusts", "tls-handshake-failed", seconds=3,
        note="the alert bad_certificate (42) of the client, encrypted")
def go_distrusts(lab):
    """Go's client, which does not know the certificate's issuer."""
    tls(lab)
    lab.capture()
    lab.goget("-verify", BASE + "/ok")


@recipe("tls-node-distrusts", "tls-handshake-failed", seconds=3,
        note="no alert: Node closes when it has the certificate")
def node_distrusts(lab):
    """Node's client, which does not know the certificate's issuer."""
    tls(lab)
    lab.capture()
    lab.start("node", "-e", "require('https').get("
              f"'{BASE}/ok').on('error', () => {{}})").wait(timeout=20)


@recipe("tls-python-distrusts", "tls-handshake-failed", seconds=3,
        note="the alert unknown_ca (48) of the client")
def python_distrusts(lab):
    """Python's urllib, which does not know the certificate's issuer."""
    tls(lab)
    lab.capture()
    lab.start("python3", "-c", "import urllib.request as r\n"
              f"r.urlopen('{BASE}/ok')").wait(timeout=20)


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


def tls12(lab, *urls, limit=None):
    lab.curl("-k", "--http1.1", "--tls-max", "1.2",
             *(["--max-time", str(limit)] if limit else []), *urls)


@recipe("tls12-go-write-timeout", "write-timeout-eof write-timeout-eof",
        seconds=8,
        note="no keys; what was asked is acknowledged and not answered before "
        "the close; curl asks once more")
def go_timeout_12(lab):
    """Go, TLS 1.2, WriteTimeout 1 s: a good request, then a handler of
    3 s on the same connection."""
    tls(lab, "-write-timeout", "1s")
    lab.capture()
    tls12(lab, BASE + "/ok", BASE + "/sleep?ms=3000")


@recipe("tls12-go-panic", "handler-abort handler-abort", seconds=4,
        note="curl asks once more on a new connection")
def go_panic_12(lab):
    """Go, TLS 1.2: a good request, then a handler that panics after 0.2 s."""
    tls(lab)
    lab.capture()
    tls12(lab, BASE + "/ok", BASE + "/panic?ms=200")


@recipe("tls12-stall", "server-stall", seconds=6)
def stall_12(lab):
    """Go, TLS 1.2: a good request, then a handler of 6 s; curl gives up
    after 2 s."""
    tls(lab)
    lab.capture()
    tls12(lab, BASE + "/ok", BASE + "/sleep?ms=6000", limit=2)


@recipe("tls12-idle-race", "idle-close-race|server-reset", seconds=5,
        note="the request meets the server's close_notify and FIN of before")
def race_12(lab):
    """Go, TLS 1.2, IdleTimeout 1 s; a client asks again 0.5 s after the
    server's FIN, which it has not looked at."""
    tls(lab, "-idle-timeout", "1s")
    lab.capture()
    lab.start("python3", "-c", RACE % PORT).wait(timeout=20)


@recipe("healthy-tls12", "", seconds=6)
def healthy_12(lab):
    """curl, Python and Node to Go over TLS 1.2: three requests each, one of
    0.8 s, one of 40 kB."""
    tls(lab)
    lab.capture()
    urls = [BASE + path for path in ("/ok", "/sleep?ms=800",
                                     "/ok?bytes=40000")]
    tls12(lab, *urls)
    lab.start("python3", "-c", PYTHON % (PORT,)).wait(timeout=20)
    lab.start("node", "-e", NODE % PORT).wait(timeout=20)
