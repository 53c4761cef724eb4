"""Messages that are not as they must be, and tunnels that are cut."""

import contextlib
import http.client
import os
import time

from kit import PORT, SERVERS, Client, ok, read_request, recipe, serve, \
    wait_listening

BASE = f"http://127.0.0.1:{PORT}"
AGENT = """
const http = require('http');
const agent = new http.Agent({keepAlive: true, maxSockets: 1});
const ask = (path, next) => http.get(
    {port: %d, path, agent},
    (answer) => answer.on('error', () => {}).resume())
    .on('error', (error) => console.error(path, error.code))
    .on('close', () => setTimeout(next, 200));
ask('/a', () => ask('/b', () => process.exit()));
""" % PORT
PLAIN = """
const http = require('http');
http.createServer((request, answer) => {
  request.resume().on('end', () => answer.end('ok'));
}).listen(%d);
""" % PORT


def always(answer, then=b""):
    """A server that says the same to each request, in two segments."""
    def handle(sock):
        while read_request(sock):
            sock.sendall(answer)
            if then:
                time.sleep(0.02)
                sock.sendall(then)
    serve(handle)


@recipe("malformed-longer-body", "malformed-response malformed-response "
        "malformed-response", seconds=3,
        note="Node's agent says HPE_INVALID_CONSTANT, curl takes the first "
        "five bytes; the wire is the same: a warning")
def longer(lab):
    """Content-Length: 5 and 12 bytes; Node's keep-alive agent twice, curl."""
    always(ok(b"hello") + b", world")
    lab.capture()
    lab.start("node", "-e", AGENT).wait(timeout=10)
    lab.curl(BASE + "/c")


@recipe("malformed-head-body", "malformed-response malformed-response",
        seconds=2, note="the body comes when the answer is acknowledged")
def head_body(lab):
    """An answer to HEAD with a body, in a segment of its own, twice on one
    connection of a raw client."""
    always(ok(b""), b"<html>no</html>")
    lab.capture()
    client = Client()
    for _ in range(2):
        client.get("/page", method="HEAD")
        time.sleep(0.1)
    client.close()


HELD = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = b'<html>no such folder here</html>'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

ThreadingHTTPServer(('', %d), Handler).serve_forever()
""" % PORT


@recipe("malformed-head-body-held", "malformed-response", seconds=3,
        note="the body of the answer to HEAD stands behind the next request, "
        "which it does not belong to: it is told of the HEAD")
def head_body_held(lab):
    """Python's http.server sends a body to HEAD in a write of its own, which
    Nagle holds back until the header section is acknowledged: by the next
    request. http.client fails with that."""
    lab.start("python3", "-c", HELD)
    wait_listening(PORT)
    lab.capture()
    server = http.client.HTTPConnection("127.0.0.1", PORT)
    for method in ["GET"] * 20 + ["HEAD", "GET"]:
        server.request(method, "/folder")
        with contextlib.suppress(http.client.BadStatusLine):
            server.getresponse().read()
    server.close()


@recipe("malformed-chunk", "malformed-response malformed-response", seconds=2,
        note="curl (56), Node HPE_STRICT or HPE_INVALID_CHUNK_SIZE")
def chunk(lab):
    """No line's end behind a chunk; curl, then a raw client that resets."""
    always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
           b"5\r\nhello0\r\n\r\n")
    lab.capture()
    lab.curl(BASE + "/a")
    client = Client()
    client.ask("/b")
    client.drain(limit=55)
    client.reset()


@recipe("malformed-status", "malformed-response malformed-response",
        seconds=2, note="curl (1), twice")
def status(lab):
    """A status line without a status; a page without any header. curl."""
    def handle(sock):
        if b"/a" in read_request(sock):
            sock.sendall(b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok")
        else:
            sock.sendall(b"<html>hello</html>\n")
        time.sleep(0.1)
        sock.close()
    serve(handle)
    lab.capture()
    lab.curl(BASE + "/a")
    lab.curl(BASE + "/b")


@recipe("malformed-no-length", "malformed-response", seconds=4,
        note="curl (28) with all of the body; the close comes after curl's")
def no_length(lab):
    """HTTP/1.1, neither length nor chunks, and the server does not close:
    curl -m 2."""
    always(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nup 1\n")
    lab.capture()
    lab.curl("-m", "2", BASE + "/metrics")


@recipe("malformed-request-node", "malformed-request malformed-request",
        seconds=2, note="Node says 400 to the first, whose handler it does not "
        "let answer, and to the line without a colon, and closes")
def request(lab):
    """Two bytes more than Content-Length to a Node server; a header line
    without a colon."""
    lab.start("node", "-e", PLAIN)
    wait_listening(PORT)
    lab.capture()
    client = Client()
    client.send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
                b"name\"}")
    client.drain()
    client.close()
    client = Client()
    client.send(b"GET /b HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n")
    client.drain()
    client.close()


@recipe("healthy-obsolete-forms", "", seconds=2,
        note="an empty line behind a body; bare line feeds; the same "
        "Content-Length twice: curl takes them all")
def obsolete(lab):
    """What is obsolete and accepted: curl asks for three such answers."""
    answers = {b"/a": ok(b"hello") + b"\r\n",
               b"/b": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
               b"/c": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                      b"Content-Length: 5\r\n\r\nhello"}

    def handle(sock):
        while request := read_request(sock):
            sock.sendall(answers[request.split()[1]])
    serve(handle)
    lab.capture()
    lab.curl(BASE + "/a", BASE + "/b", BASE + "/c")


@recipe("nginx-keepalive-requests", "connection-close-ignored "
        "connection-close-ignored", seconds=2,
        note="the second answer says Connection: close; the other two "
        "requests are acknowledged and never read")
def keepalive_requests(lab):
    """nginx with keepalive_requests 2; four requests pipelined."""
    lab.nginx("nginx-tunnel.conf")
    lab.capture()
    client = Client()
    client.send(b"".join(b"GET /ok%d HTTP/1.1\r\nHost: h\r\n\r\n" % i
                         for i in range(4)))
    client.drain()
    client.close()


@recipe("nginx-websocket-timeout", "tunnel-closed tunnel-closed", seconds=5,
        note="proxy_read_timeout 2 s: nginx closes both legs in one moment")
def websocket(lab):
    """A WebSocket through nginx falls silent; both legs captured."""
    def handle(sock):
        read_request(sock)
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\n"
                     b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
                     b"\r\n\r\n")
        sock.sendall(b"\x81\x05hello")
        while sock.recv(100):
            pass
        sock.close()
    serve(handle, PORT + 1)
    lab.nginx("nginx-tunnel.conf")
    lab.capture()
    client = Client()
    client.ask("/ws", headers=["Upgrade: websocket", "Connection: Upgrade",
                               "Sec-WebSocket-Version: 13",
                               "Sec-WebSocket-Key: "
                               "dGhlIHNhbXBsZSBub25jZQ=="])
    client.send(b"\x81\x85\x01\x02\x03\x04igojn")
    client.drain()
    client.close()


@recipe("h2-node-longer-body", "malformed-response", seconds=2,
        note="curl (92), RST_STREAM(PROTOCOL_ERROR) behind END_STREAM or "
        "before it")
def h2_longer(lab):
    """Node's http2: content-length 4, then 8 bytes; curl."""
    lab.start("node", os.path.join(SERVERS, "h2.js"), "serve", PORT)
    wait_listening(PORT)
    lab.capture()
    lab.curl("--http2-prior-knowledge", BASE + "/long")


@recipe("h2-nginx-413", "", info="early-response-reset", seconds=2,
        note="the answer is whole, and NO_ERROR is how the rest is declined")
def h2_413(lab):
    """nginx, client_max_body_size 1k over HTTP/2; curl uploads 500 kB."""
    with open(os.path.join(lab.tmp, "upload"), "wb") as f:
        f.write(b"u" * 500000)
    lab.nginx("nginx-h2.conf")
    lab.capture()
    lab.curl("--http2-prior-knowledge", "--data-binary",
             "@" + os.path.join(lab.tmp, "upload"), BASE + "/small")
